/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/map.h"

#include <string.h>

static int values[4096];

static struct atr_key
key(uint64_t number)
{
    return (struct atr_key){number >> 8, number & 0xff};
}

static void
an_empty_map_has_nothing(void **state)
{
    struct atr_map map;
    size_t at = 0;

    (void)state;
    atr_map_init(&map, atr_heap_default(), 10);
    assert_null(atr_map_find(&map, key(0)));
    assert_null(atr_map_take(&map, key(0)));
    assert_null(atr_map_next(&map, &at, NULL));
    atr_map_fini(&map);
}

static void
a_second_put_replaces(void **state)
{
    struct atr_map map;

    (void)state;
    atr_map_init(&map, atr_heap_default(), 1);
    CHECK_UINT(atr_map_put(&map, key(1), &values[1]), ATR_OK);
    CHECK_UINT(atr_map_put(&map, key(1), &values[2]), ATR_OK);
    assert_ptr_equal(atr_map_find(&map, key(1)), &values[2]);
    CHECK_UINT(map.count, 1);
    atr_map_fini(&map);
}

static void
a_full_map_says_so_and_stays_as_it_is(void **state)
{
    struct atr_map map;

    (void)state;
    atr_map_init(&map, atr_heap_default(), 2);
    CHECK_UINT(atr_map_put(&map, key(1), &values[1]), ATR_OK);
    CHECK_UINT(atr_map_put(&map, key(2), &values[2]), ATR_OK);
    CHECK_UINT(atr_map_put(&map, key(3), &values[3]), ATR_LIMIT);
    assert_null(atr_map_find(&map, key(3)));
    CHECK_UINT(atr_map_put(&map, key(2), &values[3]), ATR_OK); /* no new entry */
    assert_ptr_equal(atr_map_take(&map, key(1)), &values[1]);
    CHECK_UINT(atr_map_put(&map, key(3), &values[3]), ATR_OK);
    atr_map_fini(&map);
}

/* Against a plain array, with removals in the middle of probe runs. */
static void
it_agrees_with_an_array(void **state)
{
    struct test_random random = {11};
    void *expected[4096] = {NULL};
    struct atr_map map;
    size_t count = 0;

    (void)state;
    atr_map_init(&map, atr_heap_default(), 4096);
    for (int round = 0; round < 200000; round++) {
        uint32_t number = test_random_below(&random, 4096);

        if (test_random_below(&random, 5) < 2) {
            assert_ptr_equal(atr_map_take(&map, key(number)), expected[number]);
            expected[number] = NULL;
        } else {
            CHECK_UINT(atr_map_put(&map, key(number), &values[number]), ATR_OK);
            expected[number] = &values[number];
        }
        number = test_random_below(&random, 4096);
        assert_ptr_equal(atr_map_find(&map, key(number)), expected[number]);
    }
    for (uint32_t i = 0; i < 4096; i++) {
        count += expected[i] != NULL;
        assert_ptr_equal(atr_map_find(&map, key(i)), expected[i]);
    }
    CHECK_UINT(map.count, count);
    atr_map_fini(&map);
}

static void
a_walk_meets_everything_once(void **state)
{
    bool seen[1000] = {false};
    struct atr_map map;
    struct atr_key found;
    size_t at = 0;
    size_t count = 0;

    (void)state;
    atr_map_init(&map, atr_heap_default(), 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        CHECK_UINT(atr_map_put(&map, key(i), &values[i]), ATR_OK);
    }
    while (atr_map_next(&map, &at, &found) != NULL) {
        uint64_t number = found.high << 8 | found.low;

        assert_true(number < 1000 && !seen[number]);
        seen[number] = true;
        count++;
    }
    CHECK_UINT(count, 1000);
    atr_map_fini(&map);
}

static void
a_failing_heap_leaves_the_map_whole(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 6; n++) {
        struct test_failing_heap heap;
        struct atr_map map;
        uint32_t refused = 0;

        test_failing_heap_init(&heap, n);
        atr_map_init(&map, heap.heap, 1000);
        for (uint32_t i = 0; i < 100; i++) {
            if (atr_map_put(&map, key(i), &values[i]) != ATR_OK) {
                assert_null(atr_map_find(&map, key(i)));
                refused++;
                continue;
            }
            assert_ptr_equal(atr_map_find(&map, key(i)), &values[i]);
        }
        CHECK_UINT(refused, heap.failed ? 1 : 0);
        atr_map_fini(&map);
        CHECK_UINT(heap.live_blocks, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(a_second_put_replaces),
        cmocka_unit_test(a_full_map_says_so_and_stays_as_it_is),
        cmocka_unit_test(it_agrees_with_an_array),
        cmocka_unit_test(a_walk_meets_everything_once),
        cmocka_unit_test(a_failing_heap_leaves_the_map_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
