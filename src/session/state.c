/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

#include <string.h>

static void
process_release(void *context, struct atr_table_entry *entry)
{
    struct process_entry *process = (struct process_entry *)entry;

    session_text_free(context, &process->view.image);
    session_text_free(context, &process->view.command_line);
}

static void
port_release(void *context, struct atr_table_entry *entry)
{
    session_text_free(context, &((struct port_entry *)entry)->view.name);
}

static void
module_release(void *context, struct atr_table_entry *entry)
{
    struct module_entry *module = (struct module_entry *)entry;

    session_text_free(context, &module->view.path);
    session_text_free(context, &module->view.pdb_name);
}

static void
string_release(void *context, struct atr_table_entry *entry)
{
    session_text_free(context, &((struct string_entry *)entry)->text);
}

static void
stack_release(void *context, struct atr_table_entry *entry)
{
    struct atr_session *session = context;
    struct stack_entry *stack = (struct stack_entry *)entry;

    session->held_bytes -= stack->frame_count * sizeof(*stack->frames);
    atr_heap_free(&session->heap, stack->frames);
}

void
session_state_init(struct atr_session *session)
{
    const struct atr_heap heap = session->heap;

    atr_table_init(&session->sources, heap, ATR_SOURCES_MAX, sizeof(struct source_entry), NULL,
                   session);
    atr_table_init(&session->processes, heap, ATR_PROCESSES_MAX, sizeof(struct process_entry),
                   process_release, session);
    atr_table_init(&session->pids, heap, ATR_PROCESSES_MAX, sizeof(struct pid_entry), NULL,
                   session);
    atr_table_init(&session->ports, heap, ATR_PORTS_MAX, sizeof(struct port_entry), port_release,
                   session);
    atr_table_init(&session->handles, heap, ATR_HANDLES_KNOWN_MAX, sizeof(struct handle_entry),
                   NULL, session);
    atr_table_init(&session->modules, heap, ATR_MODULES_MAX, sizeof(struct module_entry),
                   module_release, session);
    atr_table_init(&session->strings, heap, ATR_STRINGS_MAX, sizeof(struct string_entry),
                   string_release, session);
    atr_table_init(&session->stacks, heap, ATR_STACKS_MAX, sizeof(struct stack_entry),
                   stack_release, session);
    atr_table_init(&session->ipids, heap, ATR_IPIDS_MAX, sizeof(struct ipid_entry), NULL, session);
}

void
session_state_fini(struct atr_session *session)
{
    atr_table_fini(&session->sources);
    atr_table_fini(&session->processes);
    atr_table_fini(&session->pids);
    atr_table_fini(&session->ports);
    atr_table_fini(&session->handles);
    atr_table_fini(&session->modules);
    atr_table_fini(&session->strings);
    atr_table_fini(&session->stacks);
    atr_table_fini(&session->ipids);
}

static void
apply_manifest(struct atr_session *session, const struct atr_event *event)
{
    struct source_entry *source =
        atr_table_get(&session->sources, session_key(event->source_id, 0, 0));

    session->source = NULL; /* the oldest may have gone */
    if (source != NULL) {
        source->os_build = event->as.manifest.os_build;
    }
}

static void
apply_process(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_process_record *record = &event->as.process;
    struct atr_key key = session_key(event->source_id, 0, record->process_id);
    struct atr_key pid_key = session_key(event->source_id, 0, record->pid);
    struct process_entry *process = atr_table_get(&session->processes, key);
    struct pid_entry *pid;

    session->people++;
    if (process == NULL) {
        return;
    }
    process->view.process_id = record->process_id;
    process->view.pid = record->pid;
    process->view.parent_pid = record->parent_pid;
    process->view.session = record->session;
    process->view.flags = record->flags;
    process->view.ended = record->life == ATR_LIFE_END;
    session_text_replace(session, &process->view.image, record->image);
    process->view.leaf = atr_str_leaf(process->view.image);
    session_text_replace(session, &process->view.command_line, record->command_line);
    pid = atr_table_find(&session->pids, pid_key);
    if (process->view.ended) {
        atr_table_retire(&session->processes, process);
        /* The pid is free for another process from now on. */
        if (pid != NULL && pid->process_id == record->process_id) {
            atr_table_remove(&session->pids, pid);
        }
        return;
    }
    pid = atr_table_get(&session->pids, pid_key);
    if (pid != NULL) {
        pid->process_id = record->process_id;
    }
}

static void
apply_port(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_port_record *record = &event->as.port;
    struct port_entry *port =
        atr_table_get(&session->ports, session_key(event->source_id, 0, record->port_id));
    const struct string_entry *name =
        atr_table_find(&session->strings, session_key(event->source_id, 0, record->name_string_id));

    if (port == NULL) {
        return;
    }
    port->view.port_id = record->port_id;
    port->view.kind = record->kind;
    port->view.closed = record->life == ATR_LIFE_END;
    port->view.owner_process_id = record->owner_process_id;
    port->view.connection_port_id = record->connection_port_id;
    port->view.peer_port_id = record->peer_port_id;
    if (name != NULL) {
        session_text_replace(session, &port->view.name, name->text);
    }
    if (port->view.closed) {
        session_connection_close(session,
                                 session_client_port_end(event->source_id, record->port_id));
    }
}

static struct atr_key
handle_key(uint32_t source_id, uint32_t process_id, uint32_t handle)
{
    return session_key(source_id, process_id, handle);
}

static void
apply_handle(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_handle_record *record = &event->as.handle;
    struct atr_key key = handle_key(event->source_id, record->process_id, record->handle);
    struct handle_entry *handle;

    if (record->life != ATR_LIFE_SEEN) {
        /* Opened or closed: what the number meant before is over. */
        session_connection_close(session,
                                 session_client_end(session, event->source_id, record->process_id,
                                                    ATR_UNKNOWN_U32, record->handle));
    }
    if (record->life == ATR_LIFE_END) {
        atr_table_remove(&session->handles, atr_table_find(&session->handles, key));
        return;
    }
    handle = atr_table_get(&session->handles, key);
    if (handle != NULL) {
        handle->port_id = record->port_id;
    }
}

static void
apply_module(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_module_record *record = &event->as.module;
    struct module_entry *module =
        atr_table_get(&session->modules, session_key(event->source_id, 0, record->module_id));
    struct atr_str path;
    struct atr_str pdb_name;

    if (module == NULL) {
        return;
    }
    path = module->view.path;
    pdb_name = module->view.pdb_name;
    module->view = *record;
    module->view.path = path;
    module->view.pdb_name = pdb_name;
    session_text_replace(session, &module->view.path, record->path);
    session_text_replace(session, &module->view.pdb_name, record->pdb_name);
}

static void
apply_string(struct atr_session *session, const struct atr_event *event)
{
    struct atr_str text = session_text_copy(session, event->as.string.text);
    struct string_entry *string = atr_table_add(
        &session->strings, session_key(event->source_id, 0, event->as.string.string_id));

    if (string == NULL) {
        session_text_free(session, &text);
        return;
    }
    string->text = text;
}

static void
apply_stack(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_stack_record *record = &event->as.stack;
    uint32_t count =
        record->frame_count < ATR_FRAMES_MAX ? record->frame_count : (uint32_t)ATR_FRAMES_MAX;
    size_t size_bytes = count * sizeof(*record->frames);
    struct atr_frame *frames = NULL;
    struct stack_entry *stack;

    if (session_make_room(session, size_bytes)) {
        frames = atr_heap_alloc(&session->heap, count, sizeof(*frames));
        session->held_bytes -= frames == NULL ? size_bytes : 0;
    }
    stack = atr_table_add(&session->stacks, session_key(event->source_id, 0, record->stack_id));
    if (stack != NULL && frames != NULL) {
        memcpy(frames, record->frames, size_bytes);
        stack->frames = frames;
        stack->frame_count = count;
    } else if (frames != NULL) {
        session->held_bytes -= size_bytes;
        atr_heap_free(&session->heap, frames);
    }
}

/* An interface a viewer or an earlier pass saw on a port is a hint only; nothing is named by it. */
void
session_state_apply(struct atr_session *session, const struct atr_event *event)
{
    switch (event->kind) {
    case ATR_RECORD_MANIFEST:
        apply_manifest(session, event);
        break;
    case ATR_RECORD_PROCESS:
        apply_process(session, event);
        break;
    case ATR_RECORD_MODULE:
        apply_module(session, event);
        break;
    case ATR_RECORD_PORT:
        apply_port(session, event);
        break;
    case ATR_RECORD_HANDLE:
        apply_handle(session, event);
        break;
    case ATR_RECORD_STRING:
        apply_string(session, event);
        break;
    case ATR_RECORD_STACK:
        apply_stack(session, event);
        break;
    default:
        break;
    }
}

static struct port_entry *
find_port(const struct atr_session *session, uint32_t source_id, uint32_t port_id)
{
    return port_id == 0 ? NULL
                        : atr_table_find(&session->ports, session_key(source_id, 0, port_id));
}

static struct port_entry *
port_of(const struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    const struct handle_entry *handle;

    if (alpc->port_id != 0) {
        return find_port(session, event->source_id, alpc->port_id);
    }
    handle = atr_table_find(&session->handles,
                            handle_key(event->source_id, alpc->process_id, alpc->handle));
    return handle == NULL ? NULL : find_port(session, event->source_id, handle->port_id);
}

static bool
has_connection_port(const struct atr_session_port *port)
{
    return port->kind != ATR_PORT_CONNECTION && port->connection_port_id != 0;
}

void
session_state_look_up(struct atr_session *session, const struct atr_event *event)
{
    struct atr_key source_key = session_key(event->source_id, 0, 0);

    if (session->source == NULL || session->source->entry.key.high != source_key.high) {
        session->source = atr_table_find(&session->sources, source_key);
    }
    session->port = port_of(session, event);
    session->connection_port = session->port;
    if (session->port != NULL && has_connection_port(&session->port->view)) {
        session->connection_port =
            find_port(session, event->source_id, session->port->view.connection_port_id);
    }
    /* A long recording sees more connections than are alive: a port in use keeps its name. */
    if (session->port != NULL && atr_table_is_crowded(&session->ports)) {
        atr_table_touch(&session->ports, session->port);
        if (session->connection_port != NULL) {
            atr_table_touch(&session->ports, session->connection_port);
        }
    }
}

const struct atr_session_process *
atr_session_find_process(const struct atr_session *session, uint32_t source_id, uint32_t process_id,
                         uint32_t pid)
{
    const struct process_entry *process;

    if (process_id == 0 && pid != ATR_UNKNOWN_U32) {
        const struct pid_entry *owner =
            atr_table_find(&session->pids, session_key(source_id, 0, pid));

        process_id = owner == NULL ? 0 : owner->process_id;
    }
    if (process_id == 0) {
        return NULL;
    }
    process = atr_table_find(&session->processes, session_key(source_id, 0, process_id));
    return process == NULL ? NULL : &process->view;
}

const struct atr_session_port *
atr_session_find_port(const struct atr_session *session, uint32_t source_id, uint32_t port_id)
{
    const struct port_entry *port = find_port(session, source_id, port_id);

    return port == NULL ? NULL : &port->view;
}

const struct atr_session_port *
atr_session_find_connection_port(const struct atr_session *session, uint32_t source_id,
                                 const struct atr_session_port *port)
{
    if (port == NULL || !has_connection_port(port)) {
        return port;
    }
    return atr_session_find_port(session, source_id, port->connection_port_id);
}

struct atr_str
atr_session_find_string(const struct atr_session *session, uint32_t source_id, uint32_t string_id)
{
    const struct string_entry *string =
        string_id == 0 ? NULL
                       : atr_table_find(&session->strings, session_key(source_id, 0, string_id));

    return string == NULL ? (struct atr_str){NULL, 0} : string->text;
}

const struct atr_frame *
atr_session_find_stack(const struct atr_session *session, uint32_t source_id, uint32_t stack_id,
                       uint32_t *frame_count)
{
    const struct stack_entry *stack =
        stack_id == 0 ? NULL
                      : atr_table_find(&session->stacks, session_key(source_id, 0, stack_id));

    *frame_count = stack == NULL ? 0 : stack->frame_count;
    return stack == NULL ? NULL : stack->frames;
}

const struct atr_module_record *
atr_session_find_module(const struct atr_session *session, uint32_t source_id, uint32_t module_id)
{
    const struct module_entry *module =
        module_id == 0 ? NULL
                       : atr_table_find(&session->modules, session_key(source_id, 0, module_id));

    return module == NULL ? NULL : &module->view;
}

const struct atr_session_port *
atr_session_next_port(const struct atr_session *session, void **at, uint32_t *source_id)
{
    struct atr_table_entry *entry =
        *at == NULL ? session->ports.oldest : ((struct atr_table_entry *)*at)->newer;

    *at = entry;
    if (entry == NULL) {
        return NULL;
    }
    *source_id = (uint32_t)(entry->key.high >> 32);
    return &((const struct port_entry *)entry)->view;
}

uint32_t
atr_session_os_build(const struct atr_session *session, uint32_t source_id)
{
    struct atr_key key = session_key(source_id, 0, 0);
    const struct source_entry *source = session->source;

    if (source == NULL || source->entry.key.high != key.high) {
        source = atr_table_find(&session->sources, key);
    }
    return source == NULL ? 0 : source->os_build;
}
