/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "base/text.h"
#include "decode/decode.h"
#include "decode/ndr.h"
#include "output/values.h"
#include "platform/file.h"
#include "trace/trace.h"

#include <stdio.h>
#include <string.h>

/*
 * Bytes pasted from anywhere, decoded by a decoder the user names (`alpctrace decode`). The pieces
 * of the question live in one place so that there is one way out.
 */
enum {
    INPUT_BYTES_MAX = 16 * 1024 * 1024, /* of a file to decode: far above any message */
    KIND_BYTES_MAX = 48,
};

struct question {
    struct atr_heap heap;
    struct atr_arena arena;
    struct atr_arena request_arena;
    struct atr_text input;
    struct atr_text view;
    struct atr_text answers;
    struct atr_text out;
    struct atr_event event;
    struct atr_event request;
    const struct atr_decoder *decoder;
    struct atr_decode_context context;
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
};

static struct atr_bytes
bytes_of(const struct atr_text *text)
{
    struct atr_str view = atr_text_view(text);

    return (struct atr_bytes){(const uint8_t *)view.data, view.size_bytes};
}

static enum atr_status
read_file(const char *path, struct atr_text *out, struct atr_error *error)
{
    struct atr_file *file = NULL;
    enum atr_status status = atr_file_open(&file, path, &out->heap, error);

    while (status == ATR_OK) {
        char *room = atr_text_reserve(out, 65536);
        size_t got = 0;

        if (room == NULL || out->size_bytes > INPUT_BYTES_MAX) {
            status = atr_error_set(error, ATR_LIMIT, "%s: more than %d MiB, which is no message",
                                   path, INPUT_BYTES_MAX >> 20);
            break;
        }
        status = atr_file_read(file, room, 65536, &got, error);
        out->size_bytes += got;
    }
    atr_file_close(file);
    return status == ATR_END ? ATR_OK : status;
}

/* A file may hold the bytes themselves or a dump of them. */
static enum atr_status
read_input(struct question *question, const char *input, struct atr_error *error)
{
    struct atr_text raw;
    struct atr_error unused;
    enum atr_status status;

    if (atr_hex_parse(atr_str_from(input), &question->input, &unused) == ATR_OK &&
        strcmp(input, "-") != 0) {
        return ATR_OK;
    }
    atr_text_init(&raw, question->heap);
    status = read_file(input, &raw, error);
    if (status == ATR_OK &&
        atr_hex_parse(atr_text_view(&raw), &question->input, &unused) != ATR_OK) {
        atr_text_put(&question->input, atr_text_view(&raw));
    }
    atr_text_fini(&raw);
    return status == ATR_OK ? question->input.status : status;
}

static enum atr_status
parse_hex_option(const char *option, const char *hex, struct atr_text *out, struct atr_error *error)
{
    struct atr_error inner;

    if (hex != NULL && atr_hex_parse(atr_str_from(hex), out, &inner) != ATR_OK) {
        return atr_error_set(error, ATR_ARG, "%s: %.200s", option, inner.text);
    }
    return ATR_OK;
}

/* "port-message" with 32 bits is "port_message32". */
static const struct atr_decoder *
find_kind(const char *kind, unsigned bits)
{
    static const char *const endings[] = {"", "64", "32", "_auto"};
    char name[KIND_BYTES_MAX];

    for (size_t i = 0; i < ATR_COUNT(endings); i++) {
        const struct atr_decoder *decoder;
        const char *ending = bits == 32 ? endings[(i + 2) % 4] : endings[i];

        if (bits == 0 && i == 1) {
            ending = strstr(kind, "message") != NULL ? "_auto" : "64";
        }
        (void)snprintf(name, sizeof(name), "%.40s%s", kind, ending);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c;
        }
        decoder = atr_decoder_find(atr_str_from(name));
        if (decoder != NULL) {
            return decoder;
        }
    }
    return NULL;
}

static enum atr_status
parse_interface(const char *text, struct atr_decode_context *context, struct atr_error *error)
{
    struct atr_str rest = atr_str_from(text);
    size_t colon = atr_str_find(rest, ATR_STR(":"));
    struct atr_str version = atr_str_skip(rest, colon + 1);
    size_t dot = atr_str_find(version, ATR_STR("."));
    uint64_t major = 0;
    uint64_t minor = 0;

    rest.size_bytes = colon;
    if (!atr_guid_parse(rest, &context->interface.uuid) ||
        (version.size_bytes > 0 && (!atr_str_to_u64(atr_str_make(version.data, dot), 10, &major) ||
                                    (dot < version.size_bytes &&
                                     !atr_str_to_u64(atr_str_skip(version, dot + 1), 10, &minor)) ||
                                    major > UINT16_MAX || minor > UINT16_MAX))) {
        return atr_error_set(error, ATR_ARG, "--interface: '%.60s' is not UUID or UUID:MAJOR.MINOR",
                             text);
    }
    context->interface.version_major = (uint16_t)major;
    context->interface.version_minor = (uint16_t)minor;
    context->has_interface = true;
    context->interface_grade = ATR_GRADE_BOUND;
    return ATR_OK;
}

static enum atr_status
parse_syntax(const char *text, struct atr_decode_context *context, struct atr_error *error)
{
    for (unsigned i = ATR_SYNTAX_NDR20; i <= ATR_SYNTAX_TEST; i++) {
        if (strcmp(text, atr_syntax_text((enum atr_syntax)i)) == 0) {
            context->syntax = (enum atr_syntax)i;
            context->syntax_grade = ATR_GRADE_BOUND;
            return ATR_OK;
        }
    }
    return atr_error_set(error, ATR_ARG, "--syntax: '%.20s' is neither ndr20 nor ndr64", text);
}

static enum atr_status
parse_direction(const char *text, struct atr_decode_context *context, struct atr_error *error)
{
    if (strcmp(text, "request") == 0) {
        context->direction = ATR_DIRECTION_REQUEST;
    } else if (strcmp(text, "answer") == 0) {
        context->direction = ATR_DIRECTION_ANSWER;
    } else if (strcmp(text, "receive") == 0) {
        context->is_received = true;
    } else {
        return atr_error_set(error, ATR_ARG,
                             "--direction: '%.20s' is not request, answer or receive", text);
    }
    return ATR_OK;
}

static enum atr_status
parse_context(struct question *question, const struct atr_decode_options *options,
              struct atr_error *error)
{
    struct atr_decode_context *context = &question->context;
    enum atr_status status = ATR_OK;

    context->pointer_bytes = question->decoder->pointer_bytes;
    context->os_build = options->os_build;
    context->port_name = atr_str_from(options->port_name);
    if (options->direction != NULL) {
        status = parse_direction(options->direction, context, error);
    }
    if (status == ATR_OK && options->interface != NULL) {
        status = parse_interface(options->interface, context, error);
    }
    if (status == ATR_OK && options->syntax != NULL) {
        status = parse_syntax(options->syntax, context, error);
    }
    if (status == ATR_OK && options->params != NULL) {
        status = atr_ndr_params_parse(atr_str_from(options->params), question->params,
                                      &context->param_count, error);
        context->params = question->params;
    }
    if (status == ATR_OK) {
        status = parse_hex_option("--view", options->view_hex, &question->view, error);
    }
    if (status == ATR_OK) {
        status = parse_hex_option("--answers", options->answers_hex, &question->answers, error);
    }
    if (options->view_hex != NULL) {
        context->view = bytes_of(&question->view);
    }
    context->view_size = options->view_size != 0 ? options->view_size : context->view.size_bytes;
    return status;
}

/* The request that the bytes answer is decoded first: it says what the answer means. */
static void
know_request(struct question *question)
{
    struct atr_decode_context context = question->context;
    struct atr_bytes bytes = bytes_of(&question->answers);
    struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size_bytes);

    if (bytes.size_bytes == 0) {
        return;
    }
    context.direction = ATR_DIRECTION_REQUEST;
    context.params = NULL;
    atr_event_reset(&question->request, &question->request_arena, false);
    (void)atr_lrpc_decode(&cur, &context, &question->request);
    question->context.direction = ATR_DIRECTION_ANSWER;
    question->context.request_bytes = bytes;
    for (const struct atr_fact *fact = question->request.facts; fact != NULL; fact = fact->next) {
        if (fact->kind == ATR_FACT_RPC_REQUEST) {
            question->context.has_request = true;
            question->context.request = fact->as.rpc;
        }
    }
}

static enum atr_status
answer(struct question *question, const struct atr_decode_options *options)
{
    struct atr_bytes bytes = bytes_of(&question->input);
    struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size_bytes);
    enum atr_status status;

    question->context.original_bytes = bytes.size_bytes;
    atr_event_reset(&question->event, &question->arena, true);
    status = question->decoder->decode(&cur, &question->context, &question->event);
    if (options->json) {
        atr_values_json(&question->out, &question->event.fields.root);
        atr_text_putc(&question->out, '\n');
    } else {
        atr_values_write(&question->out, &question->event.fields.root, 0, 0);
    }
    return status;
}

static enum atr_result
result_of(const struct question *question, const struct atr_decode_options *options,
          enum atr_status status, struct atr_words *words)
{
    if (question->out.status != ATR_OK) {
        status = ATR_NOMEM;
    }
    if (status == ATR_OK) {
        return ATR_RESULT_OK;
    }
    if (words != NULL) {
        (void)snprintf(words->text, sizeof(words->text), "%s: %s: shown as far as it goes",
                       options->kind, atr_status_text(status));
    }
    return ATR_RESULT_DAMAGED;
}

static void
question_init(struct question *question)
{
    question->heap = atr_heap_default();
    atr_arena_init(&question->arena, question->heap, ATR_EVENT_ARENA_BYTES);
    atr_arena_init(&question->request_arena, question->heap, ATR_EVENT_ARENA_BYTES);
    atr_text_init(&question->input, question->heap);
    atr_text_init(&question->view, question->heap);
    atr_text_init(&question->answers, question->heap);
    atr_text_init(&question->out, question->heap);
}

static void
question_fini(struct question *question)
{
    atr_text_fini(&question->input);
    atr_text_fini(&question->view);
    atr_text_fini(&question->answers);
    atr_text_fini(&question->out);
    atr_arena_fini(&question->arena);
    atr_arena_fini(&question->request_arena);
}

enum atr_result
atr_decode(const char *input, const struct atr_decode_options *options,
           const struct atr_output *output, struct atr_words *words)
{
    struct question question = {.decoder = find_kind(options->kind, options->bits)};
    struct atr_error error = {.status = ATR_OK};
    enum atr_result result;
    enum atr_status status;

    if (question.decoder == NULL) {
        (void)atr_error_set(&error, ATR_ARG,
                            "--kind: '%.40s' is not known (alpctrace decode --kinds lists them)",
                            options->kind);
        return atr_trace_fail(ATR_RESULT_USAGE, &error, words);
    }
    question_init(&question);
    status = parse_context(&question, options, &error);
    if (status != ATR_OK) {
        result = atr_trace_fail(ATR_RESULT_USAGE, &error, words);
    } else if (read_input(&question, input, &error) != ATR_OK) {
        result = atr_trace_fail(ATR_RESULT_NOTHING, &error, words);
    } else {
        struct atr_str text;

        know_request(&question);
        status = answer(&question, options);
        text = atr_text_view(&question.out);
        (void)output->write(output->context, text.data, text.size_bytes);
        result = result_of(&question, options, status, words);
    }
    question_fini(&question);
    return result;
}
