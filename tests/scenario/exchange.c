/* SPDX-License-Identifier: MIT */
#include "scenario/attributes.h"

enum {
    FLAG_SYNC = 0x20000,
    FLAG_RELEASE = 0x10000,
    TYPE_REQUEST = 0x2001,
    TYPE_REPLY = 2,
    TYPE_DATAGRAM = 3,
    TYPE_PORT_CLOSED = 5,
    TYPE_CONNECTION_REQUEST = 0x200a,
    TYPE_CANCELED = 12,
    TYPE_MUST_RELEASE = 0x2000, /* on a reply that carried a view */
    HEADER_BYTES = 40,
    WOW64_HEADER_BYTES = 24,
    CPUS = 4,
    STATUS_REFUSED = (int)0xc0000041,
};

#define FLAG_WOW64 UINT32_C(0x80000000)

/* Bytes of the parts of one event; they live until it was written. */
struct parts {
    struct message attributes;
    struct message other;
};

static uint32_t
next_random(struct world *world, uint32_t below)
{
    world->random = world->random * 1664525 + 1013904223;
    return (world->random >> 8) % below;
}

/* Whole ticks of a 10 MHz clock. */
static void
pass_time(struct world *world, uint32_t at_least_us, uint32_t more_us)
{
    world->time_ns +=
        (uint64_t)at_least_us * 1000 + 100 * (uint64_t)next_random(world, 10 * more_us);
}

/* An enter or exit of one actor, without a message yet. */
static struct atr_event
call_event(struct world *world, const struct actor *actor, enum atr_record_kind kind,
           enum atr_operation operation, uint32_t port_id, uint32_t handle)
{
    struct atr_event event = {.kind = (uint8_t)kind, .flags = ATR_RECORD_FROM_DRIVER};
    bool is_enter = kind == ATR_RECORD_ENTER;

    pass_time(world, 4, 20);
    if (actor->is_wow64) {
        event.flags |= ATR_RECORD_WOW64;
    }
    event.as.alpc = (struct atr_alpc_record){
        .call_id = world->next_call_id,
        .pid = actor->pid,
        .tid = actor->tid,
        .flags = actor->is_wow64 ? FLAG_WOW64 : 0,
        .process_id = actor->process_id,
        .port_id = port_id,
        .handle = handle,
        .cpu = (uint16_t)next_random(world, CPUS),
        .operation = (uint16_t)operation,
        .client_pid = is_enter ? 0 : ATR_UNKNOWN_U32,
        .client_tid = is_enter ? 0 : ATR_UNKNOWN_U32,
        .stack_id = is_enter ? actor->stack_id : 0,
    };
    return event;
}

static struct atr_event
server_event(struct world *world, const struct actor *server, enum atr_record_kind kind,
             struct link link)
{
    return call_event(world, server, kind, ATR_OP_SEND_WAIT_RECEIVE, link.connection_port_id,
                      link.server_handle);
}

static struct atr_event
client_event(struct world *world, const struct actor *client, enum atr_record_kind kind,
             struct link link)
{
    return call_event(world, client, kind, ATR_OP_SEND_WAIT_RECEIVE, link.client_port_id,
                      link.client_handle);
}

static void
set_ids(struct atr_event *event, const struct exchange *exchange, const struct actor *sender)
{
    event->as.alpc.message_id = exchange->message_id;
    event->as.alpc.callback_id = exchange->callback_id;
    event->as.alpc.client_pid = sender->pid;
    event->as.alpc.client_tid = sender->tid;
}

static void
next_ids(struct world *world, struct exchange *exchange)
{
    exchange->message_id = 0x40 + 4 * (++world->next_message_id % 16);
    exchange->callback_id = world->next_callback_id += 1 + next_random(world, 9);
}

static void
add_part(struct atr_event *event, enum atr_record_part type, const void *bytes,
         size_t original_bytes, size_t captured_bytes)
{
    if (captured_bytes == 0 || captured_bytes > original_bytes) {
        captured_bytes = original_bytes;
    }
    if (original_bytes > captured_bytes) {
        event->flags |= ATR_RECORD_TRUNCATED;
    }
    event->parts[event->part_count++] =
        (struct atr_part){.type = (uint16_t)type,
                          .bytes = {bytes, captured_bytes},
                          .original_bytes = (uint32_t)original_bytes};
}

static void
set_message(struct atr_event *event, const struct message *message, const struct wrap *wrap,
            uint16_t type)
{
    size_t header = (event->flags & ATR_RECORD_WOW64) != 0 ? WOW64_HEADER_BYTES : HEADER_BYTES;

    event->as.alpc.message_type = type;
    event->as.alpc.data_length = (uint16_t)message->size_bytes;
    event->as.alpc.total_length = (uint16_t)(message->size_bytes + header);
    if (message->size_bytes > 0) {
        add_part(event, ATR_PART_PAYLOAD, message->bytes, message->size_bytes,
                 wrap == NULL ? 0 : wrap->captured_bytes);
    }
}

/* What the caller passes or the kernel fills in: VIEW and CONTEXT by themselves, more on demand. */
static void
set_attributes(struct world *world, struct atr_event *event, struct parts *parts,
               const struct wrap *wrap, const struct link *link, bool is_release)
{
    struct attributes attributes = {.event = event, .wrap = wrap, .link = link};
    bool is_received = event->kind == ATR_RECORD_EXIT;
    bool has_view = wrap != NULL && wrap->view.data != NULL;
    bool has_context = is_received && link->server_handle == event->as.alpc.handle &&
                       (wrap == NULL || !wrap->no_context);

    attributes.is_release = is_release;
    attributes.mask = (wrap == NULL ? 0 : wrap->attributes) |
                      (has_view ? (uint32_t)ATR_ATTRIBUTE_VIEW : 0) |
                      (has_context ? (uint32_t)ATR_ATTRIBUTE_CONTEXT : 0);
    if (attributes.mask == 0) {
        return;
    }
    attributes.sequence = has_context ? ++world->next_context_sequence : 0;
    attributes_put(&parts->attributes, &attributes);
    event->as.alpc.attribute_mask = attributes.mask;
    add_part(event, ATR_PART_ATTRIBUTES, parts->attributes.bytes, parts->attributes.size_bytes, 0);
    if (has_view && !is_release) {
        add_part(event, ATR_PART_VIEW, wrap->view.data, wrap->view.size_bytes,
                 wrap->captured_bytes);
    }
    if (!is_received && wrap != NULL && wrap->handles.size_bytes > 0) {
        add_part(event, ATR_PART_HANDLES, wrap->handles.data, wrap->handles.size_bytes, 0);
    }
}

/* A call without a message, of which something comes back. Tells when it began. */
static uint64_t
put_wait(struct world *world, struct atr_event event)
{
    world_put(world, &event);
    return event.time_ns;
}

struct exchange
world_send(struct world *world, const struct actor *client, struct link link,
           const struct message *message, const struct wrap *wrap)
{
    struct exchange exchange = {
        .client = *client, .link = link, .is_async = wrap != NULL && wrap->is_async};
    bool is_datagram = wrap != NULL && wrap->is_datagram;
    struct parts parts;
    struct atr_event event;

    world->next_call_id++;
    event = client_event(world, client, ATR_RECORD_ENTER, link);
    event.as.alpc.flags |= is_datagram ? FLAG_RELEASE : exchange.is_async ? 0 : FLAG_SYNC;
    set_message(&event, message, wrap, 0);
    set_attributes(world, &event, &parts, wrap, &link, false);
    world_put(world, &event);
    exchange.client_call_id = event.as.alpc.call_id;
    exchange.begin_ns = event.time_ns;
    next_ids(world, &exchange);
    return exchange;
}

void
world_receive(struct world *world, struct exchange *exchange, const struct actor *server,
              const struct message *message, const struct wrap *wrap)
{
    bool is_datagram = wrap != NULL && wrap->is_datagram;
    struct actor waiting = *server;
    struct parts parts;
    struct atr_event event;
    uint64_t begin_ns;

    waiting.stack_id = 0;
    world->next_call_id++;
    begin_ns = put_wait(world, server_event(world, &waiting, ATR_RECORD_ENTER, exchange->link));
    event = server_event(world, server, ATR_RECORD_EXIT, exchange->link);
    event.as.alpc.duration_ns = world->time_ns - begin_ns;
    set_ids(&event, exchange, &exchange->client);
    set_message(&event, message, wrap, is_datagram ? TYPE_DATAGRAM : TYPE_REQUEST);
    set_attributes(world, &event, &parts, wrap, &exchange->link, false);
    world_put(world, &event);
}

void
world_reply(struct world *world, const struct exchange *exchange, const struct actor *server,
            const struct message *message, const struct wrap *wrap)
{
    struct parts parts;
    struct atr_event event;

    world->next_call_id++;
    event = server_event(world, server, ATR_RECORD_ENTER, exchange->link);
    event.as.alpc.flags |= FLAG_RELEASE;
    set_ids(&event, exchange, &exchange->client);
    set_message(&event, message, wrap, TYPE_REQUEST); /* stale: it is the buffer received */
    set_attributes(world, &event, &parts, wrap, &exchange->link, false);
    world_put(world, &event);
    event = server_event(world, server, ATR_RECORD_EXIT, exchange->link);
    event.as.alpc.flags |= FLAG_RELEASE;
    event.as.alpc.duration_ns = 3000;
    world_put(world, &event);
}

void
world_return(struct world *world, const struct exchange *exchange, const struct actor *server,
             const struct message *message, const struct wrap *wrap, uint32_t status)
{
    uint64_t begin_ns = exchange->begin_ns;
    struct actor client = exchange->client;
    struct parts parts;
    struct atr_event event;

    if (exchange->is_async) { /* a call of its own fetches the reply */
        client.stack_id = 0;
        world->next_call_id++;
        begin_ns = put_wait(world, client_event(world, &client, ATR_RECORD_ENTER, exchange->link));
    }
    event = client_event(world, &client, ATR_RECORD_EXIT, exchange->link);
    event.as.alpc.flags |= exchange->is_async ? 0 : FLAG_SYNC;
    if (!exchange->is_async) {
        event.as.alpc.call_id = exchange->client_call_id;
    }
    event.as.alpc.status = status;
    event.as.alpc.duration_ns = world->time_ns - begin_ns;
    if (status == 0) {
        bool has_view = wrap != NULL && wrap->view.data != NULL;

        set_ids(&event, exchange, server);
        set_message(&event, message, wrap,
                    (uint16_t)(TYPE_REPLY | (has_view ? TYPE_MUST_RELEASE : 0)));
        set_attributes(world, &event, &parts, wrap, &exchange->link, false);
    }
    world_put(world, &event);
}

void
world_release(struct world *world, const struct exchange *exchange, const struct message *message,
              const struct wrap *wrap)
{
    struct parts parts;
    struct atr_event event;

    world->next_call_id++;
    event = client_event(world, &exchange->client, ATR_RECORD_ENTER, exchange->link);
    event.as.alpc.flags |= FLAG_RELEASE;
    set_ids(&event, exchange, &exchange->client);
    set_message(&event, message, NULL, TYPE_REPLY | TYPE_MUST_RELEASE);
    set_attributes(world, &event, &parts, wrap, &exchange->link, true);
    world_put(world, &event);
    event = client_event(world, &exchange->client, ATR_RECORD_EXIT, exchange->link);
    event.as.alpc.flags |= FLAG_RELEASE;
    event.as.alpc.duration_ns = 2500;
    world_put(world, &event);
}

void
world_call(struct world *world, const struct actor *client, struct link link,
           const struct actor *server, const struct message *request, const struct message *reply)
{
    struct exchange exchange = world_send(world, client, link, request, NULL);

    world_receive(world, &exchange, server, request, NULL);
    pass_time(world, 40, 300);
    world_reply(world, &exchange, server, reply, NULL);
    world_return(world, &exchange, server, reply, NULL, 0);
}

/* The port is named by its path; what an LRPC client asks for (alpc 8). */
static struct atr_event
connect_enter(struct world *world, const struct actor *client, uint32_t connection_port_id,
              const char *name, struct parts *parts)
{
    struct atr_event event;

    world->next_call_id++;
    event = call_event(world, client, ATR_RECORD_ENTER, ATR_OP_CONNECT, connection_port_id,
                       ATR_UNKNOWN_U32);
    event.as.alpc.flags |= FLAG_SYNC;
    message_clear(&parts->other);
    message_utf16(&parts->other, name, false);
    add_part(&event, ATR_PART_OBJECT_NAME, parts->other.bytes, parts->other.size_bytes, 0);
    message_clear(&parts->attributes);
    message_u32(&parts->attributes, 0x20d0000);
    message_u32(&parts->attributes, 12);
    message_u32(&parts->attributes, 2);
    message_u32(&parts->attributes, 1);
    message_u64(&parts->attributes, 0x1000);
    message_zeros(&parts->attributes, 0x40 - parts->attributes.size_bytes);
    message_u64(&parts->attributes, 0xffd);
    add_part(&event, ATR_PART_PORT_ATTRIBUTES, parts->attributes.bytes,
             parts->attributes.size_bytes, 0);
    world_put(world, &event);
    return event;
}

/* The server sees the request and accepts or refuses. */
static void
server_answers(struct world *world, const struct actor *client, const struct actor *server,
               struct link link, bool accepts)
{
    struct exchange exchange = {.client = *client, .link = link};
    struct parts parts;
    struct message empty = {.size_bytes = 0};
    struct atr_event event;
    uint64_t begin_ns;

    next_ids(world, &exchange);
    world->next_call_id++;
    begin_ns = put_wait(world, server_event(world, server, ATR_RECORD_ENTER, link));
    event = server_event(world, server, ATR_RECORD_EXIT, link);
    event.as.alpc.duration_ns = world->time_ns - begin_ns;
    set_ids(&event, &exchange, client);
    set_message(&event, &empty, NULL, TYPE_CONNECTION_REQUEST);
    world_put(world, &event);
    world->next_call_id++;
    event = call_event(world, server, ATR_RECORD_ENTER, ATR_OP_ACCEPT, link.connection_port_id,
                       link.server_handle);
    set_ids(&event, &exchange, client);
    set_message(&event, &empty, NULL, TYPE_CONNECTION_REQUEST);
    message_clear(&parts.other);
    message_u64(&parts.other, accepts);
    message_u64(&parts.other, accepts ? link.port_context : 0);
    add_part(&event, ATR_PART_ACCEPT, parts.other.bytes, parts.other.size_bytes, 0);
    world_put(world, &event);
    event = call_event(world, server, ATR_RECORD_EXIT, ATR_OP_ACCEPT, link.connection_port_id,
                       link.server_handle);
    event.as.alpc.duration_ns = 9000;
    world_put(world, &event);
}

static void
connect_exit(struct world *world, const struct actor *client, const struct atr_event *enter,
             uint32_t port_id, uint32_t handle, uint32_t status)
{
    struct atr_event event =
        call_event(world, client, ATR_RECORD_EXIT, ATR_OP_CONNECT, port_id, handle);

    event.as.alpc.call_id = enter->as.alpc.call_id;
    event.as.alpc.flags |= FLAG_SYNC;
    event.as.alpc.status = status;
    event.as.alpc.duration_ns = world->time_ns - enter->time_ns;
    world_put(world, &event);
}

struct link
world_connect(struct world *world, const struct actor *client, const struct actor *server,
              uint32_t connection_port_id, const char *name, uint32_t client_handle)
{
    struct parts parts;
    struct atr_event enter = connect_enter(world, client, connection_port_id, name, &parts);
    struct link link = world_link(world, client, connection_port_id, client_handle);

    server_answers(world, client, server, link, true);
    connect_exit(world, client, &enter, link.client_port_id, client_handle, 0);
    return link;
}

void
world_connect_refused(struct world *world, const struct actor *client, const struct actor *server,
                      uint32_t connection_port_id, const char *name)
{
    struct parts parts;
    struct atr_event enter = connect_enter(world, client, connection_port_id, name, &parts);
    struct link link = {.connection_port_id = connection_port_id, .server_handle = 0x2d4};

    server_answers(world, client, server, link, false);
    connect_exit(world, client, &enter, connection_port_id, ATR_UNKNOWN_U32,
                 (uint32_t)STATUS_REFUSED);
}

void
world_connect_failed(struct world *world, const struct actor *client, const char *name,
                     uint32_t status)
{
    struct parts parts;
    struct atr_event enter = connect_enter(world, client, 0, name, &parts);

    connect_exit(world, client, &enter, 0, ATR_UNKNOWN_U32, status);
}

static void
put_notice(struct world *world, const struct actor *server, const struct exchange *exchange,
           uint16_t type)
{
    struct message empty = {.size_bytes = 0};
    struct parts parts;
    struct atr_event event;
    uint64_t begin_ns;

    world->next_call_id++;
    begin_ns = put_wait(world, server_event(world, server, ATR_RECORD_ENTER, exchange->link));
    event = server_event(world, server, ATR_RECORD_EXIT, exchange->link);
    event.as.alpc.duration_ns = world->time_ns - begin_ns;
    set_ids(&event, exchange, &exchange->client);
    set_message(&event, &empty, NULL, type);
    set_attributes(world, &event, &parts, NULL, &exchange->link, false);
    world_put(world, &event);
}

void
world_canceled(struct world *world, const struct actor *server, const struct exchange *exchange)
{
    put_notice(world, server, exchange, TYPE_CANCELED);
}

void
world_port_closed(struct world *world, const struct actor *server, struct link link,
                  const struct actor *client)
{
    struct exchange exchange = {.client = *client, .link = link};

    next_ids(world, &exchange);
    put_notice(world, server, &exchange, TYPE_PORT_CLOSED);
}
