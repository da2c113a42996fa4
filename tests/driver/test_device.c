/* SPDX-License-Identifier: MIT */
/* Who may ask what of the device, and what a session's life leaves behind. */
#include "world.h"

enum {
    LENGTH_MAX = 64,
    STATUS_NOT_FOR_YOU = (int)0xc0000022,
};

static const ULONG codes[] = {
    ATR_IOCTL_HELLO, ATR_IOCTL_START,    ATR_IOCTL_STOP,         ATR_IOCTL_QUERY,
    ATR_IOCTL_CLOCK, ATR_DEVICE_CODE(5), ATR_DEVICE_CODE(0) | 3, 0,
};

/* Every length of both buffers, the content random: gives how many were taken. */
static unsigned
poke(struct world *world, const ATR_CLIENT *client, ULONG code, NTSTATUS refusal)
{
    struct test_random random = {code};
    unsigned taken = 0;

    for (ULONG in = 0; in <= LENGTH_MAX; in++) {
        for (ULONG out = 0; out <= LENGTH_MAX; out++) {
            uint8_t *buffer = test_guarded(NULL, LENGTH_MAX);
            NTSTATUS status;

            test_random_fill(&random, buffer, LENGTH_MAX);
            status = request(world, client, code, buffer, in, out);
            taken += status == STATUS_SUCCESS;
            assert_true(
                status == STATUS_SUCCESS || status == refusal ||
                (refusal == STATUS_INFO_LENGTH_MISMATCH &&
                 (status == STATUS_INVALID_PARAMETER || status == STATUS_INVALID_DEVICE_STATE)));
            test_guarded_free(buffer, LENGTH_MAX);
        }
    }
    return taken;
}

static void
requests_of_every_length_are_refused_or_right(void **state)
{
    static const unsigned taken[] = {0, 0, 0, 0, 1, 0, 0, 0};
    struct world *world = *state;

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CHECK_UINT(poke(world, &world->other, codes[i],
                        i < 5 ? STATUS_INFO_LENGTH_MISMATCH : STATUS_INVALID_DEVICE_REQUEST),
                   taken[i]);
    }
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_IDLE);
}

static void
who_is_no_administrator_is_refused_whatever_it_asks(void **state)
{
    struct world *world = *state;
    ATR_CLIENT nobody = {.IsAdmin = FALSE};

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CHECK_UINT(poke(world, &nobody, codes[i],
                        i < 5 ? STATUS_NOT_FOR_YOU : STATUS_INVALID_DEVICE_REQUEST),
                   0);
    }
}

static void
a_session_has_one_owner_and_anyone_may_stop_it(void **state)
{
    struct world *world = *state;

    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
    } buffer = {.hello = {.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION}};

    hello(world);
    CHECK_INT(request(world, &world->other, ATR_IOCTL_HELLO, &buffer, 16, 64),
              STATUS_SHARING_VIOLATION);
    CHECK_INT(request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, 16, 64),
              STATUS_SHARING_VIOLATION);
    CHECK_INT(
        request(world, &world->other, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_ACCESS_DENIED);
    /* The owner's handle in another process is not the owner. */
    CHECK_INT(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_ACCESS_DENIED);
    CHECK_INT(request(world, &world->other, ATR_IOCTL_STOP, NULL, 0, 0),
              STATUS_INVALID_DEVICE_STATE);
    run(world);
    CHECK_INT(request(world, &world->other, ATR_IOCTL_STOP, NULL, 0, 0), STATUS_SUCCESS);
    assert_null(fake_os.pre);
    CHECK_INT(request(world, &world->other, ATR_IOCTL_STOP, NULL, 0, 0), STATUS_SUCCESS);
    CHECK_UINT(atomic_load(&world->readers[0].shared->stopping), 1);
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_STOPPING);
}

static void
another_version_is_told_so(void **state)
{
    struct world *world = *state;

    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
    } buffer = {.hello = {.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION + 1}};

    CHECK_INT(request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, 16, 64),
              STATUS_REVISION_MISMATCH);
    buffer.hello.magic++;
    CHECK_INT(request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, 16, 64),
              STATUS_INVALID_PARAMETER);
}

static void
without_a_pin_there_is_no_session(void **state)
{
    struct world *world = *state;

    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
    } buffer = {.hello = {.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION}};

    fake_os.init_status = STATUS_DEVICE_NOT_READY;
    CHECK_INT(request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, 16, 64),
              STATUS_DEVICE_NOT_READY);
}

static NTSTATUS
hello_with(struct world *world, uint32_t ring_bytes)
{
    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
    } buffer = {.hello = {.magic = ATR_DEVICE_MAGIC,
                          .version = ATR_DEVICE_VERSION,
                          .ring_bytes = ring_bytes}};

    NTSTATUS status = request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, 16, 64);

    world->welcome = buffer.welcome;
    return status;
}

static void
only_the_default_ring_gives_way_to_a_small_machine(void **state)
{
    struct world *world = *state;

    CHECK_INT(hello_with(world, 3 * 1024 * 1024), STATUS_INVALID_PARAMETER);
    CHECK_INT(hello_with(world, 1024 * 1024), STATUS_INVALID_PARAMETER);
    CHECK_INT(hello_with(world, 0x80000000), STATUS_INVALID_PARAMETER);
    fake_os.physical_bytes = (ULONG64)256 << 20;
    CHECK_INT(hello_with(world, 4 * 1024 * 1024), STATUS_INVALID_PARAMETER);
    CHECK_INT(hello_with(world, 0), STATUS_SUCCESS);
    CHECK_UINT(world->welcome.ring_bytes, 2 * 1024 * 1024);
    AtrDeviceClosed(&world->owner);
    fake_os.physical_bytes = (ULONG64)64 << 20;
    CHECK_INT(hello_with(world, 0), STATUS_INSUFFICIENT_RESOURCES);
}

static void
memory_that_fails_at_any_step_leaves_nothing(void **state)
{
    struct world *world = *state;
    int steps = 0;

    for (int n = 1; steps == 0; n++) {
        fake_os.requests = 0;
        fake_os.fail_at = n;
        if (hello_with(world, 0) == STATUS_SUCCESS) {
            steps = n;
        } else {
            CHECK_INT(fake_os.live_blocks, 0);
            CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_IDLE);
        }
    }
    assert_in_range(steps, 5, 50);
}

static void
what_cannot_be_wrapped_leaves_the_session_ready(void **state)
{
    struct world *world = *state;
    void *owner;

    hello(world);
    owner = AtrSessionGet()->Owner;
    fake_caller()->caller.Process = owner;
    fake_os.arm_status = STATUS_NOT_SUPPORTED;
    CHECK_INT(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_NOT_SUPPORTED);
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_READY);
    world->start.flags = 0x80;
    CHECK_INT(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_INVALID_PARAMETER);
    world->start.flags = 0;
    world->start.filter.row_count = ATR_FILTER_ROWS_MAX + 1;
    CHECK_INT(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_INVALID_PARAMETER);
    world->start.filter.row_count = 0;
    fake_os.arm_status = STATUS_SUCCESS;
    run(world);
    CHECK_INT(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_INVALID_DEVICE_STATE);
}

static void
the_session_ends_with_its_owner(void **state)
{
    struct world *world = *state;
    ATR_OS_PROCESS_NEWS news = {.Pid = 999, .IsEnd = TRUE};

    hello(world);
    run(world);
    fake_os.watch->Process(&news);
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_RUNNING);
    news.Pid = AtrSessionGet()->OwnerPid;
    fake_os.watch->Process(&news);
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_IDLE);
    assert_null(fake_os.pre);
    AtrDeviceClosed(&world->owner);
    hello(world);
}

static void
a_session_waits_for_who_is_inside_and_nobody_waits_for_it(void **state)
{
    struct world *world = *state;

    hello(world);
    assert_non_null(AtrSessionEnter(1));
    AtrDeviceClosed(&world->owner);
    assert_null(AtrSessionEnter(1));
    AtrDeviceTurn();
    CHECK_INT(hello_with(world, 0), STATUS_DEVICE_BUSY);
    assert_true(fake_os.live_blocks > 0);
    AtrSessionLeave(1);
    AtrDeviceTurn();
    CHECK_INT(fake_os.live_blocks, 0);
    CHECK_INT(hello_with(world, 0), STATUS_SUCCESS);
}

static void
a_consumer_that_writes_nonsense_stops_its_session(void **state)
{
    struct world *world = *state;

    hello(world);
    run(world);
    atomic_store(&world->readers[0].consumer->tail, UINT64_MAX);
    for (unsigned i = 0; i < 3; i++) {
        leave(ENTER(ATR_SERVICE_LPC_REQUEST, 4, 0), STATUS_SUCCESS);
    }
    CHECK_UINT(totals(world).tally[ATR_TALLY_ENTER].dropped[ATR_LOSS_BAD_CONSUMER], 3);
    AtrDeviceTurn();
    CHECK_UINT(AtrSessionGet()->State, ATR_DEVICE_STOPPING);
    CHECK_UINT(atomic_load(&world->readers[0].shared->broken), 1);
}

static void
clocks_are_read_together(void **state)
{
    struct world *world = *state;
    struct atr_device_clock clock;

    CHECK_INT(request(world, &world->other, ATR_IOCTL_CLOCK, &clock, 0, sizeof(clock)),
              STATUS_SUCCESS);
    assert_true(clock.qpc_before < clock.qpc_after);
    assert_true(clock.time_100ns != 0 && clock.tsc != 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_of_every_length_are_refused_or_right, setup_world,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(who_is_no_administrator_is_refused_whatever_it_asks,
                                        setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(a_session_has_one_owner_and_anyone_may_stop_it, setup_world,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(another_version_is_told_so, setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(without_a_pin_there_is_no_session, setup_world,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(only_the_default_ring_gives_way_to_a_small_machine,
                                        setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(memory_that_fails_at_any_step_leaves_nothing, setup_world,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(what_cannot_be_wrapped_leaves_the_session_ready,
                                        setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(the_session_ends_with_its_owner, setup_world,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_session_waits_for_who_is_inside_and_nobody_waits_for_it,
                                        setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(a_consumer_that_writes_nonsense_stops_its_session,
                                        setup_world, teardown_world),
        cmocka_unit_test_setup_teardown(clocks_are_read_together, setup_world, teardown_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
