/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "store/writer.h"
#include "trace/prefetch.h"

#include <stdlib.h>
#include <string.h>

enum {
    LARGE_BYTES = 60000, /* some of these fill a batch before it has all its events */
    EVENTS = 700,
};

/* A trace in memory whose events have payloads of these sizes in turn. */
static void
make_trace(struct atr_text *out, const uint32_t *sizes, size_t count)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    const struct atr_writer_options options = {.without_checksum = true};
    struct atr_writer *writer = NULL;
    uint8_t *payload = malloc(LARGE_BYTES);

    assert_non_null(payload);
    atr_text_init(out, heap);
    assert_int_equal(atr_file_to_memory(&file, out, &heap), ATR_OK);
    assert_int_equal(atr_writer_create(&writer, file, &options, &heap, NULL), ATR_OK);
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct atr_event event = {.kind = ATR_RECORD_ENTER,
                                  .time_ns = UINT64_C(1700000000000000000) + i,
                                  .sequence = i + 1,
                                  .part_count = 1};

        memset(payload, (int)(i % 251), LARGE_BYTES);
        event.as.alpc.call_id = i + 1;
        event.parts[0] = (struct atr_part){.type = ATR_PART_PAYLOAD,
                                           .original_bytes = sizes[i % count],
                                           .bytes = {payload, sizes[i % count]}};
        assert_int_equal(atr_writer_event(writer, &event), ATR_OK);
    }
    assert_int_equal(atr_writer_finish(writer, NULL), ATR_OK);
    atr_writer_destroy(writer);
    atr_file_close(file);
    free(payload);
}

static struct atr_capture *
open_trace(const struct atr_text *bytes)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_capture *capture = NULL;
    struct atr_file *file = NULL;
    struct atr_str view = atr_text_view(bytes);

    assert_int_equal(
        atr_file_from_memory(&file, (struct atr_bytes){(const uint8_t *)view.data, view.size_bytes},
                             &heap),
        ATR_OK);
    assert_int_equal(atr_capture_open_file(&capture, file, &heap, NULL), ATR_OK);
    return capture;
}

static void
check_same(const struct atr_event *ahead, const struct atr_event *direct)
{
    CHECK_UINT(ahead->number, direct->number);
    CHECK_UINT(ahead->as.alpc.call_id, direct->as.alpc.call_id);
    CHECK_UINT(ahead->part_count, direct->part_count);
    CHECK_UINT(ahead->parts[0].bytes.size_bytes, direct->parts[0].bytes.size_bytes);
    if (direct->parts[0].bytes.size_bytes > 0) {
        assert_memory_equal(ahead->parts[0].bytes.data, direct->parts[0].bytes.data,
                            direct->parts[0].bytes.size_bytes);
    }
}

static void
check_reading(const uint32_t *sizes, size_t count)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_capture *direct;
    struct atr_capture *ahead;
    struct atr_prefetch *prefetch = NULL;
    struct atr_event *event;
    struct atr_event own;
    struct atr_arena arena;
    struct atr_text bytes;

    make_trace(&bytes, sizes, count);
    atr_arena_init(&arena, heap, ATR_EVENT_ARENA_BYTES);
    direct = open_trace(&bytes);
    ahead = open_trace(&bytes);
    assert_int_equal(atr_prefetch_start(&prefetch, ahead, &heap), ATR_OK);
    memset(&own, 0, sizeof(own));
    own.arena = &arena;
    for (uint32_t i = 0; i < EVENTS; i++) {
        assert_int_equal(atr_capture_next(direct, &own, NULL), ATR_OK);
        assert_int_equal(atr_prefetch_next(prefetch, &event, NULL), ATR_OK);
        check_same(event, &own);
    }
    assert_int_equal(atr_prefetch_next(prefetch, &event, NULL), ATR_END);
    atr_prefetch_stop(prefetch);
    atr_capture_close(ahead);
    atr_capture_close(direct);
    atr_arena_fini(&arena);
    atr_text_fini(&bytes);
}

static void
events_read_ahead_are_the_same(void **state)
{
    static const uint32_t sizes[] = {0, 100, 7, 4000};

    (void)state;
    check_reading(sizes, ATR_COUNT(sizes));
}

/* A batch is full by its bytes, not by its events; that must not keep the next one empty. */
static void
large_events_go_on_batch_after_batch(void **state)
{
    static const uint32_t sizes[] = {LARGE_BYTES, LARGE_BYTES - 1, 3};

    (void)state;
    check_reading(sizes, ATR_COUNT(sizes));
}

static void
reading_may_stop_anywhere(void **state)
{
    static const uint32_t sizes[] = {100, LARGE_BYTES};
    const struct atr_heap heap = atr_heap_default();
    struct atr_text bytes;

    (void)state;
    make_trace(&bytes, sizes, ATR_COUNT(sizes));
    for (uint32_t take = 0; take < EVENTS; take += 97) {
        struct atr_capture *capture = open_trace(&bytes);
        struct atr_prefetch *prefetch = NULL;
        struct atr_event *event;

        assert_int_equal(atr_prefetch_start(&prefetch, capture, &heap), ATR_OK);
        for (uint32_t i = 0; i < take; i++) {
            assert_int_equal(atr_prefetch_next(prefetch, &event, NULL), ATR_OK);
        }
        atr_prefetch_stop(prefetch);
        atr_capture_close(capture);
    }
    atr_text_fini(&bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_read_ahead_are_the_same),
        cmocka_unit_test(large_events_go_on_batch_after_batch),
        cmocka_unit_test(reading_may_stop_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
