/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"

#include <stddef.h>

/* A heap that knows how many bytes are alive, and how many were at most. */
struct test_counting_heap {
    struct atr_heap heap; /* hand this to the code under test; context points to this struct */
    size_t live_bytes;
    size_t peak_bytes;
};

void test_counting_heap_init(struct test_counting_heap *counting);
