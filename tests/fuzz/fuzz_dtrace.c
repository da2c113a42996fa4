/* SPDX-License-Identifier: MIT */
#include "capture/dtrace.h"

#include "fuzz_text_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text_log(&atr_dtrace_source, data, size);
}
