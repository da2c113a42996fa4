/* SPDX-License-Identifier: MIT */
/* What is known of ports, processes, threads and images, and when. */
#include "world.h"

enum {
    QUEUE = 256,
};

#define TEXT(name) (name), (USHORT)(sizeof(name) / sizeof((name)[0]))

static const WCHAR port_name[] = {'\\', 'R', 'P', 'C', '\\', 'e', 'p'};
static const WCHAR wanted_name[] = {'C', ':', '\\', 'a', '.', 'e', 'x', 'e'};
static const WCHAR other_name[] = {'C', ':', '\\', 'b', '.', 'e', 'x', 'e'};

static void
give_facts(ULONG index)
{
    struct fake_port *port = &fake_os.ports[index];

    port->facts.Kind = ATR_PORT_SERVER;
    port->facts.OwnerPid = 300;
    port->facts.OwnerKey = 301;
    port->facts.Connection = &fake_os.ports[FAKE_PORTS - 1];
    port->facts.NameUnits = sizeof(port_name) / sizeof(WCHAR);
    port->facts.NameOriginalBytes = sizeof(port_name);
    memcpy(port->facts.Name, port_name, sizeof(port_name));
    port->identity.Communication = 1000 + index;
}

static void
call_port(ULONG index)
{
    leave(ENTER(ATR_SERVICE_LPC_REQUEST, fake_port_handle(index), 0), STATUS_SUCCESS);
}

/* Reads all there is; the last port record, or NULL. */
static const struct atr_capture_port *
last_port(struct world *world, unsigned *count)
{
    static uint8_t copy[4096];
    const struct atr_capture_head *head;

    *count = 0;
    while ((head = next_record(world)) != NULL) {
        if (head->kind == ATR_CAPTURE_PORT) {
            memcpy(copy, head, head->used_bytes);
            ++*count;
        }
    }
    return *count != 0 ? (const void *)copy : NULL;
}

static void
a_port_is_told_once(void **state)
{
    struct world *world = *state;
    const struct atr_capture_port *port;
    const struct atr_capture_call *call;
    unsigned count;

    give_facts(1);
    run(world);
    call_port(1);
    call_port(1);
    call = next_call(world);
    assert_true((call->head.flags & ATR_RECORD_PORT_UNRESOLVED) != 0);
    CHECK_UINT(call->port_key, ADDRESS(&fake_os.ports[1]));
    AtrDeviceTurn();
    port = last_port(world, &count);
    CHECK_UINT(count, 1);
    CHECK_UINT(port->port_key, ADDRESS(&fake_os.ports[1]));
    CHECK_UINT(port->port_kind, ATR_PORT_SERVER);
    CHECK_UINT(port->owner_pid, 300);
    CHECK_UINT(port->owner_process_key, 301);
    CHECK_UINT(port->connection_key, ADDRESS(&fake_os.ports[FAKE_PORTS - 1]));
    assert_true(port->connection_generation != 0);
    CHECK_UINT(port->name_bytes, sizeof(port_name));
    assert_memory_equal(port + 1, port_name, sizeof(port_name));

    call_port(1);
    call = next_call(world);
    CHECK_UINT(call->head.flags & ATR_RECORD_PORT_UNRESOLVED, 0);
    CHECK_UINT(call->port_generation, port->port_generation);
    AtrDeviceTurn();
    (void)last_port(world, &count);
    CHECK_UINT(count, 0);
}

static void
another_port_at_the_same_address_is_another(void **state)
{
    struct world *world = *state;
    uint64_t generation;
    unsigned count;

    give_facts(1);
    run(world);
    call_port(1);
    AtrDeviceTurn();
    generation = last_port(world, &count)->port_generation;
    fake_os.ports[1].identity.Communication = 0; /* its other side went: the same port */
    call_port(1);
    AtrDeviceTurn();
    (void)last_port(world, &count);
    CHECK_UINT(count, 0);
    fake_os.ports[1].identity.Communication = 5;
    call_port(1);
    AtrDeviceTurn();
    assert_true(last_port(world, &count)->port_generation > generation);
}

static void
a_call_that_makes_a_port_tells_of_it(void **state)
{
    const struct {
        uint64_t length;
        uint64_t text;
    } string = {sizeof(port_name), ADDRESS(port_name)};
    struct world *world = *state;
    const struct atr_capture_port *port;
    ULONG64 handle = 0;
    uint64_t generation;
    unsigned count;

    run(world);
    call_port(2);
    AtrDeviceTurn();
    generation = last_port(world, &count)->port_generation;
    ATR_PIN_FRAME *frame =
        ENTER(ATR_SERVICE_LPC_CONNECT, ADDRESS(&handle), ADDRESS(&string), 0, 0, 0, 0, 0, 0);
    handle = fake_port_handle(2);
    leave(frame, STATUS_SUCCESS);
    AtrDeviceTurn();
    port = last_port(world, &count);
    CHECK_UINT(port->head.kind, ATR_CAPTURE_PORT);
    CHECK_UINT(port->life, ATR_LIFE_BEGIN);
    CHECK_UINT(port->port_kind, ATR_PORT_CLIENT);
    CHECK_UINT(port->owner_pid, 200);
    assert_memory_equal(port + 1, port_name, sizeof(port_name));
    assert_true(port->port_generation > generation);
}

static void
a_refused_port_is_filtered_once_it_is_known(void **state)
{
    struct world *world = *state;

    give_facts(1);
    world->start.filter.row_count = 1;
    world->start.filter.rows[0] = (struct atr_filter_row){
        .kind = ATR_FILTER_PORT_NAME, .exclude = 1, .text_units = 2, .text = {'e', 'p'}};
    run(world);
    call_port(1);
    CHECK_UINT(totals(world).tally[0].written, 1);
    AtrDeviceTurn();
    call_port(1);
    CHECK_UINT(totals(world).tally[0].written, 1);
    CHECK_UINT(totals(world).tally[0].filtered, 1);
    CHECK_UINT(totals(world).tally[1].filtered, 1);
}

static void
a_full_queue_leaves_ports_for_later(void **state)
{
    struct world *world = *state;
    unsigned count;

    run(world);
    for (unsigned i = 0; i < QUEUE + 10; i++) {
        fake_os.ports[i % FAKE_PORTS].identity.Communication = i + 1;
        call_port(i % FAKE_PORTS);
    }
    AtrDeviceTurn();
    (void)last_port(world, &count);
    CHECK_UINT(count, QUEUE);
    for (unsigned i = 0; i < FAKE_PORTS; i++) {
        call_port(i);
    }
    AtrDeviceTurn();
    (void)last_port(world, &count);
    CHECK_UINT(count, 10);
}

static void
ports_die_with_their_owner(void **state)
{
    static const ATR_OS_PROCESS_NEWS news = {.Pid = 300, .IsEnd = TRUE};
    struct world *world = *state;
    const struct atr_capture_port *told;
    uint64_t generation;
    unsigned count;

    give_facts(1);
    run(world);
    call_port(1);
    AtrDeviceTurn();
    generation = last_port(world, &count)->port_generation;
    fake_os.watch->Process(&news);
    told = last_port(world, &count);
    CHECK_UINT(count, 1);
    CHECK_UINT(told->life, ATR_LIFE_END);
    CHECK_UINT(told->port_generation, generation);
    CHECK_UINT(told->owner_pid, 300);
    call_port(1);
    AtrDeviceTurn();
    assert_true(last_port(world, &count)->port_generation > generation);
}

static void
judge_by_name(struct world *world, bool inherits)
{
    world->start.filter = (struct atr_filter){.row_count = 1, .inherit = inherits};
    world->start.filter.rows[0] = (struct atr_filter_row){
        .kind = ATR_FILTER_PROCESS_NAME, .text_units = 5, .text = {'a', '.', 'e', 'x', 'e'}};
}

static void
call_as(ULONG pid)
{
    fake_caller()->caller.Pid = pid;
    call_port(0);
}

static void
processes_are_judged_at_the_start_and_as_they_begin(void **state)
{
    struct world *world = *state;
    ATR_OS_PROCESS_NEWS news = {.Pid = 500, .Name = other_name, .NameUnits = 8};

    fake_os.processes[0] = (struct fake_process){400, 0, TEXT(wanted_name)};
    fake_os.processes[1] = (struct fake_process){404, 400, TEXT(other_name)};
    judge_by_name(world, false);
    run(world);
    fake_os.watch->Process(&news);
    call_as(400);
    CHECK_UINT(totals(world).tally[0].written, 1);
    call_as(404);
    call_as(500);
    CHECK_UINT(totals(world).tally[0].written, 1);
    CHECK_UINT(totals(world).tally[0].filtered, 2);
    CHECK_UINT(totals(world).tally[1].filtered, 2);
    call_as(900); /* nobody knows it: the recorder judges */
    CHECK_UINT(totals(world).tally[0].written, 2);
    news.IsEnd = TRUE;
    fake_os.watch->Process(&news);
    call_as(500); /* and this number may be another's now */
    CHECK_UINT(totals(world).tally[0].written, 3);
}

static void
children_inherit_when_asked_to(void **state)
{
    struct world *world = *state;
    const ATR_OS_PROCESS_NEWS news = {
        .Pid = 500, .ParentPid = 404, .Name = other_name, .NameUnits = 8};

    /* The list has the child before its parent. */
    fake_os.processes[0] = (struct fake_process){404, 400, TEXT(other_name)};
    fake_os.processes[1] = (struct fake_process){400, 0, TEXT(wanted_name)};
    judge_by_name(world, true);
    run(world);
    fake_os.watch->Process(&news);
    call_as(404);
    call_as(500);
    CHECK_UINT(totals(world).tally[0].written, 2);
}

static void
what_comes_and_goes_is_told(void **state)
{
    struct world *world = *state;
    const ATR_OS_PROCESS_NEWS process = {.ProcessKey = 9,
                                         .Pid = 500,
                                         .ParentPid = 400,
                                         .Session = 1,
                                         .Name = wanted_name,
                                         .NameUnits = 8};
    const ATR_OS_THREAD_NEWS thread = {.ProcessKey = 9, .Pid = 500, .Tid = 504, .IsEnd = TRUE};
    const ATR_OS_IMAGE_NEWS image = {
        .ProcessKey = 9, .Base = 0x10000, .Bytes = 0x2000, .Pid = 500, .TimeStamp = 7};
    const struct atr_capture_process *told_process;
    const struct atr_capture_thread *told_thread;
    const struct atr_capture_image *told_image;

    /* Before the start already: the recorder's snapshot and these overlap. */
    fake_os.watch->Process(&process);
    fake_os.watch->Thread(&thread);
    fake_os.watch->Image(&image);
    told_process = (const void *)next_record(world);
    CHECK_UINT(told_process->head.kind, ATR_CAPTURE_PROCESS);
    CHECK_UINT(told_process->pid, 500);
    CHECK_UINT(told_process->parent_pid, 400);
    CHECK_UINT(told_process->life, ATR_LIFE_BEGIN);
    assert_memory_equal(told_process + 1, wanted_name, sizeof(wanted_name));
    told_thread = (const void *)next_record(world);
    CHECK_UINT(told_thread->head.kind, ATR_CAPTURE_THREAD);
    CHECK_UINT(told_thread->tid, 504);
    CHECK_UINT(told_thread->life, ATR_LIFE_END);
    told_image = (const void *)next_record(world);
    CHECK_UINT(told_image->head.kind, ATR_CAPTURE_IMAGE);
    CHECK_UINT(told_image->size_bytes, 0x2000);
    CHECK_UINT(told_image->time_stamp, 7);
    CHECK_UINT(totals(world).tally[ATR_TALLY_STATE].written, 3);
}

static const struct atr_capture_process *
told_end(struct world *world, ULONG exit_status, BOOLEAN is_known)
{
    const ATR_OS_PROCESS_NEWS news = {
        .Pid = 500, .IsEnd = TRUE, .ExitStatus = exit_status, .IsExitKnown = is_known};

    fake_os.watch->Process(&news);
    return (const void *)next_record(world);
}

static void
a_process_ends_with_its_status_where_that_is_known(void **state)
{
    enum {
        EXIT_KNOWN = 4, /* of docs/format.md */
    };

    const struct atr_capture_process *told = told_end(*state, 0, TRUE);

    CHECK_UINT(told->process_flags, EXIT_KNOWN);
    CHECK_UINT(told->exit_status, 0);
    CHECK_UINT(told->life, ATR_LIFE_END);
    told = told_end(*state, 0xc0000005, TRUE);
    CHECK_UINT(told->process_flags, EXIT_KNOWN);
    CHECK_UINT(told->exit_status, 0xc0000005);
    CHECK_UINT(told_end(*state, 0, FALSE)->process_flags, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_port_is_told_once, setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(another_port_at_the_same_address_is_another, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_call_that_makes_a_port_tells_of_it, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_refused_port_is_filtered_once_it_is_known, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(a_full_queue_leaves_ports_for_later, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(ports_die_with_their_owner, setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(processes_are_judged_at_the_start_and_as_they_begin,
                                        setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(children_inherit_when_asked_to, setup_session,
                                        teardown_world),
        cmocka_unit_test_setup_teardown(what_comes_and_goes_is_told, setup_session, teardown_world),
        cmocka_unit_test_setup_teardown(a_process_ends_with_its_status_where_that_is_known,
                                        setup_session, teardown_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
