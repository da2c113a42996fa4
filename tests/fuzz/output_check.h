/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"
#include "base/utf.h"

#include <stdbool.h>
#include <string.h>

/* What must hold for all output, whatever the input was. */

/* Printable UTF-8 in whole lines, nothing that a terminal would obey. */
static inline bool
is_safe_text(struct atr_str text)
{
    for (size_t at = 0; at < text.size_bytes;) {
        uint32_t c = 0;
        size_t length = atr_utf8_get(text.data + at, text.size_bytes - at, &c);

        if (length == 0 || (c != '\n' && atr_code_point_is_unsafe(c))) {
            return false;
        }
        at += length;
    }
    return text.size_bytes == 0 || text.data[text.size_bytes - 1] == '\n';
}

enum {
    JSON_DEPTH_MAX = 64
};

struct json_scan {
    struct atr_str text;
    size_t at;
};

static inline char
json_peek(const struct json_scan *scan)
{
    return scan->at < scan->text.size_bytes ? scan->text.data[scan->at] : '\0';
}

static inline bool
json_take(struct json_scan *scan, const char *literal)
{
    struct atr_str rest = atr_str_skip(scan->text, scan->at);

    if (!atr_str_starts(rest, atr_str_from(literal))) {
        return false;
    }
    scan->at += strlen(literal);
    return true;
}

static inline bool
json_string(struct json_scan *scan)
{
    if (!json_take(scan, "\"")) {
        return false;
    }
    while (scan->at < scan->text.size_bytes) {
        char c = scan->text.data[scan->at++];

        if (c == '"') {
            return true;
        }
        if (c == '\\') {
            char escape = json_peek(scan);
            uint64_t unit;

            scan->at++;
            if (escape == 'u') {
                struct atr_str digits = atr_str_skip(scan->text, scan->at);

                digits.size_bytes = digits.size_bytes < 4 ? 0 : 4;
                if (!atr_str_to_u64(digits, 16, &unit)) {
                    return false;
                }
                scan->at += 4;
            } else if (strchr("\"\\nrt", escape) == NULL || escape == '\0') {
                return false;
            }
        }
    }
    return false;
}

/* Whole numbers are all we write: no fraction, no exponent, no zero in front. */
static inline bool
json_number(struct json_scan *scan)
{
    size_t digits = 0;
    size_t start;

    (void)json_take(scan, "-");
    start = scan->at;
    while (json_peek(scan) >= '0' && json_peek(scan) <= '9') {
        scan->at++;
        digits++;
    }
    return digits > 0 && (digits == 1 || scan->text.data[start] != '0');
}

static inline bool
json_scalar(struct json_scan *scan)
{
    if (json_peek(scan) == '"') {
        return json_string(scan);
    }
    return json_take(scan, "true") || json_take(scan, "false") || json_take(scan, "null") ||
           json_number(scan);
}

/* One object in the form we write: no blanks. */
static inline bool
is_json_object(struct atr_str text)
{
    struct json_scan scan = {text, 0};
    char closers[JSON_DEPTH_MAX];
    size_t depth = 0;

    if (json_peek(&scan) != '{') {
        return false;
    }
    for (;;) {
        char c = json_peek(&scan);
        bool wants_comma = c != '{' && c != '[';

        if (wants_comma && !json_scalar(&scan)) {
            return false;
        }
        if (!wants_comma) {
            if (depth == JSON_DEPTH_MAX) {
                return false;
            }
            closers[depth++] = c == '{' ? '}' : ']';
            scan.at++;
        }
        while (depth > 0 && json_peek(&scan) == closers[depth - 1]) {
            scan.at++;
            depth--;
            wants_comma = true;
        }
        if (depth == 0) {
            return scan.at == text.size_bytes;
        }
        if ((wants_comma && !json_take(&scan, ",")) ||
            (closers[depth - 1] == '}' && !(json_string(&scan) && json_take(&scan, ":")))) {
            return false;
        }
    }
}

/* Every line an object. */
static inline bool
are_json_lines(struct atr_str text)
{
    while (text.size_bytes > 0) {
        size_t end = atr_str_find(text, ATR_STR("\n"));

        if (end == text.size_bytes || !is_json_object(atr_str_make(text.data, end))) {
            return false;
        }
        text = atr_str_skip(text, end + 1);
    }
    return true;
}
