/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *
libc_resize(void *context, void *old, size_t size_bytes)
{
    (void)context;
    if (size_bytes == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size_bytes);
}

struct atr_heap
atr_heap_default(void)
{
    return (struct atr_heap){libc_resize, NULL};
}

void *
atr_heap_resize(const struct atr_heap *heap, void *old, size_t count, size_t element_bytes)
{
    if (count == 0 || element_bytes == 0 || count > SIZE_MAX / element_bytes) {
        return NULL;
    }
    return heap->resize(heap->context, old, count * element_bytes);
}

void *
atr_heap_alloc(const struct atr_heap *heap, size_t count, size_t element_bytes)
{
    void *block = atr_heap_resize(heap, NULL, count, element_bytes);

    if (block != NULL) {
        memset(block, 0, count * element_bytes);
    }
    return block;
}

void
atr_heap_free(const struct atr_heap *heap, void *block)
{
    if (block != NULL) {
        (void)heap->resize(heap->context, block, 0);
    }
}
