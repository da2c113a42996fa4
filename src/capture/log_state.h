/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Ids for what a text log names, and the state records that define them.
 *
 *   atr_log_begin            forgets what grew too large
 *   atr_log_process, ...     each gives an id; a definition not given yet joins a queue
 *   atr_log_emit             hands out that queue, one record a call, before the event itself
 *
 * Memory is bounded: a table past its cap forgets everything and defines it again, under new ids,
 * when it comes up again; ids are never reused. A failed allocation is remembered in `status`; the
 * calls that follow then give 0 or NULL, so that it is asked for once, after all of them.
 */
struct atr_log_pool {
    struct atr_arena arena;
    struct atr_map map;
};

struct atr_log_waiting {
    const void *record;
    uint8_t kind; /* enum atr_record_kind */
};

/* One event defines at most: manifest, mark, 3 processes, name, 3 ports, handle, stack, frames. */
enum {
    ATR_LOG_QUEUE_MAX = ATR_FRAMES_MAX + 16
};

struct atr_log_state {
    struct atr_log_pool named; /* processes, ports and their names, handles */
    struct atr_log_pool texts; /* of stack frames */
    struct atr_log_pool stacks;
    struct atr_manifest_record manifest;
    struct atr_mark_record mark;
    struct atr_log_waiting queue[ATR_LOG_QUEUE_MAX];
    uint32_t queue_from;
    uint32_t queue_to;
    uint32_t next_process_id;
    uint32_t next_port_id;
    uint32_t next_string_id;
    uint32_t next_stack_id;
    uint32_t source_id;
    uint32_t flags; /* of every record: where it came from, and that its time only orders */
    uint64_t records;
    uint64_t events;
    enum atr_status status;
};

/*
 * head: the beginning of the log, which makes the source id, so that two merged logs stay apart.
 * tool: what wrote the log, a constant text. The manifest is the first record in the queue.
 */
void atr_log_init(struct atr_log_state *log, const struct atr_heap *heap, struct atr_bytes head,
                  uint32_t flags, struct atr_str tool);
void atr_log_fini(struct atr_log_state *log);
void atr_log_begin(struct atr_log_state *log);

/*
 * The process with this pid. Another image under the same pid is another process; the kernel's own
 * copy of the name, cut to 14 characters, is not another one. With an unknown pid the image alone
 * tells processes apart. Valid until the next atr_log_begin.
 */
const struct atr_process_record *atr_log_process(struct atr_log_state *log, struct atr_str image,
                                                 uint32_t pid);

/* The same for a process known by the address of its object; its pid may come later or never. */
const struct atr_process_record *atr_log_process_at(struct atr_log_state *log, uint64_t address,
                                                    struct atr_str image, uint32_t pid);

/*
 * The port behind a handle, as the kernel saw it when the log was written: who owns the connection
 * port, whose the client end is, if any. caller is NULL when the log does not tell who called.
 */
struct atr_log_port {
    struct atr_str name; /* absent: the port has none */
    const struct atr_process_record *caller;
    const struct atr_process_record *owner;
    const struct atr_process_record *client; /* NULL: none */
    uint32_t handle;                         /* in caller */
};

/*
 * Id of the port that the caller's handle stands for: the client's port when the caller is the
 * client, the server's end of that connection when it is the owner, the connection port when there
 * is no client or the caller is neither.
 */
uint32_t atr_log_port(struct atr_log_state *log, const struct atr_log_port *facts);

/* Ids of a frame's text and of a stack; 0 for an empty one. */
uint32_t atr_log_text(struct atr_log_state *log, struct atr_str text);
uint32_t atr_log_stack(struct atr_log_state *log, uint32_t process_id,
                       const struct atr_frame *frames, uint32_t frame_count);

/* Text of the log that has no other place. One waits at a time; text is borrowed until it is out.
 */
void atr_log_mark(struct atr_log_state *log, struct atr_str text);

/* Fills event with the next waiting record; false when none waits. */
bool atr_log_emit(struct atr_log_state *log, struct atr_event *event);

/* Numbers and dates an event of this kind, and counts it. */
void atr_log_event(struct atr_log_state *log, struct atr_event *event, enum atr_record_kind kind,
                   uint32_t flags);

/*
 * A handle as printed; UINT64_MAX: it was not. Kernel handles are small numbers with all upper bits
 * set, and say who called: adds KERNEL_CALLER to flags.
 */
uint32_t atr_log_handle(uint64_t printed, uint32_t *flags);

/* Tells contents apart; nothing else than that. */
uint64_t atr_log_hash(const void *bytes, size_t size_bytes);

/* What no text log knows of a call. */
struct atr_alpc_record atr_log_unknown_call(void);
