/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory for records that are taken roughly in the order in which they came: bump allocation in
 * chunks, each used again when nothing in it is alive. Short windows stay in the first chunk, and
 * so in the processor's cache.
 */
enum {
    ATR_SLAB_CHUNK_BYTES = ATR_PACKET_MAX,
    ATR_SLAB_CHUNKS = 2 * ATR_RESORT_BYTES / ATR_SLAB_CHUNK_BYTES,
    ATR_SLAB_NONE = -1,
};

struct atr_slab_chunk {
    uint8_t *bytes;
    uint32_t used;
    uint32_t live; /* blocks */
};

struct atr_slab {
    struct atr_heap heap;
    struct atr_slab_chunk chunks[ATR_SLAB_CHUNKS];
    int current;
    int live_chunks;
};

void atr_slab_init(struct atr_slab *slab, struct atr_heap heap);
void atr_slab_fini(struct atr_slab *slab);

/* NULL when there is no chunk left, the heap fails or size_bytes is larger than a chunk. */
uint8_t *atr_slab_take(struct atr_slab *slab, size_t size_bytes, int *chunk);
void atr_slab_give(struct atr_slab *slab, int chunk);

/* A block of any size up to a chunk is still to be had. */
bool atr_slab_has_room(const struct atr_slab *slab);
