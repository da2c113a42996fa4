/* SPDX-License-Identifier: MIT */
/* From finds to items: texts, names and numbers, for what is reported only. */
#include "decode/ndr_guess_parts.h"

#include "base/cursor.h"
#include "base/utf.h"
#include "decode/sid.h"
#include "names/names.h"

static struct atr_bytes
body_of(const struct atr_ndr_scan *scan, const struct atr_ndr_find *find)
{
    return (struct atr_bytes){scan->data + find->body, find->end - find->body};
}

static struct atr_guid
guid_at(const struct atr_ndr_scan *scan, uint32_t at)
{
    struct atr_cursor cur = atr_cursor_make(scan->data, scan->size_bytes);

    atr_cursor_seek(&cur, at);
    return atr_cursor_guid(&cur);
}

static void
fill_string(struct atr_arena *arena, const struct atr_ndr_scan *scan,
            const struct atr_ndr_find *find, struct atr_ndr_item *out)
{
    unsigned unit_bytes = find->kind == ATR_NDR_ASTRING ? 1 : 2;
    unsigned width = find->syntaxes == ATR_NDR_IN_64 ? 8 : 4;
    struct atr_bytes units = body_of(scan, find);
    bool all;

    out->max_count = atr_ndr_word(scan, find->offset);
    out->actual_count = atr_ndr_word(scan, find->offset + 2 * width);
    all = units.size_bytes == out->actual_count * unit_bytes;
    if (all && find->kind != ATR_NDR_COUNTED_STRING && units.data[units.size_bytes - 1] == 0 &&
        units.data[units.size_bytes - unit_bytes] == 0) {
        units.size_bytes -= unit_bytes;
    }
    out->text =
        unit_bytes == 2
            ? atr_utf16_to_utf8(arena, units)
            : atr_arena_str(arena, atr_str_make((const char *)units.data, units.size_bytes));
}

static void
fill_bstr(struct atr_arena *arena, const struct atr_ndr_scan *scan, const struct atr_ndr_find *find,
          struct atr_ndr_item *out)
{
    bool is_null = atr_ndr_word(scan, find->body - 8) == UINT32_MAX;

    out->number = atr_ndr_word(scan, find->offset);
    out->max_count = atr_ndr_word(scan, find->body - 12);
    out->actual_count = out->max_count;
    if (!is_null) {
        out->text = atr_utf16_to_utf8(arena, body_of(scan, find));
    }
}

static void
fill_name(struct atr_ndr_item *out)
{
    struct atr_interface_info info;

    if (atr_names_interface(&out->guid, &info)) {
        out->text = info.name;
    }
}

static void
fill_number(const struct atr_ndr_scan *scan, const struct atr_ndr_find *find,
            struct atr_ndr_item *out)
{
    out->number = atr_ndr_word(scan, find->offset);
    if (find->kind == ATR_NDR_TIME) {
        out->number |= (uint64_t)atr_ndr_word(scan, find->offset + 4) << 32;
    }
}

void
atr_ndr_find_fill(struct atr_arena *arena, const struct atr_ndr_scan *scan,
                  const struct atr_ndr_find *find, struct atr_ndr_item *out)
{
    *out = (struct atr_ndr_item){.offset = find->offset,
                                 .size_bytes = find->end - find->offset,
                                 .kind = find->kind,
                                 .trust = find->trust,
                                 .grade = ATR_GRADE_GUESS};
    switch ((enum atr_ndr_kind)find->kind) {
    case ATR_NDR_WSTRING:
    case ATR_NDR_ASTRING:
    case ATR_NDR_COUNTED_STRING:
        fill_string(arena, scan, find, out);
        break;
    case ATR_NDR_BSTR:
        fill_bstr(arena, scan, find, out);
        break;
    case ATR_NDR_SID:
        out->text = atr_sid_text(arena, body_of(scan, find));
        break;
    case ATR_NDR_OBJREF:
        out->bytes = body_of(scan, find);
        out->number = atr_ndr_word(scan, find->body + 4);
        out->guid = guid_at(scan, find->body + 8);
        fill_name(out);
        break;
    case ATR_NDR_GUID:
        out->guid = guid_at(scan, find->body);
        fill_name(out);
        break;
    case ATR_NDR_CONTEXT_HANDLE:
        out->guid = guid_at(scan, find->body);
        break;
    default:
        fill_number(scan, find, out);
        break;
    }
}
