/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/status.h"
#include "base/text.h"
#include "event/event.h"
#include "output/party_memo.h"
#include "output/printer.h"
#include "output/time.h"

#include <stdbool.h>
#include <stdint.h>

/* A message short enough to be kept, to know it again at its other end. */
enum {
    ATR_COPY_BYTES_MAX = 512
};

struct atr_message_copy {
    uint32_t size_bytes; /* 0: none is kept */
    bool is_wow64;       /* the same bytes may read otherwise */
    uint8_t bytes[ATR_COPY_BYTES_MAX];
};

/*
 * Lines in start order. A line enters when its call begins and leaves when it and all before it are
 * complete; in a tree, when everything below it is complete too.
 *
 *   begin -> held, waiting for the reply -> complete -> written when it is the oldest
 *
 * Bounded: past ATR_HELD_LINES_MAX or ATR_HELD_BYTES_MAX the oldest is written as it is.
 */
struct atr_held {
    uint64_t call_id; /* 0: a line of its own */
    uint64_t time_ns;
    uint64_t latency_ns;
    bool time_known;
    bool has_latency;
    bool complete;
    bool wants_result;
    bool is_notice; /* left holds whole lines: "-- lost 12 events --" */
    struct atr_held *older;
    struct atr_held *newer;
    struct atr_held *parent; /* tree only, while held */
    struct atr_held *first_child;
    struct atr_held *last_child;
    struct atr_held *next_sibling;
    uint32_t open_below;  /* incomplete lines below */
    size_t counted_bytes; /* of its texts, in the queue's held_bytes */

    struct atr_text left;   /* up to the arrow */
    struct atr_text server; /* may become better known */
    struct atr_text right;  /* port, what */
    struct atr_text result;
    struct atr_text details; /* lines below */

    /* The messages the line was written from, as far as all of their values are on it. */
    struct atr_message_copy request;
    struct atr_message_copy reply;
};

/* Calls are numbered one by one, and most of them end soon. */
enum {
    ATR_RECENT_BITS = 10
};

struct atr_queue {
    struct atr_heap heap;
    struct atr_sink sink;
    struct atr_style style;
    struct atr_time_writer time;
    struct atr_party_memo parties;
    struct atr_text out;
    struct atr_held *recent[1 << ATR_RECENT_BITS]; /* by the low bits of their call ids */
    struct atr_map by_call;                        /* those whose place there was taken */
    struct atr_held *oldest;                       /* roots only, in a tree */
    struct atr_held *newest;
    struct atr_held *free;
    size_t held;
    size_t held_bytes;
    bool is_tree;
};

void atr_queue_init(struct atr_queue *queue, const struct atr_style *style, struct atr_sink sink,
                    const struct atr_heap *heap, bool is_tree);
void atr_queue_fini(struct atr_queue *queue);

/* The held line of a call, or NULL. */
struct atr_held *atr_queue_find(const struct atr_queue *queue, uint64_t call_id);

/* A new line at the end, or below its parent's; NULL: out of memory. */
struct atr_held *atr_queue_add(struct atr_queue *queue, uint64_t call_id, uint64_t parent_id);

/* Counts the texts of a line; after every change of them. */
void atr_queue_count(struct atr_queue *queue, struct atr_held *held);
void atr_queue_complete(struct atr_queue *queue, struct atr_held *held);

/* The oldest line is complete, or there is no room to wait for it. */
static inline bool
atr_queue_is_due(const struct atr_queue *queue)
{
    return queue->oldest != NULL &&
           ((queue->oldest->complete && queue->oldest->open_below == 0) ||
            queue->held > ATR_HELD_LINES_MAX || queue->held_bytes > ATR_HELD_BYTES_MAX);
}

/* Writes what is due; all: everything, complete or not. */
ATR_NODISCARD enum atr_status atr_queue_flush(struct atr_queue *queue, bool all);
