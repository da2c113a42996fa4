/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/*
 * A connection is found by its ends (lrpc 2.1); a call seen from both joins the two. The end that
 * names only the client's pid cannot tell two connections of one client apart: it is never joined,
 * and what is bound on it is inferred, not known.
 */
struct end
session_client_end(uint32_t source_id, uint32_t process_id, uint32_t pid, uint32_t handle,
                   uint32_t port_id)
{
    if (port_id != 0) {
        return (struct end){END_CLIENT_PORT, session_key(source_id, 0, port_id)};
    }
    return (struct end){
        END_CLIENT_HANDLE,
        session_key(source_id, handle, process_id != 0 ? process_id : (uint64_t)pid << 32)};
}

static void
connection_release(void *context, struct atr_table_entry *entry)
{
    const struct atr_session *session = context;

    atr_heap_free(&session->heap, ((struct connection *)entry)->bound);
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

static struct connection *
find(const struct atr_session *session, uint64_t connection_id)
{
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
    struct connection *connection = ref == NULL ? NULL : find(session, ref->connection_id);

    if (connection != NULL) {
        return ref->connection_id;
    }
    ref = atr_table_get(table, end.key);
    connection =
        atr_table_add(&session->connections, (struct atr_key){0, session->next_connection_id + 1});
    if (ref == NULL || connection == NULL) {
        return 0;
    }
    ref->connection_id = ++session->next_connection_id;
    *(is_client ? &connection->client : &connection->server) = end;
    return ref->connection_id;
}

static struct end
server_end(const struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    const struct port_entry *port = session_port_of(session, event);
    uint32_t port_id = port == NULL ? alpc->handle : port->view.port_id;

    if (atr_attributes_has(&event->attributes, ATR_ATTRIBUTE_CONTEXT) &&
        event->attributes.context.port_context != 0) {
        return (struct end){END_SERVER_CONTEXT, session_key(event->source_id, port_id,
                                                            event->attributes.context.port_context ^
                                                                (uint64_t)alpc->process_id << 48)};
    }
    return (struct end){END_SERVER_CLIENT,
                        session_key(event->source_id, port_id,
                                    (uint64_t)alpc->process_id << 32 | alpc->client_pid)};
}

/* Text logs have no roles before decoding: the owner of the connection port is the server. */
bool
session_is_client_end(const struct atr_session *session, const struct atr_event *event)
{
    const struct port_entry *port;

    if (event->role != ATR_ROLE_SENT && event->role != ATR_ROLE_RECEIVED) {
        return session_role_is_client(event->role);
    }
    port = session_port_of(session, event);
    return port == NULL || port->view.kind == ATR_PORT_CLIENT ||
           port->view.owner_process_id != event->as.alpc.process_id;
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
    const struct atr_alpc_record *alpc = &event->as.alpc;
    const struct port_entry *port;

    if (event->role == ATR_ROLE_NONE || role_is_connect(event->role)) {
        return 0;
    }
    if (!session_is_client_end(session, event)) {
        return get_by_end(session, server_end(session, event));
    }
    port = session_port_of(session, event);
    return get_by_end(
        session, session_client_end(
                     event->source_id, alpc->process_id, alpc->pid, alpc->handle,
                     port != NULL && port->view.kind == ATR_PORT_CLIENT ? port->view.port_id : 0));
}

uint64_t
session_connections_join(struct atr_session *session, uint64_t client_id, uint64_t server_id)
{
    struct connection *client = find(session, client_id);
    struct connection *server = find(session, server_id);
    struct end_entry *ref;

    if (client == NULL || server == NULL || client == server) {
        return client != NULL ? client_id : server_id;
    }
    if (server->server.kind == END_SERVER_CLIENT || server->client.kind != END_NONE) {
        return client_id; /* it may be another connection of the same client */
    }
    for (uint32_t i = 0; i < server->bound_count; i++) {
        if (session_bound(session, client_id, server->bound[i].binding_id) == NULL) {
            session_bind(session, client_id, server->bound[i].binding_id,
                         &server->bound[i].binding);
        }
    }
    client->server = server->server;
    ref = atr_table_find(&session->ends[server->server.kind], server->server.key);
    if (ref != NULL) {
        ref->connection_id = client_id;
    }
    atr_table_remove(&session->connections, server);
    return client_id;
}

static void
forget_end(struct atr_session *session, struct end end)
{
    struct atr_table *table = &session->ends[end.kind];

    atr_table_remove(table, atr_table_find(table, end.key));
}

void
session_connection_drop(struct atr_session *session, uint64_t connection_id)
{
    struct connection *connection = find(session, connection_id);

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

static struct bound *
find_bound(const struct connection *connection, uint32_t binding_id)
{
    for (uint32_t i = 0; connection != NULL && i < connection->bound_count; i++) {
        if (connection->bound[i].binding_id == binding_id) {
            return &connection->bound[i];
        }
    }
    return NULL;
}

/* Ids are the client's to reuse: the last bind wins (lrpc 2.1). */
void
session_bind(struct atr_session *session, uint64_t connection_id, uint16_t binding_id,
             const struct atr_binding *binding)
{
    struct connection *connection = find(session, connection_id);
    struct bound *bound = find_bound(connection, binding_id);

    if (connection == NULL) {
        return;
    }
    if (bound == NULL) {
        if (connection->bound_count == connection->bound_room) {
            uint32_t room = connection->bound_room == 0 ? 4 : connection->bound_room * 2;
            struct bound *more;

            if (room > ATR_BINDINGS_MAX) {
                return;
            }
            more = atr_heap_resize(&session->heap, connection->bound, room, sizeof(*more));
            if (more == NULL) {
                return;
            }
            connection->bound = more;
            connection->bound_room = room;
        }
        bound = &connection->bound[connection->bound_count++];
    }
    *bound = (struct bound){binding_id, *binding};
    if (connection->server.kind == END_SERVER_CLIENT && binding->grade == ATR_GRADE_BOUND) {
        bound->binding.grade = ATR_GRADE_INFERRED;
    }
}

void
session_unbind(struct atr_session *session, uint64_t connection_id, uint16_t binding_id)
{
    struct connection *connection = find(session, connection_id);
    struct bound *bound = find_bound(connection, binding_id);

    if (bound != NULL) {
        *bound = connection->bound[--connection->bound_count];
    }
}

const struct atr_binding *
session_bound(const struct atr_session *session, uint64_t connection_id, uint32_t binding_id)
{
    const struct bound *bound = find_bound(find(session, connection_id), binding_id);

    return bound == NULL ? NULL : &bound->binding;
}
