/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

#include "base/cursor.h"

static struct call_entry *
call_of(const struct atr_session *session, const struct atr_event *event)
{
    return event->call == NULL ? NULL : session_call_find(session, event->call->id);
}

static bool
is_request_fact(const struct atr_fact *fact)
{
    return fact->kind == ATR_FACT_RPC_REQUEST || fact->kind == ATR_FACT_BIND_OFFERED;
}

/* A text log carries no header: the payload tells that this was a request. */
static enum atr_status
begin_by_payload(struct atr_session *session, struct atr_event *event, const struct atr_fact *fact)
{
    if (event->role != ATR_ROLE_SENT || event->call != NULL || !is_request_fact(fact)) {
        return ATR_OK;
    }
    event->role = ATR_ROLE_REQUEST_SENT;
    return session_request_sent(session, event, ATR_CALL_MESSAGE);
}

static struct atr_key
rpc_key(const struct call_entry *call, uint32_t rpc_call_id)
{
    return session_key(call->call.source_id, call->connection_id << 32, rpc_call_id);
}

/* Which interface the request goes to, as far as anything seen tells. */
static void
resolve_interface(const struct atr_session *session, struct call_entry *call)
{
    const struct atr_binding *binding =
        session_bound(session, call->connection_id, call->call.rpc.binding_id);
    struct atr_guid iid;

    if (binding != NULL) {
        call->call.has_interface = true;
        call->call.interface = binding->interface;
        call->call.interface_grade = binding->grade;
        call->call.syntax = binding->syntax;
        call->call.syntax_grade = binding->grade;
    } else if (call->call.rpc.is_orpc &&
               atr_session_find_ipid(session, call->call.source_id, &call->call.rpc.object, &iid)) {
        call->call.has_interface = true;
        call->call.interface = (struct atr_rpc_interface){.uuid = iid};
        call->call.interface_grade = ATR_GRADE_INFERRED;
    }
}

static void
learn_request(struct atr_session *session, struct call_entry *call, const struct atr_rpc_fact *rpc)
{
    if (call->call.kind == ATR_CALL_MESSAGE) {
        call->call.kind = ATR_CALL_RPC;
    }
    call->call.rpc = *rpc;
    resolve_interface(session, call);
    if (!call->call.is_sync && !key_is_set(call->rpc_key)) {
        session_call_index(session, &session->rpc_calls, rpc_key(call, rpc->call_id),
                           &call->rpc_key, call);
    }
}

static enum atr_syntax
syntax_of_bit(unsigned bit)
{
    return (enum atr_syntax)(ATR_SYNTAX_NDR20 + bit);
}

static void
store_bindings(struct atr_session *session, const struct call_entry *call,
               const struct atr_bind_fact *bind, enum atr_grade grade)
{
    for (unsigned bit = 0; bit < ATR_SYNTAX_KINDS; bit++) {
        struct atr_binding binding = {bind->interface, syntax_of_bit(bit), grade};

        if ((bind->syntax_set >> bit & 1) != 0) {
            session_bind(session, call->connection_id, bind->binding_ids[bit], &binding);
        }
    }
}

static void
drop_offer(struct atr_session *session, const struct call_entry *call)
{
    for (unsigned bit = 0; bit < ATR_SYNTAX_KINDS; bit++) {
        uint16_t id = call->call.bind.binding_ids[bit];
        const struct atr_binding *bound = session_bound(session, call->connection_id, id);

        if ((call->call.bind.syntax_set >> bit & 1) != 0 && bound != NULL &&
            bound->grade != ATR_GRADE_BOUND) {
            session_unbind(session, call->connection_id, id);
        }
    }
}

/* Until the answer comes the offer is all we know; an id bound before stays as it is. */
static void
learn_offer(struct atr_session *session, struct call_entry *call, const struct atr_bind_fact *bind)
{
    call->call.kind = ATR_CALL_BIND;
    call->call.bind = *bind;
    for (unsigned bit = 0; bit < ATR_SYNTAX_KINDS; bit++) {
        struct atr_bind_fact one = *bind;

        one.syntax_set = bind->syntax_set & 1U << bit;
        if (session_bound(session, call->connection_id, bind->binding_ids[bit]) == NULL) {
            store_bindings(session, call, &one, ATR_GRADE_INFERRED);
        }
    }
}

static void
learn_accepted(struct atr_session *session, struct call_entry *call,
               const struct atr_bind_fact *bind)
{
    if (call->call.kind == ATR_CALL_BIND) {
        drop_offer(session, call);
    }
    call->call.kind = ATR_CALL_BIND;
    call->call.bind = *bind;
    store_bindings(session, call, bind, ATR_GRADE_BOUND);
}

static void
learn_refused(struct atr_session *session, struct call_entry *call, uint32_t status)
{
    drop_offer(session, call);
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

/* A reply whose ids told nothing: the CallId on this connection does. */
static struct call_entry *
pair_by_rpc_call_id(struct atr_session *session, struct atr_event *event,
                    const struct atr_fact *fact)
{
    struct atr_key key =
        session_key(event->source_id, session->connection_id << 32, fact->as.rpc.call_id);
    struct call_entry *call;

    if (fact->kind != ATR_FACT_RPC_RESPONSE || session->connection_id == 0) {
        return NULL;
    }
    call = session_call_by(session, &session->rpc_calls, key);
    if (call != NULL) {
        session_reply_received(session, event, call, ATR_PAIRING_RPC_CALL_ID);
        event->role = event->role == ATR_ROLE_RECEIVED ? ATR_ROLE_REPLY_RECEIVED : event->role;
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

static enum atr_status
learn_pointer(struct atr_session *session, const struct atr_event *event,
              const struct atr_pointer_fact *pointer)
{
    struct ipid_entry *ipid;

    if (atr_guid_is_null(&pointer->ipid) || atr_guid_is_null(&pointer->iid)) {
        return ATR_OK;
    }
    ipid = atr_table_get(&session->ipids, ipid_key(event->source_id, &pointer->ipid));
    if (ipid == NULL) {
        return ATR_NOMEM;
    }
    ipid->iid = pointer->iid;
    return ATR_OK;
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

enum atr_status
atr_session_learn(struct atr_session *session, struct atr_event *event)
{
    enum atr_status status = ATR_OK;

    for (const struct atr_fact *fact = event->facts; fact != NULL && status == ATR_OK;
         fact = fact->next) {
        struct call_entry *call;

        if (fact->kind == ATR_FACT_INTERFACE_POINTER) {
            status = learn_pointer(session, event, &fact->as.pointer);
            continue;
        }
        status = begin_by_payload(session, event, fact);
        call = call_of(session, event);
        if (call == NULL) {
            call = pair_by_rpc_call_id(session, event, fact);
        }
        if (call != NULL) {
            learn_about_call(session, call, fact);
        }
    }
    return status;
}

bool
atr_session_find_binding(const struct atr_session *session, const struct atr_event *event,
                         uint32_t binding_id, struct atr_binding *out)
{
    const struct call_entry *call = call_of(session, event);
    const struct atr_binding *bound = session_bound(
        session, call == NULL ? session->connection_id : call->connection_id, binding_id);

    if (bound == NULL) {
        return false;
    }
    *out = *bound;
    return true;
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
