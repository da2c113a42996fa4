/* SPDX-License-Identifier: MIT */
/* attempted = written + filtered + dropped, whatever fails and whoever lies. */
#include "world.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    HANDLE_ARGUMENT = 4,
    THREADS = 4,
    THREAD_CALLS = 4000,
    SESSIONS = 3,
};

static uint64_t
read_all(struct world *world)
{
    uint64_t count = 0;

    while (next_record(world) != NULL) {
        const struct atr_capture_head *head = (const void *)world->view.payload;

        if (head->kind <= ATR_CAPTURE_EXIT) {
            (void)part((const void *)head, UINT16_MAX, 0);
        }
        count++;
    }
    return count;
}

static void
a_call(const struct message *send, struct message *receive)
{
    ULONG64 capacity = sizeof(*receive);

    leave(ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0, ADDRESS(send), 0,
                ADDRESS(receive), ADDRESS(&capacity), 0, 0),
          STATUS_SUCCESS);
}

static void
a_ring_full_at_any_moment_loses_only_what_it_counts(void **state)
{
    struct world *world = *state;
    struct message send = text_message("", 0);
    struct test_random random = {1};
    struct atr_device_ring sum;
    uint64_t read = 0;

    run(world);
    for (unsigned i = 0; i < 20000; i++) {
        send.data_length = (uint16_t)test_random_below(&random, sizeof(send.data));
        send.total_length = (uint16_t)(send.data_length + ATR_MESSAGE_HEADER_NATIVE);
        fake_caller()->cpu = test_random_below(&random, 3);
        a_call(&send, &send);
        if (test_random_below(&random, 2000) == 0) {
            read += read_all(world);
        }
    }
    read += read_all(world);
    sum = totals(world);
    CHECK_UINT(sum.tally[ATR_TALLY_ENTER].attempted, 20000);
    CHECK_UINT(sum.tally[ATR_TALLY_EXIT].attempted, 20000);
    assert_true(sum.tally[ATR_TALLY_ENTER].dropped[ATR_LOSS_RING_FULL] > 100);
    CHECK_UINT(sum.tally[0].written + sum.tally[1].written + sum.tally[2].written, read);
}

static void
the_exit_of_a_dropped_enter_says_so(void **state)
{
    struct world *world = *state;
    struct message send = text_message("", 0);
    const struct atr_capture_call *call;
    ATR_PIN_FRAME *frame;
    unsigned lost = 0;

    run(world);
    send.data_length = sizeof(send.data);
    send.total_length = sizeof(send.data) + ATR_MESSAGE_HEADER_NATIVE;
    do {
        frame = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&send));
        if (totals(world).tally[0].dropped[ATR_LOSS_RING_FULL] == 0) {
            leave(frame, STATUS_SUCCESS);
        }
    } while (totals(world).tally[0].dropped[ATR_LOSS_RING_FULL] == 0);
    (void)read_all(world);
    leave(frame, STATUS_SUCCESS);
    while ((call = next_call(world)) != NULL) {
        lost += (call->head.flags & ATR_RECORD_ENTER_LOST) != 0;
    }
    CHECK_UINT(lost, 1);
}

static void
a_copy_that_faults_at_any_step_costs_a_part(void **state)
{
    static const WCHAR name[] = {'\\', 'R', 'P', 'C'};

    const struct {
        uint64_t length;
        uint64_t text;
    } string = {sizeof(name), ADDRESS(name)};

    static const uint64_t attributes[20] = {0xfe000000fe000000};
    static const uint8_t sid[68] = {1, 15};
    struct world *world = *state;
    struct message message = text_message("content", 0);
    ULONG64 capacity = sizeof(message);
    ULONG64 handle = HANDLE_ARGUMENT;
    int steps = 0;

    run(world);
    for (int n = 1; steps == 0; n++) {
        fake_os.copies = 0;
        fake_os.fault_at = n;
        leave(ENTER(ATR_SERVICE_ALPC_CONNECT, ADDRESS(&handle), ADDRESS(&string), 0,
                    ADDRESS(attributes), 0, ADDRESS(sid), ADDRESS(&message), ADDRESS(&capacity),
                    ADDRESS(attributes), ADDRESS(attributes), ADDRESS(&capacity)),
              STATUS_SUCCESS);
        steps = fake_os.copies < n ? n : 0;
        AtrDeviceTurn();
        (void)read_all(world);
    }
    assert_in_range(steps, 15, 60);
    CHECK_UINT(totals(world).tally[ATR_TALLY_ENTER].written, (unsigned)steps);
    assert_true(totals(world).faults > 10);
}

static void
without_a_staging_buffer_the_record_is_dropped(void **state)
{
    struct world *world = *state;
    struct message send = text_message("x", 0);

    run(world);
    atomic_store(&AtrSessionGet()->StagingTaken[0], UINT64_MAX);
    a_call(&send, &send);
    CHECK_UINT(totals(world).tally[0].dropped[ATR_LOSS_NO_STAGING], 1);
    CHECK_UINT(totals(world).tally[1].dropped[ATR_LOSS_NO_STAGING], 1);
    atomic_store(&AtrSessionGet()->StagingTaken[0], 0);
    a_call(&send, &send);
    (void)next_record(world);
    assert_true(world->view.sequence >= 2); /* the gap shows */
}

/* Any argument may point anywhere: at nothing, at the kernel's half, at a page's end. */
static ULONG64
hostile(struct test_random *random, const uint8_t *guarded, size_t size)
{
    switch (test_random_below(random, 8)) {
    case 0:
        return test_random_u64(random);
    case 1:
        return 0xfffff80000000000ULL + test_random_u32(random);
    case 2:
        return ATR_USER_LIMIT - test_random_below(random, 64);
    case 3:
        return test_random_below(random, 65536);
    case 4:
        return 0;
    default:
        return ADDRESS(guarded) + test_random_below(random, (uint32_t)size);
    }
}

static void
hostile_arguments_cost_a_record_at_most(void **state)
{
    enum {
        BYTES = 512
    };

    struct world *world = *state;
    struct test_random random = {7};
    uint8_t *guarded = test_guarded(NULL, BYTES);
    struct atr_device_ring sum;

    run(world);
    for (unsigned i = 0; i < 20000; i++) {
        ULONG64 arguments[ATR_PIN_ARGUMENTS_MAX];

        test_random_fill(&random, guarded, BYTES);
        for (unsigned k = 0; k < ATR_PIN_ARGUMENTS_MAX; k++) {
            arguments[k] = hostile(&random, guarded, BYTES);
        }
        fake_caller()->caller.IsWow64 = test_random_below(&random, 2) != 0;
        /* A length or pointer inside what is copied may lead anywhere, too. */
        memcpy(guarded + BYTES - 16, &arguments[0], 8);
        leave(enter(test_random_below(&random, ATR_SERVICE_COUNT), arguments,
                    test_random_below(&random, ATR_PIN_ARGUMENTS_MAX + 1)),
              test_random_below(&random, 2) != 0 ? STATUS_SUCCESS : STATUS_TIMEOUT);
        (void)read_all(world);
    }
    sum = totals(world);
    assert_true(sum.tally[0].written > 10000 && sum.faults > 1000);
    test_guarded_free(guarded, BYTES);
}

struct caller_thread {
    ULONG number;
    _Atomic bool is_done;
};

static void *
make_calls(void *context)
{
    struct caller_thread *thread = context;
    struct message message = text_message("from a thread of its own", 0);

    fake_caller()->caller =
        (ATR_OS_CALLER){.Pid = 200, .Tid = 1000 + 4 * thread->number, .MayFault = TRUE};
    for (unsigned i = 0; i < THREAD_CALLS; i++) {
        /* Threads move between processors; more processors than rings share them. */
        fake_caller()->cpu = (thread->number + i / 100) % 3;
        a_call(&message, &message);
    }
    thread->is_done = true;
    return NULL;
}

static void
start_callers(struct caller_thread *contexts, pthread_t *threads)
{
    for (ULONG i = 0; i < THREADS; i++) {
        contexts[i].number = i;
        contexts[i].is_done = false;
        assert_int_equal(pthread_create(&threads[i], NULL, make_calls, &contexts[i]), 0);
    }
}

static bool
is_anyone_calling(const struct caller_thread *contexts)
{
    for (ULONG i = 0; i < THREADS; i++) {
        if (!contexts[i].is_done) {
            return true;
        }
    }
    return false;
}

static void
join_callers(const pthread_t *threads)
{
    for (ULONG i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void
threads_on_all_processors_lose_nothing_uncounted(void **state)
{
    struct world *world = *state;
    pthread_t threads[THREADS];
    struct caller_thread contexts[THREADS];
    struct atr_device_ring sum;
    uint64_t read = 0;

    run(world);
    start_callers(contexts, threads);
    while (is_anyone_calling(contexts)) {
        read += read_all(world);
        AtrDeviceTurn();
    }
    join_callers(threads);
    AtrDeviceTurn();
    read += read_all(world);
    sum = totals(world);
    CHECK_UINT(sum.tally[0].attempted, THREADS * THREAD_CALLS);
    CHECK_UINT(sum.tally[0].written + sum.tally[1].written + sum.tally[2].written, read);
}

static void
sessions_come_and_go_under_traffic(void **state)
{
    struct world *world = *state;
    pthread_t threads[THREADS];
    struct caller_thread contexts[THREADS];

    start_callers(contexts, threads);
    for (unsigned i = 0; is_anyone_calling(contexts) || i < SESSIONS; i++) {
        run(world);
        (void)read_all(world);
        AtrDeviceClosed(&world->owner);
        while (!AtrSessionReap()) {
        }
        world->is_held = false;
        hello(world);
    }
    join_callers(threads);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ring_full_at_any_moment_loses_only_what_it_counts,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(the_exit_of_a_dropped_enter_says_so, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_copy_that_faults_at_any_step_costs_a_part, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(without_a_staging_buffer_the_record_is_dropped,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(hostile_arguments_cost_a_record_at_most, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(threads_on_all_processors_lose_nothing_uncounted,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(sessions_come_and_go_under_traffic, setup_session,
                                        teardown_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
