/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "event/event.h"
#include "store/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A small machine whose conversations are written as a trace: for the samples, the tests and the
 * benchmarks. Every script is deterministic. Failures end the program: this is a tool of ours.
 *
 *   world_send ----> world_receive     one message, two records: the client's enter, the
 *   world_return <-- world_reply       server's exit; then the server's enter, the client's exit
 */
struct world {
    struct atr_file *file;
    struct atr_writer *writer;
    struct atr_arena arena;
    uint64_t time_ns;
    uint64_t next_call_id;
    uint32_t source_id;
    uint32_t sequence;
    uint32_t next_process_id;
    uint32_t next_port_id;
    uint32_t next_string_id;
    uint32_t next_stack_id;
    uint32_t next_message_id;
    uint64_t next_callback_id;
    uint32_t extra_flags; /* on every event, e.g. WOW64 */
};

struct actor {
    uint32_t process_id;
    uint32_t pid;
    uint32_t tid;
    uint32_t stack_id; /* of its next message; 0 none */
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

enum {
    MESSAGE_BYTES_MAX = 4096
};

/* Bytes under construction. */
struct message {
    uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t size_bytes;
};

/* What stands around a message's bytes. */
struct wrap {
    struct atr_bytes view;    /* content of the section view, if any */
    uint32_t view_original;   /* bytes there were; 0: as many as captured */
    uint32_t captured_bytes;  /* of the payload; 0: all */
    struct atr_bytes handles; /* indirect handle array */
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

void world_open(struct world *world, const char *path, uint32_t os_build, int32_t utc_bias_minutes);
void world_close(struct world *world);
void world_wait_us(struct world *world, uint32_t microseconds);
void world_put(struct world *world, struct atr_event *event);

struct actor world_process(struct world *world, uint32_t pid, uint32_t tid, const char *image);
void world_exit(struct world *world, const struct actor *actor);
struct actor world_thread(const struct actor *process, uint32_t tid);
uint32_t world_port(struct world *world, const struct actor *owner, const char *name);
/* Without the connect having been seen. */
struct link world_link(struct world *world, const struct actor *client, uint32_t connection_port_id,
                       uint32_t client_handle);
/* With the handshake on the record; refused when server is told so. */
struct link world_connect(struct world *world, const struct actor *client,
                          const struct actor *server, uint32_t connection_port_id,
                          uint32_t client_handle, bool refused);
uint32_t world_stack(struct world *world, const struct actor *actor, const char *const *frames,
                     size_t count);
void world_drops(struct world *world, uint16_t cause, uint64_t count);
void world_mark(struct world *world, const char *text);

struct exchange world_send(struct world *world, const struct actor *client, struct link link,
                           const struct message *message, const struct wrap *wrap);
void world_receive(struct world *world, struct exchange *exchange, const struct actor *server,
                   const struct message *message, const struct wrap *wrap);
void world_reply(struct world *world, const struct exchange *exchange, const struct actor *server,
                 const struct message *message, const struct wrap *wrap);
void world_return(struct world *world, const struct exchange *exchange, const struct actor *server,
                  const struct message *message, const struct wrap *wrap, uint32_t status);
/* All four, with nothing in between. */
void world_call(struct world *world, const struct actor *client, struct link link,
                const struct actor *server, const struct message *request,
                const struct message *reply);
void world_port_closed(struct world *world, const struct actor *server, struct link link,
                       const struct actor *client);

/* Bytes. */
void message_clear(struct message *message);
void message_u8(struct message *message, uint8_t value);
void message_u16(struct message *message, uint16_t value);
void message_u32(struct message *message, uint32_t value);
void message_u64(struct message *message, uint64_t value);
void message_guid(struct message *message, const char *text);
void message_zeros(struct message *message, size_t count);
void message_align(struct message *message, size_t from, size_t alignment);
void message_utf16(struct message *message, const char *ascii, bool terminated);
void message_ndr20_string(struct message *message, size_t ndr, const char *ascii);
void message_ndr64_string(struct message *message, size_t ndr, const char *ascii);

/* LRPC headers; the NDR follows. They return the offset of the NDR. */
void lrpc_bind(struct message *message, uint32_t status, const char *uuid, uint16_t major,
               uint16_t minor, uint32_t syntaxes, uint16_t ndr20_id, uint16_t ndr64_id);
size_t lrpc_request(struct message *message, uint32_t call_id, uint32_t binding_id, uint32_t opnum,
                    const char *object);
size_t lrpc_response(struct message *message, uint32_t call_id);
void lrpc_fault(struct message *message, uint32_t status);
