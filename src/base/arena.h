/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/heap.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bump memory for one event: allocate, never free, reset after the event. Blocks are kept across
 * resets up to a quarter of the cap, so that after warm-up a usual event costs no call to the heap
 * and an unusual one leaves the next its room. Grows up to cap_bytes; past it, and when the heap
 * fails, alloc gives NULL and `exhausted` stays set until the next reset.
 */
struct atr_arena_block;

struct atr_arena {
    struct atr_heap heap;
    struct atr_arena_block *first;
    struct atr_arena_block *current;
    uint8_t *next; /* free bytes of the current block */
    uint8_t *end;
    size_t passed_bytes; /* of the blocks before it */
    size_t cap_bytes;
    size_t held_bytes;
    bool exhausted;
    bool is_pinned; /* reset does nothing: several events share it */
};

void atr_arena_init(struct atr_arena *arena, struct atr_heap heap, size_t cap_bytes);
void atr_arena_fini(struct atr_arena *arena);
void atr_arena_reset(struct atr_arena *arena);

/* Since the last reset, with what was left over at the ends of blocks. */
size_t atr_arena_used(const struct atr_arena *arena);

enum {
    ATR_ARENA_UNIT = 16, /* alignment of what is given */
};

/* What the two below do when the block has not enough left. */
void *atr_arena_more(struct atr_arena *arena, size_t count, size_t element_bytes);

/* Aligned for any type; NULL when count is 0 or there is no room. */
static ATR_INLINE void *
atr_arena_take(struct atr_arena *arena, size_t count, size_t element_bytes)
{
    size_t left = (size_t)(arena->end - arena->next);
    uint8_t *at = arena->next;

    /* left is a multiple of the unit, so that rounding up stays within it. */
    if (count == 0 || element_bytes == 0 || count > left / element_bytes) {
        return atr_arena_more(arena, count, element_bytes);
    }
    arena->next += (count * element_bytes + ATR_ARENA_UNIT - 1) / ATR_ARENA_UNIT * ATR_ARENA_UNIT;
    return at;
}

/* The same, zeroed. */
static ATR_INLINE void *
atr_arena_alloc(struct atr_arena *arena, size_t count, size_t element_bytes)
{
    void *at = atr_arena_take(arena, count, element_bytes);

    if (at != NULL) {
        memset(at, 0, count * element_bytes);
    }
    return at;
}

/* A copy, NUL-terminated behind its length; absent when there is no room. */
struct atr_str atr_arena_str(struct atr_arena *arena, struct atr_str text);
struct atr_str atr_arena_format(struct atr_arena *arena, const char *format, ...) ATR_PRINTF(2, 3);
