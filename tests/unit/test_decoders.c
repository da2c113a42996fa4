/* SPDX-License-Identifier: MIT */
/* What holds for every decoder whatever the bytes are; decoders.def lists them. */
#include "decode/decode.h"
#include "support/support.h"
#include "support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLIPS = 1000,
    FLIPPED_BYTES_MAX = 4,
    SINGLE_ALLOCATIONS_BYTES = 60000, /* less than a block of the arena: each asks the heap */
};

static const struct {
    const char *kind;
    const char *hex;
} rows[] = {

#define ROW(kind, hex) {#kind, (hex)},
#include "unit/decoders.def"
#undef ROW
};

static struct test_vectors vectors;

typedef void sample_fn(const struct test_sample *sample);

/* "lrpc: some-vector", for failures. */
static const char *
name_of(const struct test_sample *sample)
{
    static char name[256];

    (void)snprintf(name, sizeof(name), "%s: %s", sample->decoder->kind, sample->id);
    return name;
}

static unsigned
for_vectors(const char *kind, sample_fn *check)
{
    unsigned count = 0;

    for (size_t i = 0; i < vectors.count; i++) {
        const struct test_json *vector = vectors.documents[i].root;
        struct test_sample sample;

        if (test_json_is_text(test_json_find(vector, "kind"), kind)) {
            assert_true(test_sample_make(&sample, &vectors, vector));
            check(&sample);
            test_sample_free(&sample);
            count++;
        }
    }
    return count;
}

static void
for_all(sample_fn *check)
{
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        const struct atr_decoder *decoder = atr_decoder_find(atr_str_from(rows[i].kind));
        unsigned count = for_vectors(rows[i].kind, check);

        if (decoder == NULL) {
            fail_msg("decoders.def: %s is no kind of the decoder table", rows[i].kind);
        }
        if (rows[i].hex[0] != '\0') {
            struct test_sample sample = {
                .decoder = decoder,
                .id = "decoders.def",
                .context = {.pointer_bytes = decoder->pointer_bytes},
            };

            test_hex(rows[i].hex, strlen(rows[i].hex), &sample.bytes, &sample.size);
            check(&sample);
            test_sample_free(&sample);
            count++;
        }
        if (count == 0) {
            fail_msg("decoders.def: %s has neither vectors nor bytes", rows[i].kind);
        }
    }
}

/* Decodes and checks all that must hold for any bytes. */
static enum atr_status
decode_checked(const struct test_sample *sample, const uint8_t *bytes, size_t size,
               struct atr_arena *arena)
{
    struct atr_event event;
    enum atr_status status = test_sample_decode(sample, bytes, size, arena, true, &event);
    const char *name = name_of(sample);

    test_fields_check(&event.fields, name);
    if (status != ATR_OK && status != ATR_TRUNCATED && status != ATR_MALFORMED &&
        status != ATR_UNSUPPORTED && status != ATR_LIMIT) {
        fail_msg("%s: \"%s\" is no status of a decoder", name, atr_status_text(status));
    }
    if (arena->exhausted && status == ATR_OK) {
        fail_msg("%s: the arena was full and the decoder says OK", name);
    }
    return status;
}

static void
check_prefixes(const struct test_sample *sample)
{
    uint8_t *guarded = test_guarded(NULL, sample->size);
    struct atr_arena arena;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    for (size_t size = 0; size <= sample->size; size++) {
        uint8_t *start = guarded + sample->size - size;

        if (size > 0) {
            memcpy(start, sample->bytes, size);
        }
        (void)decode_checked(sample, start, size, &arena);
    }
    atr_arena_fini(&arena);
    test_guarded_free(guarded, sample->size);
}

static void
check_flips(const struct test_sample *sample)
{
    struct test_random random = {.state = sample->size};
    uint8_t *guarded = test_guarded(sample->bytes, sample->size);
    struct atr_arena arena;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    for (unsigned i = 0; i < FLIPS && sample->size > 0; i++) {
        uint32_t count = 1 + test_random_below(&random, FLIPPED_BYTES_MAX);

        for (uint32_t flip = 0; flip < count; flip++) {
            uint32_t at = test_random_below(&random, (uint32_t)sample->size);

            guarded[at] ^= (uint8_t)(1 + test_random_below(&random, UINT8_MAX));
        }
        (void)decode_checked(sample, guarded, sample->size, &arena);
        memcpy(guarded, sample->bytes, sample->size);
    }
    atr_arena_fini(&arena);
    test_guarded_free(guarded, sample->size);
}

static void
check_failing_allocations(const struct test_sample *sample)
{
    struct test_failing_heap heap;
    uint64_t n = 0;

    do {
        struct atr_arena arena;

        n++;
        test_failing_heap_init(&heap, n);
        atr_arena_init(&arena, heap.heap, SINGLE_ALLOCATIONS_BYTES);
        (void)decode_checked(sample, sample->bytes, sample->size, &arena);
        atr_arena_fini(&arena);
        CHECK_UINT(heap.live_blocks, 0);
    } while (heap.failed);
}

/* The status may not depend on whether anybody wants the values. */
static void
check_without_fields(const struct test_sample *sample)
{
    struct atr_arena arena;
    struct atr_event event;
    enum atr_status status;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    status = decode_checked(sample, sample->bytes, sample->size, &arena);
    if (test_sample_decode(sample, sample->bytes, sample->size, &arena, false, &event) != status) {
        fail_msg("%s: the status differs when no values are wanted", name_of(sample));
    }
    CHECK_UINT(event.fields.root.count, 0);
    atr_arena_fini(&arena);
}

static void
the_decoder_table_is_sorted_and_every_kind_has_a_row(void **state)
{
    size_t count = 0;
    const struct atr_decoder *decoders = atr_decoders(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        if (i > 0) {
            assert_true(strcmp(decoders[i - 1].kind, decoders[i].kind) < 0);
        }
        assert_true(strlen(decoders[i].summary) > 0);
        assert_ptr_equal(atr_decoder_find(atr_str_from(decoders[i].kind)), &decoders[i]);
        for (size_t row = 0; row < ATR_COUNT(rows); row++) {
            found = found || strcmp(rows[row].kind, decoders[i].kind) == 0;
        }
        if (!found) {
            fail_msg("decoders.def has no row for %s", decoders[i].kind);
        }
    }
    CHECK_UINT(ATR_COUNT(rows), count);
    assert_null(atr_decoder_find(ATR_STR("lrp")));
    assert_null(atr_decoder_find(ATR_STR("")));
}

static void
every_prefix_is_decoded_within_its_bytes(void **state)
{
    (void)state;
    for_all(check_prefixes);
}

static void
flipped_bytes_are_survived(void **state)
{
    (void)state;
    for_all(check_flips);
}

static void
each_failing_allocation_is_survived(void **state)
{
    (void)state;
    for_all(check_failing_allocations);
}

static void
nobody_listening_changes_nothing(void **state)
{
    (void)state;
    for_all(check_without_fields);
}

static int
load(void **state)
{
    (void)state;
    test_vectors_load_committed(&vectors, "own");
    test_vectors_load_committed(&vectors, "alpc");
    test_vectors_load_committed(&vectors, "lrpc");
    test_vectors_load_shared(&vectors, "alpc");
    test_vectors_load_shared(&vectors, "lrpc");
    return 0;
}

static int
unload(void **state)
{
    (void)state;
    test_vectors_free(&vectors);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decoder_table_is_sorted_and_every_kind_has_a_row),
        cmocka_unit_test(every_prefix_is_decoded_within_its_bytes),
        cmocka_unit_test(flipped_bytes_are_survived),
        cmocka_unit_test(each_failing_allocation_is_survived),
        cmocka_unit_test(nobody_listening_changes_nothing),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
