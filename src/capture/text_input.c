/* SPDX-License-Identifier: MIT */
#include "capture/text_input.h"

#include "base/limits.h"
#include "base/utf.h"

#include <string.h>

enum {
    WINDOW_BYTES = 2 * ATR_TEXT_LINE_MAX,
    /* Latin-1 doubles; two bytes of UTF-16 become three at most. */
    DECODED_BYTES = 2 * ATR_TEXT_LINE_MAX,
    /* Enough to tell text in UTF-16 from text in bytes. */
    LOOK_BYTES = 4096,
    NEEDLE_MAX = 32,
};

static const uint8_t mark_utf8[] = {0xef, 0xbb, 0xbf};

static bool
starts_with(struct atr_bytes head, const uint8_t *mark, size_t size_bytes)
{
    return head.size_bytes >= size_bytes && memcmp(head.data, mark, size_bytes) == 0;
}

static size_t
zeros_at(struct atr_bytes head, size_t first)
{
    size_t zeros = 0;

    for (size_t i = first; i < head.size_bytes; i += 2) {
        zeros += head.data[i] == 0;
    }
    return zeros;
}

enum atr_text_encoding
atr_text_encoding_of(struct atr_bytes head)
{
    static const uint8_t mark_le[] = {0xff, 0xfe};
    static const uint8_t mark_be[] = {0xfe, 0xff};
    struct atr_bytes look = head;
    size_t even;
    size_t odd;

    if (starts_with(head, mark_le, sizeof(mark_le))) {
        return ATR_TEXT_UTF16LE;
    }
    if (starts_with(head, mark_be, sizeof(mark_be))) {
        return ATR_TEXT_UTF16BE;
    }
    if (look.size_bytes > LOOK_BYTES) {
        look.size_bytes = LOOK_BYTES;
    }
    /* A log is nearly all ASCII: in UTF-16 every second byte is zero and the others are not. */
    even = zeros_at(look, 0);
    odd = zeros_at(look, 1);
    if (odd > look.size_bytes / 4 && even < odd / 16 + 1) {
        return ATR_TEXT_UTF16LE;
    }
    return even > look.size_bytes / 4 && odd < even / 16 + 1 ? ATR_TEXT_UTF16BE : ATR_TEXT_BYTES;
}

static bool
is_binary(struct atr_bytes head)
{
    size_t look = head.size_bytes < LOOK_BYTES ? head.size_bytes : (size_t)LOOK_BYTES;

    return memchr(head.data, 0, look) != NULL;
}

bool
atr_text_head_has(struct atr_bytes head, struct atr_str needle)
{
    enum atr_text_encoding encoding = atr_text_encoding_of(head);
    struct atr_str text = {(const char *)head.data, head.size_bytes};
    char wide[2 * NEEDLE_MAX] = {0};

    if (head.size_bytes == 0 || needle.size_bytes > NEEDLE_MAX) {
        return false;
    }
    if (encoding == ATR_TEXT_BYTES) {
        return !is_binary(head) && atr_str_find(text, needle) < text.size_bytes;
    }
    for (size_t i = 0; i < needle.size_bytes; i++) {
        wide[2 * i + (encoding == ATR_TEXT_UTF16BE)] = needle.data[i];
    }
    return atr_str_find(text, atr_str_make(wide, 2 * needle.size_bytes)) < text.size_bytes;
}

enum atr_status
atr_text_input_init(struct atr_text_input *input, struct atr_file *file, struct atr_bytes head,
                    const struct atr_heap *heap)
{
    *input = (struct atr_text_input){.heap = *heap, .file = file, .head = head};
    input->encoding = atr_text_encoding_of(head);
    input->window = atr_heap_alloc(heap, WINDOW_BYTES, 1);
    input->decoded = atr_heap_alloc(heap, DECODED_BYTES, 1);
    if (input->window == NULL || input->decoded == NULL) {
        atr_text_input_fini(input);
        return ATR_NOMEM;
    }
    return ATR_OK;
}

void
atr_text_input_fini(struct atr_text_input *input)
{
    atr_heap_free(&input->heap, input->window);
    atr_heap_free(&input->heap, input->decoded);
    input->window = NULL;
    input->decoded = NULL;
}

/* Moves what is left to the front of the window and reads behind it. */
static enum atr_status
fill(struct atr_text_input *input, struct atr_error *error)
{
    size_t room;
    size_t got = 0;
    enum atr_status status;

    memmove(input->window, input->window + input->from, input->to - input->from);
    input->to -= input->from;
    input->scanned -= input->from;
    input->from = 0;
    room = WINDOW_BYTES - input->to;
    if (input->head.size_bytes > 0) {
        got = input->head.size_bytes < room ? input->head.size_bytes : room;
        memcpy(input->window + input->to, input->head.data, got);
        input->head.data += got;
        input->head.size_bytes -= got;
        input->to += got;
        return ATR_OK;
    }
    status = input->file == NULL
                 ? ATR_END
                 : atr_file_read_some(input->file, input->window + input->to, room, &got, error);
    if (status == ATR_OK) {
        input->to += got;
    } else if (status == ATR_END) {
        input->ended = true;
        status = ATR_OK;
    }
    return status;
}

/* Offset of the line feed in the window, or `to`. Units of UTF-16 count from the line's start. */
static size_t
find_line_feed(const struct atr_text_input *input)
{
    size_t low = input->encoding == ATR_TEXT_UTF16BE;

    if (input->encoding == ATR_TEXT_BYTES) {
        const uint8_t *hit =
            memchr(input->window + input->scanned, '\n', input->to - input->scanned);

        return hit == NULL ? input->to : (size_t)(hit - input->window);
    }
    for (size_t at = input->scanned; input->to - at >= 2; at += 2) {
        if (input->window[at + low] == '\n' && input->window[at + 1 - low] == 0) {
            return at;
        }
    }
    return input->to;
}

static uint32_t
unit_at(const struct atr_text_input *input, struct atr_bytes raw, size_t at)
{
    size_t low = input->encoding == ATR_TEXT_UTF16BE;

    return (uint32_t)(raw.data[at + low] | raw.data[at + 1 - low] << 8);
}

static struct atr_str
decode_utf16(struct atr_text_input *input, struct atr_bytes raw)
{
    size_t size = 0;

    for (size_t at = 0; raw.size_bytes - at >= 2; at += 2) {
        uint32_t c = unit_at(input, raw, at);

        if (c >= 0xd800 && c < 0xe000) {
            uint32_t next = raw.size_bytes - at >= 4 ? unit_at(input, raw, at + 2) : 0;

            if (c < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
                c = 0x10000 + ((c & 0x3ff) << 10) + (next & 0x3ff);
                at += 2;
            } else {
                c = 0xfffd;
            }
        }
        size += atr_utf8_put(input->decoded + size, c);
    }
    return atr_str_make(input->decoded, size);
}

static struct atr_str
decode_latin1(struct atr_text_input *input, struct atr_bytes raw)
{
    size_t size = 0;

    for (size_t i = 0; i < raw.size_bytes; i++) {
        size += atr_utf8_put(input->decoded + size, raw.data[i]);
    }
    return atr_str_make(input->decoded, size);
}

static struct atr_str
decode(struct atr_text_input *input, struct atr_bytes raw)
{
    struct atr_str text = {(const char *)raw.data, raw.size_bytes};

    if (input->encoding != ATR_TEXT_BYTES) {
        text = decode_utf16(input, raw);
    } else if (!atr_utf8_is_valid(text)) {
        text = decode_latin1(input, raw);
    }
    /* A log that was appended to has a mark in its middle too. */
    if (atr_str_starts(text, atr_str_make((const char *)mark_utf8, sizeof(mark_utf8)))) {
        text = atr_str_skip(text, sizeof(mark_utf8));
    }
    while (text.size_bytes > 0 && text.data[text.size_bytes - 1] == '\r') {
        text.size_bytes--;
    }
    return text;
}

/*
 * Finds the end of the next piece: a line's, the input's, or some place past ATR_TEXT_LINE_MAX.
 * END when nothing is left.
 */
static enum atr_status
find_end(struct atr_text_input *input, size_t *end, struct atr_error *error)
{
    for (;;) {
        enum atr_status status;

        *end = find_line_feed(input);
        if (*end < input->to || input->to - input->from > ATR_TEXT_LINE_MAX + 1) {
            return ATR_OK;
        }
        if (input->ended) {
            return input->to == input->from ? ATR_END : ATR_OK;
        }
        /* An odd last byte of UTF-16 waits for its other half. */
        input->scanned = input->encoding == ATR_TEXT_BYTES
                             ? input->to
                             : input->to - (input->to - input->from) % 2;
        status = fill(input, error);
        if (status != ATR_OK) {
            return status;
        }
    }
}

/* One line, or ATR_TEXT_LINE_MAX bytes of it. */
static enum atr_status
take_piece(struct atr_text_input *input, struct atr_bytes *raw, bool *has_more,
           struct atr_error *error)
{
    size_t line_feed_bytes = input->encoding == ATR_TEXT_BYTES ? 1 : 2;
    size_t end;
    enum atr_status status = find_end(input, &end, error);

    if (status != ATR_OK) {
        return status;
    }
    if (end == input->to) {
        line_feed_bytes = 0;
    }
    *has_more = end - input->from > ATR_TEXT_LINE_MAX;
    if (*has_more) {
        end = input->from + ATR_TEXT_LINE_MAX;
        line_feed_bytes = 0;
    }
    *raw = (struct atr_bytes){input->window + input->from, end - input->from};
    input->offset += raw->size_bytes + line_feed_bytes;
    input->from = end + line_feed_bytes;
    input->scanned = input->from;
    return ATR_OK;
}

enum atr_status
atr_text_input_next(struct atr_text_input *input, struct atr_text_line *line,
                    struct atr_error *error)
{
    struct atr_bytes raw;
    uint64_t offset;
    bool has_more;
    bool is_rest;

    do {
        enum atr_status status;

        offset = input->offset;
        status = take_piece(input, &raw, &has_more, error);
        if (status != ATR_OK) {
            return status;
        }
        is_rest = input->skips;
        input->skips = has_more;
    } while (is_rest);
    *line = (struct atr_text_line){
        .text = decode(input, raw), .number = ++input->lines, .offset = offset, .cut = has_more};
    return ATR_OK;
}
