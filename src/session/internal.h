/* SPDX-License-Identifier: MIT */
#pragma once

#include "session/session.h"
#include "session/table.h"

/*
 * Inside the session. Every key carries the source id in its high half, because merged traces hold
 * several captures whose ids mean different things.
 *
 *   state.c        processes, ports, strings ... from state records
 *   texts.c        what the session holds of texts and stacks
 *   role.c         what a message is, from flags, ids and type
 *   connections.c  connections and their ends
 *   bindings.c     what binding ids mean on a connection
 *   calls.c        the calls and what finds them
 *   exchange.c     requests and replies, both sides, nesting
 *   threads.c      what each thread waits for, serves and has sent
 *   handshake.c    connects and accepts
 *   learn.c        what decoders told
 *   parties.c      who is who, by name: atr_session_introduce
 */

struct process_entry {
    struct atr_table_entry entry;
    struct atr_session_process view;
};

/* pid -> the process that has it now. */
struct pid_entry {
    struct atr_table_entry entry;
    uint32_t process_id;
};

struct port_entry {
    struct atr_table_entry entry;
    struct atr_session_port view;
};

struct handle_entry {
    struct atr_table_entry entry;
    uint32_t port_id;
};

struct module_entry {
    struct atr_table_entry entry;
    struct atr_module_record view; /* texts owned */
};

struct string_entry {
    struct atr_table_entry entry;
    struct atr_str text; /* owned */
};

struct stack_entry {
    struct atr_table_entry entry;
    struct atr_frame *frames; /* owned */
    uint32_t frame_count;
};

struct ipid_entry {
    struct atr_table_entry entry;
    struct atr_guid iid;
};

struct source_entry {
    struct atr_table_entry entry;
    uint32_t os_build;
};

struct bound {
    uint16_t binding_id;
    struct atr_binding binding;
    struct atr_binding before; /* what it meant before an offer that has no answer yet */
};

/* What a connection is found by; each kind has a table of its own. */
enum end_kind {
    END_NONE,
    END_CLIENT_PORT,    /* the client's communication port */
    END_CLIENT_HANDLE,  /* else its process and handle */
    END_SERVER_CONTEXT, /* connection port and PortContext */
    END_SERVER_CLIENT,  /* else connection port and client pid: a client may have several */
    END_KINDS,
};

struct end {
    enum end_kind kind;
    struct atr_key key;
};

/* A client and a server port talking. Found by its client end, its server end, or both. */
struct connection {
    struct atr_table_entry entry; /* keyed by id */
    struct end client;
    struct end server;
    struct bound *bound; /* owned */
    uint32_t bound_count;
    uint32_t bound_room;
};

struct end_entry {
    struct atr_table_entry entry;
    uint64_t connection_id;
};

/* Who a side is by name, as long as neither the side nor a process or pid has changed. */
struct party_memo {
    uint64_t people;     /* of the session, when it was looked up; 0: not yet */
    uint32_t process_id; /* of the side */
    uint32_t pid;
    struct atr_party party;
};

struct call_entry {
    struct atr_table_entry entry; /* keyed by call id */
    struct atr_call call;
    struct party_memo client;
    struct party_memo server;
    uint64_t connection_id;
    struct call_ref *entered; /* what finds it: in enters; NULL: nothing does */
    struct call_ref *message; /* in messages */
    struct call_ref *rpc;     /* in rpc_calls */
    uint16_t request_bytes;   /* DataLength, to tell a thread's sends apart */
};

/*
 * Joins an exit to its enter, a message to its call, an LRPC CallId to its call. The two know each
 * other, so that neither is left with a pointer to the other.
 */
struct call_ref {
    struct atr_table_entry entry;
    struct call_entry *call; /* NULL: more than one go by this key */
    struct call_ref **own;   /* in that call */
};

struct thread_entry {
    struct atr_table_entry entry;
    uint32_t process_id;           /* whose thread it is; 0 unknown */
    uint32_t pid_process_id;       /* of the process that had its pid */
    uint64_t pid_people;           /* when that was looked up; 0: never */
    uint64_t waiting_call;         /* its outstanding synchronous request, or 0 */
    uint64_t serving_call;         /* the request it received last and has not answered, or 0 */
    uint64_t sends[ATR_SENDS_MAX]; /* its requests and datagrams nobody was seen to receive */
    uint32_t send_next;
};

struct atr_session {
    struct atr_heap heap;  /* the caller's, watched: see out_of_memory */
    struct atr_heap outer; /* the caller's */
    bool out_of_memory;    /* a request of this apply or learn was refused */
    struct atr_table sources;
    struct atr_table processes;
    struct atr_table pids;
    struct atr_table ports;
    struct atr_table handles;
    struct atr_table modules;
    struct atr_table strings;
    struct atr_table stacks;
    struct atr_table ipids;
    struct atr_table connections;
    struct atr_table ends[END_KINDS];
    struct atr_table calls;
    struct atr_table enters;
    struct atr_table messages;
    struct atr_table rpc_calls;
    struct atr_table threads;
    size_t held_bytes; /* texts and frames, see ATR_SESSION_HELD_BYTES */
    uint64_t next_call_id;
    uint64_t next_connection_id;
    struct call_entry *retired_call; /* ended with the last event; removed before the next */
    uint64_t people;                 /* counts the changes of processes and pids, from 1 */

    /* What the event in hand is about, looked up once. */
    const struct source_entry *source;  /* NULL: unknown */
    struct port_entry *port;            /* NULL: unknown */
    struct port_entry *connection_port; /* of that port, which may be one itself */
    struct call_entry *call;            /* of event->call */
    uint64_t connection_id;             /* 0: none */
    struct connection *near;            /* found last, NULL: none */
};

static inline struct atr_key
session_key(uint32_t source_id, uint64_t high, uint64_t low)
{
    return (struct atr_key){(uint64_t)source_id << 32 ^ high, low};
}

/* texts.c: texts and stacks held, within their budget */
/* Forgets the oldest stacks and strings until size_bytes more may be held. */
bool session_make_room(struct atr_session *session, size_t size_bytes);
struct atr_str session_text_copy(struct atr_session *session, struct atr_str text);
void session_text_free(struct atr_session *session, struct atr_str *text);
/* An empty text says nothing: the old one stays. */
void session_text_replace(struct atr_session *session, struct atr_str *text, struct atr_str with);

/* state.c */
void session_state_init(struct atr_session *session);
void session_state_fini(struct atr_session *session);
void session_state_apply(struct atr_session *session, const struct atr_event *event);
void session_state_look_up(struct atr_session *session, const struct atr_event *event);

/* role.c */
enum atr_role session_role(const struct atr_event *event);
bool session_role_is_client(enum atr_role role);
bool session_role_is_received(enum atr_role role);

/* connections.c */
void session_connections_init(struct atr_session *session);
void session_connections_fini(struct atr_session *session);
/* The event's connection, made when new; 0 when it has none or memory is out. */
uint64_t session_connection_of(struct atr_session *session, const struct atr_event *event);
/* One call was seen from both ends: they are one connection. Gives the id that stays. */
uint64_t session_connections_join(struct atr_session *session, uint64_t client_id,
                                  uint64_t server_id);
/*
 * Is the event's process the client of this exchange? Where the role does not tell, the port does;
 * text logs have no roles before decoding: the owner of the connection port is the server.
 */
bool session_is_client_end(const struct atr_session *session, const struct atr_event *event);
void session_connection_drop(struct atr_session *session, uint64_t connection_id);
void session_connection_close(struct atr_session *session, struct end end);
struct connection *session_connection_find(const struct atr_session *session,
                                           uint64_t connection_id);
/* The client's end by its handle, where the port is unknown. process_id wins over pid. */
struct end session_client_end(const struct atr_session *session, uint32_t source_id,
                              uint32_t process_id, uint32_t pid, uint32_t handle);
struct end session_client_port_end(uint32_t source_id, uint32_t port_id);
/* The server's end by its cookie for the connection. */
struct end session_context_end(const struct atr_session *session, const struct atr_event *event,
                               uint64_t port_context);

/* bindings.c: what binding ids mean */
void session_bindings_offer(struct atr_session *session, uint64_t connection_id,
                            const struct atr_bind_fact *bind);
void session_bindings_accept(struct atr_session *session, uint64_t connection_id,
                             const struct atr_bind_fact *bind, enum atr_grade grade);
void session_bindings_withdraw(struct atr_session *session, uint64_t connection_id,
                               const struct atr_bind_fact *offer);
void session_bindings_merge(struct atr_session *session, struct connection *into,
                            const struct connection *from);
bool session_bound(const struct atr_session *session, uint64_t connection_id, uint32_t binding_id,
                   struct atr_binding *out);

/* calls.c: the calls themselves and what finds them */
void session_calls_init(struct atr_session *session);
void session_calls_fini(struct atr_session *session);
struct call_entry *session_call_find(const struct atr_session *session, uint64_t call_id);
struct call_entry *session_call_by(const struct atr_table *refs, struct atr_key key);
/* The event belongs to that call, or to none. */
void session_call_give(struct atr_session *session, struct atr_event *event,
                       struct call_entry *call);
/* A call that begins with this event, seen from the client or from the server. */
struct call_entry *session_call_begin(struct atr_session *session, const struct atr_event *event,
                                      enum atr_call_kind kind, bool from_client);
/* Makes key find call; own is the member of call that knows the ref. */
void session_call_index(struct atr_table *refs, struct atr_key key, struct call_ref **own,
                        struct call_entry *call);
/* The ref finds no call any more. */
void session_ref_clear(struct call_ref *ref);
/* Nothing more will come: event->call stays readable until the next event. */
void session_call_end(struct atr_session *session, struct call_entry *call);
void session_side_fill(struct atr_call_side *side, const struct atr_event *event);

/* exchange.c: roles to calls */
void session_exchange_apply(struct atr_session *session, struct atr_event *event);
void session_request_sent(struct atr_session *session, struct atr_event *event,
                          enum atr_call_kind kind);
void session_reply_received(struct atr_session *session, struct atr_event *event,
                            struct call_entry *call, enum atr_pairing pairing);
void session_reply_sent(struct atr_session *session, struct atr_event *event,
                        struct call_entry *call, enum atr_pairing pairing);
/* The call of this very system service; of the message with these ids. */
struct call_entry *session_call_entered(const struct atr_session *session,
                                        const struct atr_event *event);
struct call_entry *session_call_by_ids(const struct atr_session *session,
                                       const struct atr_event *event);
bool session_has_ids_of(const struct call_entry *call, const struct atr_event *event);
void session_adopt_ids(struct atr_session *session, struct call_entry *call,
                       const struct atr_event *event);

/* threads.c: what each thread waits for, serves and has sent */
/* The event's own thread, NULL when its ids are unknown; the one its ClientId names, if known. */
struct thread_entry *session_own_thread(struct atr_session *session, const struct atr_event *event);
struct thread_entry *session_sender(struct atr_session *session, const struct atr_event *event);
/* The oldest of its sends is forgotten for it. */
void session_remember_send(struct atr_session *session, struct thread_entry *thread,
                           uint64_t call_id);
/* Of the process that has the pid now; 0 unknown. */
uint32_t session_process_of_pid(const struct atr_session *session, uint32_t source_id,
                                uint32_t pid);

/* handshake.c: connects and accepts */
void session_connect_received(struct atr_session *session, struct atr_event *event);
void session_connect_answer_sent(struct atr_session *session, struct atr_event *event);
void session_connect_answered(struct atr_session *session, struct atr_event *event);

/* learn.c: atr_session_learn and look-ups of what it learnt */
