/* SPDX-License-Identifier: MIT */
#include "platform/args.h"

#include "platform/win32/wide.h"
#include "platform/win32/win.h"

static enum atr_status
convert(char **argv, int argc, wchar_t **wide, const struct atr_heap *heap)
{
    for (int i = 0; i < argc; i++) {
        argv[i] = atr_wide_to_utf8(heap, wide[i]);
        if (argv[i] == NULL) {
            return ATR_NOMEM;
        }
    }
    return ATR_OK;
}

enum atr_status
atr_args_utf8(int *argc, char ***argv)
{
    struct atr_heap heap = atr_heap_default();
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **converted = NULL;
    enum atr_status status = ATR_NOMEM;

    if (wide != NULL) {
        converted = atr_heap_alloc(&heap, (size_t)count + 1, sizeof(*converted));
    }
    if (converted != NULL) {
        status = convert(converted, count, wide, &heap);
    }
    if (status == ATR_OK) {
        *argc = count;
        *argv = converted;
    }
    (void)LocalFree(wide);
    return status;
}
