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

_Static_assert(ATR_ARENA_UNIT % alignof(max_align_t) == 0, "aligned for any type");
_Static_assert(BLOCK_BYTES % ATR_ARENA_UNIT == 0, "see atr_arena_block");

struct atr_arena_block {
    struct atr_arena_block *next;
    size_t size_bytes; /* a multiple of the unit */
    alignas(max_align_t) uint8_t bytes[];
};

void
atr_arena_init(struct atr_arena *arena, struct atr_heap heap, size_t cap_bytes)
{
    *arena = (struct atr_arena){.heap = heap, .cap_bytes = cap_bytes};
}

/* NULL: there is none. */
static void
use_block(struct atr_arena *arena, struct atr_arena_block *block)
{
    arena->current = block;
    arena->next = block == NULL ? NULL : block->bytes;
    arena->end = block == NULL ? NULL : block->bytes + block->size_bytes;
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
    arena->held_bytes = 0;
    arena->passed_bytes = 0;
    use_block(arena, NULL);
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
    arena->passed_bytes = 0;
    use_block(arena, arena->first);
}

size_t
atr_arena_used(const struct atr_arena *arena)
{
    size_t left = (size_t)(arena->end - arena->next);

    return arena->current == NULL ? 0 : arena->passed_bytes + arena->current->size_bytes - left;
}

static void
move_to(struct atr_arena *arena, struct atr_arena_block *block)
{
    arena->passed_bytes += arena->current == NULL ? 0 : arena->current->size_bytes;
    use_block(arena, block);
}

/* A block behind the current one; false: there is no room. */
static bool
add_block(struct atr_arena *arena, size_t size_bytes)
{
    size_t room = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
    struct atr_arena_block *block;

    if (room > arena->cap_bytes - arena->held_bytes) {
        room = size_bytes;
    }
    if (room > arena->cap_bytes - arena->held_bytes) {
        return false;
    }
    block = arena->heap.resize(arena->heap.context, NULL, sizeof(*block) + room);
    if (block == NULL) {
        return false;
    }
    block->size_bytes = room;
    block->next = NULL;
    arena->held_bytes += room;
    if (arena->current == NULL) {
        arena->first = block;
    } else {
        block->next = arena->current->next;
        arena->current->next = block;
    }
    move_to(arena, block);
    return true;
}

/* Blocks behind the current one are empty leftovers of earlier events. */
static bool
find_block(struct atr_arena *arena, size_t size_bytes)
{
    while (arena->current != NULL && arena->current->next != NULL) {
        move_to(arena, arena->current->next);
        if (size_bytes <= arena->current->size_bytes) {
            return true;
        }
    }
    return add_block(arena, size_bytes);
}

void *
atr_arena_more(struct atr_arena *arena, size_t count, size_t element_bytes)
{
    size_t units;

    if (count == 0 || element_bytes == 0) {
        return NULL;
    }
    if (count <= arena->cap_bytes / element_bytes) {
        units = (count * element_bytes + ATR_ARENA_UNIT - 1) / ATR_ARENA_UNIT;
        if (find_block(arena, units * ATR_ARENA_UNIT)) {
            uint8_t *at = arena->next;

            arena->next += units * ATR_ARENA_UNIT;
            return at;
        }
    }
    arena->exhausted = true;
    return NULL;
}

struct atr_str
atr_arena_str(struct atr_arena *arena, struct atr_str text)
{
    char *copy = atr_arena_take(arena, text.size_bytes + 1, 1);

    if (copy == NULL) {
        return (struct atr_str){NULL, 0};
    }
    copy[text.size_bytes] = '\0';
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
