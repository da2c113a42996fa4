/* SPDX-License-Identifier: MIT */
/* What a record holds of a wrapped call, and which calls make one. */
#include "world.h"

enum {
    HANDLE_ARGUMENT = 4, /* of port 0 */
    WOW64_CALL = (int)0x80000000,
    STATUS_CONNECTION_REFUSED = (int)0xc0000041,
};

#define SYNC_REQUEST 0x20000U

static void
check_part(const struct atr_capture_call *call, uint16_t type, unsigned n, const void *content,
           uint32_t bytes)
{
    const struct atr_capture_part *found = part(call, type, n);

    assert_non_null(found);
    CHECK_UINT(found->captured_bytes, bytes);
    assert_memory_equal(found + 1, content, bytes);
}

static void
a_request_and_its_reply_make_two_records(void **state)
{
    struct world *world = *state;
    struct message send = text_message("what time is it?", 0);
    struct message receive = text_message("", 0);
    ULONG64 capacity = sizeof(receive);
    const struct atr_capture_call *call;
    ULONG64 id;

    run(world);
    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, SYNC_REQUEST,
                                 ADDRESS(&send), 0, ADDRESS(&receive), ADDRESS(&capacity), 0, 0);
    receive = text_message("a quarter to twelve", 2);
    leave(frame, STATUS_SUCCESS);

    call = next_call(world);
    CHECK_UINT(call->head.kind, ATR_CAPTURE_ENTER);
    CHECK_UINT(call->operation, ATR_OP_SEND_WAIT_RECEIVE);
    CHECK_UINT(call->handle, HANDLE_ARGUMENT);
    CHECK_UINT(call->flags, SYNC_REQUEST);
    CHECK_UINT(call->pid, 200);
    CHECK_UINT(call->tid, 204);
    CHECK_UINT(call->process_key, 77);
    CHECK_UINT(call->total_length, 56);
    check_part(call, ATR_PART_PAYLOAD, 0, "what time is it?", 16);
    check_part(call, ATR_PART_CAPACITY, 0, &capacity, 8);
    id = call->call_id;

    call = next_call(world);
    CHECK_UINT(call->head.kind, ATR_CAPTURE_EXIT);
    CHECK_UINT(call->call_id, id);
    CHECK_UINT(call->status, 0);
    CHECK_UINT(call->message_id, 5);
    CHECK_UINT(call->client_pid, 8);
    CHECK_UINT(call->client_tid, 12);
    CHECK_UINT(call->callback_id, 3);
    assert_true(call->head.time_qpc > call->enter_qpc);
    check_part(call, ATR_PART_PAYLOAD, 0, "a quarter to twelve", 19);
    assert_null(next_call(world));
}

static void
nothing_is_read_of_a_call_that_received_nothing(void **state)
{
    static const NTSTATUS statuses[] = {0x102, 0xc0, 0x101, 0x40000030, (NTSTATUS)0xc0000023};
    struct world *world = *state;
    struct message stale = text_message("stale", 2);

    run(world);
    for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0, 0, 0,
                                     ADDRESS(&stale), 0, 0, 0);
        const struct atr_capture_call *call;

        leave(frame, statuses[i]);
        (void)next_call(world);
        call = next_call(world);
        CHECK_UINT(call->status, (uint32_t)statuses[i]);
        CHECK_UINT(call->total_length, 0);
        assert_true((call->head.flags & ATR_RECORD_NO_HEADER) == 0);
        assert_null(part(call, ATR_PART_PAYLOAD, 0));
    }
}

static void
a_received_message_is_cut_at_the_room_there_was(void **state)
{
    struct world *world = *state;
    struct message receive = text_message("0123456789", 2);
    ULONG64 capacity = ATR_MESSAGE_HEADER_NATIVE + 4;
    const struct atr_capture_part *found;

    run(world);
    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0, 0, 0,
                                 ADDRESS(&receive), ADDRESS(&capacity), 0, 0);
    capacity = 65536; /* the caller's memory: what counts is what was told at entry */
    leave(frame, STATUS_SUCCESS);
    (void)next_call(world);
    found = part(next_call(world), ATR_PART_PAYLOAD, 0);
    CHECK_UINT(found->original_bytes, 10);
    CHECK_UINT(found->captured_bytes, 4);
    CHECK_UINT(totals(world).truncated, 1);
}

static void
a_32_bit_message_is_read_as_one(void **state)
{
    static const uint8_t message[] = {4, 0, 28, 0, 1, 0, 0, 0, 9, 0, 0,   0,   11,  0,
                                      0, 0, 7,  0, 0, 0, 2, 0, 0, 0, 't', 'e', 'x', 't'};
    struct world *world = *state;
    const struct atr_capture_call *call;

    run(world);
    STAY(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, (uint32_t)WOW64_CALL,
         ADDRESS(message), 0, 0, 0, 0, 0);
    call = next_call(world);
    assert_true((call->head.flags & ATR_RECORD_WOW64) != 0);
    CHECK_UINT(call->message_id, 7);
    CHECK_UINT(call->client_tid, 11);
    check_part(call, ATR_PART_PAYLOAD, 0, "text", 4);

    /* A legacy service has no flag: the lengths say it, and when they do not, nobody does. */
    fake_caller()->caller.IsWow64 = TRUE;
    STAY(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(message));
    call = next_call(world);
    assert_true((call->head.flags & ATR_RECORD_WOW64) != 0);
    check_part(call, ATR_PART_PAYLOAD, 0, "text", 4);
}

static void
a_message_of_no_known_layout_is_kept_raw(void **state)
{
    struct world *world = *state;
    struct message send = text_message("slack", 0);
    const struct atr_capture_call *call;

    run(world);
    fake_caller()->caller.IsWow64 = TRUE;
    send.total_length = 99;
    STAY(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&send));
    call = next_call(world);
    assert_true((call->head.flags & ATR_RECORD_LAYOUT_UNKNOWN) != 0);
    check_part(call, ATR_PART_PAYLOAD, 0, &send, 99);
}

static void
views_and_handle_arrays_come_along(void **state)
{
    static const uint32_t handles[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const char view[] = "a large payload lies in a view";
    struct world *world = *state;
    struct message send = text_message("", 0);

    struct {
        uint32_t allocated;
        uint32_t valid;

        struct {
            uint64_t flags;
            uint64_t section;
            uint64_t base;
            uint64_t bytes;
        } view;

        struct {
            uint32_t flags;
            uint32_t unused;
            uint64_t array;
            uint32_t count;
            uint32_t access;
        } handles;
    } attributes = {.allocated = 0x50000000,
                    .valid = 0x50000000,
                    .view = {.base = ADDRESS(view), .bytes = sizeof(view)},
                    .handles = {.flags = 0x40000, .array = ADDRESS(handles), .count = 2}};
    const struct atr_capture_call *call;

    run(world);
    STAY(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0, ADDRESS(&send),
         ADDRESS(&attributes), 0, 0, 0, 0);
    call = next_call(world);
    CHECK_UINT(call->attribute_mask, 0x50000000);
    check_part(call, ATR_PART_ATTRIBUTES, 0, &attributes, sizeof(attributes));
    check_part(call, ATR_PART_VIEW, 0, view, sizeof(view));
    check_part(call, ATR_PART_HANDLES, 0, handles, sizeof(handles));
}

static void
a_connect_shows_names_and_what_came_back_refused_or_not(void **state)
{
    static const WCHAR name[] = {'\\', 'R', 'P', 'C'};

    struct {
        uint16_t length;
        uint16_t room;
        uint32_t unused;
        uint64_t text;
    } string = {.length = sizeof(name), .text = ADDRESS(name)};

    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    static const uint8_t attributes[0x48] = {1, 2, 3};
    struct world *world = *state;
    struct message message = text_message("hello", 0);
    ULONG64 capacity = sizeof(message);
    ULONG64 handle = 0;
    const struct atr_capture_call *call;

    run(world);
    ATR_PIN_FRAME *frame =
        ENTER(ATR_SERVICE_ALPC_CONNECT, ADDRESS(&handle), ADDRESS(&string), 0, ADDRESS(attributes),
              SYNC_REQUEST, ADDRESS(sid), ADDRESS(&message), ADDRESS(&capacity), 0, 0, 0);
    message = text_message("go away", 11);
    leave(frame, STATUS_CONNECTION_REFUSED);
    call = next_call(world);
    CHECK_UINT(call->operation, ATR_OP_CONNECT);
    CHECK_UINT(call->flags, SYNC_REQUEST);
    check_part(call, ATR_PART_CONNECTION, 0, "hello", 5);
    check_part(call, ATR_PART_OBJECT_NAME, 0, name, sizeof(name));
    check_part(call, ATR_PART_PORT_ATTRIBUTES, 0, attributes, sizeof(attributes));
    check_part(call, ATR_PART_SID, 0, sid, sizeof(sid));
    call = next_call(world);
    check_part(call, ATR_PART_CONNECTION, 0, "go away", 7);
    check_part(call, ATR_PART_OUT_HANDLE, 0, &handle, 8);
}

static void
port_attributes_of_a_32_bit_caller_are_shorter(void **state)
{
    static const uint8_t attributes[0x2c] = {1, 2, 3};
    struct world *world = *state;
    const struct atr_capture_call *call;

    run(world);
    fake_caller()->caller.IsWow64 = TRUE;
    STAY(ATR_SERVICE_ALPC_CONNECT, 0, 0, 0, ADDRESS(attributes), 0, 0, 0, 0, 0, 0, 0);
    call = next_call(world);
    check_part(call, ATR_PART_PORT_ATTRIBUTES, 0, attributes, sizeof(attributes));
    CHECK_UINT(part(call, ATR_PART_PORT_ATTRIBUTES, 0)->original_bytes, sizeof(attributes));
}

static void
an_accept_shows_its_answer(void **state)
{
    struct world *world = *state;
    struct message message = text_message("welcome", 10);
    ULONG64 handle = 0;
    const struct atr_capture_call *call;

    run(world);
    STAY(ATR_SERVICE_ALPC_ACCEPT_CONNECT, ADDRESS(&handle), HANDLE_ARGUMENT, 0, 0, 0, 0x1234,
         ADDRESS(&message), 0, 0xffffff01);
    call = next_call(world);
    CHECK_UINT(call->handle, HANDLE_ARGUMENT);
    check_part(call, ATR_PART_CONNECTION, 0, "welcome", 7);
    check_part(call, ATR_PART_ACCEPT, 0, (const uint64_t[]){1, 0x1234}, 16);
}

static void
legacy_calls_have_content_both_ways(void **state)
{
    struct world *world = *state;
    struct message first = text_message("ping", 1);
    struct message second = text_message("", 0);
    const struct atr_capture_call *call;

    run(world);
    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_LPC_REQUEST_WAIT_REPLY, HANDLE_ARGUMENT,
                                 ADDRESS(&first), ADDRESS(&second));
    second = text_message("pong", 2);
    leave(frame, STATUS_SUCCESS);
    check_part(next_call(world), ATR_PART_PAYLOAD, 0, "ping", 4);
    check_part(next_call(world), ATR_PART_PAYLOAD, 0, "pong", 4);

    frame = ENTER(ATR_SERVICE_LPC_REPLY_WAIT_RECEIVE_EX, HANDLE_ARGUMENT, 0, ADDRESS(&second),
                  ADDRESS(&first), 0);
    leave(frame, STATUS_SUCCESS);
    call = next_call(world);
    CHECK_UINT(call->operation, ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX);
    check_part(call, ATR_PART_PAYLOAD, 0, "pong", 4);
    check_part(next_call(world), ATR_PART_PAYLOAD, 0, "ping", 4);
}

static void
connection_information_is_as_long_as_its_length_says(void **state)
{
    static const WCHAR name[] = {'\\', 'P'};

    const struct {
        uint64_t length;
        uint64_t text;
    } string = {sizeof(name), ADDRESS(name)};
    struct world *world = *state;
    ULONG length = 7;

    run(world);
    STAY(ATR_SERVICE_LPC_CONNECT, 0, ADDRESS(&string), 0, 0, 0, 0, ADDRESS("details..."),
         ADDRESS(&length));
    check_part(next_call(world), ATR_PART_CONNECTION, 0, "details", 7);
}

static void
of_the_worker_factory_only_a_deferred_send_is_a_call(void **state)
{
    struct world *world = *state;
    struct message send = text_message("late answer", 0);

    struct {
        uint64_t message;
        uint64_t port;
        uint32_t send_flags;
        uint32_t flags;
    } work = {ADDRESS(&send), HANDLE_ARGUMENT, 0x10000, 1};
    const struct atr_capture_call *call;

    run(world);
    ATR_PIN_FRAME *idle = ENTER(ATR_SERVICE_WORKER_FACTORY_WAIT, 40, 0, 0, 0, 0);
    leave(idle, STATUS_SUCCESS);
    ATR_PIN_FRAME *old = ENTER(ATR_SERVICE_WORKER_FACTORY_WAIT, 40, ADDRESS(&work));
    leave(old, STATUS_SUCCESS);
    CHECK_UINT(totals(world).tally[ATR_TALLY_ENTER].attempted, 0);

    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_WORKER_FACTORY_WAIT, 40, 0, 0, 0, ADDRESS(&work));
    leave(frame, STATUS_SUCCESS);
    call = next_call(world);
    CHECK_UINT(call->operation, ATR_OP_DEFERRED_SEND);
    CHECK_UINT(call->handle, HANDLE_ARGUMENT);
    assert_true((call->head.flags & ATR_RECORD_DEFERRED) != 0);
    check_part(call, ATR_PART_PAYLOAD, 0, "late answer", 11);
    assert_null(next_call(world));

    work.send_flags = SYNC_REQUEST;
    STAY(ATR_SERVICE_WORKER_FACTORY_WAIT, 40, 0, 0, 0, ADDRESS(&work));
    assert_null(next_call(world));
}

static void
a_nested_call_with_the_same_buffers_carries_no_data(void **state)
{
    struct world *world = *state;
    struct message send = text_message("once is enough", 0);
    struct message other = text_message("something else", 0);
    const struct atr_capture_call *call;

    run(world);
    ATR_PIN_FRAME *outer =
        ENTER(ATR_SERVICE_LPC_REQUEST_WAIT_REPLY, HANDLE_ARGUMENT, ADDRESS(&send), 0);
    ATR_PIN_FRAME *inner = ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0,
                                 ADDRESS(&send), 0, 0, 0, 0, 0);
    ATR_PIN_FRAME *third = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&other));
    leave(third, STATUS_SUCCESS);
    leave(inner, STATUS_SUCCESS);
    leave(outer, STATUS_SUCCESS);
    ATR_PIN_FRAME *next = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&other));
    leave(next, STATUS_SUCCESS);

    call = next_call(world);
    CHECK_UINT(call->head.flags & ATR_RECORD_NESTED, 0);
    check_part(call, ATR_PART_PAYLOAD, 0, "once is enough", 14);
    call = next_call(world);
    CHECK_UINT(call->head.flags & ATR_RECORD_NESTED, ATR_RECORD_NESTED);
    CHECK_UINT(call->part_count, 0);
    call = next_call(world);
    CHECK_UINT(call->head.flags & ATR_RECORD_NESTED, ATR_RECORD_NESTED);
    check_part(call, ATR_PART_PAYLOAD, 0, "something else", 14);
    for (unsigned i = 0; i < 4; i++) {
        call = next_call(world);
    }
    CHECK_UINT(call->head.flags & ATR_RECORD_NESTED, 0);
}

static void
a_call_whose_exit_was_never_seen_encloses_nothing(void **state)
{
    struct world *world = *state;
    struct message send = text_message("hello", 0);

    run(world);
    ATR_PIN_FRAME *lost = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&send));
    assert_non_null(next_call(world));
    lost->Row = UINT32_MAX; /* its stack is somebody else's now */
    fake_os.generation++;
    ATR_PIN_FRAME *next = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&send));
    leave(next, STATUS_SUCCESS);

    CHECK_UINT(next_call(world)->head.flags & ATR_RECORD_NESTED, 0);
}

static void
an_exit_of_another_session_makes_no_record(void **state)
{
    struct world *world = *state;

    run(world);
    ATR_PIN_FRAME *sleeper = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, 0);
    fake_caller()->caller.Process = &world->owner;
    AtrDeviceClosed(&world->owner);
    AtrDeviceTurn();
    hello(world);
    run(world);
    ATR_PIN_POST *post = fake_os.post;
    post(sleeper, STATUS_SUCCESS);
    ATR_PIN_FRAME never_entered = {.Row = ATR_SERVICE_LPC_REQUEST};
    post(&never_entered, STATUS_SUCCESS);
    assert_null(next_call(world));
    CHECK_UINT(totals(world).tally[ATR_TALLY_EXIT].attempted, 0);
}

static void
stacks_are_taken_when_wanted_and_as_often(void **state)
{
    struct world *world = *state;
    unsigned with_stack = 0;

    fake_os.frames = 200;
    world->start.flags = ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER;
    world->start.stack_every = 4;
    run(world);
    for (unsigned i = 0; i < 8; i++) {
        ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, 0);

        leave(frame, STATUS_SUCCESS);
    }
    for (const struct atr_capture_call *call = next_call(world); call != NULL;
         call = next_call(world)) {
        if (call->kernel_frames != 0) {
            const uint64_t *frames = (const void *)(call + 1);

            with_stack++;
            CHECK_UINT(call->kernel_frames + call->user_frames, ATR_CAPTURE_FRAMES_MAX);
            CHECK_UINT(frames[0], 0xfffff80000000000);
            CHECK_UINT(frames[call->kernel_frames], 0x7ff600000000);
        }
    }
    CHECK_UINT(with_stack, 2);
}

static const struct atr_capture_call *
call_with_stack(struct world *world)
{
    const struct atr_capture_call *call;

    world->start.flags = ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER;
    run(world);
    leave(ENTER(ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE, HANDLE_ARGUMENT, 0, 0, 0, 0, 0, 0, 0), 0);
    call = next_call(world);
    assert_non_null(call);
    return call;
}

static void
a_kernel_stack_begins_behind_our_own_frames(void **state)
{
    const struct atr_capture_call *call;
    const uint64_t *frames;

    fake_os.frames = 20;
    fake_os.our_frames = 9;
    call = call_with_stack(*state);
    frames = (const void *)(call + 1);
    CHECK_UINT(call->kernel_frames, 11);
    CHECK_UINT(frames[0], FAKE_KERNEL_CODE + 9);
    CHECK_UINT(call->user_frames, 20);
    CHECK_UINT(frames[11], FAKE_USER_CODE);
}

static void
our_own_frames_take_no_room_of_others(void **state)
{
    const struct atr_capture_call *call;

    fake_os.frames = 200;
    fake_os.our_frames = 9;
    call = call_with_stack(*state);
    CHECK_UINT(call->kernel_frames, 32);
    CHECK_UINT(call->kernel_frames + call->user_frames, ATR_CAPTURE_FRAMES_MAX);
}

static void
a_stack_ends_before_the_first_zero(void **state)
{
    const struct atr_capture_call *call;

    fake_os.frames = 20;
    fake_os.our_frames = 2;
    fake_os.zero_frame = 6;
    call = call_with_stack(*state);
    CHECK_UINT(call->kernel_frames, 3);
    CHECK_UINT(call->user_frames, 5);
}

static void
a_kernel_caller_at_raised_level_shows_no_memory(void **state)
{
    struct world *world = *state;
    struct message send = text_message("not to be touched", 0);
    const struct atr_capture_call *call;

    run(world);
    fake_caller()->caller.IsKernel = TRUE;
    fake_caller()->caller.MayFault = FALSE;
    STAY(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, ADDRESS(&send));
    call = next_call(world);
    assert_true((call->head.flags & ATR_RECORD_KERNEL_CALLER) != 0);
    assert_true((call->head.flags & ATR_RECORD_NO_HEADER) != 0);
    CHECK_UINT(call->part_count, 0);
}

static void
the_recorder_itself_is_not_recorded(void **state)
{
    struct world *world = *state;

    run(world);
    fake_caller()->caller.Process = AtrSessionGet()->Owner;
    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, 0);
    leave(frame, STATUS_SUCCESS);
    assert_null(next_call(world));
    CHECK_UINT(totals(world).tally[ATR_TALLY_ENTER].filtered, 1);
    CHECK_UINT(totals(world).tally[ATR_TALLY_EXIT].filtered, 1);
}

static void
each_half_is_filtered_by_itself(void **state)
{
    struct world *world = *state;
    const struct atr_capture_call *call;

    world->start.filter.row_count = 1;
    world->start.filter.rows[0] = (struct atr_filter_row){.kind = ATR_FILTER_DIRECTION, .low = 2};
    run(world);
    ATR_PIN_FRAME *frame = ENTER(ATR_SERVICE_LPC_REQUEST, HANDLE_ARGUMENT, 0);
    leave(frame, STATUS_SUCCESS);
    call = next_call(world);
    CHECK_UINT(call->head.kind, ATR_CAPTURE_EXIT);
    CHECK_UINT(call->head.flags & ATR_RECORD_ENTER_LOST, 0);
    assert_null(next_call(world));
    CHECK_UINT(totals(world).tally[ATR_TALLY_ENTER].filtered, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_and_its_reply_make_two_records, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(nothing_is_read_of_a_call_that_received_nothing,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(a_received_message_is_cut_at_the_room_there_was,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(a_32_bit_message_is_read_as_one, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_message_of_no_known_layout_is_kept_raw, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(views_and_handle_arrays_come_along, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_connect_shows_names_and_what_came_back_refused_or_not,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(port_attributes_of_a_32_bit_caller_are_shorter,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(an_accept_shows_its_answer, setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(legacy_calls_have_content_both_ways, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(connection_information_is_as_long_as_its_length_says,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(of_the_worker_factory_only_a_deferred_send_is_a_call,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(a_nested_call_with_the_same_buffers_carries_no_data,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(a_call_whose_exit_was_never_seen_encloses_nothing,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(an_exit_of_another_session_makes_no_record, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(stacks_are_taken_when_wanted_and_as_often, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_kernel_stack_begins_behind_our_own_frames, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(our_own_frames_take_no_room_of_others, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_stack_ends_before_the_first_zero, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_kernel_caller_at_raised_level_shows_no_memory,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(the_recorder_itself_is_not_recorded, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(each_half_is_filtered_by_itself, setup_session,
                                        teardown_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
