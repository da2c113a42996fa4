/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdint.h>

/* One more thread, and counting semaphores to hand things over. */
struct atr_thread;

typedef void atr_thread_fn(void *context);

/* run gets context on a thread of its own. IO when the system gives none. */
ATR_NODISCARD enum atr_status atr_thread_start(struct atr_thread **out, atr_thread_fn *run,
                                               void *context, const struct atr_heap *heap);

/* Waits for its end and frees it; NULL is fine. */
void atr_thread_join(struct atr_thread *thread);

struct atr_semaphore;

ATR_NODISCARD enum atr_status atr_semaphore_create(struct atr_semaphore **out, uint32_t count,
                                                   const struct atr_heap *heap);
void atr_semaphore_destroy(struct atr_semaphore *semaphore); /* NULL is fine */
void atr_semaphore_post(struct atr_semaphore *semaphore);
void atr_semaphore_wait(struct atr_semaphore *semaphore);
