/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

void
session_ref_clear(struct call_ref *ref)
{
    if (ref->call != NULL) {
        *ref->own = NULL;
        ref->call = NULL;
    }
}

static void
ref_release(void *context, struct atr_table_entry *entry)
{
    (void)context;
    session_ref_clear((struct call_ref *)entry);
}

/* A call leaves, by its end or by the cap: nothing may find it any more. */
static void
call_release(void *context, struct atr_table_entry *entry)
{
    struct atr_session *session = context;
    struct call_entry *call = (struct call_entry *)entry;

    atr_table_remove(&session->enters, call->entered);
    atr_table_remove(&session->messages, call->message);
    atr_table_remove(&session->rpc_calls, call->rpc);
    if (session->call == call) {
        session->call = NULL;
    }
    if (session->retired_call == call) {
        session->retired_call = NULL;
    }
}

void
session_calls_init(struct atr_session *session)
{
    const struct atr_heap heap = session->heap;

    atr_table_init(&session->enters, heap, ATR_CALLS_MAX, sizeof(struct call_ref), ref_release,
                   session);
    atr_table_init(&session->messages, heap, ATR_CALLS_MAX, sizeof(struct call_ref), ref_release,
                   session);
    atr_table_init(&session->rpc_calls, heap, ATR_CALLS_MAX, sizeof(struct call_ref), ref_release,
                   session);
    atr_table_init(&session->threads, heap, ATR_THREADS_MAX, sizeof(struct thread_entry), NULL,
                   session);
    atr_table_init(&session->calls, heap, ATR_CALLS_MAX, sizeof(struct call_entry), call_release,
                   session);
}

void
session_calls_fini(struct atr_session *session)
{
    atr_table_fini(&session->calls);
    atr_table_fini(&session->enters);
    atr_table_fini(&session->messages);
    atr_table_fini(&session->rpc_calls);
    atr_table_fini(&session->threads);
}

struct call_entry *
session_call_find(const struct atr_session *session, uint64_t call_id)
{
    return call_id == 0 ? NULL : atr_table_find(&session->calls, (struct atr_key){0, call_id});
}

struct call_entry *
session_call_by(const struct atr_table *refs, struct atr_key key)
{
    const struct call_ref *ref = atr_table_find(refs, key);

    return ref == NULL ? NULL : ref->call;
}

void
session_call_give(struct atr_session *session, struct atr_event *event, struct call_entry *call)
{
    session->call = call;
    event->call = call == NULL ? NULL : &call->call;
}

void
session_call_index(struct atr_table *refs, struct atr_key key, struct call_ref **own,
                   struct call_entry *call)
{
    struct call_ref *ref = atr_table_get(refs, key);

    if (ref == NULL) {
        return;
    }
    session_ref_clear(ref);
    if (*own != NULL) {
        atr_table_remove(refs, *own);
    }
    ref->call = call;
    ref->own = own;
    *own = ref;
}

void
session_side_fill(struct atr_call_side *side, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;

    side->seen = true;
    side->process_id = alpc->process_id;
    side->pid = alpc->pid;
    side->tid = alpc->tid;
    side->handle = alpc->handle;
    side->port_id = alpc->port_id;
    side->begin_ns = event->time_ns;
    if (alpc->stack_id != 0) {
        side->stack_id = alpc->stack_id;
    }
}

struct call_entry *
session_call_begin(struct atr_session *session, const struct atr_event *event,
                   enum atr_call_kind kind, bool from_client)
{
    struct call_entry *call =
        atr_table_get(&session->calls, (struct atr_key){0, session->next_call_id + 1});

    if (call == NULL) {
        return NULL;
    }
    call->call.id = ++session->next_call_id;
    call->call.source_id = event->source_id;
    call->call.kind = kind;
    call->call.client.pid = call->call.client.tid = ATR_UNKNOWN_U32;
    call->call.server.pid = call->call.server.tid = ATR_UNKNOWN_U32;
    call->connection_id = session->connection_id;
    call->request_bytes = event->as.alpc.data_length;
    if (session->connection_port != NULL) {
        session->connection_port->view.calls++;
    }
    session_side_fill(from_client ? &call->call.client : &call->call.server, event);
    return call;
}

void
session_call_end(struct atr_session *session, struct call_entry *call)
{
    call->call.ended = true;
    session->retired_call = call;
}
