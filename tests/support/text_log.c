/* SPDX-License-Identifier: MIT */
#include "support/text_log.h"

#include "event/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
copy_text(char *out, size_t room, struct atr_str text)
{
    size_t size = text.size_bytes < room - 1 ? text.size_bytes : room - 1;

    if (size > 0) {
        memcpy(out, text.data, size);
    }
    out[size] = 0;
}

static void
see_process(struct test_log *log, const struct atr_process_record *record)
{
    struct test_log_process *process = &log->process_of[record->process_id % TEST_LOG_IDS];

    assert_int_not_equal(record->process_id, 0);
    assert_non_null(record->image.data);
    if (record->process_id > log->processes) {
        assert_int_equal(record->process_id, log->processes + 1);
        log->processes++;
    } else {
        /* Defined again: only what was unknown may change. */
        assert_true(process->pid == record->pid || process->pid == ATR_UNKNOWN_U32);
    }
    process->pid = record->pid;
    copy_text(process->image, sizeof(process->image), record->image);
}

static void
see_port(struct test_log *log, const struct atr_port_record *record)
{
    assert_int_not_equal(record->port_id, 0);
    assert_true(record->owner_process_id <= log->processes);
    assert_true(record->name_string_id <= log->string_seen);
    log->port_of[record->port_id % TEST_LOG_IDS] = *record;
    log->connection_ports += record->kind == ATR_PORT_CONNECTION;
    assert_true((record->kind == ATR_PORT_CONNECTION) == (record->connection_port_id == 0));
}

static void
see_stack(struct test_log *log, const struct atr_stack_record *record)
{
    assert_int_equal(record->stack_id, ++log->stack_seen);
    assert_in_range(record->frame_count, 1, ATR_FRAMES_MAX);
    log->stacks++;
    for (uint32_t i = 0; i < record->frame_count; i++) {
        assert_true(record->frames[i].text_string_id <= log->string_seen);
    }
    memcpy(log->frames_of[record->stack_id % TEST_LOG_CALLS], record->frames,
           record->frame_count * sizeof(*record->frames));
    log->frame_count_of[record->stack_id % TEST_LOG_CALLS] = record->frame_count;
}

static void
resolve_port(struct test_log *log, struct test_log_call *call)
{
    const struct atr_port_record *port = &log->port_of[call->record.port_id % TEST_LOG_IDS];
    const struct atr_port_record *connection = port;

    assert_int_equal(port->port_id, call->record.port_id);
    if (port->kind != ATR_PORT_CONNECTION) {
        connection = &log->port_of[port->connection_port_id % TEST_LOG_IDS];
        assert_int_equal(connection->port_id, port->connection_port_id);
    }
    call->port_kind = port->kind;
    call->port_owner = log->process_of[port->owner_process_id % TEST_LOG_IDS];
    call->server = log->process_of[connection->owner_process_id % TEST_LOG_IDS];
    if (port->peer_port_id != 0) {
        const struct atr_port_record *peer = &log->port_of[port->peer_port_id % TEST_LOG_IDS];

        assert_int_equal(peer->port_id, port->peer_port_id);
        call->peer = log->process_of[peer->owner_process_id % TEST_LOG_IDS];
    }
    memcpy(call->port_name, log->string_of[connection->name_string_id % TEST_LOG_IDS],
           sizeof(call->port_name));
}

static void
keep_call(struct test_log *log, const struct atr_event *event)
{
    struct test_log_call *call = &log->calls[log->call_count];
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_PAYLOAD);

    call->kind = event->kind;
    call->flags = event->flags;
    call->lost_before = event->lost_before;
    call->record = event->as.alpc;
    if (event->as.alpc.process_id != 0) {
        call->caller = log->process_of[event->as.alpc.process_id % TEST_LOG_IDS];
    }
    if (event->as.alpc.port_id != 0) {
        resolve_port(log, call);
    }
    if (event->as.alpc.stack_id != 0) {
        uint32_t at = event->as.alpc.stack_id % TEST_LOG_CALLS;

        assert_true(event->as.alpc.stack_id <= log->stack_seen);
        call->frame_count = log->frame_count_of[at];
        memcpy(call->frames, log->frames_of[at], sizeof(call->frames));
    }
    if (part != NULL) {
        assert_true(part->original_bytes >= part->bytes.size_bytes);
        call->original_bytes = part->original_bytes;
        call->payload_size = part->bytes.size_bytes;
        call->payload = malloc(part->bytes.size_bytes);
        assert_non_null(call->payload);
        memcpy(call->payload, part->bytes.data, part->bytes.size_bytes);
    }
}

static void
see(struct test_log *log, const struct atr_event *event)
{
    assert_true((event->flags & ATR_RECORD_TIME_UNKNOWN) != 0);
    switch (event->kind) {
    case ATR_RECORD_MANIFEST:
        CHECK_UINT(event->number, 1);
        break;
    case ATR_RECORD_PROCESS:
        see_process(log, &event->as.process);
        break;
    case ATR_RECORD_PORT:
        see_port(log, &event->as.port);
        break;
    case ATR_RECORD_HANDLE:
        assert_in_range(event->as.handle.process_id, 1, log->processes);
        break;
    case ATR_RECORD_STRING:
        CHECK_UINT(event->as.string.string_id, ++log->string_seen);
        copy_text(log->string_of[log->string_seen % TEST_LOG_IDS], TEST_LOG_NAME,
                  event->as.string.text);
        break;
    case ATR_RECORD_STACK:
        see_stack(log, &event->as.stack);
        break;
    case ATR_RECORD_MARK: {
        size_t used = strlen(log->marks);

        (void)snprintf(log->marks + used, sizeof(log->marks) - used, "%.*s\n",
                       (int)event->as.mark.text.size_bytes, event->as.mark.text.data);
        break;
    }
    default:
        assert_false(atr_event_is_state(event));
        CHECK_UINT(event->time_ns, 1000 * (uint64_t)log->call_count);
        if (log->call_count < TEST_LOG_CALLS) {
            keep_call(log, event);
        }
        log->call_count++;
    }
}

static void
read_events(struct test_log *log, const struct atr_capture_ops *ops, void *state,
            const struct atr_heap *heap)
{
    struct atr_event *event = calloc(1, sizeof(*event));
    struct atr_error error = {0};
    struct atr_arena arena;
    uint64_t number = 0;

    assert_non_null(event);
    atr_arena_init(&arena, *heap, ATR_EVENT_ARENA_BYTES);
    for (;;) {
        atr_event_reset(event, &arena, false);
        log->status = ops->next(state, event, &error);
        if (log->status != ATR_OK) {
            break;
        }
        CHECK_UINT(event->number, ++number);
        see(log, event);
    }
    ops->report(state, &log->report);
    CHECK_UINT(log->report.records, number);
    CHECK_UINT(log->report.events, log->call_count);
    atr_arena_fini(&arena);
    free(event);
}

struct test_log *
test_log_read(const struct atr_capture_ops *ops, const void *bytes, size_t size, size_t head_size,
              const struct atr_heap *heap)
{
    struct test_log *log = calloc(1, sizeof(*log));
    uint8_t *guarded = test_guarded(bytes, head_size);
    struct atr_heap file_heap = atr_heap_default();
    struct atr_error error = {0};
    struct atr_file *file = NULL;
    void *state = NULL;

    assert_non_null(log);
    CHECK_UINT(atr_file_from_memory(&file, (struct atr_bytes){bytes, size}, &file_heap), ATR_OK);
    CHECK_UINT(atr_file_seek(file, head_size, &error), ATR_OK);
    log->status = ops->open(&state, file, (struct atr_bytes){guarded, head_size}, heap, &error);
    if (log->status == ATR_OK) {
        read_events(log, ops, state, heap);
        ops->close(state);
    }
    atr_file_close(file);
    test_guarded_free(guarded, head_size);
    return log;
}

void
test_log_free(struct test_log *log)
{
    for (uint32_t i = 0; i < TEST_LOG_CALLS; i++) {
        free(log->calls[i].payload);
    }
    free(log);
}

struct test_log *
test_log_read_all(const struct atr_capture_ops *ops, const void *bytes, size_t size)
{
    struct atr_heap heap = atr_heap_default();
    struct test_log *log = test_log_read(
        ops, bytes, size, size < ATR_PROBE_BYTES ? size : (size_t)ATR_PROBE_BYTES, &heap);

    CHECK_UINT(log->status, ATR_END);
    CHECK_UINT(log->report.input_bytes, size);
    return log;
}

const char *
test_log_frame_text(const struct test_log *log, const struct test_log_call *call, uint32_t frame)
{
    assert_true(frame < call->frame_count);
    return log->string_of[call->frames[frame].text_string_id % TEST_LOG_IDS];
}

static void
try_prefixes(const struct atr_capture_ops *ops, const uint8_t *bytes, size_t size)
{
    for (size_t cut = 0; cut <= size; cut++) {
        test_log_free(test_log_read_all(ops, bytes, cut));
    }
}

static void
try_flips(const struct atr_capture_ops *ops, const uint8_t *bytes, size_t size)
{
    struct test_random random = {1};
    uint8_t *flipped = malloc(size);

    assert_non_null(flipped);
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(flipped, bytes, size);
        for (unsigned j = 0; j <= i % 8; j++) {
            flipped[test_random_below(&random, (uint32_t)size)] = (uint8_t)test_random_u32(&random);
        }
        test_log_free(test_log_read_all(ops, flipped, size));
    }
    free(flipped);
}

static void
try_failing_heap(const struct atr_capture_ops *ops, const uint8_t *bytes, size_t size)
{
    struct test_failing_heap heap;
    uint64_t n = 0;

    do {
        struct test_log *log;

        test_failing_heap_init(&heap, ++n);
        log = test_log_read(ops, bytes, size, size / 2, &heap.heap);
        CHECK_UINT(log->status, heap.failed ? ATR_NOMEM : ATR_END);
        CHECK_UINT(heap.live_blocks, 0);
        test_log_free(log);
    } while (heap.failed);
    assert_true(n > 5);
}

void
test_log_torture(const struct atr_capture_ops *ops, const void *bytes, size_t size)
{
    try_prefixes(ops, bytes, size);
    try_flips(ops, bytes, size);
    try_failing_heap(ops, bytes, size);
}

uint8_t *
test_log_utf16(const char *text, size_t size, bool big_endian, bool has_mark, size_t *out_size)
{
    uint8_t *out = calloc(size + 1, 2);
    size_t at = 0;

    assert_non_null(out);
    if (has_mark) {
        out[big_endian ? 0 : 1] = 0xfe;
        out[big_endian ? 1 : 0] = 0xff;
        at = 2;
    }
    for (size_t i = 0; i < size; i++) {
        out[at + big_endian] = (uint8_t)text[i];
        at += 2;
    }
    *out_size = at;
    return out;
}
