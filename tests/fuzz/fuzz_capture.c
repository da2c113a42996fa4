/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    EVENTS_MAX = 100000
}; /* no input this small has more */

static void
read_all(struct atr_capture *capture, struct atr_event *event)
{
    struct atr_capture_report report;
    unsigned count = 0;

    while (atr_capture_next(capture, event, NULL) == ATR_OK) {
        count++;
        if (event->number != count || count > EVENTS_MAX) {
            abort();
        }
    }
    if (atr_capture_next(capture, event, NULL) != ATR_END) {
        abort();
    }
    atr_capture_report(capture, &report);
    if (report.records != count || report.events > report.records) {
        abort();
    }
}

/* Any bytes, opened by their content: all sources. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_capture *capture = NULL;
    struct atr_file *file = NULL;
    struct atr_arena arena;
    struct atr_event event = {.arena = &arena};
    struct atr_error error;

    atr_arena_init(&arena, heap, ATR_EVENT_ARENA_BYTES);
    if (atr_file_from_memory(&file, (struct atr_bytes){data, size}, &heap) == ATR_OK &&
        atr_capture_open_file(&capture, file, &heap, &error) == ATR_OK) {
        read_all(capture, &event);
    }
    atr_capture_close(capture);
    atr_arena_fini(&arena);
    return 0;
}
