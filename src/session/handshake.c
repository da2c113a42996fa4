/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

#include "base/cursor.h"

/*
 * Connecting and accepting (alpc 9). What is new under a handle or a PortContext ends what the
 * number meant before.
 */

#define STATUS_PENDING UINT32_C(0x00000103)

/* The server sees a connection request: the thread it names is waiting in its connect call. */
void
session_connect_received(struct atr_session *session, struct atr_event *event)
{
    const struct thread_entry *sender = session_sender(session, event);
    struct call_entry *call =
        sender == NULL ? NULL : session_call_find(session, sender->waiting_call);

    if (call != NULL && call->call.kind == ATR_CALL_CONNECT && !call->call.ended) {
        session_side_fill(&call->call.server, event);
        call->call.side_pairing = ATR_PAIRING_THREAD;
        session_adopt_ids(session, call, event);
        session_call_give(session, event, call);
    }
}

/* The accept part: u32 accept flag, u32 zero, u64 port context. */
static uint64_t
accepted_context(const struct atr_event *event)
{
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_ACCEPT);
    struct atr_cursor cur;

    if (part == NULL) {
        return 0;
    }
    cur = atr_cursor_make(part->bytes.data, part->bytes.size_bytes);
    atr_cursor_skip(&cur, 8);
    return atr_cursor_u64(&cur);
}

void
session_connect_answer_sent(struct atr_session *session, struct atr_event *event)
{
    struct call_entry *call = session_call_by_ids(session, event);
    uint64_t context = accepted_context(event);

    if (context != 0) {
        session_connection_close(session, session_context_end(session, event, context));
    }
    if (call != NULL) {
        call->call.server.end_ns = event->time_ns;
        session_call_give(session, event, call);
    }
}

/* A connect that did not wait has its answer in a later receive. */
static struct call_entry *
pending_connect(struct atr_session *session, const struct atr_event *event)
{
    struct call_entry *call = session_call_by_ids(session, event);

    if (call == NULL) {
        const struct thread_entry *thread = session_own_thread(session, event);

        call = thread == NULL ? NULL : session_call_find(session, thread->waiting_call);
    }
    return call != NULL && call->call.kind == ATR_CALL_CONNECT ? call : NULL;
}

void
session_connect_answered(struct atr_session *session, struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    struct call_entry *call = session_call_entered(session, event);

    if (alpc->status == STATUS_PENDING) {
        session_call_give(session, event, call);
        return;
    }
    if (call == NULL && alpc->operation == ATR_OP_SEND_WAIT_RECEIVE) {
        call = pending_connect(session, event);
    }
    if (alpc->status == 0) {
        session_connection_close(session,
                                 session_client_end(session, event->source_id, alpc->process_id,
                                                    alpc->pid, alpc->handle));
    }
    if (call != NULL) {
        session_reply_received(session, event, call, ATR_PAIRING_SYSCALL);
    }
}
