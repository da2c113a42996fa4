/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    size_t cap_bytes;
    size_t held_bytes;
    bool exhausted;
    bool is_pinned; /* reset does nothing: several events share it */
};

void atr_arena_init(struct atr_arena *arena, struct atr_heap heap, size_t cap_bytes);
void atr_arena_fini(struct atr_arena *arena);
void atr_arena_reset(struct atr_arena *arena);

/* Zeroed, aligned for any type; NULL when count is 0 or there is no room. */
void *atr_arena_alloc(struct atr_arena *arena, size_t count, size_t element_bytes);

/* A copy, NUL-terminated behind its length; absent when there is no room. */
struct atr_str atr_arena_str(struct atr_arena *arena, struct atr_str text);
struct atr_str atr_arena_format(struct atr_arena *arena, const char *format, ...) ATR_PRINTF(2, 3);
