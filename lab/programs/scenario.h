/* SPDX-License-Identifier: MIT */
#pragma once

#include "port.h"
#include "scenario/message.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Scripted conversations between real processes. Both ends read the same script: the client says a
 * turn's request and knows what must come back, the server finds the turn by the request's bytes
 * and says its reply. The client then writes what happened as an expectation line.
 *
 *   scenario run NAME ──starts──> one process a role: servers first, then those who begin turns
 */
enum {
    SCENARIO_ROLES_MAX = 4,
    SCENARIO_TURNS_MAX = 16,
    SCENARIO_DIED = 137, /* exit code of a role that dies on purpose */
    ANY_RPC_STATUS = -1,
};

enum turn_kind {
    TURN_CALL,
    TURN_ASYNC,
    TURN_DATAGRAM,
    TURN_CALL32,    /* a synchronous call with a 32-bit header */
    TURN_NO_PORT,   /* a connect, to a name nobody has */
    TURN_REFUSED,   /* a connect that the server refuses */
    TURN_ABANDONED, /* the client does not wait for the reply */
    TURN_CLIENT_DIES,
    TURN_SERVER_DIES,
};

enum turn_flag {
    TURN_REQUEST_VIEW = 1,
    TURN_REPLY_VIEW = 2,
    TURN_HANDLE = 4,
    TURN_HANDLES = 8, /* three, in an array */
    TURN_BESIDE = 16, /* by another thread, while the turn before is outstanding */
};

/* All that is said in one turn. */
struct speech {
    struct message request;
    struct message reply;
    struct message request_view;
    struct message reply_view;
    bool has_reply;
    uint32_t client_pid;
    uint32_t client_tid;
};

struct turn;
typedef void turn_fn(struct speech *speech, const struct turn *turn);

struct binding {
    const char *uuid;
    uint16_t major;
    uint16_t id;       /* of the accepted syntax; the other is 100 higher */
    uint32_t accepted; /* SYNTAX_NDR20, SYNTAX_NDR64 */
};

struct turn {
    const char *name; /* the method, where there is one */
    const char *interface_name;
    turn_fn *say;
    const struct binding *binding;
    uint8_t kind;   /* enum turn_kind */
    uint8_t client; /* index of the role */
    uint8_t server;
    uint8_t flags;      /* enum turn_flag */
    uint8_t inside;     /* the turn (from 1) during which the server begins this one; 0: none */
    uint8_t after;      /* the server replies once it has this turn (from 1), too */
    uint8_t pair;       /* of the bridge's file, from 0 */
    bool is_method;     /* name is what the tool should find */
    int32_t rpc_status; /* of the answer */
};

struct role {
    const char *name;
    const char *port;  /* NULL: it only asks */
    const char *hello; /* data of connection requests to it, and of its answers */
    const char *welcome;
    bool is_absent; /* nobody plays it: its port is not there */
};

struct scenario {
    const char *name;
    const char *needs; /* a file; without it "all" leaves this one out */
    struct role roles[SCENARIO_ROLES_MAX];
    const struct turn *turns;
    size_t turn_count;
};

const struct scenario *scenario_find(const char *name);
/* NULL behind the last. */
const struct scenario *scenario_at(size_t index);

/* One process of a scenario. */
struct party {
    const struct scenario *scenario;
    uint8_t role;
    const char *expect;
    HANDLE stop;
    HANDLE port;
    HANDLE got[SCENARIO_TURNS_MAX]; /* set when the server has that turn's request */
    CRITICAL_SECTION lock;
    HANDLE links[SCENARIO_ROLES_MAX]; /* connections to others */
    uint32_t server_pids[SCENARIO_ROLES_MAX];
    volatile LONG failures;
};

void party_fail(struct party *party, const struct turn *turn, const char *what, NTSTATUS status);

/* Says one turn, and those beside it; checks and writes what came back. */
void party_say(struct party *party, const struct turn *turn);

/* Answers until stopped. */
DWORD WINAPI party_serve(void *party);

/* A view of a new section that holds these bytes. */
NTSTATUS party_make_view(HANDLE port, const struct message *content, ALPC_DATA_VIEW_ATTR *view);
