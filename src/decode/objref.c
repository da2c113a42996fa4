/* SPDX-License-Identifier: MIT */
#include "decode/objref.h"

#include "base/attributes.h"
#include "base/limits.h"
#include "decode/decode.h"
#include "decode/orpc_parts.h"

#include <stdio.h>
#include <string.h>

enum {
    SIGNATURE = 0x574f454d,          /* "MEOW" */
    EXTENDED_SIGNATURE = 0x4e535956, /* "VYSN" */
    HEADER_BYTES = 0x18,
    CLSID_BYTES = 16,
    ELEMENT_HEADER_BYTES = CLSID_BYTES + 8,
};

struct kind_row {
    const char *text;
    uint32_t kind;
    uint32_t bytes_min; /* of the whole OBJREF */
};

static const struct kind_row kinds[] = {
    {"standard", ATR_OBJREF_STANDARD, 0x44},
    {"handler", ATR_OBJREF_HANDLER, 0x54},
    {"custom", ATR_OBJREF_CUSTOM, 0x30},
    {"extended", ATR_OBJREF_EXTENDED, 0x50},
};

static const struct kind_row *
kind_find(uint32_t kind)
{
    for (size_t i = 0; i < ATR_COUNT(kinds); i++) {
        if (kinds[i].kind == kind) {
            return &kinds[i];
        }
    }
    return NULL;
}

const char *
atr_objref_kind_text(uint32_t kind)
{
    const struct kind_row *row = kind_find(kind);

    return row == NULL ? NULL : row->text;
}

struct atr_ipid_owner
atr_ipid_owner_get(const struct atr_guid *ipid)
{
    return (struct atr_ipid_owner){
        .pid = (uint16_t)(ipid->bytes[4] | ipid->bytes[5] << 8),
        .apartment = (uint16_t)(ipid->bytes[6] | ipid->bytes[7] << 8),
    };
}

struct atr_str
atr_apartment_text(uint16_t apartment, char buffer[ATR_APARTMENT_TEXT_BYTES])
{
    if (apartment == 0) {
        return ATR_STR("neutral");
    }
    if (apartment == 0xffff) {
        return ATR_STR("MTA");
    }
    (void)snprintf(buffer, ATR_APARTMENT_TEXT_BYTES, "STA 0x%04x", (unsigned)apartment);
    return atr_str_from(buffer);
}

/* STDOBJREF (MS-DCOM 2.2.18.2) */
struct atr_std_objref
atr_std_objref_read(struct atr_cursor *cur)
{
    struct atr_std_objref standard;

    standard.flags = atr_cursor_u32(cur);
    standard.refs = atr_cursor_u32(cur);
    standard.oxid = atr_cursor_u64(cur);
    standard.oid = atr_cursor_u64(cur);
    standard.ipid = atr_cursor_guid(cur);
    return standard;
}

static enum atr_status
bindings_parse(struct atr_cursor *cur, struct atr_objref *out, struct atr_arena *arena)
{
    enum atr_status status = atr_dual_string_array_parse(cur, &out->bindings, arena);

    out->has_bindings = status == ATR_OK;
    return status;
}

/* OBJREF_HANDLER (MS-DCOM 2.2.18.5) */
static enum atr_status
handler_parse(struct atr_cursor *cur, struct atr_objref *out, struct atr_arena *arena)
{
    out->clsid = atr_cursor_guid(cur);
    out->has_clsid = atr_cursor_ok(cur);
    return bindings_parse(cur, out, arena);
}

/*
 * OBJREF_CUSTOM (MS-DCOM 2.2.18.6). The size counts the data; the document wants 8 more than that.
 * Both are taken.
 */
static enum atr_status
custom_parse(struct atr_cursor *cur, struct atr_objref *out)
{
    uint32_t size_bytes;

    out->clsid = atr_cursor_guid(cur);
    out->has_clsid = atr_cursor_ok(cur);
    out->extension_bytes = atr_cursor_u32(cur);
    size_bytes = atr_cursor_u32(cur);
    if (!atr_cursor_ok(cur)) {
        return cur->status;
    }
    if (size_bytes >= 8 && size_bytes - 8 == atr_cursor_left(cur)) {
        size_bytes -= 8;
    }
    out->has_data = true;
    out->data_offset = HEADER_BYTES + CLSID_BYTES + 8;
    if (size_bytes > atr_cursor_left(cur)) {
        out->data = atr_cursor_bytes(cur, atr_cursor_left(cur));
        return ATR_TRUNCATED;
    }
    out->data = atr_cursor_bytes(cur, size_bytes);
    return cur->status;
}

static enum atr_status
elements_parse(struct atr_cursor *cur, uint32_t count, struct atr_objref *out,
               struct atr_arena *arena)
{
    struct atr_objref_element *elements;

    if (count == 0) {
        return cur->status;
    }
    if (count > ATR_OBJREF_ELEMENTS_MAX || count > atr_cursor_left(cur) / ELEMENT_HEADER_BYTES) {
        return count > ATR_OBJREF_ELEMENTS_MAX ? ATR_MALFORMED : ATR_TRUNCATED;
    }
    elements = atr_arena_alloc(arena, count, sizeof(*elements));
    if (elements == NULL) {
        return ATR_LIMIT;
    }
    out->elements = elements;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rounded;

        elements[i].id = atr_cursor_guid(cur);
        elements[i].size_bytes = atr_cursor_u32(cur);
        rounded = atr_cursor_u32(cur);
        if (rounded < elements[i].size_bytes) {
            atr_cursor_reject(cur);
        }
        atr_cursor_skip(cur, rounded);
        if (!atr_cursor_ok(cur)) {
            break;
        }
        out->element_count++;
    }
    return cur->status;
}

/* OBJREF_EXTENDED (MS-DCOM 2.2.18.7) */
static enum atr_status
extended_parse(struct atr_cursor *cur, struct atr_objref *out, struct atr_arena *arena)
{
    enum atr_status status;
    uint32_t count;

    if (atr_cursor_u32(cur) != EXTENDED_SIGNATURE) {
        atr_cursor_reject(cur);
    }
    status = bindings_parse(cur, out, arena);
    if (status != ATR_OK) {
        return status;
    }
    count = atr_cursor_u32(cur);
    if (atr_cursor_u32(cur) != EXTENDED_SIGNATURE) {
        atr_cursor_reject(cur);
    }
    return elements_parse(cur, count, out, arena);
}

static enum atr_status
body_parse(struct atr_cursor *cur, struct atr_objref *out, struct atr_arena *arena)
{
    if (out->kind == ATR_OBJREF_CUSTOM) {
        return custom_parse(cur, out);
    }
    out->standard = atr_std_objref_read(cur);
    out->has_standard = atr_cursor_ok(cur);
    if (out->kind == ATR_OBJREF_HANDLER) {
        return handler_parse(cur, out, arena);
    }
    if (out->kind == ATR_OBJREF_EXTENDED) {
        return extended_parse(cur, out, arena);
    }
    return bindings_parse(cur, out, arena);
}

enum atr_status
atr_objref_parse(struct atr_cursor *cur, struct atr_objref *out, struct atr_arena *arena)
{
    uint32_t signature = atr_cursor_u32(cur);
    uint32_t kind;

    *out = (struct atr_objref){0};
    if (atr_cursor_ok(cur) && signature != SIGNATURE) {
        atr_cursor_reject(cur);
    }
    kind = atr_cursor_u32(cur);
    if (!atr_cursor_ok(cur)) {
        return cur->status;
    }
    if (kind_find(kind) == NULL) {
        return ATR_UNSUPPORTED;
    }
    out->iid = atr_cursor_guid(cur);
    if (!atr_cursor_ok(cur)) {
        return cur->status;
    }
    out->kind = kind;
    return body_parse(cur, out, arena);
}

static uint32_t
u32_at(struct atr_bytes bytes, size_t offset)
{
    struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size_bytes);

    atr_cursor_seek(&cur, offset);
    return atr_cursor_u32(&cur);
}

static bool
is_plausible(struct atr_bytes ndr, size_t offset)
{
    const struct kind_row *row;
    uint32_t length;

    if (offset < 4 || u32_at(ndr, offset) != SIGNATURE) {
        return false;
    }
    row = kind_find(u32_at(ndr, offset + 4));
    length = u32_at(ndr, offset - 4);
    return row != NULL && length >= row->bytes_min && length <= ATR_PART_MAX;
}

size_t
atr_objref_scan(struct atr_bytes ndr, size_t from)
{
    size_t at = from;

    while (ndr.data != NULL && at < ndr.size_bytes) {
        const uint8_t *found = memchr(ndr.data + at, 'M', ndr.size_bytes - at);

        if (found == NULL) {
            break;
        }
        at = (size_t)(found - ndr.data);
        if (is_plausible(ndr, at)) {
            return at;
        }
        at++;
    }
    return ndr.size_bytes;
}

struct atr_bytes
atr_objref_at(struct atr_bytes ndr, size_t offset)
{
    size_t left = offset < ndr.size_bytes ? ndr.size_bytes - offset : 0;
    uint32_t length = offset < 4 ? 0 : u32_at(ndr, offset - 4);

    if (left == 0) {
        return (struct atr_bytes){NULL, 0};
    }
    return (struct atr_bytes){ndr.data + offset, length < left ? length : left};
}
