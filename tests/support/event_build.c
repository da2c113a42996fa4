/* SPDX-License-Identifier: MIT */
#include "support/event_build.h"

enum {
    ARENA_BYTES = 1 << 20,
    STEP_NS = 1000000,
    HEADER_BYTES = 40,
    TYPE_REQUEST = 0x2001,
    TYPE_REPLY = 2,
    TYPE_DATAGRAM = 3,
    TYPE_PORT_CLOSED = 5,
    PORT_NAME_STRING = 0x70000000, /* plus the port id */
};

#define START_NS UINT64_C(1700000000000000000)

void
test_stage_open(struct test_stage *stage, const struct atr_heap *heap)
{
    struct atr_heap libc = atr_heap_default();

    *stage = (struct test_stage){.time_ns = START_NS, .source_id = 1};
    CHECK_UINT(atr_session_create(&stage->session, heap == NULL ? &libc : heap), ATR_OK);
    atr_arena_init(&stage->arena, libc, ARENA_BYTES);
}

void
test_stage_close(struct test_stage *stage)
{
    atr_session_destroy(stage->session);
    atr_arena_fini(&stage->arena);
}

struct atr_event *
test_stage_next(struct test_stage *stage, enum atr_record_kind kind)
{
    struct atr_event *event = &stage->event;

    atr_event_reset(event, &stage->arena, stage->want_fields);
    stage->time_ns += STEP_NS;
    event->kind = (uint8_t)kind;
    event->number = ++stage->number;
    event->time_ns = stage->time_ns;
    event->source_id = stage->source_id;
    return event;
}

static void
judge(struct test_stage *stage, enum atr_status status)
{
    if (!stage->tolerant) {
        CHECK_UINT(status, ATR_OK);
    }
    if (stage->status == ATR_OK) {
        stage->status = status;
    }
}

const struct atr_event *
test_stage_apply(struct test_stage *stage)
{
    judge(stage, atr_session_apply(stage->session, &stage->event));
    atr_session_introduce(stage->session, &stage->event);
    return &stage->event;
}

void
test_stage_learn(struct test_stage *stage)
{
    judge(stage, atr_session_learn(stage->session, &stage->event));
}

void
test_process(struct test_stage *stage, uint32_t process_id, uint32_t pid, const char *image,
             enum atr_life life)
{
    struct atr_event *event = test_stage_next(stage, ATR_RECORD_PROCESS);

    event->as.process = (struct atr_process_record){.process_id = process_id,
                                                    .pid = pid,
                                                    .parent_pid = ATR_UNKNOWN_U32,
                                                    .session = 1,
                                                    .life = (uint8_t)life,
                                                    .image = atr_str_from(image)};
    (void)test_stage_apply(stage);
}

void
test_string(struct test_stage *stage, uint32_t string_id, struct atr_str text)
{
    struct atr_event *event = test_stage_next(stage, ATR_RECORD_STRING);

    event->as.string = (struct atr_string_record){string_id, text};
    (void)test_stage_apply(stage);
}

void
test_stack(struct test_stage *stage, uint32_t stack_id, uint32_t frame_count)
{
    struct atr_event *event = test_stage_next(stage, ATR_RECORD_STACK);
    struct atr_frame frames[ATR_FRAMES_MAX] = {{0}};

    assert_true(frame_count <= ATR_FRAMES_MAX);
    for (uint32_t i = 0; i < frame_count; i++) {
        frames[i].address = 0x7ff600000000 + i;
    }
    event->as.stack = (struct atr_stack_record){
        .stack_id = stack_id, .frame_count = frame_count, .frames = frames};
    (void)test_stage_apply(stage);
}

void
test_handle(struct test_stage *stage, const struct test_actor *owner, enum atr_life life)
{
    struct atr_event *event = test_stage_next(stage, ATR_RECORD_HANDLE);

    event->as.handle = (struct atr_handle_record){.process_id = owner->process_id,
                                                  .handle = owner->handle,
                                                  .port_id = owner->port_id,
                                                  .life = (uint8_t)life};
    (void)test_stage_apply(stage);
}

void
test_port(struct test_stage *stage, const struct atr_port_record *port, const char *name)
{
    struct atr_event *event;
    uint32_t string_id = 0;

    if (name != NULL) {
        string_id = PORT_NAME_STRING + port->port_id;
        test_string(stage, string_id, atr_str_from(name));
    }
    event = test_stage_next(stage, ATR_RECORD_PORT);
    event->as.port = *port;
    event->as.port.name_string_id = string_id;
    (void)test_stage_apply(stage);
}

/* Who acts, and nothing of a message yet. */
static struct atr_event *
service(struct test_stage *stage, enum atr_record_kind kind, enum atr_operation operation,
        const struct test_actor *actor, uint64_t call_id)
{
    struct atr_event *event = test_stage_next(stage, kind);

    event->as.alpc = (struct atr_alpc_record){
        .call_id = call_id,
        .pid = actor->pid,
        .tid = actor->tid,
        .process_id = actor->process_id,
        .port_id = actor->port_id,
        .handle = actor->handle,
        .client_pid = ATR_UNKNOWN_U32,
        .client_tid = ATR_UNKNOWN_U32,
        .operation = (uint16_t)operation,
    };
    return event;
}

struct atr_event *
test_alpc(struct test_stage *stage, enum atr_record_kind kind, const struct test_actor *actor,
          const struct test_message *message)
{
    struct atr_event *event =
        service(stage, kind, ATR_OP_SEND_WAIT_RECEIVE, actor, message->call_id);
    struct atr_alpc_record *alpc = &event->as.alpc;

    alpc->data_length = message->size_bytes;
    alpc->total_length = (uint16_t)(message->size_bytes + HEADER_BYTES);
    alpc->message_id = message->message_id;
    alpc->callback_id = message->callback_id;
    return event;
}

static void
name_client(struct atr_event *event, const struct test_actor *server,
            const struct test_actor *client)
{
    event->as.alpc.client_pid = client->pid;
    event->as.alpc.client_tid = client->tid;
    if (server->port_context != 0) {
        event->attributes.allocated = ATR_ATTRIBUTE_CONTEXT;
        event->attributes.valid = ATR_ATTRIBUTE_CONTEXT;
        event->attributes.present = ATR_ATTRIBUTE_CONTEXT;
        event->attributes.context.port_context = server->port_context;
    }
}

const struct atr_event *
test_request_sent(struct test_stage *stage, const struct test_actor *client,
                  const struct test_message *message, uint32_t flags)
{
    struct atr_event *event = test_alpc(stage, ATR_RECORD_ENTER, client, message);

    event->as.alpc.flags = flags;
    event->as.alpc.message_id = 0;
    event->as.alpc.callback_id = 0;
    return test_stage_apply(stage);
}

const struct atr_event *
test_request_received(struct test_stage *stage, const struct test_actor *server,
                      const struct test_actor *client, const struct test_message *message)
{
    struct atr_event *event = test_alpc(stage, ATR_RECORD_EXIT, server, message);

    event->as.alpc.call_id = UINT64_C(1) << 63 | stage->number; /* the server's own call */
    event->as.alpc.message_type = message->message_id == 0 ? TYPE_DATAGRAM : TYPE_REQUEST;
    name_client(event, server, client);
    return test_stage_apply(stage);
}

const struct atr_event *
test_reply_sent(struct test_stage *stage, const struct test_actor *server,
                const struct test_message *message)
{
    struct atr_event *event = test_alpc(stage, ATR_RECORD_ENTER, server, message);

    event->as.alpc.call_id = UINT64_C(1) << 63 | stage->number;
    event->as.alpc.flags = ATR_ALPC_RELEASE_MESSAGE;
    return test_stage_apply(stage);
}

const struct atr_event *
test_reply_received(struct test_stage *stage, const struct test_actor *client,
                    const struct test_message *message, uint32_t flags)
{
    struct atr_event *event = test_alpc(stage, ATR_RECORD_EXIT, client, message);

    event->as.alpc.flags = flags;
    event->as.alpc.message_type = TYPE_REPLY;
    return test_stage_apply(stage);
}

const struct atr_event *
test_failed(struct test_stage *stage, const struct test_actor *actor,
            const struct test_message *message, uint32_t flags, uint32_t status)
{
    struct atr_event *event =
        service(stage, ATR_RECORD_EXIT, ATR_OP_SEND_WAIT_RECEIVE, actor, message->call_id);

    event->as.alpc.flags = flags;
    event->as.alpc.status = status;
    return test_stage_apply(stage);
}

const struct atr_event *
test_port_closed(struct test_stage *stage, const struct test_actor *server,
                 const struct test_actor *client)
{
    struct atr_event *event =
        test_alpc(stage, ATR_RECORD_EXIT, server, &(struct test_message){.message_id = 0x7fff});

    event->as.alpc.message_type = TYPE_PORT_CLOSED;
    name_client(event, server, client);
    return test_stage_apply(stage);
}

const struct atr_event *
test_connect(struct test_stage *stage, const struct test_actor *client, uint64_t call_id,
             uint32_t status)
{
    struct atr_event *event = service(stage, ATR_RECORD_ENTER, ATR_OP_CONNECT, client, call_id);

    event->as.alpc.handle = ATR_UNKNOWN_U32;
    (void)test_stage_apply(stage);
    event = service(stage, ATR_RECORD_EXIT, ATR_OP_CONNECT, client, call_id);
    event->as.alpc.status = status;
    return test_stage_apply(stage);
}

struct atr_rpc_interface
test_interface(uint8_t number)
{
    return (struct atr_rpc_interface){.uuid = {{number, 0xed, 0x5e}}, .version_major = 1};
}

static void
add_bind(struct test_stage *stage, enum atr_fact_kind kind, const struct atr_bind_fact *bind)
{
    struct atr_fact *fact = atr_event_fact_add(&stage->event, kind);

    assert_non_null(fact);
    fact->as.bind = *bind;
    test_stage_learn(stage);
}

void
test_offer(struct test_stage *stage, uint8_t interface, uint32_t syntaxes, uint16_t ndr20_id,
           uint16_t ndr64_id)
{
    add_bind(stage, ATR_FACT_BIND_OFFERED,
             &(struct atr_bind_fact){.interface = test_interface(interface),
                                     .syntax_set = syntaxes,
                                     .binding_ids = {ndr20_id, ndr64_id}});
}

void
test_accept(struct test_stage *stage, uint8_t interface, uint32_t syntaxes, uint16_t ndr20_id,
            uint16_t ndr64_id)
{
    add_bind(stage, ATR_FACT_BIND_ACCEPTED,
             &(struct atr_bind_fact){.interface = test_interface(interface),
                                     .syntax_set = syntaxes,
                                     .binding_ids = {ndr20_id, ndr64_id}});
}

void
test_refuse(struct test_stage *stage, uint32_t status)
{
    add_bind(stage, ATR_FACT_BIND_REFUSED, &(struct atr_bind_fact){.status = status});
}

void
test_rpc(struct test_stage *stage, enum atr_fact_kind kind, const struct atr_rpc_fact *rpc)
{
    struct atr_fact *fact = atr_event_fact_add(&stage->event, kind);

    assert_non_null(fact);
    fact->as.rpc = *rpc;
    test_stage_learn(stage);
}

void
test_bind(struct test_stage *stage, const struct test_actor *client, uint64_t call_id,
          uint8_t interface, uint16_t binding_id)
{
    struct test_message message = {.call_id = call_id, .message_id = 9, .callback_id = call_id};

    message.size_bytes = 72;
    (void)test_request_sent(stage, client, &message, ATR_ALPC_SYNC_REQUEST);
    test_offer(stage, interface, 2, 0, binding_id);
    (void)test_reply_received(stage, client, &message, ATR_ALPC_SYNC_REQUEST);
    test_accept(stage, interface, 2, 0, binding_id);
}
