/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include <stdlib.h>

static void *
failing_resize(void *context, void *old, size_t size_bytes)
{
    struct test_failing_heap *failing = context;

    if (size_bytes == 0) {
        if (old != NULL) {
            assert_true(failing->live_blocks > 0);
            failing->live_blocks--;
        }
        free(old);
        return NULL;
    }
    failing->requests++;
    if (failing->fail_at != 0 && failing->requests == failing->fail_at) {
        failing->failed = true;
        return NULL;
    }
    if (old == NULL) {
        failing->live_blocks++;
    }

    void *block = realloc(old, size_bytes);

    assert_non_null(block);
    return block;
}

void
test_failing_heap_init(struct test_failing_heap *failing, uint64_t fail_at)
{
    *failing = (struct test_failing_heap){
        .heap = {.resize = failing_resize, .context = failing},
        .fail_at = fail_at,
    };
}
