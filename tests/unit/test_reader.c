/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include "base/attributes.h"
#include "base/endian.h"
#include "store/pcapng.h"
#include "support/records.h"

#include <stdlib.h>
#include <string.h>

/* Builds pcapng bytes of any kind, either byte order, block by block. */
struct builder {
    struct atr_text out;
    bool big;
    size_t block; /* start of the open block */
};

static void
put8(struct builder *b, uint8_t value)
{
    atr_text_putc(&b->out, (char)value);
}

static void
put16(struct builder *b, uint16_t value)
{
    put8(b, (uint8_t)(b->big ? value >> 8 : value & 0xff));
    put8(b, (uint8_t)(b->big ? value & 0xff : value >> 8));
}

static void
put32(struct builder *b, uint32_t value)
{
    put16(b, (uint16_t)(b->big ? value >> 16 : value & 0xffff));
    put16(b, (uint16_t)(b->big ? value & 0xffff : value >> 16));
}

static void
put64(struct builder *b, uint64_t value)
{
    put32(b, (uint32_t)(b->big ? value >> 32 : value & UINT32_MAX));
    put32(b, (uint32_t)(b->big ? value & UINT32_MAX : value >> 32));
}

static void
put_bytes(struct builder *b, const void *bytes, size_t size)
{
    atr_text_put(&b->out, atr_str_make(bytes, size));
}

static void
pad(struct builder *b)
{
    while ((b->out.size_bytes - b->block) % 4 != 0) {
        put8(b, 0);
    }
}

static void
begin(struct builder *b, uint32_t type)
{
    b->block = b->out.size_bytes;
    put32(b, type);
    put32(b, 0);
}

static void
end(struct builder *b)
{
    struct builder length = {.big = b->big};
    uint32_t size;

    pad(b);
    size = (uint32_t)(b->out.size_bytes - b->block) + 4;
    put32(b, size);
    atr_text_init(&length.out, atr_heap_default());
    put32(&length, size);
    memcpy(b->out.data + b->block + 4, length.out.data, 4);
    atr_text_fini(&length.out);
}

static void
option(struct builder *b, uint16_t code, const void *value, uint16_t size)
{
    put16(b, code);
    put16(b, size);
    put_bytes(b, value, size);
    pad(b);
}

static void
section(struct builder *b)
{
    begin(b, ATR_BLOCK_SECTION);
    put32(b, ATR_BYTE_ORDER_MAGIC);
    put16(b, 1);
    put16(b, 0);
    put64(b, UINT64_MAX);
    end(b);
}

/* name may be NULL; resolution 0 leaves the option out. */
static void
interface(struct builder *b, uint16_t link, const char *name, uint8_t resolution, int64_t offset)
{
    begin(b, ATR_BLOCK_INTERFACE);
    put16(b, link);
    put16(b, 0);
    put32(b, 0);
    if (name != NULL) {
        option(b, ATR_OPTION_IF_NAME, name, (uint16_t)strlen(name));
    }
    if (resolution != 0) {
        option(b, ATR_OPTION_IF_TSRESOL, &resolution, 1);
    }
    if (offset != 0) {
        put16(b, ATR_OPTION_IF_TSOFFSET);
        put16(b, 8);
        put64(b, (uint64_t)offset);
    }
    put32(b, 0);
    end(b);
}

static void
packet(struct builder *b, uint32_t number, uint64_t ticks, const void *data, uint32_t size)
{
    begin(b, ATR_BLOCK_PACKET);
    put32(b, number);
    put32(b, (uint32_t)(ticks >> 32));
    put32(b, (uint32_t)(ticks & UINT32_MAX));
    put32(b, size);
    put32(b, size + 5);
    put_bytes(b, data, size);
    pad(b);
    put16(b, ATR_OPTION_PACKET_FLAGS);
    put16(b, 4);
    put32(b, ATR_PACKET_INBOUND);
    put16(b, ATR_OPTION_PACKET_DROPCOUNT);
    put16(b, 8);
    put64(b, 7);
    end(b);
}

/* One mark record behind our tags; its last byte tells it apart. */
static void
our_packet(struct builder *b, uint32_t number, uint64_t ticks, uint8_t mark)
{
    uint8_t data[ATR_TAGS_BYTES + 21] = {0};

    memcpy(data, ATR_TAGS, ATR_TAGS_BYTES);
    memcpy(data + ATR_TAGS_BYTES, "\1\14\20\0", 4);
    data[ATR_TAGS_BYTES + 16] = 1;
    data[ATR_TAGS_BYTES + 20] = mark;
    packet(b, number, ticks, data, sizeof(data));
}

static void
start(struct builder *b, bool big)
{
    *b = (struct builder){.big = big};
    atr_text_init(&b->out, atr_heap_default());
    section(b);
}

static void
read_built(struct test_read *read, struct builder *b)
{
    test_read(read, b->out.data, b->out.size_bytes, NULL);
    atr_text_fini(&b->out);
}

static uint8_t
mark_of(const struct test_read *read, uint64_t number)
{
    struct test_place place = test_read_place(read, number);

    CHECK_UINT(place.record_bytes, 21);
    return (uint8_t)read->records.data[place.record + 20];
}

static void
what_the_writer_wrote_comes_back_byte_for_byte(void **state)
{
    const struct atr_reader_options verify = {.verify = true};
    const struct atr_writer_options options = {.os = ATR_STR("Windows 10"),
                                               .filter = ATR_STR("alpc.id > 3")};
    struct atr_heap heap = atr_heap_default();
    struct atr_text expected;
    struct atr_text trace;
    struct atr_arena arena;
    struct atr_event event;
    struct test_read read;

    (void)state;
    atr_text_init(&expected, heap);
    atr_arena_init(&arena, heap, 1 << 20);
    for (uint32_t i = 0; i < 20000; i++) {
        test_event(&event, &arena, test_kinds[i % (TEST_KINDS - 1)], i);
        test_record(&expected, &event);
    }
    test_trace(&trace, 20000, &options);
    test_read(&read, trace.data, trace.size_bytes, &verify);
    CHECK_UINT(read.packets, 20000);
    CHECK_UINT(read.records.size_bytes, expected.size_bytes);
    assert_memory_equal(read.records.data, expected.data, expected.size_bytes);
    for (uint64_t i = 0; i < read.packets; i++) {
        CHECK_UINT(test_read_place(&read, i).time_ns, TEST_TIME_NS + i * 1000000);
        CHECK_UINT(test_read_place(&read, i).is_state,
                   test_kinds[i % (TEST_KINDS - 1)] < ATR_RECORD_EVENT_MIN);
    }
    assert_false(read.report.damaged);
    assert_true(read.report.is_closed);
    assert_true(read.report.seals > 10);
    CHECK_UINT(read.report.bad_seals, 0);
    CHECK_UINT(read.report.unsealed_bytes, 0);
    CHECK_UINT(read.report.indexes, 1);
    CHECK_UINT(read.report.interfaces, 2);
    CHECK_UINT(read.report.bytes, trace.size_bytes);
    test_read_fini(&read);
    atr_text_fini(&trace);
    atr_text_fini(&expected);
    atr_arena_fini(&arena);
}

static void
big_endian_sections_are_read(void **state)
{
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, true);
    interface(&b, 252, "alpc", 9, 0);
    interface(&b, 252, "alpc-state", 9, 0);
    our_packet(&b, 1, UINT64_C(0x123456789a), 'x');
    read_built(&read, &b);
    assert_false(read.report.damaged);
    CHECK_UINT(read.packets, 1);
    CHECK_UINT(mark_of(&read, 0), 'x');
    CHECK_UINT(test_read_place(&read, 0).time_ns, UINT64_C(0x123456789a));
    CHECK_UINT(test_read_place(&read, 0).direction, ATR_PACKET_INBOUND);
    CHECK_UINT(test_read_place(&read, 0).lost_before, 7);
    CHECK_UINT(test_read_place(&read, 0).cut_bytes, 5);
    assert_true(test_read_place(&read, 0).is_state);
    test_read_fini(&read);
}

static void
sections_restart_interfaces_and_may_change_the_byte_order(void **state)
{
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    interface(&b, 1, "eth0", 9, 0);
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 1, 1, 'a');
    b.big = true;
    section(&b);
    interface(&b, 252, "alpc", 3, 0);
    our_packet(&b, 0, 2, 'b');
    b.big = false;
    section(&b);
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 0, 3, 'c');
    read_built(&read, &b);
    assert_false(read.report.damaged);
    CHECK_UINT(read.report.sections, 3);
    CHECK_UINT(read.packets, 3);
    CHECK_UINT(mark_of(&read, 0), 'a');
    CHECK_UINT(mark_of(&read, 1), 'b');
    CHECK_UINT(test_read_place(&read, 1).time_ns, 2000000);
    CHECK_UINT(mark_of(&read, 2), 'c');
    test_read_fini(&read);
}

static void
two_traces_one_behind_the_other_are_one_input(void **state)
{
    const struct atr_reader_options verify = {.verify = true};
    struct atr_text trace;
    struct atr_text twice;
    struct test_read read;

    (void)state;
    test_trace(&trace, 500, NULL);
    atr_text_init(&twice, atr_heap_default());
    atr_text_put(&twice, atr_text_view(&trace));
    atr_text_put(&twice, atr_text_view(&trace));
    test_read(&read, twice.data, twice.size_bytes, &verify);
    CHECK_UINT(read.packets, 1000);
    CHECK_UINT(read.report.bad_seals, 0);
    CHECK_UINT(read.report.indexes, 2);
    assert_false(read.report.damaged);
    test_read_fini(&read);
    atr_text_fini(&trace);
    atr_text_fini(&twice);
}

static void
time_stamps_of_any_resolution_become_nanoseconds(void **state)
{
    static const struct {
        uint8_t resolution;
        int64_t offset;
        uint64_t ticks;
        uint64_t time_ns;
    } rows[] = {
        {9, 0, 123, 123},
        {0, 0, 5, 5000}, /* absent: microseconds */
        {6, 0, 5, 5000},
        {7, 0, 5, 500},
        {1, 0, 5, 500000000},
        {12, 0, 5999, 5},
        {127, 0, UINT64_MAX, 0},
        {28, 0, UINT64_MAX, 1},
        {9, 1, 5, 1000000005},
        {9, -1, 1000000005, 5},
        {9, -2, 1000000005, 0},
        {9, INT64_MAX, 5, UINT64_MAX},
        {9, INT64_MIN, 5, 0},
        {1, 0, UINT64_MAX, UINT64_MAX},
        {0x80, 0, 3, 3000000000},
        {0x81, 0, 3, 1500000000},
        {0x94, 0, 1 << 20, 1000000000},
        {0xa0, 0, UINT64_C(0x180000000), 1500000000},
        {0xbf, 0, UINT64_C(1) << 63, 1000000000},
        {0xc0, 0, UINT64_C(1) << 63, 500000000},
        {0xc8, 0, UINT64_C(1) << 63, 1953125},
        {0xff, 0, UINT64_MAX, 0},
    };
    struct test_read read;
    struct builder b;

    (void)state;
    start(&b, false);
    for (uint32_t i = 0; i < ATR_COUNT(rows); i++) {
        interface(&b, 252, "alpc", rows[i].resolution, rows[i].offset);
        our_packet(&b, i, rows[i].ticks, (uint8_t)i);
    }
    read_built(&read, &b);
    CHECK_UINT(read.packets, ATR_COUNT(rows));
    for (uint32_t i = 0; i < ATR_COUNT(rows); i++) {
        CHECK_UINT(test_read_place(&read, i).time_ns, rows[i].time_ns);
    }
    test_read_fini(&read);
}

static void
other_peoples_packets_and_blocks_are_passed_over_and_counted(void **state)
{
    static const uint8_t other_tags[] = {0, 12, 0, 4, 'h', 't', 't', 'p', 0, 0, 0, 0, 1, 2, 3, 4};
    static const uint8_t our_tags[] = {0, 33,  0,   4,   'A', 'L', 'P', 'C',  0,  12, 0,
                                       8, 'a', 'l', 'p', 'c', 0,   0,   0,    0,  0,  0,
                                       0, 4,   9,   9,   9,   9,   1,   0x10, 16, 0};
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    interface(&b, 1, "eth0", 9, 0);
    interface(&b, 252, NULL, 9, 0);
    interface(&b, 147, "alpc", 9, 0);
    our_packet(&b, 0, 1, 'a'); /* on Ethernet: not ours */
    packet(&b, 1, 2, other_tags, sizeof(other_tags));
    packet(&b, 1, 3, our_tags, sizeof(our_tags));
    packet(&b, 2, 4, "\1\20\20\0bare", 8);
    packet(&b, 1, 5, our_tags, 9);
    begin(&b, ATR_BLOCK_SIMPLE);
    put32(&b, 0);
    end(&b);
    begin(&b, 0x0bad);
    put32(&b, 32473);
    end(&b);
    begin(&b, 0x80000010);
    end(&b);
    read_built(&read, &b);
    assert_false(read.report.damaged);
    CHECK_UINT(read.packets, 2);
    CHECK_UINT(test_read_place(&read, 0).record_bytes, 4);
    CHECK_UINT(test_read_place(&read, 1).record_bytes, 8);
    assert_false(test_read_place(&read, 0).is_state);
    CHECK_UINT(read.report.foreign_packets, 4);
    CHECK_UINT(read.report.other_blocks, 2);
    test_read_fini(&read);
}

static void
large_blocks_of_others_are_skipped_through_the_window(void **state)
{
    uint8_t *bytes = calloc(1, 5 << 20);
    struct builder b;
    struct test_read read;

    (void)state;
    assert_non_null(bytes);
    start(&b, false);
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 0, 1, 'a');
    begin(&b, 0x0bad);
    put_bytes(&b, bytes, 5 << 20);
    end(&b);
    our_packet(&b, 0, 2, 'b');
    read_built(&read, &b);
    assert_false(read.report.damaged);
    CHECK_UINT(read.packets, 2);
    CHECK_UINT(mark_of(&read, 1), 'b');
    CHECK_UINT(read.report.other_blocks, 1);
    test_read_fini(&read);
    free(bytes);
}

/* Packets of a trace that end at or before size. */
static uint64_t
whole_packets(const struct test_read *read, const struct atr_text *trace, size_t size)
{
    uint64_t count = 0;

    while (count < read->packets) {
        uint64_t offset = test_read_place(read, count).file_offset;

        if (offset + atr_get_u32((const uint8_t *)trace->data + offset + 4) > size) {
            break;
        }
        count++;
    }
    return count;
}

static void
a_file_cut_at_any_byte_gives_all_whole_records(void **state)
{
    struct atr_text trace;
    struct test_read whole;

    (void)state;
    test_trace(&trace, 400, NULL);
    assert_true(trace.size_bytes > 4096 + 1000);
    test_read(&whole, trace.data, trace.size_bytes, NULL);
    for (size_t size = trace.size_bytes - 4096; size < trace.size_bytes; size++) {
        uint8_t *guarded = test_guarded(trace.data, size);
        struct test_read read;

        test_read(&read, guarded, size, NULL);
        CHECK_UINT(read.packets, whole_packets(&whole, &trace, size));
        assert_memory_equal(read.records.data, whole.records.data, read.records.size_bytes);
        assert_false(read.report.is_closed);
        if (read.report.damaged) {
            assert_true(read.report.is_cut);
            CHECK_UINT(read.report.damages, 1);
            assert_string_not_equal(read.report.problem, "");
        }
        test_read_fini(&read);
        test_guarded_free(guarded, size);
    }
    test_read_fini(&whole);
    atr_text_fini(&trace);
}

static void
every_prefix_of_a_small_file_is_read_without_a_byte_too_many(void **state)
{
    struct atr_text trace;

    (void)state;
    test_trace(&trace, TEST_KINDS - 1, NULL);
    for (size_t size = 64; size < trace.size_bytes; size++) {
        uint8_t *guarded = test_guarded(trace.data, size);
        struct test_read read;

        test_read(&read, guarded, size, NULL);
        test_read_fini(&read);
        test_guarded_free(guarded, size);
    }
    atr_text_fini(&trace);
}

static void
zeros_at_the_end_are_reported_and_lose_nothing(void **state)
{
    struct atr_text trace;
    struct test_read read;
    size_t size;

    (void)state;
    test_trace(&trace, 100, NULL);
    size = trace.size_bytes;
    atr_text_pad(&trace, '\0', 700000);
    test_read(&read, trace.data, trace.size_bytes, NULL);
    CHECK_UINT(read.packets, 100);
    assert_true(read.report.damaged && read.report.is_cut);
    CHECK_UINT(read.report.problem_offset, size);
    CHECK_UINT(read.report.skipped_bytes, 700000);
    assert_string_equal(read.report.problem,
                        "impossible block length; 700000 bytes at the end are lost");
    test_read_fini(&read);
    atr_text_fini(&trace);
}

static void
reading_goes_on_behind_a_damaged_block(void **state)
{
    struct atr_text trace;
    struct test_read whole;

    (void)state;
    test_trace(&trace, 1000, NULL);
    test_read(&whole, trace.data, trace.size_bytes, NULL);
    for (uint64_t number = 2; number < 1000; number += 37) {
        static const size_t places[] = {0, 4, 5, 6, 7, SIZE_MAX};
        uint64_t offset = test_read_place(&whole, number).file_offset;
        uint8_t *block = (uint8_t *)trace.data + offset;
        uint32_t size = atr_get_u32(block + 4);

        for (size_t i = 0; i < ATR_COUNT(places); i++) {
            size_t at = places[i] == SIZE_MAX ? size - 1 : places[i];
            struct test_read read;

            block[at] ^= 0x41;
            test_read(&read, trace.data, trace.size_bytes, NULL);
            if (at == 0) {
                CHECK_UINT(read.report.other_blocks, 1); /* a type unknown to us */
            } else {
                CHECK_UINT(read.report.damages, 1);
                CHECK_UINT(read.report.problem_offset, offset);
                CHECK_UINT(read.report.skipped_bytes, size);
                assert_false(read.report.is_cut);
            }
            CHECK_UINT(read.packets, 999);
            assert_true(read.report.is_closed);
            block[at] ^= 0x41;
            test_read_fini(&read);
        }
    }
    test_read_fini(&whole);
    atr_text_fini(&trace);
}

static void
an_interface_block_that_is_too_short_keeps_its_number(void **state)
{
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    interface(&b, 252, "alpc", 3, 0);
    begin(&b, ATR_BLOCK_INTERFACE);
    end(&b);
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 1, 5, 'a');
    our_packet(&b, 2, 5, 'b');
    read_built(&read, &b);
    assert_true(read.report.damaged);
    CHECK_UINT(read.packets, 2);
    CHECK_UINT(test_read_place(&read, 0).time_ns, 5000000);
    CHECK_UINT(test_read_place(&read, 1).time_ns, 5);
    test_read_fini(&read);
}

static void
of_repeated_options_the_first_counts(void **state)
{
    static const uint8_t resolutions[] = {3, 9};
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    begin(&b, ATR_BLOCK_INTERFACE);
    put16(&b, 252);
    put16(&b, 0);
    put32(&b, 0);
    option(&b, ATR_OPTION_IF_TSRESOL, &resolutions[0], 1);
    option(&b, ATR_OPTION_IF_TSRESOL, &resolutions[1], 1);
    end(&b);
    begin(&b, ATR_BLOCK_INTERFACE);
    put16(&b, 252);
    put16(&b, 0);
    put32(&b, 0);
    option(&b, ATR_OPTION_IF_TSRESOL, resolutions, 2); /* a wrong length: as if absent */
    end(&b);
    our_packet(&b, 0, 5, 'a');
    our_packet(&b, 1, 5, 'b');
    read_built(&read, &b);
    CHECK_UINT(test_read_place(&read, 0).time_ns, 5000000);
    CHECK_UINT(test_read_place(&read, 1).time_ns, 5000);
    test_read_fini(&read);
}

static void
a_section_of_another_version_is_passed_over(void **state)
{
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    b.out.data[12] = 2;
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 0, 5, 'a');
    section(&b);
    interface(&b, 252, "alpc", 9, 0);
    our_packet(&b, 0, 5, 'b');
    read_built(&read, &b);
    assert_true(read.report.damaged);
    CHECK_UINT(read.packets, 1);
    CHECK_UINT(mark_of(&read, 0), 'b');
    test_read_fini(&read);
}

static void
packets_whose_interface_was_lost_are_still_ours(void **state)
{
    struct atr_text trace;
    struct test_read read;

    (void)state;
    test_trace(&trace, 100, NULL);
    trace.data[atr_get_u32((const uint8_t *)trace.data + 4) + 4] ^= 1; /* first interface */
    test_read(&read, trace.data, trace.size_bytes, NULL);
    CHECK_UINT(read.packets, 100);
    assert_true(read.report.damaged);
    CHECK_UINT(test_read_place(&read, 99).time_ns, TEST_TIME_NS + 99000000);
    test_read_fini(&read);
    atr_text_fini(&trace);
}

static void
the_seal_names_the_chunk_of_a_flipped_bit(void **state)
{
    const struct atr_reader_options verify = {.verify = true};
    struct test_random random = {6};
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 300, NULL);
    for (unsigned i = 0; i < 3000; i++) {
        uint32_t bit = test_random_below(&random, (uint32_t)(8 * trace.size_bytes));
        struct test_read read;

        if (bit / 8 < 64 || bit / 8 >= trace.size_bytes - 400) {
            continue; /* the section header opens the file; seal and index are not sealed */
        }
        trace.data[bit / 8] = (char)((uint8_t)trace.data[bit / 8] ^ 1u << bit % 8);
        test_read(&read, trace.data, trace.size_bytes, &verify);
        assert_true(read.report.damaged);
        CHECK_UINT(read.report.bad_seals, 1);
        assert_true(read.packets >= 298);
        trace.data[bit / 8] = (char)((uint8_t)trace.data[bit / 8] ^ 1u << bit % 8);
        test_read_fini(&read);
    }
    atr_text_fini(&trace);
}

static void
noise_in_a_file_never_does_harm(void **state)
{
    const struct atr_reader_options verify = {.verify = true};
    struct test_random random = {7};
    struct atr_text trace;
    uint8_t *copy;

    (void)state;
    test_trace(&trace, 100, NULL);
    copy = malloc(trace.size_bytes);
    assert_non_null(copy);
    for (unsigned i = 0; i < 2000; i++) {
        struct test_read read;

        memcpy(copy, trace.data, trace.size_bytes);
        for (unsigned flips = 0; flips < 20; flips++) {
            copy[64 + test_random_below(&random, (uint32_t)trace.size_bytes - 64)] =
                (uint8_t)(test_random_u32(&random) & 0xff);
        }
        test_read(&read, copy, trace.size_bytes, &verify);
        test_read_fini(&read);
    }
    free(copy);
    atr_text_fini(&trace);
}

/* The worst for a search: every 4 bytes look like a block of a mebibyte. */
static void
a_search_through_false_blocks_takes_linear_time(void **state)
{
    const size_t size = 16 << 20;
    struct builder b;
    struct test_read read;

    (void)state;
    start(&b, false);
    interface(&b, 252, "alpc", 9, 0);
    put32(&b, 7);
    for (size_t i = 0; i < size; i += 8) {
        put32(&b, ATR_BLOCK_PACKET);
        put32(&b, ATR_BLOCK_BYTES_MAX);
    }
    our_packet(&b, 0, 1, 'z');
    read_built(&read, &b);
    CHECK_UINT(read.packets, 1);
    CHECK_UINT(mark_of(&read, 0), 'z');
    test_read_fini(&read);
}

static void
what_is_no_section_is_refused(void **state)
{
    static const char *const inputs[] = {
        "", "\n\r\r\n", "hello, this is a text that is long enough for a header",
        "\n\r\r\n\34\0\0\0\0\0\0\0................................"};
    struct atr_heap heap = atr_heap_default();

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(inputs); i++) {
        struct atr_bytes head = {(const uint8_t *)inputs[i], i == 3 ? 40 : strlen(inputs[i])};
        struct atr_error error;
        struct atr_reader *reader;
        struct atr_file *file;

        assert_int_equal(atr_file_from_memory(&file, head, &heap), ATR_OK);
        CHECK_UINT(atr_reader_probe(head), 0);
        assert_int_equal(atr_reader_open(&reader, file, head, NULL, &heap, &error),
                         ATR_UNSUPPORTED);
        atr_file_close(file);
    }
}

static void
our_files_are_told_from_other_pcapng_files(void **state)
{
    struct atr_text trace;
    struct builder b;

    (void)state;
    test_trace(&trace, 1, NULL);
    CHECK_UINT(atr_reader_probe((struct atr_bytes){(const uint8_t *)trace.data, trace.size_bytes}),
               100);
    start(&b, true);
    interface(&b, 1, "eth0", 9, 0);
    CHECK_UINT(atr_reader_probe((struct atr_bytes){(const uint8_t *)b.out.data, b.out.size_bytes}),
               50);
    atr_text_fini(&b.out);
    atr_text_fini(&trace);
}

static void
texts_of_the_first_section_are_kept(void **state)
{
    const struct atr_writer_options options = {.os = ATR_STR("Windows 10 (17763)"),
                                               .hardware = ATR_STR("x64"),
                                               .application = ATR_STR("alpctrace 9"),
                                               .filter = ATR_STR("alpc.id > 3")};
    struct atr_heap heap = atr_heap_default();
    const struct atr_section_texts *texts;
    struct atr_reader *reader;
    struct atr_packet first;
    struct atr_file *file;
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 2, &options);

    const struct atr_bytes all = {(const uint8_t *)trace.data, trace.size_bytes};
    const struct atr_bytes nothing = {NULL, 0};

    assert_int_equal(atr_file_from_memory(&file, nothing, &heap), ATR_OK);
    assert_int_equal(atr_reader_open(&reader, file, all, NULL, &heap, NULL), ATR_OK);
    assert_int_equal(atr_reader_next(reader, &first, NULL), ATR_OK);
    texts = atr_reader_texts(reader);
    CHECK_STR(texts->os, "Windows 10 (17763)");
    CHECK_STR(texts->hardware, "x64");
    CHECK_STR(texts->application, "alpctrace 9");
    CHECK_STR(texts->filter, "alpc.id > 3");
    atr_reader_close(reader);
    atr_file_close(file);
    atr_text_fini(&trace);
}

static void
each_allocation_may_fail(void **state)
{
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 100, NULL);
    for (uint64_t n = 1;; n++) {
        const struct atr_bytes all = {(const uint8_t *)trace.data, trace.size_bytes};
        struct test_failing_heap failing;
        struct atr_reader *reader = NULL;
        struct atr_file *file = NULL;
        struct atr_packet one;
        enum atr_status status;

        test_failing_heap_init(&failing, n);
        status = atr_file_from_memory(&file, all, &failing.heap);
        if (status == ATR_OK) {
            status = atr_reader_open(&reader, file, (struct atr_bytes){all.data, 40}, NULL,
                                     &failing.heap, NULL);
        }
        assert_true(status == ATR_OK || status == ATR_NOMEM);
        while (status == ATR_OK) {
            status = atr_reader_next(reader, &one, NULL);
        }
        atr_reader_close(reader);
        atr_file_close(file);
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            assert_int_equal(status, ATR_END);
            break;
        }
    }
    atr_text_fini(&trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_writer_wrote_comes_back_byte_for_byte),
        cmocka_unit_test(big_endian_sections_are_read),
        cmocka_unit_test(sections_restart_interfaces_and_may_change_the_byte_order),
        cmocka_unit_test(two_traces_one_behind_the_other_are_one_input),
        cmocka_unit_test(time_stamps_of_any_resolution_become_nanoseconds),
        cmocka_unit_test(other_peoples_packets_and_blocks_are_passed_over_and_counted),
        cmocka_unit_test(large_blocks_of_others_are_skipped_through_the_window),
        cmocka_unit_test(a_file_cut_at_any_byte_gives_all_whole_records),
        cmocka_unit_test(every_prefix_of_a_small_file_is_read_without_a_byte_too_many),
        cmocka_unit_test(zeros_at_the_end_are_reported_and_lose_nothing),
        cmocka_unit_test(reading_goes_on_behind_a_damaged_block),
        cmocka_unit_test(an_interface_block_that_is_too_short_keeps_its_number),
        cmocka_unit_test(of_repeated_options_the_first_counts),
        cmocka_unit_test(a_section_of_another_version_is_passed_over),
        cmocka_unit_test(packets_whose_interface_was_lost_are_still_ours),
        cmocka_unit_test(the_seal_names_the_chunk_of_a_flipped_bit),
        cmocka_unit_test(noise_in_a_file_never_does_harm),
        cmocka_unit_test(a_search_through_false_blocks_takes_linear_time),
        cmocka_unit_test(what_is_no_section_is_refused),
        cmocka_unit_test(our_files_are_told_from_other_pcapng_files),
        cmocka_unit_test(texts_of_the_first_section_are_kept),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
