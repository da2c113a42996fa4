/* SPDX-License-Identifier: MIT */
#include "event/ndr_text.h"

enum {
    VALUES_MAX = 8,
    TRUST_MIN = 50,       /* below it guesses are as often wrong as right */
    BYTES_SHOWN = 16,     /* of a block of bytes */
    DECIMAL_MAX = 0xffff, /* larger return values are statuses: hexadecimal */
};

static const char cut_mark[] = "\xe2\x80\xa6"; /* U+2026 */

static const char *
syntax_name(enum atr_syntax syntax)
{
    switch (syntax) {
    case ATR_SYNTAX_NDR20:
        return "NDR20";
    case ATR_SYNTAX_NDR64:
        return "NDR64";
    case ATR_SYNTAX_TEST:
        return "NDR test";
    default:
        return "NDR";
    }
}

static void
put_quoted(struct atr_text *out, struct atr_str text, size_t string_max)
{
    if (text.data == NULL) {
        atr_text_puts(out, "null");
        return;
    }
    atr_text_putc(out, '"');
    if (atr_text_quoted(out, text, string_max)) {
        atr_text_puts(out, cut_mark);
    }
    atr_text_putc(out, '"');
}

/* An interface by name, else by GUID. */
static void
put_interface(struct atr_text *out, const struct atr_ndr_item *item)
{
    if (item->text.data != NULL) {
        atr_text_name(out, item->text);
    } else {
        atr_text_guid(out, &item->guid);
    }
}

static void
put_bytes(struct atr_text *out, struct atr_bytes bytes)
{
    size_t shown = bytes.size_bytes < BYTES_SHOWN ? bytes.size_bytes : BYTES_SHOWN;

    atr_text_u64(out, bytes.size_bytes);
    atr_text_puts(out, " B ");
    atr_text_bytes(out, (struct atr_bytes){bytes.data, shown});
    if (shown < bytes.size_bytes) {
        atr_text_puts(out, cut_mark);
    }
}

static void
put_hex(struct atr_text *out, const char *prefix, uint64_t number)
{
    atr_text_puts(out, prefix);
    atr_text_puts(out, "0x");
    atr_text_hex(out, number);
}

static void
put_value(struct atr_text *out, const struct atr_ndr_item *item, size_t string_max)
{
    switch ((enum atr_ndr_kind)item->kind) {
    case ATR_NDR_WSTRING:
    case ATR_NDR_ASTRING:
    case ATR_NDR_COUNTED_STRING:
    case ATR_NDR_BSTR:
        put_quoted(out, item->text, string_max);
        break;
    case ATR_NDR_SID:
        atr_text_put(out, item->text);
        break;
    case ATR_NDR_CONTEXT_HANDLE:
        atr_text_puts(out, "ctx:");
        atr_text_guid(out, &item->guid);
        break;
    case ATR_NDR_GUID:
        atr_text_putc(out, '{');
        put_interface(out, item);
        atr_text_putc(out, '}');
        break;
    case ATR_NDR_OBJREF:
        put_interface(out, item);
        atr_text_putc(out, '*');
        break;
    case ATR_NDR_PTR:
        put_hex(out, "&", item->number);
        break;
    case ATR_NDR_TIME:
        put_hex(out, "time:", item->number);
        break;
    case ATR_NDR_SYSTEM_HANDLE:
        atr_text_puts(out, "handle#");
        atr_text_u64(out, item->number);
        break;
    case ATR_NDR_BYTES:
        put_bytes(out, item->bytes);
        break;
    case ATR_NDR_RETURN:
        if (item->number > DECIMAL_MAX) {
            put_hex(out, "return ", item->number);
            break;
        }
        atr_text_puts(out, "return ");
        atr_text_u64(out, item->number);
        break;
    default:
        atr_text_u64(out, item->number);
        break;
    }
}

/* Referent ids mean nothing to a reader once what they point to is shown. */
static bool
is_worth_a_line(const struct atr_ndr_item *item)
{
    if (item->grade != ATR_GRADE_GUESS) {
        return true;
    }
    return item->trust >= TRUST_MIN && item->kind != ATR_NDR_PTR;
}

static void
put_values(struct atr_text *out, const struct atr_ndr_view *view, size_t string_max)
{
    unsigned shown = 0;

    for (uint32_t i = 0; i < view->item_count; i++) {
        if (!is_worth_a_line(&view->items[i])) {
            continue;
        }
        atr_text_puts(out, shown == 0 ? " " : ", ");
        if (shown == VALUES_MAX) {
            atr_text_puts(out, cut_mark);
            break;
        }
        put_value(out, &view->items[i], string_max);
        shown++;
    }
}

void
atr_ndr_text(struct atr_text *out, const struct atr_ndr_view *view, size_t string_max)
{
    uint64_t captured = view->bytes.size_bytes;
    uint64_t original = view->original_bytes > captured ? view->original_bytes : captured;

    if (original == 0) {
        return;
    }
    atr_text_putc(out, '<');
    atr_text_puts(out, syntax_name(view->syntax));
    if (view->syntax_grade < ATR_GRADE_INFERRED) {
        atr_text_putc(out, '?');
    }
    atr_text_putc(out, ' ');
    atr_text_u64(out, original);
    atr_text_puts(out, " B");
    put_values(out, view, string_max);
    if (captured < original) {
        atr_text_puts(out, " cut ");
        atr_text_u64(out, captured);
        atr_text_putc(out, '/');
        atr_text_u64(out, original);
    }
    if (view->error != NULL) {
        atr_text_putc(out, ' ');
        atr_text_puts(out, view->error);
    }
    atr_text_putc(out, '>');
}
