/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

#include "base/cursor.h"

static bool
is_request_fact(const struct atr_fact *fact)
{
    return fact->kind == ATR_FACT_RPC_REQUEST || fact->kind == ATR_FACT_BIND_OFFERED;
}

/* A text log carries no header: the payload tells that this was a request. */
static void
begin_by_payload(struct atr_session *session, struct atr_event *event, const struct atr_fact *fact)
{
    if (event->role != ATR_ROLE_SENT || event->call != NULL || !is_request_fact(fact)) {
        return;
    }
    event->role = ATR_ROLE_REQUEST_SENT;
    session_request_sent(session, event, ATR_CALL_MESSAGE);
}

static struct atr_key
rpc_key(uint64_t connection_id, uint32_t rpc_call_id)
{
    return (struct atr_key){connection_id, rpc_call_id};
}

/* Which interface the request goes to, as far as anything seen tells; the first sight counts. */
static void
resolve_interface(const struct atr_session *session, struct call_entry *call)
{
    struct atr_binding binding;
    struct atr_guid iid;

    if (call->call.interface_grade == ATR_GRADE_BOUND) {
        return;
    }
    if (session_bound(session, call->connection_id, call->call.rpc.binding_id, &binding)) {
        call->call.has_interface = true;
        call->call.interface = binding.interface;
        call->call.interface_grade = binding.grade;
        call->call.syntax = binding.syntax;
        call->call.syntax_grade =
            binding.syntax == ATR_SYNTAX_UNKNOWN ? ATR_GRADE_NONE : binding.grade;
    } else if (call->call.rpc.is_orpc &&
               atr_session_find_ipid(session, call->call.source_id, &call->call.rpc.object, &iid)) {
        call->call.has_interface = true;
        call->call.interface = (struct atr_rpc_interface){.uuid = iid};
        call->call.interface_grade = ATR_GRADE_INFERRED;
    }
}

/* Some clients use one CallId for all: two at a time, and it tells nothing any more. */
static void
index_by_rpc_call_id(struct atr_session *session, struct call_entry *call)
{
    struct atr_key key = rpc_key(call->connection_id, call->call.rpc.call_id);
    struct call_ref *ref;

    if (call->call.is_sync || call->connection_id == 0 || call->rpc != NULL) {
        return;
    }
    ref = atr_table_find(&session->rpc_calls, key);
    if (ref != NULL) {
        session_ref_clear(ref);
        return;
    }
    session_call_index(&session->rpc_calls, key, &call->rpc, call);
}

static void
learn_request(struct atr_session *session, struct call_entry *call, const struct atr_rpc_fact *rpc)
{
    if (call->call.kind == ATR_CALL_MESSAGE) {
        call->call.kind = ATR_CALL_RPC;
    }
    call->call.rpc = *rpc;
    resolve_interface(session, call);
    if (call->call.kind == ATR_CALL_RPC) {
        index_by_rpc_call_id(session, call);
    }
}

static void
learn_offer(struct atr_session *session, struct call_entry *call, const struct atr_bind_fact *bind)
{
    call->call.kind = ATR_CALL_BIND;
    call->call.bind = *bind;
    session_bindings_offer(session, call->connection_id, bind);
}

/* The answer repeats the interface. One that does not was taken for the answer of another bind. */
static enum atr_grade
settle_interface(const struct atr_bind_fact *offer, struct atr_bind_fact *answer)
{
    bool is_null = atr_guid_is_null(&answer->interface.uuid);
    bool is_same = atr_guid_equal(&offer->interface.uuid, &answer->interface.uuid) &&
                   offer->interface.version_major == answer->interface.version_major;

    answer->interface = offer->interface;
    return is_same || is_null ? ATR_GRADE_BOUND : ATR_GRADE_INFERRED;
}

static void
learn_accepted(struct atr_session *session, struct call_entry *call,
               const struct atr_bind_fact *bind)
{
    struct atr_bind_fact answer = *bind;
    enum atr_grade grade = ATR_GRADE_BOUND;

    if (call->call.kind != ATR_CALL_BIND && call->call.kind != ATR_CALL_MESSAGE) {
        return;
    }
    if (call->call.kind == ATR_CALL_BIND) {
        session_bindings_withdraw(session, call->connection_id, &call->call.bind);
        grade = settle_interface(&call->call.bind, &answer);
    }
    call->call.kind = ATR_CALL_BIND;
    call->call.bind = answer;
    session_bindings_accept(session, call->connection_id, &answer, grade);
}

static void
learn_refused(struct atr_session *session, struct call_entry *call, uint32_t status)
{
    if (call->call.kind == ATR_CALL_BIND) {
        session_bindings_withdraw(session, call->connection_id, &call->call.bind);
    }
    call->call.bind_refused = true;
    call->call.bind.status = status;
}

static void
learn_fault(struct atr_session *session, struct call_entry *call, uint32_t status)
{
    if (call->call.kind == ATR_CALL_BIND) {
        learn_refused(session, call, status);
        return;
    }
    call->call.has_fault = true;
    call->call.fault_status = status;
}

/* A reply whose ids told nothing: the CallId on this connection does, unless ids contradict. */
static struct call_entry *
pair_by_rpc_call_id(struct atr_session *session, struct atr_event *event,
                    const struct atr_fact *fact)
{
    struct call_entry *call;

    if (fact->kind != ATR_FACT_RPC_RESPONSE || session->connection_id == 0) {
        return NULL;
    }
    call =
        session_call_by(&session->rpc_calls, rpc_key(session->connection_id, fact->as.rpc.call_id));
    if (call == NULL || (call->call.message_id != 0 && event->as.alpc.message_id != 0 &&
                         !session_has_ids_of(call, event))) {
        return NULL;
    }
    if (event->kind == ATR_RECORD_ENTER) {
        session_reply_sent(session, event, call, ATR_PAIRING_RPC_CALL_ID);
        event->role = ATR_ROLE_REPLY_SENT;
    } else {
        session_reply_received(session, event, call, ATR_PAIRING_RPC_CALL_ID);
        event->role = ATR_ROLE_REPLY_RECEIVED;
    }
    return call;
}

static struct atr_key
ipid_key(uint32_t source_id, const struct atr_guid *ipid)
{
    struct atr_cursor cur = atr_cursor_make(ipid->bytes, sizeof(ipid->bytes));
    uint64_t high = atr_cursor_u64(&cur);

    return session_key(source_id, high, atr_cursor_u64(&cur));
}

static void
learn_pointer(struct atr_session *session, const struct atr_event *event,
              const struct atr_pointer_fact *pointer)
{
    struct ipid_entry *ipid;

    if (atr_guid_is_null(&pointer->ipid) || atr_guid_is_null(&pointer->iid)) {
        return;
    }
    ipid = atr_table_get(&session->ipids, ipid_key(event->source_id, &pointer->ipid));
    if (ipid == NULL) {
        return;
    }
    ipid->iid = pointer->iid;
}

static void
learn_about_call(struct atr_session *session, struct call_entry *call, const struct atr_fact *fact)
{
    switch (fact->kind) {
    case ATR_FACT_RPC_REQUEST:
        learn_request(session, call, &fact->as.rpc);
        break;
    case ATR_FACT_BIND_OFFERED:
        learn_offer(session, call, &fact->as.bind);
        break;
    case ATR_FACT_BIND_ACCEPTED:
        learn_accepted(session, call, &fact->as.bind);
        break;
    case ATR_FACT_BIND_REFUSED:
        learn_refused(session, call, fact->as.bind.status);
        break;
    case ATR_FACT_RPC_FAULT:
        learn_fault(session, call, fact->as.rpc.status);
        break;
    default:
        break;
    }
}

static void
learn_fact(struct atr_session *session, struct atr_event *event, const struct atr_fact *fact)
{
    struct call_entry *call;

    if (fact->kind == ATR_FACT_INTERFACE_POINTER) {
        learn_pointer(session, event, &fact->as.pointer);
        return;
    }
    begin_by_payload(session, event, fact);
    call = session->call;
    if (call == NULL) {
        call = pair_by_rpc_call_id(session, event, fact);
    }
    if (call != NULL) {
        learn_about_call(session, call, fact);
    }
}

enum atr_status
atr_session_learn(struct atr_session *session, struct atr_event *event)
{
    session->out_of_memory = false;
    for (const struct atr_fact *fact = event->facts; fact != NULL; fact = fact->next) {
        learn_fact(session, event, fact);
    }
    return session->out_of_memory ? ATR_NOMEM : ATR_OK;
}

bool
atr_session_find_binding(const struct atr_session *session, const struct atr_event *event,
                         uint32_t binding_id, struct atr_binding *out)
{
    const struct call_entry *call = event->call == NULL ? NULL : session->call;

    return session_bound(session, call == NULL ? session->connection_id : call->connection_id,
                         binding_id, out);
}

bool
atr_session_find_ipid(const struct atr_session *session, uint32_t source_id,
                      const struct atr_guid *ipid, struct atr_guid *iid)
{
    const struct ipid_entry *entry = atr_table_find(&session->ipids, ipid_key(source_id, ipid));

    if (entry == NULL) {
        return false;
    }
    *iid = entry->iid;
    return true;
}
