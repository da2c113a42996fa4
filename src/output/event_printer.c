/* SPDX-License-Identifier: MIT */
#include "event/words.h"
#include "output/call_text.h"
#include "output/colors.h"
#include "output/printer.h"
#include "output/time.h"

/*
 * One line an enter or exit, as recorded (`show --events`):
 *   time process[pid.tid] enter service port handle=.. flags=.. id=../.. type len status
 */
struct event_printer {
    struct atr_heap heap;
    struct atr_sink sink;
    struct atr_style style;
    struct atr_time_writer time;
    struct atr_text out;
};

enum {
    SINK_BYTES = 64 * 1024
};

static const struct {
    uint32_t bit;
    const char *name;
} send_flags[] = {
    {0x00010000, "release"},        {0x00020000, "sync"},           {0x00040000, "track"},
    {0x00100000, "wait_user_mode"}, {0x00200000, "wait_alertable"}, {0x80000000, "wow64"},
};

static void
write_flags(struct atr_text *text, uint32_t flags)
{
    atr_text_puts(text, " flags=0x");
    atr_text_hex(text, flags);
    for (size_t i = 0; i < ATR_COUNT(send_flags); i++) {
        if ((flags & send_flags[i].bit) != 0) {
            atr_text_putc(text, ',');
            atr_text_puts(text, send_flags[i].name);
        }
    }
}

static const struct atr_party *
own_party(const struct atr_event *event)
{
    const struct atr_party *server = &event->server;

    return server->known && server->pid == event->as.alpc.pid &&
                   (event->client.pid != server->pid || server->tid == event->as.alpc.tid)
               ? server
               : &event->client;
}

static void
write_message(struct atr_text *text, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    const struct atr_part *payload = atr_event_part_find(event, ATR_PART_PAYLOAD);

    if ((event->flags & ATR_RECORD_NO_HEADER) == 0 && alpc->total_length != 0) {
        atr_text_printf(text, " id=%u/%llu type=0x%x", (unsigned)alpc->message_id,
                        (unsigned long long)alpc->callback_id, (unsigned)alpc->message_type);
        if (event->role != ATR_ROLE_NONE) {
            atr_text_putc(text, ','); /* what it is: a sender leaves an old type in its buffer */
            atr_text_puts(text, atr_role_text(event->role));
        }
        atr_text_printf(text, " len=%u", (unsigned)alpc->data_length);
    } else if (payload != NULL) {
        atr_text_printf(text, " len=%u", (unsigned)payload->original_bytes);
    }
}

static void
write_call(struct event_printer *printer, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    struct atr_text *out = &printer->out;

    atr_time_write(&printer->time, out, event->time_ns,
                   (event->flags & ATR_RECORD_TIME_UNKNOWN) == 0);
    atr_party_write(out, own_party(event), &printer->style);
    atr_text_puts(out, event->kind == ATR_RECORD_ENTER ? " enter " : " exit ");
    atr_text_puts(out, atr_operation_text(alpc->operation));
    if (event->port_name.size_bytes > 0) {
        atr_text_putc(out, ' ');
        atr_text_name(out, event->port_name);
    } else if (alpc->port_id != 0) {
        atr_text_printf(out, " port#%u", (unsigned)alpc->port_id);
    }
    if (alpc->handle != ATR_UNKNOWN_U32) {
        atr_text_puts(out, " handle=0x");
        atr_text_hex(out, alpc->handle);
    }
    if ((event->flags & ATR_RECORD_FROM_LOG) == 0) {
        write_flags(out, alpc->flags);
    }
    write_message(out, event);
    if (event->kind == ATR_RECORD_EXIT && (event->flags & ATR_RECORD_DEFERRED) == 0) {
        atr_text_puts(out, " status=0x");
        atr_text_hex(out, alpc->status);
    }
    atr_remarks_write(out, event, &printer->style);
    atr_text_putc(out, '\n');
    atr_details_write(out, event, &printer->style, "message");
}

static void
write_other(struct event_printer *printer, const struct atr_event *event)
{
    atr_time_write(&printer->time, &printer->out, event->time_ns,
                   (event->flags & ATR_RECORD_TIME_UNKNOWN) == 0);
    atr_text_printf(&printer->out, "[%u.%u] etw kind=0x%x event=%u", (unsigned)event->as.etw.pid,
                    (unsigned)event->as.etw.tid, (unsigned)event->kind,
                    (unsigned)event->as.etw.event_id);
    atr_text_printf(&printer->out, " len=%zu\n", event->as.etw.payload.size_bytes);
}

static enum atr_status
event_create(void **state, const struct atr_style *style, struct atr_sink sink,
             const struct atr_heap *heap)
{
    struct event_printer *printer = atr_heap_alloc(heap, 1, sizeof(*printer));

    if (printer == NULL) {
        return ATR_NOMEM;
    }
    printer->heap = *heap;
    printer->sink = sink;
    printer->style = *style;
    atr_time_writer_init(&printer->time, style->time);
    atr_text_init(&printer->out, *heap);
    *state = printer;
    return ATR_OK;
}

static enum atr_status
hand_over(struct event_printer *printer, size_t at_least)
{
    enum atr_status status = printer->out.status;

    if (status == ATR_OK && printer->out.size_bytes > at_least) {
        status = printer->sink.write(printer->sink.context, atr_text_view(&printer->out));
        atr_text_clear(&printer->out);
    }
    return status;
}

static enum atr_status
event_write(void *state, const struct atr_event *event)
{
    struct event_printer *printer = state;

    if (event->lost_before > 0) {
        atr_text_printf(&printer->out, "-- lost %llu events --\n",
                        (unsigned long long)event->lost_before);
    }
    switch (event->kind) {
    case ATR_RECORD_MANIFEST:
        printer->time.utc_bias_minutes = event->as.manifest.utc_bias_minutes;
        break;
    case ATR_RECORD_ENTER:
    case ATR_RECORD_EXIT:
        write_call(printer, event);
        break;
    case ATR_RECORD_ETW_ALPC:
    case ATR_RECORD_RPC:
    case ATR_RECORD_ETW:
        write_other(printer, event);
        break;
    case ATR_RECORD_DROPS:
    case ATR_RECORD_MARK:
        atr_notice_write(&printer->out, event);
        break;
    default:
        break;
    }
    return hand_over(printer, printer->style.prompt ? 0 : SINK_BYTES);
}

static enum atr_status
event_finish(void *state)
{
    return hand_over(state, 0);
}

static void
event_destroy(void *state)
{
    struct event_printer *printer = state;

    if (printer != NULL) {
        struct atr_heap heap = printer->heap;

        atr_text_fini(&printer->out);
        atr_heap_free(&heap, printer);
    }
}

const struct atr_printer_ops atr_event_printer = {
    .name = "events",
    .create = event_create,
    .event = event_write,
    .finish = event_finish,
    .destroy = event_destroy,
};
