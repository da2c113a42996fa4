/* SPDX-License-Identifier: MIT */
#include "base/utf.h"
#include "recorder/internal.h"

/* From the driver's records to those of docs/format.md. */

struct atr_str
atr_recorder_name(struct atr_recorder *recorder, struct atr_bytes name)
{
    return name.size_bytes == 0 ? (struct atr_str){NULL, 0}
                                : atr_utf16_to_utf8(&recorder->arena, name);
}

static struct atr_key
port_key(uint64_t key, uint64_t generation)
{
    return (struct atr_key){key, key == 0 ? 0 : generation};
}

struct atr_known_process *
atr_recorder_process(struct atr_recorder *recorder, uint32_t pid, uint64_t key, uint64_t time_ns)
{
    struct atr_known_process *process;

    if (pid == UINT32_MAX) {
        return NULL;
    }
    process = atr_tables_process(&recorder->tables, pid, key);
    if (process != NULL) {
        return process;
    }
    /* Added first: what the system says of the pid must not go to one that had it before. */
    process = atr_tables_process_add(&recorder->tables, pid, key);
    if (process != NULL && recorder->lookups_left > 0) {
        recorder->lookups_left--;
        process->is_derived = atr_snapshot_process(recorder, pid, time_ns) == NULL;
    } else if (process != NULL) {
        process->is_derived = true;
    }
    return process;
}

/* Names are compared as the driver does; what it could not know then is known now. */
static enum atr_verdict
judge_process(const struct atr_recorder *recorder, const struct atr_known_process *process)
{
    uint16_t units[ATR_CAPTURE_NAME_MAX / 2];
    struct atr_str leaf = atr_str_leaf(process->image);
    uint32_t count = 0;

    while (count < leaf.size_bytes && count < ATR_CAPTURE_NAME_MAX / 2) {
        units[count] = (uint8_t)leaf.data[count];
        count++;
    }
    return atr_filter_process(&recorder->start.filter, process->pid, count == 0 ? NULL : units,
                              count);
}

static bool
is_refused(struct atr_recorder *recorder, struct atr_known_process *process,
           const struct atr_known_port *port)
{
    bool refused = port != NULL && port->verdict == ATR_VERDICT_REFUSE;

    /* Who inherits a verdict cannot be judged by a name. */
    if (process != NULL && process->is_snapshot && recorder->start.filter.inherit == 0) {
        if (process->verdict == ATR_VERDICT_UNKNOWN) {
            process->verdict = judge_process(recorder, process);
        }
        refused |= process->verdict == ATR_VERDICT_REFUSE;
    }
    recorder->filtered_here += refused;
    return refused;
}

/* Facts. */

/* The file knows fewer bits of a handle than the system: kernel handles are told by their flag. */
static void
fill_call(struct atr_recorder *recorder, const struct atr_capture_call *call,
          struct atr_alpc_record *out)
{
    *out = (struct atr_alpc_record){
        .call_id = call->call_id,
        .callback_id = call->callback_id,
        .pid = call->pid,
        .tid = call->tid,
        .flags = call->flags,
        .handle = (uint32_t)(call->handle & UINT32_MAX),
        .message_id = call->message_id,
        .client_pid = call->client_pid,
        .client_tid = call->client_tid,
        .attribute_mask = call->attribute_mask,
        .cpu = call->cpu,
        .operation = call->operation,
        .message_type = call->message_type,
        .data_length = call->data_length,
        .total_length = call->total_length,
        .data_info_offset = call->data_info_offset,
    };
    if (call->head.kind == ATR_CAPTURE_EXIT) {
        out->status = call->status;
        out->duration_ns =
            atr_timeline_span_ns(&recorder->timeline, call->enter_qpc, call->head.time_qpc);
    }
}

static uint32_t
part_flags(const struct atr_captured *captured)
{
    uint32_t flags = 0;

    for (uint32_t i = 0; i < captured->part_count; i++) {
        const struct atr_part *part = &captured->parts[i];

        if ((part->flags & ATR_CAPTURE_PART_FAULT) != 0) {
            flags |= ATR_RECORD_PART_FAULT;
        }
        if (part->bytes.size_bytes < part->original_bytes) {
            flags |= ATR_RECORD_TRUNCATED;
        }
    }
    return flags;
}

static uint32_t
define_stack(struct atr_recorder *recorder, struct atr_known_process *process, uint64_t time_ns)
{
    const struct atr_captured *captured = &recorder->captured;
    struct atr_known_stack *stack;

    if (process == NULL) {
        return 0;
    }
    stack = atr_tables_stack(&recorder->tables, process, captured->frames,
                             captured->as.call.kernel_frames);
    if (stack == NULL) {
        return 0;
    }
    atr_define_stack(recorder, process, stack, time_ns);
    return stack->stack_id;
}

static enum atr_status
translate_call(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_captured *captured = &recorder->captured;
    const struct atr_capture_call *call = &captured->as.call;
    struct atr_key key = port_key(call->port_key, call->port_generation);
    struct atr_known_port *port = key.high == 0 ? NULL : atr_tables_port(&recorder->tables, key);
    struct atr_known_process *process =
        atr_recorder_process(recorder, call->pid, call->process_key, time_ns);
    uint32_t stack_id;
    struct atr_event *event;

    if (is_refused(recorder, process, port)) {
        return ATR_OK;
    }
    if (process != NULL) {
        atr_define_process(recorder, process, time_ns);
    }
    if (port != NULL) {
        atr_define_port(recorder, port, time_ns);
    }
    stack_id = define_stack(recorder, process, time_ns);
    event = atr_recorder_event(
        recorder, call->head.kind == ATR_CAPTURE_ENTER ? ATR_RECORD_ENTER : ATR_RECORD_EXIT,
        call->head.flags | part_flags(captured), time_ns);
    fill_call(recorder, call, &event->as.alpc);
    event->as.alpc.process_id = process == NULL ? 0 : process->process_id;
    event->as.alpc.port_id = port == NULL ? 0 : port->port_id;
    event->as.alpc.stack_id = stack_id;
    event->part_count = captured->part_count;
    for (uint32_t i = 0; i < captured->part_count; i++) {
        event->parts[i] = captured->parts[i];
        event->parts[i].flags = 0;
    }
    event->lost_before = recorder->pending_lost;
    recorder->pending_lost = 0;
    return atr_recorder_put(recorder);
}

static enum atr_status
translate_process(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_capture_process *told = &recorder->captured.as.process;
    struct atr_known_process *process =
        atr_tables_process(&recorder->tables, told->pid, told->process_key);
    struct atr_str image = atr_recorder_name(recorder, recorder->captured.name);

    if (process == NULL) {
        process = atr_tables_process_add(&recorder->tables, told->pid, told->process_key);
    }
    if (process == NULL) {
        recorder->lost_here++;
        return ATR_OK;
    }
    if (told->life != ATR_LIFE_END || process->image.size_bytes == 0) {
        process->parent_pid = told->parent_pid;
        process->session = told->session;
        process->start_100ns = told->create_time_100ns;
        process->flags = told->process_flags;
        process->is_derived = false;
        if (image.size_bytes != 0) {
            atr_tables_process_name(&recorder->tables, process, image);
        }
    }
    if (told->life == ATR_LIFE_END) {
        atr_define_process(recorder, process, time_ns);
        process->exit_status = told->exit_status;
        process->flags |= told->process_flags & ATR_PROCESS_EXIT_STATUS_KNOWN;
    }
    atr_define_process_life(recorder, process, time_ns, (enum atr_life)told->life);
    if (told->life == ATR_LIFE_END) {
        atr_tables_process_end(&recorder->tables, process);
    }
    return ATR_OK;
}

static enum atr_status
translate_thread(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_capture_thread *told = &recorder->captured.as.thread;
    struct atr_known_process *process =
        atr_recorder_process(recorder, told->pid, told->process_key, time_ns);
    struct atr_event *event;

    if (process != NULL) {
        atr_define_process(recorder, process, time_ns);
    }
    event = atr_recorder_event(recorder, ATR_RECORD_THREAD, 0, time_ns);
    event->as.thread = (struct atr_thread_record){
        .tid = told->tid,
        .process_id = process == NULL ? 0 : process->process_id,
        .start_address = told->start_address,
        .life = (uint8_t)told->life,
    };
    return atr_recorder_put(recorder);
}

static enum atr_status
translate_image(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_capture_image *told = &recorder->captured.as.image;
    struct atr_known_process *process =
        told->process_key == 0 && told->pid == 0
            ? &recorder->tables.kernel
            : atr_recorder_process(recorder, told->pid, told->process_key, time_ns);
    struct atr_str path = atr_recorder_name(recorder, recorder->captured.name);
    struct atr_known_module *module = NULL;

    if (process != NULL) {
        module =
            atr_tables_module_add(&recorder->tables, process, told->base, told->size_bytes, path);
    }
    if (module == NULL) {
        return ATR_OK;
    }
    module->time_stamp = told->time_stamp;
    module->checksum = told->checksum;
    atr_define_module_life(recorder, process, module, time_ns, (enum atr_life)told->life);
    if (told->life == ATR_LIFE_END) {
        atr_tables_module_remove(process, told->base);
    }
    return ATR_OK;
}

/* What is told of a port holds from its first record on: the driver asks for it a moment later. */
static struct atr_known_port *
learn_port(struct atr_recorder *recorder, const struct atr_captured *captured)
{
    const struct atr_capture_port *told = &captured->as.port;
    struct atr_known_port *port =
        atr_tables_port(&recorder->tables, port_key(told->port_key, told->port_generation));
    struct atr_str name = atr_recorder_name(recorder, captured->name);

    if (port == NULL || told->life == ATR_LIFE_END) {
        return port;
    }
    port->kind = told->port_kind;
    port->connection = port_key(told->connection_key, told->connection_generation);
    port->peer = port_key(told->peer_key, told->peer_generation);
    port->owner_pid = told->owner_pid;
    port->owner_key = told->owner_process_key;
    port->has_changed = true;
    if (name.size_bytes != 0) {
        port->name = atr_tables_string(&recorder->tables, name);
    }
    port->verdict = atr_filter_port(
        &recorder->start.filter,
        captured->name.size_bytes == 0 ? NULL : (const uint16_t *)(const void *)captured->name.data,
        (uint32_t)(captured->name.size_bytes / 2));
    return port;
}

void
atr_recorder_foresee(struct atr_recorder *recorder, struct atr_bytes payload)
{
    struct atr_captured captured;

    if (atr_capture_read(payload, &captured) == ATR_OK &&
        captured.as.head.kind == ATR_CAPTURE_PORT && captured.as.port.port_key != 0) {
        atr_arena_reset(&recorder->arena);
        atr_tables_trim(&recorder->tables);
        (void)learn_port(recorder, &captured);
    }
}

static enum atr_status
translate_port(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_capture_port *told = &recorder->captured.as.port;
    struct atr_known_port *port;

    if (told->port_key == 0) {
        return ATR_OK;
    }
    port = atr_tables_port(&recorder->tables, port_key(told->port_key, told->port_generation));
    if (port == NULL || port->verdict == ATR_VERDICT_REFUSE) {
        return ATR_OK;
    }
    if (told->life == ATR_LIFE_END) {
        if (port->defined.file != 0) {
            atr_define_port_life(recorder, port, time_ns, ATR_LIFE_END);
        }
        atr_tables_port_end(&recorder->tables, port);
    } else if (told->life == ATR_LIFE_BEGIN) {
        atr_define_port_life(recorder, port, time_ns, ATR_LIFE_BEGIN);
    } else {
        atr_define_port(recorder, port, time_ns);
    }
    return ATR_OK;
}

static enum atr_status
translate_any(struct atr_recorder *recorder, uint64_t time_ns)
{
    switch (recorder->captured.as.head.kind) {
    case ATR_CAPTURE_ENTER:
    case ATR_CAPTURE_EXIT:
        return translate_call(recorder, time_ns);
    case ATR_CAPTURE_PROCESS:
        return translate_process(recorder, time_ns);
    case ATR_CAPTURE_THREAD:
        return translate_thread(recorder, time_ns);
    case ATR_CAPTURE_IMAGE:
        return translate_image(recorder, time_ns);
    default:
        return translate_port(recorder, time_ns);
    }
}

enum atr_status
atr_recorder_translate(struct atr_recorder *recorder, const struct atr_merge_record *record)
{
    uint64_t time_ns = atr_timeline_ns(&recorder->timeline, record->time_qpc);
    enum atr_status status;

    atr_tables_trim(&recorder->tables);
    recorder->pending_lost += record->lost_before;
    recorder->last_ns = time_ns > recorder->last_ns ? time_ns : recorder->last_ns;
    status = atr_capture_read((struct atr_bytes){record->bytes, record->size_bytes},
                              &recorder->captured);
    if (status != ATR_OK) {
        recorder->malformed++;
        return ATR_OK;
    }
    (void)translate_any(recorder, time_ns);
    return recorder->recording.status;
}
