/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/*
 * From roles to calls, by record fields alone.
 *
 *   client thread          server thread
 *   request sent  ----->   request received     begin: either; joined by thread, then by ids
 *                          reply sent           ends the server's view
 *   reply received <----                        ends the call
 *
 * A thread that serves a call makes its own calls as children of it.
 */

#define STATUS_BUFFER_TOO_SMALL UINT32_C(0xc0000023)

static struct atr_key
enter_key(const struct atr_event *event)
{
    return session_key(event->source_id, 1, event->as.alpc.call_id);
}

struct call_entry *
session_call_entered(const struct atr_session *session, const struct atr_event *event)
{
    return session_call_by(&session->enters, enter_key(event));
}

static struct atr_key
message_key(const struct atr_event *event)
{
    return session_key(event->source_id, event->as.alpc.message_id, event->as.alpc.callback_id);
}

static bool
has_ids(const struct atr_event *event)
{
    return event->as.alpc.message_id != 0;
}

struct call_entry *
session_call_by_ids(const struct atr_session *session, const struct atr_event *event)
{
    return has_ids(event) ? session_call_by(&session->messages, message_key(event)) : NULL;
}

bool
session_has_ids_of(const struct call_entry *call, const struct atr_event *event)
{
    return call->call.message_id == event->as.alpc.message_id &&
           call->call.callback_id == event->as.alpc.callback_id;
}

void
session_adopt_ids(struct atr_session *session, struct call_entry *call,
                  const struct atr_event *event)
{
    if (has_ids(event) && call->call.message_id == 0) {
        call->call.message_id = event->as.alpc.message_id;
        call->call.callback_id = event->as.alpc.callback_id;
        session_call_index(&session->messages, message_key(event), &call->message, call);
    }
}

static void
set_parent(struct atr_session *session, struct call_entry *call, const struct thread_entry *thread)
{
    const struct call_entry *parent =
        thread == NULL ? NULL : session_call_find(session, thread->serving_call);

    if (parent != NULL && !parent->call.ended) {
        call->call.parent_id = parent->call.id;
        call->call.depth = parent->call.depth + 1;
    }
}

void
session_request_sent(struct atr_session *session, struct atr_event *event, enum atr_call_kind kind)
{
    struct thread_entry *thread = session_own_thread(session, event);
    struct call_entry *call = session_call_begin(session, event, kind, true);

    if (call == NULL) {
        return;
    }
    session_call_give(session, event, call);
    call->call.is_sync = kind == ATR_CALL_CONNECT ||
                         (event->as.alpc.flags & ATR_ALPC_SYNC_REQUEST) != 0 ||
                         event->as.alpc.operation == ATR_OP_LPC_REQUEST_WAIT_REPLY;
    set_parent(session, call, thread);
    session_call_index(&session->enters, enter_key(event), &call->entered, call);
    if (thread == NULL) {
        return;
    }
    if (call->call.is_sync) {
        thread->waiting_call = call->call.id;
    } else {
        session_remember_send(session, thread, call->call.id);
    }
}

static bool
same_connection_port(const struct atr_session *session, const struct call_entry *call,
                     const struct atr_event *event)
{
    const struct atr_session_port *client = atr_session_find_connection_port(
        session, event->source_id,
        atr_session_find_port(session, event->source_id, call->call.client.port_id));
    const struct port_entry *server = session->connection_port;

    return client == NULL || server == NULL || client->port_id == server->view.port_id;
}

static bool
may_be_received(const struct atr_session *session, const struct call_entry *call,
                const struct atr_event *event, bool is_datagram)
{
    return call != NULL && !call->call.server.seen && call->call.kind != ATR_CALL_CONNECT &&
           (call->call.kind == ATR_CALL_DATAGRAM) == is_datagram &&
           call->request_bytes == event->as.alpc.data_length &&
           same_connection_port(session, call, event);
}

/*
 * The sender's call this message belongs to: ClientId names the sending thread. What it sent and
 * did not wait for went out before what it waits for now, and a port keeps the order.
 */
static struct call_entry *
find_sent(struct atr_session *session, const struct atr_event *event, bool is_datagram)
{
    struct thread_entry *sender = session_sender(session, event);
    struct call_entry *call;

    if (sender == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < ATR_SENDS_MAX; i++) {
        uint64_t *id = &sender->sends[(sender->send_next + i) % ATR_SENDS_MAX];

        call = session_call_find(session, *id);
        if (may_be_received(session, call, event, is_datagram)) {
            *id = 0;
            return call;
        }
    }
    call = session_call_find(session, sender->waiting_call);
    return may_be_received(session, call, event, is_datagram) ? call : NULL;
}

/* Who sent it, as far as the message tells; the pid may mean another process later. */
static void
fill_sender(const struct atr_session *session, struct atr_call_side *side,
            const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;

    if (alpc->client_pid != 0 && alpc->client_pid != ATR_UNKNOWN_U32) {
        side->pid = alpc->client_pid;
        side->tid = alpc->client_tid;
        side->process_id = session_process_of_pid(session, event->source_id, alpc->client_pid);
    }
}

static void
request_received(struct atr_session *session, struct atr_event *event, bool is_datagram)
{
    struct call_entry *call = find_sent(session, event, is_datagram);
    struct thread_entry *thread = session_own_thread(session, event);

    if (call != NULL) {
        session_side_fill(&call->call.server, event);
        call->call.side_pairing = ATR_PAIRING_THREAD;
        call->connection_id =
            session_connections_join(session, call->connection_id, session->connection_id);
        session->connection_id = call->connection_id;
    } else {
        call = session_call_begin(session, event,
                                  is_datagram ? ATR_CALL_DATAGRAM : ATR_CALL_MESSAGE, false);
        if (call == NULL) {
            return;
        }
        fill_sender(session, &call->call.client, event);
    }
    session_call_give(session, event, call);
    if (is_datagram) {
        session_call_end(session, call);
        return;
    }
    session_adopt_ids(session, call, event);
    if (thread != NULL) {
        thread->serving_call = call->call.id;
    }
}

void
session_reply_sent(struct atr_session *session, struct atr_event *event, struct call_entry *call,
                   enum atr_pairing pairing)
{
    struct thread_entry *server =
        atr_table_find(&session->threads,
                       session_key(event->source_id, call->call.server.pid, call->call.server.tid));

    session_call_give(session, event, call);
    call->call.server.end_ns = event->time_ns;
    call->call.reply_seen = true;
    if (call->call.reply_pairing == ATR_PAIRING_NONE) {
        call->call.reply_pairing = pairing;
    }
    if (server != NULL && server->serving_call == call->call.id) {
        server->serving_call = 0;
    }
    if (!call->call.client.seen) {
        session_call_end(session, call);
    }
}

static void
reply_sent(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_by_ids(session, event);

    if (call != NULL) {
        session_reply_sent(session, event, call, ATR_PAIRING_MESSAGE_ID);
    }
}

/* The ids of the reply tell whether the request seen at the server was this one. */
static void
check_server(struct call_entry *call, const struct atr_event *event)
{
    if (!has_ids(event) || !call->call.server.seen) {
        return;
    }
    if (session_has_ids_of(call, event)) {
        call->call.side_pairing = ATR_PAIRING_MESSAGE_ID;
        return;
    }
    if (call->call.kind == ATR_CALL_CONNECT) {
        return; /* the answer is a message of its own */
    }
    call->call.server = (struct atr_call_side){.pid = ATR_UNKNOWN_U32, .tid = ATR_UNKNOWN_U32};
    call->call.side_pairing = ATR_PAIRING_NONE;
    call->call.message_id = event->as.alpc.message_id;
    call->call.callback_id = event->as.alpc.callback_id;
}

void
session_reply_received(struct atr_session *session, struct atr_event *event,
                       struct call_entry *call, enum atr_pairing pairing)
{
    session_call_give(session, event, call);
    call->call.client.end_ns = event->time_ns;
    call->call.reply_seen = true;
    call->call.reply_pairing = pairing;
    call->call.status = event->as.alpc.status;
    call->call.has_status = (event->flags & ATR_RECORD_DEFERRED) == 0;
    check_server(call, event);
    session_call_end(session, call);
}

static bool
is_sync_exit(const struct atr_event *event)
{
    return (event->as.alpc.flags & ATR_ALPC_SYNC_REQUEST) != 0 ||
           event->as.alpc.operation == ATR_OP_LPC_REQUEST_WAIT_REPLY;
}

/* The reply waits at the port of the call whose buffer was too small (alpc 5). */
static bool
is_fetched_again(const struct call_entry *call, const struct atr_event *event)
{
    const struct atr_call_side *client = &call->call.client;

    return call->call.is_sync && call->call.has_status &&
           call->call.status == STATUS_BUFFER_TOO_SMALL &&
           client->handle == event->as.alpc.handle && client->port_id == event->as.alpc.port_id &&
           (call->call.message_id == 0 || session_has_ids_of(call, event));
}

/*
 * A reply in the call that sent the request; else the reply to an asynchronous request, or one
 * fetched again after a buffer was too small.
 */
static void
reply_received(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_entered(session, event);
    struct thread_entry *thread = session_own_thread(session, event);

    if (call != NULL && (is_sync_exit(event) || event->role == ATR_ROLE_RECEIVED)) {
        bool by_order = (event->flags & ATR_RECORD_DERIVED) != 0;

        if (event->role == ATR_ROLE_RECEIVED) {
            event->role = ATR_ROLE_REPLY_RECEIVED;
        }
        session_reply_received(session, event, call,
                               by_order ? ATR_PAIRING_ORDER : ATR_PAIRING_SYSCALL);
        return;
    }
    call = session_call_by_ids(session, event);
    if (call != NULL && call->call.client.seen) {
        session_reply_received(session, event, call, ATR_PAIRING_MESSAGE_ID);
        return;
    }
    call = thread == NULL ? NULL : session_call_find(session, thread->waiting_call);
    if (call != NULL && is_fetched_again(call, event)) {
        session_reply_received(session, event, call, ATR_PAIRING_THREAD);
    }
}

/* An exit without a message: a synchronous request that failed has its end here. */
static void
exit_without_message(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_entered(session, event);

    if (call == NULL || !call->call.is_sync) {
        return;
    }
    session_call_give(session, event, call);
    call->call.status = event->as.alpc.status;
    call->call.has_status = (event->flags & ATR_RECORD_DEFERRED) == 0;
    if (event->as.alpc.status == STATUS_BUFFER_TOO_SMALL) {
        return; /* the reply waits; the next receive of this thread fetches it */
    }
    call->call.client.end_ns = event->time_ns;
    session_call_end(session, call);
}

static bool
is_receive(const struct atr_event *event)
{
    uint16_t operation = event->as.alpc.operation;

    return event->kind == ATR_RECORD_ENTER &&
           (operation == ATR_OP_SEND_WAIT_RECEIVE || operation == ATR_OP_LPC_REPLY_WAIT_RECEIVE ||
            operation == ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX);
}

/* The thread waits for the next message: what it took before is left to others to answer. */
static void
back_at_port(struct atr_session *session, const struct atr_event *event)
{
    struct thread_entry *thread = session_own_thread(session, event);
    const struct call_entry *call =
        thread == NULL ? NULL : session_call_find(session, thread->serving_call);

    if (call != NULL && call->call.server.handle == event->as.alpc.handle) {
        thread->serving_call = 0;
    }
}

void
session_exchange_apply(struct atr_session *session, struct atr_event *event)
{
    event->role = session_role(event);
    session->connection_id = session_connection_of(session, event);
    switch (event->role) {
    case ATR_ROLE_REQUEST_SENT:
        session_request_sent(session, event, ATR_CALL_MESSAGE);
        break;
    case ATR_ROLE_DATAGRAM_SENT:
        session_request_sent(session, event, ATR_CALL_DATAGRAM);
        break;
    case ATR_ROLE_CONNECT_SENT:
        session_request_sent(session, event, ATR_CALL_CONNECT);
        break;
    case ATR_ROLE_REQUEST_RECEIVED:
        request_received(session, event, false);
        break;
    case ATR_ROLE_DATAGRAM_RECEIVED:
        request_received(session, event, true);
        break;
    case ATR_ROLE_REPLY_SENT:
        reply_sent(session, event);
        break;
    case ATR_ROLE_REPLY_RECEIVED:
    case ATR_ROLE_RECEIVED:
        reply_received(session, event);
        break;
    case ATR_ROLE_CONNECT_RECEIVED:
        session_connect_received(session, event);
        break;
    case ATR_ROLE_CONNECT_ANSWER_SENT:
        session_connect_answer_sent(session, event);
        break;
    case ATR_ROLE_CONNECT_ANSWER_RECEIVED:
        session_connect_answered(session, event);
        break;
    case ATR_ROLE_PORT_CLOSED:
        session_connection_drop(session, session->connection_id);
        session->connection_id = 0;
        break;
    case ATR_ROLE_NONE:
        if (event->kind == ATR_RECORD_EXIT) {
            exit_without_message(session, event);
        } else if (is_receive(event)) {
            back_at_port(session, event);
        }
        break;
    default:
        break;
    }
}
