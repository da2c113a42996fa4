/* SPDX-License-Identifier: MIT */
#pragma once

#include "event/event.h"
#include "session/session.h"
#include "support/support.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Hand-made events, put through a session one by one: for the tests of what the session makes of
 * them and of what the printers make of that.
 *
 *   test_request_sent ---> test_request_received     the client's enter, the server's exit
 *   test_reply_received <--- test_reply_sent         the client's exit, the server's enter
 *
 * Every function gives the one event of the stage, valid until the next. Facts are appended to it
 * by test_offer and the like, which let the session learn them at once.
 */
struct test_stage {
    struct atr_session *session;
    struct atr_arena arena;
    struct atr_event event;
    uint64_t time_ns;   /* a millisecond later with every event */
    uint64_t number;    /* of the last event */
    uint32_t source_id; /* of the events to come */
    bool want_fields;
    bool tolerant;          /* failures are counted, they do not fail the test */
    enum atr_status status; /* the first failure */
};

/* A thread at one end of a connection. Zeros are taken as the record would say them. */
struct test_actor {
    uint32_t process_id;
    uint32_t pid;
    uint32_t tid;
    uint32_t handle;
    uint32_t port_id;
    uint64_t port_context; /* what the server's receives say in the CONTEXT attribute; 0: none */
};

/* A message on its way. */
struct test_message {
    uint64_t call_id;    /* joins the client's enter and exit */
    uint32_t message_id; /* what the kernel calls it; the client's send does not know it yet */
    uint64_t callback_id;
    uint16_t size_bytes;
};

/* heap may be NULL: the C library's. */
void test_stage_open(struct test_stage *stage, const struct atr_heap *heap);
void test_stage_close(struct test_stage *stage);

/* Resets the event, with the next number and time. Fill it, then apply. */
struct atr_event *test_stage_next(struct test_stage *stage, enum atr_record_kind kind);
const struct atr_event *test_stage_apply(struct test_stage *stage);
void test_stage_learn(struct test_stage *stage);

/* State records. */
void test_process(struct test_stage *stage, uint32_t process_id, uint32_t pid, const char *image,
                  enum atr_life life);
void test_string(struct test_stage *stage, uint32_t string_id, struct atr_str text);
void test_stack(struct test_stage *stage, uint32_t stack_id, uint32_t frame_count);
void test_handle(struct test_stage *stage, const struct test_actor *owner, enum atr_life life);

/* name: a string of that port's own, or NULL. */
void test_port(struct test_stage *stage, const struct atr_port_record *port, const char *name);

/* A send-wait-receive of the actor, message fields as given. */
struct atr_event *test_alpc(struct test_stage *stage, enum atr_record_kind kind,
                            const struct test_actor *actor, const struct test_message *message);

/* flags: ATR_ALPC_SYNC_REQUEST, 0, or ATR_ALPC_RELEASE_MESSAGE for a datagram. */
const struct atr_event *test_request_sent(struct test_stage *stage, const struct test_actor *client,
                                          const struct test_message *message, uint32_t flags);
const struct atr_event *test_request_received(struct test_stage *stage,
                                              const struct test_actor *server,
                                              const struct test_actor *client,
                                              const struct test_message *message);
const struct atr_event *test_reply_sent(struct test_stage *stage, const struct test_actor *server,
                                        const struct test_message *message);
const struct atr_event *test_reply_received(struct test_stage *stage,
                                            const struct test_actor *client,
                                            const struct test_message *message, uint32_t flags);

/* An exit without a message: the call failed, or a wait ended. */
const struct atr_event *test_failed(struct test_stage *stage, const struct test_actor *actor,
                                    const struct test_message *message, uint32_t flags,
                                    uint32_t status);

/* The kernel tells the server that the client's port went away. */
const struct atr_event *test_port_closed(struct test_stage *stage, const struct test_actor *server,
                                         const struct test_actor *client);
const struct atr_event *test_connect(struct test_stage *stage, const struct test_actor *client,
                                     uint64_t call_id, uint32_t status);

/* What decoding found in the event. interface: test_interface(n). */
struct atr_rpc_interface test_interface(uint8_t number);
void test_offer(struct test_stage *stage, uint8_t interface, uint32_t syntaxes, uint16_t ndr20_id,
                uint16_t ndr64_id);
void test_accept(struct test_stage *stage, uint8_t interface, uint32_t syntaxes, uint16_t ndr20_id,
                 uint16_t ndr64_id);
void test_refuse(struct test_stage *stage, uint32_t status);
void test_rpc(struct test_stage *stage, enum atr_fact_kind kind, const struct atr_rpc_fact *rpc);

/* A bind with its answer, seen by the client. */
void test_bind(struct test_stage *stage, const struct test_actor *client, uint64_t call_id,
               uint8_t interface, uint16_t binding_id);
