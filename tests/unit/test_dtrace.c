/* SPDX-License-Identifier: MIT */
#include "support/support.h"
#include "support/text_log.h"

#include "base/limits.h"
#include "base/text.h"
#include "capture/dtrace.h"

#include <stdlib.h>
#include <string.h>

#define EVENT(image, address, handle) \
    "\nProcess " image ", EPROCESS: " address ", HANDLE: " handle "\n"

static struct test_log *
read_text(const char *text)
{
    return test_log_read_all(&atr_dtrace_source, text, strlen(text));
}

static void
check_process(const struct test_log_process *process, const char *image, uint32_t pid)
{
    assert_string_equal(process->image, image);
    CHECK_UINT(process->pid, pid);
}

static const char two_events[] = "dtrace: script 'alpc.d' matched 1 probe\n" EVENT(
    "csrss.exe", "ffffc48d86b00640",
    "1f4") "[ALPC Port] ApiPort\n"
           "Owner: csrss.exe (612)\n"
           "Client: explorer.exe (4000)\n" EVENT("explorer.exe", "ffffc48d86c01080",
                                                 "58") "UNKNOWN_PORT_NAME\n"
                                                       "Owner: svchost.exe (900)\n"
                                                       "No client\n";

static void
each_event_is_a_call_without_content(void **context)
{
    struct test_log *log = read_text(two_events);
    const struct test_log_call *call = &log->calls[0];

    (void)context;
    CHECK_UINT(log->call_count, 2);
    CHECK_UINT(call->kind, ATR_RECORD_ENTER);
    CHECK_UINT(call->flags,
               ATR_RECORD_FROM_DTRACE | ATR_RECORD_NO_HEADER | ATR_RECORD_TIME_UNKNOWN);
    CHECK_UINT(call->record.operation, ATR_OP_SEND_WAIT_RECEIVE);
    CHECK_UINT(call->record.handle, 0x1f4);
    CHECK_UINT(call->record.pid, 612);
    CHECK_UINT(call->payload_size, 0);
    CHECK_UINT(call->port_kind, ATR_PORT_SERVER);
    assert_string_equal(call->port_name, "ApiPort");
    check_process(&call->caller, "csrss.exe", 612);
    check_process(&call->server, "csrss.exe", 612);
    check_process(&call->peer, "explorer.exe", 4000);
    CHECK_UINT(log->report.skipped, 1);
    assert_false(log->report.damaged);
    test_log_free(log);
}

static void
a_caller_that_is_neither_owner_nor_client_has_no_pid(void **context)
{
    struct test_log *log = read_text(two_events);
    const struct test_log_call *call = &log->calls[1];

    (void)context;
    check_process(&call->caller, "explorer.exe", ATR_UNKNOWN_U32);
    CHECK_UINT(call->record.pid, ATR_UNKNOWN_U32);
    CHECK_UINT(call->port_kind, ATR_PORT_CONNECTION);
    assert_string_equal(call->port_name, "");
    check_process(&call->server, "svchost.exe", 900);
    test_log_free(log);
}

static void
a_pid_learnt_once_holds_for_the_same_process_object(void **context)
{
    struct test_log *log = read_text(
        EVENT("svchost.exe", "ffff1000", "10") /* which of the two? */
        "[ALPC Port] A\nOwner: svchost.exe (1)\n"
        "Client: svchost.exe (2)\n" EVENT("svchost.exe", "ffff1000",
                                          "14") "[ALPC Port] B\nOwner: svchost.exe (2)\n"
                                                "Client: lsass.exe (7)\n" EVENT(
                                                    "svchost.exe", "ffff1000",
                                                    "10") "[ALPC Port] A\nOwner: svchost.exe (1)\n"
                                                          "Client: svchost.exe (2)\n");

    (void)context;
    CHECK_UINT(log->calls[0].record.pid, ATR_UNKNOWN_U32);
    CHECK_UINT(log->calls[1].record.pid, 2);
    CHECK_UINT(log->calls[2].record.pid, 2);
    CHECK_UINT(log->calls[2].port_kind, ATR_PORT_CLIENT);
    test_log_free(log);
}

static void
another_image_at_the_same_address_is_another_process(void **context)
{
    struct test_log *log = read_text(
        EVENT("a.exe", "ffff1000", "10") "[ALPC Port] A\nOwner: a.exe (1)\nNo client\n" EVENT(
            "b.exe", "ffff1000", "10") "[ALPC Port] A\nOwner: a.exe (1)\nNo client\n");

    (void)context;
    CHECK_UINT(log->processes, 2);
    CHECK_UINT(log->calls[0].record.pid, 1);
    CHECK_UINT(log->calls[1].record.pid, ATR_UNKNOWN_U32);
    check_process(&log->calls[1].caller, "b.exe", ATR_UNKNOWN_U32);
    test_log_free(log);
}

static void
names_may_hold_commas_and_parentheses(void **context)
{
    struct test_log *log =
        read_text(EVENT("x, y (1).exe", "0xffffc48d`86b00640",
                        "0x1c") "[ALPC Port]   [CoreUI]-PID(4256)-TID(4328) 7b45  \n"
                                "Owner: x, y (1).exe (44)\n"
                                "No client\n");

    (void)context;
    check_process(&log->calls[0].caller, "x, y (1).exe", 44);
    CHECK_UINT(log->calls[0].record.handle, 0x1c);
    assert_string_equal(log->calls[0].port_name, "[CoreUI]-PID(4256)-TID(4328) 7b45");
    test_log_free(log);
}

static void
drops_that_dtrace_admits_are_losses(void **context)
{
    struct test_log *log = read_text("dtrace: 37 drops on CPU 0\n" EVENT(
        "a.exe", "ffff1000", "10") "[ALPC Port] A\nOwner: a.exe (1)\nNo client\n");

    (void)context;
    CHECK_UINT(log->report.lost_events, 37);
    CHECK_UINT(log->calls[0].lost_before, 37);
    CHECK_UINT(log->report.skipped, 0);
    test_log_free(log);
}

static void
a_stack_is_read_when_the_script_prints_one(void **context)
{
    struct test_log *log = read_text(
        EVENT("a.exe", "ffff1000", "10") "[ALPC Port] A\nOwner: a.exe (1)\nNo client\n"
                                         "              ntdll`NtAlpcSendWaitReceivePort+0x14\n"
                                         "              0x7ff6a353e5c9\n"
                                         "words\n");
    const struct test_log_call *call = &log->calls[0];

    (void)context;
    CHECK_UINT(call->frame_count, 2);
    assert_string_equal(test_log_frame_text(log, call, 0), "ntdll`NtAlpcSendWaitReceivePort+0x14");
    CHECK_UINT(call->frames[0].address, 0);
    CHECK_UINT(call->frames[1].address, UINT64_C(0x7ff6a353e5c9));
    CHECK_UINT(log->report.skipped, 1);
    test_log_free(log);
}

static void
a_log_cut_in_an_event_gives_what_it_has(void **context)
{
    struct test_log *log = read_text("Owner: a.exe (1)\n" EVENT("a.exe", "ffff1000", "10"));

    (void)context;
    CHECK_UINT(log->call_count, 1);
    check_process(&log->calls[0].caller, "a.exe", ATR_UNKNOWN_U32);
    CHECK_UINT(log->calls[0].record.handle, 0x10);
    assert_true((log->calls[0].flags & ATR_RECORD_PORT_UNRESOLVED) != 0);
    CHECK_UINT(log->report.skipped, 1);
    test_log_free(log);
}

static void
utf16_logs_are_read_and_claimed(void **context)
{
    (void)context;
    for (unsigned i = 0; i < 4; i++) {
        size_t size;
        uint8_t *wide = test_log_utf16(two_events, sizeof(two_events) - 1, i & 1, i & 2, &size);
        struct test_log *log = test_log_read_all(&atr_dtrace_source, wide, size);

        assert_true(atr_dtrace_source.probe((struct atr_bytes){wide, size}) > 50);
        CHECK_UINT(log->call_count, 2);
        assert_string_equal(log->calls[0].port_name, "ApiPort");
        test_log_free(log);
        free(wide);
    }
}

static void
only_this_script_s_logs_are_claimed(void **context)
{
    struct atr_bytes other = {(const uint8_t *)"[SendWait] Start\n", 17};
    struct atr_bytes own = {(const uint8_t *)two_events, sizeof(two_events) - 1};

    (void)context;
    CHECK_UINT(atr_dtrace_source.probe(other), 0);
    CHECK_UINT(atr_dtrace_source.probe((struct atr_bytes){NULL, 0}), 0);
    assert_true(atr_dtrace_source.probe(own) > 50);
}

static void
absurd_logs_are_read_within_bounds(void **context)
{
    static const char *const pieces[] = {
        "Process , EPROCESS: ",
        "\nProcess a, EPROCESS: 1, HANDLE: 2\n",
        "Owner: ",
        "(1) ",
        "a`b\n",
        "dtrace: 4294967294 drops\n",
        "[ALPC Port] ",
        "\n",
    };

    (void)context;
    for (size_t i = 0; i < ATR_COUNT(pieces); i++) {
        struct atr_text text;

        atr_text_init(&text, atr_heap_default());
        atr_text_puts(&text, two_events);
        for (unsigned j = 0; j < 50000; j++) {
            atr_text_puts(&text, pieces[i]);
        }
        CHECK_UINT(text.status, ATR_OK);
        test_log_free(test_log_read_all(&atr_dtrace_source, text.data, text.size_bytes));
        atr_text_fini(&text);
    }
}

static void
any_damage_to_a_log_is_survived(void **context)
{
    (void)context;
    test_log_torture(&atr_dtrace_source, two_events, sizeof(two_events) - 1);
}

static void
the_real_excerpt_gives_its_five_events(void **context)
{
    char *path = test_shared_path("data/real/seed/dtrace_excerpt.log");
    struct test_log *log;
    uint8_t *bytes;
    size_t size;

    (void)context;
    test_read_file(path, &bytes, &size);
    log = test_log_read_all(&atr_dtrace_source, bytes, size);
    CHECK_UINT(log->call_count, 5);
    CHECK_UINT(log->connection_ports, 2);
    check_process(&log->calls[0].server, "System", 4);
    check_process(&log->calls[0].caller, "dwm.exe", 8);
    check_process(&log->calls[1].server, "ctfmon.exe", 4256);
    check_process(&log->calls[1].caller, "WindowsTermina", 976);
    CHECK_UINT(log->calls[1].port_kind, ATR_PORT_CLIENT);
    check_process(&log->calls[2].caller, "ctfmon.exe", 4256);
    CHECK_UINT(log->calls[2].port_kind, ATR_PORT_CONNECTION);
    CHECK_UINT(log->calls[0].record.port_id, log->calls[3].record.port_id);
    CHECK_UINT(log->calls[2].record.port_id, log->calls[4].record.port_id);
    CHECK_UINT(log->calls[4].record.handle, 0x364);
    test_log_free(log);
    free(bytes);
    free(path);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_a_call_without_content),
        cmocka_unit_test(a_caller_that_is_neither_owner_nor_client_has_no_pid),
        cmocka_unit_test(a_pid_learnt_once_holds_for_the_same_process_object),
        cmocka_unit_test(another_image_at_the_same_address_is_another_process),
        cmocka_unit_test(names_may_hold_commas_and_parentheses),
        cmocka_unit_test(drops_that_dtrace_admits_are_losses),
        cmocka_unit_test(a_stack_is_read_when_the_script_prints_one),
        cmocka_unit_test(a_log_cut_in_an_event_gives_what_it_has),
        cmocka_unit_test(utf16_logs_are_read_and_claimed),
        cmocka_unit_test(only_this_script_s_logs_are_claimed),
        cmocka_unit_test(absurd_logs_are_read_within_bounds),
        cmocka_unit_test(any_damage_to_a_log_is_survived),
        cmocka_unit_test(the_real_excerpt_gives_its_five_events),
    };

    return cmocka_run_group_tests_name("dtrace", tests, NULL, NULL);
}
