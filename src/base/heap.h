/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stddef.h>

/*
 * Where memory comes from, so that tests can fail the n-th request. resize behaves like realloc:
 * old == NULL allocates, size_bytes == 0 frees and returns NULL, NULL otherwise means out of memory
 * and leaves old as it was.
 */
struct atr_heap {
    void *(*resize)(void *context, void *old, size_t size_bytes);
    void *context;
};

/* The C library's heap. */
struct atr_heap atr_heap_default(void);

/* Zeroed room for count elements; NULL when there is none or the product overflows. */
void *atr_heap_alloc(const struct atr_heap *heap, size_t count, size_t element_bytes);

/* realloc of an array; new room is not zeroed. */
void *atr_heap_resize(const struct atr_heap *heap, void *old, size_t count, size_t element_bytes);

void atr_heap_free(const struct atr_heap *heap, void *block); /* NULL is fine */
