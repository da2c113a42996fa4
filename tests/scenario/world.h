/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "event/event.h"
#include "scenario/message.h"
#include "store/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A small machine whose conversations are written as a trace: for the samples, the tests and the
 * benchmarks. Every script is deterministic, its times too. Failures end the program: this is a
 * tool of ours.
 *
 *   world_send ----> world_receive     one message, two records: the client's enter, the
 *   world_return <-- world_reply       server's exit; then the server's enter, the client's exit
 *
 * A server thread wakes up to receive and returns from its reply: the records of that stand
 * between.
 */
struct world {
    struct atr_file *file;
    struct atr_writer *writer;
    uint64_t time_ns;
    uint64_t next_call_id;
    uint32_t source_id;
    uint32_t sequence;
    uint32_t random;
    uint32_t next_process_id;
    uint32_t next_module_id;
    uint32_t next_port_id;
    uint32_t next_string_id;
    uint32_t next_stack_id;
    uint32_t next_message_id;
    uint32_t next_context_sequence;
    uint64_t next_callback_id;
    uint32_t only_pid;    /* the recorder left the calls of other processes out; 0: none */
    uint32_t extra_flags; /* on every event */
    uint64_t lost_before; /* the next record */
};

struct world_options {
    uint32_t os_build;
    int32_t utc_bias_minutes; /* INT32_MIN unknown */
    uint32_t source_id;
    uint64_t later_s; /* than the world's usual start */
};

struct actor {
    uint32_t process_id;
    uint32_t pid;
    uint32_t tid;
    uint32_t stack_id; /* of its next messages; 0 none */
    bool is_wow64;
};

/* A client's connection to a named port. */
struct link {
    uint32_t connection_port_id;
    uint32_t client_port_id;
    uint32_t client_handle;
    uint32_t server_handle;
    uint64_t port_context;
};

/* What stands around a message's bytes. */
struct wrap {
    struct atr_bytes view;    /* content of the section view, if any */
    struct atr_bytes handles; /* indirect handle array */
    uint32_t attributes;      /* more than VIEW and CONTEXT, which come by themselves */
    uint32_t captured_bytes;  /* of the payload, and of the view; 0: all */
    bool is_datagram;
    bool is_async;
    bool no_context; /* the server asked for no CONTEXT attribute */
};

/* A message on its way. */
struct exchange {
    struct actor client;
    struct link link;
    uint64_t client_call_id;
    uint64_t begin_ns;
    uint32_t message_id;
    uint64_t callback_id;
    bool is_async;
};

struct frame {
    const char *text;   /* "ntdll!NtAlpcSendWaitReceivePort+0x14"; NULL: only module and offset */
    uint32_t module_id; /* 0: unknown */
    uint32_t rva;
};

/* The machine (world.c). */
void world_open(struct world *world, const char *path, const struct world_options *options);
void world_close(struct world *world);
void world_wait_us(struct world *world, uint32_t microseconds);
void world_put(struct world *world, struct atr_event *event);

struct actor world_process(struct world *world, uint32_t pid, uint32_t tid, const char *image);
/* With 32-bit structures, as a WOW64 process passes them. */
struct actor world_process32(struct world *world, uint32_t pid, uint32_t tid, const char *image);
/* Started while we watch. */
struct actor world_start(struct world *world, const struct actor *parent, uint32_t pid,
                         uint32_t tid, const char *image);
void world_exit(struct world *world, const struct actor *actor, uint32_t exit_status);
struct actor world_thread(const struct actor *process, uint32_t tid);
uint32_t world_module(struct world *world, const struct actor *actor, uint64_t base,
                      const char *path);
uint32_t world_stack(struct world *world, const struct actor *actor, const struct frame *frames,
                     size_t count);
uint32_t world_port(struct world *world, const struct actor *owner, const char *name);
/* A connection that existed before we watched. */
struct link world_link(struct world *world, const struct actor *client, uint32_t connection_port_id,
                       uint32_t client_handle);
void world_drops(struct world *world, uint16_t cause, uint64_t count);
void world_mark(struct world *world, const char *text);

/* Its services (exchange.c). */
struct exchange world_send(struct world *world, const struct actor *client, struct link link,
                           const struct message *message, const struct wrap *wrap);
void world_receive(struct world *world, struct exchange *exchange, const struct actor *server,
                   const struct message *message, const struct wrap *wrap);
void world_reply(struct world *world, const struct exchange *exchange, const struct actor *server,
                 const struct message *message, const struct wrap *wrap);
void world_return(struct world *world, const struct exchange *exchange, const struct actor *server,
                  const struct message *message, const struct wrap *wrap, uint32_t status);
/* The client frees the view it got with the reply. */
void world_release(struct world *world, const struct exchange *exchange,
                   const struct message *message, const struct wrap *wrap);
/* Send, receive, reply and return, with nothing in between. */
void world_call(struct world *world, const struct actor *client, struct link link,
                const struct actor *server, const struct message *request,
                const struct message *reply);

/* Connection request, accept, answer. name goes to the recorder as the client passed it. */
struct link world_connect(struct world *world, const struct actor *client,
                          const struct actor *server, uint32_t connection_port_id, const char *name,
                          uint32_t client_handle);
void world_connect_refused(struct world *world, const struct actor *client,
                           const struct actor *server, uint32_t connection_port_id,
                           const char *name);
/* Of no such port: nobody is asked. */
void world_connect_failed(struct world *world, const struct actor *client, const char *name,
                          uint32_t status);
/* What the kernel tells the server when a client gives up, or is gone. */
void world_canceled(struct world *world, const struct actor *server,
                    const struct exchange *exchange);
void world_port_closed(struct world *world, const struct actor *server, struct link link,
                       const struct actor *client);
