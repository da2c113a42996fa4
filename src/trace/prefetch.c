/* SPDX-License-Identifier: MIT */
#include "trace/prefetch.h"

#include "platform/thread.h"

#include <stdatomic.h>
#include <string.h>

enum {
    BATCHES = 3, /* one being filled, one full, one in use */
    BATCH_EVENTS = 1024,
    BATCH_ARENA_BYTES = 4 * ATR_EVENT_ARENA_BYTES,
    BATCH_FULL_BYTES = 2 * 1024 * 1024, /* large records: fewer events a batch */
};

struct batch {
    struct atr_arena arena;
    struct atr_event events[BATCH_EVENTS];
    uint32_t count;
    enum atr_status status; /* behind the last event: OK, END, or a failure */
    struct atr_error error;
    struct atr_capture_report report;
};

struct atr_prefetch {
    struct atr_heap heap;
    struct atr_capture *capture;
    struct atr_thread *thread;
    struct atr_semaphore *full;
    struct atr_semaphore *free;
    atomic_bool stop;
    struct batch *batches;
    uint32_t current; /* the caller's */
    uint32_t next;    /* event in it */
    bool has_current;
};

/* The batch's arena keeps what its events need: reset once a batch, not once an event. */
static void
fill(struct atr_capture *capture, struct batch *batch)
{
    batch->arena.is_pinned = false;
    atr_arena_reset(&batch->arena);
    batch->arena.is_pinned = true;
    batch->count = 0;
    batch->status = ATR_OK;
    while (batch->status == ATR_OK && batch->count < BATCH_EVENTS &&
           atr_arena_used(&batch->arena) < BATCH_FULL_BYTES) {
        struct atr_event *event = &batch->events[batch->count];

        event->arena = &batch->arena;
        event->fields.arena = NULL;
        batch->status = atr_capture_next(capture, event, &batch->error);
        batch->count += batch->status == ATR_OK ? 1 : 0;
    }
    atr_capture_report(capture, &batch->report);
}

static void
read_ahead(void *context)
{
    struct atr_prefetch *prefetch = context;
    enum atr_status status = ATR_OK;

    for (uint32_t i = 0; status == ATR_OK; i = (i + 1) % BATCHES) {
        atr_semaphore_wait(prefetch->free);
        if (atomic_load(&prefetch->stop)) {
            break;
        }
        fill(prefetch->capture, &prefetch->batches[i]);
        status = prefetch->batches[i].status;
        atr_semaphore_post(prefetch->full);
    }
}

enum atr_status
atr_prefetch_start(struct atr_prefetch **out, struct atr_capture *capture,
                   const struct atr_heap *heap)
{
    struct atr_prefetch *prefetch = atr_heap_alloc(heap, 1, sizeof(*prefetch));
    enum atr_status status;

    if (prefetch == NULL) {
        return ATR_NOMEM;
    }
    prefetch->heap = *heap;
    prefetch->capture = capture;
    atomic_init(&prefetch->stop, false);
    prefetch->batches = atr_heap_alloc(heap, BATCHES, sizeof(*prefetch->batches));
    status = prefetch->batches == NULL ? ATR_NOMEM : ATR_OK;
    for (uint32_t i = 0; i < BATCHES && status == ATR_OK; i++) {
        atr_arena_init(&prefetch->batches[i].arena, *heap, BATCH_ARENA_BYTES);
    }
    if (status == ATR_OK) {
        status = atr_semaphore_create(&prefetch->full, 0, heap);
    }
    if (status == ATR_OK) {
        status = atr_semaphore_create(&prefetch->free, BATCHES, heap);
    }
    if (status == ATR_OK) {
        status = atr_thread_start(&prefetch->thread, read_ahead, prefetch, heap);
    }
    if (status != ATR_OK) {
        atr_prefetch_stop(prefetch);
        return status;
    }
    *out = prefetch;
    return ATR_OK;
}

void
atr_prefetch_stop(struct atr_prefetch *prefetch)
{
    if (prefetch == NULL) {
        return;
    }
    atomic_store(&prefetch->stop, true);
    if (prefetch->thread != NULL) {
        atr_semaphore_post(prefetch->free);
        atr_thread_join(prefetch->thread);
    }
    for (uint32_t i = 0; prefetch->batches != NULL && i < BATCHES; i++) {
        atr_arena_fini(&prefetch->batches[i].arena);
    }
    atr_semaphore_destroy(prefetch->full);
    atr_semaphore_destroy(prefetch->free);
    atr_heap_free(&prefetch->heap, prefetch->batches);
    atr_heap_free(&prefetch->heap, prefetch);
}

enum atr_status
atr_prefetch_next(struct atr_prefetch *prefetch, struct atr_event **out, struct atr_error *error)
{
    struct batch *batch = &prefetch->batches[prefetch->current];

    while (!prefetch->has_current || prefetch->next == batch->count) {
        if (prefetch->has_current && batch->status != ATR_OK) {
            if (error != NULL && batch->status != ATR_END) {
                *error = batch->error;
            }
            return batch->status;
        }
        if (prefetch->has_current) {
            prefetch->current = (prefetch->current + 1) % BATCHES;
            atr_semaphore_post(prefetch->free);
        }
        atr_semaphore_wait(prefetch->full);
        prefetch->has_current = true;
        prefetch->next = 0;
        batch = &prefetch->batches[prefetch->current];
    }
    *out = &batch->events[prefetch->next++];
    return ATR_OK;
}

const struct atr_capture_report *
atr_prefetch_report(const struct atr_prefetch *prefetch)
{
    return &prefetch->batches[prefetch->current].report;
}
