/* SPDX-License-Identifier: MIT */
#include "support/vectors.h"

#include "base/text.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t
test_vectors_load(struct test_vectors *vectors, const char *path)
{
    uint8_t *text = NULL;
    size_t size = 0;
    const char *at = NULL;
    size_t before = vectors->count;
    struct test_json_document document;

    test_read_file(path, &text, &size);
    at = (const char *)text;
    while (test_json_next_line(&at, &size, &document)) {
        const char *id = test_json_text(test_json_find(document.root, "id"));

        assert_non_null(id);
        if (test_vectors_find(vectors, id) != NULL) {
            test_json_free(&document);
            continue;
        }
        vectors->documents =
            realloc(vectors->documents, (vectors->count + 1) * sizeof(*vectors->documents));
        assert_non_null(vectors->documents);
        vectors->documents[vectors->count++] = document;
    }
    if (size != 0) {
        fail_msg("%s: a line is no JSON", path);
    }
    free(text);
    return vectors->count - before;
}

void
test_vectors_free(struct test_vectors *vectors)
{
    for (size_t i = 0; i < vectors->count; i++) {
        test_json_free(&vectors->documents[i]);
    }
    free(vectors->documents);
    *vectors = (struct test_vectors){NULL, 0};
}

const struct test_json *
test_vectors_find(const struct test_vectors *vectors, const char *id)
{
    for (size_t i = 0; i < vectors->count; i++) {
        if (test_json_is_text(test_json_find(vectors->documents[i].root, "id"), id)) {
            return vectors->documents[i].root;
        }
    }
    return NULL;
}

void
test_vectors_load_committed(struct test_vectors *vectors, const char *family)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/tests/vectors/%s.jsonl", ATR_SOURCE_DIR, family);
    (void)test_vectors_load(vectors, path);
}

void
test_vectors_load_shared(struct test_vectors *vectors, const char *family)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/vectors/%s.jsonl", ATR_SHARED_DIR, family);
    if (access(path, R_OK) == 0) {
        (void)test_vectors_load(vectors, path);
    } else {
        print_error("skipped: the %s vectors of ../shared: it is not here\n", family);
    }
}

static const char *
text_of(const struct test_json *vector, const char *key)
{
    return test_json_text(test_json_find(vector, key));
}

static uint64_t
number_of(const struct test_json *vector, const char *key)
{
    uint64_t value = 0;

    (void)test_json_u64(test_json_find(vector, key), &value);
    return value;
}

static void
hex_of(const struct test_json *vector, const char *key, uint8_t **bytes, size_t *size)
{
    const char *hex = text_of(vector, key);

    *bytes = NULL;
    *size = 0;
    if (hex != NULL) {
        test_hex(hex, strlen(hex), bytes, size);
    }
}

static void
syntax_of(const struct test_json *known, struct atr_decode_context *context)
{
    const char *syntax = text_of(known, "syntax");

    if (syntax != NULL) {
        context->syntax = strcmp(syntax, "ndr64") == 0 ? ATR_SYNTAX_NDR64 : ATR_SYNTAX_NDR20;
        context->syntax_grade = ATR_GRADE_BOUND;
    }
}

static void
interface_of(const struct test_json *known, struct atr_decode_context *context)
{
    const char *uuid = text_of(known, "interface_uuid");
    const char *version = text_of(known, "interface_version");
    struct atr_str text = atr_str_from(version);
    size_t dot = atr_str_find(text, ATR_STR("."));
    uint64_t major = 0;
    uint64_t minor = 0;

    if (uuid == NULL) {
        return;
    }
    assert_true(atr_guid_parse(atr_str_from(uuid), &context->interface.uuid));
    if (version != NULL) {
        assert_true(atr_str_to_u64(atr_str_make(version, dot), 10, &major));
        assert_true(atr_str_to_u64(atr_str_skip(text, dot + 1), 10, &minor));
    }
    context->interface.version_major = (uint16_t)major;
    context->interface.version_minor = (uint16_t)minor;
    context->has_interface = true;
    context->interface_grade = ATR_GRADE_BOUND;
}

/* A list of types, as `decode --params` takes it. */
static void
params_of(const struct test_json *known, struct test_sample *sample)
{
    const struct test_json *list = test_json_find(known, "params");
    struct atr_text text;

    if (list == NULL) {
        return;
    }
    atr_text_init(&text, atr_heap_default());
    for (const struct test_json *at = list->first; at != NULL; at = at->next) {
        atr_text_puts(&text, at == list->first ? "" : ",");
        atr_text_puts(&text, test_json_text(at));
    }
    CHECK_UINT(atr_ndr_params_parse(atr_text_view(&text), sample->params,
                                    &sample->context.param_count, NULL),
               ATR_OK);
    atr_text_fini(&text);
    sample->context.params = sample->params;
}

static void
context_fill(struct test_sample *sample, const struct test_json *vector)
{
    struct atr_decode_context *context = &sample->context;
    const struct test_json *known = test_json_find(vector, "context");
    const struct test_json *direction = test_json_find(vector, "direction");

    context->pointer_bytes = sample->decoder->pointer_bytes;
    context->os_build = (uint32_t)number_of(vector, "os_build");
    context->port_name = atr_str_from(text_of(vector, "port_name"));
    context->is_received = test_json_is_text(direction, "receive");
    if (test_json_is_text(direction, "request")) {
        context->direction = ATR_DIRECTION_REQUEST;
    } else if (test_json_is_text(direction, "answer")) {
        context->direction = ATR_DIRECTION_ANSWER;
    }
    hex_of(vector, "view_hex", &sample->view, &context->view.size_bytes);
    context->view.data = sample->view;
    context->view_size = number_of(vector, "view_size");
    syntax_of(known, context);
    interface_of(known, context);
    params_of(known, sample);
    if (test_json_find(known, "opnum") != NULL) {
        context->has_request = true;
        context->request.opnum = (uint32_t)number_of(known, "opnum");
    }
}

/* What the session would have kept of the request this sample answers. */
static void
request_fill(struct test_sample *sample, const struct test_vectors *vectors,
             const struct test_json *vector)
{
    const struct test_json *request = test_vectors_find(vectors, text_of(vector, "answers"));
    struct test_sample asked;
    struct atr_arena arena;
    struct atr_event event;

    assert_non_null(request);
    assert_true(test_sample_make(&asked, vectors, request));
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    (void)test_sample_decode(&asked, asked.bytes, asked.size, &arena, false, &event);
    for (const struct atr_fact *fact = event.facts; fact != NULL; fact = fact->next) {
        if (fact->kind == ATR_FACT_RPC_REQUEST) {
            sample->context.has_request = true;
            sample->context.request = fact->as.rpc;
        }
    }
    if (!sample->context.has_interface) {
        sample->context.has_interface = asked.context.has_interface;
        sample->context.interface = asked.context.interface;
        sample->context.interface_grade = asked.context.interface_grade;
    }
    if (sample->context.syntax == ATR_SYNTAX_UNKNOWN) {
        sample->context.syntax = asked.context.syntax;
        sample->context.syntax_grade = asked.context.syntax_grade;
    }
    sample->context.request_bytes = (struct atr_bytes){asked.bytes, asked.size};
    sample->request = asked.bytes;
    asked.bytes = NULL;
    atr_arena_fini(&arena);
    test_sample_free(&asked);
}

bool
test_sample_make(struct test_sample *out, const struct test_vectors *vectors,
                 const struct test_json *vector)
{
    *out = (struct test_sample){
        .decoder = atr_decoder_find(atr_str_from(text_of(vector, "kind"))),
        .id = text_of(vector, "id"),
    };
    if (out->decoder == NULL) {
        return false;
    }
    hex_of(vector, "hex", &out->bytes, &out->size);
    context_fill(out, vector);
    if (text_of(vector, "answers") != NULL) {
        request_fill(out, vectors, vector);
    }
    return true;
}

void
test_sample_free(struct test_sample *sample)
{
    free(sample->bytes);
    free(sample->view);
    free(sample->request);
    *sample = (struct test_sample){.decoder = NULL};
}

enum atr_status
test_sample_decode(const struct test_sample *sample, const uint8_t *bytes, size_t size,
                   struct atr_arena *arena, bool want_fields, struct atr_event *event)
{
    struct atr_cursor cur = atr_cursor_make(bytes, size);

    atr_event_reset(event, arena, want_fields);
    return sample->decoder->decode(&cur, &sample->context, event);
}

static bool
is_container(const struct atr_value *value)
{
    return value->type == ATR_FIELD_OBJECT || value->type == ATR_FIELD_LIST;
}

static bool
type_fits(const struct atr_value *value)
{
    enum atr_field_type row = atr_field_row_get((enum atr_field)value->field)->type;

    return value->type == row || row == ATR_FIELD_ANY || value->type == ATR_FIELD_NULL;
}

static void
check_value(const struct atr_value *value, const char *what)
{
    const char *key = atr_field_row_get((enum atr_field)value->field)->key;

    if (value->field == ATR_F_NONE || value->field >= ATR_F_COUNT || value->type == ATR_FIELD_ANY ||
        value->type > ATR_FIELD_NULL || value->grade > ATR_GRADE_BOUND || !type_fits(value)) {
        fail_msg("%s: value \"%s\" (row %u) has type %u, grade %u", what, key, value->field,
                 value->type, value->grade);
    }
    if (value->type == ATR_FIELD_TEXT && value->as.text.data == NULL &&
        value->as.text.size_bytes != 0) {
        fail_msg("%s: text \"%s\" has a size but no data", what, key);
    }
    if (value->type == ATR_FIELD_BYTES && value->as.bytes.data == NULL &&
        value->as.bytes.size_bytes != 0) {
        fail_msg("%s: bytes \"%s\" have a size but no data", what, key);
    }
}

/* Children are counted right, and an object has no key twice. */
static void
check_children(const struct atr_value *parent, const char *what)
{
    uint32_t count = 0;
    const struct atr_value *last = NULL;

    for (const struct atr_value *at = parent->as.children.first; at != NULL; at = at->next) {
        const char *key = atr_field_row_get((enum atr_field)at->field)->key;

        check_value(at, what);
        for (const struct atr_value *next = at->next;
             next != NULL && parent->type == ATR_FIELD_OBJECT; next = next->next) {
            if (strcmp(key, atr_field_row_get((enum atr_field)next->field)->key) == 0) {
                fail_msg("%s: an object has the key \"%s\" twice", what, key);
            }
        }
        last = at;
        count++;
    }
    if (count != parent->count || last != parent->as.children.last) {
        fail_msg("%s: an object or list has %u children and counts %u", what, count, parent->count);
    }
}

void
test_fields_check(const struct atr_fields *fields, const char *what)
{
    const struct atr_value *stack[ATR_FIELDS_DEPTH_MAX + 2];
    uint32_t depth = 0;

    if (fields->depth != 0 || fields->overflow != 0) {
        fail_msg("%s: %u objects or lists were left open", what, fields->depth + fields->overflow);
    }
    check_children(&fields->root, what);
    stack[depth++] = fields->root.as.children.first;
    while (depth > 0) {
        const struct atr_value *value = stack[depth - 1];

        if (value == NULL) {
            depth--;
            continue;
        }
        stack[depth - 1] = value->next;
        if (is_container(value)) {
            check_children(value, what);
            stack[depth++] = value->as.children.first;
        }
    }
}
