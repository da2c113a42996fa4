/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/text.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Events to lines. A call's line waits in start order until its reply came (queue.h), is then
 * written with everything known about it, and is never written twice. One thread.
 */
enum atr_time_form {
    ATR_TIME_CLOCK,
    ATR_TIME_SINCE_START,
    ATR_TIME_DATE,
    ATR_TIME_SINCE_LAST,
};

struct atr_style {
    enum atr_time_form time;
    bool hex;
    bool fields;
    bool stacks;
    bool hide_latency;
    bool color;
    bool prompt; /* hand over each line at once: somebody watches a live input */
    uint32_t string_max;
};

/* Takes finished text; anything but OK stops the work and is handed on. */
typedef enum atr_status atr_sink_fn(void *context, struct atr_str text);

struct atr_sink {
    atr_sink_fn *write;
    void *context;
};

struct atr_printer_ops {
    const char *name;
    bool wants_fields;
    enum atr_status (*create)(void **state, const struct atr_style *style, struct atr_sink sink,
                              const struct atr_heap *heap);
    enum atr_status (*event)(void *state, const struct atr_event *event);

    /*
     * Asked when session and role are known, before more is found out: without what is not needed
     * the lines are the same. NULL: all is, always.
     */
    enum atr_need (*needs)(const void *state, const struct atr_event *event);
    enum atr_status (*finish)(void *state); /* what is still held, at the end of the input */
    void (*destroy)(void *state);           /* NULL is fine */
};

extern const struct atr_printer_ops atr_call_printer;  /* show */
extern const struct atr_printer_ops atr_tree_printer;  /* tree */
extern const struct atr_printer_ops atr_event_printer; /* show --events */
extern const struct atr_printer_ops atr_json_printer;  /* show --json */
