/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/* Every table and text grows through here, so that no refusal goes unnoticed. */
static void *
watched_resize(void *context, void *old, size_t size_bytes)
{
    struct atr_session *session = context;
    void *block = session->outer.resize(session->outer.context, old, size_bytes);

    if (block == NULL && size_bytes != 0) {
        session->out_of_memory = true;
    }
    return block;
}

enum atr_status
atr_session_create(struct atr_session **out, const struct atr_heap *heap)
{
    struct atr_session *session = atr_heap_alloc(heap, 1, sizeof(*session));

    if (session == NULL) {
        return ATR_NOMEM;
    }
    session->outer = *heap;
    session->heap = (struct atr_heap){watched_resize, session};
    session->people = 1;
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
        struct atr_heap heap = session->outer;

        session_calls_fini(session);
        session_connections_fini(session);
        session_state_fini(session);
        atr_heap_free(&heap, session);
    }
}

static void
apply(struct atr_session *session, struct atr_event *event)
{
    if (atr_event_is_state(event)) {
        session_state_apply(session, event);
        return;
    }
    if (event->kind == ATR_RECORD_ENTER || event->kind == ATR_RECORD_EXIT) {
        session_state_look_up(session, event);
        session_exchange_apply(session, event);
    }
}

enum atr_status
atr_session_apply(struct atr_session *session, struct atr_event *event)
{
    /* The call that ended with the last event was readable until now. */
    atr_table_remove(&session->calls, session->retired_call);
    session->call = NULL;
    session->connection_id = 0;
    session->out_of_memory = false;
    apply(session, event);
    return session->out_of_memory ? ATR_NOMEM : ATR_OK;
}
