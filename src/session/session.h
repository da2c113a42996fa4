/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "event/call.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What is known so far in trace time: processes, threads, ports, handles, connections, bindings,
 * outstanding calls, stacks. Built from records (apply) and from what decoders told (learn); it
 * never looks at payload bytes. Every table is bounded and forgets its oldest entry; pids, handles
 * and message ids may be reused at any time.
 *
 *   apply(event): role, call     introduce(event): client, server, port_name     learn(event)
 *
 * One thread. What find functions return is valid until the next apply or learn.
 */
struct atr_session;

ATR_NODISCARD enum atr_status atr_session_create(struct atr_session **out,
                                                 const struct atr_heap *heap);
void atr_session_destroy(struct atr_session *session); /* NULL is fine */

/* Record fields only. NOMEM is the one failure. */
ATR_NODISCARD enum atr_status atr_session_apply(struct atr_session *session,
                                                struct atr_event *event);

/* Who the event is between, by name. Between apply and learn, for those who want to know. */
void atr_session_introduce(const struct atr_session *session, struct atr_event *event);

/* The event's facts; may change its role and call (text logs carry no header). */
ATR_NODISCARD enum atr_status atr_session_learn(struct atr_session *session,
                                                struct atr_event *event);

struct atr_session_process {
    uint32_t process_id;
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;
    uint32_t flags;
    bool ended;
    struct atr_str image; /* as the source gave it */
    struct atr_str leaf;  /* its last component */
    struct atr_str command_line;
};

struct atr_session_port {
    uint32_t port_id;
    uint8_t kind; /* enum atr_port_kind */
    bool closed;
    uint32_t owner_process_id;
    uint32_t connection_port_id;
    uint32_t peer_port_id;
    uint64_t calls;      /* of a connection port: begun on it so far */
    struct atr_str name; /* its own; connection ports have one */
};

/* process_id wins over pid; either may be unknown. NULL when nothing is known. */
const struct atr_session_process *atr_session_find_process(const struct atr_session *session,
                                                           uint32_t source_id, uint32_t process_id,
                                                           uint32_t pid);
const struct atr_session_port *atr_session_find_port(const struct atr_session *session,
                                                     uint32_t source_id, uint32_t port_id);

/* The connection port of any port; NULL unknown. */
const struct atr_session_port *
atr_session_find_connection_port(const struct atr_session *session, uint32_t source_id,
                                 const struct atr_session_port *port);

struct atr_str atr_session_find_string(const struct atr_session *session, uint32_t source_id,
                                       uint32_t string_id);
const struct atr_frame *atr_session_find_stack(const struct atr_session *session,
                                               uint32_t source_id, uint32_t stack_id,
                                               uint32_t *frame_count);
const struct atr_module_record *atr_session_find_module(const struct atr_session *session,
                                                        uint32_t source_id, uint32_t module_id);

/*
 * Walks ports in the order they appeared (of a trace with nearly ATR_PORTS_MAX of them: were last
 * in use). Start with *at = NULL; NULL at the end.
 */
const struct atr_session_port *atr_session_next_port(const struct atr_session *session, void **at,
                                                     uint32_t *source_id);

/* What a binding id means on the event's connection (lrpc.md 2.1). False: never seen bound. */
struct atr_binding {
    struct atr_rpc_interface interface;
    enum atr_syntax syntax;
    enum atr_grade grade; /* BOUND: the answer was seen; INFERRED: only the offer */
};

bool atr_session_find_binding(const struct atr_session *session, const struct atr_event *event,
                              uint32_t binding_id, struct atr_binding *out);

/* Interface of an object seen in a marshaled interface pointer. False: unknown. */
bool atr_session_find_ipid(const struct atr_session *session, uint32_t source_id,
                           const struct atr_guid *ipid, struct atr_guid *iid);

/* From the manifest of the event's source; 0 unknown. */
uint32_t atr_session_os_build(const struct atr_session *session, uint32_t source_id);
