/* SPDX-License-Identifier: MIT */
/*
 * Runs vectors through the decoder of their kind and compares `expect` with the values by JSON key:
 * keys not listed are free, null stands for absent or null, lists are equal item by item.
 */
#include "base/text.h"
#include "decode/decode.h"
#include "decode/ndr.h"
#include "support/support.h"
#include "support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES = 256,
    SHOWN_BYTES = 160
};

/* Where a difference is, and whether there was one. */
struct comparison {
    const char *id;
    bool quiet;
    bool differs;
};

static void
differ(struct comparison *comparison, const char *path, const char *got,
       const struct test_json *expected)
{
    static const char *const kinds[] = {"null", "bool", "", "", "list", "object"};

    comparison->differs = true;
    if (!comparison->quiet) {
        print_error("%s: %s is %.*s, expected %s%.*s\n", comparison->id, path, SHOWN_BYTES, got,
                    kinds[expected->kind], SHOWN_BYTES,
                    expected->text == NULL ? "" : expected->text);
    }
}

static const struct atr_value *
child_by_key(const struct atr_value *object, const char *key)
{
    for (const struct atr_value *at = object->as.children.first; at != NULL; at = at->next) {
        if (strcmp(atr_field_row_get((enum atr_field)at->field)->key, key) == 0) {
            return at;
        }
    }
    return NULL;
}

/* A value as people would write it in JSON, strings without quotes. */
static void
value_text(const struct atr_value *value, struct atr_text *out)
{
    switch (value->type) {
    case ATR_FIELD_BOOL:
        atr_text_puts(out, value->as.number != 0 ? "true" : "false");
        break;
    case ATR_FIELD_UINT:
    case ATR_FIELD_HEX:
    case ATR_FIELD_TIME:
        atr_text_u64(out, value->as.number);
        break;
    case ATR_FIELD_INT:
        atr_text_i64(out, value->as.integer);
        break;
    case ATR_FIELD_TEXT:
        atr_text_put(out, value->as.text);
        break;
    case ATR_FIELD_GUID:
        atr_text_guid(out, &value->as.guid);
        break;
    case ATR_FIELD_BYTES:
        atr_text_bytes(out, value->as.bytes);
        break;
    default:
        atr_text_puts(out, value->type == ATR_FIELD_LIST     ? "a list"
                           : value->type == ATR_FIELD_OBJECT ? "an object"
                                                             : "null");
        break;
    }
}

static bool
is_number(const struct atr_value *value)
{
    return value->type == ATR_FIELD_UINT || value->type == ATR_FIELD_HEX ||
           value->type == ATR_FIELD_TIME || value->type == ATR_FIELD_INT;
}

static bool
is_string(const struct atr_value *value)
{
    return value->type == ATR_FIELD_TEXT || value->type == ATR_FIELD_GUID ||
           value->type == ATR_FIELD_BYTES;
}

static void
compare_scalar(struct comparison *comparison, const char *path, const struct test_json *expected,
               const struct atr_value *value)
{
    struct atr_text text;
    struct atr_str got;
    bool same = false;

    atr_text_init(&text, atr_heap_default());
    value_text(value, &text);
    got = atr_text_view(&text);
    switch (expected->kind) {
    case TEST_JSON_BOOL:
        same = value->type == ATR_FIELD_BOOL && (value->as.number != 0) == expected->boolean;
        break;
    case TEST_JSON_NUMBER:
        same = is_number(value) && atr_str_equal(got, atr_str_from(expected->text));
        break;
    case TEST_JSON_STRING:
        same = is_string(value) &&
               atr_str_equal(got, atr_str_make(expected->text, expected->text_size));
        break;
    default:
        break;
    }
    if (!same) {
        atr_text_putc(&text, '\0');
        differ(comparison, path, text.data, expected);
    }
    atr_text_fini(&text);
}

static void compare(struct comparison *comparison, const char *path,
                    const struct test_json *expected, const struct atr_value *value);

static void
compare_member(struct comparison *comparison, const char *path, const struct test_json *expected,
               const struct atr_value *value)
{
    if (value == NULL || value->type == ATR_FIELD_NULL) {
        if (expected->kind != TEST_JSON_NULL) {
            differ(comparison, path, value == NULL ? "absent" : "null", expected);
        }
        return;
    }
    compare(comparison, path, expected, value);
}

static void
compare_object(struct comparison *comparison, const char *path, const struct test_json *expected,
               const struct atr_value *value)
{
    for (const struct test_json *at = expected->first; at != NULL; at = at->next) {
        char below[PATH_BYTES];

        (void)snprintf(below, sizeof(below), "%s.%s", path, at->key);
        compare_member(comparison, below, at, child_by_key(value, at->key));
    }
}

static void
compare_list(struct comparison *comparison, const char *path, const struct test_json *expected,
             const struct atr_value *value)
{
    const struct atr_value *item = value->as.children.first;
    size_t index = 0;

    if (value->count != expected->count) {
        char got[32];

        (void)snprintf(got, sizeof(got), "%u items long", value->count);
        differ(comparison, path, got, expected);
        return;
    }
    for (const struct test_json *at = expected->first; at != NULL; at = at->next) {
        char below[PATH_BYTES];

        (void)snprintf(below, sizeof(below), "%s[%zu]", path, index);
        compare_member(comparison, below, at, item);
        item = item->next;
        index++;
    }
}

/* Recursion is bounded by the vectors, which are ours. */
static void
compare(struct comparison *comparison, const char *path, const struct test_json *expected,
        const struct atr_value *value)
{
    if (expected->kind == TEST_JSON_OBJECT && value->type == ATR_FIELD_OBJECT) {
        compare_object(comparison, path, expected, value);
    } else if (expected->kind == TEST_JSON_ARRAY && value->type == ATR_FIELD_LIST) {
        compare_list(comparison, path, expected, value);
    } else {
        compare_scalar(comparison, path, expected, value);
    }
}

static bool
matches_any(const struct test_json *expected, const struct atr_value *list)
{
    const struct atr_value *item = list == NULL ? NULL : list->as.children.first;

    for (; item != NULL; item = item->next) {
        struct comparison quiet = {.quiet = true};

        compare(&quiet, "", expected, item);
        if (!quiet.differs) {
            return true;
        }
    }
    return false;
}

static bool
kind_of_text(const char *text, enum atr_ndr_kind *out)
{
    for (unsigned kind = 0; kind <= ATR_NDR_RETURN; kind++) {
        if (text != NULL && strcmp(text, atr_ndr_kind_text((enum atr_ndr_kind)kind)) == 0) {
            *out = (enum atr_ndr_kind)kind;
            return true;
        }
    }
    return false;
}

/* Whether reading that type at that offset gives the value. */
static bool
reads_as_expected(const struct test_json *expected, const struct atr_ndr_view *view,
                  enum atr_syntax syntax, struct atr_arena *arena)
{
    struct atr_ndr_reader reader = atr_ndr_reader_make(view, syntax, arena);
    struct atr_ndr_param param = {.size_bytes = 0};
    struct atr_ndr_item item;
    struct atr_ndr_view one = *view;
    struct atr_event event = {.arena = arena};
    uint64_t offset = 0;
    uint64_t length = 0;

    if (!test_json_u64(test_json_find(expected, "offset"), &offset) ||
        !kind_of_text(test_json_text(test_json_find(expected, "type")), &param.kind)) {
        return false;
    }
    if (test_json_u64(test_json_find(expected, "length"), &length)) {
        param.size_bytes = (uint32_t)length;
    }
    reader.cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    atr_cursor_seek(&reader.cur, (size_t)offset);
    if (atr_ndr_read(&reader, param, &item) != ATR_OK) {
        return false;
    }
    one.items = &item;
    one.item_count = 1;
    atr_fields_init(&event.fields, arena);
    atr_ndr_fields(&event, &one);
    return matches_any(expected, child_by_key(&event.fields.root, "ndr"));
}

/* Each value is in the list of what was found, or is what typed reading gives at its offset. */
static void
compare_ndr(struct comparison *comparison, const struct test_json *expected,
            const struct test_sample *sample, const struct atr_event *event)
{
    const struct atr_ndr_view *view = event->meaning.ndr;
    enum atr_syntax syntax = sample->context.syntax;

    if (view == NULL) {
        differ(comparison, "ndr", "absent", expected);
        return;
    }
    if (syntax == ATR_SYNTAX_UNKNOWN) {
        syntax = view->syntax;
    }
    for (const struct test_json *at = expected->first; at != NULL; at = at->next) {
        if (!matches_any(at, child_by_key(&event->fields.root, "ndr")) &&
            !reads_as_expected(at, view, syntax, event->arena)) {
            char path[PATH_BYTES];

            (void)snprintf(path, sizeof(path), "ndr value of type %s at %s",
                           test_json_text(test_json_find(at, "type")),
                           test_json_find(at, "offset")->text);
            differ(comparison, path, "neither found nor read", at);
        }
    }
}

/*
 * The syntax is judged from the bytes only when nobody knows it, so that the judgement of a vector
 * that tells it is asked for apart.
 */
static void
compare_syntax_guess(struct comparison *comparison, const struct test_json *expected,
                     const struct test_sample *sample)
{
    struct test_sample unknowing = *sample;
    struct atr_arena arena;
    struct atr_event event;

    unknowing.context.syntax = ATR_SYNTAX_UNKNOWN;
    unknowing.context.syntax_grade = ATR_GRADE_NONE;
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    (void)test_sample_decode(&unknowing, sample->bytes, sample->size, &arena, true, &event);
    compare_member(comparison, expected->key, expected,
                   child_by_key(&event.fields.root, expected->key));
    atr_arena_fini(&arena);
}

static void
compare_expect(struct comparison *comparison, const struct test_json *vector,
               const struct test_sample *sample, const struct atr_event *event)
{
    const struct test_json *expect = test_json_find(vector, "expect");

    for (const struct test_json *at = expect->first; at != NULL; at = at->next) {
        if (strcmp(at->key, "ndr") == 0) {
            compare_ndr(comparison, at, sample, event);
        } else if (strcmp(at->key, "ndr_syntax_guess") == 0) {
            compare_syntax_guess(comparison, at, sample);
        } else {
            compare_member(comparison, at->key, at, child_by_key(&event->fields.root, at->key));
        }
    }
}

static bool
vector_is_met(const struct test_vectors *vectors, const struct test_json *vector)
{
    struct comparison comparison = {.id = test_json_text(test_json_find(vector, "id"))};
    struct test_sample sample;
    struct atr_arena arena;
    struct atr_event event;
    uint8_t *guarded;

    if (!test_sample_make(&sample, vectors, vector)) {
        print_error("%s: no decoder of its kind\n", comparison.id);
        return false;
    }
    guarded = test_guarded(sample.bytes, sample.size);
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    (void)test_sample_decode(&sample, guarded, sample.size, &arena, true, &event);
    test_fields_check(&event.fields, sample.id);
    compare_expect(&comparison, vector, &sample, &event);
    atr_arena_fini(&arena);
    test_guarded_free(guarded, sample.size);
    test_sample_free(&sample);
    return !comparison.differs;
}

static void
check_vectors(const char *path)
{
    struct test_vectors vectors = {NULL, 0};
    size_t count = test_vectors_load(&vectors, path);
    unsigned missed = 0;

    for (size_t i = 0; i < count; i++) {
        missed += vector_is_met(&vectors, vectors.documents[i].root) ? 0 : 1;
    }
    test_vectors_free(&vectors);
    assert_true(count > 0);
    if (missed > 0) {
        fail_msg("%u of %zu vectors differ", missed, count);
    }
}

static void
check_committed(const char *relative)
{
    char *path = test_source_path(relative);

    check_vectors(path);
    free(path);
}

static void
check_shared(const char *relative)
{
    char *path = test_shared_path(relative);

    check_vectors(path);
    free(path);
}

static void
committed_alpc_vectors_decode_as_expected(void **state)
{
    (void)state;
    check_committed("tests/vectors/alpc.jsonl");
}

/* Forms that the shared vectors lack: other layouts, builds and lies. */
static void
own_vectors_decode_as_expected(void **state)
{
    (void)state;
    check_committed("tests/vectors/own.jsonl");
}

static void
committed_lrpc_vectors_decode_as_expected(void **state)
{
    (void)state;
    check_committed("tests/vectors/lrpc.jsonl");
}

static void
shared_alpc_vectors_decode_as_expected(void **state)
{
    (void)state;
    check_shared("vectors/alpc.jsonl");
}

static void
shared_lrpc_vectors_decode_as_expected(void **state)
{
    (void)state;
    check_shared("vectors/lrpc.jsonl");
}

/* A comparison that cannot fail would pass every vector. */
static void
a_wrong_expectation_is_noticed(void **state)
{
    static const char *const wrong[] = {
        "{\"header_size\":24}",
        "{\"type_name\":\"reply\"}",
        "{\"type_flags\":[]}",
        "{\"pid\":null}",
        "{\"absent\":0}",
        "{\"type_flags\":[\"kernel_mode\"]}",
        "{\"message_id\":\"136\"}",
        "{\"payload\":{}}",
        "{\"type_flags\":{\"item\":\"\"}}",
    };
    struct test_vectors vectors = {NULL, 0};
    char *path = test_source_path("tests/vectors/alpc.jsonl");
    struct test_sample sample;
    struct atr_arena arena;
    struct atr_event event;

    (void)state;
    (void)test_vectors_load(&vectors, path);
    assert_true(test_sample_make(&sample, &vectors, test_vectors_find(&vectors, "pm64-request")));
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    (void)test_sample_decode(&sample, sample.bytes, sample.size, &arena, true, &event);
    for (size_t i = 0; i < ATR_COUNT(wrong); i++) {
        struct comparison comparison = {.quiet = true};
        struct test_json_document document;

        assert_true(test_json_parse(wrong[i], strlen(wrong[i]), &document));
        compare(&comparison, "", document.root, &event.fields.root);
        if (!comparison.differs) {
            fail_msg("not noticed: %s", wrong[i]);
        }
        test_json_free(&document);
    }
    atr_arena_fini(&arena);
    test_sample_free(&sample);
    test_vectors_free(&vectors);
    free(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_expectation_is_noticed),
        cmocka_unit_test(committed_alpc_vectors_decode_as_expected),
        cmocka_unit_test(own_vectors_decode_as_expected),
        cmocka_unit_test(committed_lrpc_vectors_decode_as_expected),
        cmocka_unit_test(shared_alpc_vectors_decode_as_expected),
        cmocka_unit_test(shared_lrpc_vectors_decode_as_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
