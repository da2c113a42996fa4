/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "capture/capture.h"
#include "event/event.h"

/*
 * Reads a capture ahead on a thread of its own, in batches, while the caller understands the batch
 * before. The events are the same, in the same order, as atr_capture_next gives.
 *
 *   reader thread: fill -> [full] -> caller: use -> [free] -> reader thread ...
 */
struct atr_prefetch;

/* capture is the reader's from now on. NOMEM or IO: it was not touched; read it directly. */
ATR_NODISCARD enum atr_status atr_prefetch_start(struct atr_prefetch **out,
                                                 struct atr_capture *capture,
                                                 const struct atr_heap *heap);

/* Stops reading, wherever it is; capture is the caller's again. NULL is fine. */
void atr_prefetch_stop(struct atr_prefetch *prefetch);

/*
 * The next event, valid until the next call. Its own arena holds what the source gave; the caller
 * sets another one for what is decoded. END once, or the failure of the capture.
 */
ATR_NODISCARD enum atr_status atr_prefetch_next(struct atr_prefetch *prefetch,
                                                struct atr_event **out, struct atr_error *error);

/* As of the batch in use. */
const struct atr_capture_report *atr_prefetch_report(const struct atr_prefetch *prefetch);
