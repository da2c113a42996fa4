/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

static void
forget_waiter(struct lab_model *model, uint32_t waiter)
{
    uint32_t port = model->waiters[waiter].port;
    uint32_t *link;

    if (port == LAB_NONE) {
        return;
    }
    for (link = &model->ports[port].first_waiter; *link != LAB_NONE;
         link = &model->waiters[*link].next) {
        if (*link == waiter) {
            *link = model->waiters[waiter].next;
            break;
        }
    }
    model->waiters[waiter].port = LAB_NONE;
}

void
lab_queue_put(struct lab_model *model, uint32_t index, uint32_t message)
{
    struct lab_port *port = &model->ports[index];

    if (port->first_waiter != LAB_NONE) { /* a thread waits: it gets the message itself */
        lab_waiter_give(model, port->first_waiter, message, LAB_OK);
        return;
    }
    model->messages[message].queue = index;
    model->messages[message].next = LAB_NONE;
    if (port->first_message == LAB_NONE) {
        port->first_message = message;
    } else {
        model->messages[port->last_message].next = message;
    }
    port->last_message = message;
}

void
lab_queue_put_first(struct lab_model *model, uint32_t index, uint32_t message)
{
    struct lab_port *port = &model->ports[index];

    model->messages[message].queue = index;
    model->messages[message].next = port->first_message;
    if (port->first_message == LAB_NONE) {
        port->last_message = message;
    }
    port->first_message = message;
}

uint32_t
lab_queue_take(struct lab_model *model, uint32_t index)
{
    struct lab_port *port = &model->ports[index];
    uint32_t message = port->first_message;

    if (message != LAB_NONE) {
        port->first_message = model->messages[message].next;
        model->messages[message].queue = LAB_NONE;
    }
    return message;
}

void
lab_queue_remove(struct lab_model *model, uint32_t message)
{
    uint32_t index = model->messages[message].queue;
    struct lab_port *port;
    uint32_t before = LAB_NONE;

    if (index == LAB_NONE) {
        return;
    }
    port = &model->ports[index];
    for (uint32_t at = port->first_message; at != LAB_NONE; at = model->messages[at].next) {
        if (at == message) {
            if (before == LAB_NONE) {
                port->first_message = model->messages[at].next;
            } else {
                model->messages[before].next = model->messages[at].next;
            }
            if (port->last_message == message) {
                port->last_message = before;
            }
            break;
        }
        before = at;
    }
    model->messages[message].queue = LAB_NONE;
}

uint32_t
lab_waiter_make(struct lab_model *model, uint32_t port, uint32_t watches)
{
    for (uint32_t i = 0; i < LAB_WAITERS; i++) {
        struct lab_waiter *waiter = &model->waiters[i];

        if (!waiter->is_used) {
            uint32_t *link;

            waiter->is_used = true;
            waiter->next = LAB_NONE;
            waiter->port = port;
            waiter->watches = watches;
            waiter->got = LAB_NONE;
            waiter->status = LAB_TIMEOUT;
            waiter->signal = 0;
            if (port != LAB_NONE) {
                for (link = &model->ports[port].first_waiter; *link != LAB_NONE;
                     link = &model->waiters[*link].next) {
                }
                *link = i;
            }
            return i;
        }
    }
    return LAB_NONE;
}

void
lab_waiter_give(struct lab_model *model, uint32_t index, uint32_t message, uint32_t status)
{
    forget_waiter(model, index);
    model->waiters[index].got = message;
    model->waiters[index].status = status;
    model->waiters[index].watches = LAB_NONE;
    model->os.wake(model->os.context, index);
}

uint32_t
lab_waiter_wait(struct lab_model *model, const struct lab_caller *caller, uint32_t index,
                int64_t wait_100ns, uint32_t *message)
{
    struct lab_waiter *waiter = &model->waiters[index];
    bool is_out = false;
    uint32_t status;

    while (waiter->status == LAB_TIMEOUT && !is_out) {
        if (caller->cancel != NULL && *caller->cancel != 0) {
            waiter->status = LAB_CANCELLED;
            break;
        }
        model->os.unlock(model->os.context);
        is_out = model->os.wait(model->os.context, index, wait_100ns);
        model->os.lock(model->os.context);
    }
    forget_waiter(model, index);
    status = waiter->status;
    *message = waiter->got;
    waiter->is_used = false;
    return status;
}

void
lab_wake_all(struct lab_model *model)
{
    model->os.lock(model->os.context);
    for (uint32_t i = 0; i < LAB_WAITERS; i++) {
        if (model->waiters[i].is_used) {
            model->os.wake(model->os.context, i);
        }
    }
    model->os.unlock(model->os.context);
}
