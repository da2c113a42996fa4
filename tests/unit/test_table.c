/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "session/table.h"

/* The session's map that forgets. */
struct item {
    struct atr_table_entry entry;
    uint32_t number;
};

static unsigned released;
static uint32_t last_released;

static void
count_release(void *context, struct atr_table_entry *entry)
{
    assert_null(context);
    released++;
    last_released = ((struct item *)entry)->number;
}

static struct atr_key
key(uint32_t number)
{
    return (struct atr_key){7, number};
}

static struct item *
add(struct atr_table *table, uint32_t number)
{
    struct item *item = atr_table_add(table, key(number));

    assert_non_null(item);
    CHECK_UINT(item->number, 0); /* zeroed, also when it was another before */
    item->number = number;
    return item;
}

static void
open_table(struct atr_table *table, size_t cap)
{
    released = 0;
    atr_table_init(table, atr_heap_default(), cap, sizeof(struct item), count_release, NULL);
}

static void
a_full_table_forgets_the_oldest(void **state)
{
    struct atr_table table;

    (void)state;
    open_table(&table, 3);
    for (uint32_t i = 1; i <= 4; i++) {
        (void)add(&table, i);
    }
    assert_null(atr_table_find(&table, key(1)));
    assert_non_null(atr_table_find(&table, key(2)));
    CHECK_UINT(released, 1);
    CHECK_UINT(last_released, 1);
    CHECK_UINT(table.forgotten, 1);
    atr_table_fini(&table);
    CHECK_UINT(released, 4);
}

static void
what_was_touched_is_forgotten_last(void **state)
{
    struct atr_table table;

    (void)state;
    open_table(&table, 3);
    for (uint32_t i = 1; i <= 3; i++) {
        (void)add(&table, i);
    }
    atr_table_touch(&table, atr_table_find(&table, key(1)));
    atr_table_touch(&table, atr_table_find(&table, key(1)));
    (void)add(&table, 4);
    assert_null(atr_table_find(&table, key(2)));
    assert_non_null(atr_table_find(&table, key(1)));
    atr_table_touch(&table, atr_table_find(&table, key(1)));
    (void)add(&table, 5);
    assert_null(atr_table_find(&table, key(3)));
    assert_non_null(atr_table_find(&table, key(1)));
    atr_table_fini(&table);
}

static void
what_is_over_is_forgotten_first(void **state)
{
    struct atr_table table;

    (void)state;
    open_table(&table, 3);
    for (uint32_t i = 1; i <= 3; i++) {
        (void)add(&table, i);
    }
    assert_true(atr_table_is_crowded(&table));
    atr_table_retire(&table, atr_table_find(&table, key(3)));
    atr_table_retire(&table, atr_table_find(&table, key(3)));
    (void)add(&table, 4);
    assert_null(atr_table_find(&table, key(3)));
    (void)add(&table, 5);
    assert_null(atr_table_find(&table, key(1)));
    atr_table_retire(&table, atr_table_find(&table, key(4)));
    (void)add(&table, 6);
    assert_null(atr_table_find(&table, key(4)));
    assert_non_null(atr_table_find(&table, key(2)));
    atr_table_fini(&table);
    CHECK_UINT(released, 6);
}

static void
adding_a_key_again_replaces_its_entry(void **state)
{
    struct atr_table table;

    (void)state;
    open_table(&table, 3);
    (void)add(&table, 1);
    (void)add(&table, 2);
    (void)add(&table, 1);
    CHECK_UINT(released, 1);
    CHECK_UINT(((struct item *)atr_table_get(&table, key(1)))->number, 1);
    CHECK_UINT(table.forgotten, 0);
    atr_table_fini(&table);
}

static void
removing_keeps_the_order_of_the_rest(void **state)
{
    struct atr_table table;

    (void)state;
    open_table(&table, 10);
    for (uint32_t i = 1; i <= 5; i++) {
        (void)add(&table, i);
    }
    atr_table_remove(&table, atr_table_find(&table, key(1)));
    atr_table_remove(&table, atr_table_find(&table, key(3)));
    atr_table_remove(&table, atr_table_find(&table, key(5)));
    atr_table_remove(&table, NULL);
    CHECK_UINT(((const struct item *)table.oldest)->number, 2);
    CHECK_UINT(((const struct item *)table.oldest->newer)->number, 4);
    assert_ptr_equal(table.oldest->newer, table.newest);
    assert_null(table.newest->newer);
    assert_null(table.oldest->older);
    atr_table_fini(&table);
}

static void
a_failing_heap_adds_nothing(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 4; n++) {
        struct test_failing_heap heap;
        struct atr_table table;

        test_failing_heap_init(&heap, n);
        atr_table_init(&table, heap.heap, 10, sizeof(struct item), NULL, NULL);
        for (uint32_t i = 0; i < 3; i++) {
            void *added = atr_table_add(&table, key(i));

            assert_ptr_equal(atr_table_find(&table, key(i)), added);
        }
        atr_table_fini(&table);
        CHECK_UINT(heap.live_blocks, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_table_forgets_the_oldest),
        cmocka_unit_test(what_was_touched_is_forgotten_last),
        cmocka_unit_test(what_is_over_is_forgotten_first),
        cmocka_unit_test(adding_a_key_again_replaces_its_entry),
        cmocka_unit_test(removing_keeps_the_order_of_the_rest),
        cmocka_unit_test(a_failing_heap_adds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
