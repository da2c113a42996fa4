/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/str.h"
#include "event/facts.h"
#include "event/fields.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A call: a request with its reply, seen from the client, the server, or both. Plain data, owned
 * and filled by the session; everybody else reads it through event->call while the event lasts.
 */

/* How the reply, or the other side, was found: in order of certainty (alpc.md 3). */
enum atr_pairing {
    ATR_PAIRING_NONE,
    ATR_PAIRING_ORDER,       /* only the order of a text log says so */
    ATR_PAIRING_RPC_CALL_ID, /* LRPC CallId on one connection */
    ATR_PAIRING_THREAD,      /* the sending thread had just this request outstanding */
    ATR_PAIRING_MESSAGE_ID,  /* MessageId and CallbackId */
    ATR_PAIRING_SYSCALL,     /* one system call sent the request and returned the reply */
};

const char *atr_pairing_text(enum atr_pairing pairing);

enum atr_call_kind {
    ATR_CALL_MESSAGE,  /* a request of any protocol */
    ATR_CALL_RPC,      /* an LRPC request */
    ATR_CALL_BIND,     /* an LRPC bind */
    ATR_CALL_DATAGRAM, /* no reply is expected */
    ATR_CALL_CONNECT,
};

struct atr_call_side {
    bool seen;
    uint32_t process_id;
    uint32_t pid; /* ATR_UNKNOWN_U32: unknown; so tid and handle */
    uint32_t tid;
    uint32_t handle;
    uint32_t port_id;
    uint32_t stack_id; /* of the call that sent (client) or answered (server) */
    uint64_t begin_ns; /* request sent, or received */
    uint64_t end_ns;   /* reply received, or sent; 0 not yet */
};

struct atr_call {
    uint64_t id;        /* 1, 2, 3 ... in order of begin; never reused */
    uint64_t parent_id; /* the call its thread was serving; 0: a root */
    uint32_t depth;     /* 0: a root */
    uint32_t source_id;
    enum atr_call_kind kind;
    struct atr_call_side client;
    struct atr_call_side server;
    uint64_t callback_id;
    uint32_t message_id; /* 0: not known yet */
    enum atr_pairing reply_pairing;
    enum atr_pairing side_pairing; /* client with server */
    bool is_sync;
    bool reply_seen;
    bool ended; /* nothing more will come */
    bool has_status;
    uint32_t status; /* NTSTATUS of the service call that ended it */

    /* What decoding told (facts). */
    struct atr_rpc_fact rpc;
    struct atr_bind_fact bind;
    bool has_interface;
    bool bind_refused;
    bool has_fault;
    uint32_t fault_status;
    struct atr_rpc_interface interface;
    enum atr_grade interface_grade;
    enum atr_syntax syntax;
    enum atr_grade syntax_grade;
};
