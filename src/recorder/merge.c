/* SPDX-License-Identifier: MIT */
#include "recorder/merge.h"

#include "base/limits.h"

#include <stdbool.h>

enum {
    ROOM_FIRST = 1024
};

void
atr_merge_init(struct atr_merge *merge, const struct atr_heap *heap)
{
    *merge = (struct atr_merge){.heap = *heap};
}

void
atr_merge_free(const struct atr_merge *merge, struct atr_merge_record *record)
{
    atr_heap_free(&merge->heap, record);
}

void
atr_merge_fini(struct atr_merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        atr_merge_free(merge, merge->queue[i]);
    }
    atr_heap_free(&merge->heap, merge->queue);
    merge->queue = NULL;
    merge->count = 0;
    merge->room = 0;
}

struct atr_merge_record *
atr_merge_make(const struct atr_merge *merge, size_t size_bytes)
{
    struct atr_merge_record *record =
        atr_heap_resize(&merge->heap, NULL, sizeof(*record) + size_bytes, 1);

    if (record != NULL) {
        *record = (struct atr_merge_record){.size_bytes = (uint32_t)size_bytes};
    }
    return record;
}

/* Records of one ring keep its order when their times are equal. */
static bool
is_before(const struct atr_merge_record *a, const struct atr_merge_record *b)
{
    if (a->time_qpc != b->time_qpc) {
        return a->time_qpc < b->time_qpc;
    }
    return a->ring != b->ring ? a->ring < b->ring : a->sequence < b->sequence;
}

static bool
grow(struct atr_merge *merge)
{
    size_t room = merge->room == 0 ? ROOM_FIRST : merge->room * 2;
    struct atr_merge_record **queue;

    if (merge->count < merge->room) {
        return true;
    }
    queue = atr_heap_resize(&merge->heap, merge->queue, room, sizeof(void *));
    if (queue == NULL) {
        return false;
    }
    merge->queue = queue;
    merge->room = room;
    return true;
}

enum atr_status
atr_merge_put(struct atr_merge *merge, struct atr_merge_record *record)
{
    size_t at = merge->count;

    if (!grow(merge)) {
        atr_merge_free(merge, record);
        return ATR_NOMEM;
    }
    while (at > 0 && is_before(record, merge->queue[(at - 1) / 2])) {
        merge->queue[at] = merge->queue[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->queue[at] = record;
    merge->count++;
    merge->held_bytes += sizeof(*record) + record->size_bytes;
    return ATR_OK;
}

static void
sift_down(struct atr_merge *merge, struct atr_merge_record *record)
{
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= merge->count) {
            break;
        }
        if (child + 1 < merge->count && is_before(merge->queue[child + 1], merge->queue[child])) {
            child++;
        }
        if (!is_before(merge->queue[child], record)) {
            break;
        }
        merge->queue[at] = merge->queue[child];
        at = child;
    }
    merge->queue[at] = record;
}

struct atr_merge_record *
atr_merge_take(struct atr_merge *merge, uint64_t low_water_qpc)
{
    struct atr_merge_record *first = merge->count == 0 ? NULL : merge->queue[0];

    if (first == NULL ||
        (first->time_qpc >= low_water_qpc && merge->held_bytes <= ATR_MERGE_BYTES_MAX)) {
        return NULL;
    }
    merge->count--;
    merge->held_bytes -= sizeof(*first) + first->size_bytes;
    if (merge->count > 0) {
        sift_down(merge, merge->queue[merge->count]);
    }
    return first;
}
