/* SPDX-License-Identifier: MIT */
#include "store/check.h"

#include "base/attributes.h"
#include "base/endian.h"
#include "store/pcapng.h"
#include "support/records.h"

#include <stdlib.h>
#include <string.h>

static void
check(const struct atr_text *trace, struct atr_check_report *report)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file;

    assert_int_equal(
        atr_file_from_memory(
            &file, (struct atr_bytes){(const uint8_t *)trace->data, trace->size_bytes}, &heap),
        ATR_OK);
    assert_int_equal(atr_check_file(file, &heap, report, NULL), ATR_OK);
    atr_file_close(file);
}

static enum atr_status
repair(const struct atr_text *trace, struct atr_text *out, struct atr_repair_report *report)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_error error;
    struct atr_file *from;
    struct atr_file *to;
    enum atr_status status;

    atr_text_init(out, heap);
    assert_int_equal(
        atr_file_from_memory(
            &from, (struct atr_bytes){(const uint8_t *)trace->data, trace->size_bytes}, &heap),
        ATR_OK);
    assert_int_equal(atr_file_to_memory(&to, out, &heap), ATR_OK);
    status = atr_repair_file(from, to, &heap, report, &error);
    atr_file_close(from);
    atr_file_close(to);
    return status;
}

/* Offset of the first block of that type. */
static size_t
find_block(const struct atr_text *trace, uint32_t type)
{
    const uint8_t *bytes = (const uint8_t *)trace->data;
    size_t at = 0;

    while (atr_get_u32(bytes + at) != type) {
        at += atr_get_u32(bytes + at + 4);
        assert_true(at + 12 <= trace->size_bytes);
    }
    return at;
}

static void
a_fresh_trace_is_sound(void **state)
{
    struct atr_check_report report;
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 5000, NULL);
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_SOUND);
    CHECK_UINT(report.finding_count, 0);
    CHECK_UINT(report.file.packets, 5000);
    CHECK_UINT(report.source_count, 1);
    CHECK_UINT(report.missing_records, 0);
    atr_text_fini(&trace);
}

static void
a_recording_that_was_killed_is_sound_but_not_closed(void **state)
{
    struct atr_check_report report;
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 5000, NULL);
    trace.size_bytes = find_block(&trace, ATR_BLOCK_INDEX);
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_SOUND);
    CHECK_UINT(report.finding_count, 1);
    assert_false(report.findings[0].is_damage);
    assert_string_equal(report.findings[0].text,
                        "the recording was not closed; 0 bytes at the end have no seal");
    atr_text_fini(&trace);
}

static void
a_flipped_bit_in_a_payload_is_found_by_the_seal_alone(void **state)
{
    struct atr_check_report report;
    struct atr_text trace;
    size_t packet;

    (void)state;
    test_trace(&trace, 5000, NULL);
    packet = find_block(&trace, ATR_BLOCK_PACKET);
    trace.data[packet + 80] ^= 4;
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_DAMAGED);
    CHECK_UINT(report.file.bad_seals, 1);
    CHECK_UINT(report.damages, 1);
    CHECK_UINT(report.findings[0].offset, 0);
    assert_non_null(strstr(report.findings[0].text, "checksum differs"));
    CHECK_UINT(report.file.packets, 5000);
    atr_text_fini(&trace);
}

static void
seal_and_index_are_held_to_what_they_count(void **state)
{
    static const struct {
        uint32_t block;
        size_t offset;
        const char *text;
    } rows[] = {
        {ATR_BLOCK_SEAL, 44, "seal counts"},
        {ATR_BLOCK_SEAL, 48, "seal counts"},
        {ATR_BLOCK_SEAL, 16, "seal covers"},
        {ATR_BLOCK_SEAL, 24, "seal covers"},
        {ATR_BLOCK_SEAL, 60, "checksum differs"},
        {ATR_BLOCK_INDEX, 12, "checksum of the index differs"},
        {ATR_BLOCK_INDEX, 36, "index is malformed"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        struct atr_check_report report;
        struct atr_text trace;

        test_trace(&trace, 300, NULL);
        trace.data[find_block(&trace, rows[i].block) + rows[i].offset] ^= 1;
        check(&trace, &report);
        CHECK_UINT(report.verdict, ATR_CHECK_DAMAGED);
        CHECK_UINT(report.finding_count, 1);
        assert_non_null(strstr(report.findings[0].text, rows[i].text));
        atr_text_fini(&trace);
    }
}

/* A writer with its events given by sequence number. */
static void
write_sequences(struct atr_text *out, const uint32_t *sequences, size_t count)
{
    static const struct atr_writer_options none;
    struct atr_heap heap = atr_heap_default();
    struct atr_writer *writer;
    struct atr_arena arena;
    struct atr_event event;
    struct atr_file *file;

    atr_text_init(out, heap);
    atr_arena_init(&arena, heap, 1 << 20);
    assert_int_equal(atr_file_to_memory(&file, out, &heap), ATR_OK);
    assert_int_equal(atr_writer_create(&writer, file, &none, &heap, NULL), ATR_OK);
    for (size_t i = 0; i < count; i++) {
        test_event(&event, &arena, ATR_RECORD_MARK, (uint32_t)i);
        event.sequence = sequences[i];
        assert_int_equal(atr_writer_event(writer, &event), ATR_OK);
    }
    assert_int_equal(atr_writer_finish(writer, NULL), ATR_OK);
    atr_writer_destroy(writer);
    atr_file_close(file);
    atr_arena_fini(&arena);
}

static void
gaps_in_the_sequence_are_told_but_order_does_not_matter(void **state)
{
    static const uint32_t shuffled[] = {7, 5, 6, 4, 8};
    static const uint32_t gap[] = {7, 5, 6, 12};
    static const uint32_t wrapped[] = {UINT32_MAX, 1, UINT32_MAX - 1};
    struct atr_check_report report;
    struct atr_text trace;

    (void)state;
    write_sequences(&trace, shuffled, ATR_COUNT(shuffled));
    check(&trace, &report);
    CHECK_UINT(report.missing_records, 0);
    atr_text_fini(&trace);
    write_sequences(&trace, gap, ATR_COUNT(gap));
    check(&trace, &report);
    CHECK_UINT(report.missing_records, 4);
    CHECK_UINT(report.verdict, ATR_CHECK_SOUND);
    assert_string_equal(report.findings[0].text,
                        "source 11223344: 4 of 8 records are not in the file (lost or filtered "
                        "out)");
    atr_text_fini(&trace);
    write_sequences(&trace, wrapped, ATR_COUNT(wrapped));
    check(&trace, &report);
    CHECK_UINT(report.missing_records, 1);
    atr_text_fini(&trace);
}

static void
files_without_anything_of_ours_are_unreadable(void **state)
{
    static const char text[] = "this is no trace at all, just a line of text";
    struct atr_check_report report;
    struct atr_repair_report repaired;
    struct atr_text trace;
    struct atr_text out;

    (void)state;
    atr_text_init(&trace, atr_heap_default());
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_UNREADABLE);
    atr_text_puts(&trace, text);
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_UNREADABLE);
    CHECK_UINT(report.finding_count, 1);
    assert_int_equal(repair(&trace, &out, &repaired), ATR_UNSUPPORTED);
    atr_text_fini(&out);
    atr_text_fini(&trace);
    test_trace(&trace, 0, NULL);
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_SOUND);
    trace.size_bytes = atr_get_u32((const uint8_t *)trace.data + 4);
    check(&trace, &report);
    CHECK_UINT(report.verdict, ATR_CHECK_UNREADABLE);
    atr_text_fini(&trace);
}

static void
findings_are_bounded_and_the_rest_counted(void **state)
{
    struct atr_check_report report;
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 500, NULL);
    trace.data[atr_get_u32((const uint8_t *)trace.data + 4) + 4] ^= 1; /* first interface */
    check(&trace, &report);
    CHECK_UINT(report.finding_count, ATR_CHECK_FINDINGS_MAX);
    assert_true(report.findings_left_out > 0);
    assert_true(report.damages >= ATR_CHECK_FINDINGS_MAX);
    atr_text_fini(&trace);
}

static void
repair_keeps_every_record_and_gives_a_sound_file(void **state)
{
    struct test_random random = {8};
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 2000, NULL);
    for (unsigned round = 0; round < 50; round++) {
        struct atr_repair_report repaired;
        struct atr_check_report report;
        struct test_read before;
        struct test_read after;
        struct atr_text broken;
        struct atr_text out;

        atr_text_init(&broken, atr_heap_default());
        atr_text_put(&broken, atr_text_view(&trace));
        for (unsigned i = 0; i < 5; i++) {
            size_t at = 400 + test_random_below(&random, (uint32_t)broken.size_bytes - 400);

            broken.data[at] ^= 0x10;
        }
        broken.size_bytes -= test_random_below(&random, 2000);
        test_read(&before, broken.data, broken.size_bytes, NULL);
        assert_int_equal(repair(&broken, &out, &repaired), ATR_OK);
        CHECK_UINT(repaired.copied, before.packets);
        test_read(&after, out.data, out.size_bytes, NULL);
        CHECK_UINT(after.records.size_bytes, before.records.size_bytes);
        assert_memory_equal(after.records.data, before.records.data, before.records.size_bytes);
        for (uint64_t i = 0; i < before.packets; i++) {
            struct test_place a = test_read_place(&before, i);
            struct test_place b = test_read_place(&after, i);

            CHECK_UINT(a.time_ns, b.time_ns);
            CHECK_UINT(a.is_state, b.is_state);
            CHECK_UINT(a.direction, b.direction);
            CHECK_UINT(a.lost_before, b.lost_before);
            CHECK_UINT(a.cut_bytes, b.cut_bytes);
        }
        check(&out, &report);
        CHECK_UINT(report.file.damages, 0);
        CHECK_UINT(report.file.bad_seals, 0);
        assert_true(report.file.is_closed);
        test_read_fini(&before);
        test_read_fini(&after);
        atr_text_fini(&broken);
        atr_text_fini(&out);
    }
    atr_text_fini(&trace);
}

static void
repair_keeps_the_texts_of_the_section(void **state)
{
    const struct atr_writer_options options = {.os = ATR_STR("Windows 10 (17763)"),
                                               .application = ATR_STR("alpctrace 9"),
                                               .filter = ATR_STR("alpc.id > 3")};
    struct atr_repair_report repaired;
    struct atr_text trace;
    struct atr_text out;

    (void)state;
    test_trace(&trace, 2, &options);
    assert_int_equal(repair(&trace, &out, &repaired), ATR_OK);
    CHECK_UINT(out.size_bytes, trace.size_bytes);
    assert_memory_equal(out.data, trace.data, trace.size_bytes);
    atr_text_fini(&trace);
    atr_text_fini(&out);
}

static void
each_allocation_may_fail(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_text trace;

    (void)state;
    test_trace(&trace, 100, NULL);
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap failing;
        struct atr_check_report report;
        struct atr_repair_report repaired;
        struct atr_error error;
        struct atr_file *from;
        struct atr_file *to;
        struct atr_text out;
        enum atr_status status;

        test_failing_heap_init(&failing, n);
        atr_text_init(&out, heap);
        assert_int_equal(
            atr_file_from_memory(
                &from, (struct atr_bytes){(const uint8_t *)trace.data, trace.size_bytes}, &heap),
            ATR_OK);
        assert_int_equal(atr_file_to_memory(&to, &out, &heap), ATR_OK);
        status = atr_check_file(from, &failing.heap, &report, &error);
        if (status == ATR_OK) {
            assert_int_equal(atr_file_seek(from, 0, NULL), ATR_OK);
            status = atr_repair_file(from, to, &failing.heap, &repaired, &error);
        }
        atr_file_close(from);
        atr_file_close(to);
        atr_text_fini(&out);
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            assert_int_equal(status, ATR_OK);
            break;
        }
        assert_int_equal(status, ATR_NOMEM);
    }
    atr_text_fini(&trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_trace_is_sound),
        cmocka_unit_test(a_recording_that_was_killed_is_sound_but_not_closed),
        cmocka_unit_test(a_flipped_bit_in_a_payload_is_found_by_the_seal_alone),
        cmocka_unit_test(seal_and_index_are_held_to_what_they_count),
        cmocka_unit_test(gaps_in_the_sequence_are_told_but_order_does_not_matter),
        cmocka_unit_test(files_without_anything_of_ours_are_unreadable),
        cmocka_unit_test(findings_are_bounded_and_the_rest_counted),
        cmocka_unit_test(repair_keeps_every_record_and_gives_a_sound_file),
        cmocka_unit_test(repair_keeps_the_texts_of_the_section),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
