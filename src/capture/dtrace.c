/* SPDX-License-Identifier: MIT */
#include "capture/dtrace.h"

#include "base/limits.h"
#include "capture/log_report.h"
#include "capture/log_state.h"
#include "capture/text_input.h"
#include "capture/text_scan.h"

enum {
    /* Twice what can be asked for: blocks do not fill up evenly. */
    TEXTS_BYTES = 2 * (4 * ATR_NAME_BYTES_MAX + ATR_FRAMES_MAX * ATR_FRAME_TEXT_MAX),
    ADDRESS_DIGITS_MIN = 8,
};

/* The lines of one event put together. */
struct record {
    struct atr_arena texts;
    bool is_open;
    bool has_port;
    bool has_owner;
    bool has_client; /* also when the line says there is none */
    struct atr_str image;
    uint64_t address; /* of the process object; 0: not printed */
    uint64_t handle;  /* UINT64_MAX: not printed */
    struct atr_str port_name;
    struct atr_scan_process owner;
    struct atr_scan_process client;
    struct atr_frame frames[ATR_FRAMES_MAX];
    struct atr_str frame_texts[ATR_FRAMES_MAX];
    uint32_t frame_count;
};

struct dtrace {
    struct atr_heap heap;
    struct atr_text_input input;
    struct atr_log_state log;
    struct atr_log_health health;
    struct record record;
    struct atr_text_line line;
    bool line_waits; /* it began the next record */
    bool event_waits;
    uint32_t flags;
    struct atr_alpc_record call;
    uint64_t next_call_id;
    uint64_t lost_before;
    uint64_t lost_events;
};

static unsigned
dtrace_probe(struct atr_bytes head)
{
    if (atr_text_head_has(head, ATR_STR(", EPROCESS: "))) {
        return atr_text_head_has(head, ATR_STR(", HANDLE: ")) ? 90 : 50;
    }
    return atr_text_head_has(head, ATR_STR("[ALPC Port] ")) ? 50 : 0;
}

static void
dtrace_close(void *state)
{
    struct dtrace *dtrace = state;

    if (dtrace != NULL) {
        struct atr_heap heap = dtrace->heap;

        atr_text_input_fini(&dtrace->input);
        atr_log_fini(&dtrace->log);
        atr_arena_fini(&dtrace->record.texts);
        atr_heap_free(&heap, dtrace);
    }
}

static enum atr_status
dtrace_open(void **state, struct atr_file *file, struct atr_bytes head, const struct atr_heap *heap,
            struct atr_error *error)
{
    struct dtrace *dtrace = atr_heap_alloc(heap, 1, sizeof(*dtrace));
    enum atr_status status;

    if (dtrace == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    dtrace->heap = *heap;
    atr_log_init(&dtrace->log, heap, head, ATR_RECORD_FROM_DTRACE, ATR_STR("DTrace script log"));
    dtrace->log.manifest.pointer_bytes = 8; /* DTrace runs on 64-bit Windows only */
    atr_arena_init(&dtrace->record.texts, *heap, TEXTS_BYTES);
    status = atr_text_input_init(&dtrace->input, file, head, heap);
    if (status != ATR_OK) {
        dtrace_close(dtrace);
        return atr_error_set(error, status, "out of memory");
    }
    *state = dtrace;
    return ATR_OK;
}

static void
record_clear(struct record *record)
{
    atr_arena_reset(&record->texts);
    *record = (struct record){.texts = record->texts, .handle = UINT64_MAX};
}

static struct atr_str
keep(struct record *record, struct atr_str text)
{
    if (text.size_bytes > ATR_NAME_BYTES_MAX) {
        text.size_bytes = ATR_NAME_BYTES_MAX;
    }
    return text.data == NULL ? text : atr_arena_str(&record->texts, text);
}

static bool
is_first_line(struct atr_str text)
{
    return atr_str_starts(text, ATR_STR("Process ")) &&
           atr_str_find(text, ATR_STR(", EPROCESS: ")) < text.size_bytes;
}

/* "Process <image>, EPROCESS: <address>, HANDLE: <hex>"; an image may hold commas. */
static void
add_first_line(struct record *record, struct atr_str text)
{
    struct atr_str address = {NULL, 0};
    struct atr_str handle = {NULL, 0};

    if (atr_scan_last(&text, ATR_STR(", HANDLE: "), &handle)) {
        (void)atr_scan_hex(atr_str_trim(handle), &record->handle);
    }
    if (atr_scan_last(&text, ATR_STR(", EPROCESS: "), &address)) {
        (void)atr_scan_hex(atr_str_trim(address), &record->address);
    }
    (void)atr_scan_eat(&text, ATR_STR("Process "));
    record->image = keep(record, atr_str_trim(text));
    record->is_open = true;
}

static bool
add_port(struct record *record, struct atr_str text)
{
    if (record->has_port) {
        return false;
    }
    if (atr_scan_eat(&text, ATR_STR("[ALPC Port]"))) {
        text = atr_str_trim(text);
        record->port_name = text.size_bytes == 0 ? (struct atr_str){NULL, 0} : keep(record, text);
    } else if (!atr_str_equal(text, ATR_STR("UNKNOWN_PORT_NAME"))) {
        return false;
    }
    record->has_port = true;
    return true;
}

static bool
add_end(struct record *record, struct atr_str text, struct atr_str label, bool *has,
        struct atr_scan_process *out)
{
    struct atr_scan_process process;

    if (*has || !atr_scan_eat(&text, label) || !atr_scan_process(text, &process)) {
        return false;
    }
    out->image = keep(record, process.image);
    out->pid = process.pid;
    *has = true;
    return true;
}

/* "module`symbol+0x1f" or a bare address: a stack, when the script was told to print it. */
static bool
add_frame(struct record *record, struct atr_str text)
{
    uint64_t address = 0;
    bool is_bare = text.size_bytes >= ADDRESS_DIGITS_MIN && atr_scan_hex(text, &address);

    if (!record->has_client || record->frame_count == ATR_FRAMES_MAX ||
        text.size_bytes > ATR_FRAME_TEXT_MAX ||
        (!is_bare && atr_str_find(text, ATR_STR("`")) == text.size_bytes)) {
        return false;
    }
    record->frames[record->frame_count] = (struct atr_frame){.address = address};
    record->frame_texts[record->frame_count] = keep(record, text);
    record->frame_count++;
    return true;
}

static bool
add(struct record *record, struct atr_str text)
{
    if (add_port(record, text) ||
        add_end(record, text, ATR_STR("Owner: "), &record->has_owner, &record->owner) ||
        add_end(record, text, ATR_STR("Client: "), &record->has_client, &record->client)) {
        return true;
    }
    if (!record->has_client && atr_str_equal(text, ATR_STR("No client"))) {
        record->has_client = true;
        return true;
    }
    return add_frame(record, text);
}

/* "dtrace: 37 drops on CPU 0": events that DTrace lost. */
static bool
is_loss(struct atr_str text, uint64_t *lost)
{
    return atr_scan_eat(&text, ATR_STR("dtrace: ")) &&
           atr_str_to_u64(atr_scan_token(&text), 10, lost) && *lost < UINT32_MAX &&
           atr_str_starts(text, ATR_STR(" drop"));
}

static void
add_line(struct dtrace *dtrace, struct atr_str text)
{
    struct record *record = &dtrace->record;
    uint64_t lost;

    if (dtrace->line.cut) {
        atr_log_trouble_add(&dtrace->health.damage, &dtrace->line,
                            "the line is too long; its end was left out");
    }
    if (is_first_line(text)) {
        add_first_line(record, text);
    } else if (is_loss(text, &lost)) {
        dtrace->lost_before += lost;
        dtrace->lost_events += lost;
    } else if (text.size_bytes > 0 && !atr_str_equal(text, ATR_STR("...")) &&
               !(record->is_open && add(record, text))) {
        atr_log_trouble_add(&dtrace->health.skipped, &dtrace->line, "not understood");
    }
}

/* Puts the next record together. END when the log has no more. */
static enum atr_status
read_record(struct dtrace *dtrace, struct atr_error *error)
{
    struct record *record = &dtrace->record;

    record_clear(record);
    for (;;) {
        struct atr_str text;

        if (!dtrace->line_waits) {
            enum atr_status status = atr_text_input_next(&dtrace->input, &dtrace->line, error);

            if (status != ATR_OK) {
                return status == ATR_END && record->is_open ? ATR_OK : status;
            }
        }
        text = atr_str_trim(dtrace->line.text);
        dtrace->line_waits = record->is_open && is_first_line(text);
        if (dtrace->line_waits) {
            return ATR_OK;
        }
        add_line(dtrace, text);
        if (record->texts.exhausted) {
            return ATR_NOMEM;
        }
    }
}

/* A communication port is in the hands of its client or its owner; the image tells which. */
static uint32_t
caller_pid(const struct record *record)
{
    bool is_owner = record->has_owner && atr_str_equal(record->image, record->owner.image);
    bool is_client =
        record->client.image.data != NULL && atr_str_equal(record->image, record->client.image);

    if (is_owner && is_client) {
        return record->owner.pid == record->client.pid ? record->owner.pid : ATR_UNKNOWN_U32;
    }
    if (is_owner) {
        return record->owner.pid;
    }
    return is_client ? record->client.pid : ATR_UNKNOWN_U32;
}

static const struct atr_process_record *
process_of(struct dtrace *dtrace, const struct atr_scan_process *process)
{
    return process->image.data == NULL
               ? NULL
               : atr_log_process(&dtrace->log, process->image, process->pid);
}

static void
build_call(struct dtrace *dtrace)
{
    const struct record *record = &dtrace->record;
    uint32_t pid = caller_pid(record);
    struct atr_log_port port = {.name = record->port_name};

    port.caller = record->address == 0
                      ? atr_log_process(&dtrace->log, record->image, pid)
                      : atr_log_process_at(&dtrace->log, record->address, record->image, pid);
    port.owner = process_of(dtrace, &record->owner);
    port.client = process_of(dtrace, &record->client);
    port.handle = atr_log_handle(record->handle, &dtrace->flags);
    dtrace->call = atr_log_unknown_call();
    dtrace->call.call_id = ++dtrace->next_call_id;
    dtrace->call.handle = port.handle;
    if (port.caller != NULL) {
        dtrace->call.process_id = port.caller->process_id;
        dtrace->call.pid = port.caller->pid;
    }
    if (record->has_port || record->has_owner) {
        dtrace->call.port_id = atr_log_port(&dtrace->log, &port);
    } else {
        dtrace->flags |= ATR_RECORD_PORT_UNRESOLVED;
    }
}

static enum atr_status
build(struct dtrace *dtrace)
{
    struct record *record = &dtrace->record;

    dtrace->flags = ATR_RECORD_NO_HEADER;
    atr_log_begin(&dtrace->log);
    build_call(dtrace);
    for (uint32_t i = 0; i < record->frame_count; i++) {
        record->frames[i].text_string_id = atr_log_text(&dtrace->log, record->frame_texts[i]);
    }
    dtrace->call.stack_id =
        atr_log_stack(&dtrace->log, dtrace->call.process_id, record->frames, record->frame_count);
    dtrace->event_waits = true;
    return dtrace->log.status;
}

static void
fill_event(struct dtrace *dtrace, struct atr_event *event)
{
    atr_log_event(&dtrace->log, event, ATR_RECORD_ENTER, dtrace->flags);
    event->as.alpc = dtrace->call;
    event->lost_before = dtrace->lost_before;
    dtrace->lost_before = 0;
    dtrace->event_waits = false;
}

static enum atr_status
dtrace_next(void *state, struct atr_event *event, struct atr_error *error)
{
    struct dtrace *dtrace = state;

    while (!atr_log_emit(&dtrace->log, event)) {
        enum atr_status status;

        if (dtrace->event_waits) {
            fill_event(dtrace, event);
            return ATR_OK;
        }
        status = read_record(dtrace, error);
        if (status == ATR_OK) {
            status = build(dtrace);
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
dtrace_report(const void *state, struct atr_capture_report *report)
{
    const struct dtrace *dtrace = state;

    atr_log_report(&dtrace->health, &dtrace->log, &dtrace->input, report);
    report->lost_events = dtrace->lost_events;
}

const struct atr_capture_ops atr_dtrace_source = {
    .name = "DTrace log",
    .summary = "text log of the DTrace script for NtAlpcSendWaitReceivePort",
    .probe = dtrace_probe,
    .open = dtrace_open,
    .next = dtrace_next,
    .report = dtrace_report,
    .close = dtrace_close,
};
