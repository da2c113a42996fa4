/* SPDX-License-Identifier: MIT */
#include "capture/trace_file.h"

#include "base/cursor.h"
#include "capture/resort.h"
#include "event/record.h"
#include "store/reader.h"

#include <string.h>

struct trace_file {
    struct atr_heap heap;
    struct atr_reader *reader;
    struct atr_resort *resort;
    uint64_t sections; /* the reader has come to */

    /* A packet of the next section waits here until the window is empty. */
    struct atr_packet held;
    uint64_t window_section;
    bool has_held;

    /* Why there are no more packets: OK as long as there are. Told once the window is empty. */
    enum atr_status end;
    struct atr_error end_error;

    struct atr_error problem; /* the first record that made no sense */
    uint64_t problem_offset;
    uint64_t cut_events;
    uint64_t late_events;
    uint64_t skipped;
};

static void
on_block(void *context, const struct atr_block *block)
{
    struct trace_file *trace = context;

    trace->sections += block->type == ATR_BLOCK_SECTION;
}

static void
trace_file_close(void *state)
{
    struct trace_file *trace = state;
    struct atr_heap heap = trace->heap;

    atr_resort_destroy(trace->resort);
    atr_reader_close(trace->reader);
    atr_heap_free(&heap, trace);
}

static enum atr_status
trace_file_open(void **state, struct atr_file *file, struct atr_bytes head,
                const struct atr_heap *heap, struct atr_error *error)
{
    struct trace_file *trace = atr_heap_alloc(heap, 1, sizeof(*trace));
    struct atr_reader_options options = {.on_block = on_block, .context = trace};
    enum atr_status status;

    if (trace == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    trace->heap = *heap;
    status = atr_resort_create(&trace->resort, heap);
    if (status != ATR_OK) {
        (void)atr_error_set(error, status, "%s", atr_status_text(status));
    } else {
        status = atr_reader_open(&trace->reader, file, head, &options, heap, error);
    }
    if (status != ATR_OK) {
        trace_file_close(trace);
        return status;
    }
    *state = trace;
    return ATR_OK;
}

static bool
is_continuation(struct atr_bytes record)
{
    return record.size_bytes > 1 && record.data[1] == ATR_RECORD_CONTINUATION;
}

/* Puts the packet in hand into the window. */
static void
put_held(struct trace_file *trace)
{
    enum atr_status status;

    trace->has_held = false;
    if (!is_continuation(trace->held.record)) {
        status = atr_resort_put(trace->resort, &trace->held);
    } else {
        status = atr_resort_join(trace->resort, &trace->held);
        trace->skipped += status != ATR_OK;
    }
    if (status == ATR_NOMEM) {
        trace->end = atr_error_set(&trace->end_error, status, "%s", atr_status_text(status));
    }
}

/* Fills the window, as far as the section goes. */
static void
fill_window(struct trace_file *trace)
{
    while (trace->end == ATR_OK && !trace->has_held && atr_resort_wants_more(trace->resort)) {
        trace->end = atr_reader_next(trace->reader, &trace->held, &trace->end_error);
        if (trace->end != ATR_OK) {
            break;
        }
        trace->has_held = true;
        if (trace->sections == trace->window_section) {
            put_held(trace);
        }
    }
}

/* The next packet in order; NULL at the end. */
static const struct atr_packet *
take_packet(struct trace_file *trace)
{
    for (;;) {
        const struct atr_packet *packet;
        bool is_late = false;

        fill_window(trace);
        packet = atr_resort_take(trace->resort, &is_late);
        trace->late_events += is_late;
        if (packet != NULL || !trace->has_held) {
            return packet;
        }
        atr_resort_restart(trace->resort);
        trace->window_section = trace->sections;
        put_held(trace);
    }
}

static bool
is_cut(const struct atr_event *event, const struct atr_packet *packet)
{
    for (uint32_t i = 0; i < event->part_count; i++) {
        if (event->parts[i].original_bytes > event->parts[i].bytes.size_bytes) {
            return true;
        }
    }
    return packet->cut_bytes != 0;
}

static void
note_problem(struct trace_file *trace, const struct atr_packet *packet, enum atr_status status)
{
    if (trace->problem.status == ATR_OK) {
        (void)atr_error_set(&trace->problem, status, "a record is %s", atr_status_text(status));
        trace->problem_offset = packet->file_offset;
    }
}

/* Without a whole header nothing says what the rest is. */
static bool
has_header(struct atr_bytes record)
{
    struct atr_cursor cur = atr_cursor_make(record.data, record.size_bytes);
    uint16_t header_bytes;

    atr_cursor_skip(&cur, 2);
    header_bytes = atr_cursor_u16(&cur);
    return header_bytes >= ATR_RECORD_HEADER_BYTES && header_bytes <= record.size_bytes;
}

/* False when the record is nothing that can be shown; what is wrong with it is noted. */
/* In a pinned arena events outlive the next one: their bytes must, too. */
static struct atr_bytes
kept_record(const struct atr_packet *packet, const struct atr_event *event)
{
    struct atr_bytes record = packet->record;
    uint8_t *copy;

    if (!event->arena->is_pinned) {
        return record;
    }
    copy = atr_arena_take(event->arena, record.size_bytes, 1);
    if (copy == NULL) {
        return (struct atr_bytes){NULL, 0};
    }
    memcpy(copy, record.data, record.size_bytes);
    return (struct atr_bytes){copy, record.size_bytes};
}

static bool
fill_event(struct trace_file *trace, const struct atr_packet *packet, struct atr_event *event)
{
    enum atr_status status = atr_record_decode(kept_record(packet, event), event);

    if (status == ATR_UNSUPPORTED) {
        trace->skipped++;
        return false;
    }
    if (status != ATR_OK) {
        /* A packet that some tool has cut on purpose is no damage. */
        if (packet->cut_bytes == 0 && status != ATR_LIMIT) {
            note_problem(trace, packet, status);
        }
        if (!has_header(packet->record)) {
            return false;
        }
        atr_event_note(event, "record", status);
    }
    event->time_ns = packet->time_ns;
    event->lost_before = packet->lost_before;
    if (is_cut(event, packet)) {
        event->flags |= ATR_RECORD_TRUNCATED;
        trace->cut_events += !atr_event_is_state(event);
    }
    return true;
}

static enum atr_status
trace_file_next(void *state, struct atr_event *event, struct atr_error *error)
{
    struct trace_file *trace = state;

    for (;;) {
        const struct atr_packet *packet = take_packet(trace);

        if (packet == NULL) {
            if (trace->end != ATR_END && error != NULL) {
                *error = trace->end_error;
            }
            return trace->end;
        }
        if (fill_event(trace, packet, event)) {
            return ATR_OK;
        }
        atr_event_reset(event, event->arena, event->fields.arena != NULL);
    }
}

static void
trace_file_report(const void *state, struct atr_capture_report *report)
{
    const struct trace_file *trace = state;
    struct atr_reader_report file;

    atr_reader_report(trace->reader, &file);
    *report = (struct atr_capture_report){
        .damaged = file.damaged || trace->problem.status != ATR_OK,
        .lost_events = file.lost,
        .cut_events = trace->cut_events,
        .late_events = trace->late_events,
        .skipped = trace->skipped + file.foreign_packets,
        .input_bytes = file.bytes,
    };
    if (file.damaged &&
        (trace->problem.status == ATR_OK || file.problem_offset < trace->problem_offset)) {
        (void)atr_error_set(&report->problem, file.is_cut ? ATR_TRUNCATED : ATR_MALFORMED, "%s",
                            file.problem);
        report->problem_offset = file.problem_offset;
    } else {
        report->problem = trace->problem;
        report->problem_offset = trace->problem_offset;
    }
}

static unsigned
trace_file_probe(struct atr_bytes head)
{
    return atr_reader_probe(head);
}

const struct atr_capture_ops atr_trace_file_source = {
    .name = "trace file",
    .summary = "pcapng file of this tool, also after other pcapng tools had it",
    .can_pin = true,
    .probe = trace_file_probe,
    .open = trace_file_open,
    .next = trace_file_next,
    .report = trace_file_report,
    .close = trace_file_close,
};
