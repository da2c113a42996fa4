/* SPDX-License-Identifier: MIT */
#include "platform/thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

struct atr_thread {
    struct atr_heap heap;
    pthread_t id;
    atr_thread_fn *run;
    void *context;
};

struct atr_semaphore {
    struct atr_heap heap;
    sem_t semaphore;
};

static void *
thread_main(void *argument)
{
    struct atr_thread *thread = argument;

    thread->run(thread->context);
    return NULL;
}

enum atr_status
atr_thread_start(struct atr_thread **out, atr_thread_fn *run, void *context,
                 const struct atr_heap *heap)
{
    struct atr_thread *thread = atr_heap_alloc(heap, 1, sizeof(*thread));

    if (thread == NULL) {
        return ATR_NOMEM;
    }
    *thread = (struct atr_thread){.heap = *heap, .run = run, .context = context};
    if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
        atr_heap_free(heap, thread);
        return ATR_IO;
    }
    *out = thread;
    return ATR_OK;
}

void
atr_thread_join(struct atr_thread *thread)
{
    if (thread != NULL) {
        struct atr_heap heap = thread->heap;

        (void)pthread_join(thread->id, NULL);
        atr_heap_free(&heap, thread);
    }
}

enum atr_status
atr_semaphore_create(struct atr_semaphore **out, uint32_t count, const struct atr_heap *heap)
{
    struct atr_semaphore *semaphore = atr_heap_alloc(heap, 1, sizeof(*semaphore));

    if (semaphore == NULL) {
        return ATR_NOMEM;
    }
    semaphore->heap = *heap;
    if (sem_init(&semaphore->semaphore, 0, count) != 0) {
        atr_heap_free(heap, semaphore);
        return ATR_IO;
    }
    *out = semaphore;
    return ATR_OK;
}

void
atr_semaphore_destroy(struct atr_semaphore *semaphore)
{
    if (semaphore != NULL) {
        struct atr_heap heap = semaphore->heap;

        (void)sem_destroy(&semaphore->semaphore);
        atr_heap_free(&heap, semaphore);
    }
}

void
atr_semaphore_post(struct atr_semaphore *semaphore)
{
    (void)sem_post(&semaphore->semaphore);
}

void
atr_semaphore_wait(struct atr_semaphore *semaphore)
{
    while (sem_wait(&semaphore->semaphore) != 0 && errno == EINTR) {
    }
}
