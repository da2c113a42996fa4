/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

uint32_t
lab_create_port(struct lab_model *model, const struct lab_caller *caller, struct lab_name name,
                uint32_t max_message, uint32_t *port)
{
    uint32_t status = LAB_OK;
    uint32_t made = LAB_NONE;

    if (name.count >= LAB_NAME_CHARS) {
        return LAB_INVALID_PARAMETER;
    }
    model->os.lock(model->os.context);
    if (lab_port_find(model, name) != LAB_NONE) {
        status = LAB_NAME_COLLISION;
    } else {
        made = lab_port_make(model, LAB_PORT_CONNECTION, caller, LAB_NONE);
        status = made == LAB_NONE ? LAB_NO_MEMORY : LAB_OK;
    }
    if (status == LAB_OK) {
        struct lab_port *new_port = &model->ports[made];

        if (name.count != 0) {
            memcpy(new_port->name, name.chars, name.count * sizeof(*name.chars));
        }
        new_port->name_chars = name.count;
        if (max_message != 0 && max_message < LAB_MESSAGE_MAX) {
            new_port->max_message = max_message;
        }
        model->os.port_changed(model->os.context, made);
        *port = made;
    }
    model->os.unlock(model->os.context);
    return status;
}

static void
drop_client(struct lab_model *model, uint32_t port)
{
    model->ports[port].is_open = false;
    model->ports[port].is_hung_up = true;
    lab_port_reap(model, port);
}

/* The connection request; LAB_NONE and nothing made when slots are out. */
static uint32_t
request(struct lab_model *model, const struct lab_caller *caller, uint32_t connection,
        const struct lab_header *from, uint32_t *client, uint32_t *waiter)
{
    uint32_t message =
        lab_message_make(model, caller, LAB_CONNECTION_REQUEST | LAB_CONTINUATION, from, NULL);

    if (message == LAB_NONE) {
        return LAB_NONE;
    }
    *client = lab_port_make(model, LAB_PORT_CLIENT, caller, connection);
    *waiter = *client == LAB_NONE ? LAB_NONE : lab_waiter_make(model, LAB_NONE, connection);
    if (*waiter == LAB_NONE) {
        if (*client != LAB_NONE) {
            drop_client(model, *client);
        }
        lab_message_free(model, message);
        return LAB_NONE;
    }
    model->messages[message].bytes->callback_id = 0; /* ClientViewSize here */
    model->messages[message].source = *client;
    model->messages[message].waiter = *waiter;
    model->os.port_changed(model->os.context, *client);
    return message;
}

static uint32_t
finish_connect(struct lab_model *model, uint32_t message, struct lab_receive *answer)
{
    bool is_refused = model->messages[message].is_refused;
    uint32_t status = LAB_OK;

    if (answer != NULL && answer->buffer != NULL) {
        status = lab_deliver(model, message, answer);
    }
    lab_message_free(model, message);
    return is_refused ? LAB_CONNECTION_REFUSED : status;
}

/* The client gave up: nobody may accept this request any more. */
static void
abandon(struct lab_model *model, uint32_t message, uint32_t client)
{
    if (model->messages[message].source != client) {
        return;
    }
    lab_queue_remove(model, message);
    model->messages[message].waiter = LAB_NONE;
    lab_message_free(model, message);
}

uint32_t
lab_connect(struct lab_model *model, const struct lab_caller *caller, struct lab_name name,
            const struct lab_header *message, struct lab_receive *answer, int64_t wait_100ns,
            uint32_t *port)
{
    uint32_t client = LAB_NONE;
    uint32_t waiter = LAB_NONE;
    uint32_t status = LAB_NAME_NOT_FOUND;
    uint32_t connection, sent, got;

    model->os.lock(model->os.context);
    connection = lab_port_find(model, name);
    if (connection != LAB_NONE) {
        sent = request(model, caller, connection, message, &client, &waiter);
        status = sent == LAB_NONE ? LAB_NO_MEMORY : LAB_OK;
    }
    if (status == LAB_OK) {
        model->ports[client].max_message = model->ports[connection].max_message;
        lab_queue_put(model, connection, sent);
        status = lab_waiter_wait(model, caller, waiter, wait_100ns, &got);
        if (status == LAB_OK) {
            status = finish_connect(model, got, answer);
        } else {
            abandon(model, sent, client);
        }
        if (status == LAB_OK) {
            *port = client;
        } else {
            lab_hang_up(model, client);
            drop_client(model, client);
        }
    }
    model->os.unlock(model->os.context);
    return status;
}

static uint32_t
make_server(struct lab_model *model, const struct lab_caller *caller, uint32_t message,
            uint64_t context)
{
    uint32_t client = model->messages[message].source;
    uint32_t connection = model->ports[client].connection;
    uint32_t server = lab_port_make(model, LAB_PORT_SERVER, caller, connection);

    if (server != LAB_NONE) {
        model->ports[server].peer = client;
        model->ports[server].context = context;
        model->ports[server].max_message = model->ports[connection].max_message;
        model->ports[client].peer = server;
        model->messages[message].server = server;
        model->os.port_changed(model->os.context, server);
        model->os.port_changed(model->os.context, client);
    }
    return server;
}

static void
answer_client(struct lab_model *model, uint32_t message)
{
    uint32_t waiter = model->messages[message].waiter;

    model->messages[message].waiter = LAB_NONE;
    model->messages[message].state = LAB_MESSAGE_REPLIED;
    lab_waiter_give(model, waiter, message, LAB_OK);
}

uint32_t
lab_accept(struct lab_model *model, const struct lab_caller *caller, uint64_t context,
           const struct lab_header *message, bool accepts, bool completes, uint32_t *port)
{
    uint32_t server = LAB_NONE;
    struct lab_header key = *message;
    uint32_t status, index;

    key.callback_id = 0; /* the field is ClientViewSize in a connection request */
    model->os.lock(model->os.context);
    index = lab_message_by_id(model, &key, &status);
    if (index != LAB_NONE &&
        (model->messages[index].state != LAB_MESSAGE_DELIVERED ||
         model->messages[index].waiter == LAB_NONE || model->messages[index].server != LAB_NONE ||
         (model->messages[index].bytes->type & 0xff) != LAB_CONNECTION_REQUEST)) {
        status = LAB_INVALID_MESSAGE;
    }
    if (status == LAB_OK &&
        !lab_message_replace(model, index, caller, LAB_CONNECTION_REPLY, message, NULL)) {
        status = LAB_NO_MEMORY;
    }
    if (status == LAB_OK && accepts) {
        server = make_server(model, caller, index, context);
        status = server == LAB_NONE ? LAB_NO_MEMORY : LAB_OK;
    }
    if (status == LAB_OK) {
        model->messages[index].is_refused = !accepts;
        if (!accepts || completes) {
            answer_client(model, index);
        }
        *port = server;
    }
    model->os.unlock(model->os.context);
    return status;
}

uint32_t
lab_complete(struct lab_model *model, uint32_t port)
{
    uint32_t status = LAB_INVALID_PARAMETER;

    model->os.lock(model->os.context);
    for (uint32_t i = 0; i < LAB_MESSAGES && status != LAB_OK; i++) {
        struct lab_message *message = &model->messages[i];

        if (message->state == LAB_MESSAGE_DELIVERED && message->server == port &&
            message->waiter != LAB_NONE) {
            answer_client(model, i);
            status = LAB_OK;
        }
    }
    model->os.unlock(model->os.context);
    return status;
}

/* Tells the server: first of each request it still has, then of the port. */
static void
tell_closed(struct lab_model *model, uint32_t index)
{
    struct lab_port *port = &model->ports[index];
    struct lab_caller who = {.pid = port->pid, .tid = port->tid};
    uint32_t message;

    for (uint32_t i = 0; i < LAB_MESSAGES; i++) {
        struct lab_message *open = &model->messages[i];

        if (open->state == LAB_MESSAGE_DELIVERED && open->source == index) {
            message = lab_message_make(model, &who, LAB_CANCELED, NULL, NULL);
            if (message != LAB_NONE) {
                model->messages[message].reply_context = model->ports[port->peer].context;
                lab_queue_put(model, port->connection, message);
            }
            lab_message_free(model, i);
        }
    }
    message = lab_message_make(model, &who, LAB_PORT_CLOSED, NULL, NULL);
    if (message != LAB_NONE) {
        model->messages[message].reply_context = model->ports[port->peer].context;
        lab_queue_put(model, port->connection, message);
    }
}

static void
end_waits(struct lab_model *model, uint32_t port)
{
    for (uint32_t i = 0; i < LAB_WAITERS; i++) {
        if (model->waiters[i].is_used && model->waiters[i].watches == port &&
            model->waiters[i].status == LAB_TIMEOUT) {
            lab_waiter_give(model, i, LAB_NONE, LAB_PORT_DISCONNECTED);
        }
    }
}

void
lab_hang_up(struct lab_model *model, uint32_t index)
{
    struct lab_port *port = &model->ports[index];

    if (port->is_hung_up) {
        return;
    }
    port->is_hung_up = true;
    end_waits(model, index);
    if (port->kind == LAB_PORT_CLIENT && port->peer != LAB_NONE &&
        !model->ports[port->peer].is_hung_up) {
        tell_closed(model, index);
    }
    if (port->kind == LAB_PORT_SERVER && port->peer != LAB_NONE) {
        end_waits(model, port->peer);
    }
    model->os.port_changed(model->os.context, index);
}

uint32_t
lab_disconnect(struct lab_model *model, uint32_t port)
{
    model->os.lock(model->os.context);
    lab_hang_up(model, port);
    model->os.unlock(model->os.context);
    return LAB_OK;
}

uint32_t
lab_close(struct lab_model *model, uint32_t port)
{
    uint32_t peer;

    model->os.lock(model->os.context);
    lab_hang_up(model, port);
    model->ports[port].is_open = false;
    peer = model->ports[port].peer;
    lab_port_reap(model, port);
    if (peer != LAB_NONE) {
        lab_port_reap(model, peer);
    }
    model->os.unlock(model->os.context);
    return LAB_OK;
}

void
lab_process_gone(struct lab_model *model, uint64_t pid)
{
    model->os.lock(model->os.context);
    for (uint32_t i = 0; i < LAB_PORTS; i++) {
        if (model->ports[i].kind != LAB_PORT_FREE && model->ports[i].pid == pid &&
            model->ports[i].is_open) {
            lab_hang_up(model, i);
            model->ports[i].is_open = false;
            lab_port_reap(model, i);
        }
    }
    model->os.unlock(model->os.context);
}
