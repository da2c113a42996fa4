/* SPDX-License-Identifier: MIT */
#include "capture/slab.h"

void
atr_slab_init(struct atr_slab *slab, struct atr_heap heap)
{
    *slab = (struct atr_slab){.heap = heap};
}

void
atr_slab_fini(struct atr_slab *slab)
{
    for (int i = 0; i < ATR_SLAB_CHUNKS; i++) {
        atr_heap_free(&slab->heap, slab->chunks[i].bytes);
        slab->chunks[i] = (struct atr_slab_chunk){0};
    }
}

/* The first chunk without a live block becomes the current one. */
static bool
move_on(struct atr_slab *slab)
{
    for (int i = 0; i < ATR_SLAB_CHUNKS; i++) {
        struct atr_slab_chunk *chunk = &slab->chunks[i];

        if (chunk->live != 0) {
            continue;
        }
        if (chunk->bytes == NULL) {
            chunk->bytes = atr_heap_alloc(&slab->heap, ATR_SLAB_CHUNK_BYTES, 1);
        }
        chunk->used = 0;
        slab->current = i;
        return chunk->bytes != NULL;
    }
    return false;
}

uint8_t *
atr_slab_take(struct atr_slab *slab, size_t size_bytes, int *chunk)
{
    struct atr_slab_chunk *current = &slab->chunks[slab->current];
    uint8_t *block;

    if (size_bytes > ATR_SLAB_CHUNK_BYTES) {
        return NULL;
    }
    if (current->bytes == NULL || size_bytes > ATR_SLAB_CHUNK_BYTES - current->used) {
        if (!move_on(slab)) {
            return NULL;
        }
        current = &slab->chunks[slab->current];
    }
    block = current->bytes + current->used;
    current->used += (uint32_t)size_bytes;
    slab->live_chunks += current->live == 0;
    current->live++;
    *chunk = slab->current;
    return block;
}

void
atr_slab_give(struct atr_slab *slab, int chunk)
{
    struct atr_slab_chunk *of = &slab->chunks[chunk];

    of->live--;
    if (of->live == 0) {
        of->used = 0;
        slab->live_chunks--;
    }
}

bool
atr_slab_has_room(const struct atr_slab *slab)
{
    return slab->live_chunks < ATR_SLAB_CHUNKS;
}
