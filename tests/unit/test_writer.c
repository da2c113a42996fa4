/* SPDX-License-Identifier: MIT */
#include "store/writer.h"

#include "base/attributes.h"
#include "base/crc32c.h"
#include "base/endian.h"
#include "event/record.h"
#include "store/seal.h"
#include "support/records.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A writer into memory. */
struct desk {
    struct atr_heap heap;
    struct atr_text out;
    struct atr_file *file;
    struct atr_writer *writer;
    struct atr_arena arena;
    struct atr_event event;
};

static void
open_desk(struct desk *desk, const struct atr_writer_options *options)
{
    static const struct atr_writer_options none;

    desk->heap = atr_heap_default();
    atr_text_init(&desk->out, desk->heap);
    atr_arena_init(&desk->arena, desk->heap, 1 << 20);
    assert_int_equal(atr_file_to_memory(&desk->file, &desk->out, &desk->heap), ATR_OK);
    assert_int_equal(atr_writer_create(&desk->writer, desk->file, options == NULL ? &none : options,
                                       &desk->heap, NULL),
                     ATR_OK);
}

static void
close_desk(struct desk *desk)
{
    atr_writer_destroy(desk->writer);
    atr_file_close(desk->file);
    atr_arena_fini(&desk->arena);
    atr_text_fini(&desk->out);
}

static const uint8_t *
out_bytes(const struct desk *desk)
{
    return (const uint8_t *)desk->out.data;
}

static void
put(struct desk *desk, uint8_t kind, uint32_t number)
{
    test_event(&desk->event, &desk->arena, kind, number);
    assert_int_equal(atr_writer_event(desk->writer, &desk->event), ATR_OK);
}

/* The next block of that type from *at on; its offset. *at moves behind it. */
static size_t
find_block(const struct desk *desk, uint32_t type, size_t *at)
{
    const uint8_t *bytes = out_bytes(desk);

    while (*at < desk->out.size_bytes) {
        size_t here = *at;
        uint32_t size = atr_get_u32(bytes + here + 4);

        assert_true(size % 4 == 0 && size >= 12 && size <= desk->out.size_bytes - here);
        CHECK_UINT(atr_get_u32(bytes + here + size - 4), size);
        *at += size;
        if (atr_get_u32(bytes + here) == type) {
            return here;
        }
    }
    return SIZE_MAX;
}

static size_t
count_blocks(const struct desk *desk, uint32_t type)
{
    size_t count = 0;
    size_t at = 0;

    while (find_block(desk, type, &at) != SIZE_MAX) {
        count++;
    }
    return count;
}

/* Section 8 of docs/format.md, byte for byte. */
static void
the_example_of_the_format_page_is_what_we_write(void **state)
{
    static const char hex[] = "06000000 60000000 01000000 FE9C9717 00002A36 3E000000 3E000000"
                              "000C0004616C706300210008414C50430000000000000000"
                              "01071000 44332211 01000000 00000000 07000000"
                              "0E000000 5C52504320436F6E74726F6C5C78 0000 60000000";
    uint8_t *expected;
    size_t size;
    size_t at = 0;
    size_t block;
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    test_event(&desk.event, &desk.arena, ATR_RECORD_STRING, 1);
    desk.event.as.string.string_id = 7;
    desk.event.time_ns = TEST_TIME_NS;
    assert_int_equal(atr_writer_event(desk.writer, &desk.event), ATR_OK);
    assert_int_equal(atr_writer_flush(desk.writer), ATR_OK);
    block = find_block(&desk, ATR_BLOCK_PACKET, &at);
    test_hex(hex, sizeof(hex) - 1, &expected, &size);
    CHECK_UINT(at - block, size);
    assert_memory_equal(out_bytes(&desk) + block, expected, size);
    free(expected);
    close_desk(&desk);
}

static void
direction_and_losses_are_packet_options(void **state)
{
    struct test_read read;
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    put(&desk, ATR_RECORD_ENTER, 1);
    test_event(&desk.event, &desk.arena, ATR_RECORD_EXIT, 2);
    desk.event.lost_before = UINT64_C(0x123456789);
    assert_int_equal(atr_writer_event(desk.writer, &desk.event), ATR_OK);
    put(&desk, ATR_RECORD_PROCESS, 3);
    put(&desk, ATR_RECORD_DROPS, 4);
    test_event(&desk.event, &desk.arena, ATR_RECORD_ENTER, 5);
    desk.event.part_count = 0;
    desk.event.as.alpc.total_length = 0;
    assert_int_equal(atr_writer_event(desk.writer, &desk.event), ATR_OK);
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    test_read(&read, desk.out.data, desk.out.size_bytes, NULL);
    CHECK_UINT(read.packets, 5);
    CHECK_UINT(test_read_place(&read, 0).direction, ATR_PACKET_OUTBOUND);
    CHECK_UINT(test_read_place(&read, 1).direction, ATR_PACKET_INBOUND);
    CHECK_UINT(test_read_place(&read, 1).lost_before, UINT64_C(0x123456789));
    CHECK_UINT(test_read_place(&read, 2).direction, ATR_PACKET_NO_DIRECTION);
    assert_true(test_read_place(&read, 2).is_state);
    CHECK_UINT(test_read_place(&read, 4).direction, ATR_PACKET_NO_DIRECTION);
    CHECK_UINT(read.report.lost, UINT64_C(0x123456789) + 12); /* filtered ones are no loss */
    test_read_fini(&read);
    close_desk(&desk);
}

static void
seals_chain_and_cover_every_byte_but_themselves(void **state)
{
    struct test_random random = {1};
    uint64_t previous = 0;
    uint64_t covered = 0;
    uint64_t events = 0;
    uint64_t states = 0;
    size_t at = 0;
    size_t block;
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    for (uint32_t i = 0; i < 30000; i++) {
        put(&desk, test_kinds[test_random_below(&random, TEST_KINDS)], i);
    }
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    while ((block = find_block(&desk, ATR_BLOCK_SEAL, &at)) != SIZE_MAX) {
        struct atr_seal seal;

        CHECK_UINT(at - block, ATR_SEAL_BYTES);
        assert_int_equal(
            atr_seal_parse((struct atr_bytes){out_bytes(&desk) + block + 8, 68}, &seal), ATR_OK);
        CHECK_UINT(seal.previous_seal, previous);
        CHECK_UINT(seal.offset, covered);
        CHECK_UINT(seal.size_bytes, block - covered);
        CHECK_UINT(seal.crc32c, atr_crc32c(0, out_bytes(&desk) + covered, block - covered));
        assert_true(seal.size_bytes <= 1 << 20);
        assert_true(seal.last_ns - seal.first_ns < UINT64_C(1100000000)); /* states lag */
        previous = block;
        covered = at;
        events += seal.events;
        states += seal.states;
    }
    CHECK_UINT(events + states, 30000);
    assert_true(previous > 0 && states > 0);
    CHECK_UINT(count_blocks(&desk, ATR_BLOCK_INDEX), 1);
    CHECK_UINT(covered + atr_get_u32(out_bytes(&desk) + covered + 4), desk.out.size_bytes);
    close_desk(&desk);
}

static void
a_seal_comes_after_a_second_of_events_whatever_state_says(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    put(&desk, ATR_RECORD_ENTER, 0);
    put(&desk, ATR_RECORD_ENTER, 999);
    put(&desk, ATR_RECORD_PROCESS, 5000);
    CHECK_UINT(desk.out.size_bytes, 0);
    put(&desk, ATR_RECORD_ENTER, 1000);
    CHECK_UINT(count_blocks(&desk, ATR_BLOCK_SEAL), 1);
    CHECK_UINT(count_blocks(&desk, ATR_BLOCK_PACKET), 3);
    close_desk(&desk);
}

static void
statistics_come_every_ten_seconds_and_at_the_end(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    for (uint32_t i = 0; i < 25; i++) {
        put(&desk, ATR_RECORD_ENTER, 1000 * i);
    }
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    CHECK_UINT(count_blocks(&desk, ATR_BLOCK_STATISTICS), 2 * 3);
    close_desk(&desk);
}

static void
the_last_length_of_the_file_leads_to_the_index(void **state)
{
    const struct atr_writer_options options = {.application = ATR_STR("alpctrace 9.9")};
    struct atr_index_summary summary;
    const uint8_t *end;
    uint32_t size;
    struct desk desk;

    (void)state;
    open_desk(&desk, &options);
    for (uint32_t i = 0; i < 5000; i++) {
        put(&desk, test_kinds[i % TEST_KINDS], i);
    }
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    end = out_bytes(&desk) + desk.out.size_bytes;
    size = atr_get_u32(end - 4);
    CHECK_UINT(atr_get_u32(end - size), ATR_BLOCK_INDEX);
    assert_int_equal(
        atr_index_parse((struct atr_bytes){end - size + 8, size - ATR_BLOCK_FRAME_BYTES}, &summary),
        ATR_OK);
    assert_true(summary.crc_ok);
    CHECK_UINT(summary.totals.events + summary.totals.states, 5000);
    CHECK_UINT(summary.totals.first_ns, TEST_TIME_NS);
    CHECK_UINT(summary.totals.last_ns, TEST_TIME_NS + UINT64_C(4999000000));
    CHECK_UINT(summary.totals.index_offset, desk.out.size_bytes - size);
    CHECK_UINT(summary.end + ATR_SEAL_BYTES, summary.totals.index_offset);
    CHECK_UINT(summary.chunks, count_blocks(&desk, ATR_BLOCK_SEAL));
    CHECK_STR(summary.tool, "alpctrace 9.9");
    close_desk(&desk);
}

static void
more_chunks_than_the_index_holds_are_merged(void **state)
{
    struct atr_index_summary summary;
    const uint8_t *end;
    uint32_t size;
    struct desk desk;

    (void)state;
    open_desk(&desk, NULL);
    for (uint32_t i = 0; i < ATR_INDEX_CHUNKS_MAX + 100; i++) {
        put(&desk, i % 3 == 0 ? ATR_RECORD_MARK : ATR_RECORD_ETW_ALPC, i);
        assert_int_equal(atr_writer_flush(desk.writer), ATR_OK);
    }
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    end = out_bytes(&desk) + desk.out.size_bytes;
    size = atr_get_u32(end - 4);
    assert_int_equal(
        atr_index_parse((struct atr_bytes){end - size + 8, size - ATR_BLOCK_FRAME_BYTES}, &summary),
        ATR_OK);
    assert_true(summary.crc_ok && summary.chunks < ATR_INDEX_CHUNKS_MAX);
    CHECK_UINT(summary.end + ATR_SEAL_BYTES, summary.totals.index_offset);
    close_desk(&desk);
}

static void
coarser_time_stamps_lose_only_what_they_must(void **state)
{
    const struct atr_writer_options options = {.time_digits = 7};
    struct test_read read;
    struct desk desk;

    (void)state;
    open_desk(&desk, &options);
    test_event(&desk.event, &desk.arena, ATR_RECORD_ENTER, 1);
    desk.event.time_ns = TEST_TIME_NS + 123456789;
    assert_int_equal(atr_writer_event(desk.writer, &desk.event), ATR_OK);
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    test_read(&read, desk.out.data, desk.out.size_bytes, NULL);
    CHECK_UINT(test_read_place(&read, 0).time_ns, TEST_TIME_NS + 123456700);
    test_read_fini(&read);
    close_desk(&desk);
}

static void
texts_of_any_length_fit_the_first_blocks(void **state)
{
    const size_t size = 100000;
    char *text = malloc(size);
    struct test_read read;
    struct desk desk;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);

    const struct atr_str all = {text, size};
    const struct atr_writer_options options = {
        .hardware = all, .os = all, .application = all, .filter = all};

    open_desk(&desk, &options);
    put(&desk, ATR_RECORD_ENTER, 1);
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    test_read(&read, desk.out.data, desk.out.size_bytes, NULL);
    CHECK_UINT(read.packets, 1);
    assert_false(read.report.damaged);
    test_read_fini(&read);
    close_desk(&desk);
    free(text);
}

static void
records_no_packet_may_hold_are_refused_and_nothing_else_happens(void **state)
{
    uint8_t *bytes = calloc(1, ATR_PACKET_MAX);
    struct atr_packet packet = {.record = {bytes, 15}};
    struct test_read read;
    struct desk desk;

    (void)state;
    assert_non_null(bytes);
    open_desk(&desk, NULL);
    assert_int_equal(atr_writer_put(desk.writer, &packet), ATR_ARG);
    packet.record.size_bytes = ATR_RECORD_BYTES_MAX + 1;
    assert_int_equal(atr_writer_put(desk.writer, &packet), ATR_ARG);
    packet.record.size_bytes = ATR_RECORD_BYTES_MAX;
    assert_int_equal(atr_writer_put(desk.writer, &packet), ATR_OK);
    packet.record.size_bytes = 16;
    assert_int_equal(atr_writer_put(desk.writer, &packet), ATR_OK);
    CHECK_UINT(atr_writer_records(desk.writer), 2);
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    CHECK_UINT(atr_writer_bytes(desk.writer), desk.out.size_bytes);
    test_read(&read, desk.out.data, desk.out.size_bytes, NULL);
    CHECK_UINT(read.packets, 2);
    test_read_fini(&read);
    close_desk(&desk);
    free(bytes);
}

static void
without_checksum_the_seal_says_so(void **state)
{
    const struct atr_writer_options options = {.without_checksum = true};
    const struct atr_reader_options verify = {.verify = true};
    struct test_read read;
    struct desk desk;

    (void)state;
    open_desk(&desk, &options);
    put(&desk, ATR_RECORD_ENTER, 1);
    assert_int_equal(atr_writer_finish(desk.writer, NULL), ATR_OK);
    test_read(&read, desk.out.data, desk.out.size_bytes, &verify);
    CHECK_UINT(read.report.seals, 1);
    CHECK_UINT(read.report.bad_seals, 0);
    test_read_fini(&read);
    close_desk(&desk);
}

/* The sink's heap fails: that is a file whose disk is full. */
static void
the_first_failed_write_sticks_and_is_told_once(void **state)
{
    struct test_failing_heap full;
    struct atr_heap heap = atr_heap_default();
    const struct atr_writer_options none = {.sync = true};
    struct atr_error error = {ATR_OK, 0, ""};
    struct atr_writer *writer;
    struct atr_arena arena;
    struct atr_event event;
    struct atr_file *file;
    struct atr_text sink;

    (void)state;
    test_failing_heap_init(&full, 1);
    atr_text_init(&sink, full.heap);
    atr_arena_init(&arena, heap, 1 << 20);
    assert_int_equal(atr_file_to_memory(&file, &sink, &heap), ATR_OK);
    assert_int_equal(atr_writer_create(&writer, file, &none, &heap, &error), ATR_OK);
    test_event(&event, &arena, ATR_RECORD_ENTER, 1);
    assert_int_equal(atr_writer_event(writer, &event), ATR_OK);
    assert_int_equal(atr_writer_flush(writer), ATR_NOMEM);
    assert_int_equal(atr_writer_event(writer, &event), ATR_NOMEM);
    assert_int_equal(atr_writer_flush(writer), ATR_NOMEM);
    assert_int_equal(atr_writer_finish(writer, &error), ATR_NOMEM);
    assert_string_not_equal(error.text, "");
    CHECK_UINT(sink.size_bytes, 0);
    atr_writer_destroy(writer);
    atr_file_close(file);
    atr_text_fini(&sink);
    atr_arena_fini(&arena);
}

/* Writes events for ever. */
static void
write_until_killed(const char *path)
{
    static const struct atr_writer_options none;
    struct atr_heap heap = atr_heap_default();
    struct atr_writer *writer;
    struct atr_arena arena;
    struct atr_event event;
    struct atr_file *file;

    atr_arena_init(&arena, heap, 1 << 20);
    if (atr_file_create(&file, path, &heap, NULL) != ATR_OK ||
        atr_writer_create(&writer, file, &none, &heap, NULL) != ATR_OK) {
        _exit(EXIT_FAILURE);
    }
    for (uint32_t i = 0;; i++) {
        test_event(&event, &arena, ATR_RECORD_ENTER, i);
        event.time_ns = TEST_TIME_NS + i * UINT64_C(1000);
        if (atr_writer_event(writer, &event) != ATR_OK) {
            _exit(EXIT_FAILURE);
        }
    }
}

static void
wait_for_size(const char *path, int64_t size)
{
    struct stat info = {.st_size = 0};

    for (unsigned i = 0; i < 10000 && info.st_size < size; i++) {
        (void)usleep(1000);
        (void)stat(path, &info);
    }
    assert_true(info.st_size >= size);
}

static void
a_writer_killed_in_full_flight_loses_only_what_it_had_not_sealed(void **state)
{
    static const char path[] = "test_writer_killed.tmp";
    const struct atr_reader_options verify = {.verify = true};
    struct test_read read;
    uint8_t *bytes;
    size_t size;
    pid_t child;
    int status;

    (void)state;
    (void)unlink(path);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        write_until_killed(path);
    }
    wait_for_size(path, 8 << 20);
    assert_return_code(kill(child, SIGKILL), errno);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    test_read_file(path, &bytes, &size);
    (void)unlink(path);
    test_read(&read, bytes, size, &verify);
    assert_true(!read.report.damaged || read.report.is_cut);
    CHECK_UINT(read.report.bad_seals, 0);
    assert_true(read.report.seals >= 7 && read.packets > 20000);
    for (uint64_t i = 0; i < read.packets; i++) {
        CHECK_UINT(test_read_place(&read, i).time_ns, TEST_TIME_NS + i * 1000);
    }
    test_read_fini(&read);
    free(bytes);
}

static enum atr_status
write_some(const struct atr_heap *heap, struct atr_text *out)
{
    const struct atr_writer_options options = {.filter = ATR_STR("alpc.id > 3")};
    struct atr_writer *writer = NULL;
    struct atr_file *file = NULL;
    struct atr_arena arena;
    struct atr_event event;
    enum atr_status status = atr_file_to_memory(&file, out, heap);

    atr_arena_init(&arena, atr_heap_default(), 1 << 20);
    if (status == ATR_OK) {
        status = atr_writer_create(&writer, file, &options, heap, NULL);
    }
    for (uint32_t i = 0; i < TEST_KINDS && status == ATR_OK; i++) {
        test_event(&event, &arena, test_kinds[i], i);
        status = atr_writer_event(writer, &event);
    }
    if (status == ATR_OK) {
        status = atr_writer_finish(writer, NULL);
    }
    atr_writer_destroy(writer);
    atr_file_close(file);
    atr_arena_fini(&arena);
    return status;
}

static void
each_allocation_may_fail(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap failing;
        struct atr_text out;
        enum atr_status status;

        test_failing_heap_init(&failing, n);
        atr_text_init(&out, failing.heap);
        status = write_some(&failing.heap, &out);
        atr_text_fini(&out);
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            assert_int_equal(status, ATR_OK);
            break;
        }
        assert_int_equal(status, ATR_NOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_format_page_is_what_we_write),
        cmocka_unit_test(direction_and_losses_are_packet_options),
        cmocka_unit_test(seals_chain_and_cover_every_byte_but_themselves),
        cmocka_unit_test(a_seal_comes_after_a_second_of_events_whatever_state_says),
        cmocka_unit_test(statistics_come_every_ten_seconds_and_at_the_end),
        cmocka_unit_test(the_last_length_of_the_file_leads_to_the_index),
        cmocka_unit_test(more_chunks_than_the_index_holds_are_merged),
        cmocka_unit_test(coarser_time_stamps_lose_only_what_they_must),
        cmocka_unit_test(texts_of_any_length_fit_the_first_blocks),
        cmocka_unit_test(records_no_packet_may_hold_are_refused_and_nothing_else_happens),
        cmocka_unit_test(without_checksum_the_seal_says_so),
        cmocka_unit_test(the_first_failed_write_sticks_and_is_told_once),
        cmocka_unit_test(a_writer_killed_in_full_flight_loses_only_what_it_had_not_sealed),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
