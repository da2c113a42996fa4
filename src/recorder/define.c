/* SPDX-License-Identifier: MIT */
#include "recorder/internal.h"

struct atr_event *
atr_recorder_event(struct atr_recorder *recorder, enum atr_record_kind kind, uint32_t flags,
                   uint64_t time_ns)
{
    struct atr_event *event = &recorder->event;

    atr_event_reset(event, &recorder->arena, false);
    event->kind = (uint8_t)kind;
    event->flags = flags | ATR_RECORD_FROM_DRIVER;
    event->time_ns = time_ns;
    return event;
}

enum atr_status
atr_recorder_put(struct atr_recorder *recorder)
{
    return atr_recording_put(&recorder->recording, &recorder->event);
}

/* A definition stands before its first use and is not later than it. */
static bool
is_missing(const struct atr_recorder *recorder, const struct atr_defined *defined, uint64_t time_ns)
{
    return defined->file != recorder->recording.file_index || defined->time_ns > time_ns;
}

static void
remember(const struct atr_recorder *recorder, struct atr_defined *defined, uint64_t time_ns)
{
    if (is_missing(recorder, defined, time_ns)) {
        *defined = (struct atr_defined){recorder->recording.file_index, time_ns};
    }
}

/* Processes. */

void
atr_define_process_life(struct atr_recorder *recorder, struct atr_known_process *process,
                        uint64_t time_ns, enum atr_life life)
{
    uint32_t flags = (process->is_snapshot && life == ATR_LIFE_SEEN ? ATR_RECORD_SNAPSHOT : 0) |
                     (process->is_derived ? ATR_RECORD_DERIVED : 0);
    struct atr_event *event;

    if (process->process_id == 0) {
        return;
    }
    event = atr_recorder_event(recorder, ATR_RECORD_PROCESS, flags, time_ns);
    event->as.process = (struct atr_process_record){
        .process_id = process->process_id,
        .pid = process->pid,
        .parent_pid = process->parent_pid,
        .session = process->session,
        .start_time_100ns = process->start_100ns,
        .start_key = process->key,
        .flags = process->flags,
        .exit_status = process->exit_status,
        .life = (uint8_t)life,
        .image = process->image,
    };
    (void)atr_recorder_put(recorder);
    remember(recorder, &process->defined, time_ns);
}

void
atr_define_process(struct atr_recorder *recorder, struct atr_known_process *process,
                   uint64_t time_ns)
{
    if (is_missing(recorder, &process->defined, time_ns)) {
        atr_define_process_life(recorder, process, time_ns, ATR_LIFE_SEEN);
    }
}

/* Modules. */

/* Files are read as long as the round allows; what is put off is defined again later. */
static void
read_facts(struct atr_recorder *recorder, struct atr_known_module *module)
{
    module->lacks_facts = false;
    if (module->facts == NULL || module->facts->is_read) {
        return;
    }
    if (recorder->reads_left == 0) {
        module->lacks_facts = true;
        recorder->lacks_facts = true;
        return;
    }
    recorder->reads_left--;
    atr_images_read(&recorder->tables.images, module->facts);
}

void
atr_define_module_life(struct atr_recorder *recorder, struct atr_known_process *process,
                       struct atr_known_module *module, uint64_t time_ns, enum atr_life life)
{
    static const struct atr_image_facts nothing = {.is_read = true};
    uint32_t flags = module->is_snapshot && life == ATR_LIFE_SEEN ? ATR_RECORD_SNAPSHOT : 0;
    const struct atr_image_facts *facts;
    struct atr_event *event;

    atr_define_process(recorder, process, time_ns);
    read_facts(recorder, module);
    facts = module->facts == NULL ? &nothing : module->facts;
    event = atr_recorder_event(recorder, ATR_RECORD_MODULE, flags, time_ns);
    event->as.module = (struct atr_module_record){
        .module_id = module->module_id,
        .process_id = process->process_id,
        .base = module->base,
        .size_bytes = module->size_bytes,
        .time_stamp = module->time_stamp != 0 ? module->time_stamp : facts->time_stamp,
        .checksum = module->checksum != 0 ? module->checksum : facts->checksum,
        .life = (uint8_t)life,
        .path = facts->path,
    };
    /* Another file may stand there by now: its symbols would be wrong. */
    if (module->time_stamp == 0 || module->time_stamp == facts->time_stamp) {
        event->as.module.pdb_guid = facts->pdb_guid;
        event->as.module.pdb_age = facts->pdb_age;
        event->as.module.pdb_name = facts->pdb_name;
    }
    (void)atr_recorder_put(recorder);
    remember(recorder, &module->defined, time_ns);
}

void
atr_define_module(struct atr_recorder *recorder, struct atr_known_process *process,
                  struct atr_known_module *module, uint64_t time_ns)
{
    if (is_missing(recorder, &module->defined, time_ns)) {
        atr_define_module_life(recorder, process, module, time_ns, ATR_LIFE_SEEN);
    }
}

/* Ports. */

static uint32_t
define_string(struct atr_recorder *recorder, struct atr_known_string *string, uint64_t time_ns)
{
    struct atr_event *event;

    if (string == NULL) {
        return 0;
    }
    if (is_missing(recorder, &string->defined, time_ns)) {
        event = atr_recorder_event(recorder, ATR_RECORD_STRING, 0, time_ns);
        event->as.string = (struct atr_string_record){string->string_id, string->text};
        (void)atr_recorder_put(recorder);
        remember(recorder, &string->defined, time_ns);
    }
    return string->string_id;
}

/* The port behind a key when it may be named by its id now. */
static uint32_t
id_of(struct atr_recorder *recorder, struct atr_key key, uint64_t time_ns)
{
    const struct atr_known_port *port =
        key.high == 0 ? NULL : atr_map_find(&recorder->tables.ports, key);

    return port == NULL || is_missing(recorder, &port->defined, time_ns) ? 0 : port->port_id;
}

/* The other end was defined when this one was not: at its next use it is defined again. */
static void
tell_peer(const struct atr_recorder *recorder, const struct atr_known_port *port)
{
    struct atr_known_port *peer =
        port->peer.high == 0 ? NULL : atr_map_find(&recorder->tables.ports, port->peer);

    if (peer != NULL && peer->peer.high == port->key.high && peer->peer.low == port->key.low &&
        peer->defined.file != 0 && !peer->has_told_peer) {
        peer->has_changed = true;
    }
}

/* Names only what is defined already: two ends of a connection name each other. */
static void
write_port(struct atr_recorder *recorder, struct atr_known_port *port, uint64_t time_ns,
           enum atr_life life)
{
    struct atr_known_process *owner =
        port->owner_pid == UINT32_MAX
            ? NULL
            : atr_recorder_process(recorder, port->owner_pid, port->owner_key, time_ns);
    bool has_connection = port->connection.high != 0 && port->connection.high != port->key.high;
    uint32_t name_id = has_connection ? 0 : define_string(recorder, port->name, time_ns);
    uint32_t flags = port->is_snapshot && life == ATR_LIFE_SEEN ? ATR_RECORD_SNAPSHOT : 0;
    struct atr_event *event;

    if (owner != NULL) {
        atr_define_process(recorder, owner, time_ns);
    }
    event = atr_recorder_event(recorder, ATR_RECORD_PORT, flags, time_ns);
    event->as.port = (struct atr_port_record){
        .port_id = port->port_id,
        .name_string_id = name_id,
        .owner_process_id = owner == NULL ? 0 : owner->process_id,
        .connection_port_id = has_connection ? id_of(recorder, port->connection, time_ns) : 0,
        .peer_port_id = id_of(recorder, port->peer, time_ns),
        .kind = (uint8_t)port->kind,
        .life = (uint8_t)life,
    };
    port->has_changed = false;
    port->has_told_peer = event->as.port.peer_port_id != 0;
    (void)atr_recorder_put(recorder);
    remember(recorder, &port->defined, time_ns);
    tell_peer(recorder, port);
}

/* The connection port may have been named by others only. */
static void
define_connection(struct atr_recorder *recorder, const struct atr_known_port *port,
                  uint64_t time_ns)
{
    struct atr_known_port *connection;

    if (port->connection.high == 0 || port->connection.high == port->key.high) {
        return;
    }
    connection = atr_tables_port(&recorder->tables, port->connection);
    if (connection == NULL) {
        return;
    }
    if (connection->kind == ATR_PORT_UNKNOWN) {
        connection->kind = ATR_PORT_CONNECTION;
    }
    if (connection->name == NULL && port->name != NULL) {
        connection->name = port->name;
        connection->has_changed = true;
    }
    if (connection->has_changed || is_missing(recorder, &connection->defined, time_ns)) {
        write_port(recorder, connection, time_ns, ATR_LIFE_SEEN);
    }
}

void
atr_define_port_life(struct atr_recorder *recorder, struct atr_known_port *port, uint64_t time_ns,
                     enum atr_life life)
{
    struct atr_known_port *peer =
        port->peer.high == 0 ? NULL : atr_map_find(&recorder->tables.ports, port->peer);

    define_connection(recorder, port, time_ns);
    if (peer != NULL && peer->kind != ATR_PORT_UNKNOWN &&
        is_missing(recorder, &peer->defined, time_ns)) {
        write_port(recorder, peer, time_ns, ATR_LIFE_SEEN);
    }
    write_port(recorder, port, time_ns, life);
}

void
atr_define_port(struct atr_recorder *recorder, struct atr_known_port *port, uint64_t time_ns)
{
    if (port->has_changed || is_missing(recorder, &port->defined, time_ns)) {
        atr_define_port_life(recorder, port, time_ns, ATR_LIFE_SEEN);
    }
}

/* Stacks. */

static void
fill_frame(struct atr_recorder *recorder, struct atr_known_process *process, uint64_t address,
           uint64_t time_ns, struct atr_frame *out)
{
    struct atr_known_module *module = atr_tables_module_find(process, address);

    *out = (struct atr_frame){.address = address};
    if (module != NULL) {
        atr_define_module(recorder, process, module, time_ns);
        out->module_id = module->module_id;
        out->rva = (uint32_t)(address - module->base);
    }
}

void
atr_define_stack(struct atr_recorder *recorder, struct atr_known_process *process,
                 struct atr_known_stack *stack, uint64_t time_ns)
{
    struct atr_frame frames[ATR_CAPTURE_FRAMES_MAX];
    struct atr_event *event;

    if (!is_missing(recorder, &stack->defined, time_ns)) {
        return;
    }
    for (uint32_t i = 0; i < stack->frame_count; i++) {
        fill_frame(recorder, i < stack->kernel_frames ? &recorder->tables.kernel : process,
                   stack->frames[i], time_ns, &frames[i]);
    }
    event = atr_recorder_event(recorder, ATR_RECORD_STACK, 0, time_ns);
    event->as.stack = (struct atr_stack_record){
        .stack_id = stack->stack_id,
        .process_id = stack->kernel_frames == stack->frame_count ? 0 : process->process_id,
        .frame_count = stack->frame_count,
        .frames = frames,
    };
    (void)atr_recorder_put(recorder);
    remember(recorder, &stack->defined, time_ns);
}
