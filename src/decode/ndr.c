/* SPDX-License-Identifier: MIT */
#include "decode/ndr.h"

#include "base/utf.h"
#include "decode/sid.h"

enum {
    OBJREF_MARK = 0x574f454d, /* "MEOW" */
    OBJREF_HEAD_BYTES = 24,
};

struct atr_ndr_reader
atr_ndr_reader_make(const struct atr_ndr_view *view, enum atr_syntax syntax,
                    struct atr_arena *arena)
{
    struct atr_ndr_reader reader = {
        .original_bytes = view->original_bytes, .syntax = syntax, .arena = arena};

    reader.cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    if (reader.original_bytes < view->bytes.size_bytes) {
        reader.original_bytes = view->bytes.size_bytes;
    }
    atr_cursor_seek(&reader.cur, view->params_offset);
    return reader;
}

static bool
is_wide(const struct atr_ndr_reader *reader)
{
    return reader->syntax != ATR_SYNTAX_NDR20;
}

/* A count or a referent id (ndr 2.2, 2.3). */
static uint64_t
read_count(struct atr_ndr_reader *reader)
{
    unsigned width = is_wide(reader) ? 8 : 4;

    atr_cursor_align(&reader->cur, width);
    return atr_cursor_pointer(&reader->cur, width);
}

static uint32_t
read_u32(struct atr_ndr_reader *reader)
{
    atr_cursor_align(&reader->cur, 4);
    return atr_cursor_u32(&reader->cur);
}

static void
fail(struct atr_ndr_reader *reader, const char *error)
{
    atr_cursor_reject(&reader->cur);
    if (reader->error == NULL) {
        reader->error = error;
    }
}

/*
 * The next count elements of unit_bytes. Where the message has them all but we do not, gives what
 * is there and fails as truncated; where the message itself ends before, rejects.
 */
static struct atr_bytes
read_elements(struct atr_ndr_reader *reader, uint64_t count, unsigned unit_bytes,
              const char *overrun)
{
    struct atr_cursor *cur = &reader->cur;
    size_t left = atr_cursor_left(cur);
    struct atr_bytes part;

    if (!atr_cursor_ok(cur) || count <= left / unit_bytes) {
        return atr_cursor_bytes(cur, atr_cursor_ok(cur) ? (size_t)count * unit_bytes : 0);
    }
    if (count > (reader->original_bytes - cur->position) / unit_bytes) {
        fail(reader, overrun);
        return (struct atr_bytes){NULL, 0};
    }
    part = atr_cursor_bytes(cur, left - left % unit_bytes);
    atr_cursor_skip(cur, left + 1); /* sticks as truncated */
    return part;
}

static bool
ends_with_nul(struct atr_bytes units, unsigned unit_bytes)
{
    const uint8_t *end = units.data + units.size_bytes;

    return units.size_bytes >= unit_bytes && end[-1] == 0 && (unit_bytes == 1 || end[-2] == 0);
}

static struct atr_str
text_make(struct atr_arena *arena, struct atr_bytes units, unsigned unit_bytes)
{
    return unit_bytes == 2
               ? atr_utf16_to_utf8(arena, units)
               : atr_arena_str(arena, atr_str_make((const char *)units.data, units.size_bytes));
}

/* [string] of a conformant type: maximum, offset, actual count, characters with their NUL. */
static void
read_string(struct atr_ndr_reader *reader, unsigned unit_bytes, struct atr_ndr_item *out)
{
    uint64_t max = read_count(reader);
    uint64_t offset = read_count(reader);
    uint64_t actual = read_count(reader);
    struct atr_bytes units;

    if (atr_cursor_ok(&reader->cur) && (actual > max || offset > max - actual)) {
        fail(reader, "string_overrun");
    }
    out->max_count = max;
    out->actual_count = actual;
    units = read_elements(reader, actual, unit_bytes, "string_overrun");
    if (units.data != NULL) {
        if (atr_cursor_ok(&reader->cur) && ends_with_nul(units, unit_bytes)) {
            units.size_bytes -= unit_bytes;
        }
        out->text = text_make(reader->arena, units, unit_bytes);
    }
}

bool
atr_ndr_bstr_counts_fit(uint64_t max, uint32_t size_bytes, uint32_t units)
{
    if (max != units) {
        return false;
    }
    return (size_bytes == UINT32_MAX && units == 0) || size_bytes == 2 * (uint64_t)units ||
           (units > 0 && size_bytes == 2 * (uint64_t)units - 1);
}

static bool
try_bstr(struct atr_ndr_reader *reader, unsigned alignment, bool wide_max, struct atr_ndr_item *out)
{
    struct atr_ndr_reader at = *reader;
    uint64_t max;
    uint32_t size_bytes;
    uint32_t units;

    atr_cursor_align(&at.cur, alignment);
    max = wide_max ? atr_cursor_u64(&at.cur) : atr_cursor_u32(&at.cur);
    size_bytes = atr_cursor_u32(&at.cur);
    units = atr_cursor_u32(&at.cur);
    if (!atr_cursor_ok(&at.cur) || !atr_ndr_bstr_counts_fit(max, size_bytes, units)) {
        return false;
    }
    out->max_count = max;
    out->actual_count = units;
    if (size_bytes != UINT32_MAX) {
        out->text = text_make(reader->arena, read_elements(&at, units, 2, "string_overrun"), 2);
    }
    *reader = at;
    return true;
}

/* Whether 4 pad bytes follow the marker is disputed: the counts decide (orpc 8). */
static void
read_bstr(struct atr_ndr_reader *reader, struct atr_ndr_item *out)
{
    out->number = read_count(reader);
    if (out->number == 0 || !atr_cursor_ok(&reader->cur)) {
        return;
    }
    if (!try_bstr(reader, 4, false, out) && !try_bstr(reader, 8, false, out) &&
        !try_bstr(reader, 8, true, out)) {
        fail(reader, "malformed");
    }
}

static void
read_guid(struct atr_ndr_reader *reader, struct atr_ndr_item *out)
{
    atr_cursor_align(&reader->cur, 4);
    out->guid = atr_cursor_guid(&reader->cur);
}

/* Conformant: the number of sub-authorities stands before the structure as well. */
static void
read_sid(struct atr_ndr_reader *reader, struct atr_ndr_item *out)
{
    uint64_t count = read_count(reader);
    struct atr_bytes head;

    atr_cursor_align(&reader->cur, 4);
    head = atr_cursor_bytes(&reader->cur, ATR_SID_HEAD_BYTES);
    if (head.data == NULL) {
        return;
    }
    if (count > ATR_SID_PARTS_MAX || head.data[1] != count) {
        fail(reader, "malformed");
        return;
    }
    if (atr_cursor_bytes(&reader->cur, (size_t)count * 4).data != NULL) {
        out->text = atr_sid_text(
            reader->arena, (struct atr_bytes){head.data, ATR_SID_HEAD_BYTES + (size_t)count * 4});
    }
}

/* MInterfacePointer without its referent id: maximum, length, the OBJREF (orpc 5). */
static void
read_objref(struct atr_ndr_reader *reader, struct atr_ndr_item *out)
{
    uint64_t max = read_count(reader);
    uint32_t size_bytes = read_u32(reader);
    struct atr_cursor body;

    if (atr_cursor_ok(&reader->cur) && (max != size_bytes || size_bytes < OBJREF_HEAD_BYTES)) {
        fail(reader, "malformed");
    }
    out->bytes = read_elements(reader, size_bytes, 1, "malformed");
    body = atr_cursor_make(out->bytes.data, out->bytes.size_bytes);
    if (out->bytes.data != NULL && atr_cursor_u32(&body) != OBJREF_MARK) {
        fail(reader, "malformed");
    }
    out->number = atr_cursor_u32(&body);
    out->guid = atr_cursor_guid(&body);
}

/* Index and a word of unknown use; Windows 8 has only the first (ndr 2.5). */
static void
read_system_handle(struct atr_ndr_reader *reader, struct atr_ndr_item *out)
{
    atr_cursor_align(&reader->cur, is_wide(reader) ? 8 : 4);
    out->number = atr_cursor_u32(&reader->cur);
    (void)atr_cursor_u32(&reader->cur);
}

static void
read_integer(struct atr_ndr_reader *reader, unsigned width, struct atr_ndr_item *out)
{
    struct atr_cursor *cur = &reader->cur;

    atr_cursor_align(cur, width);
    switch (width) {
    case 1:
        out->number = atr_cursor_u8(cur);
        break;
    case 2:
        out->number = atr_cursor_u16(cur);
        break;
    default:
        out->number = atr_cursor_pointer(cur, width);
        break;
    }
}

static void
read_value(struct atr_ndr_reader *reader, struct atr_ndr_param param, struct atr_ndr_item *out)
{
    switch (param.kind) {
    case ATR_NDR_WSTRING:
    case ATR_NDR_COUNTED_STRING:
        read_string(reader, 2, out);
        break;
    case ATR_NDR_ASTRING:
        read_string(reader, 1, out);
        break;
    case ATR_NDR_BSTR:
        read_bstr(reader, out);
        break;
    case ATR_NDR_PTR:
        out->number = read_count(reader);
        break;
    case ATR_NDR_SID:
        read_sid(reader, out);
        break;
    case ATR_NDR_CONTEXT_HANDLE:
        out->number = read_u32(reader);
        read_guid(reader, out);
        break;
    case ATR_NDR_GUID:
        read_guid(reader, out);
        break;
    case ATR_NDR_TIME: /* FILETIME: two words */
        atr_cursor_align(&reader->cur, 4);
        out->number = atr_cursor_u64(&reader->cur);
        break;
    case ATR_NDR_OBJREF:
        read_objref(reader, out);
        break;
    case ATR_NDR_SYSTEM_HANDLE:
        read_system_handle(reader, out);
        break;
    case ATR_NDR_U8:
        read_integer(reader, 1, out);
        break;
    case ATR_NDR_U16:
        read_integer(reader, 2, out);
        break;
    case ATR_NDR_U32:
    case ATR_NDR_RETURN:
        read_integer(reader, 4, out);
        break;
    case ATR_NDR_U64:
        read_integer(reader, 8, out);
        break;
    case ATR_NDR_BYTES:
        out->bytes = read_elements(reader, param.size_bytes, 1, "truncated");
        break;
    }
}

/* What a kind is aligned to before its first byte. */
static size_t
alignment_of(const struct atr_ndr_reader *reader, enum atr_ndr_kind kind)
{
    switch (kind) {
    case ATR_NDR_U8:
    case ATR_NDR_BYTES:
        return 1;
    case ATR_NDR_U16:
        return 2;
    case ATR_NDR_U64:
        return 8;
    case ATR_NDR_U32:
    case ATR_NDR_RETURN:
    case ATR_NDR_CONTEXT_HANDLE:
    case ATR_NDR_GUID:
    case ATR_NDR_TIME:
        return 4;
    default:
        return is_wide(reader) ? 8 : 4;
    }
}

enum atr_status
atr_ndr_read(struct atr_ndr_reader *reader, struct atr_ndr_param param, struct atr_ndr_item *out)
{
    struct atr_cursor *cur = &reader->cur;

    *out =
        (struct atr_ndr_item){.kind = (uint8_t)param.kind, .trust = 100, .grade = ATR_GRADE_BOUND};
    atr_cursor_align(cur, alignment_of(reader, param.kind));
    out->offset = (uint32_t)cur->position;
    if (atr_cursor_ok(cur)) {
        read_value(reader, param, out);
    }
    out->size_bytes = (uint32_t)cur->position - out->offset;
    if (!atr_cursor_ok(cur) && reader->error == NULL) {
        reader->error = atr_status_text(cur->status);
    }
    return cur->status;
}
