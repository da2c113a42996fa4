/* SPDX-License-Identifier: MIT */
/* Every row of fields.def is seen in a sample or a test vector, which the golden tests print. */
#include "event/fields.h"
#include "support/support.h"
#include "support/vectors.h"
#include "trace/trace.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* The output writes these itself: their values are no fields of the event. */
static const enum atr_field written_by_output[] = {
    ATR_F_event_stack,
    ATR_F_event_frame,
    ATR_F_event_bytes,
    ATR_F_event_length,
};

/* Nothing sets them yet; a row that appears leaves this list. */
static const enum atr_field unseen_rows[] = {
    ATR_F_event_process,
    ATR_F_event_protocol,
};

static bool seen[ATR_F_COUNT];

/* Depth first; fields are nested no deeper than this. */
static void
look(const struct atr_fields *fields)
{
    const struct atr_value *above[ATR_FIELDS_DEPTH_MAX + 1];
    const struct atr_value *value = fields->root.as.children.first;
    unsigned depth = 0;

    while (value != NULL || depth > 0) {
        if (value == NULL) {
            value = above[--depth]->next;
            continue;
        }
        seen[value->field] = true;
        if ((value->type == ATR_FIELD_OBJECT || value->type == ATR_FIELD_LIST) &&
            value->as.children.first != NULL) {
            above[depth++] = value;
            value = value->as.children.first;
        } else {
            value = value->next;
        }
    }
}

static void
look_at_trace(const char *path)
{
    struct atr_trace trace;
    struct atr_error error = {.status = ATR_OK};

    assert_int_equal(atr_trace_open(&trace, path, &error), ATR_OK);
    trace.want_fields = true;
    while (atr_trace_next(&trace, &error) == ATR_OK) {
        look(&trace.event->fields);
    }
    atr_trace_close(&trace);
}

static unsigned
look_at_samples(void)
{
    DIR *folder = opendir(ATR_SOURCE_DIR "/samples");
    const struct dirent *entry;
    unsigned count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[4096];

        if (strstr(entry->d_name, ".atr") != NULL || strstr(entry->d_name, ".log") != NULL) {
            (void)snprintf(path, sizeof(path), "%s/samples/%s", ATR_SOURCE_DIR, entry->d_name);
            look_at_trace(path);
            count++;
        }
    }
    (void)closedir(folder);
    return count;
}

static void
look_at_vectors(const char *family)
{
    struct test_vectors vectors = {.count = 0};
    struct atr_arena arena;
    struct atr_event event;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    test_vectors_load_committed(&vectors, family);
    for (size_t i = 0; i < vectors.count; i++) {
        struct test_sample sample;

        if (test_sample_make(&sample, &vectors, vectors.documents[i].root)) {
            (void)test_sample_decode(&sample, sample.bytes, sample.size, &arena, true, &event);
            look(&event.fields);
            test_sample_free(&sample);
        }
    }
    test_vectors_free(&vectors);
    atr_arena_fini(&arena);
}

static bool
is_one_of(const enum atr_field *list, size_t count, enum atr_field field)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == field) {
            return true;
        }
    }
    return false;
}

static void
each_row_is_seen_in_a_sample_or_vector(void **state)
{
    unsigned unseen = 0;

    (void)state;
    assert_true(look_at_samples() > 0);
    look_at_vectors("alpc");
    look_at_vectors("lrpc");
    look_at_vectors("own");
    for (unsigned i = ATR_F_NONE + 1; i < ATR_F_COUNT; i++) {
        const struct atr_field_row *row = atr_field_row_get((enum atr_field)i);
        bool is_known =
            is_one_of(unseen_rows, ATR_COUNT(unseen_rows), (enum atr_field)i) ||
            is_one_of(written_by_output, ATR_COUNT(written_by_output), (enum atr_field)i);

        if (seen[i] == is_known) {
            (void)fprintf(stderr, "%s (%s): %s\n", row->filter, row->key,
                          seen[i] ? "seen, though this test says it is not" : "never seen");
            unseen++;
        }
    }
    CHECK_UINT(unseen, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_seen_in_a_sample_or_vector),
    };

    return cmocka_run_group_tests_name("field rows", tests, NULL, NULL);
}
