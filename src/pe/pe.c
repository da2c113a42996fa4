/* SPDX-License-Identifier: MIT */
#include "pe/pe.h"

#include "base/cursor.h"

#include <string.h>

enum {
    DOS_HEADER_BYTES = 64,
    DOS_MAGIC = 0x5a4d, /* "MZ" */
    DOS_PE_OFFSET = 0x3c,
    PE_MAGIC = 0x4550, /* "PE" and two NULs */
    FILE_HEADER_BYTES = 24,
    OPTIONAL_MAX = 1024, /* 240 in every image seen; the rest would be unknown to us */
    OPTIONAL_32 = 0x10b,
    OPTIONAL_64 = 0x20b,
    SECTION_BYTES = 40,
    DIRECTORY_DEBUG = 6,
    DEBUG_ENTRY_BYTES = 28,
    DEBUG_ENTRIES_MAX = 64, /* linkers write fewer than ten */
    DEBUG_CODEVIEW = 2,
    CODEVIEW_RSDS = 0x53445352,
    CODEVIEW_HEADER_BYTES = 24,
};

static enum atr_status
read_at(const struct atr_pe *pe, uint64_t offset, void *out, size_t size_bytes,
        struct atr_error *error)
{
    size_t got = 0;
    enum atr_status status;

    if (offset > pe->file_bytes || size_bytes > pe->file_bytes - offset) {
        return atr_error_set(error, ATR_TRUNCATED, "%s is no whole PE image",
                             atr_file_label(pe->file));
    }
    status = atr_file_seek(pe->file, offset, error);
    if (status == ATR_OK) {
        status = atr_file_read(pe->file, out, size_bytes, &got, error);
    }
    return status == ATR_OK && got < size_bytes ? ATR_TRUNCATED : status;
}

static enum atr_status
not_pe(const struct atr_pe *pe, struct atr_error *error)
{
    return atr_error_set(error, ATR_MALFORMED, "%s is no PE image", atr_file_label(pe->file));
}

/* The optional header differs between 32 and 64 bits in the middle and agrees again behind it. */
static bool
decode_optional(struct atr_pe *pe, struct atr_cursor *cur)
{
    uint16_t magic = atr_cursor_u16(cur);

    atr_cursor_seek(cur, 56);
    pe->image_bytes = atr_cursor_u32(cur);
    pe->header_bytes = atr_cursor_u32(cur);
    pe->checksum = atr_cursor_u32(cur);
    atr_cursor_seek(cur, magic == OPTIONAL_64 ? 108 : 92);
    pe->directory_count = atr_cursor_u32(cur);
    if (pe->directory_count > ATR_PE_DIRECTORIES) {
        pe->directory_count = ATR_PE_DIRECTORIES;
    }
    for (uint32_t i = 0; i < pe->directory_count; i++) {
        pe->directories[i].rva = atr_cursor_u32(cur);
        pe->directories[i].size_bytes = atr_cursor_u32(cur);
    }
    return atr_cursor_ok(cur) && (magic == OPTIONAL_32 || magic == OPTIONAL_64);
}

static enum atr_status
read_sections(struct atr_pe *pe, uint64_t offset, struct atr_error *error)
{
    uint8_t bytes[SECTION_BYTES] = {0};

    for (uint32_t i = 0; i < pe->section_count; i++) {
        struct atr_cursor cur = atr_cursor_make(bytes, sizeof(bytes));
        enum atr_status status =
            read_at(pe, offset + (uint64_t)i * SECTION_BYTES, bytes, sizeof(bytes), error);

        if (status != ATR_OK) {
            return status;
        }
        atr_cursor_skip(&cur, 8); /* name */
        pe->sections[i].loaded_bytes = atr_cursor_u32(&cur);
        pe->sections[i].rva = atr_cursor_u32(&cur);
        pe->sections[i].file_bytes = atr_cursor_u32(&cur);
        pe->sections[i].file_offset = atr_cursor_u32(&cur);
    }
    return ATR_OK;
}

static enum atr_status
read_headers(struct atr_pe *pe, uint32_t offset, struct atr_error *error)
{
    uint8_t bytes[FILE_HEADER_BYTES + OPTIONAL_MAX] = {0};
    struct atr_cursor cur = atr_cursor_make(bytes, FILE_HEADER_BYTES);
    enum atr_status status = read_at(pe, offset, bytes, FILE_HEADER_BYTES, error);
    uint16_t optional_bytes;
    size_t known;

    if (status != ATR_OK) {
        return status;
    }
    if (atr_cursor_u32(&cur) != PE_MAGIC) {
        return not_pe(pe, error);
    }
    pe->machine = atr_cursor_u16(&cur);
    pe->section_count = atr_cursor_u16(&cur);
    pe->time_stamp = atr_cursor_u32(&cur);
    atr_cursor_skip(&cur, 8); /* symbols */
    optional_bytes = atr_cursor_u16(&cur);
    known = optional_bytes < OPTIONAL_MAX ? optional_bytes : OPTIONAL_MAX;
    status = read_at(pe, (uint64_t)offset + FILE_HEADER_BYTES, bytes, known, error);
    if (status != ATR_OK) {
        return status;
    }
    cur = atr_cursor_make(bytes, known);
    if (!decode_optional(pe, &cur) || pe->section_count > ATR_PE_SECTIONS_MAX) {
        return not_pe(pe, error);
    }
    return read_sections(pe, (uint64_t)offset + FILE_HEADER_BYTES + optional_bytes, error);
}

enum atr_status
atr_pe_read(struct atr_pe *out, struct atr_file *file, struct atr_error *error)
{
    uint8_t dos[DOS_HEADER_BYTES] = {0};
    struct atr_pe pe = {.file = file};
    enum atr_status status = atr_file_size(file, &pe.file_bytes, error);

    if (status == ATR_OK) {
        status = read_at(&pe, 0, dos, sizeof(dos), error);
    }
    if (status != ATR_OK) {
        return status;
    }
    if (atr_get_u16(dos) != DOS_MAGIC) {
        return not_pe(&pe, error);
    }
    status = read_headers(&pe, atr_get_u32(dos + DOS_PE_OFFSET), error);
    if (status == ATR_OK) {
        *out = pe;
    }
    return status;
}

/* Bytes that are there in the file from rva on, and where; 0: none. */
static uint32_t
place_of(const struct atr_pe *pe, uint32_t rva, uint64_t *offset)
{
    for (uint32_t i = 0; i < pe->section_count; i++) {
        const struct atr_pe_section *section = &pe->sections[i];
        uint32_t into = rva - section->rva;

        if (rva >= section->rva && into < section->file_bytes) {
            *offset = (uint64_t)section->file_offset + into;
            return section->file_bytes - into;
        }
    }
    *offset = rva;
    return rva < pe->header_bytes ? pe->header_bytes - rva : 0;
}

enum atr_status
atr_pe_bytes(const struct atr_pe *pe, uint32_t rva, void *out, size_t size_bytes)
{
    uint64_t offset = 0;

    if (place_of(pe, rva, &offset) < size_bytes) {
        return ATR_TRUNCATED;
    }
    return read_at(pe, offset, out, size_bytes, NULL);
}

/* RSDS: signature, GUID, age, path of the PDB with a NUL. */
static enum atr_status
read_codeview(const struct atr_pe *pe, uint32_t offset, uint32_t size_bytes,
              struct atr_pe_debug *out)
{
    uint8_t bytes[CODEVIEW_HEADER_BYTES + ATR_PE_PDB_NAME_BYTES] = {0};
    uint32_t known = size_bytes < sizeof(bytes) ? size_bytes : (uint32_t)sizeof(bytes);
    struct atr_cursor cur = atr_cursor_make(bytes, known);
    enum atr_status status = read_at(pe, offset, bytes, known, NULL);
    struct atr_bytes name;
    size_t length = 0;

    if (status != ATR_OK) {
        return status;
    }
    if (atr_cursor_u32(&cur) != CODEVIEW_RSDS) {
        return ATR_UNSUPPORTED;
    }
    out->guid = atr_cursor_guid(&cur);
    out->age = atr_cursor_u32(&cur);
    name = atr_cursor_bytes(&cur, atr_cursor_left(&cur));
    if (!atr_cursor_ok(&cur)) {
        return ATR_TRUNCATED;
    }
    while (length < name.size_bytes && length < sizeof(out->pdb_name) - 1 &&
           name.data[length] != 0) {
        length++;
    }
    if (length > 0) {
        memcpy(out->pdb_name, name.data, length);
    }
    out->pdb_name[length] = '\0';
    return ATR_OK;
}

enum atr_status
atr_pe_debug(const struct atr_pe *pe, struct atr_pe_debug *out)
{
    const struct atr_pe_directory *directory = &pe->directories[DIRECTORY_DEBUG];
    uint32_t count =
        pe->directory_count > DIRECTORY_DEBUG ? directory->size_bytes / DEBUG_ENTRY_BYTES : 0;

    for (uint32_t i = 0; i < count && i < DEBUG_ENTRIES_MAX; i++) {
        uint8_t entry[DEBUG_ENTRY_BYTES] = {0};
        struct atr_pe_debug found;

        if (atr_pe_bytes(pe, directory->rva + i * DEBUG_ENTRY_BYTES, entry, sizeof(entry)) !=
            ATR_OK) {
            break;
        }
        if (atr_get_u32(entry + 12) == DEBUG_CODEVIEW &&
            read_codeview(pe, atr_get_u32(entry + 24), atr_get_u32(entry + 16), &found) == ATR_OK) {
            *out = found;
            return ATR_OK;
        }
    }
    return ATR_END;
}
