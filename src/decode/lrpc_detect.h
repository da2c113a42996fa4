/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Is a payload LRPC? (lrpc 9.1.) Under \RPC Control\ it is; elsewhere its bytes must say so. What
 * was captured may be too short for that: then the answer is UNDECIDED, unless another message on
 * the same handle decides: a response with the CallId of a request seen there.
 *
 *     verdict = atr_lrpc_detect(&probe);
 *     atr_lrpc_evidence_update(&evidence_of_the_handle, &probe, verdict);
 *
 * Pure functions. The evidence belongs to the caller, one a port handle, zero at first and zeroed
 * again when the handle is closed. A request that was undecided when it passed can be asked about
 * once more after its response came.
 */
enum atr_lrpc_verdict {
    ATR_LRPC_NO,
    ATR_LRPC_UNDECIDED,
    ATR_LRPC_YES,
};

enum {
    ATR_LRPC_OUTSTANDING_MAX = 8 /* undecided requests remembered of one handle */
};

/* What earlier messages on a handle told. */
struct atr_lrpc_evidence {
    bool confirmed;   /* a message on this handle was LRPC beyond doubt */
    uint8_t next;     /* where the next call id goes */
    uint8_t received; /* bit n: request n came in, so its response goes out */
    uint32_t call_ids[ATR_LRPC_OUTSTANDING_MAX]; /* 0: free */
};

enum atr_lrpc_port {
    ATR_LRPC_PORT_UNKNOWN, /* no name is known */
    ATR_LRPC_PORT_RPC,     /* under \RPC Control\ */
    ATR_LRPC_PORT_OTHER,
};

struct atr_lrpc_probe {
    struct atr_bytes bytes;  /* captured */
    uint64_t original_bytes; /* of the payload; less than captured counts as not cut */
    enum atr_lrpc_port port;
    bool has_header;                          /* PORT_MESSAGE was captured */
    bool is_received;                         /* the kernel filled the buffer, its type included */
    uint16_t message_type;                    /* PORT_MESSAGE.Type */
    bool request_seen;                        /* this message answers one that was LRPC */
    const struct atr_lrpc_evidence *evidence; /* NULL: none */
};

enum atr_lrpc_verdict atr_lrpc_detect(const struct atr_lrpc_probe *probe);

/* verdict: what atr_lrpc_detect just said about probe. */
void atr_lrpc_evidence_update(struct atr_lrpc_evidence *evidence,
                              const struct atr_lrpc_probe *probe, enum atr_lrpc_verdict verdict);
