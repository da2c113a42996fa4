/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

/* Low byte of PORT_MESSAGE.Type as delivered by the kernel (alpc 2). */
enum {
    TYPE_REQUEST = 1,
    TYPE_REPLY = 2,
    TYPE_DATAGRAM = 3,
    TYPE_PORT_CLOSED = 5,
    TYPE_CLIENT_DIED = 6,
    TYPE_CONNECTION_REQUEST = 10,
    TYPE_CONNECTION_REPLY = 11,
    TYPE_CANCELED = 12,
    TYPE_LPC_CONNECTION_REPLY = 13,
};

static const uint8_t received_roles[] = {
    [TYPE_REQUEST] = ATR_ROLE_REQUEST_RECEIVED,
    [TYPE_REPLY] = ATR_ROLE_REPLY_RECEIVED,
    [TYPE_DATAGRAM] = ATR_ROLE_DATAGRAM_RECEIVED,
    [TYPE_PORT_CLOSED] = ATR_ROLE_PORT_CLOSED,
    [TYPE_CLIENT_DIED] = ATR_ROLE_PORT_CLOSED,
    [TYPE_CONNECTION_REQUEST] = ATR_ROLE_CONNECT_RECEIVED,
    [TYPE_CONNECTION_REPLY] = ATR_ROLE_CONNECT_ANSWER_RECEIVED,
    [TYPE_CANCELED] = ATR_ROLE_CANCELED,
    [TYPE_LPC_CONNECTION_REPLY] = ATR_ROLE_CONNECT_ANSWER_RECEIVED,
};

static bool
has_message(const struct atr_event *event)
{
    return event->as.alpc.total_length != 0 || atr_event_part_find(event, ATR_PART_PAYLOAD) != NULL;
}

/* What the flags and the message id of a send mean (alpc 6). */
static enum atr_role
sent_role(const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    bool is_sync = (alpc->flags & ATR_ALPC_SYNC_REQUEST) != 0;

    if (!has_message(event)) {
        return (event->flags & ATR_RECORD_NO_HEADER) != 0 ? ATR_ROLE_SENT : ATR_ROLE_NONE;
    }
    if ((event->flags & ATR_RECORD_NO_HEADER) != 0) {
        return ATR_ROLE_SENT;
    }
    if (alpc->message_id == 0) {
        return (alpc->flags & ATR_ALPC_RELEASE_MESSAGE) != 0 && !is_sync ? ATR_ROLE_DATAGRAM_SENT
                                                                         : ATR_ROLE_REQUEST_SENT;
    }
    if (is_sync) {
        return ATR_ROLE_REQUEST_SENT;
    }
    return atr_attributes_is_release(&event->attributes) ? ATR_ROLE_RELEASE : ATR_ROLE_REPLY_SENT;
}

static enum atr_role
enter_role(const struct atr_event *event)
{
    switch (event->as.alpc.operation) {
    case ATR_OP_CONNECT:
    case ATR_OP_LPC_CONNECT:
    case ATR_OP_LPC_SECURE_CONNECT:
        return ATR_ROLE_CONNECT_SENT;
    case ATR_OP_ACCEPT:
    case ATR_OP_LPC_ACCEPT_CONNECT:
        return ATR_ROLE_CONNECT_ANSWER_SENT;
    case ATR_OP_SEND_WAIT_RECEIVE:
    case ATR_OP_DEFERRED_SEND:
    case ATR_OP_UNKNOWN:
        return sent_role(event);
    case ATR_OP_LPC_REQUEST:
        return ATR_ROLE_DATAGRAM_SENT;
    case ATR_OP_LPC_REQUEST_WAIT_REPLY:
        return ATR_ROLE_REQUEST_SENT;
    case ATR_OP_LPC_REPLY:
    case ATR_OP_LPC_REPLY_WAIT_RECEIVE:
    case ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX:
    case ATR_OP_LPC_REPLY_WAIT_REPLY:
        return has_message(event) ? ATR_ROLE_REPLY_SENT : ATR_ROLE_NONE;
    default:
        return ATR_ROLE_NONE;
    }
}

static enum atr_role
received_role(const struct atr_event *event)
{
    uint8_t type = (uint8_t)event->as.alpc.message_type;

    if (event->as.alpc.status != 0 || !has_message(event)) {
        return ATR_ROLE_NONE;
    }
    if ((event->flags & ATR_RECORD_NO_HEADER) != 0) {
        return ATR_ROLE_RECEIVED;
    }
    if (type < ATR_COUNT(received_roles) && received_roles[type] != ATR_ROLE_NONE) {
        return (enum atr_role)received_roles[type];
    }
    return ATR_ROLE_OTHER;
}

static enum atr_role
exit_role(const struct atr_event *event)
{
    switch (event->as.alpc.operation) {
    case ATR_OP_CONNECT:
    case ATR_OP_LPC_CONNECT:
    case ATR_OP_LPC_SECURE_CONNECT:
        return ATR_ROLE_CONNECT_ANSWER_RECEIVED;
    case ATR_OP_LPC_LISTEN:
        return event->as.alpc.status == 0 ? ATR_ROLE_CONNECT_RECEIVED : ATR_ROLE_NONE;
    case ATR_OP_SEND_WAIT_RECEIVE:
    case ATR_OP_UNKNOWN:
    case ATR_OP_LPC_REQUEST_WAIT_REPLY:
    case ATR_OP_LPC_REPLY_WAIT_RECEIVE:
    case ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX:
    case ATR_OP_LPC_REPLY_WAIT_REPLY:
        return received_role(event);
    default:
        return ATR_ROLE_NONE;
    }
}

enum atr_role
session_role(const struct atr_event *event)
{
    switch (event->kind) {
    case ATR_RECORD_ENTER:
        return enter_role(event);
    case ATR_RECORD_EXIT:
        return exit_role(event);
    default:
        return ATR_ROLE_NONE;
    }
}

bool
session_role_is_client(enum atr_role role)
{
    return role == ATR_ROLE_REQUEST_SENT || role == ATR_ROLE_REPLY_RECEIVED ||
           role == ATR_ROLE_DATAGRAM_SENT || role == ATR_ROLE_CONNECT_SENT ||
           role == ATR_ROLE_CONNECT_ANSWER_RECEIVED;
}

bool
session_role_is_received(enum atr_role role)
{
    return role == ATR_ROLE_REQUEST_RECEIVED || role == ATR_ROLE_REPLY_RECEIVED ||
           role == ATR_ROLE_DATAGRAM_RECEIVED || role == ATR_ROLE_CONNECT_RECEIVED ||
           role == ATR_ROLE_CONNECT_ANSWER_RECEIVED || role == ATR_ROLE_RECEIVED ||
           role == ATR_ROLE_PORT_CLOSED || role == ATR_ROLE_CANCELED || role == ATR_ROLE_OTHER;
}
