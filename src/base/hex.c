/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include "base/limits.h"

enum {
    OFFSET_DIGITS_MIN = 4, /* without a colon behind; xxd writes 8, Wireshark 4 */
    OFFSET_DIGITS_MAX = 16,
    HALF_ROW_BYTES = 8, /* hexdump -C leaves a wider gap here */
    TAB_COLUMNS = 8,
};

static int
digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at that place, NUL behind the end. */
static char
peek(struct atr_str text, size_t at)
{
    return at < text.size_bytes ? text.data[at] : '\0';
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_between(char c)
{
    return c != '\0' && (is_blank(c) || strchr(",;:-{}[]()\"'", c) != NULL);
}

static size_t
count_digits(struct atr_str text)
{
    size_t count = 0;

    while (digit(peek(text, count)) >= 0) {
        count++;
    }
    return count;
}

/* Steps over blanks and tells how many columns they take; a tab is a wide gap. */
static size_t
skip_blanks(struct atr_str *at)
{
    size_t columns = 0;

    while (is_blank(peek(*at, 0))) {
        columns += peek(*at, 0) == '\t' ? (size_t)TAB_COLUMNS : 1;
        *at = atr_str_skip(*at, 1);
    }
    return columns;
}

static bool
skip_prefix(struct atr_str *at)
{
    if ((peek(*at, 0) == '0' || peek(*at, 0) == '\\') &&
        (peek(*at, 1) == 'x' || peek(*at, 1) == 'X')) {
        *at = atr_str_skip(*at, 2);
        return true;
    }
    return false;
}

static struct atr_str
without_comment(struct atr_str line)
{
    struct atr_str text = {line.data, atr_str_find(line, ATR_STR("#"))};

    return atr_str_trim(text);
}

static void
put_digits(struct atr_text *out, struct atr_str digits)
{
    for (size_t i = 0; i + 1 < digits.size_bytes; i += 2) {
        atr_text_putc(out, (char)(digit(digits.data[i]) * 16 + digit(digits.data[i + 1])));
    }
}

/* at is where the line stops being hex. */
static enum atr_status
reject(const struct atr_hex *hex, struct atr_str at, struct atr_error *error)
{
    uint8_t c = (uint8_t)peek(at, 0);
    unsigned long long line = hex->line;

    if (at.size_bytes == 0 || digit((char)c) >= 0) {
        return atr_error_set(error, ATR_MALFORMED, "line %llu: half a byte: a digit is missing",
                             line);
    }
    if (c < 0x20 || c >= 0x7f) {
        return atr_error_set(error, ATR_MALFORMED, "line %llu: byte 0x%02x is no hex digit", line,
                             (unsigned)c);
    }
    return atr_error_set(error, ATR_MALFORMED, "line %llu: '%c' is no hex digit", line, c);
}

/* Reads on while it is hex; out may be NULL. True when the end was reached. */
static bool
take_plain(struct atr_str *at, struct atr_text *out)
{
    while (at->size_bytes > 0) {
        bool has_prefix = skip_prefix(at);
        size_t count = count_digits(*at);
        bool is_single = has_prefix && count == 1;

        if (!has_prefix && is_between(peek(*at, 0))) {
            *at = atr_str_skip(*at, 1);
            continue;
        }
        if (count == 0 || (count % 2 != 0 && !is_single)) {
            return false;
        }
        if (out != NULL && is_single) {
            atr_text_putc(out, (char)digit(peek(*at, 0)));
        } else if (out != NULL) {
            put_digits(out, atr_str_make(at->data, count));
        }
        *at = atr_str_skip(*at, count);
    }
    return true;
}

/* Two digits of their own. */
static bool
is_byte(struct atr_str at)
{
    return count_digits(at) == 2 &&
           (at.size_bytes == 2 || is_blank(peek(at, 2)) || peek(at, 2) == '-');
}

/* Digits, WinDbg's "`" among them. */
static size_t
take_number(struct atr_str *at, uint64_t *value)
{
    size_t digits = 0;

    *value = 0;
    for (; digits <= OFFSET_DIGITS_MAX; *at = atr_str_skip(*at, 1)) {
        int next = digit(peek(*at, 0));

        if (next >= 0) {
            *value = *value << 4 | (unsigned)next;
            digits++;
        } else if (peek(*at, 0) != '`' || digits == 0) {
            break;
        }
    }
    return digits;
}

/*
 * Steps over an offset: digits and a colon, or digits and a wide gap before bytes that stand
 * alone. False (nothing moved) when the line does not start with one.
 */
static bool
take_offset(struct atr_str *at, uint64_t *offset)
{
    struct atr_str rest = *at;
    uint64_t value = 0;
    bool has_prefix = skip_prefix(&rest);
    size_t digits = take_number(&rest, &value);
    bool has_colon = peek(rest, 0) == ':';
    size_t columns;

    if (digits == 0 || digits > OFFSET_DIGITS_MAX || (has_prefix && !has_colon)) {
        return false;
    }
    rest = atr_str_skip(rest, has_colon ? 1 : 0);
    columns = skip_blanks(&rest);
    if (has_colon ? columns == 0 && rest.size_bytes > 0
                  : digits < OFFSET_DIGITS_MIN || columns < 2 || !is_byte(rest)) {
        return false;
    }
    *at = rest;
    *offset = value;
    return true;
}

/* The bytes of a row go on behind its middle. */
static bool
is_middle(struct atr_str at, size_t columns, size_t bytes)
{
    return columns == 2 && bytes == HALF_ROW_BYTES && is_byte(at);
}

/* The bytes of a row up to its ASCII column. */
static enum atr_status
add_row(struct atr_hex *hex, struct atr_str at, struct atr_text *out, struct atr_error *error)
{
    size_t before = out->size_bytes;
    size_t columns = 0;

    while (at.size_bytes > 0 && peek(at, 0) != '|' && peek(at, 0) != '>') {
        size_t count = count_digits(at);
        size_t bytes = out->size_bytes - before;

        if (columns >= 2 && !is_middle(at, columns, bytes)) {
            break;
        }
        if (count == 0 || count % 2 != 0) {
            return reject(hex, at, error);
        }
        put_digits(out, atr_str_make(at.data, count));
        at = atr_str_skip(at, count);
        columns = skip_blanks(&at);
        if (columns == 0 && peek(at, 0) == '-') {
            at = atr_str_skip(at, 1);
        } else if (columns == 0 && at.size_bytes > 0) {
            return reject(hex, at, error);
        }
    }
    hex->row_bytes = out->size_bytes - before;
    return ATR_OK;
}

/* Rows that "*" stood for, up to offset. */
static enum atr_status
add_repeats(struct atr_hex *hex, uint64_t offset, struct atr_text *out, struct atr_error *error)
{
    uint64_t reached = hex->offset + (out->size_bytes - hex->start);
    uint64_t missing = offset - reached;
    size_t row = hex->row_bytes;

    hex->has_repeat = false;
    if (offset < reached || row == 0 || missing % row != 0 || missing > ATR_PART_MAX) {
        return atr_error_set(error, ATR_MALFORMED, "line %llu: the offset does not fit the \"*\"",
                             (unsigned long long)hex->line);
    }
    for (uint64_t done = 0; done < missing && out->status == ATR_OK; done += row) {
        char *to = atr_text_reserve(out, row);

        if (to != NULL) {
            memcpy(to, to - row, row);
            out->size_bytes += row;
        }
    }
    return ATR_OK;
}

/* hexdump ends with the size alone on a line. */
static bool
is_end_mark(const struct atr_hex *hex, struct atr_str at, const struct atr_text *out,
            uint64_t *offset)
{
    return hex->has_offset && at.size_bytes >= OFFSET_DIGITS_MIN &&
           at.size_bytes <= OFFSET_DIGITS_MAX && atr_str_to_u64(at, 16, offset) &&
           (hex->has_repeat || *offset == hex->offset + (out->size_bytes - hex->start));
}

enum atr_status
atr_hex_add_line(struct atr_hex *hex, struct atr_str line, struct atr_text *out,
                 struct atr_error *error)
{
    struct atr_str at = without_comment(line);
    uint64_t offset = 0;
    enum atr_status status = ATR_OK;
    bool is_end = is_end_mark(hex, at, out, &offset);
    bool is_row = !is_end && take_offset(&at, &offset);

    hex->line++;
    if (atr_str_equal(at, ATR_STR("*"))) {
        hex->has_repeat = true;
        return ATR_OK;
    }
    if (is_row && !hex->has_offset) {
        hex->has_offset = true;
        hex->offset = offset;
        hex->start = out->size_bytes;
    }
    if ((is_end || is_row) && hex->has_repeat) {
        status = add_repeats(hex, offset, out, error);
    }
    if (status == ATR_OK && is_row) {
        status = add_row(hex, at, out, error);
    } else if (status == ATR_OK && !is_end && !take_plain(&at, out)) {
        status = reject(hex, at, error);
    }
    if (out->status != ATR_OK) {
        status = atr_error_set(error, out->status, "%s", atr_status_text(out->status));
    }
    return status;
}

enum atr_status
atr_hex_parse(struct atr_str text, struct atr_text *out, struct atr_error *error)
{
    static const struct atr_str mark = {"\xef\xbb\xbf", 3};
    struct atr_hex hex = {0};
    size_t before = out->size_bytes;
    enum atr_status status = ATR_OK;

    if (atr_str_starts(text, mark)) {
        text = atr_str_skip(text, mark.size_bytes);
    }
    while (status == ATR_OK && text.size_bytes > 0) {
        size_t end = atr_str_find(text, ATR_STR("\n"));

        status = atr_hex_add_line(&hex, atr_str_make(text.data, end), out, error);
        text = atr_str_skip(text, end + 1);
    }
    if (status == ATR_MALFORMED) {
        out->size_bytes = before;
    }
    return status;
}

enum atr_hex_line
atr_hex_line_kind(struct atr_str line)
{
    struct atr_str at = without_comment(line);
    uint64_t offset;

    if (at.size_bytes == 0) {
        return ATR_HEX_BLANK;
    }
    if (atr_str_equal(at, ATR_STR("*"))) {
        return ATR_HEX_DUMP;
    }
    if (take_offset(&at, &offset)) {
        at.size_bytes = count_digits(at);
        return at.size_bytes > 0 && at.size_bytes % 2 == 0 ? ATR_HEX_DUMP : ATR_HEX_OTHER;
    }
    return take_plain(&at, NULL) ? ATR_HEX_PLAIN : ATR_HEX_OTHER;
}
