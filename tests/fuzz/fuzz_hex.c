/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text: parsed or refused, never more than it can stand for. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_str text = {(const char *)data, size};
    struct atr_text out;
    enum atr_status status;

    atr_text_init(&out, atr_heap_default());
    (void)atr_hex_line_kind(text);
    status = atr_hex_parse(text, &out, NULL);
    if (status != ATR_OK && (status != ATR_MALFORMED || out.size_bytes != 0)) {
        abort();
    }
    atr_text_fini(&out);
    return 0;
}
