/* SPDX-License-Identifier: MIT */
#include "support/event_build.h"
#include "support/json.h"

#include "base/text.h"
#include "base/utf.h"
#include "decode/event_rows.h"
#include "output/printer.h"

#include <string.h>

/* Events on their way to lines: the four printers. */

static const struct test_actor client = {
    .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 4};
static const struct test_actor server = {
    .process_id = 2, .pid = 200, .tid = 201, .handle = 0x10, .port_id = 3, .port_context = 0x5000};

enum {
    SYNC = ATR_ALPC_SYNC_REQUEST
};

static struct test_stage stage;
static struct atr_text shown;
static const struct atr_printer_ops *ops;
static void *printer;

static enum atr_status
keep(void *context, struct atr_str text)
{
    (void)context;
    atr_text_put(&shown, text);
    return shown.status;
}

static void
open_printer(const struct atr_printer_ops *wanted, const struct atr_style *style)
{
    const struct atr_heap heap = atr_heap_default();

    test_stage_open(&stage, NULL);
    stage.want_fields = wanted->wants_fields || style->fields;
    atr_text_init(&shown, heap);
    ops = wanted;
    CHECK_UINT(ops->create(&printer, style, (struct atr_sink){keep, NULL}, &heap), ATR_OK);
}

static void
close_printer(void)
{
    ops->destroy(printer);
    test_stage_close(&stage);
    atr_text_fini(&shown);
}

/* Hands the stage's event to the printer, as the loop does after decoding. */
static void
print(void)
{
    if (stage.want_fields) {
        atr_event_rows_begin(&stage.event);
        atr_event_rows_end(&stage.event);
    }
    CHECK_UINT(ops->event(printer, &stage.event), ATR_OK);
}

static struct atr_str
finish(void)
{
    CHECK_UINT(ops->finish(printer), ATR_OK);
    return atr_text_view(&shown);
}

static bool
has(const char *needle)
{
    return atr_str_find(atr_text_view(&shown), atr_str_from(needle)) < shown.size_bytes;
}

static void
define_world(void)
{
    test_process(&stage, 1, 100, "\\x\\client.exe", ATR_LIFE_SEEN);
    test_process(&stage, 2, 200, "\\x\\server.exe", ATR_LIFE_SEEN);
    test_port(
        &stage,
        &(struct atr_port_record){.port_id = 3, .owner_process_id = 2, .kind = ATR_PORT_CONNECTION},
        "\\RPC Control\\svc");
    test_port(
        &stage,
        &(struct atr_port_record){
            .port_id = 4, .owner_process_id = 1, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
}

static const struct atr_style since_start = {.time = ATR_TIME_SINCE_START, .string_max = 64};

static void
call_named(const struct test_actor *actor, const struct test_message *message, const char *method)
{
    (void)test_request_sent(&stage, actor, message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 1, .opnum = 5});
    stage.event.meaning.method = atr_str_from(method);
    stage.event.meaning.method_grade = ATR_GRADE_BOUND;
    print();
}

static void
a_call_is_one_line_with_its_reply(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 9, 64};

    (void)state;
    open_printer(&atr_call_printer, &since_start);
    define_world();
    test_bind(&stage, &client, 90, 5, 0);
    call_named(&client, &message, "Ask");
    (void)test_request_received(&stage, &server, &client, &message);
    print();
    (void)test_reply_sent(&stage, &server, &message);
    print();
    (void)test_reply_received(&stage, &client, &message, SYNC);
    print();
    CHECK_STR(finish(), "0.000000 client.exe[100.101] -> server.exe[200.201] \\RPC Control\\svc  "
                        "Ask() = ? <3000 us>\n");
    close_printer();
}

static void
what_is_only_inferred_or_guessed_has_its_mark(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 64};

    (void)state;
    open_printer(&atr_call_printer, &since_start);
    define_world();
    for (unsigned grade = ATR_GRADE_GUESS; grade <= ATR_GRADE_INFERRED; grade++) {
        (void)test_request_sent(&stage, &client, &message, SYNC);
        test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 1, .opnum = 5});
        stage.event.meaning.method = ATR_STR("Ask");
        stage.event.meaning.method_grade = (enum atr_grade)grade;
        print();
    }
    (void)finish();
    assert_false(has("Ask("));
    assert_true(has("Ask?("));
    assert_true(has("[interface unknown, opnum 5, CallId 1]"));
    assert_true(has("[no reply seen]"));
    close_printer();
}

static void
undefined_ids_show_as_numbers(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 64};
    struct test_actor actor = client;

    (void)state;
    open_printer(&atr_call_printer, &since_start);
    (void)test_request_sent(&stage, &actor, &message, SYNC);
    print();
    actor.port_id = 0;
    (void)test_request_sent(&stage, &actor, &message, SYNC);
    print();
    actor.handle = ATR_UNKNOWN_U32;
    actor.tid = ATR_UNKNOWN_U32;
    (void)test_request_sent(&stage, &actor, &message, SYNC);
    print();
    CHECK_STR(finish(), "0.000000 [100.101] -> ? port#4  request [no reply seen]\n"
                        "0.001000 [100.101] -> ? handle 0x44  request [no reply seen]\n"
                        "0.002000 [100] -> ? ?  request [no reply seen]\n");
    close_printer();
}

static void
a_reply_after_its_line_left_resumes_it(void **state)
{
    struct test_message message = {.size_bytes = 64};

    (void)state;
    open_printer(&atr_call_printer, &since_start);
    define_world();
    for (uint64_t i = 1; i <= ATR_HELD_LINES_MAX + 1; i++) {
        message.call_id = i;
        call_named(&client, &message, "Ask");
    }
    message.call_id = 1;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    stage.event.meaning.method = ATR_STR("Ask");
    print();
    (void)finish();
    assert_true(has(" <... Ask resumed> = ? <"));
    CHECK_UINT(atr_str_find(atr_text_view(&shown), ATR_STR("Ask() [interface")) <
                   atr_str_find(atr_text_view(&shown), ATR_STR("resumed")),
               true);
    close_printer();
}

static void
a_tree_indents_across_processes(void **state)
{
    const struct test_message outer = {.call_id = 1, .message_id = 4, .callback_id = 9, 64};
    const struct test_message inner = {.call_id = 2, .message_id = 5, .callback_id = 10, 32};
    struct test_actor as_client = server;

    (void)state;
    as_client.port_id = 7;
    open_printer(&atr_tree_printer, &since_start);
    define_world();
    call_named(&client, &outer, "Outer");
    (void)test_request_received(&stage, &server, &client, &outer);
    print();
    call_named(&as_client, &inner, "Inner");
    (void)test_reply_received(&stage, &as_client, &inner, SYNC);
    print();
    (void)test_reply_sent(&stage, &server, &outer);
    print();
    (void)test_reply_received(&stage, &client, &outer, SYNC);
    print();
    (void)finish();
    assert_true(has("0.000000 client.exe"));
    assert_true(has("\n0.002000   server.exe"));
    close_printer();
}

static void
losses_and_marks_stand_where_they_happened(void **state)
{
    static const struct atr_drop_counter counters[] = {{ATR_DROP_RING_FULL, ATR_UNKNOWN_U16, 12},
                                                       {ATR_DROP_FILTERED, ATR_UNKNOWN_U16, 99}};

    (void)state;
    for (unsigned form = 0; form < 3; form++) {
        open_printer(form == 0   ? &atr_call_printer
                     : form == 1 ? &atr_tree_printer
                                 : &atr_event_printer,
                     &since_start);
        test_stage_next(&stage, ATR_RECORD_MARK)->as.mark.text = ATR_STR("here\x1b[2J");
        print();
        test_stage_next(&stage, ATR_RECORD_DROPS)->as.drops =
            (struct atr_drops_record){2, counters};
        print();
        (void)test_request_sent(&stage, &client, &(struct test_message){.size_bytes = 8}, SYNC);
        stage.event.lost_before = 3;
        print();
        (void)finish();
        assert_true(has("-- mark: here\\x1b[2J --\n-- lost 12 events (ring full) --\n"
                        "-- lost 3 events --\n"));
        close_printer();
    }
}

static void
a_failed_connect_says_why(void **state)
{
    (void)state;
    open_printer(&atr_call_printer, &since_start);
    define_world();
    (void)test_stage_next(&stage, ATR_RECORD_ENTER);
    stage.event.as.alpc = (struct atr_alpc_record){.call_id = 1,
                                                   .pid = 100,
                                                   .tid = 101,
                                                   .process_id = 1,
                                                   .port_id = 3,
                                                   .handle = ATR_UNKNOWN_U32,
                                                   .operation = ATR_OP_CONNECT};
    (void)test_stage_apply(&stage);
    print();
    (void)test_stage_next(&stage, ATR_RECORD_EXIT);
    stage.event.as.alpc = (struct atr_alpc_record){.call_id = 1,
                                                   .pid = 100,
                                                   .tid = 101,
                                                   .process_id = 1,
                                                   .port_id = 3,
                                                   .status = 0xc0000041,
                                                   .operation = ATR_OP_CONNECT};
    (void)test_stage_apply(&stage);
    stage.event.meaning.status = ATR_STR("STATUS_PORT_CONNECTION_REFUSED");
    print();
    CHECK_STR(finish(),
              "0.000000 client.exe[100.101] -> server.exe[200] connect \\RPC Control\\svc "
              "= refused STATUS_PORT_CONNECTION_REFUSED <1000 us>\n");
    close_printer();
}

static void
colour_is_all_that_colour_adds(void **state)
{
    struct atr_style style = since_start;
    char plain[512];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        struct atr_str out;
        size_t kept = 0;
        char text[512];

        style.color = round == 1;
        open_printer(&atr_call_printer, &style);
        define_world();
        call_named(&client, &(struct test_message){.call_id = 1, .size_bytes = 64}, "Ask");
        out = finish();
        for (size_t i = 0; i < out.size_bytes; i++) {
            if (out.data[i] == '\x1b') {
                i += atr_str_find(atr_str_skip(out, i), ATR_STR("m"));
            } else {
                text[kept++] = out.data[i];
            }
        }
        text[kept] = '\0';
        assert_true(has("\x1b[") == style.color);
        if (round == 0) {
            (void)memcpy(plain, text, kept + 1);
        }
        assert_string_equal(text, plain);
        close_printer();
    }
}

static const char hostile[] = "evil\n\x1b[2J\x07\xc2\x9b"
                              "31m\xe2\x80\xae\xff\xfe\xed\xa0\x80\"\\";

/* What is no UTF-8 in it replaced. */
static const char hostile_as_utf8[] = "evil\n\x1b[2J\x07\xc2\x9b"
                                      "31m\xe2\x80\xae\xef\xbf\xbd\xef\xbf\xbd"
                                      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\\";

/* A conversation in which every text is hostile. */
static void
act_hostile(void)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 9, 4};
    struct atr_frame_text frame = {.address = 1, .text = atr_str_from(hostile)};

    test_process(&stage, 1, 100, hostile, ATR_LIFE_SEEN);
    test_process(&stage, 2, 200, hostile, ATR_LIFE_SEEN);
    test_port(
        &stage,
        &(struct atr_port_record){.port_id = 3, .owner_process_id = 2, .kind = ATR_PORT_CONNECTION},
        hostile);
    test_port(
        &stage,
        &(struct atr_port_record){
            .port_id = 4, .owner_process_id = 1, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
    test_stage_next(&stage, ATR_RECORD_MARK)->as.mark.text = atr_str_from(hostile);
    print();
    for (unsigned grade = ATR_GRADE_NONE; grade <= ATR_GRADE_BOUND; grade++) {
        struct atr_part *part;

        (void)test_request_sent(&stage, &client, &message, SYNC);
        test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 1, .opnum = 5});
        part = &stage.event.parts[stage.event.part_count++];
        *part = (struct atr_part){.type = ATR_PART_PAYLOAD,
                                  .original_bytes = sizeof(hostile),
                                  .bytes = {(const uint8_t *)hostile, sizeof(hostile)}};
        stage.event.meaning.method = atr_str_from(grade == 1 ? NULL : hostile);
        stage.event.meaning.method_grade = (enum atr_grade)grade;
        stage.event.meaning.interface = atr_str_from(hostile);
        stage.event.meaning.stub = atr_str_from(hostile);
        stage.event.frames = &frame;
        stage.event.frame_count = 1;
        if (stage.want_fields) {
            atr_fields_text(&stage.event.fields, ATR_F_event_stub, atr_str_from(hostile));
        }
        print();
        (void)test_reply_received(&stage, &client, &message, SYNC);
        print();
    }
    stage.event.meaning.protocol = "csr";
    (void)test_request_sent(&stage, &client, &message, ATR_ALPC_RELEASE_MESSAGE);
    stage.event.meaning.method = atr_str_from(hostile);
    print();
}

static void
nothing_hostile_reaches_the_terminal(void **state)
{
    static const struct atr_printer_ops *const all[] = {&atr_call_printer, &atr_tree_printer,
                                                        &atr_event_printer, &atr_json_printer};
    const struct atr_style style = {
        .time = ATR_TIME_DATE, .hex = true, .fields = true, .stacks = true, .string_max = 64};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct atr_str out;

        open_printer(all[i], &style);
        act_hostile();
        out = finish();
        assert_true(out.size_bytes > 100);
        for (size_t at = 0; at < out.size_bytes;) {
            uint32_t c = 0;
            size_t length = atr_utf8_get(out.data + at, out.size_bytes - at, &c);

            assert_true(length > 0);
            assert_true(c == '\n' || !atr_code_point_is_unsafe(c));
            at += length;
        }
        close_printer();
    }
}

static void
every_json_line_is_an_object_with_exact_numbers(void **state)
{
    const struct atr_style style = {.hex = true, .fields = true, .stacks = true};
    struct test_json_document document;
    struct atr_str out;
    const char *at;
    size_t left;
    unsigned count = 0;

    (void)state;
    open_printer(&atr_json_printer, &style);
    (void)test_request_sent(&stage, &client, &(struct test_message){.size_bytes = 8}, SYNC);
    stage.event.as.alpc.callback_id = UINT64_MAX;
    print();
    act_hostile();
    out = finish();
    at = out.data;
    left = out.size_bytes;
    while (test_json_next_line(&at, &left, &document)) {
        uint64_t callback_id = 0;

        CHECK_UINT(document.root->kind, TEST_JSON_OBJECT);
        assert_non_null(test_json_find(document.root, "event"));
        if (count == 1) {
            assert_true(test_json_is_text(test_json_find(document.root, "text"), hostile_as_utf8));
        }
        if (count == 0) {
            assert_true(test_json_u64(test_json_find(document.root, "callback_id"), &callback_id));
            CHECK_UINT(callback_id, UINT64_MAX);
        }
        test_json_free(&document);
        count++;
    }
    CHECK_UINT(left, 0);
    CHECK_UINT(count, 11);
    close_printer();
}

static void
no_printer_without_memory(void **state)
{
    static const struct atr_printer_ops *const all[] = {&atr_call_printer, &atr_tree_printer,
                                                        &atr_event_printer, &atr_json_printer};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct test_failing_heap heap;
        void *created = NULL;

        test_failing_heap_init(&heap, 1);
        CHECK_UINT(
            all[i]->create(&created, &since_start, (struct atr_sink){keep, NULL}, &heap.heap),
            ATR_NOMEM);
        assert_null(created);
        all[i]->destroy(NULL);
        CHECK_UINT(heap.live_blocks, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_one_line_with_its_reply),
        cmocka_unit_test(what_is_only_inferred_or_guessed_has_its_mark),
        cmocka_unit_test(undefined_ids_show_as_numbers),
        cmocka_unit_test(a_reply_after_its_line_left_resumes_it),
        cmocka_unit_test(a_tree_indents_across_processes),
        cmocka_unit_test(losses_and_marks_stand_where_they_happened),
        cmocka_unit_test(a_failed_connect_says_why),
        cmocka_unit_test(colour_is_all_that_colour_adds),
        cmocka_unit_test(nothing_hostile_reaches_the_terminal),
        cmocka_unit_test(every_json_line_is_an_object_with_exact_numbers),
        cmocka_unit_test(no_printer_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
