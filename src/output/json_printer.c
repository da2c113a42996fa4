/* SPDX-License-Identifier: MIT */
#include "event/words.h"
#include "output/printer.h"
#include "output/values.h"

/* One JSON object a line for every enter and exit (`show --json`). */
struct json_printer {
    struct atr_heap heap;
    struct atr_sink sink;
    struct atr_style style;
    struct atr_text out;
};

enum {
    SINK_BYTES = 64 * 1024
};

static enum atr_status
json_create(void **state, const struct atr_style *style, struct atr_sink sink,
            const struct atr_heap *heap)
{
    struct json_printer *printer = atr_heap_alloc(heap, 1, sizeof(*printer));

    if (printer == NULL) {
        return ATR_NOMEM;
    }
    printer->heap = *heap;
    printer->sink = sink;
    printer->style = *style;
    atr_text_init(&printer->out, *heap);
    *state = printer;
    return ATR_OK;
}

static enum atr_status
hand_over(struct json_printer *printer, size_t at_least)
{
    enum atr_status status = printer->out.status;

    if (status == ATR_OK && printer->out.size_bytes > at_least) {
        status = printer->sink.write(printer->sink.context, atr_text_view(&printer->out));
        atr_text_clear(&printer->out);
    }
    return status;
}

static void
write_frames(struct atr_text *out, const struct atr_event *event)
{
    atr_text_puts(out, ",\"stack\":[");
    for (uint32_t i = 0; i < event->frame_count; i++) {
        const struct atr_frame_text *frame = &event->frames[i];

        atr_text_puts(out, i == 0 ? "" : ",");
        if (frame->text.size_bytes > 0) {
            atr_text_json(out, frame->text);
        } else {
            atr_text_puts(out, "\"0x");
            atr_text_hex(out, frame->address);
            atr_text_putc(out, '"');
        }
    }
    atr_text_putc(out, ']');
}

/* What is no call but belongs to the recording: losses and marks. */
static void
write_notice(struct atr_text *out, const struct atr_event *event)
{
    if (event->kind == ATR_RECORD_MARK) {
        atr_text_puts(out, "{\"event\":\"mark\",\"text\":");
        atr_text_json(out, event->as.mark.text);
        atr_text_puts(out, "}\n");
        return;
    }
    for (uint32_t i = 0; i < event->as.drops.counter_count; i++) {
        const struct atr_drop_counter *counter = &event->as.drops.counters[i];

        atr_text_puts(out, "{\"event\":\"drops\",\"cause\":");
        atr_text_json(out, atr_str_from(atr_drop_cause_text(counter->cause)));
        atr_text_puts(out, ",\"count\":");
        atr_text_u64(out, counter->count);
        atr_text_puts(out, "}\n");
    }
}

static enum atr_status
json_event(void *state, const struct atr_event *event)
{
    struct json_printer *printer = state;
    struct atr_text *out = &printer->out;
    const struct atr_part *payload = atr_event_part_find(event, ATR_PART_PAYLOAD);

    if (event->kind == ATR_RECORD_DROPS || event->kind == ATR_RECORD_MARK) {
        write_notice(out, event);
    }
    if (event->kind != ATR_RECORD_ENTER && event->kind != ATR_RECORD_EXIT) {
        return ATR_OK;
    }
    atr_text_putc(out, '{');
    atr_values_json_members(out, &event->fields.root);
    if (printer->style.stacks && event->frame_count > 0) {
        write_frames(out, event);
    }
    if (payload != NULL) {
        atr_text_printf(out, ",\"length\":%u", (unsigned)payload->original_bytes);
        if (printer->style.hex) {
            atr_text_puts(out, ",\"bytes\":\"");
            atr_text_bytes(out, payload->bytes);
            atr_text_putc(out, '"');
        }
    }
    atr_text_puts(out, "}\n");
    return hand_over(printer, printer->style.prompt ? 0 : SINK_BYTES);
}

static enum atr_status
json_finish(void *state)
{
    return hand_over(state, 0);
}

static void
json_destroy(void *state)
{
    struct json_printer *printer = state;

    if (printer != NULL) {
        struct atr_heap heap = printer->heap;

        atr_text_fini(&printer->out);
        atr_heap_free(&heap, printer);
    }
}

const struct atr_printer_ops atr_json_printer = {
    .name = "json",
    .wants_fields = true,
    .create = json_create,
    .event = json_event,
    .finish = json_finish,
    .destroy = json_destroy,
};
