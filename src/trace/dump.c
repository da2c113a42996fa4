/* SPDX-License-Identifier: MIT */
#include "event/record.h"
#include "event/record_dump.h"
#include "store/reader.h"
#include "trace/trace.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * `alpctrace check --dump`: every record as one JSON line, in file order, continuations joined. The
 * independent reader tools/atr-dump prints the same; tests/e2e/same-as-dump compares the two.
 */
enum {
    WAITING_MAX = 1 + 64 /* as many as may stand before a continuation (docs/format.md 5) */
};

struct waiting {
    struct atr_packet packet; /* its record lies in bytes */
    struct atr_text bytes;
    uint32_t source_id;
    bool is_open; /* continuations may still come */
};

struct dumper {
    struct atr_heap heap;
    struct atr_arena arena;
    struct atr_event event;
    struct atr_text line;
    const struct atr_output *output;
    struct waiting waiting[WAITING_MAX]; /* the first is open */
    uint32_t count;
    uint64_t number;
    bool stopped;
};

static struct atr_bytes
bytes_of(const struct waiting *waiting)
{
    struct atr_str view = atr_text_view(&waiting->bytes);

    return (struct atr_bytes){(const uint8_t *)view.data, view.size_bytes};
}

static void
write_record(struct dumper *dumper, const struct waiting *waiting)
{
    static const char *const directions[] = {"null", "\"in\"", "\"out\"", "null"};
    const struct atr_packet *packet = &waiting->packet;
    struct atr_bytes record = bytes_of(waiting);
    struct atr_text *line = &dumper->line;
    struct atr_str view;

    atr_text_clear(line);
    atr_event_reset(&dumper->event, &dumper->arena, false);
    (void)atr_record_decode(record, &dumper->event);
    dumper->number++;
    if (!atr_record_dump_is_known(&dumper->event)) {
        atr_text_printf(line, "{\"kind\": %u, \"size\": %zu}\n", (unsigned)dumper->event.kind,
                        record.size_bytes);
    } else {
        atr_text_printf(line, "{\"n\":%" PRIu64 ",\"time_ns\":%" PRIu64 ",", dumper->number,
                        packet->time_ns);
        atr_record_dump_header(line, &dumper->event);
        atr_text_printf(line, ",\"direction\":%s,\"lost_before\":%" PRIu64 ",\"cut_bytes\":%u,",
                        directions[packet->direction & 3], packet->lost_before,
                        (unsigned)packet->cut_bytes);
        atr_record_dump_fields(line, &dumper->event);
        atr_text_puts(line, "}\n");
    }
    view = atr_text_view(line);
    dumper->stopped = !dumper->output->write(dumper->output->context, view.data, view.size_bytes);
}

/* Writes from the front up to a record that is open. */
static void
write_ready(struct dumper *dumper)
{
    uint32_t done = 0;

    while (done < dumper->count && !dumper->stopped && !dumper->waiting[done].is_open) {
        write_record(dumper, &dumper->waiting[done++]);
    }
    for (uint32_t i = 0; i + done < dumper->count; i++) {
        struct waiting moved = dumper->waiting[i];

        dumper->waiting[i] = dumper->waiting[i + done];
        dumper->waiting[i + done] = moved;
    }
    dumper->count -= done;
}

static void
write_all(struct dumper *dumper)
{
    for (uint32_t i = 0; i < dumper->count; i++) {
        dumper->waiting[i].is_open = false;
    }
    write_ready(dumper);
}

/* One without its record is skipped. */
static void
join(struct dumper *dumper, struct atr_bytes continuation)
{
    for (uint32_t i = 0; i < dumper->count; i++) {
        struct waiting *waiting = &dumper->waiting[i];

        if (waiting->is_open && atr_record_join(&waiting->bytes, continuation) == ATR_OK) {
            waiting->is_open = atr_record_is_continued(bytes_of(waiting));
            write_ready(dumper);
            return;
        }
    }
}

/* Nothing more comes for the record before of the same source, nor for one too far away. */
static void
end_waits(struct dumper *dumper, uint32_t source_id)
{
    for (uint32_t i = 0; i < dumper->count; i++) {
        dumper->waiting[i].is_open &= dumper->waiting[i].source_id != source_id;
    }
    if (dumper->count == WAITING_MAX) {
        dumper->waiting[0].is_open = false;
    }
    write_ready(dumper);
}

static enum atr_status
add(struct dumper *dumper, const struct atr_packet *packet)
{
    struct atr_cursor cur = atr_cursor_make(packet->record.data, packet->record.size_bytes);
    uint8_t version = atr_cursor_u8(&cur);
    uint8_t kind = atr_cursor_u8(&cur);
    uint16_t header_bytes = atr_cursor_u16(&cur);
    uint32_t source_id = atr_cursor_u32(&cur);
    struct waiting *slot;

    if (version != ATR_RECORD_VERSION || header_bytes < ATR_RECORD_HEADER_BYTES ||
        header_bytes > packet->record.size_bytes) {
        return ATR_OK; /* skipped */
    }
    if (kind == ATR_RECORD_CONTINUATION) {
        join(dumper, packet->record);
        return ATR_OK;
    }
    end_waits(dumper, source_id);
    if (dumper->stopped) {
        return ATR_OK;
    }
    slot = &dumper->waiting[dumper->count++];
    slot->packet = *packet;
    slot->source_id = source_id;
    slot->is_open = atr_record_is_continued(packet->record);
    atr_text_clear(&slot->bytes);
    atr_text_put(&slot->bytes,
                 atr_str_make((const char *)packet->record.data, packet->record.size_bytes));
    write_ready(dumper);
    return slot->bytes.status;
}

/* A continuation does not go from one section to another. */
static void
on_block(void *context, const struct atr_block *block)
{
    if (block->type == ATR_BLOCK_SECTION) {
        write_all(context);
    }
}

static enum atr_status
dump_file(struct dumper *dumper, struct atr_file *file, struct atr_reader_report *report,
          struct atr_error *error)
{
    const struct atr_reader_options options = {.on_block = on_block, .context = dumper};
    struct atr_reader *reader = NULL;
    uint8_t head[4096];
    size_t size = 0;
    enum atr_status status = atr_file_read(file, head, sizeof(head), &size, error);

    if (status == ATR_OK || status == ATR_END) {
        status = atr_reader_open(&reader, file, (struct atr_bytes){head, size}, &options,
                                 &dumper->heap, error);
    }
    while (status == ATR_OK && !dumper->stopped) {
        struct atr_packet packet;

        status = atr_reader_next(reader, &packet, error);
        if (status == ATR_OK) {
            status = add(dumper, &packet);
        }
    }
    write_all(dumper);
    if (reader != NULL) {
        atr_reader_report(reader, report);
    }
    atr_reader_close(reader);
    return status == ATR_END ? ATR_OK : status;
}

static void
dumper_init(struct dumper *dumper, const struct atr_output *output)
{
    dumper->heap = atr_heap_default();
    dumper->output = output;
    atr_arena_init(&dumper->arena, dumper->heap, ATR_EVENT_ARENA_BYTES);
    atr_text_init(&dumper->line, dumper->heap);
    for (uint32_t i = 0; i < WAITING_MAX; i++) {
        atr_text_init(&dumper->waiting[i].bytes, dumper->heap);
    }
}

static void
dumper_fini(struct dumper *dumper)
{
    for (uint32_t i = 0; i < WAITING_MAX; i++) {
        atr_text_fini(&dumper->waiting[i].bytes);
    }
    atr_text_fini(&dumper->line);
    atr_arena_fini(&dumper->arena);
}

enum atr_result
atr_dump(const char *path, const struct atr_output *output, struct atr_words *words)
{
    struct dumper dumper = {.count = 0};
    struct atr_reader_report report = {.damaged = false};
    struct atr_error error = {.status = ATR_OK};
    struct atr_file *file = NULL;
    enum atr_status status;

    dumper_init(&dumper, output);
    status = atr_file_open(&file, path, &dumper.heap, &error);
    if (status == ATR_OK) {
        status = dump_file(&dumper, file, &report, &error);
    }
    atr_file_close(file);
    dumper_fini(&dumper);
    if (status != ATR_OK) {
        return atr_trace_fail(ATR_RESULT_NOTHING, &error, words);
    }
    if (report.damaged) {
        (void)atr_error_set(&error, ATR_MALFORMED, "%s: %s", path, report.problem);
        return atr_trace_fail(dumper.number == 0 ? ATR_RESULT_NOTHING : ATR_RESULT_DAMAGED, &error,
                              words);
    }
    return ATR_RESULT_OK;
}
