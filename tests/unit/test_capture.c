/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"
#include "support/records.h"
#include "support/support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MESSAGES_MAX = 16,
    TEXT_MAX = 64
};

/* What came out of an input of messages. */
struct result {
    enum atr_status status;
    struct atr_error error;
    struct atr_capture_report report;
    const char *source;
    unsigned count;
    char payloads[MESSAGES_MAX][TEXT_MAX]; /* as hex, cut */
    size_t sizes[MESSAGES_MAX];
    struct atr_alpc_record last;
    uint32_t flags;
    uint8_t kind;
};

static void
note_event(struct result *result, const struct atr_event *event)
{
    const struct atr_part *payload = atr_event_part_find(event, ATR_PART_PAYLOAD);
    struct atr_text text;

    result->count++;
    CHECK_UINT(event->number, result->count);
    result->kind = event->kind;
    if (payload == NULL || result->count > MESSAGES_MAX) {
        return;
    }
    atr_text_init(&text, atr_heap_default());
    atr_text_bytes(&text, payload->bytes);
    if (text.size_bytes < TEXT_MAX) {
        memcpy(result->payloads[result->count - 1], text.data, text.size_bytes);
    }
    result->sizes[result->count - 1] = payload->bytes.size_bytes;
    result->last = event->as.alpc;
    result->flags = event->flags;
    atr_text_fini(&text);
}

static void
read_with(struct result *result, struct atr_bytes bytes, const struct atr_heap *heap)
{
    struct atr_capture *capture = NULL;
    struct atr_file *file = NULL;
    struct atr_arena arena;
    struct atr_event event = {.arena = &arena};

    *result = (struct result){0};
    atr_arena_init(&arena, *heap, ATR_EVENT_ARENA_BYTES);
    result->status = atr_file_from_memory(&file, bytes, heap);
    if (result->status == ATR_OK) {
        result->status = atr_capture_open_file(&capture, file, heap, &result->error);
    }
    if (result->status == ATR_OK) {
        result->source = atr_capture_source_name(capture);
    }
    while (result->status == ATR_OK) {
        result->status = atr_capture_next(capture, &event, &result->error);
        if (result->status == ATR_OK) {
            note_event(result, &event);
        }
    }
    if (capture != NULL) {
        atr_capture_report(capture, &result->report);
    }
    atr_capture_close(capture);
    atr_arena_fini(&arena);
}

static struct result
read_text(const char *text)
{
    struct atr_heap heap = atr_heap_default();
    struct result result;

    read_with(&result, (struct atr_bytes){(const uint8_t *)text, strlen(text)}, &heap);
    return result;
}

/* Reads text, which has to give those payloads and no complaint. */
static void
check_messages(const char *text, const char *const *payloads, unsigned count)
{
    struct result result = read_text(text);

    CHECK_UINT(result.status, ATR_END);
    assert_string_equal(result.source, "hex text");
    CHECK_UINT(result.count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_string_equal(result.payloads[i], payloads[i]);
    }
    assert_false(result.report.damaged);
    CHECK_UINT(result.report.skipped, 0);
}

static void
an_empty_file_is_told(void **state)
{
    struct result result = read_text("");

    (void)state;
    CHECK_UINT(result.status, ATR_UNSUPPORTED);
    assert_string_equal(
        result.error.text,
        "cannot read memory: it is empty (give one of: trace file, WinDbg log, DTrace log, hex "
        "text)");
}

static void
unknown_content_is_told_with_what_is_understood(void **state)
{
    static const char *const texts[] = {"Dear diary,\n", "\177ELF\1\2", "abc", "{\"a\": 1}"};

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(texts); i++) {
        struct result result = read_text(texts[i]);

        CHECK_UINT(result.status, ATR_UNSUPPORTED);
        assert_string_equal(result.error.text,
                            "cannot read memory: its content is unknown (give one of: trace file, "
                            "WinDbg log, DTrace log, hex text)");
    }
}

static void
packed_files_are_told_what_to_do_with(void **state)
{
    struct result result = read_text("\x1f\x8b\x08");

    (void)state;
    CHECK_UINT(result.status, ATR_UNSUPPORTED);
    assert_string_equal(result.error.text,
                        "cannot read memory: it is packed with gzip (unpack it first)");
}

static void
a_missing_file_is_told(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_capture *capture = NULL;
    struct atr_error error;

    (void)state;
    CHECK_UINT(atr_capture_open(&capture, "/nowhere/x.pcapng", &heap, &error), ATR_IO);
    assert_string_equal(error.text, "cannot open '/nowhere/x.pcapng': no such file");
    assert_null(capture);
    atr_capture_close(NULL);
}

static void
every_source_has_a_name_and_a_summary(void **state)
{
    size_t count = 0;
    const struct atr_capture_ops *const *sources = atr_capture_sources(&count);

    (void)state;
    CHECK_UINT(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(sources[i]->name) > 0);
        assert_true(strlen(sources[i]->summary) > 0);
        CHECK_UINT(sources[i]->probe((struct atr_bytes){(const uint8_t *)"", 0}), 0);
    }
}

static void
logs_are_known_by_their_content(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_capture *capture = NULL;
    char *path = test_source_path("samples/winlogon-logonui.log");

    (void)state;
    CHECK_UINT(atr_capture_open(&capture, path, &heap, NULL), ATR_OK);
    assert_string_equal(atr_capture_source_name(capture), "WinDbg log");
    atr_capture_close(capture);
    free(path);
}

static void
plain_lines_are_a_message_each(void **state)
{
    static const char *const payloads[] = {"05000b03", "0c0d", "ff"};

    (void)state;
    check_messages("05000b03\n# a comment\n0x0c 0x0d\nff", payloads, 3);
    check_messages("\n\n05 00 0b 03\r\n0c,0d\r\nff\r\n\r\n", payloads, 3);
}

static void
blank_lines_part_messages_of_many_lines(void **state)
{
    static const char *const payloads[] = {"05000b03", "0c0d", "ff"};

    (void)state;
    check_messages("0500\n0b03\n\n# second\n0c\n0d\n\n\n\nff\n", payloads, 3);
}

static void
dumps_are_messages(void **state)
{
    static const char *const one[] = {"48656c6c6f"};
    static const char *const two[] = {"48656c6c6f", "0102"};

    (void)state;
    check_messages("00000000: 4865 6c6c  Hell\n00000004: 6f    o\n", one, 1);
    check_messages("00000000: 4865 6c6c  Hell\n00000004: 6f    o\n\n"
                   "00000000  01 02   |..|\n00000002\n",
                   two, 2);
}

static void
hex_saved_as_utf16_is_read(void **state)
{
    static const uint8_t text[] = {0xff, 0xfe, '0', 0,    '5', 0,   '0', 0,   'b',
                                   0,    '\r', 0,   '\n', 0,   '0', 0,   'c', 0};
    struct atr_heap heap = atr_heap_default();
    struct result result;

    (void)state;
    read_with(&result, (struct atr_bytes){text, sizeof(text)}, &heap);
    CHECK_UINT(result.status, ATR_END);
    CHECK_UINT(result.count, 2);
    assert_string_equal(result.payloads[0], "050b");
    assert_string_equal(result.payloads[1], "0c");
}

static void
a_message_from_hex_claims_no_more_than_is_known(void **state)
{
    struct result result = read_text("05000b03");

    (void)state;
    CHECK_UINT(result.kind, ATR_RECORD_ENTER);
    CHECK_UINT(result.flags, ATR_RECORD_FROM_LOG | ATR_RECORD_NO_HEADER | ATR_RECORD_TIME_UNKNOWN);
    CHECK_UINT(result.last.pid, ATR_UNKNOWN_U32);
    CHECK_UINT(result.last.tid, ATR_UNKNOWN_U32);
    CHECK_UINT(result.last.handle, ATR_UNKNOWN_U32);
    CHECK_UINT(result.last.operation, ATR_OP_UNKNOWN);
    CHECK_UINT(result.last.message_type, 0);
}

static void
a_message_with_a_typing_error_is_left_out_and_told(void **state)
{
    struct result result = read_text("0500\n0b03\n\n0c\n0x0h\n0d\n\nff\n\naa\n\nbb\n");

    (void)state;
    CHECK_UINT(result.status, ATR_END);
    CHECK_UINT(result.count, 4);
    assert_string_equal(result.payloads[0], "05000b03");
    assert_string_equal(result.payloads[1], "ff");
    assert_true(result.report.damaged);
    CHECK_UINT(result.report.skipped, 1);
    CHECK_UINT(result.report.problem_offset, 14);
    assert_string_equal(result.report.problem.text, "line 5: 'h' is no hex digit");
}

static void
a_message_on_one_long_line_is_read(void **state)
{
    enum {
        BYTES = 65535
    };
    struct atr_heap heap = atr_heap_default();
    uint8_t *text = malloc(2 * (size_t)BYTES);
    struct result result;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', 2 * (size_t)BYTES);
    read_with(&result, (struct atr_bytes){text, 2 * (size_t)BYTES}, &heap);
    CHECK_UINT(result.status, ATR_END);
    CHECK_UINT(result.count, 1);
    CHECK_UINT(result.sizes[0], BYTES);
    free(text);
}

static void
a_message_without_end_is_refused(void **state)
{
    static const char line[] = "00112233445566778899aabbccddeeff\n";

    enum {
        LINES = 70000
    };
    struct atr_heap heap = atr_heap_default();
    struct atr_text text;
    struct result result;

    (void)state;
    atr_text_init(&text, heap);
    atr_text_puts(&text, "00\n\n");
    for (unsigned i = 0; i < LINES; i++) {
        atr_text_puts(&text, line);
    }
    read_with(&result, (struct atr_bytes){(const uint8_t *)text.data, text.size_bytes}, &heap);
    CHECK_UINT(result.status, ATR_END);
    CHECK_UINT(result.count, 1);
    CHECK_UINT(result.report.skipped, 1);
    assert_true(result.report.damaged);
    atr_text_fini(&text);
}

/* The window in which records are sorted is 0.1 s of the trace: the test writes 0.2 s. */
static void
records_come_from_a_pipe_while_their_writer_waits(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_capture *capture = NULL;
    struct atr_arena arena;
    struct atr_event event = {.arena = &arena};
    struct atr_text trace;
    size_t almost_all;
    char path[32];
    int ends[2];

    (void)state;
    test_trace(&trace, 200, NULL);
    almost_all = trace.size_bytes - 1000;
    atr_arena_init(&arena, heap, ATR_EVENT_ARENA_BYTES);
    assert_return_code(pipe(ends), errno);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    assert_true(almost_all <= 65536); /* what a pipe holds */
    CHECK_UINT(write(ends[1], trace.data, almost_all), almost_all);
    CHECK_UINT(atr_capture_open(&capture, path, &heap, NULL), ATR_OK);
    for (unsigned i = 1; i <= 50; i++) {
        CHECK_UINT(atr_capture_next(capture, &event, NULL), ATR_OK);
        CHECK_UINT(event.number, i);
    }
    CHECK_UINT(write(ends[1], trace.data + almost_all, 1000), 1000);
    assert_return_code(close(ends[1]), errno);
    while (atr_capture_next(capture, &event, NULL) == ATR_OK) {
        assert_true(event.number <= 200);
    }
    CHECK_UINT(event.number, 0);
    atr_capture_close(capture);
    assert_return_code(close(ends[0]), errno);
    atr_arena_fini(&arena);
    atr_text_fini(&trace);
}

static void
every_failing_allocation_ends_well(void **state)
{
    static const char text[] = "0500\n0b03\n\n00000000  0c 0d  |..|\n*\n00000010\n";

    (void)state;
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap failing;
        struct result result;

        test_failing_heap_init(&failing, n);
        read_with(&result, (struct atr_bytes){(const uint8_t *)text, sizeof(text) - 1},
                  &failing.heap);
        CHECK_UINT(failing.live_blocks, 0);
        CHECK_UINT(result.status, failing.failed ? ATR_NOMEM : ATR_END);
        if (!failing.failed) {
            CHECK_UINT(result.count, 2);
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_told),
        cmocka_unit_test(unknown_content_is_told_with_what_is_understood),
        cmocka_unit_test(packed_files_are_told_what_to_do_with),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(every_source_has_a_name_and_a_summary),
        cmocka_unit_test(logs_are_known_by_their_content),
        cmocka_unit_test(plain_lines_are_a_message_each),
        cmocka_unit_test(blank_lines_part_messages_of_many_lines),
        cmocka_unit_test(dumps_are_messages),
        cmocka_unit_test(hex_saved_as_utf16_is_read),
        cmocka_unit_test(a_message_from_hex_claims_no_more_than_is_known),
        cmocka_unit_test(a_message_with_a_typing_error_is_left_out_and_told),
        cmocka_unit_test(a_message_on_one_long_line_is_read),
        cmocka_unit_test(a_message_without_end_is_refused),
        cmocka_unit_test(records_come_from_a_pipe_while_their_writer_waits),
        cmocka_unit_test(every_failing_allocation_ends_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
