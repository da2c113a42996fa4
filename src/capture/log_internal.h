/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/log_state.h"

/*
 * Inside the log state.
 *
 *   log_state.c   pools, the queue, strings and stacks
 *   log_names.c   processes, ports and handles
 */
enum log_tag {
    LOG_TAG_PID = 1,
    LOG_TAG_IMAGE = 2,
    LOG_TAG_STRING = 3,
    LOG_TAG_PORT = 4,         /* owner and name */
    LOG_TAG_PORT_UNNAMED = 5, /* caller and handle */
    LOG_TAG_HANDLE = 6,
    LOG_TAG_STACK = 7,
    LOG_TAG_ADDRESS = 8, /* of the process object */
};

struct atr_key atr_log_key(enum log_tag tag, unsigned turn, uint64_t low);

/* Room, a copy, an entry in a pool; failures go to log->status. */
void *atr_log_make(struct atr_log_state *log, struct atr_log_pool *pool, size_t size_bytes);
struct atr_str atr_log_copy(struct atr_log_state *log, struct atr_log_pool *pool,
                            struct atr_str text);
void atr_log_put(struct atr_log_state *log, struct atr_log_pool *pool, struct atr_key key,
                 void *entry);

/* Id of a text, defined in this pool's lifetime. */
uint32_t atr_log_intern(struct atr_log_state *log, struct atr_log_pool *pool, struct atr_str text);

/* Adds a record of the pool to the queue. */
void atr_log_wait(struct atr_log_state *log, enum atr_record_kind kind, const void *record);
