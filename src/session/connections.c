/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/*
 * A connection is found by its ends (lrpc 2.1); a call seen from both joins the two. The end that
 * names only the client's pid cannot tell two connections of one client apart: it is never joined,
 * and what is bound on it is inferred, not known.
 */
struct end
session_client_end(const struct atr_session *session, uint32_t source_id, uint32_t process_id,
                   uint32_t pid, uint32_t handle)
{
    uint32_t id = process_id != 0 ? process_id : session_process_of_pid(session, source_id, pid);
    uint64_t owner = id != 0 ? id : (uint64_t)pid << 32;

    return (struct end){END_CLIENT_HANDLE, session_key(source_id, handle, owner)};
}

struct end
session_client_port_end(uint32_t source_id, uint32_t port_id)
{
    return (struct end){END_CLIENT_PORT, session_key(source_id, 0, port_id)};
}

static void
connection_release(void *context, struct atr_table_entry *entry)
{
    struct atr_session *session = context;
    struct connection *connection = (struct connection *)entry;

    if (session->near == connection) {
        session->near = NULL;
    }
    atr_heap_free(&session->heap, connection->bound);
}

void
session_connections_init(struct atr_session *session)
{
    atr_table_init(&session->connections, session->heap, ATR_CONNECTIONS_MAX,
                   sizeof(struct connection), connection_release, session);
    for (unsigned kind = 0; kind < END_KINDS; kind++) {
        atr_table_init(&session->ends[kind], session->heap, ATR_CONNECTIONS_MAX,
                       sizeof(struct end_entry), NULL, session);
    }
}

void
session_connections_fini(struct atr_session *session)
{
    atr_table_fini(&session->connections);
    for (unsigned kind = 0; kind < END_KINDS; kind++) {
        atr_table_fini(&session->ends[kind]);
    }
}

struct connection *
session_connection_find(const struct atr_session *session, uint64_t connection_id)
{
    if (session->near != NULL && session->near->entry.key.low == connection_id) {
        return session->near;
    }
    return connection_id == 0
               ? NULL
               : atr_table_find(&session->connections, (struct atr_key){0, connection_id});
}

static uint64_t
get_by_end(struct atr_session *session, struct end end)
{
    struct atr_table *table = &session->ends[end.kind];
    bool is_client = end.kind == END_CLIENT_PORT || end.kind == END_CLIENT_HANDLE;
    struct end_entry *ref = atr_table_find(table, end.key);
    struct connection *connection =
        ref == NULL ? NULL : session_connection_find(session, ref->connection_id);

    if (connection != NULL) {
        atr_table_touch(table, ref);
        atr_table_touch(&session->connections, connection);
        session->near = connection;
        return ref->connection_id;
    }
    ref = atr_table_get(table, end.key);
    connection =
        atr_table_get(&session->connections, (struct atr_key){0, session->next_connection_id + 1});
    if (ref == NULL || connection == NULL) {
        return 0;
    }
    ref->connection_id = ++session->next_connection_id;
    *(is_client ? &connection->client : &connection->server) = end;
    return ref->connection_id;
}

static uint32_t
server_port(const struct atr_session *session, const struct atr_event *event)
{
    return session->port == NULL ? event->as.alpc.handle : session->port->view.port_id;
}

struct end
session_context_end(const struct atr_session *session, const struct atr_event *event,
                    uint64_t port_context)
{
    return (struct end){END_SERVER_CONTEXT,
                        session_key(event->source_id, server_port(session, event),
                                    port_context ^ (uint64_t)event->as.alpc.process_id << 48)};
}

static struct end
server_end(const struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;

    if (atr_attributes_has(&event->attributes, ATR_ATTRIBUTE_CONTEXT) &&
        event->attributes.context.port_context != 0) {
        return session_context_end(session, event, event->attributes.context.port_context);
    }
    return (struct end){END_SERVER_CLIENT,
                        session_key(event->source_id, server_port(session, event),
                                    (uint64_t)alpc->process_id << 32 | alpc->client_pid)};
}

static struct end
client_end(const struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    const struct port_entry *port = session->port;

    if (port != NULL && port->view.kind == ATR_PORT_CLIENT) {
        return session_client_port_end(event->source_id, port->view.port_id);
    }
    return session_client_end(session, event->source_id, alpc->process_id, alpc->pid, alpc->handle);
}

/* Is the port, or the handle of an unknown port, one that requests were sent through? */
static bool
is_client_port(const struct atr_session *session, const struct atr_event *event)
{
    struct end end;

    if (session->port != NULL) {
        return session->port->view.kind == ATR_PORT_CLIENT;
    }
    end = client_end(session, event);
    return atr_table_find(&session->ends[end.kind], end.key) != NULL;
}

bool
session_is_client_end(const struct atr_session *session, const struct atr_event *event)
{
    const struct port_entry *port = session->port;

    switch (event->role) {
    case ATR_ROLE_SENT:
    case ATR_ROLE_RECEIVED:
        return port == NULL || port->view.kind == ATR_PORT_CLIENT ||
               port->view.owner_process_id != event->as.alpc.process_id;
    case ATR_ROLE_RELEASE:
    case ATR_ROLE_PORT_CLOSED:
    case ATR_ROLE_CANCELED:
    case ATR_ROLE_OTHER:
        return is_client_port(session, event);
    default:
        return session_role_is_client(event->role);
    }
}

static bool
role_is_connect(enum atr_role role)
{
    return role == ATR_ROLE_CONNECT_SENT || role == ATR_ROLE_CONNECT_RECEIVED ||
           role == ATR_ROLE_CONNECT_ANSWER_SENT || role == ATR_ROLE_CONNECT_ANSWER_RECEIVED;
}

uint64_t
session_connection_of(struct atr_session *session, const struct atr_event *event)
{
    if (event->role == ATR_ROLE_NONE || role_is_connect(event->role)) {
        return 0;
    }
    return get_by_end(session, session_is_client_end(session, event) ? client_end(session, event)
                                                                     : server_end(session, event));
}

static void
forget_end(struct atr_session *session, struct end end)
{
    struct atr_table *table = &session->ends[end.kind];

    atr_table_remove(table, atr_table_find(table, end.key));
}

/*
 * The server's cookie moved: to a connection made after its old one was over, or, when the client's
 * handle had another cookie, both are new. What was not seen to end has ended then.
 */
static void
take_server_end(struct atr_session *session, struct connection *client, struct connection *server)
{
    struct end end = server->server;
    struct end_entry *ref = atr_table_find(&session->ends[end.kind], end.key);

    if (client->server.kind != END_NONE) {
        forget_end(session, client->server);
        client->bound_count = 0;
    }
    if (ref != NULL) {
        ref->connection_id = client->entry.key.low;
    }
    client->server = end;
    server->server = (struct end){.kind = END_NONE};
}

uint64_t
session_connections_join(struct atr_session *session, uint64_t client_id, uint64_t server_id)
{
    struct connection *client = session_connection_find(session, client_id);
    struct connection *server = session_connection_find(session, server_id);

    if (client == NULL || server == NULL || client == server) {
        return client != NULL ? client_id : server_id;
    }
    if (server->server.kind == END_SERVER_CLIENT) {
        return client_id; /* it may be another connection of the same client */
    }
    if (client->client.kind == END_CLIENT_PORT && client->server.kind != END_NONE) {
        return client_id; /* a client's port has one server end for life */
    }
    take_server_end(session, client, server);
    if (server->client.kind == END_NONE) {
        session_bindings_merge(session, client, server);
        atr_table_remove(&session->connections, server);
    }
    session->near = client;
    return client_id;
}

void
session_connection_drop(struct atr_session *session, uint64_t connection_id)
{
    struct connection *connection = session_connection_find(session, connection_id);

    if (connection != NULL) {
        forget_end(session, connection->client);
        forget_end(session, connection->server);
        atr_table_remove(&session->connections, connection);
    }
}

void
session_connection_close(struct atr_session *session, struct end end)
{
    const struct end_entry *ref = atr_table_find(&session->ends[end.kind], end.key);

    if (ref != NULL) {
        session_connection_drop(session, ref->connection_id);
    }
}
