/* SPDX-License-Identifier: MIT */
#include "support/support.h"
#include "support/text_log.h"

#include "base/limits.h"
#include "base/text.h"
#include "capture/windbg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT "winlogon.exe(5624)\n"
#define PORT_394                                                  \
    "PortHandle=394, SendMessage=2995869e780, ReceiveMessage=0\n" \
    "Handle: 394 Port: LRPC-b4cb7c7affbc500b2a | winlogon.exe(5624) -> LogonUI.exe(2304)\n"
#define START "[SendWait] Start\n"
#define RET   "[SendWait] Ret\n"

/* Heads of messages (lrpc 2 to 5), request id n. */
#define CALL_DUMP(n)                                                                    \
    "|  CALL req_id:" #n " method:7\n"                                                  \
    "|  0000  00 00 00 00 00 00 00 00 01 00 00 00 0" #n " 00 00 00  ................\n" \
    "|  0010  02 00 00 00 07 00 00 00                          ........        \n"
#define SUCCESS_DUMP(n)                                                              \
    "SUCCESS req_id:" #n "\n"                                                        \
    "0000  03 00 00 00 00 00 00 00 00 00 00 00 0" #n " 00 00 00  ................\n" \
    "0010  00 00 00 00 00 00 00 00                          ........        \n"
#define FAIL_DUMP \
    "FAIL\n"      \
    "0000  02 00 00 00 00 00 00 00 B5 06 00 00 00 00 00 00  ................\n"
#define BIND_DUMP(set)                                                          \
    "BIND to fd9ff0f3cffb9142944d70ad6e0e73bb (1)\n"                            \
    "0000  01 00 00 00 00 00 00 00 00 00 00 00 FD 9F F0 F3  ................\n" \
    "0010  CF FB 91 42 94 4D 70 AD 6E 0E 73 BB 01 00 00 00  ................\n" \
    "0020  " set " 00 00 00 00 00 01 00                          ........        \n"

static struct test_log *
read_text(const char *text)
{
    return test_log_read_all(&atr_windbg_source, text, strlen(text));
}

/* The sample as text, to be freed. */
static char *
read_sample(size_t *size)
{
    char *path = test_source_path("samples/winlogon-logonui.log");
    uint8_t *bytes = NULL;

    test_read_file(path, &bytes, size);
    free(path);
    return (char *)bytes;
}

static void
check_process(const struct test_log_process *process, const char *image, uint32_t pid)
{
    assert_string_equal(process->image, image);
    CHECK_UINT(process->pid, pid);
}

/* The facts of the winlogon record, by the bytes of the call itself. */
static void
check_winlogon(const struct test_log *log)
{
    static const char words[] = "Please wait for the Windows Modules Installer";
    const struct test_log_call *call = &log->calls[0];

    CHECK_UINT(log->call_count, 1);
    CHECK_UINT(log->report.skipped, 0);
    assert_false(log->report.damaged);
    CHECK_UINT(call->kind, ATR_RECORD_ENTER);
    CHECK_UINT(call->flags, ATR_RECORD_FROM_LOG | ATR_RECORD_NO_HEADER | ATR_RECORD_TIME_UNKNOWN);
    CHECK_UINT(call->record.operation, ATR_OP_SEND_WAIT_RECEIVE);
    CHECK_UINT(call->record.pid, 5624);
    CHECK_UINT(call->record.tid, ATR_UNKNOWN_U32);
    CHECK_UINT(call->record.cpu, ATR_UNKNOWN_U16);
    CHECK_UINT(call->record.handle, 0x394);
    CHECK_UINT(call->record.total_length, 0);
    check_process(&call->caller, "winlogon.exe", 5624);
    check_process(&call->port_owner, "winlogon.exe", 5624);
    check_process(&call->server, "LogonUI.exe", 2304);
    CHECK_UINT(call->port_kind, ATR_PORT_CLIENT);
    assert_string_equal(call->port_name, "LRPC-b4cb7c7affbc500b2a");
    CHECK_UINT(call->payload_size, 0xb8);
    CHECK_UINT(call->original_bytes, 0xb8);
    CHECK_UINT(call->payload[0x0c], 2);
    CHECK_UINT(call->payload[0x14], 7);
    CHECK_UINT(call->payload[0x30], 0xa0);
    for (size_t i = 0; i < sizeof(words); i++) {
        CHECK_UINT(call->payload[0x58 + 2 * i], (uint8_t)words[i]);
        CHECK_UINT(call->payload[0x59 + 2 * i], 0);
    }
    CHECK_UINT(call->frame_count, 16);
    assert_string_equal(test_log_frame_text(log, call, 0), "nt!NtAlpcSendWaitReceivePort");
    assert_string_equal(test_log_frame_text(log, call, 7), "winlogon!WluiDisplayStatus+0xf9");
    assert_string_equal(test_log_frame_text(log, call, 15), "ntdll!RtlUserThreadStart+0x21");
}

static void
the_sample_gives_one_call_with_payload_and_stack(void **context)
{
    char *text;
    size_t size;
    struct test_log *log;

    (void)context;
    text = read_sample(&size);
    log = test_log_read_all(&atr_windbg_source, text, size);
    check_winlogon(log);
    CHECK_UINT(log->report.unpaired, 0);
    test_log_free(log);
    free(text);
}

static void
a_frame_stands_at_the_return_address_of_the_line_above(void **context)
{
    struct test_log *log;
    char *text;
    size_t size;

    (void)context;
    text = read_sample(&size);
    log = test_log_read_all(&atr_windbg_source, text, size);
    CHECK_UINT(log->calls[0].frames[0].address, 0);
    CHECK_UINT(log->calls[0].frames[1].address, UINT64_C(0xfffff804127f11a5));
    CHECK_UINT(log->calls[0].frames[15].address, UINT64_C(0x7ff8c1a4cec1));
    test_log_free(log);
    free(text);
}

static void
every_encoding_gives_the_same_call(void **context)
{
    char *text;
    size_t size;

    (void)context;
    text = read_sample(&size);
    for (unsigned i = 0; i < 4; i++) {
        size_t wide_size;
        uint8_t *wide = test_log_utf16(text, size, i & 1, i & 2, &wide_size);
        struct test_log *log;

        assert_true(atr_windbg_source.probe((struct atr_bytes){wide, wide_size}) > 50);
        log = test_log_read_all(&atr_windbg_source, wide, wide_size);
        check_winlogon(log);
        test_log_free(log);
        free(wide);
    }
    free(text);
}

static void
a_mark_of_utf8_and_text_of_a_code_page_are_read(void **context)
{
    static const char text[] = "\xef\xbb\xbf" START "caf\xe9.exe(7)\r\n"
                               "PortHandle=10, SendMessage=0, ReceiveMessage=1\r\n"
                               "Handle: 10 Port: P\xe9 | NO CLIENT -> s\xc3\xa9rv.exe(8)\n";
    struct test_log *log = read_text(text);

    (void)context;
    check_process(&log->calls[0].caller, "caf\xc3\xa9.exe", 7);
    /* This line is not valid UTF-8, so all of it is Latin-1. */
    check_process(&log->calls[0].server, "s\xc3\x83\xc2\xa9rv.exe", 8);
    assert_string_equal(log->calls[0].port_name, "P\xc3\xa9");
    test_log_free(log);
}

/* Copies text; each bar with its blanks and each run of blanks becomes one blank. */
static char *
squeeze(const char *text)
{
    char *out = calloc(strlen(text) + 1, 1);
    size_t at = 0;

    assert_non_null(out);
    for (; *text != 0; text++) {
        if (*text != ' ' || at == 0 || out[at - 1] != ' ') {
            out[at++] = *text;
        }
    }
    return out;
}

static void
a_web_copy_with_squeezed_blanks_gives_the_same_call(void **context)
{
    char *text;
    char *squeezed;
    size_t size;
    struct test_log *log;

    (void)context;
    text = read_sample(&size);
    squeezed = squeeze(text);
    log = read_text(squeezed);
    check_winlogon(log);
    test_log_free(log);
    free(squeezed);
    free(text);
}

static void
the_bytes_of_a_squeezed_last_line_end_before_its_text(void **context)
{
    static const struct {
        const char *line;
        uint32_t size;
    } rows[] = {
        {"0000 41 42 AB\n", 2},
        {"0000  41 42  AB\n", 2},
        {"0000 41 42 43 ABC\n", 3},
        {"0000 41 A\n", 1},
        {"0000 41\n", 1},
        {"0000  aB cD 01  ...\n", 3},
        {"0000 01 02 03 04 AB.C\n", 4},
        {"0000  41 42                                            CD\n", 2},
    };

    (void)context;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        char text[512];
        struct test_log *log;

        (void)snprintf(text, sizeof(text), START CLIENT PORT_394 "UNKNOWN REQUEST TYPE\n%s",
                       rows[i].line);
        log = read_text(text);
        CHECK_UINT(log->calls[0].payload_size, rows[i].size);
        test_log_free(log);
    }
}

static void
bytes_come_from_the_hex_column_only(void **context)
{
    struct test_log *log =
        read_text(START CLIENT PORT_394 "UNKNOWN REQUEST TYPE\n"
                                        "0000  30 30 20 31 31 20 32 32 20 33 33 20 34 34 20 35  "
                                        "00.11.22.33.44.5\n"
                                        "0010  36 37  67              \n");

    (void)context;
    CHECK_UINT(log->calls[0].payload_size, 18);
    assert_memory_equal(log->calls[0].payload, "00 11 22 33 44 567", 18);
    assert_false(log->report.damaged);
    test_log_free(log);
}

static void
a_console_copy_with_prompts_and_chatter_is_read(void **context)
{
    struct test_log *log =
        read_text("0: kd> g\n"
                  "NtAlpcSendReceive @ fffff80412c5d2a0\n"
                  "Press \"g\" to run the target.\n"
                  "kd> |  [SendWait] Start\n"
                  "  |  |  winlogon.exe(5624)\n"
                  "Breakpoint 0 hit\n"
                  "Implicit process is now ffff(12)\n"
                  "lkd>   |  PortHandle=394, SendMessage=2995869e780, ReceiveMessage=0\n"
                  "  |  Handle: 394 Port: LRPC-1 | winlogon.exe(5624) -> LogonUI.exe(2304)\n"
                  "  |  |  CALL req_id:2 method:7\n"
                  "[DEBUG] RELOADING USER SYMBOL\n"
                  "...\n");

    (void)context;
    CHECK_UINT(log->call_count, 1);
    check_process(&log->calls[0].caller, "winlogon.exe", 5624);
    assert_string_equal(log->calls[0].port_name, "LRPC-1");
    CHECK_UINT(log->report.skipped, 2);
    assert_non_null(strstr(log->report.problem.text, "line 6:"));
    assert_false(log->report.damaged);
    test_log_free(log);
}

/* A dump as the script prints it: four digits of the offset, then up to 16 bytes. */
static void
put_dump(struct atr_text *text, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 16) {
        atr_text_printf(text, "|  %04x ", (unsigned)(at & 0xffff));
        for (size_t i = 0; i < 16; i++) {
            if (at + i < size) {
                atr_text_printf(text, " %02X", bytes[at + i]);
            } else {
                atr_text_puts(text, "   ");
            }
        }
        atr_text_puts(text, "  ................\n");
    }
}

static struct test_log *
read_big_dump(const uint8_t *bytes, size_t size)
{
    struct atr_text text;
    struct test_log *log;

    atr_text_init(&text, atr_heap_default());
    atr_text_puts(&text, START CLIENT PORT_394 "|  UNKNOWN REQUEST TYPE\n");
    put_dump(&text, bytes, size);
    atr_text_puts(&text, RET);
    CHECK_UINT(text.status, ATR_OK);
    log = test_log_read_all(&atr_windbg_source, text.data, text.size_bytes);
    atr_text_fini(&text);
    return log;
}

static void
a_dump_goes_on_past_offset_ffff(void **context)
{
    enum {
        SIZE = 0x21007
    };
    struct test_random random = {7};
    uint8_t *bytes = malloc(SIZE);
    struct test_log *log;

    (void)context;
    assert_non_null(bytes);
    test_random_fill(&random, bytes, SIZE);
    log = read_big_dump(bytes, SIZE);
    CHECK_UINT(log->calls[0].payload_size, SIZE);
    assert_memory_equal(log->calls[0].payload, bytes, SIZE);
    CHECK_UINT(log->calls[0].flags & ATR_RECORD_TRUNCATED, 0);
    assert_false(log->report.damaged);
    test_log_free(log);
    free(bytes);
}

static void
a_dump_past_the_cap_is_cut_and_says_so(void **context)
{
    enum {
        SIZE = ATR_PART_MAX + 1000
    };

    uint8_t *bytes = calloc(SIZE, 1);
    struct test_log *log;

    (void)context;
    assert_non_null(bytes);
    bytes[0] = 99;
    log = read_big_dump(bytes, SIZE);
    CHECK_UINT(log->calls[0].payload_size, ATR_PART_MAX);
    CHECK_UINT(log->calls[0].original_bytes, SIZE);
    assert_true((log->calls[0].flags & ATR_RECORD_TRUNCATED) != 0);
    CHECK_UINT(log->report.cut_events, 1);
    test_log_free(log);
    free(bytes);
}

static void
a_dump_with_a_hole_keeps_what_comes_before_it(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394
                                     "UNKNOWN REQUEST TYPE\n"
                                     "0000  09 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  .\n"
                                     "0030  01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01  .\n");

    (void)context;
    CHECK_UINT(log->calls[0].payload_size, 16);
    CHECK_UINT(log->calls[0].original_bytes, 0x40);
    assert_true((log->calls[0].flags & ATR_RECORD_TRUNCATED) != 0);
    assert_true(log->report.damaged);
    assert_non_null(strstr(log->report.problem.text, "line 7:"));
    test_log_free(log);
}

static void
an_exit_with_the_answer_belongs_to_its_request(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 CALL_DUMP(2) RET SUCCESS_DUMP(2));
    const struct test_log_call *exit = &log->calls[1];

    (void)context;
    CHECK_UINT(log->call_count, 2);
    CHECK_UINT(exit->kind, ATR_RECORD_EXIT);
    CHECK_UINT(exit->record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(exit->record.pid, 5624);
    CHECK_UINT(exit->record.port_id, log->calls[0].record.port_id);
    CHECK_UINT(exit->flags, ATR_RECORD_FROM_LOG | ATR_RECORD_NO_HEADER | ATR_RECORD_TIME_UNKNOWN |
                                ATR_RECORD_DEFERRED);
    CHECK_UINT(exit->payload_size, 24);
    CHECK_UINT(exit->payload[0], 3);
    CHECK_UINT(log->report.unpaired, 0);
    test_log_free(log);
}

/* Another thread's call comes in between; the script takes the last entry for every exit. */
static void
answers_of_interleaved_threads_find_their_requests(void **context)
{
    struct test_log *log =
        read_text(START CLIENT PORT_394 CALL_DUMP(2) START
                  "lsass.exe(700)\n"
                  "PortHandle=58, SendMessage=1000, ReceiveMessage=1000\n"
                  "Handle: 58 Port: LRPC-x | lsass.exe(700) -> svchost.exe(900)\n" CALL_DUMP(5)
                      RET SUCCESS_DUMP(2) RET SUCCESS_DUMP(5));

    (void)context;
    CHECK_UINT(log->call_count, 4);
    CHECK_UINT(log->calls[2].record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(log->calls[2].record.pid, 5624);
    CHECK_UINT(log->calls[2].flags & ATR_RECORD_DERIVED, 0);
    CHECK_UINT(log->calls[3].record.call_id, log->calls[1].record.call_id);
    CHECK_UINT(log->calls[3].record.pid, 700);
    CHECK_UINT(log->report.unpaired, 0);
    test_log_free(log);
}

static void
an_exit_that_shows_the_request_again_is_paired_by_order_only(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 CALL_DUMP(2) RET CALL_DUMP(2));
    const struct test_log_call *exit = &log->calls[1];

    (void)context;
    CHECK_UINT(exit->record.call_id, log->calls[0].record.call_id);
    assert_true((exit->flags & ATR_RECORD_DERIVED) != 0);
    CHECK_UINT(exit->payload_size, 0);
    CHECK_UINT(log->report.unpaired, 1);
    assert_string_equal(log->marks, "");
    test_log_free(log);
}

static void
an_exit_without_dump_takes_the_newest_entry(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 CALL_DUMP(2) START CLIENT PORT_394 RET);

    (void)context;
    CHECK_UINT(log->calls[2].record.call_id, log->calls[1].record.call_id);
    assert_true((log->calls[2].flags & ATR_RECORD_DERIVED) != 0);
    CHECK_UINT(log->report.unpaired, 1);
    test_log_free(log);
}

static void
an_exit_that_names_its_process_and_handle_is_paired_by_them(void **context)
{
    struct test_log *log =
        read_text(START CLIENT PORT_394 START
                  "lsass.exe(700)\n"
                  "PortHandle=58, SendMessage=1000, ReceiveMessage=1000\n" RET CLIENT PORT_394);

    (void)context;
    CHECK_UINT(log->call_count, 3);
    CHECK_UINT(log->calls[2].kind, ATR_RECORD_EXIT);
    CHECK_UINT(log->calls[2].record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(log->calls[2].flags & ATR_RECORD_DERIVED, 0);
    test_log_free(log);
}

static void
a_fault_answers_the_newest_request(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 CALL_DUMP(2) RET FAIL_DUMP);

    (void)context;
    CHECK_UINT(log->calls[1].record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(log->calls[1].flags & ATR_RECORD_DERIVED, 0);
    CHECK_UINT(log->calls[1].payload[8], 0xb5);
    test_log_free(log);
}

static void
a_bind_is_answered_by_the_same_interface(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 BIND_DUMP("03") RET BIND_DUMP("02"));

    (void)context;
    CHECK_UINT(log->calls[1].record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(log->calls[1].flags & ATR_RECORD_DERIVED, 0);
    CHECK_UINT(log->calls[1].payload_size, 40);
    CHECK_UINT(log->calls[1].payload[0x20], 2);
    test_log_free(log);
}

static void
an_exit_without_any_entry_says_that_it_was_lost(void **context)
{
    struct test_log *log = read_text(RET SUCCESS_DUMP(2) RET RET CALL_DUMP(2));

    (void)context;
    CHECK_UINT(log->call_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true((log->calls[i].flags & ATR_RECORD_ENTER_LOST) != 0);
        CHECK_UINT(log->calls[i].record.process_id, 0);
    }
    CHECK_UINT(log->calls[0].payload_size, 24);
    /* A request in an exit is what the lost entry sent, not something received. */
    CHECK_UINT(log->calls[2].payload_size, 0);
    assert_string_equal(log->marks, "CALL req_id:2 method:7\n");
    assert_int_not_equal(log->calls[0].record.call_id, log->calls[1].record.call_id);
    CHECK_UINT(log->report.unpaired, 3);
    test_log_free(log);
}

static void
skipped_calls_are_calls_without_content(void **context)
{
    struct test_log *log =
        read_text(START "|  [SKIP] Process MsMpEng.exe\n" START "|  explorer.exe(4000)\n"
                        "PortHandle=3b8, SendMessage=1, ReceiveMessage=0\n"
                        "Handle: 3b8 Port: CoreMessagingRegistrar | explorer.exe(4000) -> "
                        "svchost.exe(1200)\n"
                        "[SKIP] CoreMessage\n" START "svchost.exe(1200)\n"
                        "PortHandle=40, SendMessage=0, ReceiveMessage=1f00\n"
                        "Handle: 40 Port: a | b | NO CLIENT -> svchost.exe(1200)\n"
                        "[SKIP] no send msg\n" RET);

    (void)context;
    CHECK_UINT(log->call_count, 4);
    check_process(&log->calls[0].caller, "MsMpEng.exe", ATR_UNKNOWN_U32);
    CHECK_UINT(log->calls[0].flags & (ATR_RECORD_REDACTED | ATR_RECORD_PORT_UNRESOLVED),
               ATR_RECORD_REDACTED | ATR_RECORD_PORT_UNRESOLVED);
    CHECK_UINT(log->calls[1].flags & (ATR_RECORD_REDACTED | ATR_RECORD_PORT_UNRESOLVED),
               ATR_RECORD_REDACTED);
    assert_string_equal(log->calls[1].port_name, "CoreMessagingRegistrar");
    /* Nothing was sent: no header is missing, nothing was left out. */
    CHECK_UINT(log->calls[2].flags, ATR_RECORD_FROM_LOG | ATR_RECORD_TIME_UNKNOWN);
    CHECK_UINT(log->calls[2].port_kind, ATR_PORT_CONNECTION);
    assert_string_equal(log->calls[2].port_name, "a | b");
    CHECK_UINT(log->calls[3].record.call_id, log->calls[2].record.call_id);
    test_log_free(log);
}

static void
a_server_holds_its_own_end_of_the_connection(void **context)
{
    struct test_log *log =
        read_text(START "LogonUI.exe(2304)\n"
                        "PortHandle=1a4, SendMessage=1, ReceiveMessage=0\n"
                        "Handle: 1a4 Port: LRPC-1 | winlogon.exe(5624) -> LogonUI.exe(2304)\n");

    (void)context;
    CHECK_UINT(log->calls[0].port_kind, ATR_PORT_SERVER);
    check_process(&log->calls[0].port_owner, "LogonUI.exe", 2304);
    check_process(&log->calls[0].peer, "winlogon.exe", 5624);
    assert_string_equal(log->calls[0].port_name, "LRPC-1");
    test_log_free(log);
}

static void
a_port_without_a_name_has_none(void **context)
{
    struct test_log *log = read_text(
        START CLIENT "PortHandle=ffffffff80000a1c, SendMessage=1, ReceiveMessage=0\n" START CLIENT
                     "PortHandle=20, SendMessage=1, ReceiveMessage=0\n"
                     "Handle: 20 Port: UNKNOWN_PORT_NAME | winlogon.exe(5624) -> csrss.exe(600)\n");

    (void)context;
    CHECK_UINT(log->calls[0].record.handle, 0x80000a1c);
    assert_true((log->calls[0].flags & ATR_RECORD_KERNEL_CALLER) != 0);
    assert_true((log->calls[0].flags & ATR_RECORD_PORT_UNRESOLVED) != 0);
    assert_string_equal(log->calls[1].port_name, "");
    check_process(&log->calls[1].server, "csrss.exe", 600);
    test_log_free(log);
}

static void
ports_and_processes_are_defined_once(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394 CALL_DUMP(2) RET SUCCESS_DUMP(2)
                                         START CLIENT PORT_394 CALL_DUMP(3) RET SUCCESS_DUMP(3));

    (void)context;
    CHECK_UINT(log->processes, 2);
    CHECK_UINT(log->connection_ports, 1);
    CHECK_UINT(log->calls[0].record.port_id, log->calls[2].record.port_id);
    assert_int_not_equal(log->calls[0].record.call_id, log->calls[2].record.call_id);
    test_log_free(log);
}

static void
a_reused_pid_is_another_process_and_a_cut_name_is_not(void **context)
{
    struct test_log *log =
        read_text(START "SearchIndexer.exe(40)\n"
                        "PortHandle=8, SendMessage=1, ReceiveMessage=0\n"
                        "Handle: 8 Port: P | SearchIndexer.(40) -> svchost.exe(41)\n" START
                        "notepad.exe(40)\n"
                        "PortHandle=8, SendMessage=1, ReceiveMessage=0\n"
                        "Handle: 8 Port: P | notepad.exe(40) -> svchost.exe(41)\n");

    (void)context;
    CHECK_UINT(log->processes, 3);
    CHECK_UINT(log->calls[0].port_kind, ATR_PORT_CLIENT);
    check_process(&log->calls[0].caller, "SearchIndexer.exe", 40);
    check_process(&log->calls[1].caller, "notepad.exe", 40);
    assert_int_not_equal(log->calls[0].record.port_id, log->calls[1].record.port_id);
    CHECK_UINT(log->connection_ports, 1);
    test_log_free(log);
}

static void
a_name_seen_cut_is_completed_later(void **context)
{
    struct test_log *log = read_text(
        START "a.exe(1)\n"
              "PortHandle=8, SendMessage=1, ReceiveMessage=0\n"
              "Handle: 8 Port: P | a.exe(1) -> SearchIndexer.(40)\n" START "SearchIndexer.exe(40)\n"
              "PortHandle=8, SendMessage=1, ReceiveMessage=0\n"
              "Handle: 8 Port: P | NO CLIENT -> SearchIndexer.(40)\n");

    (void)context;
    CHECK_UINT(log->processes, 2);
    check_process(&log->calls[0].server, "SearchIndexer.", 40);
    check_process(&log->calls[1].caller, "SearchIndexer.exe", 40);
    check_process(&log->calls[1].server, "SearchIndexer.exe", 40);
    test_log_free(log);
}

static void
a_note_without_a_dump_is_kept_as_a_mark(void **context)
{
    struct test_log *log =
        read_text(START CLIENT PORT_394 "|  CALL req_id:2 method:7\n" RET "SUCCESS req_id:2\n");

    (void)context;
    assert_string_equal(log->marks, "CALL req_id:2 method:7\nSUCCESS req_id:2\n");
    CHECK_UINT(log->calls[1].record.call_id, log->calls[0].record.call_id);
    CHECK_UINT(log->calls[1].flags & ATR_RECORD_DERIVED, 0);
    CHECK_UINT(log->calls[1].payload_size, 0);
    test_log_free(log);
}

static void
a_note_that_contradicts_its_dump_is_damage(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394
                                     "CALL req_id:9 method:7\n"
                                     "0000  00 00 00 00 00 00 00 00 01 00 00 00 02 00 00 00  .\n");

    (void)context;
    assert_true(log->report.damaged);
    assert_non_null(strstr(log->report.problem.text, "line 5:"));
    CHECK_UINT(log->calls[0].payload_size, 16);
    test_log_free(log);
}

static void
a_request_id_above_31_bits_is_printed_negative(void **context)
{
    struct test_log *log = read_text(START CLIENT PORT_394
                                     "CALL req_id:-2 method:7\n"
                                     "0000  00 00 00 00 00 00 00 00 01 00 00 00 FE FF FF FF  .\n");

    (void)context;
    assert_false(log->report.damaged);
    test_log_free(log);
}

static void
records_whose_first_line_is_missing_are_found(void **context)
{
    struct test_log *log = read_text(
        "...\n" CLIENT PORT_394 CALL_DUMP(2) "lsass.exe(700)\n"
                                             "PortHandle=58, SendMessage=1000, ReceiveMessage=0\n"
                                             "foo.exe(3)\n" SUCCESS_DUMP(2));

    (void)context;
    CHECK_UINT(log->call_count, 3);
    check_process(&log->calls[0].caller, "winlogon.exe", 5624);
    CHECK_UINT(log->calls[0].payload_size, 24);
    check_process(&log->calls[1].caller, "lsass.exe", 700);
    check_process(&log->calls[2].caller, "foo.exe", 3);
    assert_true((log->calls[0].flags & ATR_RECORD_DERIVED) != 0);
    assert_true(log->report.damaged);
    test_log_free(log);
}

static void
call_sites_may_be_anything(void **context)
{
    struct test_log *log = read_text(
        START CLIENT PORT_394
        " # Child-SP          RetAddr               Call Site\n"
        "00 ffff`1 ffff`2 nothing\n"
        "00 fffff687`e3f7ea88 fffff800`00000001     nt!Old\n"
        "00 fffff687`e3f7ea88 fffff800`07de6c05     nt!NtAlpcSendWaitReceivePort\n"
        "01 (Inline Function) --------`--------     mod!Inlined+0x4\n"
        "02 000000fb`0a97ea68 00007fff`1e8ac542     a!std::map<int, int *>::operator[]+0x14\n"
        "03 000000fb`0a97ea70 00007fff`1e8a9a91     0x00007fff`1e8ac542\n"
        "05 000000fb`0a97ea70 00007fff`1e8a9a99     b!f [d:\\src\\b.cpp @ 12]\n"
        "06 000000fb`0a97ea70 00007fff`1e8a9a9f\n");
    const struct test_log_call *call = &log->calls[0];

    (void)context;
    CHECK_UINT(call->frame_count, 6);
    assert_string_equal(test_log_frame_text(log, call, 0), "nt!NtAlpcSendWaitReceivePort");
    CHECK_UINT(call->frames[0].address, 0);
    CHECK_UINT(call->frames[1].address, UINT64_C(0xfffff80007de6c05));
    CHECK_UINT(call->frames[2].address, UINT64_C(0xfffff80007de6c05));
    assert_string_equal(test_log_frame_text(log, call, 2),
                        "a!std::map<int, int *>::operator[]+0x14");
    CHECK_UINT(call->frames[3].address, UINT64_C(0x7fff1e8ac542));
    CHECK_UINT(call->frames[4].address, 0); /* a line is missing above it */
    CHECK_UINT(call->frames[5].address, UINT64_C(0x7fff1e8a9a99));
    CHECK_UINT(call->frames[5].text_string_id, 0);
    CHECK_UINT(log->report.skipped, 1);
    test_log_free(log);
}

static void
equal_stacks_are_one_stack(void **context)
{
#define STACK "00 fffff687`e3f7ea88 fffff800`00000001     nt!A\n"
    struct test_log *log = read_text(START CLIENT PORT_394 STACK START CLIENT PORT_394 STACK);
#undef STACK

    (void)context;
    CHECK_UINT(log->stacks, 1);
    CHECK_UINT(log->calls[0].record.stack_id, log->calls[1].record.stack_id);
    test_log_free(log);
}

static void
put_many(struct atr_text *text, const char *piece, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        atr_text_puts(text, piece);
    }
}

static void
absurd_logs_are_read_within_bounds(void **context)
{
    static const char *const pieces[] = {
        START,
        RET,
        "|  ",
        "kd>",
        "(",
        "0",
        "0000  41\n",
        "winlogon.exe(5624)\n",
        "FAIL\n",
        RET "SUCCESS req_id:2\n",
        "00 fffff687`e3f7ea88 fffff800`00000001     nt!A\n",
        "[SKIP] no\n",
        " -> ",
        "\n",
        START "CALL req_id:2 method:7\n",
    };

    (void)context;
    for (size_t i = 0; i < ATR_COUNT(pieces); i++) {
        struct atr_text text;
        struct test_log *log;

        atr_text_init(&text, atr_heap_default());
        atr_text_puts(&text, START CLIENT PORT_394);
        put_many(&text, pieces[i], 50000);
        atr_text_puts(&text, "\n" START CLIENT PORT_394 RET);
        CHECK_UINT(text.status, ATR_OK);
        log = test_log_read_all(&atr_windbg_source, text.data, text.size_bytes);
        assert_true(log->call_count >= 2);
        test_log_free(log);
        atr_text_fini(&text);
    }
}

static void
a_line_of_a_million_bars_costs_only_itself(void **context)
{
    struct atr_text text;
    struct test_log *log;

    (void)context;
    atr_text_init(&text, atr_heap_default());
    atr_text_puts(&text, START CLIENT);
    put_many(&text, "|  ", 1000000);
    atr_text_puts(&text, "CALL req_id:2 method:7\n" PORT_394);
    log = test_log_read_all(&atr_windbg_source, text.data, text.size_bytes);
    CHECK_UINT(log->call_count, 1);
    assert_string_equal(log->calls[0].port_name, "LRPC-b4cb7c7affbc500b2a");
    assert_true(log->report.damaged);
    assert_non_null(strstr(log->report.problem.text, "line 3:"));
    test_log_free(log);
    atr_text_fini(&text);
}

static void
more_names_than_are_kept_are_defined_again(void **context)
{
    struct atr_text text;
    struct test_log *log;
    uint64_t strings;

    (void)context;
    atr_text_init(&text, atr_heap_default());
    for (unsigned i = 0; i < 140000; i++) {
        atr_text_printf(&text, START "p%u.exe(%u)\n", i, i);
    }
    log = test_log_read_all(&atr_windbg_source, text.data, text.size_bytes);
    CHECK_UINT(log->call_count, 140000);
    CHECK_UINT(log->processes, 140000);
    test_log_free(log);

    atr_text_clear(&text);
    for (unsigned i = 0; i < 140000; i++) {
        atr_text_printf(&text, START CLIENT "00 fffff687`e3f7ea88 fffff800`00000001 m!f%u\n", i);
    }
    log = test_log_read_all(&atr_windbg_source, text.data, text.size_bytes);
    strings = log->string_seen;
    CHECK_UINT(strings, 140000);
    CHECK_UINT(log->processes, 1);
    test_log_free(log);
    atr_text_fini(&text);
}

static const char torture[] = "\r\n" START CLIENT PORT_394 CALL_DUMP(
    2) " # Child-SP  RetAddr  Call Site\n"
       "00 fffff687`e3f7ea88 fffff800`07de6c05     nt!NtAlpcSendWaitReceivePort\n"
       "01 fffff687`e3f7ea90 00007fff`220f0b24     nt!KiSystemServiceCopyEnd+0x25\n" START
       "LogonUI.exe(2304)\n"
       "PortHandle=1a4, SendMessage=1, ReceiveMessage=0\n"
       "Handle: 1a4 Port: UNKNOWN_PORT_NAME | winlogon.exe(5624) -> LogonUI.exe(2304)\n"
       "[SKIP] CoreMessage\n" RET SUCCESS_DUMP(2) START CLIENT PORT_394 BIND_DUMP("03")
           RET FAIL_DUMP RET;

static void
any_damage_to_a_log_is_survived(void **context)
{
    size_t size;
    uint8_t *wide = test_log_utf16(torture, sizeof(torture) - 1, false, true, &size);

    (void)context;
    test_log_torture(&atr_windbg_source, torture, sizeof(torture) - 1);
    test_log_torture(&atr_windbg_source, wide, size);
    free(wide);
}

static void
a_log_cut_anywhere_keeps_its_whole_records(void **context)
{
    size_t size;
    char *text;
    size_t last;
    struct test_log *log;

    (void)context;
    text = read_sample(&size);
    last = atr_str_find(atr_str_make(text, size), ATR_STR("|  00b0")) + 20;
    log = test_log_read_all(&atr_windbg_source, text, last);
    CHECK_UINT(log->call_count, 1);
    assert_in_range(log->calls[0].payload_size, 0xb0, 0xb8);
    test_log_free(log);
    free(text);
}

static void
only_this_script_s_logs_are_claimed(void **context)
{
    static const uint8_t binary[] = "\0\0[SendWait] Start\n";
    struct atr_bytes other = {(const uint8_t *)"Process x, EPROCESS: 1, HANDLE: 2\n", 34};
    struct atr_bytes part = {(const uint8_t *)"PortHandle=1, SendMessage=2", 27};

    (void)context;
    CHECK_UINT(atr_windbg_source.probe(other), 0);
    CHECK_UINT(atr_windbg_source.probe((struct atr_bytes){binary, sizeof(binary)}), 0);
    CHECK_UINT(atr_windbg_source.probe((struct atr_bytes){NULL, 0}), 0);
    assert_true(atr_windbg_source.probe(part) > 50);
}

static void
the_real_excerpt_gives_the_real_bytes(void **context)
{
    char *path = test_shared_path("data/real/seed/rdp_logon_excerpt.log");
    char *call_path = test_shared_path("data/real/seed/rdp_logon_excerpt.call.bin");
    struct test_log *log;
    uint8_t *bytes;
    uint8_t *payload;
    size_t size;
    size_t payload_size;

    (void)context;
    test_read_file(path, &bytes, &size);
    test_read_file(call_path, &payload, &payload_size);
    log = test_log_read_all(&atr_windbg_source, bytes, size);
    check_winlogon(log);
    CHECK_UINT(log->calls[0].payload_size, payload_size);
    assert_memory_equal(log->calls[0].payload, payload, payload_size);
    CHECK_UINT(log->calls[0].frames[7].address, UINT64_C(0x7ff71d939ee9));
    test_log_free(log);
    free(bytes);
    free(payload);
    free(path);
    free(call_path);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_gives_one_call_with_payload_and_stack),
        cmocka_unit_test(a_frame_stands_at_the_return_address_of_the_line_above),
        cmocka_unit_test(every_encoding_gives_the_same_call),
        cmocka_unit_test(a_mark_of_utf8_and_text_of_a_code_page_are_read),
        cmocka_unit_test(a_web_copy_with_squeezed_blanks_gives_the_same_call),
        cmocka_unit_test(the_bytes_of_a_squeezed_last_line_end_before_its_text),
        cmocka_unit_test(bytes_come_from_the_hex_column_only),
        cmocka_unit_test(a_console_copy_with_prompts_and_chatter_is_read),
        cmocka_unit_test(a_dump_goes_on_past_offset_ffff),
        cmocka_unit_test(a_dump_past_the_cap_is_cut_and_says_so),
        cmocka_unit_test(a_dump_with_a_hole_keeps_what_comes_before_it),
        cmocka_unit_test(an_exit_with_the_answer_belongs_to_its_request),
        cmocka_unit_test(answers_of_interleaved_threads_find_their_requests),
        cmocka_unit_test(an_exit_that_shows_the_request_again_is_paired_by_order_only),
        cmocka_unit_test(an_exit_without_dump_takes_the_newest_entry),
        cmocka_unit_test(an_exit_that_names_its_process_and_handle_is_paired_by_them),
        cmocka_unit_test(a_fault_answers_the_newest_request),
        cmocka_unit_test(a_bind_is_answered_by_the_same_interface),
        cmocka_unit_test(an_exit_without_any_entry_says_that_it_was_lost),
        cmocka_unit_test(skipped_calls_are_calls_without_content),
        cmocka_unit_test(a_server_holds_its_own_end_of_the_connection),
        cmocka_unit_test(a_port_without_a_name_has_none),
        cmocka_unit_test(ports_and_processes_are_defined_once),
        cmocka_unit_test(a_reused_pid_is_another_process_and_a_cut_name_is_not),
        cmocka_unit_test(a_name_seen_cut_is_completed_later),
        cmocka_unit_test(a_note_without_a_dump_is_kept_as_a_mark),
        cmocka_unit_test(a_note_that_contradicts_its_dump_is_damage),
        cmocka_unit_test(a_request_id_above_31_bits_is_printed_negative),
        cmocka_unit_test(records_whose_first_line_is_missing_are_found),
        cmocka_unit_test(call_sites_may_be_anything),
        cmocka_unit_test(equal_stacks_are_one_stack),
        cmocka_unit_test(absurd_logs_are_read_within_bounds),
        cmocka_unit_test(a_line_of_a_million_bars_costs_only_itself),
        cmocka_unit_test(more_names_than_are_kept_are_defined_again),
        cmocka_unit_test(any_damage_to_a_log_is_survived),
        cmocka_unit_test(a_log_cut_anywhere_keeps_its_whole_records),
        cmocka_unit_test(only_this_script_s_logs_are_claimed),
        cmocka_unit_test(the_real_excerpt_gives_the_real_bytes),
    };

    return cmocka_run_group_tests_name("windbg", tests, NULL, NULL);
}
