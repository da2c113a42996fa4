/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/*
 * What the binding ids of one connection mean (lrpc 2.1).
 *
 *   offered    the id means the offer, inferred; what it was bound to before is kept aside
 *   accepted   the id means what the answer says
 *   refused, or answered without this id: as it was before the offer
 */

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

/* An id without meaning yet; NULL: the connection has enough of them, or memory is out. */
static struct bound *
add_bound(struct atr_session *session, struct connection *connection, uint16_t binding_id)
{
    if (connection->bound_count == connection->bound_room) {
        uint32_t room = connection->bound_room == 0 ? 4 : connection->bound_room * 2;
        struct bound *more;

        if (room > ATR_BINDINGS_MAX) {
            return NULL;
        }
        more = atr_heap_resize(&session->heap, connection->bound, room, sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        connection->bound = more;
        connection->bound_room = room;
    }
    connection->bound[connection->bound_count] = (struct bound){.binding_id = binding_id};
    return &connection->bound[connection->bound_count++];
}

static struct bound *
get_bound(struct atr_session *session, struct connection *connection, uint16_t binding_id)
{
    struct bound *bound = find_bound(connection, binding_id);

    return bound != NULL ? bound : add_bound(session, connection, binding_id);
}

static bool
has_bit(const struct atr_bind_fact *bind, unsigned bit)
{
    return (bind->syntax_set >> bit & 1) != 0;
}

/* Several syntaxes under one id: it is one of them, nothing tells which. */
static enum atr_syntax
syntax_of(const struct atr_bind_fact *bind, unsigned bit)
{
    for (unsigned other = 0; other < ATR_SYNTAX_KINDS; other++) {
        if (other != bit && has_bit(bind, other) &&
            bind->binding_ids[other] == bind->binding_ids[bit]) {
            return ATR_SYNTAX_UNKNOWN;
        }
    }
    return (enum atr_syntax)(ATR_SYNTAX_NDR20 + bit);
}

static bool
same_interface(const struct atr_rpc_interface *a, const struct atr_rpc_interface *b)
{
    return atr_guid_equal(&a->uuid, &b->uuid) && a->version_major == b->version_major &&
           a->version_minor == b->version_minor;
}

void
session_bindings_offer(struct atr_session *session, uint64_t connection_id,
                       const struct atr_bind_fact *bind)
{
    struct connection *connection = session_connection_find(session, connection_id);

    for (unsigned bit = 0; connection != NULL && bit < ATR_SYNTAX_KINDS; bit++) {
        struct bound *bound =
            has_bit(bind, bit) ? get_bound(session, connection, bind->binding_ids[bit]) : NULL;

        if (bound == NULL || (bound->binding.grade == ATR_GRADE_BOUND &&
                              same_interface(&bound->binding.interface, &bind->interface))) {
            continue;
        }
        if (bound->binding.grade == ATR_GRADE_BOUND) {
            bound->before = bound->binding;
        }
        bound->binding =
            (struct atr_binding){bind->interface, syntax_of(bind, bit), ATR_GRADE_INFERRED};
    }
}

void
session_bindings_accept(struct atr_session *session, uint64_t connection_id,
                        const struct atr_bind_fact *bind, enum atr_grade grade)
{
    struct connection *connection = session_connection_find(session, connection_id);

    for (unsigned bit = 0; connection != NULL && bit < ATR_SYNTAX_KINDS; bit++) {
        struct bound *bound =
            has_bit(bind, bit) ? get_bound(session, connection, bind->binding_ids[bit]) : NULL;

        if (bound != NULL) {
            bound->binding = (struct atr_binding){bind->interface, syntax_of(bind, bit), grade};
            bound->before.grade = ATR_GRADE_NONE;
        }
    }
}

void
session_bindings_withdraw(struct atr_session *session, uint64_t connection_id,
                          const struct atr_bind_fact *offer)
{
    struct connection *connection = session_connection_find(session, connection_id);

    for (unsigned bit = 0; connection != NULL && bit < ATR_SYNTAX_KINDS; bit++) {
        struct bound *bound =
            has_bit(offer, bit) ? find_bound(connection, offer->binding_ids[bit]) : NULL;

        if (bound == NULL || bound->binding.grade == ATR_GRADE_BOUND) {
            continue;
        }
        if (bound->before.grade == ATR_GRADE_BOUND) {
            bound->binding = bound->before;
            bound->before.grade = ATR_GRADE_NONE;
        } else {
            *bound = connection->bound[--connection->bound_count];
        }
    }
}

void
session_bindings_merge(struct atr_session *session, struct connection *into,
                       const struct connection *from)
{
    for (uint32_t i = 0; i < from->bound_count; i++) {
        struct bound *bound = find_bound(into, from->bound[i].binding_id) == NULL
                                  ? add_bound(session, into, from->bound[i].binding_id)
                                  : NULL;

        if (bound != NULL) {
            *bound = from->bound[i];
        }
    }
}

/* Of a server's view that names the client's pid only: it may be another connection's binding. */
bool
session_bound(const struct atr_session *session, uint64_t connection_id, uint32_t binding_id,
              struct atr_binding *out)
{
    const struct connection *connection = session_connection_find(session, connection_id);
    const struct bound *bound = find_bound(connection, binding_id);

    if (bound == NULL) {
        return false;
    }
    *out = bound->binding;
    if (connection->server.kind == END_SERVER_CLIENT) {
        out->grade = ATR_GRADE_INFERRED;
    }
    return true;
}
