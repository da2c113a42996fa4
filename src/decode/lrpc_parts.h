/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/cursor.h"
#include "base/status.h"
#include "decode/decode.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/* What the files behind atr_lrpc_decode share; nobody else includes it. */
enum atr_lrpc_type {
    ATR_LRPC_REQUEST = 0,
    ATR_LRPC_BIND = 1,
    ATR_LRPC_FAULT = 2,
    ATR_LRPC_RESPONSE = 3,
    ATR_LRPC_CANCEL = 4,
};

/* One message on its way through; the cursor stands behind what was read. */
struct atr_lrpc_message {
    struct atr_cursor *cur;
    const struct atr_decode_context *context;
    struct atr_event *event;
    uint64_t original_bytes; /* of the payload before any cut */
};

/* Reads a u32 and, when it was there, writes it. */
uint32_t atr_lrpc_u32(struct atr_lrpc_message *message, enum atr_field field);

/* Writes the status and its name, which also becomes the meaning's. */
void atr_lrpc_status_write(struct atr_lrpc_message *message, uint32_t status);

/* Name of a status that stays valid with the event; absent when it has none. */
struct atr_str atr_lrpc_status_name(struct atr_event *event, uint32_t status);

/* Behind the common header. */
enum atr_status atr_lrpc_bind_decode(struct atr_lrpc_message *message);

/* The blob behind a fault's header (lrpc 5): writes `records`, and a problem if it is broken. */
enum atr_status atr_lrpc_error_info_decode(struct atr_lrpc_message *message);

/*
 * The arguments of a request or response: finds the bytes, which lie behind the header or in the
 * view, and hands them to ORPC and NDR. rpc is the message's own fact; its is_orpc is set.
 */
enum atr_status atr_lrpc_ndr_decode(struct atr_lrpc_message *message, struct atr_rpc_fact *rpc,
                                    bool in_view, enum atr_direction direction);
