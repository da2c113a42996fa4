/* SPDX-License-Identifier: MIT */
#include "platform/thread.h"
#include "platform/win32/win.h"

#include <limits.h>

struct atr_thread {
    struct atr_heap heap;
    HANDLE handle;
    atr_thread_fn *run;
    void *context;
};

struct atr_semaphore {
    struct atr_heap heap;
    HANDLE handle;
};

static DWORD WINAPI
thread_main(void *argument)
{
    struct atr_thread *thread = argument;

    thread->run(thread->context);
    return 0;
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
    thread->handle = CreateThread(NULL, 0, thread_main, thread, 0, NULL);
    if (thread->handle == NULL) {
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

        (void)WaitForSingleObject(thread->handle, INFINITE);
        (void)CloseHandle(thread->handle);
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
    semaphore->handle = CreateSemaphoreW(NULL, (LONG)count, LONG_MAX, NULL);
    if (semaphore->handle == NULL) {
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

        (void)CloseHandle(semaphore->handle);
        atr_heap_free(&heap, semaphore);
    }
}

void
atr_semaphore_post(struct atr_semaphore *semaphore)
{
    (void)ReleaseSemaphore(semaphore->handle, 1, NULL);
}

void
atr_semaphore_wait(struct atr_semaphore *semaphore)
{
    (void)WaitForSingleObject(semaphore->handle, INFINITE);
}
