/* SPDX-License-Identifier: MIT */
#include "base/str.h"

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
atr_str_equal_nocase(struct atr_str a, struct atr_str b)
{
    if (a.size_bytes != b.size_bytes) {
        return false;
    }
    for (size_t i = 0; i < a.size_bytes; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

bool
atr_str_starts(struct atr_str text, struct atr_str prefix)
{
    return text.size_bytes >= prefix.size_bytes &&
           atr_str_equal(atr_str_make(text.data, prefix.size_bytes), prefix);
}

bool
atr_str_ends(struct atr_str text, struct atr_str suffix)
{
    return text.size_bytes >= suffix.size_bytes &&
           atr_str_equal(atr_str_skip(text, text.size_bytes - suffix.size_bytes), suffix);
}

size_t
atr_str_find(struct atr_str text, struct atr_str needle)
{
    if (needle.size_bytes == 0) {
        return 0;
    }
    for (size_t at = 0; at + needle.size_bytes <= text.size_bytes; at++) {
        const char *hit =
            memchr(text.data + at, needle.data[0], text.size_bytes - needle.size_bytes - at + 1);

        if (hit == NULL) {
            break;
        }
        at = (size_t)(hit - text.data);
        if (memcmp(hit, needle.data, needle.size_bytes) == 0) {
            return at;
        }
    }
    return text.size_bytes;
}

struct atr_str
atr_str_skip(struct atr_str text, size_t from)
{
    if (from > text.size_bytes) {
        from = text.size_bytes;
    }
    return text.data == NULL ? text : atr_str_make(text.data + from, text.size_bytes - from);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct atr_str
atr_str_trim(struct atr_str text)
{
    while (text.size_bytes > 0 && is_blank(text.data[0])) {
        text = atr_str_skip(text, 1);
    }
    while (text.size_bytes > 0 && is_blank(text.data[text.size_bytes - 1])) {
        text.size_bytes--;
    }
    return text;
}

struct atr_str
atr_str_leaf(struct atr_str path)
{
    for (size_t i = path.size_bytes; i > 0; i--) {
        if (path.data[i - 1] == '\\') {
            return atr_str_skip(path, i);
        }
    }
    return path;
}

static unsigned
digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

bool
atr_str_to_u64(struct atr_str text, unsigned base, uint64_t *out)
{
    uint64_t value = 0;

    if (text.size_bytes == 0) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        unsigned digit = digit_value(text.data[i]);

        if (digit >= base || value > (UINT64_MAX - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    *out = value;
    return true;
}
