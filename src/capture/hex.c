/* SPDX-License-Identifier: MIT */
#include "capture/hex.h"

#include "base/hex.h"
#include "base/limits.h"
#include "base/text.h"
#include "capture/text_input.h"

#include <inttypes.h>

enum {
    LOOK_BYTES = 4096, /* of text, to probe */
    PROBE_FIT = 20,    /* a log may have a dump in it: its own source knows better */
};

struct hex {
    struct atr_heap heap;
    struct atr_text_input input;
    struct atr_text payload;
    bool line_is_message;
    uint64_t messages;
    uint64_t skipped;
    uint64_t problem_offset;
    struct atr_error problem; /* the first one */
};

/* What the first lines are. */
struct survey {
    unsigned lines[ATR_HEX_DUMP + 1]; /* by enum atr_hex_line */
    bool has_gap;                     /* a blank line between others */
    bool in_gap;
};

static void
survey_line(struct survey *survey, struct atr_str line)
{
    enum atr_hex_line kind = atr_hex_line_kind(line);

    survey->lines[kind]++;
    if (atr_str_trim(line).size_bytes == 0) {
        survey->in_gap = survey->lines[ATR_HEX_PLAIN] + survey->lines[ATR_HEX_DUMP] > 0;
    } else if (kind != ATR_HEX_BLANK && survey->in_gap) {
        survey->has_gap = true;
    }
}

/* The beginning of head as 8-bit text, whatever its encoding: hex is ASCII. */
static struct atr_str
look_make(struct atr_bytes head, char look[LOOK_BYTES])
{
    enum atr_text_encoding encoding = atr_text_encoding_of(head);
    size_t step = encoding == ATR_TEXT_BYTES ? 1 : 2;
    size_t at = encoding == ATR_TEXT_UTF16BE;
    size_t size = 0;
    struct atr_str text;

    for (; at < head.size_bytes && size < LOOK_BYTES; at += step) {
        look[size++] = (char)head.data[at];
    }
    text = atr_str_make(look, size);
    if (atr_str_starts(text, ATR_STR("\xef\xbb\xbf"))) {
        text = atr_str_skip(text, 3);
    } else if (encoding != ATR_TEXT_BYTES && size > 0 && (uint8_t)look[0] >= 0xfe) {
        text = atr_str_skip(text, 1); /* half of the byte order mark */
    }
    return text;
}

/* The end of what we look at may lie inside a number. */
static struct atr_str
whole_numbers(struct atr_str line)
{
    size_t size = line.size_bytes;

    while (size > 0 && line.data[size - 1] != ' ' && line.data[size - 1] != ',') {
        size--;
    }
    return atr_str_make(line.data, size > 0 ? size : line.size_bytes / 2 * 2);
}

/* Some hex, and next to nothing else: a typing error is told, not taken for another format. */
static unsigned
hex_probe(struct atr_bytes head)
{
    char look[LOOK_BYTES];
    struct atr_str text = look_make(head, look);
    bool is_beginning = text.size_bytes >= LOOK_BYTES - 3;
    struct survey survey = {0};
    unsigned hex;

    while (text.size_bytes > 0) {
        size_t end = atr_str_find(text, ATR_STR("\n"));
        struct atr_str line = {text.data, end};

        if (end == text.size_bytes && is_beginning) {
            line = whole_numbers(line);
        }
        survey_line(&survey, line);
        text = atr_str_skip(text, end + 1);
    }
    hex = survey.lines[ATR_HEX_PLAIN] + survey.lines[ATR_HEX_DUMP];
    return hex > 0 && hex >= 4 * survey.lines[ATR_HEX_OTHER] ? PROBE_FIT : 0;
}

/* Decides how messages are told apart. */
static enum atr_status
look_ahead(struct hex *hex, struct atr_bytes head)
{
    struct atr_text_input input;
    struct atr_text_line line;
    struct survey survey = {0};
    enum atr_status status = atr_text_input_init(&input, NULL, head, &hex->heap);

    while (status == ATR_OK) {
        status = atr_text_input_next(&input, &line, NULL);
        if (status == ATR_OK) {
            survey_line(&survey, line.text);
        }
    }
    atr_text_input_fini(&input);
    hex->line_is_message = !survey.has_gap && survey.lines[ATR_HEX_DUMP] == 0;
    return status == ATR_END ? ATR_OK : status;
}

static void
hex_close(void *state)
{
    struct hex *hex = state;
    struct atr_heap heap = hex->heap;

    atr_text_input_fini(&hex->input);
    atr_text_fini(&hex->payload);
    atr_heap_free(&heap, hex);
}

static enum atr_status
hex_open(void **state, struct atr_file *file, struct atr_bytes head, const struct atr_heap *heap,
         struct atr_error *error)
{
    struct hex *hex = atr_heap_alloc(heap, 1, sizeof(*hex));
    enum atr_status status;

    if (hex == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    hex->heap = *heap;
    hex->input.heap = *heap;
    atr_text_init(&hex->payload, *heap);
    status = look_ahead(hex, head);
    if (status == ATR_OK) {
        status = atr_text_input_init(&hex->input, file, head, heap);
    }
    if (status != ATR_OK) {
        hex_close(hex);
        return atr_error_set(error, status, "%s", atr_status_text(status));
    }
    *state = hex;
    return ATR_OK;
}

static void
note_problem(struct hex *hex, const struct atr_text_line *line, const struct atr_error *problem)
{
    if (hex->problem.status == ATR_OK) {
        hex->problem = *problem;
        hex->problem_offset = line->offset;
    }
}

static enum atr_status
add_line(struct hex *hex, struct atr_hex *parser, const struct atr_text_line *line,
         struct atr_error *problem)
{
    if (line->cut || hex->payload.size_bytes > ATR_PART_MAX) {
        return atr_error_set(problem, ATR_MALFORMED, "line %" PRIu64 ": the message is too long",
                             line->number);
    }
    parser->line = line->number - 1;
    return atr_hex_add_line(parser, line->text, &hex->payload, problem);
}

/*
 * Reads the lines of one message into the payload; *is_sound: none of them was wrong. END when
 * there are no more lines.
 */
static enum atr_status
read_message(struct hex *hex, bool *is_sound, struct atr_error *error)
{
    struct atr_hex parser = {0};
    struct atr_text_line line;
    enum atr_status status;

    atr_text_clear(&hex->payload);
    *is_sound = true;
    while ((status = atr_text_input_next(&hex->input, &line, error)) == ATR_OK) {
        struct atr_error problem;
        bool is_blank = atr_str_trim(line.text).size_bytes == 0;

        if (is_blank && (hex->payload.size_bytes > 0 || !*is_sound)) {
            return ATR_OK;
        }
        status = *is_sound ? add_line(hex, &parser, &line, &problem) : ATR_OK;
        if (status == ATR_NOMEM) {
            return atr_error_set(error, status, "out of memory");
        }
        if (status != ATR_OK) {
            note_problem(hex, &line, &problem);
            *is_sound = false;
        }
        if (hex->line_is_message && (hex->payload.size_bytes > 0 || !*is_sound)) {
            return ATR_OK;
        }
    }
    return status == ATR_END && (hex->payload.size_bytes > 0 || !*is_sound) ? ATR_OK : status;
}

static void
fill_event(const struct hex *hex, struct atr_event *event)
{
    struct atr_bytes payload = {(const uint8_t *)hex->payload.data, hex->payload.size_bytes};

    event->kind = ATR_RECORD_ENTER;
    event->flags = ATR_RECORD_FROM_LOG | ATR_RECORD_NO_HEADER | ATR_RECORD_TIME_UNKNOWN;
    event->time_ns = hex->messages;
    event->sequence = (uint32_t)hex->messages;
    event->as.alpc = (struct atr_alpc_record){
        .call_id = hex->messages,
        .pid = ATR_UNKNOWN_U32,
        .tid = ATR_UNKNOWN_U32,
        .handle = ATR_UNKNOWN_U32,
        .client_pid = ATR_UNKNOWN_U32,
        .client_tid = ATR_UNKNOWN_U32,
        .cpu = ATR_UNKNOWN_U16,
    };
    event->parts[0] = (struct atr_part){
        .type = ATR_PART_PAYLOAD,
        .original_bytes = (uint32_t)payload.size_bytes,
        .bytes = payload,
    };
    event->part_count = 1;
}

static enum atr_status
hex_next(void *state, struct atr_event *event, struct atr_error *error)
{
    struct hex *hex = state;
    bool is_sound = false;

    for (;;) {
        enum atr_status status = read_message(hex, &is_sound, error);

        if (status != ATR_OK) {
            return status;
        }
        if (is_sound) {
            hex->messages++;
            fill_event(hex, event);
            return ATR_OK;
        }
        hex->skipped++;
    }
}

static void
hex_report(const void *state, struct atr_capture_report *report)
{
    const struct hex *hex = state;

    *report = (struct atr_capture_report){
        .damaged = hex->problem.status != ATR_OK,
        .problem = hex->problem,
        .problem_offset = hex->problem_offset,
        .skipped = hex->skipped,
        .input_bytes = hex->input.offset,
    };
}

const struct atr_capture_ops atr_hex_source = {
    .name = "hex text",
    .summary = "message payloads as hex digits or hex dumps, one a paragraph or one a line",
    .probe = hex_probe,
    .open = hex_open,
    .next = hex_next,
    .report = hex_report,
    .close = hex_close,
};
