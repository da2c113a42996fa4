/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/limits.h"
#include "capture/capture.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Puts a text log through its source, all of it as the head, or half of it when its size is odd.
 * Whatever it holds, it is read to its end; a payload stays within its cap and a log gives no more
 * events than it has bytes.
 */
static inline int
fuzz_text_log(const struct atr_capture_ops *ops, const uint8_t *data, size_t size)
{
    struct atr_heap heap = atr_heap_default();
    size_t head_size = size % 2 == 0 ? size : size / 2;
    struct atr_bytes head = {data, head_size < ATR_PROBE_BYTES ? head_size : ATR_PROBE_BYTES};
    struct atr_error error = {.status = ATR_OK};
    struct atr_capture_report report;
    struct atr_file *file = NULL;
    struct atr_arena arena;
    struct atr_event event;
    void *state = NULL;
    enum atr_status status;

    (void)ops->probe(head);
    if (atr_file_from_memory(&file, (struct atr_bytes){data, size}, &heap) != ATR_OK ||
        atr_file_seek(file, head.size_bytes, &error) != ATR_OK ||
        ops->open(&state, file, head, &heap, &error) != ATR_OK) {
        abort();
    }
    atr_arena_init(&arena, heap, ATR_EVENT_ARENA_BYTES);
    do {
        const struct atr_part *part;

        atr_event_reset(&event, &arena, false);
        status = ops->next(state, &event, &error);
        part = atr_event_part_find(&event, ATR_PART_PAYLOAD);
        if (part != NULL && part->bytes.size_bytes > ATR_PART_MAX) {
            abort();
        }
    } while (status == ATR_OK);
    ops->report(state, &report);
    if (status != ATR_END || report.events > size || report.input_bytes != size) {
        abort();
    }
    ops->close(state);
    atr_file_close(file);
    atr_arena_fini(&arena);
    return 0;
}
