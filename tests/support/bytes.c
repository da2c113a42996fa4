/* SPDX-License-Identifier: MIT */
#include "support/bytes.h"

#include "support/support.h"

#include <string.h>

void
test_put(struct test_bytes *bytes, const void *piece, size_t size)
{
    assert_true(size <= sizeof(bytes->data) - bytes->size);
    if (size > 0) {
        memcpy(bytes->data + bytes->size, piece, size);
    }
    bytes->size += size;
}

void
test_put_zeros(struct test_bytes *bytes, size_t count)
{
    static const uint8_t zero;

    for (size_t i = 0; i < count; i++) {
        test_put(bytes, &zero, 1);
    }
}

void
test_put_align(struct test_bytes *bytes, size_t alignment)
{
    test_put_zeros(bytes, (alignment - bytes->size % alignment) % alignment);
}

void
test_put_u16(struct test_bytes *bytes, uint16_t value)
{
    uint8_t piece[2] = {(uint8_t)(value & 0xff), (uint8_t)(value >> 8)};

    test_put(bytes, piece, sizeof(piece));
}

void
test_put_u32(struct test_bytes *bytes, uint32_t value)
{
    test_put_u16(bytes, (uint16_t)(value & 0xffff));
    test_put_u16(bytes, (uint16_t)(value >> 16));
}

void
test_put_u64(struct test_bytes *bytes, uint64_t value)
{
    test_put_u32(bytes, (uint32_t)(value & 0xffffffff));
    test_put_u32(bytes, (uint32_t)(value >> 32));
}

void
test_put_word(struct test_bytes *bytes, uint64_t value, bool is_wide)
{
    test_put_align(bytes, is_wide ? 8 : 4);
    if (is_wide) {
        test_put_u64(bytes, value);
    } else {
        test_put_u32(bytes, (uint32_t)(value & 0xffffffff));
    }
}

void
test_put_com_guid(struct test_bytes *bytes, uint16_t number)
{
    static const uint8_t rest[] = {0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};

    test_put_u16(bytes, number);
    test_put(bytes, rest, sizeof(rest));
}

void
test_put_wide(struct test_bytes *bytes, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        test_put_u16(bytes, (uint16_t)(unsigned char)text[i]);
    }
    test_put_u16(bytes, 0);
}

void
test_poke_u32(struct test_bytes *bytes, size_t offset, uint32_t value)
{
    struct test_bytes piece = {.size = 0};

    test_put_u32(&piece, value);
    assert_true(offset + 4 <= bytes->size);
    memcpy(bytes->data + offset, piece.data, 4);
}
