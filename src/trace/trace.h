/* SPDX-License-Identifier: MIT */
#pragma once

#include "alpctrace/alpctrace.h"
#include "base/arena.h"
#include "base/heap.h"
#include "base/status.h"
#include "capture/capture.h"
#include "decode/memo.h"
#include "event/event.h"
#include "session/session.h"
#include "trace/prefetch.h"

#include <stdbool.h>

/*
 * The one loop that joins the stages, and the only place that knows their order:
 *
 *   capture -> session apply -> decode -> session learn -> name -> (the caller: output)
 */
struct atr_trace {
    struct atr_heap heap;
    struct atr_capture *capture;
    struct atr_session *session;
    struct atr_arena arena;
    struct atr_prefetch *prefetch; /* reads ahead; NULL: nobody does */
    struct atr_event own_event;
    struct atr_event *event; /* in hand: our own, or one that was read ahead */
    struct atr_decode_memo memo;
    bool want_fields;
    bool want_frames;

    /* How much of an event somebody wants to know; NULL: all, always. */
    enum atr_need (*needs)(const void *context, const struct atr_event *event);
    const void *needs_context;
};

/* words may be NULL. close accepts a half-opened trace. */
ATR_NODISCARD enum atr_status atr_trace_open(struct atr_trace *trace, const char *path,
                                             struct atr_error *error);
void atr_trace_close(struct atr_trace *trace);

/* The next event, understood, in trace->event. END after the last. */
ATR_NODISCARD enum atr_status atr_trace_next(struct atr_trace *trace, struct atr_error *error);

/* What each event of a trace goes through; a callback's END stops the walk early, well. */
typedef enum atr_status atr_trace_fn(void *context, const struct atr_trace *trace);

ATR_NODISCARD enum atr_status atr_trace_walk(struct atr_trace *trace,
                                             const struct atr_output *output, atr_trace_fn *each,
                                             void *context, struct atr_error *error);

/* Tells the caller how far the work is, every so many events. */
void atr_trace_progress(const struct atr_trace *trace, const struct atr_output *output,
                        uint64_t count);

/* Exit status and words from how the walk ended and how the input was. */
enum atr_result atr_trace_result(const struct atr_trace *trace, const char *path,
                                 enum atr_status status, const struct atr_error *error,
                                 struct atr_words *words);

/* Writes words from an error; gives result back. */
enum atr_result atr_trace_fail(enum atr_result result, const struct atr_error *error,
                               struct atr_words *words);

/* A sink over the caller's write function. context: const struct atr_output. */
enum atr_status atr_trace_sink(void *context, struct atr_str text);
