/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Records of all rings in the order of their times, over a bounded window: copies, so that the
 * rings are free again at once. What is later than what was given out already comes at once, too.
 */
struct atr_merge_record {
    uint64_t time_qpc;
    uint64_t sequence; /* of the ring */
    uint64_t lost_before;
    uint32_t ring;
    uint32_t size_bytes;
    uint8_t bytes[]; /* aligned for any type */
};

struct atr_merge {
    struct atr_heap heap;
    struct atr_merge_record **queue; /* a binary heap, the earliest first */
    size_t count;
    size_t room;
    size_t held_bytes;
};

void atr_merge_init(struct atr_merge *merge, const struct atr_heap *heap);
void atr_merge_fini(struct atr_merge *merge);

/* A record of size_bytes to fill, not in the queue yet; NULL: no memory. Then put it. */
struct atr_merge_record *atr_merge_make(const struct atr_merge *merge, size_t size_bytes);

/* Takes the record; NOMEM frees it. */
ATR_NODISCARD enum atr_status atr_merge_put(struct atr_merge *merge,
                                            struct atr_merge_record *record);

/* The earliest that is earlier than the low-water mark, or that is one too many; NULL: none. */
struct atr_merge_record *atr_merge_take(struct atr_merge *merge, uint64_t low_water_qpc);

void atr_merge_free(const struct atr_merge *merge, struct atr_merge_record *record);
