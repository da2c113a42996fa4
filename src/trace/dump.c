/* SPDX-License-Identifier: MIT */
#include "event/record.h"
#include "event/record_dump.h"
#include "store/reader.h"
#include "trace/trace.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * `alpctrace check --dump`: every record as one JSON line, in file order, continuations joined. The
 * independent reader tools/atr-dump prints the same; a test compares the two.
 */
enum {
    WAITING_MAX = 64
};

struct waiting {
    struct atr_packet packet; /* its record lies in bytes */
    struct atr_text bytes;
};

struct dumper {
    struct atr_heap heap;
    struct atr_arena arena;
    struct atr_event event;
    struct atr_text line;
    const struct atr_output *output;
    struct waiting waiting[WAITING_MAX]; /* behind a record that is still being continued */
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

/* Writes from the front up to a record that may still be continued; all: everything. */
static void
write_ready(struct dumper *dumper, bool all)
{
    uint32_t done = 0;

    while (done < dumper->count && !dumper->stopped &&
           (all || !atr_record_is_continued(bytes_of(&dumper->waiting[done])))) {
        write_record(dumper, &dumper->waiting[done++]);
    }
    for (uint32_t i = 0; i + done < dumper->count; i++) {
        struct waiting moved = dumper->waiting[i];

        dumper->waiting[i] = dumper->waiting[i + done];
        dumper->waiting[i + done] = moved;
    }
    dumper->count -= done;
}

static bool
join(struct dumper *dumper, struct atr_bytes record)
{
    for (uint32_t i = 0; i < dumper->count; i++) {
        if (atr_record_join(&dumper->waiting[i].bytes, record) == ATR_OK) {
            return true;
        }
    }
    return false;
}

static uint32_t
source_of(struct atr_bytes record)
{
    struct atr_cursor cur = atr_cursor_make(record.data, record.size_bytes);

    atr_cursor_seek(&cur, 4);
    return atr_cursor_u32(&cur);
}

/* A record of the same source ends the wait for more of the one before. */
static bool
ends_a_wait(const struct dumper *dumper, struct atr_bytes record)
{
    for (uint32_t i = 0; i < dumper->count; i++) {
        if (source_of(bytes_of(&dumper->waiting[i])) == source_of(record)) {
            return true;
        }
    }
    return dumper->count == WAITING_MAX;
}

static enum atr_status
add(struct dumper *dumper, const struct atr_packet *packet)
{
    struct waiting *slot;

    if (packet->record.size_bytes > 1 && packet->record.data[1] == ATR_RECORD_CONTINUATION) {
        if (join(dumper, packet->record)) {
            write_ready(dumper, false);
        }
        return ATR_OK; /* one without its record is skipped */
    }
    if (ends_a_wait(dumper, packet->record)) {
        write_ready(dumper, true);
    }
    slot = &dumper->waiting[dumper->count++];
    slot->packet = *packet;
    atr_text_clear(&slot->bytes);
    atr_text_put(&slot->bytes,
                 atr_str_make((const char *)packet->record.data, packet->record.size_bytes));
    write_ready(dumper, false);
    return slot->bytes.status;
}

static enum atr_status
dump_file(struct dumper *dumper, struct atr_file *file, struct atr_reader_report *report,
          struct atr_error *error)
{
    struct atr_reader *reader = NULL;
    uint8_t head[4096];
    size_t size = 0;
    enum atr_status status = atr_file_read(file, head, sizeof(head), &size, error);

    if (status == ATR_OK || status == ATR_END) {
        status = atr_reader_open(&reader, file, (struct atr_bytes){head, size}, NULL, &dumper->heap,
                                 error);
    }
    while (status == ATR_OK && !dumper->stopped) {
        struct atr_packet packet;

        status = atr_reader_next(reader, &packet, error);
        if (status == ATR_OK) {
            status = add(dumper, &packet);
        }
    }
    write_ready(dumper, true);
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
        return atr_trace_fail(report.packets == 0 ? ATR_RESULT_NOTHING : ATR_RESULT_DAMAGED, &error,
                              words);
    }
    return ATR_RESULT_OK;
}
