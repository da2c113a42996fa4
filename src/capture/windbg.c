/* SPDX-License-Identifier: MIT */
#include "capture/windbg.h"

#include "capture/log_report.h"
#include "capture/log_state.h"
#include "capture/text_input.h"
#include "capture/windbg_line.h"
#include "capture/windbg_pair.h"
#include "capture/windbg_record.h"

struct windbg {
    struct atr_heap heap;
    struct atr_text_input input;
    struct atr_log_state log;
    struct atr_log_health health;
    struct atr_windbg_record record;
    struct atr_windbg_pairs pairs;
    struct atr_text_line line;
    struct atr_windbg_line parsed;
    bool line_waits; /* it began the next record */
    bool event_waits;
    struct atr_frame frames[ATR_FRAMES_MAX];

    /* The event of the record in hand, until the state it needs is out. */
    enum atr_record_kind kind;
    uint32_t flags;
    struct atr_alpc_record call;
    bool has_payload;
    uint64_t next_call_id;
};

static unsigned
windbg_probe(struct atr_bytes head)
{
    if (atr_text_head_has(head, ATR_STR("[SendWait] Start")) ||
        atr_text_head_has(head, ATR_STR("[SendWait] Ret"))) {
        return 90;
    }
    return atr_text_head_has(head, ATR_STR("PortHandle=")) &&
                   atr_text_head_has(head, ATR_STR(", SendMessage="))
               ? 80
               : 0;
}

static void
windbg_close(void *state)
{
    struct windbg *windbg = state;

    if (windbg != NULL) {
        struct atr_heap heap = windbg->heap;

        atr_text_input_fini(&windbg->input);
        atr_log_fini(&windbg->log);
        atr_windbg_record_fini(&windbg->record);
        atr_windbg_pairs_fini(&windbg->pairs);
        atr_heap_free(&heap, windbg);
    }
}

static enum atr_status
windbg_open(void **state, struct atr_file *file, struct atr_bytes head, const struct atr_heap *heap,
            struct atr_error *error)
{
    struct windbg *windbg = atr_heap_alloc(heap, 1, sizeof(*windbg));
    enum atr_status status;

    if (windbg == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    windbg->heap = *heap;
    atr_log_init(&windbg->log, heap, head, ATR_RECORD_FROM_LOG, ATR_STR("WinDbg script log"));
    /* The script reads x64 registers and an x64 PORT_MESSAGE. */
    windbg->log.manifest.architecture = 0x8664;
    windbg->log.manifest.pointer_bytes = 8;
    atr_windbg_record_init(&windbg->record, heap);
    atr_windbg_pairs_init(&windbg->pairs, heap);
    status = atr_text_input_init(&windbg->input, file, head, heap);
    if (status != ATR_OK) {
        windbg_close(windbg);
        return atr_error_set(error, status, "out of memory");
    }
    *state = windbg;
    return ATR_OK;
}

/* Puts the next record together. END when the log has no more. */
static enum atr_status
read_record(struct windbg *windbg, struct atr_error *error)
{
    struct atr_windbg_record *record = &windbg->record;
    enum atr_status status = ATR_OK;

    atr_windbg_record_clear(record);
    while (status == ATR_OK) {
        if (!windbg->line_waits) {
            status = atr_text_input_next(&windbg->input, &windbg->line, error);
            if (status != ATR_OK) {
                break;
            }
            atr_windbg_line_parse(windbg->line.text, &windbg->parsed);
        }
        windbg->line_waits = record->is_open && atr_windbg_record_ends(record, &windbg->parsed);
        if (windbg->line_waits) {
            return ATR_OK;
        }
        status = atr_windbg_record_add(record, &windbg->parsed, &windbg->line, &windbg->health);
    }
    return status == ATR_END && record->is_open ? ATR_OK : status;
}

/* A call of a process the script leaves out says so instead of naming its caller. */
static const struct atr_process_record *
caller_of(struct windbg *windbg)
{
    const struct atr_windbg_record *record = &windbg->record;
    struct atr_str reason = record->skip_reason;

    if (record->has_process) {
        return atr_log_process(&windbg->log, record->process.image, record->process.pid);
    }
    if (record->has_skip && atr_scan_eat(&reason, ATR_STR("Process ")) && reason.size_bytes > 0) {
        return atr_log_process(&windbg->log, reason, ATR_UNKNOWN_U32);
    }
    return NULL;
}

static uint32_t
port_of(struct windbg *windbg, const struct atr_process_record *caller, uint32_t handle)
{
    const struct atr_windbg_record *record = &windbg->record;
    struct atr_log_port port = {.name = record->port_name, .caller = caller, .handle = handle};

    port.owner = atr_log_process(&windbg->log, record->owner.image, record->owner.pid);
    if (record->client.image.data != NULL) {
        port.client = atr_log_process(&windbg->log, record->client.image, record->client.pid);
    }
    return atr_log_port(&windbg->log, &port);
}

/* Who called, on which port: what an entry prints, and an exit of other versions may. */
static void
build_place(struct windbg *windbg)
{
    const struct atr_windbg_record *record = &windbg->record;
    const struct atr_process_record *caller = caller_of(windbg);

    windbg->call = atr_log_unknown_call();
    windbg->call.handle = atr_log_handle(record->handle, &windbg->flags);
    if (caller != NULL) {
        windbg->call.process_id = caller->process_id;
        windbg->call.pid = caller->pid;
    }
    if (record->has_port) {
        windbg->call.port_id = port_of(windbg, caller, windbg->call.handle);
    } else {
        windbg->flags |= ATR_RECORD_PORT_UNRESOLVED;
    }
}

static void
build_stack(struct windbg *windbg)
{
    const struct atr_windbg_record *record = &windbg->record;

    for (uint32_t i = 0; i < record->frame_count; i++) {
        windbg->frames[i] = (struct atr_frame){
            .address = record->frames[i].address,
            .text_string_id = atr_log_text(&windbg->log, record->frames[i].site)};
    }
    windbg->call.stack_id =
        atr_log_stack(&windbg->log, windbg->call.process_id, windbg->frames, record->frame_count);
}

static enum atr_status
build_enter(struct windbg *windbg)
{
    const struct atr_windbg_record *record = &windbg->record;
    struct atr_windbg_open open;

    build_place(windbg);
    build_stack(windbg);
    windbg->kind = ATR_RECORD_ENTER;
    windbg->call.call_id = ++windbg->next_call_id;
    windbg->has_payload = record->payload.size_bytes > 0;
    /* Without a message there is no header that could be missing. */
    if (record->send_message != 0) {
        windbg->flags |= ATR_RECORD_NO_HEADER;
        if (record->has_skip) {
            windbg->flags |= ATR_RECORD_REDACTED;
        }
    }
    if (record->is_headless) {
        windbg->flags |= ATR_RECORD_DERIVED;
    }
    open.call = windbg->call;
    open.message = atr_windbg_message_make(record);
    return atr_windbg_pairs_enter(&windbg->pairs, &open);
}

/* The dump of an exit is an answer unless it is still what the entry sent. */
static bool
is_answer(const struct atr_windbg_message *message, const struct atr_windbg_open *entry)
{
    if (message->size_bytes == 0) {
        return false;
    }
    if (entry == NULL) {
        return message->what == ATR_WINDBG_SUCCESS_NOTE || message->what == ATR_WINDBG_FAIL_NOTE;
    }
    return message->size_bytes != entry->message.size_bytes || message->hash != entry->message.hash;
}

static void
build_exit(struct windbg *windbg)
{
    struct atr_windbg_message message = atr_windbg_message_make(&windbg->record);
    struct atr_windbg_open entry;
    enum atr_windbg_pairing pairing;

    windbg->kind = ATR_RECORD_EXIT;
    windbg->flags |= ATR_RECORD_NO_HEADER | ATR_RECORD_DEFERRED;
    build_place(windbg);
    pairing = atr_windbg_pairs_exit(&windbg->pairs, &message, windbg->call.pid, windbg->call.handle,
                                    &entry);
    windbg->has_payload = is_answer(&message, pairing == ATR_WINDBG_NO_ENTRY ? NULL : &entry);
    if (pairing == ATR_WINDBG_NO_ENTRY) {
        windbg->flags |= ATR_RECORD_ENTER_LOST;
        windbg->call.call_id = ++windbg->next_call_id;
    } else {
        windbg->call = entry.call;
        windbg->call.stack_id = 0;
        windbg->flags &= ~(uint32_t)ATR_RECORD_PORT_UNRESOLVED;
        windbg->flags |= windbg->call.port_id == 0 ? ATR_RECORD_PORT_UNRESOLVED : 0;
    }
    if (pairing == ATR_WINDBG_BY_ORDER) {
        windbg->flags |= ATR_RECORD_DERIVED;
    }
    if (pairing != ATR_WINDBG_BY_CONTENT) {
        windbg->health.unpaired++;
    }
}

/* The note repeats what the bytes say; alone, or with bytes nobody gets, it is kept as a mark. */
static void
build_note(struct windbg *windbg)
{
    const struct atr_windbg_record *record = &windbg->record;
    bool is_lost = record->payload.size_bytes == 0 ||
                   (!windbg->has_payload && (windbg->flags & ATR_RECORD_ENTER_LOST) != 0);

    if (record->has_note && is_lost) {
        atr_log_mark(&windbg->log, record->note_text);
    }
    if (atr_windbg_note_is_wrong(record)) {
        atr_log_trouble_add(&windbg->health.damage, &record->note_line,
                            "the hex dump contradicts this note");
    }
}

static enum atr_status
build(struct windbg *windbg)
{
    enum atr_status status = ATR_OK;

    windbg->flags = 0;
    atr_log_begin(&windbg->log);
    if (windbg->record.is_exit) {
        build_exit(windbg);
    } else {
        status = build_enter(windbg);
    }
    build_note(windbg);
    if (windbg->has_payload && windbg->record.dump_bytes > windbg->record.payload.size_bytes) {
        windbg->flags |= ATR_RECORD_TRUNCATED;
        windbg->health.cut_events++;
    }
    windbg->event_waits = true;
    return status != ATR_OK ? status : windbg->log.status;
}

static void
fill_event(struct windbg *windbg, struct atr_event *event)
{
    const struct atr_windbg_record *record = &windbg->record;

    atr_log_event(&windbg->log, event, windbg->kind, windbg->flags);
    event->as.alpc = windbg->call;
    if (windbg->has_payload) {
        event->parts[event->part_count++] = (struct atr_part){
            .type = ATR_PART_PAYLOAD,
            .original_bytes =
                record->dump_bytes < UINT32_MAX ? (uint32_t)record->dump_bytes : UINT32_MAX,
            .bytes = {(const uint8_t *)record->payload.data, record->payload.size_bytes}};
    }
    windbg->event_waits = false;
}

/* A lone process line without anything around it was chatter of the console. */
static bool
is_chatter(const struct atr_windbg_record *record)
{
    return record->is_headless && !record->has_call && !record->has_port && !record->has_note &&
           record->dump_bytes == 0;
}

static enum atr_status
windbg_next(void *state, struct atr_event *event, struct atr_error *error)
{
    struct windbg *windbg = state;

    while (!atr_log_emit(&windbg->log, event)) {
        enum atr_status status;

        if (windbg->event_waits) {
            fill_event(windbg, event);
            return ATR_OK;
        }
        status = read_record(windbg, error);
        if (status == ATR_OK && !is_chatter(&windbg->record)) {
            status = build(windbg);
        }
        if (status == ATR_NOMEM) {
            (void)atr_error_set(error, status, "out of memory");
        }
        if (status != ATR_OK) {
            return status;
        }
    }
    return ATR_OK;
}

static void
windbg_report(const void *state, struct atr_capture_report *report)
{
    const struct windbg *windbg = state;

    atr_log_report(&windbg->health, &windbg->log, &windbg->input, report);
}

const struct atr_capture_ops atr_windbg_source = {
    .name = "WinDbg log",
    .summary = "text log of the WinDbg script that stops at NtAlpcSendWaitReceivePort",
    .probe = windbg_probe,
    .open = windbg_open,
    .next = windbg_next,
    .report = windbg_report,
    .close = windbg_close,
};
