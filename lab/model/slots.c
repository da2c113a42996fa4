/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

void
lab_model_init(struct lab_model *model, const struct lab_os *os)
{
    memset(model, 0, sizeof(*model));
    model->os = *os;
    model->next_callback = 1;
}

void
lab_model_fini(struct lab_model *model)
{
    for (uint32_t i = 0; i < LAB_MESSAGES; i++) {
        if (model->messages[i].state != LAB_MESSAGE_FREE) {
            lab_message_free(model, i);
        }
    }
}

/* Ports. */

uint32_t
lab_port_make(struct lab_model *model, enum lab_port_kind kind, const struct lab_caller *caller,
              uint32_t connection)
{
    for (uint32_t i = 0; i < LAB_PORTS; i++) {
        struct lab_port *port = &model->ports[i];

        if (port->kind == LAB_PORT_FREE) {
            uint32_t generation = port->generation + 1;

            memset(port, 0, sizeof(*port));
            port->kind = kind;
            port->peer = LAB_NONE;
            port->connection = connection == LAB_NONE ? i : connection;
            port->generation = generation;
            port->is_open = true;
            port->is_lpc = caller->is_lpc;
            port->first_message = LAB_NONE;
            port->last_message = LAB_NONE;
            port->first_waiter = LAB_NONE;
            port->max_message = LAB_MESSAGE_MAX;
            port->pid = caller->pid;
            port->tid = caller->tid;
            return i;
        }
    }
    return LAB_NONE;
}

/* Frees the slot once nothing needs it any more. */
void
lab_port_reap(struct lab_model *model, uint32_t index)
{
    struct lab_port *port = &model->ports[index];

    if (port->kind == LAB_PORT_FREE || port->is_open || port->references != 0) {
        return;
    }
    for (uint32_t i = lab_queue_take(model, index); i != LAB_NONE;
         i = lab_queue_take(model, index)) {
        lab_message_free(model, i);
    }
    for (uint32_t i = 0; i < LAB_MESSAGES; i++) {
        struct lab_message *message = &model->messages[i];

        if (message->state != LAB_MESSAGE_FREE && message->source == index) {
            message->source = LAB_NONE;
            if (message->state != LAB_MESSAGE_QUEUED) {
                lab_message_free(model, i);
            }
        }
    }
    if (port->peer != LAB_NONE) {
        model->ports[port->peer].peer = LAB_NONE;
    }
    port->kind = LAB_PORT_FREE;
    model->os.port_changed(model->os.context, index);
}

static uint16_t
upper(uint16_t c)
{
    return c >= 'a' && c <= 'z' ? (uint16_t)(c - 'a' + 'A') : c;
}

uint32_t
lab_port_find(const struct lab_model *model, struct lab_name name)
{
    for (uint32_t i = 0; i < LAB_PORTS; i++) {
        const struct lab_port *port = &model->ports[i];
        uint32_t at = 0;

        if (port->kind != LAB_PORT_CONNECTION || port->is_hung_up ||
            port->name_chars != name.count || name.count == 0) {
            continue;
        }
        while (at < name.count && upper(port->name[at]) == upper(name.chars[at])) {
            at++;
        }
        if (at == name.count) {
            return i;
        }
    }
    return LAB_NONE;
}

bool
lab_port_reference(struct lab_model *model, uint32_t port)
{
    bool is_alive;

    model->os.lock(model->os.context);
    is_alive = model->ports[port].kind != LAB_PORT_FREE &&
               (model->ports[port].is_open || model->ports[port].references != 0);
    if (is_alive) {
        model->ports[port].references++;
    }
    model->os.unlock(model->os.context);
    return is_alive;
}

void
lab_port_dereference(struct lab_model *model, uint32_t port)
{
    model->os.lock(model->os.context);
    model->ports[port].references--;
    lab_port_reap(model, port);
    model->os.unlock(model->os.context);
}

/* Messages. */

static bool
fill(struct lab_message *message, uint32_t index, const struct lab_caller *caller, uint16_t type,
     const struct lab_header *from)
{
    size_t size = from != NULL ? from->total_length : sizeof(*from);
    struct lab_header *bytes = calloc(1, size < sizeof(*from) ? sizeof(*from) : size);

    if (bytes == NULL) {
        return false;
    }
    if (from != NULL) {
        memcpy(bytes, from, size);
    } else {
        bytes->total_length = sizeof(*bytes);
    }
    bytes->type = type;
    bytes->pid = caller->pid;
    bytes->tid = caller->tid;
    bytes->message_id = (index + 1) * 4;
    bytes->callback_id = message->callback_id;
    free(message->bytes);
    message->bytes = bytes;
    return true;
}

static void
take_parts(struct lab_model *model, struct lab_message *message, struct lab_parts *parts)
{
    model->os.release(model->os.context, &message->parts);
    memset(&message->parts, 0, sizeof(message->parts));
    if (parts != NULL) {
        message->parts = *parts;
        memset(parts, 0, sizeof(*parts));
    }
}

uint32_t
lab_message_make(struct lab_model *model, const struct lab_caller *caller, uint16_t type,
                 const struct lab_header *from, struct lab_parts *parts)
{
    for (uint32_t i = 0; i < LAB_MESSAGES; i++) {
        struct lab_message *message = &model->messages[i];

        if (message->state == LAB_MESSAGE_FREE) {
            memset(message, 0, sizeof(*message));
            message->callback_id = model->next_callback;
            if (!fill(message, i, caller, type, from)) {
                return LAB_NONE;
            }
            model->next_callback++;
            message->state = LAB_MESSAGE_QUEUED;
            message->next = LAB_NONE;
            message->queue = LAB_NONE;
            message->source = LAB_NONE;
            message->server = LAB_NONE;
            message->waiter = LAB_NONE;
            if (parts != NULL) {
                message->sent_context = parts->context.message;
            }
            take_parts(model, message, parts);
            return i;
        }
    }
    return LAB_NONE;
}

bool
lab_message_replace(struct lab_model *model, uint32_t index, const struct lab_caller *caller,
                    uint16_t type, const struct lab_header *from, struct lab_parts *parts)
{
    struct lab_message *message = &model->messages[index];

    if (!fill(message, index, caller, type, from)) {
        return false;
    }
    take_parts(model, message, parts);
    return true;
}

void
lab_message_free(struct lab_model *model, uint32_t index)
{
    struct lab_message *message = &model->messages[index];

    model->os.release(model->os.context, &message->parts);
    free(message->bytes);
    memset(message, 0, sizeof(*message));
}

uint32_t
lab_message_by_id(const struct lab_model *model, const struct lab_header *header, uint32_t *status)
{
    uint32_t index = header->message_id / 4 - 1;

    *status = LAB_INVALID_MESSAGE;
    if (header->message_id % 4 != 0 || index >= LAB_MESSAGES ||
        model->messages[index].state == LAB_MESSAGE_FREE) {
        return LAB_NONE;
    }
    if (header->callback_id != 0 &&
        (uint32_t)header->callback_id != model->messages[index].callback_id) {
        *status = LAB_REPLY_MESSAGE_MISMATCH;
        return LAB_NONE;
    }
    *status = LAB_OK;
    return index;
}
