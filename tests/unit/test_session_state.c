/* SPDX-License-Identifier: MIT */
#include "support/event_build.h"

#include <stdlib.h>
#include <string.h>

/* What state records leave behind: processes, ports, handles, strings, stacks, modules. */

static struct test_stage stage;

static int
set_up(void **state)
{
    (void)state;
    test_stage_open(&stage, NULL);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    test_stage_close(&stage);
    return 0;
}

static const struct atr_session_port *
port(uint32_t port_id)
{
    return atr_session_find_port(stage.session, 1, port_id);
}

static void
a_process_is_found_by_its_id_and_by_its_pid(void **state)
{
    const struct atr_session_process *found;

    (void)state;
    test_process(&stage, 5, 100, "\\Device\\HarddiskVolume1\\a.exe", ATR_LIFE_SEEN);
    found = atr_session_find_process(stage.session, 1, 5, ATR_UNKNOWN_U32);
    assert_non_null(found);
    CHECK_UINT(found->pid, 100);
    CHECK_STR(found->image, "\\Device\\HarddiskVolume1\\a.exe");
    assert_ptr_equal(atr_session_find_process(stage.session, 1, 0, 100), found);
    assert_null(atr_session_find_process(stage.session, 1, 6, 100));
    assert_null(atr_session_find_process(stage.session, 1, 0, ATR_UNKNOWN_U32));
    assert_null(atr_session_find_process(stage.session, 2, 5, 100));
}

static void
a_pid_means_its_newest_process_until_that_ends(void **state)
{
    (void)state;
    test_process(&stage, 5, 100, "old.exe", ATR_LIFE_SEEN);
    test_process(&stage, 5, 100, NULL, ATR_LIFE_END);
    assert_null(atr_session_find_process(stage.session, 1, 0, 100));
    CHECK_STR(atr_session_find_process(stage.session, 1, 5, 0)->image, "old.exe");
    assert_true(atr_session_find_process(stage.session, 1, 5, 0)->ended);

    test_process(&stage, 6, 100, "new.exe", ATR_LIFE_BEGIN);
    test_process(&stage, 5, 100, NULL, ATR_LIFE_END); /* told once more, late */
    CHECK_STR(atr_session_find_process(stage.session, 1, 0, 100)->image, "new.exe");
}

static void
a_later_record_adds_what_an_earlier_one_left_out(void **state)
{
    (void)state;
    test_process(&stage, 5, 100, NULL, ATR_LIFE_BEGIN);
    CHECK_STR(atr_session_find_process(stage.session, 1, 5, 0)->image, NULL);
    test_process(&stage, 5, 100, "a.exe", ATR_LIFE_SEEN);
    test_process(&stage, 5, 100, NULL, ATR_LIFE_SEEN);
    CHECK_STR(atr_session_find_process(stage.session, 1, 5, 0)->image, "a.exe");
}

static void
a_port_leads_to_its_connection_port(void **state)
{
    (void)state;
    test_port(&stage, &(struct atr_port_record){.port_id = 3, .kind = ATR_PORT_CONNECTION},
              "\\RPC Control\\x");
    test_port(
        &stage,
        &(struct atr_port_record){.port_id = 4, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
    CHECK_STR(port(4)->name, NULL);
    CHECK_STR(atr_session_find_connection_port(stage.session, 1, port(4))->name,
              "\\RPC Control\\x");
    assert_ptr_equal(atr_session_find_connection_port(stage.session, 1, port(3)), port(3));
    assert_null(atr_session_find_connection_port(stage.session, 1, NULL));
    assert_null(port(5));
    assert_null(port(0));
}

static void
a_port_whose_connection_port_is_undefined_leads_nowhere(void **state)
{
    (void)state;
    test_port(
        &stage,
        &(struct atr_port_record){.port_id = 4, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
    assert_null(atr_session_find_connection_port(stage.session, 1, port(4)));
}

static void
ports_are_walked_in_the_order_they_appeared(void **state)
{
    uint32_t source_id = 0;
    uint32_t ids[3] = {0};
    void *at = NULL;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        test_port(&stage, &(struct atr_port_record){.port_id = 30 - i}, "\\x");
    }
    test_port(&stage, &(struct atr_port_record){.port_id = 30}, "\\again");
    for (uint32_t i = 0; i < 3; i++) {
        const struct atr_session_port *found =
            atr_session_next_port(stage.session, &at, &source_id);

        assert_non_null(found);
        ids[i] = found->port_id;
        CHECK_UINT(source_id, 1);
    }
    assert_null(atr_session_next_port(stage.session, &at, &source_id));
    CHECK_UINT(ids[0], 30);
    CHECK_UINT(ids[2], 28);
}

static void
calls_are_counted_at_the_connection_port(void **state)
{
    const struct test_actor client = {
        .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 4};
    const struct test_message message = {.call_id = 1, .size_bytes = 8};

    (void)state;
    test_port(&stage, &(struct atr_port_record){.port_id = 3, .kind = ATR_PORT_CONNECTION}, "\\x");
    test_port(
        &stage,
        &(struct atr_port_record){.port_id = 4, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
    (void)test_request_sent(&stage, &client, &message, ATR_ALPC_SYNC_REQUEST);
    (void)test_request_sent(&stage, &client, &message, ATR_ALPC_SYNC_REQUEST);
    CHECK_UINT(port(3)->calls, 2);
    CHECK_UINT(port(4)->calls, 0);
}

static void
a_handle_names_the_port_where_the_event_does_not(void **state)
{
    struct test_actor client = {
        .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 3};
    const struct test_message message = {.call_id = 1, .size_bytes = 8};

    (void)state;
    test_port(&stage, &(struct atr_port_record){.port_id = 3, .kind = ATR_PORT_CONNECTION}, "\\x");
    test_handle(&stage, &client, ATR_LIFE_BEGIN);
    client.port_id = 0;
    CHECK_STR(test_request_sent(&stage, &client, &message, 0)->port_name, "\\x");
    test_handle(&stage, &client, ATR_LIFE_END);
    CHECK_STR(test_request_sent(&stage, &client, &message, 0)->port_name, NULL);
}

static void
strings_and_stacks_are_found_until_defined_anew(void **state)
{
    uint32_t count = 99;
    const struct atr_frame *frames;

    (void)state;
    test_string(&stage, 7, ATR_STR("one"));
    CHECK_STR(atr_session_find_string(stage.session, 1, 7), "one");
    test_string(&stage, 7, ATR_STR("two"));
    CHECK_STR(atr_session_find_string(stage.session, 1, 7), "two");
    CHECK_STR(atr_session_find_string(stage.session, 1, 0), NULL);
    CHECK_STR(atr_session_find_string(stage.session, 2, 7), NULL);

    test_stack(&stage, 8, 3);
    frames = atr_session_find_stack(stage.session, 1, 8, &count);
    CHECK_UINT(count, 3);
    CHECK_UINT(frames[2].address, 0x7ff600000002);
    test_stack(&stage, 8, 0);
    assert_null(atr_session_find_stack(stage.session, 1, 8, &count));
    CHECK_UINT(count, 0);
}

static void
a_module_keeps_its_texts(void **state)
{
    struct atr_event *event = test_stage_next(&stage, ATR_RECORD_MODULE);
    char path[] = "C:\\Windows\\System32\\rpcrt4.dll";

    (void)state;
    event->as.module = (struct atr_module_record){.module_id = 9,
                                                  .base = 0x7ff000000000,
                                                  .path = ATR_STR(path),
                                                  .pdb_name = ATR_STR("r.pdb")};
    (void)test_stage_apply(&stage);
    memset(path, 'x', sizeof(path) - 1);
    CHECK_STR(atr_session_find_module(stage.session, 1, 9)->path,
              "C:\\Windows\\System32\\rpcrt4.dll");
    CHECK_STR(atr_session_find_module(stage.session, 1, 9)->pdb_name, "r.pdb");
    assert_null(atr_session_find_module(stage.session, 1, 0));
}

static void
each_source_has_its_build(void **state)
{
    (void)state;
    for (uint32_t source = 1; source < 3; source++) {
        stage.source_id = source;
        test_stage_next(&stage, ATR_RECORD_MANIFEST)->as.manifest.os_build = 19000 + source;
        (void)test_stage_apply(&stage);
    }
    CHECK_UINT(atr_session_os_build(stage.session, 1), 19001);
    CHECK_UINT(atr_session_os_build(stage.session, 2), 19002);
    CHECK_UINT(atr_session_os_build(stage.session, 3), 0);
}

static void
a_text_longer_than_any_name_is_cut(void **state)
{
    char *text = calloc(1, ATR_NAME_BYTES_MAX + 10);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', ATR_NAME_BYTES_MAX + 10);
    test_string(&stage, 7, atr_str_make(text, ATR_NAME_BYTES_MAX + 10));
    free(text);
    CHECK_UINT(atr_session_find_string(stage.session, 1, 7).size_bytes, ATR_NAME_BYTES_MAX);
}

static void
names_held_past_the_budget_push_out_the_oldest(void **state)
{
    enum {
        COUNT = ATR_SESSION_HELD_BYTES / ATR_NAME_BYTES_MAX + 10
    };

    char *text = calloc(1, ATR_NAME_BYTES_MAX);

    (void)state;
    assert_non_null(text);
    test_stack(&stage, 1, 4);
    for (uint32_t i = 1; i <= COUNT; i++) {
        memset(text, 'a' + (int)(i % 26), ATR_NAME_BYTES_MAX);
        test_string(&stage, i, atr_str_make(text, ATR_NAME_BYTES_MAX));
    }
    free(text);
    CHECK_STR(atr_session_find_string(stage.session, 1, 1), NULL);
    CHECK_UINT(atr_session_find_string(stage.session, 1, COUNT).size_bytes, ATR_NAME_BYTES_MAX);
}

/* Making room for the port's own copy pushed out the string it was being copied from. */
static void
a_port_may_be_named_by_the_string_that_goes_next(void **state)
{
    enum {
        COUNT = ATR_SESSION_HELD_BYTES / ATR_NAME_BYTES_MAX + 1
    };

    char *text = calloc(1, ATR_NAME_BYTES_MAX);
    uint32_t oldest = 1;
    struct atr_event *event;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', ATR_NAME_BYTES_MAX);
    for (uint32_t i = 1; i <= COUNT; i++) {
        test_string(&stage, i, atr_str_make(text, ATR_NAME_BYTES_MAX));
    }
    while (atr_session_find_string(stage.session, 1, oldest).data == NULL) {
        oldest++;
    }
    event = test_stage_next(&stage, ATR_RECORD_PORT);
    event->as.port = (struct atr_port_record){.port_id = 3, .name_string_id = oldest};
    (void)test_stage_apply(&stage);
    CHECK_UINT(port(3)->name.size_bytes, ATR_NAME_BYTES_MAX);
    assert_memory_equal(port(3)->name.data, text, ATR_NAME_BYTES_MAX);
    free(text);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_process_is_found_by_its_id_and_by_its_pid),
        TEST(a_pid_means_its_newest_process_until_that_ends),
        TEST(a_later_record_adds_what_an_earlier_one_left_out),
        TEST(a_port_leads_to_its_connection_port),
        TEST(a_port_whose_connection_port_is_undefined_leads_nowhere),
        TEST(ports_are_walked_in_the_order_they_appeared),
        TEST(calls_are_counted_at_the_connection_port),
        TEST(a_handle_names_the_port_where_the_event_does_not),
        TEST(strings_and_stacks_are_found_until_defined_anew),
        TEST(a_module_keeps_its_texts),
        TEST(each_source_has_its_build),
        TEST(a_text_longer_than_any_name_is_cut),
        TEST(names_held_past_the_budget_push_out_the_oldest),
        TEST(a_port_may_be_named_by_the_string_that_goes_next),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
