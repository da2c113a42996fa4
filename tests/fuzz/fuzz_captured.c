/* SPDX-License-Identifier: MIT */
/* A record of the driver's: what is read of it lies within it. */
#include "recorder/capture_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need_within(struct atr_bytes part, const uint8_t *data, size_t size)
{
    if (part.size_bytes != 0 &&
        (part.data < data || part.size_bytes > (size_t)(data + size - part.data))) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_captured captured;

    if (atr_capture_read((struct atr_bytes){data, size}, &captured) != ATR_OK) {
        return 0;
    }
    need_within(captured.name, data, size);
    need_within(captured.frames, data, size);
    for (uint32_t i = 0; i < captured.part_count; i++) {
        need_within(captured.parts[i].bytes, data, size);
        if (captured.parts[i].bytes.size_bytes > captured.parts[i].original_bytes) {
            abort();
        }
    }
    return 0;
}
