/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "wire/ring.h"

#include <stdlib.h>
#include <string.h>

/* One ring, used by one thread: what goes in, what comes out, and what neither side lets through.
 */

enum {
    SMALL_BYTES = 1024, /* records up to 128 */
    SMALL_RECORD = SMALL_BYTES / 8,
    SMALL_PAYLOAD = SMALL_RECORD - ATR_RING_HEADER_BYTES,
    GUARD_BYTES = 256,
    GUARD = 0xa5,
};

static struct {
    _Alignas(ATR_RING_LINE_BYTES) uint8_t before[GUARD_BYTES];
    _Alignas(ATR_RING_LINE_BYTES) uint8_t data[SMALL_BYTES];
    uint8_t after[GUARD_BYTES];
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_producer producer;
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_consumer consumer;
    struct atr_ring ring;
    struct atr_ring_reader reader;
} world;

static int
fresh_ring(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    memset(world.before, GUARD, sizeof(world.before));
    memset(world.after, GUARD, sizeof(world.after));
    atr_ring_init(&world.ring, world.data, SMALL_BYTES, &world.producer, &world.consumer);
    atr_ring_reader_init(&world.reader, world.data, SMALL_BYTES, &world.producer, &world.consumer);
    return 0;
}

static int
nothing_beside_the_ring_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        if (world.before[i] != GUARD || world.after[i] != GUARD) {
            return 1;
        }
    }
    return 0;
}

static enum atr_ring_result
write_record(uint32_t payload_bytes, uint8_t fill)
{
    struct atr_ring_slot slot;
    enum atr_ring_result result = atr_ring_reserve(&world.ring, payload_bytes, &slot);

    if (result == ATR_RING_OK) {
        memset(slot.payload, fill, payload_bytes);
        atr_ring_commit(&slot);
    }
    return result;
}

static enum atr_ring_read
read_record(struct atr_ring_view *view)
{
    enum atr_ring_read result = atr_ring_read(&world.reader, view);

    if (result == ATR_RING_READ_RECORD) {
        atr_ring_release(&world.reader);
    }
    return result;
}

static void
set_tail(uint64_t tail)
{
    atomic_store(&world.consumer.tail, tail);
}

static void
a_new_ring_is_empty(void **state)
{
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_EMPTY);
    atr_ring_release(&world.reader); /* of nothing */
    CHECK_UINT(world.consumer.tail, 0);
}

static void
a_record_is_seen_only_when_committed(void **state)
{
    struct atr_ring_slot slot;
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(atr_ring_reserve(&world.ring, 5, &slot), ATR_RING_OK);
    CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_BUSY);
    memcpy(slot.payload, "hello", 5);
    CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_BUSY);
    atr_ring_commit(&slot);
    CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_RECORD);
    CHECK_UINT(view.payload_bytes, 16);
    assert_memory_equal(view.payload, "hello\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void
a_committed_record_waits_for_a_busy_one_before_it(void **state)
{
    struct atr_ring_slot slot;
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(atr_ring_reserve(&world.ring, 1, &slot), ATR_RING_OK);
    CHECK_UINT(write_record(1, 2), ATR_RING_OK);
    CHECK_UINT(read_record(&view), ATR_RING_READ_BUSY);
    slot.payload[0] = 1;
    atr_ring_commit(&slot);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(view.payload[0], 1);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(view.payload[0], 2);
    CHECK_UINT(read_record(&view), ATR_RING_READ_EMPTY);
}

static void
a_record_stays_until_it_is_released(void **state)
{
    struct atr_ring_view first;
    struct atr_ring_view again;

    (void)state;
    CHECK_UINT(write_record(3, 7), ATR_RING_OK);
    CHECK_UINT(atr_ring_read(&world.reader, &first), ATR_RING_READ_RECORD);
    CHECK_UINT(atr_ring_read(&world.reader, &again), ATR_RING_READ_RECORD);
    assert_ptr_equal(first.payload, again.payload);
    CHECK_UINT(first.payload_bytes, again.payload_bytes);
    CHECK_UINT(first.sequence, again.sequence);
    CHECK_UINT(world.consumer.tail, 0);
    atr_ring_release(&world.reader);
    CHECK_UINT(world.consumer.tail, 32);
    atr_ring_release(&world.reader); /* twice is once */
    CHECK_UINT(world.consumer.tail, 32);
}

static void
padding_holds_nothing_of_earlier_records(void **state)
{
    struct atr_ring_view view;

    (void)state;
    for (unsigned i = 0; i < 4 * SMALL_BYTES / SMALL_RECORD; i++) {
        CHECK_UINT(write_record(SMALL_PAYLOAD, 0xff), ATR_RING_OK);
        CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    }
    for (uint32_t size = 0; size <= SMALL_PAYLOAD; size++) {
        CHECK_UINT(write_record(size, 0xff), ATR_RING_OK);
        CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
        for (uint32_t i = 0; i < view.payload_bytes; i++) {
            CHECK_UINT(view.payload[i], i < size ? 0xff : 0);
        }
    }
}

static void
no_record_wraps(void **state)
{
    struct test_random random = {1};
    struct atr_ring_view view;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint32_t size = test_random_below(&random, SMALL_PAYLOAD + 1);

        CHECK_UINT(write_record(size, (uint8_t)i), ATR_RING_OK);
        CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
        CHECK_UINT(view.sequence, i);
        CHECK_UINT(view.payload_bytes, (size + 15) / 16 * 16);
        assert_true(view.payload >= world.data);
        assert_true(view.payload + view.payload_bytes <= world.data + SMALL_BYTES);
    }
    assert_true(world.producer.head > 100 * SMALL_BYTES);
}

static void
a_full_ring_refuses_and_goes_on_after_a_read(void **state)
{
    struct atr_ring_view view;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        CHECK_UINT(write_record(SMALL_PAYLOAD, (uint8_t)i), ATR_RING_OK);
    }
    CHECK_UINT(write_record(0, 99), ATR_RING_FULL);
    CHECK_UINT(world.producer.head, SMALL_BYTES);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(write_record(SMALL_PAYLOAD, 8), ATR_RING_OK);
    CHECK_UINT(write_record(0, 99), ATR_RING_FULL);
    for (unsigned i = 1; i <= 8; i++) {
        CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
        CHECK_UINT(view.payload[0], i);
    }
    CHECK_UINT(read_record(&view), ATR_RING_READ_EMPTY);
}

static void
a_dropped_record_leaves_a_gap_in_the_sequence(void **state)
{
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(write_record(1, 1), ATR_RING_OK);
    atr_ring_skip(&world.ring);
    CHECK_UINT(write_record(SMALL_PAYLOAD + 1, 1), ATR_RING_TOO_LARGE);
    CHECK_UINT(write_record(1, 1), ATR_RING_OK);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(view.sequence, 0);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(view.sequence, 3);
}

static void
too_large_a_record_costs_only_itself(void **state)
{
    static const uint32_t sizes[] = {SMALL_PAYLOAD + 1,       SMALL_BYTES,     ATR_RING_RECORD_MAX,
                                     UINT32_MAX - 16,         UINT32_MAX - 15, UINT32_MAX,
                                     (uint32_t)INT32_MAX + 1U};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_UINT(write_record(sizes[i], 1), ATR_RING_TOO_LARGE);
    }
    CHECK_UINT(world.producer.head, 0);
    CHECK_UINT(write_record(SMALL_PAYLOAD, 1), ATR_RING_OK);
}

static void
a_large_ring_takes_the_largest_record_and_no_larger(void **state)
{
    uint8_t *data = aligned_alloc(ATR_RING_LINE_BYTES, ATR_RING_BYTES_DEFAULT);
    struct atr_ring_slot slot;

    (void)state;
    assert_non_null(data);
    memset(data, 0, ATR_RING_BYTES_DEFAULT);
    atr_ring_init(&world.ring, data, ATR_RING_BYTES_DEFAULT, &world.producer, &world.consumer);
    CHECK_UINT(atr_ring_reserve(&world.ring, ATR_RING_RECORD_MAX - 16, &slot), ATR_RING_OK);
    CHECK_UINT(atr_ring_reserve(&world.ring, ATR_RING_RECORD_MAX - 15, &slot), ATR_RING_TOO_LARGE);
    free(data);
}

static void
a_tail_beyond_head_breaks_the_ring_for_good(void **state)
{
    static const uint64_t tails[] = {
        33, 48, SMALL_BYTES, UINT64_MAX, UINT64_MAX - 15, (uint64_t)INT64_MAX + 1};

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        (void)fresh_ring(state);
        CHECK_UINT(write_record(1, 1), ATR_RING_OK);
        set_tail(tails[i]);
        CHECK_UINT(write_record(1, 1), ATR_RING_BAD_CONSUMER);
        CHECK_UINT(world.producer.broken, 1);
        set_tail(0);
        CHECK_UINT(write_record(1, 1), ATR_RING_BAD_CONSUMER);
        CHECK_UINT(write_record(UINT32_MAX, 1), ATR_RING_BAD_CONSUMER);
        CHECK_UINT(world.producer.head, 32);
        CHECK_UINT(world.ring.sequence, 4);
    }
}

static void
a_tail_that_goes_back_breaks_the_ring(void **state)
{
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(write_record(1, 1), ATR_RING_OK);
    CHECK_UINT(read_record(&view), ATR_RING_READ_RECORD);
    CHECK_UINT(write_record(1, 1), ATR_RING_OK); /* has seen the tail at 32 */
    set_tail(31);
    CHECK_UINT(write_record(1, 1), ATR_RING_BAD_CONSUMER);
}

static void
a_crooked_tail_makes_no_crooked_record(void **state)
{
    struct atr_ring_slot slot;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        CHECK_UINT(write_record(SMALL_PAYLOAD, 1), ATR_RING_OK);
    }
    set_tail(7); /* inside the first record, never given out by a reader */
    CHECK_UINT(atr_ring_reserve(&world.ring, 0, &slot), ATR_RING_FULL);
    set_tail(SMALL_RECORD + 1);
    CHECK_UINT(atr_ring_reserve(&world.ring, SMALL_PAYLOAD, &slot), ATR_RING_OK);
    CHECK_UINT((uintptr_t)slot.payload % ATR_RING_ALIGN, 0);
}

static void
a_head_that_cannot_be_is_damage(void **state)
{
    static const uint64_t heads[] = {1, 15, SMALL_BYTES + 16, UINT64_MAX, UINT64_MAX - 15};
    struct atr_ring_view view;

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        atomic_store(&world.producer.head, heads[i]);
        CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_DAMAGED);
    }
}

static void
a_header_that_cannot_be_is_damage(void **state)
{
    static const struct {
        uint32_t size_bytes;
        uint32_t state;
    } headers[] = {
        {32, 0},
        {32, 4},
        {32, UINT32_MAX},
        {0, ATR_RING_READY},
        {0, ATR_RING_PAD},
        {15, ATR_RING_READY},
        {33, ATR_RING_READY},
        {48, ATR_RING_READY}, /* beyond head */
        {SMALL_RECORD + 16, ATR_RING_READY},
        {UINT32_MAX - 15, ATR_RING_READY},
        {32, ATR_RING_PAD}, /* not the end of the ring */
    };
    struct atr_ring_header *header = (struct atr_ring_header *)(void *)world.data;
    struct atr_ring_view view;

    (void)state;
    CHECK_UINT(write_record(1, 1), ATR_RING_OK);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        header->size_bytes = headers[i].size_bytes;
        atomic_store(&header->state, headers[i].state);
        CHECK_UINT(atr_ring_read(&world.reader, &view), ATR_RING_READ_DAMAGED);
    }
    atr_ring_release(&world.reader);
    CHECK_UINT(world.consumer.tail, 0); /* damage gives no room back */
}

static void
reading_ends_whatever_the_ring_holds(void **state)
{
    struct test_random random = {2};
    struct atr_ring_view view;

    for (unsigned i = 0; i < 20000; i++) {
        (void)fresh_ring(state);
        test_random_fill(&random, world.data, sizeof(world.data));
        for (size_t at = 0; at < SMALL_BYTES; at += 16) {
            world.data[at] &= 0xf0;
            memset(world.data + at + 1, 0, 3);
            memset(world.data + at + 5, 0, 3);
            world.data[at + 4] &= 3;
        }
        atomic_store(&world.producer.head, test_random_below(&random, SMALL_BYTES + 1) & ~15U);
        for (unsigned reads = 0; read_record(&view) == ATR_RING_READ_RECORD; reads++) {
            assert_true(reads <= SMALL_BYTES / 16);
            assert_true(view.payload >= world.data + 16);
            assert_true(view.payload + view.payload_bytes <= world.data + SMALL_BYTES);
        }
    }
}

int
main(void)
{
#define RING_TEST(test) \
    cmocka_unit_test_setup_teardown(test, fresh_ring, nothing_beside_the_ring_changed)
    const struct CMUnitTest tests[] = {
        RING_TEST(a_new_ring_is_empty),
        RING_TEST(a_record_is_seen_only_when_committed),
        RING_TEST(a_committed_record_waits_for_a_busy_one_before_it),
        RING_TEST(a_record_stays_until_it_is_released),
        RING_TEST(padding_holds_nothing_of_earlier_records),
        RING_TEST(no_record_wraps),
        RING_TEST(a_full_ring_refuses_and_goes_on_after_a_read),
        RING_TEST(a_dropped_record_leaves_a_gap_in_the_sequence),
        RING_TEST(too_large_a_record_costs_only_itself),
        RING_TEST(a_large_ring_takes_the_largest_record_and_no_larger),
        RING_TEST(a_tail_beyond_head_breaks_the_ring_for_good),
        RING_TEST(a_tail_that_goes_back_breaks_the_ring),
        RING_TEST(a_crooked_tail_makes_no_crooked_record),
        RING_TEST(a_head_that_cannot_be_is_damage),
        RING_TEST(a_header_that_cannot_be_is_damage),
        RING_TEST(reading_ends_whatever_the_ring_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
