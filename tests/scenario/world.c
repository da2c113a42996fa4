/* SPDX-License-Identifier: MIT */
#include "scenario/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2024-05-02 08:02:11 UTC */
#define START_NS         UINT64_C(1714636931000000000)
#define UNIX_EPOCH_100NS UINT64_C(116444736000000000)

enum {
    FLAG_SYNC = 0x20000,
    FLAG_RELEASE = 0x10000,
    TYPE_REQUEST = 0x2001,
    TYPE_REPLY = 2,
    TYPE_DATAGRAM = 3,
    TYPE_PORT_CLOSED = 5,
    TYPE_CONNECTION_REQUEST = 0x200a,
    STEP_NS = 20000,
    HEADER_BYTES = 40,
    WOW64_HEADER_BYTES = 24,
};

static void
need(enum atr_status status, const char *what)
{
    if (status != ATR_OK) {
        (void)fprintf(stderr, "scenario: %s: %s\n", what, atr_status_text(status));
        exit(1);
    }
}

void
world_put(struct world *world, struct atr_event *event)
{
    event->source_id = world->source_id;
    event->sequence = ++world->sequence;
    if (event->time_ns == 0) {
        event->time_ns = world->time_ns;
    }
    need(atr_writer_event(world->writer, event), "write");
}

void
world_open(struct world *world, const char *path, uint32_t os_build, int32_t utc_bias_minutes)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_writer_options options = {.application = ATR_STR("alpctrace scenario")};
    struct atr_event event = {.kind = ATR_RECORD_MANIFEST};

    *world =
        (struct world){.time_ns = START_NS, .source_id = 0x5eed0001, .next_callback_id = 0x10000};
    atr_arena_init(&world->arena, heap, 1 << 20);
    need(atr_file_create(&world->file, path, &heap, NULL), path);
    need(atr_writer_create(&world->writer, world->file, &options, &heap, NULL), path);
    event.as.manifest = (struct atr_manifest_record){
        .os_build = os_build,
        .os_major = 10,
        .architecture = 0x8664,
        .pointer_bytes = 8,
        .utc_bias_minutes = utc_bias_minutes,
        .clock_source = ATR_CLOCK_QPC,
        .clock_frequency_hz = 10000000,
        .boot_time_100ns = START_NS / 100 + UNIX_EPOCH_100NS - UINT64_C(36000000000),
        .capture_uuid = {{0x5e, 0xed}},
        .schema = ATR_STR("alpctrace/1"),
        .os_name = ATR_STR("Windows (scenario)"),
        .tool = ATR_STR("alpctrace scenario"),
    };
    world_put(world, &event);
}

void
world_close(struct world *world)
{
    need(atr_writer_finish(world->writer, NULL), "finish");
    atr_writer_destroy(world->writer);
    atr_file_close(world->file);
    atr_arena_fini(&world->arena);
}

void
world_wait_us(struct world *world, uint32_t microseconds)
{
    world->time_ns += (uint64_t)microseconds * 1000;
}

static uint32_t
put_string(struct world *world, const char *text)
{
    struct atr_event event = {.kind = ATR_RECORD_STRING};

    event.as.string.string_id = ++world->next_string_id;
    event.as.string.text = atr_str_from(text);
    world_put(world, &event);
    return world->next_string_id;
}

struct actor
world_process(struct world *world, uint32_t pid, uint32_t tid, const char *image)
{
    struct atr_event event = {.kind = ATR_RECORD_PROCESS, .flags = ATR_RECORD_SNAPSHOT};
    struct actor actor = {.process_id = ++world->next_process_id, .pid = pid, .tid = tid};

    event.as.process = (struct atr_process_record){.process_id = actor.process_id,
                                                   .pid = pid,
                                                   .parent_pid = ATR_UNKNOWN_U32,
                                                   .session = 1,
                                                   .life = ATR_LIFE_SEEN,
                                                   .image = atr_str_from(image)};
    world_put(world, &event);
    return actor;
}

void
world_exit(struct world *world, const struct actor *actor)
{
    struct atr_event event = {.kind = ATR_RECORD_PROCESS};

    event.as.process = (struct atr_process_record){.process_id = actor->process_id,
                                                   .pid = actor->pid,
                                                   .parent_pid = ATR_UNKNOWN_U32,
                                                   .session = 1,
                                                   .life = ATR_LIFE_END};
    world_put(world, &event);
}

struct actor
world_thread(const struct actor *process, uint32_t tid)
{
    struct actor thread = *process;

    thread.tid = tid;
    thread.stack_id = 0;
    return thread;
}

static void
put_port(struct world *world, const struct atr_port_record *port)
{
    struct atr_event event = {.kind = ATR_RECORD_PORT};

    event.as.port = *port;
    world_put(world, &event);
}

uint32_t
world_port(struct world *world, const struct actor *owner, const char *name)
{
    struct atr_port_record port = {.port_id = ++world->next_port_id,
                                   .name_string_id = put_string(world, name),
                                   .owner_process_id = owner->process_id,
                                   .kind = ATR_PORT_CONNECTION,
                                   .life = ATR_LIFE_SEEN};

    put_port(world, &port);
    return port.port_id;
}

struct link
world_link(struct world *world, const struct actor *client, uint32_t connection_port_id,
           uint32_t client_handle)
{
    struct atr_port_record port = {.port_id = ++world->next_port_id,
                                   .owner_process_id = client->process_id,
                                   .connection_port_id = connection_port_id,
                                   .kind = ATR_PORT_CLIENT,
                                   .life = ATR_LIFE_SEEN};

    put_port(world, &port);
    return (struct link){.connection_port_id = connection_port_id,
                         .client_port_id = port.port_id,
                         .client_handle = client_handle,
                         .server_handle = 0x40,
                         .port_context = 0x1d000000 + 0x100 * (uint64_t)port.port_id};
}

uint32_t
world_stack(struct world *world, const struct actor *actor, const char *const *frames, size_t count)
{
    struct atr_event event = {.kind = ATR_RECORD_STACK};
    struct atr_frame list[32];

    for (size_t i = 0; i < count && i < ATR_COUNT(list); i++) {
        list[i] = (struct atr_frame){.address = 0x7ff000000000 + 0x1000 * i,
                                     .text_string_id = put_string(world, frames[i])};
    }
    event.as.stack = (struct atr_stack_record){.stack_id = ++world->next_stack_id,
                                               .process_id = actor->process_id,
                                               .frame_count = (uint32_t)count,
                                               .frames = list};
    world_put(world, &event);
    return world->next_stack_id;
}

void
world_drops(struct world *world, uint16_t cause, uint64_t count)
{
    struct atr_event event = {.kind = ATR_RECORD_DROPS};
    struct atr_drop_counter counter = {cause, ATR_UNKNOWN_U16, count};

    event.as.drops = (struct atr_drops_record){1, &counter};
    world_put(world, &event);
}

void
world_mark(struct world *world, const char *text)
{
    struct atr_event event = {.kind = ATR_RECORD_MARK};

    event.as.mark.text = atr_str_from(text);
    world_put(world, &event);
}

/* An enter or exit of one actor, without a message yet. */
static struct atr_event
call_event(struct world *world, const struct actor *actor, enum atr_record_kind kind,
           enum atr_operation operation, uint32_t port_id, uint32_t handle)
{
    struct atr_event event = {.kind = (uint8_t)kind, .flags = ATR_RECORD_FROM_DRIVER};

    world->time_ns += STEP_NS;
    if (actor->is_wow64) {
        event.flags |= ATR_RECORD_WOW64;
    }
    event.as.alpc = (struct atr_alpc_record){
        .pid = actor->pid,
        .tid = actor->tid,
        .process_id = actor->process_id,
        .port_id = port_id,
        .handle = handle,
        .operation = (uint16_t)operation,
        .client_pid = kind == ATR_RECORD_ENTER ? 0 : ATR_UNKNOWN_U32,
        .client_tid = kind == ATR_RECORD_ENTER ? 0 : ATR_UNKNOWN_U32,
        .stack_id = kind == ATR_RECORD_ENTER ? actor->stack_id : 0,
    };
    return event;
}

static void
add_part(struct atr_event *event, enum atr_record_part type, struct atr_bytes bytes,
         uint32_t original_bytes)
{
    event->parts[event->part_count++] =
        (struct atr_part){.type = (uint16_t)type, .bytes = bytes, .original_bytes = original_bytes};
    if (original_bytes > bytes.size_bytes) {
        event->flags |= ATR_RECORD_TRUNCATED;
    }
}

static void
set_message(struct atr_event *event, const struct message *message, const struct wrap *wrap,
            uint16_t type)
{
    struct atr_bytes bytes = {message->bytes, message->size_bytes};
    size_t header = (event->flags & ATR_RECORD_WOW64) != 0 ? WOW64_HEADER_BYTES : HEADER_BYTES;

    event->as.alpc.message_type = type;
    event->as.alpc.data_length = (uint16_t)message->size_bytes;
    event->as.alpc.total_length = (uint16_t)(message->size_bytes + header);
    if (wrap != NULL && wrap->captured_bytes != 0) {
        bytes.size_bytes = wrap->captured_bytes;
    }
    add_part(event, ATR_PART_PAYLOAD, bytes, (uint32_t)message->size_bytes);
}

/* VIEW, then CONTEXT, as the caller's pointer size lays them out. */
static void
set_attributes(struct atr_event *event, struct message *buffer, const struct wrap *wrap,
               const struct link *link, bool with_context)
{
    uint32_t mask = 0;
    bool has_view = wrap != NULL && wrap->view.data != NULL;

    message_clear(buffer);
    mask |= has_view ? (uint32_t)ATR_ATTRIBUTE_VIEW : 0;
    mask |= with_context ? (uint32_t)ATR_ATTRIBUTE_CONTEXT : 0;
    if (mask == 0) {
        return;
    }
    message_u32(buffer, mask);
    message_u32(buffer, mask);
    if (has_view) {
        message_u64(buffer, 0x40000);
        message_u64(buffer, 0x21);
        message_u64(buffer, 0x1d0000);
        message_u64(buffer, (wrap->view.size_bytes + 0xfff) & ~(size_t)0xfff);
    }
    if (with_context) {
        message_u64(buffer, link->port_context);
        message_u64(buffer, 0);
        message_u32(buffer, event->sequence);
        message_u32(buffer, event->as.alpc.message_id);
        message_u64(buffer, (uint32_t)event->as.alpc.callback_id);
    }
    event->as.alpc.attribute_mask = mask;
    add_part(event, ATR_PART_ATTRIBUTES, (struct atr_bytes){buffer->bytes, buffer->size_bytes},
             (uint32_t)buffer->size_bytes);
    if (has_view) {
        add_part(event, ATR_PART_VIEW, wrap->view,
                 wrap->view_original != 0 ? wrap->view_original : (uint32_t)wrap->view.size_bytes);
    }
}

struct exchange
world_send(struct world *world, const struct actor *client, struct link link,
           const struct message *message, const struct wrap *wrap)
{
    struct atr_event event = call_event(world, client, ATR_RECORD_ENTER, ATR_OP_SEND_WAIT_RECEIVE,
                                        link.client_port_id, link.client_handle);
    struct exchange exchange = {.client = *client,
                                .link = link,
                                .client_call_id = ++world->next_call_id,
                                .begin_ns = world->time_ns,
                                .message_id = 0x40 + 4 * (++world->next_message_id % 16),
                                .callback_id = ++world->next_callback_id,
                                .is_async = wrap != NULL && wrap->is_async};
    bool is_datagram = wrap != NULL && wrap->is_datagram;
    struct message attributes;

    event.as.alpc.call_id = exchange.client_call_id;
    event.as.alpc.flags = is_datagram ? FLAG_RELEASE : exchange.is_async ? 0 : FLAG_SYNC;
    set_message(&event, message, wrap, 0);
    set_attributes(&event, &attributes, wrap, &link, false);
    world_put(world, &event);
    return exchange;
}

void
world_receive(struct world *world, struct exchange *exchange, const struct actor *server,
              const struct message *message, const struct wrap *wrap)
{
    struct atr_event event =
        call_event(world, server, ATR_RECORD_EXIT, ATR_OP_SEND_WAIT_RECEIVE,
                   exchange->link.connection_port_id, exchange->link.server_handle);
    bool is_datagram = wrap != NULL && wrap->is_datagram;
    struct message attributes;

    event.as.alpc.call_id = ++world->next_call_id;
    event.as.alpc.message_id = exchange->message_id;
    event.as.alpc.callback_id = exchange->callback_id;
    event.as.alpc.client_pid = exchange->client.pid;
    event.as.alpc.client_tid = exchange->client.tid;
    event.as.alpc.duration_ns = 5 * (uint64_t)STEP_NS;
    set_message(&event, message, wrap, is_datagram ? TYPE_DATAGRAM : TYPE_REQUEST);
    set_attributes(&event, &attributes, wrap, &exchange->link, wrap == NULL || !wrap->no_context);
    world_put(world, &event);
}

void
world_reply(struct world *world, const struct exchange *exchange, const struct actor *server,
            const struct message *message, const struct wrap *wrap)
{
    struct atr_event event =
        call_event(world, server, ATR_RECORD_ENTER, ATR_OP_SEND_WAIT_RECEIVE,
                   exchange->link.connection_port_id, exchange->link.server_handle);
    struct message attributes;

    event.as.alpc.call_id = ++world->next_call_id;
    event.as.alpc.flags = FLAG_RELEASE;
    event.as.alpc.message_id = exchange->message_id;
    event.as.alpc.callback_id = exchange->callback_id;
    event.as.alpc.client_pid = exchange->client.pid;
    event.as.alpc.client_tid = exchange->client.tid;
    set_message(&event, message, wrap, TYPE_REQUEST);
    set_attributes(&event, &attributes, wrap, &exchange->link, false);
    world_put(world, &event);
}

void
world_return(struct world *world, const struct exchange *exchange, const struct actor *server,
             const struct message *message, const struct wrap *wrap, uint32_t status)
{
    struct atr_event event =
        call_event(world, &exchange->client, ATR_RECORD_EXIT, ATR_OP_SEND_WAIT_RECEIVE,
                   exchange->link.client_port_id, exchange->link.client_handle);
    struct message attributes;

    event.as.alpc.call_id = exchange->is_async ? ++world->next_call_id : exchange->client_call_id;
    event.as.alpc.flags = exchange->is_async ? 0 : FLAG_SYNC;
    event.as.alpc.status = status;
    event.as.alpc.duration_ns = world->time_ns - exchange->begin_ns;
    if (status == 0) {
        event.as.alpc.message_id = exchange->message_id;
        event.as.alpc.callback_id = exchange->callback_id;
        event.as.alpc.client_pid = server->pid;
        event.as.alpc.client_tid = server->tid;
        set_message(&event, message, wrap, TYPE_REPLY);
        set_attributes(&event, &attributes, wrap, &exchange->link, false);
    }
    world_put(world, &event);
}

void
world_call(struct world *world, const struct actor *client, struct link link,
           const struct actor *server, const struct message *request, const struct message *reply)
{
    struct exchange exchange = world_send(world, client, link, request, NULL);

    world_receive(world, &exchange, server, request, NULL);
    world_wait_us(world, 150);
    world_reply(world, &exchange, server, reply, NULL);
    world_return(world, &exchange, server, reply, NULL, 0);
}

struct link
world_connect(struct world *world, const struct actor *client, const struct actor *server,
              uint32_t connection_port_id, uint32_t client_handle, bool refused)
{
    struct atr_event enter = call_event(world, client, ATR_RECORD_ENTER, ATR_OP_CONNECT,
                                        connection_port_id, ATR_UNKNOWN_U32);
    struct atr_event seen = call_event(world, server, ATR_RECORD_EXIT, ATR_OP_SEND_WAIT_RECEIVE,
                                       connection_port_id, 0x40);
    struct atr_event leave;
    struct message empty = {.size_bytes = 0};
    struct link link = {0};

    enter.as.alpc.call_id = ++world->next_call_id;
    enter.as.alpc.flags = FLAG_SYNC;
    world_put(world, &enter);
    seen.as.alpc.call_id = ++world->next_call_id;
    seen.as.alpc.message_id = 0x40 + 4 * (++world->next_message_id % 16);
    seen.as.alpc.callback_id = ++world->next_callback_id;
    seen.as.alpc.client_pid = client->pid;
    seen.as.alpc.client_tid = client->tid;
    set_message(&seen, &empty, NULL, TYPE_CONNECTION_REQUEST);
    world_put(world, &seen);
    if (!refused) {
        link = world_link(world, client, connection_port_id, client_handle);
    }
    leave = call_event(world, client, ATR_RECORD_EXIT, ATR_OP_CONNECT,
                       refused ? connection_port_id : link.client_port_id,
                       refused ? ATR_UNKNOWN_U32 : client_handle);
    leave.as.alpc.call_id = enter.as.alpc.call_id;
    leave.as.alpc.status = refused ? 0xc0000041 : 0;
    leave.as.alpc.duration_ns = 2 * (uint64_t)STEP_NS;
    world_put(world, &leave);
    return link;
}

void
world_port_closed(struct world *world, const struct actor *server, struct link link,
                  const struct actor *client)
{
    struct atr_event event = call_event(world, server, ATR_RECORD_EXIT, ATR_OP_SEND_WAIT_RECEIVE,
                                        link.connection_port_id, link.server_handle);
    struct message empty = {.size_bytes = 0};
    struct message attributes;

    event.as.alpc.call_id = ++world->next_call_id;
    event.as.alpc.message_id = 0x40;
    event.as.alpc.callback_id = ++world->next_callback_id;
    event.as.alpc.client_pid = client->pid;
    event.as.alpc.client_tid = client->tid;
    set_message(&event, &empty, NULL, TYPE_PORT_CLOSED);
    set_attributes(&event, &attributes, NULL, &link, true);
    world_put(world, &event);
}
