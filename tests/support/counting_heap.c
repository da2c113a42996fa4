/* SPDX-License-Identifier: MIT */
#include "support/counting_heap.h"

#include "support/support.h"

#include <stdlib.h>

/* In front of each block: its size. */
union head {
    size_t size_bytes;
    max_align_t aligned;
};

static void *
counting_resize(void *context, void *old, size_t size_bytes)
{
    struct test_counting_heap *counting = context;
    union head *head = old == NULL ? NULL : (union head *)old - 1;

    counting->live_bytes -= head == NULL ? 0 : head->size_bytes;
    if (size_bytes == 0) {
        free(head);
        return NULL;
    }
    head = realloc(head, sizeof(*head) + size_bytes);
    assert_non_null(head);
    head->size_bytes = size_bytes;
    counting->live_bytes += size_bytes;
    if (counting->live_bytes > counting->peak_bytes) {
        counting->peak_bytes = counting->live_bytes;
    }
    return head + 1;
}

void
test_counting_heap_init(struct test_counting_heap *counting)
{
    *counting =
        (struct test_counting_heap){.heap = {.resize = counting_resize, .context = counting}};
}
