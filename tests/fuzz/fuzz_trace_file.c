/* SPDX-License-Identifier: MIT */
/*
 * A whole trace file: checked, then repaired. The repaired file must hold as many records as could
 * be read, and be whole.
 */
#include "store/check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct atr_bytes bytes, struct atr_check_report *report)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_error error;
    struct atr_file *file;

    if (atr_file_from_memory(&file, bytes, &heap) != ATR_OK ||
        atr_check_file(file, &heap, report, &error) != ATR_OK) {
        abort();
    }
    atr_file_close(file);
}

static void
repair(struct atr_bytes bytes, struct atr_text *out, struct atr_repair_report *report)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_error error;
    struct atr_file *from;
    struct atr_file *to;

    if (atr_file_from_memory(&from, bytes, &heap) != ATR_OK ||
        atr_file_to_memory(&to, out, &heap) != ATR_OK ||
        atr_repair_file(from, to, &heap, report, &error) != ATR_OK) {
        abort();
    }
    atr_file_close(from);
    atr_file_close(to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct atr_bytes nothing;
    struct atr_bytes bytes = size == 0 ? nothing : (struct atr_bytes){data, size};
    struct atr_repair_report repaired;
    struct atr_check_report before;
    struct atr_check_report after;
    struct atr_text out;

    check(bytes, &before);
    if (before.file.sections == 0) {
        return 0;
    }
    atr_text_init(&out, atr_heap_default());
    repair(bytes, &out, &repaired);
    check((struct atr_bytes){(const uint8_t *)out.data, out.size_bytes}, &after);
    if (repaired.copied + repaired.left_out != before.file.packets ||
        after.file.packets != repaired.copied || after.file.damages != 0 || !after.file.is_closed) {
        abort();
    }
    atr_text_fini(&out);
    return 0;
}
