/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages under construction, little-endian. Room for the largest a test builds; past it, fails.
 */
struct test_bytes {
    uint8_t data[16384];
    size_t size;
};

void test_put(struct test_bytes *bytes, const void *piece, size_t size);
void test_put_zeros(struct test_bytes *bytes, size_t count);
void test_put_align(struct test_bytes *bytes, size_t alignment);
void test_put_u16(struct test_bytes *bytes, uint16_t value);
void test_put_u32(struct test_bytes *bytes, uint32_t value);
void test_put_u64(struct test_bytes *bytes, uint64_t value);

/* A count or referent id: 4 bytes, or 8 in NDR64, aligned to itself. */
void test_put_word(struct test_bytes *bytes, uint64_t value, bool is_wide);

/* 0000nnnn-0000-0000-c000-000000000046 */
void test_put_com_guid(struct test_bytes *bytes, uint16_t number);

/* ASCII as UTF-16 with its NUL. */
void test_put_wide(struct test_bytes *bytes, const char *text);

void test_poke_u32(struct test_bytes *bytes, size_t offset, uint32_t value);
