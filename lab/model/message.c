/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

/* The message's bytes and parts to the caller; the parts change hands. */
uint32_t
lab_deliver(struct lab_model *model, uint32_t index, struct lab_receive *receive)
{
    struct lab_message *message = &model->messages[index];
    size_t length = message->bytes->total_length;

    receive->length = length;
    if (receive->capacity < length) {
        return LAB_BUFFER_TOO_SMALL;
    }
    memcpy(receive->buffer, message->bytes, length);
    if (receive->parts != NULL) {
        *receive->parts = message->parts;
        memset(&message->parts, 0, sizeof(message->parts));
    }
    return LAB_OK;
}

static void
add_context(struct lab_model *model, uint32_t index, struct lab_port *port, struct lab_parts *parts)
{
    struct lab_message *message = &model->messages[index];
    bool is_reply = (message->bytes->type & 0xff) == LAB_REPLY;

    parts->valid |= LAB_PART_CONTEXT;
    parts->context.port = message->reply_context;
    parts->context.message = is_reply ? message->sent_context : 0;
    parts->context.sequence = ++port->sequence;
    parts->context.message_id = message->bytes->message_id;
    parts->context.callback_id = message->callback_id;
}

/* What becomes of a message that its receiver has got. */
static void
settle(struct lab_model *model, uint32_t index)
{
    struct lab_message *message = &model->messages[index];
    unsigned type = message->bytes->type & 0xffu;

    if (type == LAB_REQUEST || type == LAB_CONNECTION_REQUEST) {
        message->state = LAB_MESSAGE_DELIVERED;
    } else if ((message->bytes->type & LAB_CONTINUATION) != 0) {
        message->state = LAB_MESSAGE_HELD;
    } else {
        lab_message_free(model, index);
    }
}

static uint32_t
hand_over(struct lab_model *model, uint32_t queue, uint32_t message, struct lab_receive *receive)
{
    uint32_t status = lab_deliver(model, message, receive);

    if (status != LAB_OK) { /* it stays, and is the next to be received */
        lab_queue_put_first(model, queue, message);
        return status;
    }
    if (receive->parts != NULL) {
        add_context(model, message, &model->ports[queue], receive->parts);
    }
    model->received++;
    settle(model, message);
    return LAB_OK;
}

static uint32_t
receive_any(struct lab_model *model, const struct lab_caller *caller, uint32_t port,
            struct lab_receive *receive, int64_t wait_100ns)
{
    uint32_t queue =
        model->ports[port].kind == LAB_PORT_SERVER ? model->ports[port].connection : port;
    uint32_t message = lab_queue_take(model, queue);
    uint32_t status = LAB_OK;
    uint32_t waiter;

    if (message == LAB_NONE) {
        uint32_t peer = model->ports[port].peer;

        if (model->ports[queue].is_hung_up ||
            (model->ports[port].kind == LAB_PORT_CLIENT &&
             (peer == LAB_NONE || model->ports[peer].is_hung_up))) {
            return LAB_PORT_DISCONNECTED;
        }
        waiter = lab_waiter_make(model, queue, queue);
        status = waiter == LAB_NONE ? LAB_NO_MEMORY
                                    : lab_waiter_wait(model, caller, waiter, wait_100ns, &message);
    }
    return status == LAB_OK ? hand_over(model, queue, message, receive) : status;
}

static bool
has_baggage(const struct lab_parts *parts)
{
    return parts != NULL && (parts->valid & (LAB_PART_VIEW | LAB_PART_HANDLE)) != 0;
}

static bool
is_view_release(const struct lab_parts *parts)
{
    return parts != NULL && (parts->valid & LAB_PART_VIEW) != 0 &&
           (parts->view.flags & LAB_VIEW_RELEASE) != 0;
}

static void
route_reply(struct lab_model *model, uint32_t index)
{
    struct lab_message *message = &model->messages[index];
    uint32_t waiter = message->waiter;

    message->state = LAB_MESSAGE_REPLIED;
    if (waiter != LAB_NONE) {
        message->waiter = LAB_NONE;
        lab_waiter_give(model, waiter, index, LAB_OK);
    } else {
        lab_queue_put(model, message->source, index);
    }
}

/* A send with a message id: a reply, or the release of what a reply carried. */
static uint32_t
send_reply(struct lab_model *model, const struct lab_caller *caller, const struct lab_header *send,
           struct lab_parts *parts)
{
    uint32_t status;
    uint32_t index = lab_message_by_id(model, send, &status);
    uint16_t type = LAB_REPLY;

    if (index == LAB_NONE) {
        return status;
    }
    if (model->messages[index].state == LAB_MESSAGE_HELD) {
        lab_message_free(model, index);
        return LAB_OK;
    }
    if (model->messages[index].state != LAB_MESSAGE_DELIVERED) {
        return LAB_INVALID_MESSAGE;
    }
    if (model->messages[index].source == LAB_NONE ||
        model->ports[model->messages[index].source].is_hung_up) {
        lab_message_free(model, index);
        return LAB_INVALID_MESSAGE;
    }
    if (has_baggage(parts) && !is_view_release(parts)) {
        type = (uint16_t)(type | LAB_CONTINUATION);
    }
    if (!lab_message_replace(model, index, caller, type, send, parts)) {
        return LAB_NO_MEMORY;
    }
    route_reply(model, index);
    return LAB_OK;
}

static uint32_t
check_new(const struct lab_model *model, uint32_t index, const struct lab_header *send)
{
    const struct lab_port *port = &model->ports[index];

    if (port->kind == LAB_PORT_CONNECTION) {
        return LAB_INVALID_PARAMETER;
    }
    if (port->is_hung_up || port->peer == LAB_NONE || model->ports[port->peer].is_hung_up) {
        return LAB_PORT_DISCONNECTED;
    }
    return send->total_length > port->max_message ? LAB_PORT_MESSAGE_TOO_LONG : LAB_OK;
}

/* A request or a datagram; gives the message so that a synchronous sender can wait for it. */
static uint32_t
send_new(struct lab_model *model, const struct lab_caller *caller, uint32_t index, uint32_t flags,
         const struct lab_header *send, struct lab_parts *parts, uint32_t waiter, uint32_t *sent)
{
    struct lab_port *port = &model->ports[index];
    uint32_t to = port->kind == LAB_PORT_CLIENT ? port->connection : port->peer;
    uint16_t type = (flags & LAB_FLAG_RELEASE) != 0 ? LAB_DATAGRAM : LAB_REQUEST | LAB_CONTINUATION;
    uint32_t message;

    if (type == LAB_DATAGRAM && has_baggage(parts)) {
        type = (uint16_t)(type | LAB_CONTINUATION);
    }
    if (caller->is_lpc) {
        type = (uint16_t)(type & 0xff);
    }
    message = lab_message_make(model, caller, type, send, parts);
    if (message == LAB_NONE) {
        return LAB_NO_MEMORY;
    }
    model->messages[message].source = index;
    model->messages[message].waiter = waiter;
    model->messages[message].reply_context =
        port->kind == LAB_PORT_CLIENT ? model->ports[port->peer].context : 0;
    model->sent++;
    *sent = message;
    lab_queue_put(model, to, message);
    return LAB_OK;
}

/* The waiting thread gave up: a reply that still comes finds nobody. */
static void
give_up(struct lab_model *model, uint32_t message, uint32_t waiter)
{
    if (model->messages[message].state == LAB_MESSAGE_FREE ||
        model->messages[message].waiter != waiter) {
        return;
    }
    lab_queue_remove(model, message);
    lab_message_free(model, message);
}

static uint32_t
send_and_wait(struct lab_model *model, const struct lab_caller *caller, uint32_t port,
              uint32_t flags, const struct lab_header *send, struct lab_parts *parts,
              struct lab_receive *receive, int64_t wait_100ns)
{
    uint32_t waiter = lab_waiter_make(model, LAB_NONE, port);
    uint32_t message = LAB_NONE;
    uint32_t got = LAB_NONE;
    uint32_t status;

    if (waiter == LAB_NONE) {
        return LAB_NO_MEMORY;
    }
    status = send_new(model, caller, port, flags, send, parts, waiter, &message);
    if (status != LAB_OK) {
        model->waiters[waiter].is_used = false;
        return status;
    }
    status = lab_waiter_wait(model, caller, waiter, wait_100ns, &got);
    if (status != LAB_OK) {
        give_up(model, message, waiter);
        return status;
    }
    return hand_over(model, port, got, receive);
}

static uint32_t
check_send(const struct lab_caller *caller, uint32_t flags, const struct lab_header *send,
           const struct lab_receive *receive)
{
    if ((flags & LAB_FLAG_SYNC) != 0) {
        if (send == NULL || (flags & LAB_FLAG_RELEASE) != 0) {
            return LAB_INVALID_PARAMETER;
        }
        if (receive == NULL) {
            return LAB_RECEIVE_BUFFER_EXPECTED;
        }
    }
    if (send == NULL) {
        return receive == NULL ? LAB_INVALID_PARAMETER : LAB_OK;
    }
    if (send->data_length > LAB_MESSAGE_MAX - LAB_HEADER) {
        return LAB_BUFFER_OVERFLOW;
    }
    if (send->total_length < send->data_length + LAB_HEADER ||
        (!caller->is_lpc && send->total_length != send->data_length + LAB_HEADER)) {
        return LAB_INVALID_PARAMETER;
    }
    return LAB_OK;
}

uint32_t
lab_send_wait_receive(struct lab_model *model, const struct lab_caller *caller, uint32_t port,
                      uint32_t flags, const struct lab_header *send, struct lab_parts *parts,
                      struct lab_receive *receive, int64_t wait_100ns)
{
    uint32_t status = check_send(caller, flags, send, receive);
    bool is_sync = (flags & LAB_FLAG_SYNC) != 0;
    uint32_t sent;

    if (status != LAB_OK) {
        return status;
    }
    model->os.lock(model->os.context);
    if (model->ports[port].kind == LAB_PORT_FREE) {
        status = LAB_INVALID_HANDLE;
    } else if (send != NULL && send->message_id != 0 && !is_sync) {
        status = send_reply(model, caller, send, parts);
    } else if (send != NULL) {
        status = check_new(model, port, send);
        if (status == LAB_OK && is_sync) {
            status = send_and_wait(model, caller, port, flags, send, parts, receive, wait_100ns);
        } else if (status == LAB_OK) {
            status = send_new(model, caller, port, flags, send, parts, LAB_NONE, &sent);
        }
    }
    if (status == LAB_OK && receive != NULL && !is_sync) {
        status = receive_any(model, caller, port, receive, wait_100ns);
    }
    model->os.unlock(model->os.context);
    return status;
}

uint32_t
lab_cancel(struct lab_model *model, uint32_t port, uint32_t message_id, uint32_t callback_id)
{
    struct lab_header key = {.message_id = message_id, .callback_id = callback_id};
    uint32_t status, index, waiter, note;
    struct lab_message *message;

    model->os.lock(model->os.context);
    index = lab_message_by_id(model, &key, &status);
    if (index != LAB_NONE) {
        message = &model->messages[index];
        if (message->source != port ||
            (message->state != LAB_MESSAGE_QUEUED && message->state != LAB_MESSAGE_DELIVERED)) {
            status = LAB_INVALID_MESSAGE;
        } else {
            struct lab_caller who = {.pid = message->bytes->pid, .tid = message->bytes->tid};

            waiter = message->waiter;
            if (message->state == LAB_MESSAGE_DELIVERED && model->ports[port].peer != LAB_NONE) {
                note = lab_message_make(model, &who, LAB_CANCELED, NULL, NULL);
                if (note != LAB_NONE) {
                    model->messages[note].reply_context =
                        model->ports[model->ports[port].peer].context;
                    lab_queue_put(model, model->ports[port].connection, note);
                }
            }
            lab_queue_remove(model, index);
            lab_message_free(model, index);
            if (waiter != LAB_NONE) {
                lab_waiter_give(model, waiter, LAB_NONE, LAB_REQUEST_CANCELED);
            }
        }
    }
    model->os.unlock(model->os.context);
    return status;
}
