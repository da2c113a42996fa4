/* SPDX-License-Identifier: MIT */
#pragma once

#include "decode/decode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Puts fuzz input through one decoder. The first four bytes say what is known around the message:
 *
 *   0  bits 0-1 pointer size (0, 4, 8, 8), 2-3 direction, 4-5 transfer syntax, 6 received,
 *      7 whether there is a request
 *   1  the build of Windows, out of a list
 *   2  how much of the rest is the content of the view, in 1/256
 *   3  size of the view behind that content; bits 0-1 also choose the port's name
 */
static inline struct atr_decode_context
fuzz_context(const uint8_t first[4])
{
    static const uint32_t builds[] = {0, 6002, 7601, 9200, 9600, 14393, 17763, 18363, 19044, 22621};
    static const char *const ports[] = {
        NULL,
        "\\RPC Control\\LRPC-0",
        "\\BaseNamedObjects\\[CoreUI]-PID(1)-TID(2) 0",
        "\\Windows\\ApiPort",
    };
    static const unsigned pointers[] = {0, 4, 8, 8};

    return (struct atr_decode_context){
        .pointer_bytes = pointers[first[0] & 3],
        .direction = (enum atr_direction)((first[0] >> 2 & 3) % 3),
        .syntax = (enum atr_syntax)(first[0] >> 4 & 3),
        .syntax_grade = ATR_GRADE_BOUND,
        .is_received = (first[0] & 0x40) != 0,
        .has_request = (first[0] & 0x80) != 0,
        .os_build = builds[first[1] % ATR_COUNT(builds)],
        .port_name = atr_str_from(ports[first[3] & 3]),
    };
}

static inline int
fuzz_decoder(atr_decode_fn *decode, const uint8_t *data, size_t size)
{
    struct atr_decode_context context;
    struct atr_cursor cur;
    struct atr_arena arena;
    struct atr_event event;
    size_t view_bytes;

    if (size < 4) {
        return 0;
    }
    context = fuzz_context(data);
    view_bytes = (size - 4) * data[2] / 256;
    if (view_bytes > 0) {
        context.view = (struct atr_bytes){data + size - view_bytes, view_bytes};
        context.view_size = view_bytes + data[3];
    }
    cur = atr_cursor_make(data + 4, size - 4 - view_bytes);
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, true);
    (void)decode(&cur, &context, &event);
    atr_arena_fini(&arena);
    return 0;
}

/* The whole of a fuzz target. */
#define FUZZ_DECODER(decode)                                      \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)  \
    {                                                             \
        return fuzz_decoder(decode, data, size);                  \
    }
