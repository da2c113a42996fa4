/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What decoders tell the session: the only way knowledge from payloads enters it. A decoder
 * appends facts to the event; the session applies them after decoding (lrpc.md 2.1, orpc.md 6).
 */
enum atr_fact_kind {
    ATR_FACT_BIND_OFFERED,
    ATR_FACT_BIND_ACCEPTED,
    ATR_FACT_BIND_REFUSED,
    ATR_FACT_RPC_REQUEST,
    ATR_FACT_RPC_RESPONSE,
    ATR_FACT_RPC_FAULT,
    ATR_FACT_INTERFACE_POINTER, /* an OBJREF or STDOBJREF passed by */
};

enum atr_syntax {
    ATR_SYNTAX_UNKNOWN,
    ATR_SYNTAX_NDR20,
    ATR_SYNTAX_NDR64,
    ATR_SYNTAX_TEST,
};

enum {
    ATR_SYNTAX_KINDS = 3
};

const char *atr_syntax_text(enum atr_syntax syntax); /* "ndr20", "ndr64", "test", "unknown" */

struct atr_rpc_interface {
    struct atr_guid uuid;
    uint16_t version_major;
    uint16_t version_minor;
};

struct atr_bind_fact {
    struct atr_rpc_interface interface;
    uint32_t status;                        /* of an answer */
    uint32_t syntax_set;                    /* bit n: enum atr_syntax n + 1 */
    uint16_t binding_ids[ATR_SYNTAX_KINDS]; /* NDR20, NDR64, test */
};

struct atr_rpc_fact {
    uint32_t call_id; /* 0 in a fault: it has none */
    uint32_t binding_id;
    uint32_t opnum;
    uint32_t flags;
    uint32_t status; /* fault */
    bool has_object;
    bool is_orpc;
    struct atr_guid object;
};

struct atr_pointer_fact {
    struct atr_guid iid;
    struct atr_guid ipid;
    uint64_t oxid;
    uint64_t oid;
};

struct atr_fact {
    struct atr_fact *next;
    enum atr_fact_kind kind;

    union {
        struct atr_bind_fact bind;
        struct atr_rpc_fact rpc;
        struct atr_pointer_fact pointer;
    } as;
};
