/* SPDX-License-Identifier: MIT */
#include "capture/windbg.h"

#include "fuzz_text_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text_log(&atr_windbg_source, data, size);
}
