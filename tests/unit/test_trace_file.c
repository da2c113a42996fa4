/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"
#include "event/record.h"
#include "platform/file_ops.h"
#include "store/writer.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_MAX = 8192
};

static const uint64_t base_ns = UINT64_C(1700000000000000000);
static const uint64_t ms = 1000000;

/* A trace file being made in memory. */
struct trace {
    struct atr_heap heap;
    struct atr_text bytes;
    struct atr_file *file;
    struct atr_writer *writer;
    uint32_t sequence;
};

static void
trace_begin(struct trace *trace)
{
    *trace = (struct trace){.heap = atr_heap_default()};
    atr_text_init(&trace->bytes, trace->heap);
    CHECK_UINT(atr_file_to_memory(&trace->file, &trace->bytes, &trace->heap), ATR_OK);
    CHECK_UINT(atr_writer_create(&trace->writer, trace->file,
                                 &(struct atr_writer_options){.without_checksum = true},
                                 &trace->heap, NULL),
               ATR_OK);
}

static struct atr_bytes
trace_end(struct trace *trace)
{
    CHECK_UINT(atr_writer_finish(trace->writer, NULL), ATR_OK);
    atr_writer_destroy(trace->writer);
    atr_file_close(trace->file);
    return (struct atr_bytes){(const uint8_t *)trace->bytes.data, trace->bytes.size_bytes};
}

static void
trace_free(struct trace *trace)
{
    atr_text_fini(&trace->bytes);
}

static void
put_record(struct trace *trace, uint64_t at_ns, struct atr_str record, uint32_t cut_bytes)
{
    struct atr_packet packet = {
        .time_ns = base_ns + at_ns,
        .record = {(const uint8_t *)record.data, record.size_bytes},
        .cut_bytes = cut_bytes,
        .is_state = record.size_bytes > 1 && record.data[1] < ATR_RECORD_ENTER,
    };

    CHECK_UINT(atr_writer_put(trace->writer, &packet), ATR_OK);
}

static void
put(struct trace *trace, uint64_t at_ns, struct atr_event *event)
{
    event->time_ns = base_ns + at_ns;
    event->sequence = ++trace->sequence;
    CHECK_UINT(atr_writer_event(trace->writer, event), ATR_OK);
}

/* call_id tells the events apart. */
static void
put_call(struct trace *trace, uint64_t at_ns, uint64_t call_id)
{
    struct atr_event event = {.kind = ATR_RECORD_ENTER};

    event.as.alpc.call_id = call_id;
    put(trace, at_ns, &event);
}

/* The same for state records: pid. */
static void
put_process(struct trace *trace, uint64_t at_ns, uint32_t pid, enum atr_life life)
{
    struct atr_event event = {.kind = ATR_RECORD_PROCESS};

    event.as.process.pid = pid;
    event.as.process.life = (uint8_t)life;
    put(trace, at_ns, &event);
}

/* What came out: call id or pid, and the last event whole. */
struct result {
    enum atr_status status;
    struct atr_error error;
    struct atr_capture_report report;
    unsigned count;
    uint64_t ids[READ_MAX];
    uint64_t times[READ_MAX];
    uint32_t flags; /* of the last event */
    uint32_t notes;
    uint32_t part_count;
    uint64_t lost_before;
    uint64_t payload_bytes; /* of all events */
    uint8_t payload_sum;    /* of the last payload */
};

static void
note_event(struct result *result, const struct atr_event *event)
{
    const struct atr_part *payload = atr_event_part_find(event, ATR_PART_PAYLOAD);

    CHECK_UINT(event->number, result->count + 1);
    assert_true(result->count < READ_MAX);
    result->ids[result->count] =
        event->kind == ATR_RECORD_PROCESS ? event->as.process.pid : event->as.alpc.call_id;
    result->times[result->count] = event->time_ns - base_ns;
    result->count++;
    result->flags = event->flags;
    result->notes = event->note_count;
    result->part_count = event->part_count;
    result->lost_before = event->lost_before;
    if (payload != NULL) {
        result->payload_bytes += payload->bytes.size_bytes;
        result->payload_sum = 0;
        for (size_t i = 0; i < payload->bytes.size_bytes; i++) {
            result->payload_sum = (uint8_t)((result->payload_sum + payload->bytes.data[i]) & 0xff);
        }
    }
}

static void
read_file(struct result *result, struct atr_file *file, const struct atr_heap *heap)
{
    struct atr_capture *capture = NULL;
    struct atr_arena arena;
    struct atr_event event = {.arena = &arena};

    *result = (struct result){0};
    atr_arena_init(&arena, *heap, ATR_EVENT_ARENA_BYTES);
    result->status = atr_capture_open_file(&capture, file, heap, &result->error);
    while (result->status == ATR_OK) {
        result->status = atr_capture_next(capture, &event, &result->error);
        if (result->status == ATR_OK) {
            note_event(result, &event);
        }
    }
    if (capture != NULL) {
        CHECK_UINT(atr_capture_next(capture, &event, NULL), ATR_END);
        atr_capture_report(capture, &result->report);
        CHECK_UINT(result->report.records, result->count);
    }
    atr_capture_close(capture);
    atr_arena_fini(&arena);
}

static void
read_bytes(struct result *result, struct atr_bytes bytes)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;

    CHECK_UINT(atr_file_from_memory(&file, bytes, &heap), ATR_OK);
    read_file(result, file, &heap);
}

/* Ends the trace, reads it, frees it. */
static struct result *
read_trace(struct trace *trace)
{
    struct result *result = malloc(sizeof(*result));

    assert_non_null(result);
    read_bytes(result, trace_end(trace));
    CHECK_UINT(result->status, ATR_END);
    trace_free(trace);
    return result;
}

static void
check_ids(const struct result *result, const uint64_t *ids, unsigned count)
{
    CHECK_UINT(result->count, count);
    for (unsigned i = 0; i < count; i++) {
        CHECK_UINT(result->ids[i], ids[i]);
    }
}

static void
records_in_order_come_as_they_were_written(void **state)
{
    static const uint64_t ids[] = {4, 1, 2, 3};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_process(&trace, 0, 4, ATR_LIFE_SEEN);
    put_call(&trace, 1, 1);
    put_call(&trace, 1, 2);
    put_call(&trace, 500 * ms, 3);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    CHECK_UINT(result->report.events, 3);
    CHECK_UINT(result->report.late_events, 0);
    CHECK_UINT(result->report.skipped, 0);
    assert_false(result->report.damaged);
    assert_true(result->report.input_bytes == result->report.input_size_bytes);
    free(result);
}

static void
events_out_of_order_come_by_time(void **state)
{
    static const uint64_t ids[] = {11, 1, 12, 2, 13, 3, 14};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 10, 1); /* one processor */
    put_call(&trace, 20, 2);
    put_call(&trace, 30, 3);
    put_call(&trace, 5, 11); /* another one */
    put_call(&trace, 15, 12);
    put_call(&trace, 25, 13);
    put_call(&trace, 35, 14);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    CHECK_UINT(result->report.late_events, 0);
    free(result);
}

static void
equal_times_keep_the_order_of_the_file(void **state)
{
    static const uint64_t ids[] = {3, 4, 6, 1, 2, 5};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 20, 1);
    put_call(&trace, 20, 2);
    put_call(&trace, 10, 3);
    put_call(&trace, 10, 4);
    put_call(&trace, 20, 5);
    put_call(&trace, 10, 6);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    free(result);
}

/* The order that is wanted, found the slow way. */
struct sorted {
    uint64_t time;
    uint64_t id;
};

static int
compare_sorted(const void *left, const void *right)
{
    const struct sorted *a = left;
    const struct sorted *b = right;

    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

static void
any_disorder_inside_the_window_is_mended(void **state)
{
    enum {
        COUNT = 4000
    };
    struct sorted *wanted = calloc(COUNT, sizeof(*wanted));
    struct test_random random = {7};
    struct trace trace;
    struct result *result;

    (void)state;
    assert_non_null(wanted);
    trace_begin(&trace);
    for (unsigned i = 0; i < COUNT; i++) {
        wanted[i].time = i * ms / 10 + test_random_below(&random, 500) * ms / 10;
        wanted[i].id = i;
        put_call(&trace, wanted[i].time, i);
    }
    qsort(wanted, COUNT, sizeof(*wanted), compare_sorted);
    result = read_trace(&trace);
    CHECK_UINT(result->count, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK_UINT(result->times[i], wanted[i].time);
        CHECK_UINT(result->ids[i], wanted[i].id);
    }
    CHECK_UINT(result->report.late_events, 0);
    free(result);
    free(wanted);
}

static void
what_comes_too_late_is_counted(void **state)
{
    enum {
        COUNT = 3000
    };
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    for (unsigned i = 0; i < COUNT; i++) {
        put_call(&trace, ms + i, i);
    }
    put_call(&trace, 0, COUNT);
    put_call(&trace, 1, COUNT + 1);
    put_call(&trace, 900 * ms, COUNT + 2);
    result = read_trace(&trace);
    CHECK_UINT(result->count, COUNT + 3);
    CHECK_UINT(result->report.late_events, 2);
    free(result);
}

static void
events_backwards_in_time_all_come(void **state)
{
    enum {
        COUNT = 5000
    };
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    for (unsigned i = 0; i < COUNT; i++) {
        put_call(&trace, (COUNT - i) * ms, i);
    }
    result = read_trace(&trace);
    CHECK_UINT(result->count, COUNT);
    assert_true(result->report.late_events > 0);
    free(result);
}

static void
one_time_from_the_future_spoils_nothing(void **state)
{
    static const uint64_t ids[] = {2, 4, 3, 6, 5, 1};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 4000000000 * ms, 1);
    put_call(&trace, 10 * ms, 2);
    put_call(&trace, 30 * ms, 3);
    put_call(&trace, 20 * ms, 4);
    put_call(&trace, 50 * ms, 5);
    put_call(&trace, 40 * ms, 6);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    CHECK_UINT(result->report.late_events, 0);
    free(result);
}

static void
state_never_moves_behind_events_that_follow_it(void **state)
{
    static const uint64_t ids[] = {7, 11, 1, 8, 12, 2};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 10, 1);
    put_process(&trace, 12, 7, ATR_LIFE_BEGIN);
    put_call(&trace, 20, 2);
    put_call(&trace, 5, 11);
    put_process(&trace, 11, 8, ATR_LIFE_BEGIN);
    put_call(&trace, 15, 12);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    CHECK_UINT(result->report.late_events, 0);
    free(result);
}

static void
the_end_of_a_life_goes_where_its_time_says(void **state)
{
    static const uint64_t ids[] = {1, 11, 7, 2};
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 10, 1);
    put_process(&trace, 16, 7, ATR_LIFE_END);
    put_call(&trace, 20, 2);
    put_call(&trace, 15, 11);
    result = read_trace(&trace);
    check_ids(result, ids, ATR_COUNT(ids));
    free(result);
}

static void
sections_keep_their_own_times(void **state)
{
    struct trace first;
    struct trace second;
    struct atr_bytes more;
    struct result *result;

    (void)state;
    trace_begin(&second);
    put_call(&second, 1, 3);
    put_call(&second, 0, 4);
    more = trace_end(&second);
    trace_begin(&first);
    put_call(&first, 20, 1);
    put_call(&first, 30, 2);
    CHECK_UINT(atr_writer_finish(first.writer, NULL), ATR_OK);
    atr_text_put(&first.bytes, atr_str_make((const char *)more.data, more.size_bytes));
    trace_free(&second);

    static const uint64_t ids[] = {1, 2, 4, 3};

    atr_writer_destroy(first.writer);
    atr_file_close(first.file);
    result = malloc(sizeof(*result));
    assert_non_null(result);
    read_bytes(result,
               (struct atr_bytes){(const uint8_t *)first.bytes.data, first.bytes.size_bytes});
    CHECK_UINT(result->status, ATR_END);
    check_ids(result, ids, ATR_COUNT(ids));
    CHECK_UINT(result->report.late_events, 0);
    assert_false(result->report.damaged);
    trace_free(&first);
    free(result);
}

/* An event whose payload does not fit one packet. */
static struct atr_event
large_event(struct trace *trace, uint8_t *payload, size_t size)
{
    struct atr_event event = {.kind = ATR_RECORD_ENTER};

    for (size_t i = 0; i < size; i++) {
        payload[i] = (uint8_t)(i % 251);
    }
    event.as.alpc.call_id = 77;
    event.sequence = ++trace->sequence;
    event.time_ns = base_ns + 2;
    event.parts[0] = (struct atr_part){
        .type = ATR_PART_VIEW, .original_bytes = 3, .bytes = {(const uint8_t *)"abc", 3}};
    event.parts[1] = (struct atr_part){
        .type = ATR_PART_PAYLOAD, .original_bytes = (uint32_t)size, .bytes = {payload, size}};
    event.part_count = 2;
    return event;
}

static void
continuations_are_joined_across_other_records(void **state)
{
    enum {
        SIZE = 700000
    };

    uint8_t *payload = malloc(SIZE);
    struct trace trace;
    struct atr_event event;
    struct atr_record_encoder encoder;
    struct atr_text record;
    uint32_t cut_bytes = 0;
    uint32_t records = 0;
    uint8_t sum = 0;
    struct result *result;

    (void)state;
    assert_non_null(payload);
    trace_begin(&trace);
    event = large_event(&trace, payload, SIZE);
    atr_text_init(&record, trace.heap);
    atr_record_encoder_init(&encoder, &event);
    put_call(&trace, 1, 1);
    while (atr_record_encoder_next(&encoder, &record, &cut_bytes) == ATR_OK) {
        put_record(&trace, 2, atr_text_view(&record), cut_bytes);
        put_call(&trace, 3, 100 + records);
        put_call(&trace, 1, 200 + records);
        records++;
    }
    assert_true(records >= 3);
    result = read_trace(&trace);
    CHECK_UINT(result->count, 1 + 1 + 2 * records);
    CHECK_UINT(result->payload_bytes, SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        sum = (uint8_t)((sum + payload[i]) & 0xff);
    }
    CHECK_UINT(result->payload_sum, sum);
    CHECK_UINT(result->report.skipped, 0);
    CHECK_UINT(result->report.cut_events, 0);
    assert_false(result->report.damaged);
    atr_text_fini(&record);
    free(payload);
    free(result);
}

static void
a_late_record_still_gets_its_continuations(void **state)
{
    enum {
        SIZE = 400000,
        COUNT = 3000
    };

    uint8_t *payload = malloc(SIZE);
    struct trace trace;
    struct atr_event event;
    struct result *result;

    (void)state;
    assert_non_null(payload);
    trace_begin(&trace);
    for (unsigned i = 0; i < COUNT; i++) {
        put_call(&trace, 1000 + i, i);
    }
    event = large_event(&trace, payload, SIZE);
    put(&trace, 2, &event);
    result = read_trace(&trace);
    CHECK_UINT(result->payload_bytes, SIZE);
    CHECK_UINT(result->report.late_events, 1);
    CHECK_UINT(result->report.skipped, 0);
    free(payload);
    free(result);
}

static void
orphan_continuations_are_counted_and_not_shown(void **state)
{
    enum {
        SIZE = 400000
    };

    uint8_t *payload = malloc(SIZE);
    struct trace trace;
    struct atr_event event;
    struct atr_record_encoder encoder;
    struct atr_text record;
    uint32_t cut_bytes = 0;
    struct result *result;

    (void)state;
    assert_non_null(payload);
    trace_begin(&trace);
    event = large_event(&trace, payload, SIZE);
    atr_text_init(&record, trace.heap);
    atr_record_encoder_init(&encoder, &event);
    put_call(&trace, 1, 1);
    CHECK_UINT(atr_record_encoder_next(&encoder, &record, &cut_bytes), ATR_OK);
    CHECK_UINT(atr_record_encoder_next(&encoder, &record, &cut_bytes), ATR_OK);
    put_record(&trace, 2, atr_text_view(&record), cut_bytes);
    put_call(&trace, 3, 2);
    result = read_trace(&trace);
    CHECK_UINT(result->count, 2);
    CHECK_UINT(result->report.skipped, 1);
    assert_false(result->report.damaged);
    atr_text_fini(&record);
    free(payload);
    free(result);
}

static void
losses_are_summed(void **state)
{
    static const struct atr_drop_counter counters[] = {
        {ATR_DROP_RING_FULL, 0, 10},
        {ATR_DROP_FILTERED, 0, 1000},
        {ATR_DROP_WRITER_QUEUE, ATR_UNKNOWN_U16, 5},
    };
    struct trace trace;
    struct atr_event drops = {.kind = ATR_RECORD_DROPS};
    struct atr_event after = {.kind = ATR_RECORD_ENTER, .lost_before = 7};
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 1, 1);
    drops.as.drops = (struct atr_drops_record){ATR_COUNT(counters), counters};
    put(&trace, 2, &drops);
    put(&trace, 3, &after);
    result = read_trace(&trace);
    CHECK_UINT(result->report.lost_events, 22);
    CHECK_UINT(result->lost_before, 7);
    free(result);
}

static void
cut_parts_are_counted(void **state)
{
    struct trace trace;
    struct atr_event event = {.kind = ATR_RECORD_ENTER, .part_count = 1};
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_call(&trace, 1, 1);
    event.parts[0] = (struct atr_part){
        .type = ATR_PART_PAYLOAD, .original_bytes = 9000, .bytes = {(const uint8_t *)"abcd", 4}};
    put(&trace, 2, &event);
    result = read_trace(&trace);
    CHECK_UINT(result->report.cut_events, 1);
    assert_true((result->flags & ATR_RECORD_TRUNCATED) != 0);
    assert_false(result->report.damaged);
    free(result);
}

static void
put_shortened(struct trace *trace, uint32_t cut_bytes)
{
    struct atr_event event = {.kind = ATR_RECORD_ENTER, .sequence = 99, .part_count = 1};
    struct atr_text record;
    uint32_t ignored = 0;

    event.parts[0] = (struct atr_part){.type = ATR_PART_PAYLOAD,
                                       .original_bytes = 20,
                                       .bytes = {(const uint8_t *)"abcdefghijklmnopqrst", 20}};
    atr_text_init(&record, trace->heap);
    CHECK_UINT(atr_record_encode(&event, &record, &ignored), ATR_OK);
    put_record(trace, 2, atr_str_make(record.data, record.size_bytes - 12), cut_bytes);
    atr_text_fini(&record);
}

static void
a_packet_some_tool_has_cut_is_no_damage(void **state)
{
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_shortened(&trace, 12);
    result = read_trace(&trace);
    CHECK_UINT(result->count, 1);
    CHECK_UINT(result->payload_bytes, 8);
    CHECK_UINT(result->report.cut_events, 1);
    assert_false(result->report.damaged);
    free(result);
}

static void
a_record_that_ends_early_is_damage(void **state)
{
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_shortened(&trace, 0);
    result = read_trace(&trace);
    CHECK_UINT(result->count, 1);
    CHECK_UINT(result->notes, 1);
    assert_true(result->report.damaged);
    assert_string_equal(result->report.problem.text, "a record is truncated");
    assert_true(result->report.problem_offset > 0);
    free(result);
}

static void
unknown_kinds_and_versions_are_skipped(void **state)
{
    static const char kind[] = "\1\x7f\20\0\0\0\0\0\0\0\0\0\0\0\0\0 more";
    static const char version[] = "\2\x10\20\0\0\0\0\0\0\0\0\0\0\0\0\0 more";
    struct trace trace;
    struct result *result;

    (void)state;
    trace_begin(&trace);
    put_record(&trace, 1, ATR_STR(kind), 0);
    put_call(&trace, 2, 1);
    put_record(&trace, 3, ATR_STR(version), 0);
    result = read_trace(&trace);
    CHECK_UINT(result->count, 1);
    CHECK_UINT(result->report.skipped, 2);
    assert_false(result->report.damaged);
    free(result);
}

static void
a_file_cut_anywhere_gives_what_was_whole(void **state)
{
    struct result *result = malloc(sizeof(*result));
    struct trace trace;
    struct atr_bytes bytes;
    unsigned before = 0;

    (void)state;
    assert_non_null(result);
    trace_begin(&trace);
    for (unsigned i = 0; i < 5; i++) {
        put_call(&trace, i, i);
    }
    bytes = trace_end(&trace);
    for (size_t size = 28; size <= bytes.size_bytes; size++) {
        const uint8_t *copy = test_guarded(bytes.data, size);

        read_bytes(result, (struct atr_bytes){copy, size});
        CHECK_UINT(result->status, ATR_END);
        assert_true(result->count == before || result->count == before + 1);
        before = result->count;
        CHECK_UINT(result->report.skipped, 0);
        test_guarded_free(copy, size);
    }
    CHECK_UINT(before, 5);
    assert_false(result->report.damaged);

    read_bytes(result, (struct atr_bytes){bytes.data, bytes.size_bytes - 10});
    assert_true(result->report.damaged);
    CHECK_UINT(result->report.problem.status, ATR_TRUNCATED);
    trace_free(&trace);
    free(result);
}

/* A file that fails after some bytes. */
struct failing_file {
    struct atr_file base;
    struct atr_bytes bytes;
};

static enum atr_status
failing_read(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
             struct atr_error *error)
{
    struct failing_file *failing = (struct failing_file *)file;
    size_t some = failing->bytes.size_bytes < size_bytes ? failing->bytes.size_bytes : size_bytes;

    if (some == 0) {
        return atr_error_set(error, ATR_IO, "cannot read %s: the device failed", file->label);
    }
    memcpy(bytes, failing->bytes.data, some);
    failing->bytes.data += some;
    failing->bytes.size_bytes -= some;
    *got = some;
    return ATR_OK;
}

static void
failing_close(struct atr_file *file)
{
    (void)file;
}

static void
what_was_read_before_a_failing_read_still_comes(void **state)
{
    static const struct atr_file_ops ops = {.read = failing_read, .close = failing_close};

    enum {
        COUNT = 2000
    };
    struct atr_heap heap = atr_heap_default();
    struct failing_file *file = atr_heap_alloc(&heap, 1, sizeof(*file));
    struct result *result = malloc(sizeof(*result));
    struct trace trace;

    (void)state;
    assert_non_null(result);
    assert_non_null(file);
    trace_begin(&trace);
    for (unsigned i = 0; i < COUNT; i++) {
        put_call(&trace, i, i);
    }
    atr_file_init(&file->base, &ops, &heap, "'x'");
    file->bytes = trace_end(&trace);
    assert_true(file->bytes.size_bytes > 3 * ATR_PROBE_BYTES);
    file->bytes.size_bytes -= file->bytes.size_bytes % ATR_PROBE_BYTES;
    read_file(result, &file->base, &heap);
    CHECK_UINT(result->status, ATR_IO);
    assert_string_equal(result->error.text, "cannot read 'x': the device failed");
    assert_true(result->count > 0);
    trace_free(&trace);
    free(result);
}

static void
every_failing_allocation_ends_well(void **state)
{
    enum {
        SIZE = 300000
    };

    uint8_t *payload = malloc(SIZE);
    struct result *result = malloc(sizeof(*result));
    struct trace trace;
    struct atr_event event;
    struct atr_bytes bytes;

    (void)state;
    assert_non_null(payload);
    assert_non_null(result);
    trace_begin(&trace);
    put_process(&trace, 0, 1, ATR_LIFE_SEEN);
    event = large_event(&trace, payload, SIZE);
    put(&trace, 5, &event);
    put_call(&trace, 3, 2);
    bytes = trace_end(&trace);
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap failing;
        struct atr_file *file = NULL;

        test_failing_heap_init(&failing, n);
        if (atr_file_from_memory(&file, bytes, &failing.heap) == ATR_OK) {
            read_file(result, file, &failing.heap);
            assert_true(result->status == ATR_NOMEM || result->status == ATR_END);
        }
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            break;
        }
    }
    CHECK_UINT(result->count, 3);
    CHECK_UINT(result->payload_bytes, SIZE);
    trace_free(&trace);
    free(result);
    free(payload);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_in_order_come_as_they_were_written),
        cmocka_unit_test(events_out_of_order_come_by_time),
        cmocka_unit_test(equal_times_keep_the_order_of_the_file),
        cmocka_unit_test(any_disorder_inside_the_window_is_mended),
        cmocka_unit_test(what_comes_too_late_is_counted),
        cmocka_unit_test(events_backwards_in_time_all_come),
        cmocka_unit_test(one_time_from_the_future_spoils_nothing),
        cmocka_unit_test(state_never_moves_behind_events_that_follow_it),
        cmocka_unit_test(the_end_of_a_life_goes_where_its_time_says),
        cmocka_unit_test(sections_keep_their_own_times),
        cmocka_unit_test(continuations_are_joined_across_other_records),
        cmocka_unit_test(a_late_record_still_gets_its_continuations),
        cmocka_unit_test(orphan_continuations_are_counted_and_not_shown),
        cmocka_unit_test(losses_are_summed),
        cmocka_unit_test(cut_parts_are_counted),
        cmocka_unit_test(a_packet_some_tool_has_cut_is_no_damage),
        cmocka_unit_test(a_record_that_ends_early_is_damage),
        cmocka_unit_test(unknown_kinds_and_versions_are_skipped),
        cmocka_unit_test(a_file_cut_anywhere_gives_what_was_whole),
        cmocka_unit_test(what_was_read_before_a_failing_read_still_comes),
        cmocka_unit_test(every_failing_allocation_ends_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
