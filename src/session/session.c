/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

enum atr_status
atr_session_create(struct atr_session **out, const struct atr_heap *heap)
{
    struct atr_session *session = atr_heap_alloc(heap, 1, sizeof(*session));

    if (session == NULL) {
        return ATR_NOMEM;
    }
    session->heap = *heap;
    session->utc_bias_minutes = INT32_MIN;
    session_state_init(session);
    session_connections_init(session);
    session_calls_init(session);
    *out = session;
    return ATR_OK;
}

void
atr_session_destroy(struct atr_session *session)
{
    if (session != NULL) {
        struct atr_heap heap = session->heap;

        session_calls_fini(session);
        session_connections_fini(session);
        session_state_fini(session);
        atr_heap_free(&heap, session);
    }
}

enum atr_status
atr_session_apply(struct atr_session *session, struct atr_event *event)
{
    enum atr_status status;

    /* The call that ended with the last event was readable until now. */
    if (session->retired_call != 0) {
        atr_table_remove(&session->calls, session_call_find(session, session->retired_call));
        session->retired_call = 0;
    }
    session->connection_id = 0;
    if (atr_event_is_state(event)) {
        return session_state_apply(session, event);
    }
    status = session_exchange_apply(session, event);
    if (status == ATR_OK && (event->kind == ATR_RECORD_ENTER || event->kind == ATR_RECORD_EXIT)) {
        session_parties_fill(session, event);
    }
    return status;
}
