/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    BLOCK_BYTES = 64 * 1024 - 64,

    /* Of the cap; what an unusual event took beyond it would be lacking in another size. */
    KEPT_PART = 4,
};

struct atr_arena_block {
    struct atr_arena_block *next;
    size_t size_bytes;
    size_t used_bytes;
    alignas(max_align_t) uint8_t bytes[];
};

void
atr_arena_init(struct atr_arena *arena, struct atr_heap heap, size_t cap_bytes)
{
    *arena = (struct atr_arena){.heap = heap, .cap_bytes = cap_bytes};
}

void
atr_arena_fini(struct atr_arena *arena)
{
    struct atr_arena_block *block = arena->first;

    while (block != NULL) {
        struct atr_arena_block *next = block->next;

        atr_heap_free(&arena->heap, block);
        block = next;
    }
    arena->first = NULL;
    arena->current = NULL;
    arena->held_bytes = 0;
}

void
atr_arena_reset(struct atr_arena *arena)
{
    if (arena->is_pinned) {
        return;
    }
    arena->exhausted = false;
    if (arena->held_bytes > arena->cap_bytes / KEPT_PART) {
        atr_arena_fini(arena);
        return;
    }
    for (struct atr_arena_block *block = arena->first; block != NULL; block = block->next) {
        block->used_bytes = 0;
        if (block == arena->current) {
            break;
        }
    }
    arena->current = arena->first;
}

static void *
block_take(struct atr_arena_block *block, size_t size_bytes)
{
    if (block == NULL || size_bytes > block->size_bytes - block->used_bytes) {
        return NULL;
    }

    void *at = block->bytes + block->used_bytes;

    block->used_bytes += size_bytes;
    return at;
}

static struct atr_arena_block *
block_add(struct atr_arena *arena, size_t size_bytes)
{
    size_t room = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
    struct atr_arena_block *block;

    if (room > arena->cap_bytes - arena->held_bytes) {
        room = size_bytes;
    }
    if (room > arena->cap_bytes - arena->held_bytes) {
        return NULL;
    }
    block = arena->heap.resize(arena->heap.context, NULL, sizeof(*block) + room);
    if (block == NULL) {
        return NULL;
    }
    block->size_bytes = room;
    block->used_bytes = 0;
    block->next = NULL;
    arena->held_bytes += room;
    if (arena->current == NULL) {
        arena->first = block;
    } else {
        block->next = arena->current->next;
        arena->current->next = block;
    }
    arena->current = block;
    return block;
}

/* Blocks behind the current one are empty leftovers of earlier events. */
static void *
take(struct atr_arena *arena, size_t size_bytes)
{
    void *at = block_take(arena->current, size_bytes);

    while (at == NULL && arena->current != NULL && arena->current->next != NULL) {
        arena->current = arena->current->next;
        arena->current->used_bytes = 0;
        at = block_take(arena->current, size_bytes);
    }
    return at != NULL ? at : block_take(block_add(arena, size_bytes), size_bytes);
}

void *
atr_arena_alloc(struct atr_arena *arena, size_t count, size_t element_bytes)
{
    const size_t unit = alignof(max_align_t);
    void *at = NULL;

    if (count == 0 || element_bytes == 0) {
        return NULL;
    }
    if (count <= (arena->cap_bytes / element_bytes)) {
        size_t size_bytes = (count * element_bytes + unit - 1) / unit * unit;

        at = take(arena, size_bytes);
        if (at != NULL) {
            memset(at, 0, size_bytes);
        }
    }
    if (at == NULL) {
        arena->exhausted = true;
    }
    return at;
}

struct atr_str
atr_arena_str(struct atr_arena *arena, struct atr_str text)
{
    char *copy = atr_arena_alloc(arena, text.size_bytes + 1, 1);

    if (copy == NULL) {
        return (struct atr_str){NULL, 0};
    }
    if (text.size_bytes > 0) {
        memcpy(copy, text.data, text.size_bytes);
    }
    return atr_str_make(copy, text.size_bytes);
}

struct atr_str
atr_arena_format(struct atr_arena *arena, const char *format, ...)
{
    char text[512];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (size < 0) {
        return (struct atr_str){NULL, 0};
    }
    return atr_arena_str(
        arena, atr_str_make(text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1));
}
