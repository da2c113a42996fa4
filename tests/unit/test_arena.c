/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

enum {
    CAP = 256 * 1024
};

static void
room_is_zeroed_and_aligned_every_time(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), CAP);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 300; size += 7) {
            uint8_t *at = atr_arena_alloc(&arena, size, 1);

            assert_non_null(at);
            CHECK_UINT((uintptr_t)at % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) {
                CHECK_UINT(at[i], 0);
            }
            memset(at, 0xff, size);
        }
        atr_arena_reset(&arena);
    }
    atr_arena_fini(&arena);
}

static void
nothing_asked_is_nothing_given(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), CAP);
    assert_null(atr_arena_alloc(&arena, 0, 8));
    assert_null(atr_arena_alloc(&arena, 8, 0));
    assert_false(arena.exhausted);
    atr_arena_fini(&arena);
}

static void
more_than_the_cap_is_refused_until_the_next_event(void **state)
{
    struct atr_arena arena;
    volatile size_t huge = SIZE_MAX; /* a claim from the wire, which no compiler knows */

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), CAP);
    assert_null(atr_arena_alloc(&arena, CAP + 1, 1));
    assert_null(atr_arena_alloc(&arena, huge / 2, 4));
    assert_null(atr_arena_alloc(&arena, huge, huge));
    assert_true(arena.exhausted);
    assert_non_null(atr_arena_alloc(&arena, 16, 1)); /* a smaller wish is still heard */
    assert_true(arena.exhausted);
    atr_arena_reset(&arena);
    assert_false(arena.exhausted);
    assert_non_null(atr_arena_alloc(&arena, CAP / 2, 1));
    atr_arena_fini(&arena);
}

/* One event of many small values must not take the room from the next, whose values are large. */
static void
every_event_starts_with_all_the_room(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), CAP);
    while (atr_arena_alloc(&arena, 1000, 1) != NULL) {
    }
    atr_arena_reset(&arena);
    assert_non_null(atr_arena_alloc(&arena, CAP / 2, 1));
    atr_arena_reset(&arena);
    while (atr_arena_alloc(&arena, 1000, 1) != NULL) {
    }
    assert_true(arena.held_bytes <= CAP);
    atr_arena_fini(&arena);
}

static void
events_of_usual_size_cost_no_heap_call(void **state)
{
    struct test_failing_heap heap;
    struct atr_arena arena;
    uint64_t requests;

    (void)state;
    test_failing_heap_init(&heap, 0);
    atr_arena_init(&arena, heap.heap, 8 * 1024 * 1024);
    for (int i = 0; i < 200; i++) {
        assert_non_null(atr_arena_alloc(&arena, 1000, 1));
    }
    requests = heap.requests;
    for (int round = 0; round < 10; round++) {
        atr_arena_reset(&arena);
        for (int i = 0; i < 200; i++) {
            assert_non_null(atr_arena_alloc(&arena, 1000, 1));
        }
    }
    CHECK_UINT(heap.requests, requests);
    atr_arena_fini(&arena);
    CHECK_UINT(heap.live_blocks, 0);
}

static void
a_heap_that_fails_exhausts_the_arena(void **state)
{
    struct test_failing_heap heap;
    struct atr_arena arena;

    (void)state;
    test_failing_heap_init(&heap, 2);
    atr_arena_init(&arena, heap.heap, CAP);
    assert_non_null(atr_arena_alloc(&arena, 10, 1));
    assert_null(atr_arena_alloc(&arena, 100000, 1));
    assert_true(arena.exhausted);
    assert_non_null(atr_arena_alloc(&arena, 100000, 1));
    atr_arena_fini(&arena);
    CHECK_UINT(heap.live_blocks, 0);
}

static void
texts_are_copied_and_formatted(void **state)
{
    struct atr_arena arena;
    char value[] = "text";
    struct atr_str copy;
    char longer[600];

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), CAP);
    copy = atr_arena_str(&arena, atr_str_from(value));
    value[0] = 'x';
    CHECK_STR(copy, "text");
    CHECK_UINT(copy.data[4], 0);
    CHECK_STR(atr_arena_str(&arena, atr_str_from(NULL)), "");
    CHECK_STR(atr_arena_format(&arena, "%s+0x%x", "a", 31U), "a+0x1f");
    memset(longer, 'y', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    CHECK_UINT(atr_arena_format(&arena, "%s", longer).size_bytes, 511);
    atr_arena_fini(&arena);
    atr_arena_init(&arena, atr_heap_default(), 8);
    CHECK_STR(atr_arena_format(&arena, "%s", "more than eight"), NULL);
    atr_arena_fini(&arena);
}

static void
what_was_used_is_known_and_over_with_the_event(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), 8 * CAP);
    CHECK_UINT(atr_arena_used(&arena), 0);
    for (unsigned round = 0; round < 3; round++) {
        size_t given = 0;

        for (size_t size = 1; size < CAP / 2; size += size / 2 + 1) {
            assert_non_null(atr_arena_take(&arena, size, 1));
            given += size;
            assert_true(atr_arena_used(&arena) >= given);
            assert_true(atr_arena_used(&arena) <= arena.held_bytes);
        }
        atr_arena_reset(&arena);
        CHECK_UINT(atr_arena_used(&arena), 0);
    }
    atr_arena_fini(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_zeroed_and_aligned_every_time),
        cmocka_unit_test(nothing_asked_is_nothing_given),
        cmocka_unit_test(more_than_the_cap_is_refused_until_the_next_event),
        cmocka_unit_test(every_event_starts_with_all_the_room),
        cmocka_unit_test(what_was_used_is_known_and_over_with_the_event),
        cmocka_unit_test(events_of_usual_size_cost_no_heap_call),
        cmocka_unit_test(a_heap_that_fails_exhausts_the_arena),
        cmocka_unit_test(texts_are_copied_and_formatted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
