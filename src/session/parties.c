/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

static struct atr_party
party(const struct atr_session *session, uint32_t source_id, uint32_t process_id, uint32_t pid,
      uint32_t tid)
{
    const struct atr_session_process *process =
        atr_session_find_process(session, source_id, process_id, pid);
    struct atr_party out = {.pid = pid, .tid = tid};

    if (process != NULL) {
        out.image = process->leaf;
        out.pid = process->pid;
    }
    out.known = out.pid != ATR_UNKNOWN_U32;
    return out;
}

static struct atr_party
party_of_side(const struct atr_session *session, uint32_t source_id,
              const struct atr_call_side *side, struct party_memo *memo)
{
    if (memo->people != session->people || memo->process_id != side->process_id ||
        memo->pid != side->pid || memo->party.tid != side->tid) {
        memo->people = session->people;
        memo->process_id = side->process_id;
        memo->pid = side->pid;
        memo->party = party(session, source_id, side->process_id, side->pid, side->tid);
    }
    return memo->party;
}

static struct atr_party
own_party(const struct atr_session *session, const struct atr_event *event)
{
    return party(session, event->source_id, event->as.alpc.process_id, event->as.alpc.pid,
                 event->as.alpc.tid);
}

/* The owner of the connection port, when nobody was seen answering. */
static struct atr_party
port_owner(const struct atr_session *session, const struct atr_event *event,
           const struct atr_session_port *port)
{
    if (port == NULL || port->owner_process_id == 0) {
        return (struct atr_party){.pid = ATR_UNKNOWN_U32, .tid = ATR_UNKNOWN_U32};
    }
    return party(session, event->source_id, port->owner_process_id, ATR_UNKNOWN_U32,
                 ATR_UNKNOWN_U32);
}

/* At the server's end without a call: the message names its sender, or its port names the peer. */
static struct atr_party
sender(const struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    bool has_client = alpc->client_pid != 0 && alpc->client_pid != ATR_UNKNOWN_U32;

    return party(session, event->source_id, 0, has_client ? alpc->client_pid : ATR_UNKNOWN_U32,
                 has_client ? alpc->client_tid : ATR_UNKNOWN_U32);
}

void
atr_session_introduce(const struct atr_session *session, struct atr_event *event)
{
    const struct atr_session_port *connection =
        session->connection_port == NULL ? NULL : &session->connection_port->view;
    struct call_entry *call = session->call;
    bool is_client;

    if (event->kind != ATR_RECORD_ENTER && event->kind != ATR_RECORD_EXIT) {
        return;
    }
    is_client = session_is_client_end(session, event);
    if (connection != NULL) {
        event->port_name = connection->name;
    }
    event->client =
        call != NULL ? party_of_side(session, event->source_id, &call->call.client, &call->client)
        : is_client  ? own_party(session, event)
                     : sender(session, event);
    event->server =
        call != NULL && call->call.server.seen
            ? party_of_side(session, event->source_id, &call->call.server, &call->server)
        : is_client ? port_owner(session, event, connection)
                    : own_party(session, event);
}
