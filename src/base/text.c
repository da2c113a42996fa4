/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "base/endian.h"
#include "base/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void
atr_text_init(struct atr_text *text, struct atr_heap heap)
{
    *text = (struct atr_text){.heap = heap};
}

void
atr_text_fini(struct atr_text *text)
{
    atr_heap_free(&text->heap, text->data);
    *text = (struct atr_text){.heap = text->heap};
}

void
atr_text_clear(struct atr_text *text)
{
    text->size_bytes = 0;
    text->status = ATR_OK;
}

struct atr_str
atr_text_view(const struct atr_text *text)
{
    return atr_str_make(text->data == NULL ? "" : text->data, text->size_bytes);
}

char *
atr_text_grow(struct atr_text *text, size_t size_bytes)
{
    size_t room = text->room_bytes == 0 ? 256 : text->room_bytes;
    char *data;

    if (text->status != ATR_OK) {
        return NULL;
    }
    while (room - text->size_bytes < size_bytes) {
        if (room > SIZE_MAX / 2) {
            text->status = ATR_NOMEM;
            return NULL;
        }
        room *= 2;
    }
    data = atr_heap_resize(&text->heap, text->data, room, 1);
    if (data == NULL) {
        text->status = ATR_NOMEM;
        return NULL;
    }
    text->data = data;
    text->room_bytes = room;
    return data + text->size_bytes;
}

void
atr_text_pad(struct atr_text *text, char c, size_t count)
{
    char *at = count == 0 ? NULL : atr_text_reserve(text, count);

    if (at != NULL) {
        memset(at, c, count);
        text->size_bytes += count;
    }
}

void
atr_text_printf(struct atr_text *text, const char *format, ...)
{
    va_list args;
    int size;
    char *at;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = size < 0 ? NULL : atr_text_reserve(text, (size_t)size + 1);
    if (at != NULL) {
        va_start(args, format);
        (void)vsnprintf(at, (size_t)size + 1, format, args);
        va_end(args);
        text->size_bytes += (size_t)size;
    }
}

/* Digits of a number. */
static unsigned
count_digits(uint64_t value)
{
    unsigned count = 1;

    for (; value >= 10000; value /= 10000) {
        count += 4;
    }
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

void
atr_text_u64_padded(struct atr_text *text, uint64_t value, unsigned width)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    unsigned count = count_digits(value);
    char *at = atr_text_reserve(text, count < width ? width : count);

    if (at == NULL) {
        return;
    }
    for (; count < width; width--) {
        *at++ = '0';
        text->size_bytes++;
    }
    text->size_bytes += count;
    for (; count >= 2; count -= 2) {
        memcpy(at + count - 2, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (count == 1) {
        *at = (char)('0' + value);
    }
}

void
atr_text_u64(struct atr_text *text, uint64_t value)
{
    atr_text_u64_padded(text, value, 1);
}

void
atr_text_i64(struct atr_text *text, int64_t value)
{
    if (value < 0) {
        atr_text_putc(text, '-');
        atr_text_u64(text, (uint64_t)0 - (uint64_t)value);
    } else {
        atr_text_u64(text, (uint64_t)value);
    }
}

void
atr_text_hex(struct atr_text *text, uint64_t value)
{
    char buffer[16];
    size_t at = sizeof(buffer);

    do {
        buffer[--at] = digits[value & 15];
        value >>= 4;
    } while (value != 0);
    atr_text_put(text, atr_str_make(buffer + at, sizeof(buffer) - at));
}

void
atr_text_guid(struct atr_text *text, const struct atr_guid *guid)
{
    char buffer[ATR_GUID_TEXT_BYTES];

    atr_guid_format(guid, buffer);
    atr_text_put(text, atr_str_make(buffer, ATR_GUID_TEXT_BYTES - 1));
}

void
atr_text_bytes(struct atr_text *text, struct atr_bytes bytes)
{
    char *at = bytes.size_bytes == 0 ? NULL : atr_text_reserve(text, 2 * bytes.size_bytes);

    if (at != NULL) {
        for (size_t i = 0; i < bytes.size_bytes; i++) {
            *at++ = digits[bytes.data[i] >> 4];
            *at++ = digits[bytes.data[i] & 15];
        }
        text->size_bytes += 2 * bytes.size_bytes;
    }
}

/* Printable ASCII that needs no escape; quoted: in quotes, where a quote and a backslash do. */
static bool
is_plain(uint8_t c, bool quoted)
{
    return c >= 0x20 && c < 0x7f && (!quoted || (c != '"' && c != '\\'));
}

/*
 * How many of eight bytes, the lowest first, are plain before one is not. A byte that is not sets
 * the highest bit of its place, and perhaps of places above, never below.
 */
static unsigned
count_plain(uint64_t bytes, bool quoted)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t found = ((bytes - each * 0x20) & ~bytes) | (bytes + each) | bytes;

    if (quoted) {
        uint64_t quotes = bytes ^ each * '"';
        uint64_t slashes = bytes ^ each * '\\';

        found |= ((quotes - each) & ~quotes) | ((slashes - each) & ~slashes);
    }
    found &= each * 0x80;
    if (found == 0) {
        return 8;
    }
    /* Ones below the lowest bit found: one in each place up to its own, which are added up. */
    return (unsigned)((((found & (0 - found)) - 1) & each) * each >> 56) - 1;
}

static uint64_t
load(const char *at)
{
    return atr_get_u64((const uint8_t *)at);
}

/* The length of the plain text at that place, at most max. */
static size_t
plain_run(struct atr_str value, size_t start, size_t max, bool quoted)
{
    size_t end = value.size_bytes - start < max ? value.size_bytes : start + max;
    size_t at = start;

    while (end - at >= 8) {
        unsigned plain = count_plain(load(value.data + at), quoted);

        at += plain;
        if (plain < 8) {
            return at - start;
        }
    }
    if (at < end && end >= 8) {
        /* The last eight bytes, less those that were judged. */
        uint64_t rest = load(value.data + end - 8) >> 8 * (8 - (end - at));
        size_t plain = count_plain(rest, quoted);

        return plain < end - at ? at + plain - start : end - start;
    }
    while (at < end && is_plain((uint8_t)value.data[at], quoted)) {
        at++;
    }
    return at - start;
}

/* The C and JSON escapes that have a letter; 0 when c has none. */
static char
escape_letter(uint32_t c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void
put_letter(struct atr_text *text, char letter)
{
    atr_text_putc(text, '\\');
    atr_text_putc(text, letter);
}

/* As UTF-16 in \u escapes. */
static void
put_json_escape(struct atr_text *text, uint32_t c)
{
    if (c > 0xffff) {
        atr_text_printf(text, "\\u%04x", (unsigned)(0xd7c0 + (c >> 10)));
        c = 0xdc00 | (c & 0x3ff);
    }
    atr_text_printf(text, "\\u%04x", (unsigned)c);
}

void
atr_text_json(struct atr_text *text, struct atr_str value)
{
    size_t at = 0;

    atr_text_putc(text, '"');
    while (at < value.size_bytes) {
        size_t run = plain_run(value, at, SIZE_MAX, true);
        uint32_t c;
        size_t length;

        atr_text_put(text, atr_str_make(value.data + at, run));
        at += run;
        if (at == value.size_bytes) {
            break;
        }
        length = atr_utf8_get(value.data + at, value.size_bytes - at, &c);
        if (length == 0) {
            atr_text_puts(text, "\xef\xbf\xbd");
            length = 1;
        } else if (escape_letter(c) != 0) {
            put_letter(text, escape_letter(c));
        } else if (atr_code_point_is_unsafe(c)) {
            put_json_escape(text, c);
        } else {
            atr_text_put(text, atr_str_make(value.data + at, length));
        }
        at += length;
    }
    atr_text_putc(text, '"');
}

static void
put_escaped_unit(struct atr_text *text, struct atr_str unit, uint32_t c)
{
    if (escape_letter(c) != 0) {
        put_letter(text, escape_letter(c));
    } else if (c < 0x20) {
        atr_text_printf(text, "\\x%02x", (unsigned)c);
    } else if (atr_code_point_is_unsafe(c)) {
        atr_text_printf(text, "\\u{%x}", (unsigned)c);
    } else {
        atr_text_put(text, unit);
    }
}

static bool
put_escaped(struct atr_text *text, struct atr_str value, size_t max_units, bool quoted)
{
    size_t left = max_units == 0 ? SIZE_MAX : max_units;
    size_t at = 0;

    while (at < value.size_bytes && left > 0) {
        size_t run = plain_run(value, at, left, quoted);
        uint32_t c;
        size_t length;

        atr_text_put(text, atr_str_make(value.data + at, run));
        at += run;
        left -= run;
        if (at == value.size_bytes || left == 0) {
            break;
        }
        length = atr_utf8_get(value.data + at, value.size_bytes - at, &c);
        if (length == 0) {
            atr_text_printf(text, "\\x%02x", (unsigned)(uint8_t)value.data[at]);
            length = 1;
        } else {
            put_escaped_unit(text, atr_str_make(value.data + at, length), c);
        }
        at += length;
        left--;
    }
    return at < value.size_bytes;
}

bool
atr_text_quoted(struct atr_text *text, struct atr_str value, size_t max_units)
{
    return put_escaped(text, value, max_units, true);
}

void
atr_text_name(struct atr_text *text, struct atr_str value)
{
    (void)put_escaped(text, value, 0, false);
}
