/* SPDX-License-Identifier: MIT */
#include "wire/service_table.h"

#include <string.h>

/* Offsets of the PE format, version 1.1, x64. */
enum {
    DOS_PE_OFFSET = 0x3c,
    PE_MACHINE = 4,
    PE_SECTION_COUNT = 6,
    PE_TIME_STAMP = 8,
    PE_OPTIONAL_BYTES = 20,
    PE_OPTIONAL = 24,
    OPTIONAL_SIZE_OF_IMAGE = 56,
    OPTIONAL_BYTES_MIN = 112,
    SECTION_HEADER_BYTES = 40,
    SECTION_VIRTUAL_SIZE = 8,
    SECTION_RVA = 12,
    SECTION_FLAGS = 36,
    MACHINE_X64 = 0x8664,
    MAGIC_PE32_PLUS = 0x20b,
};

#define FLAG_DISCARDABLE 0x02000000u
#define FLAG_EXECUTE     0x20000000u
#define FLAG_WRITE       0x80000000u

static uint16_t
get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
get_u32(const uint8_t *at)
{
    return get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static int64_t
get_i32(const uint8_t *at)
{
    const uint32_t value = get_u32(at);

    return value < 0x80000000u ? (int64_t)value : (int64_t)value - 0x100000000;
}

static struct atr_image_section
parse_section(const uint8_t *header)
{
    const uint32_t flags = get_u32(header + SECTION_FLAGS);
    struct atr_image_section section = {
        get_u32(header + SECTION_RVA),
        get_u32(header + SECTION_VIRTUAL_SIZE),
        0,
    };

    section.flags |= (flags & FLAG_EXECUTE) != 0 ? (uint32_t)ATR_SECTION_CODE : 0;
    section.flags |= (flags & FLAG_WRITE) != 0 ? (uint32_t)ATR_SECTION_WRITABLE : 0;
    if ((flags & FLAG_DISCARDABLE) != 0 || memcmp(header, "INIT", 4) == 0) {
        section.flags |= ATR_SECTION_DISCARDABLE;
    }
    section.flags |= memcmp(header, "PAGE", 4) == 0 ? (uint32_t)ATR_SECTION_PAGED : 0;
    return section;
}

bool
atr_image_parse(const uint8_t *header, size_t size, struct atr_image *out)
{
    if (size < DOS_PE_OFFSET + 4 || header[0] != 'M' || header[1] != 'Z') {
        return false;
    }
    const uint32_t pe = get_u32(header + DOS_PE_OFFSET);

    if (pe > size || size - pe < PE_OPTIONAL + OPTIONAL_BYTES_MIN) {
        return false;
    }
    const uint8_t *const nt = header + pe;
    const uint8_t *const optional = nt + PE_OPTIONAL;
    const size_t optional_bytes = get_u16(nt + PE_OPTIONAL_BYTES);
    const size_t table = pe + PE_OPTIONAL + optional_bytes;
    const uint32_t count = get_u16(nt + PE_SECTION_COUNT);

    if (get_u32(nt) != 0x4550 || get_u16(nt + PE_MACHINE) != MACHINE_X64 ||
        get_u16(optional) != MAGIC_PE32_PLUS || optional_bytes < OPTIONAL_BYTES_MIN ||
        count > ATR_IMAGE_SECTIONS_MAX || table > size ||
        (size - table) / SECTION_HEADER_BYTES < count) {
        return false;
    }
    out->time_stamp = get_u32(nt + PE_TIME_STAMP);
    out->size_bytes = get_u32(optional + OPTIONAL_SIZE_OF_IMAGE);
    out->section_count = count;
    for (uint32_t i = 0; i < count; i++) {
        out->sections[i] = parse_section(header + table + (size_t)i * SECTION_HEADER_BYTES);
    }
    return true;
}

const struct atr_image_section *
atr_image_section_at(const struct atr_image *image, uint64_t rva)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct atr_image_section *section = &image->sections[i];

        if (rva >= section->rva && rva - section->rva < section->bytes && rva < image->size_bytes) {
            return section;
        }
    }
    return NULL;
}

bool
atr_image_is_code(const struct atr_image *image, uint64_t rva)
{
    const struct atr_image_section *section = atr_image_section_at(image, rva);

    return section != NULL &&
           (section->flags & (ATR_SECTION_CODE | ATR_SECTION_DISCARDABLE)) == ATR_SECTION_CODE;
}

bool
atr_dispatcher_tables(uint64_t address, const uint8_t *code, size_t size, uint64_t *table,
                      uint64_t *shadow)
{
    static const uint8_t lea_r10[3] = {0x4c, 0x8d, 0x15};
    static const uint8_t lea_r11[3] = {0x4c, 0x8d, 0x1d};

    for (size_t i = 0; size >= 14 && i <= size - 14; i++) {
        if (memcmp(code + i, lea_r10, 3) == 0 && memcmp(code + i + 7, lea_r11, 3) == 0) {
            *table = address + i + 7 + (uint64_t)get_i32(code + i + 3);
            *shadow = address + i + 14 + (uint64_t)get_i32(code + i + 10);
            return true;
        }
    }
    return false;
}

bool
atr_dispatcher_jump(uint64_t address, const uint8_t *code, size_t size, size_t *at, uint64_t *to)
{
    for (size_t i = *at; size >= 5 && i <= size - 5; i++) {
        if (code[i] == 0xe9) {
            *to = address + i + 5 + (uint64_t)get_i32(code + i + 1);
            *at = i + 1;
            return true;
        }
    }
    return false;
}

/* What a Zw routine does before it loads the number; ? stands for any byte. */
static const struct {
    uint8_t length;
    uint8_t code[7];
    uint8_t fixed; /* bytes that must be equal, from the first */
} before_number[] = {
    {3, {0x48, 0x8b, 0xc4}, 3},             /* mov rax, rsp */
    {1, {0xfa}, 1},                         /* cli */
    {4, {0x48, 0x83, 0xec, 0}, 3},          /* sub rsp, ? */
    {1, {0x50}, 1},                         /* push rax */
    {1, {0x9c}, 1},                         /* pushfq */
    {2, {0x6a, 0}, 1},                      /* push ? */
    {7, {0x48, 0x8d, 0x05, 0, 0, 0, 0}, 3}, /* lea rax, [rip + ?] */
    {3, {0x4c, 0x8b, 0xd1}, 3},             /* mov r10, rcx */
    {1, {0x90}, 1},                         /* nop, of four lengths */
    {2, {0x66, 0x90}, 2},
    {4, {0x0f, 0x1f, 0x40, 0}, 3},
    {7, {0x0f, 0x1f, 0x80, 0, 0, 0, 0}, 3},
};

static size_t
step_before_number(const uint8_t *code, size_t size)
{
    for (size_t i = 0; i < sizeof(before_number) / sizeof(before_number[0]); i++) {
        if (size >= before_number[i].length &&
            memcmp(code, before_number[i].code, before_number[i].fixed) == 0) {
            return before_number[i].length;
        }
    }
    return 0;
}

bool
atr_stub_number(const uint8_t *code, size_t size, uint32_t *number)
{
    size_t at = 0;

    while (at < size && code[at] != 0xb8) {
        const size_t step = step_before_number(code + at, size - at);

        if (step == 0) {
            return false;
        }
        at += step;
    }
    if (at > size || size - at < 5) {
        return false;
    }
    *number = get_u32(code + at + 1);
    return true;
}

uint64_t
atr_entry_target(uint64_t table, uint32_t entry)
{
    const int64_t distance = entry < 0x80000000u ? (int64_t)entry : (int64_t)entry - 0x100000000;

    /* The arithmetic shift that the dispatcher does, without relying on the compiler's. */
    return table + (uint64_t)((distance - (int64_t)(entry & 15u)) / 16);
}

uint32_t
atr_entry_stack_arguments(uint32_t entry)
{
    return entry & 15u;
}

bool
atr_entry_make(uint64_t table, uint64_t target, uint32_t stack_arguments, uint32_t *entry)
{
    const uint64_t distance = target - table;

    if (stack_arguments > 15 || distance + 0x8000000u >= 0x10000000u) {
        return false;
    }
    *entry = (uint32_t)(distance << 4) | stack_arguments;
    return true;
}

uint32_t
atr_padding_find(const uint8_t *code, uint32_t size, uint32_t bytes)
{
    uint32_t run = 0;

    for (uint32_t i = 0; i < size; i++) {
        run = code[i] == 0xcc ? run + 1 : 0;
        if (run > bytes) {
            return i + 1 - bytes;
        }
    }
    return ATR_NOT_FOUND;
}
