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

struct thread_entry *
session_thread(struct atr_session *session, uint32_t source_id, uint32_t pid, uint32_t tid)
{
    if (tid == ATR_UNKNOWN_U32 || pid == ATR_UNKNOWN_U32) {
        return NULL;
    }
    return atr_table_get(&session->threads, session_key(source_id, pid, tid));
}

static struct thread_entry *
own_thread(struct atr_session *session, const struct atr_event *event)
{
    return session_thread(session, event->source_id, event->as.alpc.pid, event->as.alpc.tid);
}

static struct atr_key
enter_key(const struct atr_event *event)
{
    return session_key(event->source_id, 1, event->as.alpc.call_id);
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

static void
adopt_ids(struct atr_session *session, struct call_entry *call, const struct atr_event *event)
{
    if (has_ids(event) && call->call.message_id == 0) {
        call->call.message_id = event->as.alpc.message_id;
        call->call.callback_id = event->as.alpc.callback_id;
        session_call_index(session, &session->messages, message_key(event), &call->message_key,
                           call);
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

/* The oldest send leaves the ring; a datagram nobody was seen to receive is over then. */
static void
remember_send(struct atr_session *session, struct thread_entry *thread, uint64_t call_id)
{
    uint64_t *slot = &thread->sends[thread->send_next++ % ATR_SENDS_MAX];
    struct call_entry *old = session_call_find(session, *slot);

    if (old != NULL && old->call.kind == ATR_CALL_DATAGRAM) {
        atr_table_remove(&session->calls, old);
    }
    *slot = call_id;
}

enum atr_status
session_request_sent(struct atr_session *session, struct atr_event *event, enum atr_call_kind kind)
{
    struct thread_entry *thread = own_thread(session, event);
    struct call_entry *call = session_call_begin(session, event, kind, true);

    if (call == NULL) {
        return ATR_NOMEM;
    }
    event->call = &call->call;
    call->call.is_sync = kind == ATR_CALL_CONNECT ||
                         (event->as.alpc.flags & ATR_ALPC_SYNC_REQUEST) != 0 ||
                         event->as.alpc.operation == ATR_OP_LPC_REQUEST_WAIT_REPLY;
    set_parent(session, call, thread);
    session_call_index(session, &session->enters, enter_key(event), &call->enter_key, call);
    if (thread == NULL) {
        return ATR_OK;
    }
    if (call->call.is_sync) {
        thread->waiting_call = call->call.id;
    } else {
        remember_send(session, thread, call->call.id);
    }
    return ATR_OK;
}

static bool
same_connection_port(const struct atr_session *session, const struct call_entry *call,
                     const struct atr_event *event)
{
    const struct atr_session_port *client = atr_session_find_connection_port(
        session, event->source_id,
        atr_session_find_port(session, event->source_id, call->call.client.port_id));
    const struct port_entry *received = session_port_of(session, event);
    const struct atr_session_port *server = atr_session_find_connection_port(
        session, event->source_id, received == NULL ? NULL : &received->view);

    return client == NULL || server == NULL || client->port_id == server->port_id;
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

/* The sender's call this message belongs to: ClientId names the sending thread. */
static struct call_entry *
find_sent(struct atr_session *session, const struct atr_event *event, bool is_datagram)
{
    struct thread_entry *sender = session_thread(
        session, event->source_id, event->as.alpc.client_pid, event->as.alpc.client_tid);
    struct call_entry *call;

    if (sender == NULL) {
        return NULL;
    }
    call = session_call_find(session, sender->waiting_call);
    if (may_be_received(session, call, event, is_datagram)) {
        return call;
    }
    for (uint32_t i = 0; i < ATR_SENDS_MAX; i++) {
        uint64_t *id = &sender->sends[(sender->send_next + i) % ATR_SENDS_MAX];

        call = session_call_find(session, *id);
        if (may_be_received(session, call, event, is_datagram)) {
            *id = 0;
            return call;
        }
    }
    return NULL;
}

static enum atr_status
request_received(struct atr_session *session, struct atr_event *event, bool is_datagram)
{
    struct thread_entry *thread = own_thread(session, event);
    struct call_entry *call = find_sent(session, event, is_datagram);

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
            return ATR_NOMEM;
        }
        call->call.client.pid = event->as.alpc.client_pid;
        call->call.client.tid = event->as.alpc.client_tid;
    }
    event->call = &call->call;
    if (is_datagram) {
        session_call_end(session, call);
        return ATR_OK;
    }
    adopt_ids(session, call, event);
    if (thread != NULL) {
        thread->serving_call = call->call.id;
    }
    return ATR_OK;
}

static void
reply_sent(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call =
        has_ids(event) ? session_call_by(session, &session->messages, message_key(event)) : NULL;
    struct thread_entry *server;

    if (call == NULL) {
        return;
    }
    event->call = &call->call;
    call->call.server.end_ns = event->time_ns;
    call->call.reply_seen = true;
    if (call->call.reply_pairing == ATR_PAIRING_NONE) {
        call->call.reply_pairing = ATR_PAIRING_MESSAGE_ID;
    }
    server =
        session_thread(session, event->source_id, call->call.server.pid, call->call.server.tid);
    if (server != NULL && server->serving_call == call->call.id) {
        server->serving_call = 0;
    }
    if (!call->call.client.seen) {
        session_call_end(session, call);
    }
}

void
session_reply_received(struct atr_session *session, struct atr_event *event,
                       struct call_entry *call, enum atr_pairing pairing)
{
    event->call = &call->call;
    call->call.client.end_ns = event->time_ns;
    call->call.reply_seen = true;
    call->call.reply_pairing = pairing;
    call->call.status = event->as.alpc.status;
    call->call.has_status = (event->flags & ATR_RECORD_DEFERRED) == 0;
    if (has_ids(event) && call->call.message_id == event->as.alpc.message_id &&
        call->call.callback_id == event->as.alpc.callback_id && call->call.server.seen) {
        call->call.side_pairing = ATR_PAIRING_MESSAGE_ID;
    }
    session_call_end(session, call);
}

static bool
is_sync_exit(const struct atr_event *event)
{
    return (event->as.alpc.flags & ATR_ALPC_SYNC_REQUEST) != 0 ||
           event->as.alpc.operation == ATR_OP_LPC_REQUEST_WAIT_REPLY;
}

/*
 * A reply in the call that sent the request; else the reply to an asynchronous request, or one
 * fetched again after a buffer was too small.
 */
static void
reply_received(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_by(session, &session->enters, enter_key(event));
    struct thread_entry *thread = own_thread(session, event);

    if (call != NULL && (is_sync_exit(event) || event->role == ATR_ROLE_RECEIVED)) {
        bool by_order = (event->flags & ATR_RECORD_DERIVED) != 0;

        if (event->role == ATR_ROLE_RECEIVED) {
            event->role = ATR_ROLE_REPLY_RECEIVED;
        }
        session_reply_received(session, event, call,
                               by_order ? ATR_PAIRING_ORDER : ATR_PAIRING_SYSCALL);
        return;
    }
    call = has_ids(event) ? session_call_by(session, &session->messages, message_key(event)) : NULL;
    if (call != NULL && call->call.client.seen) {
        session_reply_received(session, event, call, ATR_PAIRING_MESSAGE_ID);
        return;
    }
    call = thread == NULL ? NULL : session_call_find(session, thread->waiting_call);
    if (call != NULL && call->call.is_sync && call->call.has_status &&
        call->call.status == STATUS_BUFFER_TOO_SMALL) {
        session_reply_received(session, event, call, ATR_PAIRING_THREAD);
    }
}

/* An exit without a message: a synchronous request that failed has its end here. */
static void
exit_without_message(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_by(session, &session->enters, enter_key(event));

    if (call == NULL || !call->call.is_sync) {
        return;
    }
    event->call = &call->call;
    call->call.status = event->as.alpc.status;
    call->call.has_status = (event->flags & ATR_RECORD_DEFERRED) == 0;
    if (event->as.alpc.status == STATUS_BUFFER_TOO_SMALL) {
        return; /* the reply waits; the next receive of this thread fetches it */
    }
    call->call.client.end_ns = event->time_ns;
    session_call_end(session, call);
}

/* The server sees a connection request: the thread it names is waiting in its connect call. */
static void
connect_received(struct atr_session *session, struct atr_event *event)
{
    const struct thread_entry *sender = session_thread(
        session, event->source_id, event->as.alpc.client_pid, event->as.alpc.client_tid);
    struct call_entry *call =
        sender == NULL ? NULL : session_call_find(session, sender->waiting_call);

    if (call != NULL && call->call.kind == ATR_CALL_CONNECT && !call->call.ended) {
        session_side_fill(&call->call.server, event);
        call->call.side_pairing = ATR_PAIRING_THREAD;
        adopt_ids(session, call, event);
        event->call = &call->call;
    }
}

static void
connect_answer_sent(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call =
        has_ids(event) ? session_call_by(session, &session->messages, message_key(event)) : NULL;

    if (call != NULL) {
        call->call.server.end_ns = event->time_ns;
        event->call = &call->call;
    }
}

static void
connect_answered(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_by(session, &session->enters, enter_key(event));

    if (event->as.alpc.status == 0) {
        /* A new connection under this handle: what the number meant before is over. */
        session_connection_close(session,
                                 session_client_end(event->source_id, event->as.alpc.process_id,
                                                    event->as.alpc.pid, event->as.alpc.handle, 0));
    }
    if (call != NULL) {
        session_reply_received(session, event, call, ATR_PAIRING_SYSCALL);
    }
}

enum atr_status
session_exchange_apply(struct atr_session *session, struct atr_event *event)
{
    event->role = session_role(event);
    session->connection_id = session_connection_of(session, event);
    switch (event->role) {
    case ATR_ROLE_REQUEST_SENT:
        return session_request_sent(session, event, ATR_CALL_MESSAGE);
    case ATR_ROLE_DATAGRAM_SENT:
        return session_request_sent(session, event, ATR_CALL_DATAGRAM);
    case ATR_ROLE_CONNECT_SENT:
        return session_request_sent(session, event, ATR_CALL_CONNECT);
    case ATR_ROLE_REQUEST_RECEIVED:
        return request_received(session, event, false);
    case ATR_ROLE_DATAGRAM_RECEIVED:
        return request_received(session, event, true);
    case ATR_ROLE_REPLY_SENT:
        reply_sent(session, event);
        return ATR_OK;
    case ATR_ROLE_REPLY_RECEIVED:
    case ATR_ROLE_RECEIVED:
        reply_received(session, event);
        return ATR_OK;
    case ATR_ROLE_CONNECT_RECEIVED:
        connect_received(session, event);
        return ATR_OK;
    case ATR_ROLE_CONNECT_ANSWER_SENT:
        connect_answer_sent(session, event);
        return ATR_OK;
    case ATR_ROLE_CONNECT_ANSWER_RECEIVED:
        connect_answered(session, event);
        return ATR_OK;
    case ATR_ROLE_PORT_CLOSED:
        session_connection_drop(session, session->connection_id);
        session->connection_id = 0;
        return ATR_OK;
    case ATR_ROLE_NONE:
        if (event->kind == ATR_RECORD_EXIT) {
            exit_without_message(session, event);
        }
        return ATR_OK;
    default:
        return ATR_OK;
    }
}
