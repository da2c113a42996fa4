/* SPDX-License-Identifier: MIT */
/* A list of types given by hand: its text, and reading by it. */
#include "decode/ndr.h"

/* The other spelling of a kind. */
static const struct atr_str ansi_alias = {"astring", sizeof("astring") - 1};

static bool
kind_parse(struct atr_str name, enum atr_ndr_kind *out)
{
    if (atr_str_equal(name, ansi_alias)) {
        *out = ATR_NDR_ASTRING;
        return true;
    }
    for (unsigned kind = 0; kind <= ATR_NDR_RETURN; kind++) {
        if (atr_str_equal(name, atr_str_from(atr_ndr_kind_text(kind)))) {
            *out = kind;
            return true;
        }
    }
    return false;
}

/* "u32", or "bytes:24": that kind alone takes, and needs, a size. */
static bool
param_parse(struct atr_str text, struct atr_ndr_param *out)
{
    size_t colon = atr_str_find(text, ATR_STR(":"));
    bool has_size = colon < text.size_bytes;
    uint64_t size_bytes = 0;

    if (!kind_parse(atr_str_make(text.data, colon), &out->kind) ||
        has_size != (out->kind == ATR_NDR_BYTES)) {
        return false;
    }
    if (has_size && (!atr_str_to_u64(atr_str_skip(text, colon + 1), 10, &size_bytes) ||
                     size_bytes > UINT32_MAX)) {
        return false;
    }
    out->size_bytes = (uint32_t)size_bytes;
    return true;
}

enum atr_status
atr_ndr_params_parse(struct atr_str text, struct atr_ndr_param out[ATR_NDR_PARAMS_MAX],
                     uint32_t *count, struct atr_error *error)
{
    struct atr_ndr_param parsed[ATR_NDR_PARAMS_MAX];
    uint32_t used = 0;

    do {
        size_t comma = atr_str_find(text, ATR_STR(","));
        struct atr_str name = atr_str_trim(atr_str_make(text.data, comma));

        if (used == ATR_NDR_PARAMS_MAX) {
            return atr_error_set(error, ATR_LIMIT, "more than %d parameters", ATR_NDR_PARAMS_MAX);
        }
        if (!param_parse(name, &parsed[used])) {
            return atr_error_set(error, ATR_ARG,
                                 "no parameter type \"%.*s\": use wstring, string, counted_string, "
                                 "bstr, ptr, sid, context_handle, guid, time, objref, "
                                 "system_handle, u8, u16, u32, u64, return or bytes:SIZE",
                                 name.size_bytes < 64 ? (int)name.size_bytes : 64,
                                 name.data == NULL ? "" : name.data);
        }
        used++;
        text = atr_str_skip(text, comma + 1);
    } while (text.size_bytes > 0);
    memcpy(out, parsed, used * sizeof(parsed[0]));
    *count = used;
    return ATR_OK;
}

struct attempt {
    struct atr_ndr_item *items;
    uint32_t count;
    struct atr_ndr_reader reader;
};

static bool
is_partial_value(const struct atr_ndr_item *item)
{
    return item->text.data != NULL || item->bytes.data != NULL;
}

static struct attempt
read_all(struct atr_arena *arena, const struct atr_ndr_view *view, enum atr_syntax syntax,
         const struct atr_ndr_param *params, uint32_t count)
{
    struct attempt result = {.reader = atr_ndr_reader_make(view, syntax, arena)};
    enum atr_status status = ATR_OK;

    result.items = atr_arena_alloc(arena, count, sizeof(*result.items));
    for (uint32_t i = 0; i < count && status == ATR_OK && result.items != NULL; i++) {
        status = atr_ndr_read(&result.reader, params[i], &result.items[i]);
        if (status == ATR_OK || is_partial_value(&result.items[i])) {
            result.count++;
        }
    }
    return result;
}

static bool
is_better(const struct attempt *a, const struct attempt *b)
{
    if (atr_cursor_ok(&a->reader.cur) != atr_cursor_ok(&b->reader.cur)) {
        return atr_cursor_ok(&a->reader.cur);
    }
    if (a->count != b->count) {
        return a->count > b->count;
    }
    return atr_cursor_left(&a->reader.cur) < atr_cursor_left(&b->reader.cur);
}

enum atr_status
atr_ndr_params_read(struct atr_arena *arena, struct atr_ndr_view *view,
                    const struct atr_ndr_param *params, uint32_t count)
{
    enum atr_syntax syntax = view->syntax;
    struct attempt best;

    if (count > ATR_NDR_ITEMS_MAX) {
        return ATR_LIMIT;
    }
    best = read_all(arena, view, syntax == ATR_SYNTAX_UNKNOWN ? ATR_SYNTAX_NDR64 : syntax, params,
                    count);
    if (syntax == ATR_SYNTAX_UNKNOWN) {
        struct attempt other = read_all(arena, view, ATR_SYNTAX_NDR20, params, count);

        if (is_better(&other, &best)) {
            best = other;
        }
        view->syntax = best.reader.syntax;
        view->syntax_grade = ATR_GRADE_GUESS;
    }
    view->items = best.items;
    view->item_count = best.count;
    view->error = best.reader.error;
    return best.reader.cur.status;
}
