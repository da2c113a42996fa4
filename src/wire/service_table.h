/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reading an NT kernel's image and its table of system services out of bytes: which section an
 * address is in, where the dispatcher keeps the table, what an entry means. Pure: the caller has
 * copied the bytes, nothing outside them is read.
 *
 * From Windows Vista on an entry for x64 is 32 bits: the distance from the table to the service,
 * times 16, plus the number of its arguments on the stack. NT 5.2 relatives keep 64-bit addresses.
 */

enum {
    ATR_IMAGE_SECTIONS_MAX = 96,
    ATR_IMAGE_HEADER_BYTES = 4096, /* enough of the image to know its sections */
    ATR_REGISTER_ARGUMENTS = 4,
    ATR_STUB_BYTES = 32, /* of a Zw routine: longer than any known one up to its number */
};

#define ATR_NOT_FOUND UINT32_MAX

enum atr_section_flag {
    ATR_SECTION_CODE = 1,
    ATR_SECTION_WRITABLE = 2,
    ATR_SECTION_DISCARDABLE = 4, /* its memory may be gone */
    ATR_SECTION_PAGED = 8,       /* by its name */
};

struct atr_image_section {
    uint32_t rva;
    uint32_t bytes;
    uint32_t flags; /* enum atr_section_flag */
};

struct atr_image {
    uint32_t time_stamp;
    uint32_t size_bytes;
    uint32_t section_count;
    struct atr_image_section sections[ATR_IMAGE_SECTIONS_MAX];
};

/* From the image's first bytes. False: no x64 image, or not all its section headers are there. */
bool atr_image_parse(const uint8_t *header, size_t size, struct atr_image *out);

/* NULL: in none. */
const struct atr_image_section *atr_image_section_at(const struct atr_image *image, uint64_t rva);

/* In a section of code whose memory is still there. */
bool atr_image_is_code(const struct atr_image *image, uint64_t rva);

/*
 * The dispatcher loads the addresses of KeServiceDescriptorTable and of its shadow by two LEAs in
 * a row (4C 8D 15, 4C 8D 1D). False: not in these bytes.
 */
bool atr_dispatcher_tables(uint64_t address, const uint8_t *code, size_t size, uint64_t *table,
                           uint64_t *shadow);

/*
 * With separate page tables for user mode the entry is a short routine that jumps to the dispatcher
 * proper. Finds the next E9 from *at on and moves *at behind it.
 */
bool atr_dispatcher_jump(uint64_t address, const uint8_t *code, size_t size, size_t *at,
                         uint64_t *to);

/* The service number that a Zw routine of the kernel loads. False: not the shape of one. */
bool atr_stub_number(const uint8_t *code, size_t size, uint32_t *number);

uint64_t atr_entry_target(uint64_t table, uint32_t entry);
uint32_t atr_entry_stack_arguments(uint32_t entry);

/* False: out of reach, or more arguments than an entry can say. */
bool atr_entry_make(uint64_t table, uint64_t target, uint32_t stack_arguments, uint32_t *entry);

/*
 * A run of 0xCC with room for the bytes; its first byte is left: it may be a break that is meant.
 * ATR_NOT_FOUND: none.
 */
uint32_t atr_padding_find(const uint8_t *code, uint32_t size, uint32_t bytes);
