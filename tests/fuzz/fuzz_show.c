/* SPDX-License-Identifier: MIT */
/*
 * The whole way of `show`, `tree`, `show --events` and `show --json`: any bytes that a source
 * knows, through session, decoders and names, to each printer with all it can show.
 *
 * Input that starts with "RECS" is a list of records, each behind its u16 length: they become a
 * trace file first, so that the fuzzer need not keep the lengths of a pcapng right.
 */
#include "fuzz/output_check.h"
#include "output/printer.h"
#include "store/writer.h"
#include "trace/trace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TIME_NS UINT64_C(1700000000000000000)

/* A macro, so that the line of a failure is known. */
#define NEED(holds)     \
    do {                \
        if (!(holds)) { \
            abort();    \
        }               \
    } while (0)

static enum atr_status
keep(void *context, struct atr_str text)
{
    struct atr_text *shown = context;

    atr_text_put(shown, text);
    return shown->status;
}

static bool
open_trace(struct atr_trace *trace, struct atr_bytes bytes)
{
    struct atr_file *file;
    struct atr_error error;

    *trace = (struct atr_trace){.heap = atr_heap_default()};
    atr_arena_init(&trace->arena, trace->heap, ATR_EVENT_ARENA_BYTES);
    NEED(atr_file_from_memory(&file, bytes, &trace->heap) == ATR_OK);
    NEED(atr_session_create(&trace->session, &trace->heap) == ATR_OK);
    return atr_capture_open_file(&trace->capture, file, &trace->heap, &error) == ATR_OK;
}

/* False: no source knows the bytes. */
static bool
show(const struct atr_printer_ops *ops, const struct atr_style *style, struct atr_bytes bytes,
     struct atr_text *shown)
{
    struct atr_trace trace;
    void *printer = NULL;
    bool is_known = open_trace(&trace, bytes);

    if (is_known) {
        NEED(ops->create(&printer, style, (struct atr_sink){keep, shown}, &trace.heap) == ATR_OK);
        trace.want_fields = style->fields || ops->wants_fields;
        trace.want_frames = style->stacks || ops->wants_fields;
        trace.needs = ops->needs;
        trace.needs_context = printer;
        while (atr_trace_next(&trace, NULL) == ATR_OK) {
            NEED(ops->event(printer, trace.event) == ATR_OK);
        }
        NEED(ops->finish(printer) == ATR_OK);
    }
    ops->destroy(printer);
    atr_trace_close(&trace);
    return is_known;
}

static void
show_with(const struct atr_style *style, struct atr_bytes bytes)
{
    static const struct atr_printer_ops *const all[] = {&atr_json_printer, &atr_call_printer,
                                                        &atr_tree_printer, &atr_event_printer};
    bool is_known = true;

    for (size_t i = 0; i < ATR_COUNT(all) && is_known; i++) {
        struct atr_text shown;

        atr_text_init(&shown, atr_heap_default());
        is_known = show(all[i], style, bytes, &shown);
        NEED(is_safe_text(atr_text_view(&shown)));
        NEED(i > 0 || are_json_lines(atr_text_view(&shown)));
        atr_text_fini(&shown);
    }
}

/* With all there is to show, and as it is mostly shown: with what no line needs left unread. */
static void
show_everything(struct atr_bytes bytes)
{
    static const struct atr_style full = {
        .time = ATR_TIME_DATE, .hex = true, .fields = true, .stacks = true, .string_max = 32};
    static const struct atr_style brief = {.time = ATR_TIME_CLOCK, .string_max = 64};

    show_with(&full, bytes);
    show_with(&brief, bytes);
}

/* A trace file of the listed records, a microsecond apart. */
static void
make_trace(const uint8_t *data, size_t size, struct atr_text *out)
{
    struct atr_writer_options options = {.without_checksum = true};
    struct atr_heap heap = atr_heap_default();
    struct atr_writer *writer;
    struct atr_file *file;
    uint64_t time_ns = TIME_NS;

    NEED(atr_file_to_memory(&file, out, &heap) == ATR_OK);
    NEED(atr_writer_create(&writer, file, &options, &heap, NULL) == ATR_OK);
    for (size_t at = 0; size - at >= 2;) {
        size_t length = (size_t)(data[at] | data[at + 1] << 8);
        struct atr_packet packet = {.time_ns = time_ns += 1000};

        at += 2;
        length = length < size - at ? length : size - at;
        packet.record = (struct atr_bytes){data + at, length};
        packet.is_state = length > 1 && data[at + 1] < ATR_RECORD_ENTER;
        NEED(atr_writer_put(writer, &packet) != ATR_IO); /* too short or too long is fine */
        at += length;
    }
    NEED(atr_writer_finish(writer, NULL) == ATR_OK);
    atr_writer_destroy(writer);
    atr_file_close(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_text made;

    if (size == 0) {
        return 0;
    }
    atr_text_init(&made, atr_heap_default());
    if (size >= 4 && memcmp(data, "RECS", 4) == 0) {
        make_trace(data + 4, size - 4, &made);
        data = (const uint8_t *)made.data;
        size = made.size_bytes;
    }
    show_everything((struct atr_bytes){data, size});
    atr_text_fini(&made);
    return 0;
}
