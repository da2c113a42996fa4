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

/* No room is left to reserve, so that whoever finds room need not ask how the text is. */
static char *
fail(struct atr_text *text)
{
    text->status = ATR_NOMEM;
    text->room_bytes = text->size_bytes;
    return NULL;
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
            return fail(text);
        }
        room *= 2;
    }
    data = atr_heap_resize(&text->heap, text->data, room, 1);
    if (data == NULL) {
        return fail(text);
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

/*
 * How a character is written: as itself, with the bit of BACKSLASH as that letter behind one, or in
 * some other way: 0. Between quotes; a name, which has none, writes `"` and the backslash plainly.
 */
enum {
    BACKSLASH = 0x80
};

/* clang-format off */
static const uint8_t spelling[256] =
    "\0\0\0\0\0\0\0\0\0\xf4\xee\0\0\xf2\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    " !\xa2#$%&'()*+,-./0123456789:;<=>?"
    "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\xdc]^_"
    "`abcdefghijklmnopqrstuvwxyz{|}~";

/* clang-format on */

static bool
is_plain(uint8_t c, bool quoted)
{
    uint8_t as = spelling[c];

    return as != 0 && (quoted ? as : as & ~BACKSLASH) == c;
}

/*
 * The same of eight bytes at once. One that is not plain sets the highest bit of its place, and
 * perhaps of others above it.
 */
static ATR_INLINE bool
are_plain(const char *at, bool quoted)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t bytes = atr_get_u64((const uint8_t *)at);
    uint64_t found = ((bytes - each * 0x20) & ~bytes) | (bytes + each) | bytes;

    if (quoted) {
        uint64_t quotes = bytes ^ each * '"';
        uint64_t slashes = bytes ^ each * '\\';

        found |= ((quotes - each) & ~quotes) | ((slashes - each) & ~slashes);
    }
    return (found & each * 0x80) == 0;
}

/* True of nearly every name and most strings, so it is asked first, eight bytes at a time. */
static bool
all_plain(const char *data, size_t size_bytes, bool quoted)
{
    size_t at = 0;

    if (size_bytes < 8) {
        while (at < size_bytes && is_plain((uint8_t)data[at], quoted)) {
            at++;
        }
        return at == size_bytes;
    }
    for (; at < size_bytes - 8; at += 8) {
        if (!are_plain(data + at, quoted)) {
            return false;
        }
    }
    return are_plain(data + size_bytes - 8, quoted);
}

/*
 * ASCII characters that are plain or have a letter, at most max, up to the first that is neither.
 * Returns how many.
 */
static size_t
put_ascii(struct atr_text *text, struct atr_str value, size_t max, bool quoted)
{
    size_t end = value.size_bytes < max ? value.size_bytes : max;
    char *out = end > SIZE_MAX / 2 ? NULL : atr_text_reserve(text, 2 * end);
    const char *start = out;
    size_t at = 0;

    if (out == NULL) {
        return end;
    }
    for (; at < end; at++) {
        uint8_t c = (uint8_t)value.data[at];
        uint8_t as = spelling[c];

        if (as == 0) {
            break;
        }
        if (as != c) {
            as &= (uint8_t)~BACKSLASH;
            if (quoted || as != c) {
                *out++ = '\\';
            }
        }
        *out++ = (char)as;
    }
    text->size_bytes += (size_t)(out - start);
    return at;
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
    atr_text_putc(text, '"');
    if (all_plain(value.data, value.size_bytes, true)) {
        atr_text_put(text, value);
        value.size_bytes = 0;
    }
    while (value.size_bytes > 0) {
        uint32_t c;
        size_t length;

        value = atr_str_skip(value, put_ascii(text, value, SIZE_MAX, true));
        if (value.size_bytes == 0) {
            break;
        }
        length = atr_utf8_get(value.data, value.size_bytes, &c);
        if (length == 0) {
            atr_text_puts(text, "\xef\xbf\xbd");
            length = 1;
        } else if (atr_code_point_is_unsafe(c)) {
            put_json_escape(text, c);
        } else {
            atr_text_put(text, atr_str_make(value.data, length));
        }
        value = atr_str_skip(value, length);
    }
    atr_text_putc(text, '"');
}

static void
put_escaped_unit(struct atr_text *text, struct atr_str unit, uint32_t c)
{
    if (c < 0x20) {
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
    size_t whole = value.size_bytes < left ? value.size_bytes : left;

    if (all_plain(value.data, whole, quoted)) {
        atr_text_put(text, atr_str_make(value.data, whole));
        return whole < value.size_bytes;
    }
    while (value.size_bytes > 0 && left > 0) {
        size_t length = put_ascii(text, value, left, quoted);
        uint32_t c;

        value = atr_str_skip(value, length);
        left -= length;
        if (value.size_bytes == 0 || left == 0) {
            break;
        }
        length = atr_utf8_get(value.data, value.size_bytes, &c);
        if (length == 0) {
            atr_text_printf(text, "\\x%02x", (unsigned)(uint8_t)value.data[0]);
            length = 1;
        } else {
            put_escaped_unit(text, atr_str_make(value.data, length), c);
        }
        value = atr_str_skip(value, length);
        left--;
    }
    return value.size_bytes > 0;
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
