/* SPDX-License-Identifier: MIT */
/* A PE image: its identity, and an export that may be there. */
#include "pe/pe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_pe_exports exports;
    struct atr_pe_debug debug;
    struct atr_pe pe;
    uint32_t rva;

    if (atr_file_from_memory(&file, (struct atr_bytes){data, size}, &heap) != ATR_OK) {
        abort();
    }
    if (atr_pe_read(&pe, file, NULL) == ATR_OK) {
        (void)atr_pe_debug(&pe, &debug);
        if (atr_pe_exports_open(&exports, &pe, &heap) == ATR_OK) {
            (void)atr_pe_exports_find(&exports, "NtAlpcSendWaitReceivePort", &rva);
            atr_pe_exports_close(&exports);
        }
    }
    atr_file_close(file);
    return 0;
}
