/* SPDX-License-Identifier: MIT */

/* The hook half of the driver and the pin, run natively against a kernel of a few pages. */

#include "kernel.h"

#include "hook.h"

#include "support/support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROW  ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE
#define TABLE_FORM (FakeKernel.is_absolute ? 8u : 4u)

/* What Pre and Post saw. */
static struct {
    _Atomic uint64_t pres;
    _Atomic uint64_t posts;
    _Atomic uint64_t wrong;
    _Atomic bool blocks; /* Pre does not come back */
} Seen;

static void
check_frame(const ATR_PIN_FRAME *frame)
{
    if (frame->Row >= ATR_SERVICE_COUNT ||
        frame->ArgumentCount != fake_kernel_arguments(frame->Row) || frame->Generation == 0 ||
        FakeKernel.critical_regions == 0) {
        Seen.wrong++;
    }
}

static VOID NTAPI
on_pre(PATR_PIN_FRAME Frame)
{
    Seen.pres++;
    check_frame(Frame);
    for (ULONG i = 0; i < ATR_PIN_CONTEXT_WORDS; i++) {
        Seen.wrong += Frame->Context[i] != 0;
    }
    Frame->Context[3] = Frame->Arguments[0] ^ Frame->Row;
    while (Seen.blocks) {
        sched_yield();
    }
}

static VOID NTAPI
on_post(PATR_PIN_FRAME Frame, NTSTATUS Status)
{
    Seen.posts++;
    check_frame(Frame);
    Seen.wrong += Frame->Context[3] != (Frame->Arguments[0] ^ Frame->Row);
    Seen.wrong += Status != fake_kernel_status(Frame->Row, Frame->Arguments);
}

static NTSTATUS
arm(ULONG flags)
{
    const struct atr_device_start start = fake_kernel_start(flags);
    ULONG64 generation = 0;

    return AtrHookArm(&start, on_pre, on_post, &generation);
}

static struct atr_device_status
status(void)
{
    static struct atr_device_status now;

    AtrHookStatus(&now);
    return now;
}

static void
call_row(ULONG row, ULONG64 seed)
{
    ULONG64 arguments[ATR_PIN_ARGUMENTS_MAX];

    for (ULONG i = 0; i < ATR_PIN_ARGUMENTS_MAX; i++) {
        arguments[i] = (seed + i) * 0x9e3779b97f4a7c15ull;
    }
    CHECK_INT(fake_kernel_call(row, arguments), fake_kernel_status(row, arguments));
}

/* The table and the services, without the padding where islands stay. */
static void
remember(UCHAR *image)
{
    memcpy(image, fake_kernel_base(), fake_kernel_bytes());
}

static void
check_untouched(const UCHAR *image)
{
    const SIZE_T table = (SIZE_T)(fake_kernel_table() - fake_kernel_base());

    assert_memory_equal(fake_kernel_table(), image + table, FAKE_SERVICES * (SIZE_T)TABLE_FORM);
    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        const SIZE_T at = (SIZE_T)(fake_kernel_service(row) - fake_kernel_base());

        assert_memory_equal(fake_kernel_service(row), image + at, 16);
    }
}

static void
begin(UCHAR *image)
{
    memset(&Seen, 0, sizeof(Seen));
    remember(image);
    CHECK_UINT(AtrHookInit(), STATUS_SUCCESS);
}

/* All that was taken is given back, but for the pages of islands. */
static void
end(const UCHAR *image)
{
    CHECK_UINT(AtrHookFini(), STATUS_SUCCESS);
    check_untouched(image);
    CHECK_UINT(Seen.wrong, 0);
    CHECK_INT(FakeKernel.files, 0);
    CHECK_INT(FakeKernel.pool, 0);
    CHECK_INT(FakeKernel.critical_regions, 0);
    CHECK_INT(FakeKernel.locks, FakeKernel.mdls);
}

static bool
can_detour(ULONG row)
{
    return row % FAKE_SHAPES != FAKE_ONE_BYTE;
}

static void
every_call_is_seen_through_the_table(void **state)
{
    UCHAR image[0x5000];

    (void)state;
    begin(image);
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        CHECK_UINT(status().rows[row].state, ATR_ROW_TABLE);
        CHECK_UINT(status().rows[row].number, FAKE_FIRST_NUMBER + row);
        call_row(row, row);
        CHECK_UINT(Seen.pres, row + 1);
        CHECK_UINT(Seen.posts, row + 1);
    }
    CHECK_UINT(status().enters, ATR_SERVICE_COUNT);
    CHECK_UINT(status().exits, ATR_SERVICE_COUNT);
    CHECK_UINT(status().in_flight, 0);
    AtrHookDisarm();
    call_row(FIRST_ROW, 1);
    CHECK_UINT(Seen.pres, ATR_SERVICE_COUNT);
    end(image);
}

static void
every_call_is_seen_through_one_changed_instruction(void **state)
{
    UCHAR image[0x5000];
    uint64_t calls = 0;

    (void)state;
    begin(image);
    CHECK_UINT(arm(ATR_START_INLINE), STATUS_SUCCESS);
    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        const struct atr_device_status now = status();

        CHECK_UINT(now.rows[row].state, can_detour(row) ? ATR_ROW_INLINE : ATR_ROW_REFUSED);
        CHECK_UINT(now.rows[row].reason[0] != '\0', !can_detour(row));
        calls += can_detour(row);
        call_row(row, row);
        CHECK_UINT(Seen.posts, calls);
    }
    end(image);
}

static void
both_ways_may_follow_each_other(void **state)
{
    UCHAR image[0x5000];

    (void)state;
    begin(image);
    for (ULONG turn = 0; turn < 30; turn++) {
        CHECK_UINT(arm(turn % 2 == 0 ? 0 : ATR_START_INLINE), STATUS_SUCCESS);
        call_row(FIRST_ROW, turn);
        CHECK_UINT(Seen.posts, turn + 1);
        AtrHookDisarm();
        check_untouched(image);
    }
    end(image);
}

/* Traffic on every row until told to stop. */
struct traffic {
    pthread_t thread;
    uint64_t calls;
    uint64_t wrong;
    ULONG seed;
};

static _Atomic bool IsOver;

static void *
make_traffic(void *context)
{
    struct traffic *traffic = context;
    struct test_random random = {traffic->seed};
    ULONG64 arguments[ATR_PIN_ARGUMENTS_MAX];

    while (!IsOver) {
        const ULONG row = test_random_below(&random, ATR_SERVICE_COUNT);

        for (ULONG i = 0; i < ATR_PIN_ARGUMENTS_MAX; i++) {
            arguments[i] = test_random_u64(&random);
        }
        traffic->wrong += fake_kernel_call(row, arguments) != fake_kernel_status(row, arguments);
        traffic->calls++;
    }
    return NULL;
}

static void
starts_and_stops_under_traffic_lose_no_call_and_no_count(void **state)
{
    struct traffic traffic[4];
    UCHAR image[0x5000];
    uint64_t wrong = 0;

    (void)state;
    begin(image);
    IsOver = false;
    for (ULONG i = 0; i < 4; i++) {
        traffic[i] = (struct traffic){.seed = i + 1};
        CHECK_INT(pthread_create(&traffic[i].thread, NULL, make_traffic, &traffic[i]), 0);
    }
    for (ULONG turn = 0; turn < 60; turn++) {
        CHECK_UINT(arm(turn % 2 == 0 ? 0 : ATR_START_INLINE), STATUS_SUCCESS);
        for (ULONG i = 0; i < 5; i++) {
            sched_yield();
        }
        AtrHookCheck();
        AtrHookDisarm();
        CHECK_UINT(status().lost_hooks, 0);
        assert_true(status().in_flight <= 4);
    }
    CHECK_UINT(AtrHookFini(), STATUS_SUCCESS);
    IsOver = true;
    for (ULONG i = 0; i < 4; i++) {
        CHECK_INT(pthread_join(traffic[i].thread, NULL), 0);
        wrong += traffic[i].wrong;
    }
    CHECK_UINT(wrong, 0);
    CHECK_UINT(AtrHookInit(), STATUS_SUCCESS);
    CHECK_UINT(status().in_flight, 0);
    CHECK_UINT(status().enters, status().exits + status().returned_stale);
    end(image);
    assert_true(Seen.posts > 0);
}

static void
check_counts(uint64_t enters, uint64_t exits, uint64_t stale)
{
    struct atr_device_status now = status();

    CHECK_UINT(now.enters, enters);
    CHECK_UINT(now.exits, exits);
    CHECK_UINT(now.returned_stale, stale);
    CHECK_UINT(now.in_flight, enters - exits - stale);
}

static _Atomic bool IsAsleep;
static _Atomic bool MayWake;

static void
sleep_inside(ULONG row)
{
    if (row == FIRST_ROW) {
        IsAsleep = true;
        while (!MayWake) {
            sched_yield();
        }
    }
}

static void *
call_once(void *context)
{
    (void)context;
    call_row(FIRST_ROW, 5);
    return NULL;
}

static void
a_call_asleep_over_a_stop_returns_through_the_pin_and_is_counted(void **state)
{
    UCHAR image[0x5000];
    pthread_t thread;

    (void)state;
    begin(image);
    assert_true(FakeKernel.is_pin_ours);
    IsAsleep = MayWake = false;
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    FakeInService = sleep_inside;
    CHECK_INT(pthread_create(&thread, NULL, call_once, NULL), 0);
    while (!IsAsleep) {
        sched_yield();
    }
    CHECK_UINT(FakeKernel.critical_regions, 0);
    check_counts(1, 0, 0);
    AtrHookDisarm();
    check_counts(1, 0, 0);
    MayWake = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    FakeInService = NULL;
    check_counts(1, 0, 1);
    CHECK_UINT(Seen.posts, 0);
    end(image);
}

static void
a_call_asleep_over_the_next_start_is_not_of_that_session(void **state)
{
    UCHAR image[0x5000];
    pthread_t thread;

    (void)state;
    begin(image);
    IsAsleep = MayWake = false;
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    FakeInService = sleep_inside;
    CHECK_INT(pthread_create(&thread, NULL, call_once, NULL), 0);
    while (!IsAsleep) {
        sched_yield();
    }
    CHECK_UINT(AtrHookFini(), STATUS_SUCCESS);
    CHECK_UINT(AtrHookInit(), STATUS_SUCCESS);
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    check_counts(0, 0, 0);
    call_row(FIRST_ROW + 1, 5);
    check_counts(1, 1, 0);
    MayWake = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    FakeInService = NULL;
    check_counts(1, 1, 0);
    AtrHookDisarm();
    check_counts(1, 1, 0);
    CHECK_UINT(Seen.posts, 1);
    end(image);
}

static void
who_is_inside_keeps_the_driver_from_leaving(void **state)
{
    UCHAR image[0x5000];
    pthread_t thread;

    (void)state;
    begin(image);
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    Seen.blocks = true;
    CHECK_INT(pthread_create(&thread, NULL, call_once, NULL), 0);
    while (Seen.pres == 0) {
        sched_yield();
    }
    AtrHookDisarm();
    check_untouched(image);
    CHECK_INT(AtrHookFini(), STATUS_DEVICE_BUSY);
    CHECK_INT(arm(0), STATUS_DEVICE_BUSY);
    Seen.blocks = false;
    CHECK_INT(pthread_join(thread, NULL), 0);
    end(image);
}

static void
what_somebody_else_changed_is_left_alone(void **state)
{
    UCHAR image[0x5000];
    PUCHAR entry;
    UCHAR ours;

    (void)state;
    begin(image);
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    entry = fake_kernel_writable(fake_kernel_table() + (SIZE_T)FAKE_FIRST_NUMBER * TABLE_FORM);
    ours = entry[1];
    entry[1] ^= 0x10;
    AtrHookCheck();
    AtrHookCheck();
    CHECK_UINT(status().lost_hooks, 1);
    CHECK_UINT(status().rows[0].state, ATR_ROW_FOREIGN);
    CHECK_UINT(status().rows[1].state, ATR_ROW_TABLE);
    AtrHookDisarm();
    CHECK_UINT(status().rows[0].state, ATR_ROW_FOREIGN);
    CHECK_UINT(entry[1], ours ^ 0x10);
    memcpy(entry,
           image + (fake_kernel_table() - fake_kernel_base()) +
               (SIZE_T)FAKE_FIRST_NUMBER * TABLE_FORM,
           TABLE_FORM);
    end(image);
}

static void
doubt_about_the_first_service_wraps_nothing(void **state)
{
    struct atr_device_start start = fake_kernel_start(0);
    UCHAR image[0x5000];
    ULONG64 generation;

    (void)state;
    begin(image);
    start.services[FIRST_ROW].rva += 16;
    CHECK_INT(AtrHookArm(&start, on_pre, on_post, &generation), STATUS_NOT_SUPPORTED);
    check_untouched(image);
    CHECK_UINT(status().rows[FIRST_ROW].state, ATR_ROW_REFUSED);
    assert_true(status().rows[FIRST_ROW].reason[0] != '\0');
    end(image);
}

static void
doubt_about_another_service_leaves_it_out(void **state)
{
    struct atr_device_start start = fake_kernel_start(0);
    UCHAR image[0x5000];
    ULONG64 generation;

    (void)state;
    begin(image);
    start.services[3].rva += 16;
    start.services[4].number = UINT32_MAX;
    CHECK_INT(AtrHookArm(&start, on_pre, on_post, &generation), STATUS_SUCCESS);
    CHECK_UINT(status().rows[2].state, ATR_ROW_TABLE);
    CHECK_UINT(status().rows[3].state, ATR_ROW_REFUSED);
    CHECK_UINT(status().rows[4].state, ATR_ROW_ABSENT);
    end(image);
}

static void
symbols_of_another_kernel_do_not_serve(void **state)
{
    struct atr_device_start start = fake_kernel_start(0);
    UCHAR image[0x5000];
    ULONG64 generation;

    (void)state;
    begin(image);
    start.kernel_time_stamp++;
    CHECK_INT(AtrHookArm(&start, on_pre, on_post, &generation),
              FakeKernel.is_absolute ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
    end(image);
}

static void
a_kernel_without_alpc_is_wrapped_by_its_lpc_services(void **state)
{
    UCHAR image[0x5000];

    (void)state;
    begin(image);
    FakeKernel.is_legacy_only = true;
    CHECK_UINT(arm(0), STATUS_SUCCESS);
    CHECK_UINT(status().rows[FIRST_ROW].state, ATR_ROW_ABSENT);
    CHECK_UINT(status().rows[ATR_SERVICE_LPC_REQUEST_WAIT_REPLY].state, ATR_ROW_TABLE);
    call_row(ATR_SERVICE_LPC_REQUEST_WAIT_REPLY, 1);
    CHECK_UINT(Seen.posts, 1);
    FakeKernel.is_legacy_only = false;
    end(image);
}

static void
whatever_fails_the_kernel_stays_as_it_was(void **state)
{
    UCHAR image[0x5000];
    unsigned refused = 0;

    (void)state;
    begin(image);
    for (ULONG inline_flag = 0; inline_flag <= ATR_START_INLINE; inline_flag += ATR_START_INLINE) {
        for (ULONG64 n = 1;; n++) {
            FakeKernel.requests = 0;
            FakeKernel.fail_at = n;
            FakeKernel.failed = false;
            if (arm(inline_flag) != STATUS_SUCCESS) {
                refused++;
            }
            call_row(FIRST_ROW, n);
            AtrHookDisarm();
            check_untouched(image);
            if (!FakeKernel.failed) {
                break;
            }
        }
    }
    FakeKernel.fail_at = 0;
    assert_true(refused > 0);
    end(image);
}

static void
check_gate(ULONG flags, NTSTATUS want)
{
    CHAR reason[ATR_DEVICE_REASON_CHARS];

    CHECK_INT(AtrHookGate(flags, reason), want);
    CHECK_UINT(reason[0] == '\0', want == STATUS_SUCCESS);
    if (want != STATUS_SUCCESS) {
        CHECK_INT(arm(flags), want);
    }
}

static void
the_gate_refuses_with_a_sentence(void **state)
{
    UCHAR image[0x5000];

    (void)state;
    begin(image);
    check_gate(0, STATUS_SUCCESS);
    FakeDebuggerEnabled = FALSE;
    check_gate(0, STATUS_DEBUGGER_INACTIVE);
    check_gate(ATR_START_FORCE_GATE, STATUS_SUCCESS);
    for (ULONG option = 0x400; option <= 0x2000; option *= 2) {
        FakeKernel.code_integrity = 3 | option;
        check_gate(ATR_START_FORCE_GATE, option == 0x800 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
    }
    FakeKernel.code_integrity = FAKE_CODE_INTEGRITY_ABSENT;
    FakeDebuggerEnabled = TRUE;
    CHECK_UINT(AtrHookFini(), STATUS_SUCCESS);
    FakeKernel.has_pin = false;
    check_gate(0, STATUS_DEVICE_NOT_READY);
    FakeKernel.has_pin = true;
    end(image);
}

static int
boot_relative(void **state)
{
    (void)state;
    fake_kernel_boot(false);
    return 0;
}

static int
boot_absolute(void **state)
{
    (void)state;
    fake_kernel_boot(true);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gate_refuses_with_a_sentence),
        cmocka_unit_test(every_call_is_seen_through_the_table),
        cmocka_unit_test(every_call_is_seen_through_one_changed_instruction),
        cmocka_unit_test(both_ways_may_follow_each_other),
        cmocka_unit_test(starts_and_stops_under_traffic_lose_no_call_and_no_count),
        cmocka_unit_test(a_call_asleep_over_a_stop_returns_through_the_pin_and_is_counted),
        cmocka_unit_test(a_call_asleep_over_the_next_start_is_not_of_that_session),
        cmocka_unit_test(who_is_inside_keeps_the_driver_from_leaving),
        cmocka_unit_test(what_somebody_else_changed_is_left_alone),
        cmocka_unit_test(doubt_about_the_first_service_wraps_nothing),
        cmocka_unit_test(doubt_about_another_service_leaves_it_out),
        cmocka_unit_test(symbols_of_another_kernel_do_not_serve),
        cmocka_unit_test(a_kernel_without_alpc_is_wrapped_by_its_lpc_services),
        cmocka_unit_test(whatever_fails_the_kernel_stays_as_it_was),
    };

    return cmocka_run_group_tests_name("relative table", tests, boot_relative, NULL) +
           cmocka_run_group_tests_name("absolute table", tests, boot_absolute, NULL);
}
