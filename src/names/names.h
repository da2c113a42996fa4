/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Names of interfaces, procedures, statuses and ports: constant tables compiled from data/ and
 * small ones written here. Nothing is allocated; texts live for ever. A name the tables do not
 * have is absent (data == NULL), never invented.
 */
enum atr_interface_kind {
    ATR_INTERFACE_RPC,
    ATR_INTERFACE_DCOM,
    ATR_INTERFACE_COM,
    ATR_INTERFACE_SYNTAX, /* a transfer syntax */
};

struct atr_interface_info {
    struct atr_guid uuid;
    enum atr_interface_kind kind;
    struct atr_str name;    /* absent: only the UUID is known */
    struct atr_str module;  /* "; "-separated, may be absent */
    struct atr_str service; /* protocol or service, may be absent */
    bool has_procedures;
};

/* False when the tables do not have uuid. */
bool atr_names_interface(const struct atr_guid *uuid, struct atr_interface_info *out);

enum {
    ATR_PROCEDURE_NAMES_MAX = 4
};

/*
 * The name of an opnum. names[0] is the one to show. `certain`: all sources for the traced build
 * agree on it (README-rpc.md caveat 5); otherwise it is one of several candidates and must be shown
 * as a guess. Folded names (caveat 2) are never certain.
 */
struct atr_procedure_names {
    struct atr_str names[ATR_PROCEDURE_NAMES_MAX];
    uint32_t count; /* 0: unknown */
    bool certain;
};

/* os_build 0: unknown. */
void atr_names_procedure(const struct atr_guid *uuid, uint32_t opnum, uint32_t os_build,
                         struct atr_procedure_names *out);

/*
 * Procedures called name on any interface, or whose name is that with one extra server-side "r"
 * (WluiDisplayStatus -> WluirDisplayStatus), at that opnum. Gives the table's spelling and its
 * interface; false when none or when several interfaces fit.
 */
bool atr_names_procedure_by_stub(struct atr_str stub, uint32_t opnum, struct atr_str *name,
                                 struct atr_guid *uuid);

/* "RPC_S_UNKNOWN_IF", "HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)" written to buffer, ... */
enum {
    ATR_STATUS_NAME_BYTES = 96
};
struct atr_str atr_names_rpc_status(uint32_t status, char buffer[ATR_STATUS_NAME_BYTES]);

/* "STATUS_PORT_CONNECTION_REFUSED", or absent. */
struct atr_str atr_names_ntstatus(uint32_t status);

/* What a connection port's name tells (other-protocols.md 1 and 9). */
struct atr_port_rule {
    const char *pattern; /* of the last component: '*' any run, '#' a hex digit, '+' hex digits */
    const char *decoder; /* kind of the payload decoder: "lrpc", "csr64"; NULL: hex */
    const char *what;    /* "COM endpoint of a process" */
    const char *owner;   /* typical process or service, NULL unknown */

    /* What a full path must have before the last component; "" the root, NULL anything. */
    const char *directory;
};

/* NULL when no rule matches. Accepts full paths and leaves. */
const struct atr_port_rule *atr_names_port(struct atr_str port_name);

/* All rules, for documents and tests. */
const struct atr_port_rule *atr_names_port_rules(size_t *count);

/* ALPC object type bit ("section"), tower protocol id ("ncalrpc"): NULL when unknown. */
const char *atr_names_object_type(uint32_t object_type);
const char *atr_names_tower_protocol(uint16_t tower_id);
