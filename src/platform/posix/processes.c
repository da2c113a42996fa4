/* SPDX-License-Identifier: MIT */
#include "platform/processes.h"

#include <string.h>

/* What is recorded runs on Windows; this system's processes are of no interest. */

enum atr_status
atr_processes_list(const struct atr_heap *heap, atr_process_fn *fn, void *context,
                   struct atr_error *error)
{
    (void)heap;
    (void)fn;
    (void)context;
    return atr_error_set(error, ATR_UNSUPPORTED, "processes are listed on Windows only");
}

enum atr_status
atr_modules_list(uint32_t pid, const struct atr_heap *heap, atr_module_fn *fn, void *context)
{
    (void)pid;
    (void)heap;
    (void)fn;
    (void)context;
    return ATR_UNSUPPORTED;
}

char *
atr_path_of_kernel(const struct atr_heap *heap, const char *path)
{
    size_t size = strlen(path) + 1;
    char *copy = atr_heap_alloc(heap, size, 1);

    if (copy != NULL) {
        memcpy(copy, path, size);
    }
    return copy;
}
