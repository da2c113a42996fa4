/* SPDX-License-Identifier: MIT */
#pragma once

#include "model.h"

/* Between the model's files; the lock is held in all of them. */

uint32_t lab_port_make(struct lab_model *model, enum lab_port_kind kind,
                       const struct lab_caller *caller, uint32_t connection);
void lab_port_reap(struct lab_model *model, uint32_t port);
uint32_t lab_port_find(const struct lab_model *model, struct lab_name name);

/* Takes over `parts`; LAB_NONE when memory or slots are out, and then `parts` are released. */
uint32_t lab_message_make(struct lab_model *model, const struct lab_caller *caller, uint16_t type,
                          const struct lab_header *from, struct lab_parts *parts);
/* The answer takes the place of the request's bytes. */
bool lab_message_replace(struct lab_model *model, uint32_t message, const struct lab_caller *caller,
                         uint16_t type, const struct lab_header *from, struct lab_parts *parts);
void lab_message_free(struct lab_model *model, uint32_t message);
uint32_t lab_message_by_id(const struct lab_model *model, const struct lab_header *header,
                           uint32_t *status);

void lab_queue_put(struct lab_model *model, uint32_t port, uint32_t message);
void lab_queue_put_first(struct lab_model *model, uint32_t port, uint32_t message);
uint32_t lab_queue_take(struct lab_model *model, uint32_t port);
void lab_queue_remove(struct lab_model *model, uint32_t message);

uint32_t lab_waiter_make(struct lab_model *model, uint32_t port, uint32_t watches);
void lab_waiter_give(struct lab_model *model, uint32_t waiter, uint32_t message, uint32_t status);
/* Frees the waiter. */
uint32_t lab_waiter_wait(struct lab_model *model, const struct lab_caller *caller, uint32_t waiter,
                         int64_t wait_100ns, uint32_t *message);

void lab_hang_up(struct lab_model *model, uint32_t port);
uint32_t lab_deliver(struct lab_model *model, uint32_t message, struct lab_receive *receive);
