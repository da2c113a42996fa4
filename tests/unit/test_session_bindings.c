/* SPDX-License-Identifier: MIT */
#include "support/event_build.h"

/* What a binding id means, and how sure that is (lrpc 2.1 and 9). */

static const struct test_actor client = {
    .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 11};
static const struct test_actor server = {
    .process_id = 2, .pid = 200, .tid = 201, .handle = 0x10, .port_id = 10, .port_context = 0x5000};

enum {
    SYNC = ATR_ALPC_SYNC_REQUEST,
    NDR20 = 1,
    NDR64 = 2,
    UNKNOWN_INTERFACE = 1717,
};

static struct test_stage stage;
static uint64_t next_call;

static int
set_up(void **state)
{
    (void)state;
    next_call = 100;
    test_stage_open(&stage, NULL);
    test_process(&stage, 1, 100, "client.exe", ATR_LIFE_SEEN);
    test_process(&stage, 2, 200, "server.exe", ATR_LIFE_SEEN);
    test_port(&stage,
              &(struct atr_port_record){
                  .port_id = 10, .owner_process_id = 2, .kind = ATR_PORT_CONNECTION},
              "\\RPC Control\\svc");
    for (uint32_t id = 11; id < 14; id++) {
        test_port(&stage,
                  &(struct atr_port_record){.port_id = id,
                                            .owner_process_id = 1,
                                            .connection_port_id = 10,
                                            .kind = ATR_PORT_CLIENT},
                  NULL);
    }
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    test_stage_close(&stage);
    return 0;
}

static struct test_message
next_message(void)
{
    next_call++;
    return (struct test_message){
        .call_id = next_call, .message_id = 4, .callback_id = next_call, .size_bytes = 72};
}

/* Number of the interface, 0 for none; the grade must be as expected. */
static unsigned
interface_of(const struct atr_event *event, enum atr_grade grade)
{
    const struct atr_call *call = event->call;

    assert_non_null(call);
    CHECK_UINT(call->kind, ATR_CALL_RPC);
    CHECK_UINT(call->interface_grade, grade);
    CHECK_UINT(call->has_interface, grade != ATR_GRADE_NONE);
    return call->interface.uuid.bytes[0];
}

static const struct atr_event *
ask(const struct test_actor *actor, uint32_t binding_id)
{
    struct test_message message = next_message();

    (void)test_request_sent(&stage, actor, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = binding_id});
    return &stage.event;
}

/* A request only the server's end has seen. */
static const struct atr_event *
take(const struct test_actor *by, const struct test_actor *from, uint32_t binding_id)
{
    struct test_message message = next_message();

    (void)test_request_received(&stage, by, from, &message);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = binding_id});
    return &stage.event;
}

static void
serve_bind(const struct test_actor *by, const struct test_actor *from, uint8_t interface,
           uint16_t binding_id)
{
    struct test_message message = next_message();

    (void)test_request_received(&stage, by, from, &message);
    test_offer(&stage, interface, NDR64, 0, binding_id);
    (void)test_reply_sent(&stage, by, &message);
    test_accept(&stage, interface, NDR64, 0, binding_id);
}

static struct test_message
offer(const struct test_actor *actor, uint8_t interface, uint32_t syntaxes, uint16_t ndr20_id,
      uint16_t ndr64_id)
{
    struct test_message message = next_message();

    (void)test_request_sent(&stage, actor, &message, SYNC);
    test_offer(&stage, interface, syntaxes, ndr20_id, ndr64_id);
    return message;
}

static void
what_was_offered_and_accepted_is_bound(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
    CHECK_UINT(stage.event.call->syntax, ATR_SYNTAX_NDR64);
    CHECK_UINT(stage.event.call->syntax_grade, ATR_GRADE_BOUND);
    CHECK_UINT(interface_of(ask(&client, 4), ATR_GRADE_NONE), 0);
}

static void
the_server_alone_sees_bindings_by_its_port_context(void **state)
{
    (void)state;
    serve_bind(&server, &client, 5, 3);
    CHECK_UINT(interface_of(take(&server, &client, 3), ATR_GRADE_BOUND), 5);
}

static void
without_a_port_context_the_server_alone_infers(void **state)
{
    struct test_actor without = server;

    (void)state;
    without.port_context = 0;
    serve_bind(&without, &client, 5, 3);
    CHECK_UINT(interface_of(take(&without, &client, 3), ATR_GRADE_INFERRED), 5);
}

static void
only_the_syntax_that_was_accepted_is_bound(void **state)
{
    struct test_message message = offer(&client, 5, NDR20 | NDR64, 1, 2);

    (void)state;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_accept(&stage, 5, NDR64, 1, 2);
    CHECK_UINT(interface_of(ask(&client, 2), ATR_GRADE_BOUND), 5);
    CHECK_UINT(interface_of(ask(&client, 1), ATR_GRADE_NONE), 0);
}

static void
several_accepted_syntaxes_are_all_bound(void **state)
{
    struct test_message message = offer(&client, 5, NDR20 | NDR64, 1, 2);

    (void)state;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_accept(&stage, 5, NDR20 | NDR64, 1, 2);
    CHECK_UINT(interface_of(ask(&client, 1), ATR_GRADE_BOUND), 5);
    CHECK_UINT(stage.event.call->syntax, ATR_SYNTAX_NDR20);
    CHECK_UINT(interface_of(ask(&client, 2), ATR_GRADE_BOUND), 5);
    CHECK_UINT(stage.event.call->syntax, ATR_SYNTAX_NDR64);
}

static void
what_was_only_offered_is_inferred(void **state)
{
    (void)state;
    (void)offer(&client, 5, NDR20 | NDR64, 1, 2);
    CHECK_UINT(interface_of(ask(&client, 1), ATR_GRADE_INFERRED), 5);
    CHECK_UINT(interface_of(ask(&client, 2), ATR_GRADE_INFERRED), 5);
}

/* Public clients offer both syntaxes under id 0: which one it is the answer would have told. */
static void
one_id_for_several_syntaxes_leaves_the_syntax_unknown(void **state)
{
    (void)state;
    (void)offer(&client, 5, NDR20 | NDR64, 0, 0);
    CHECK_UINT(interface_of(ask(&client, 0), ATR_GRADE_INFERRED), 5);
    CHECK_UINT(stage.event.call->syntax, ATR_SYNTAX_UNKNOWN);
    CHECK_UINT(stage.event.call->syntax_grade, ATR_GRADE_NONE);
}

static void
a_refused_bind_binds_nothing(void **state)
{
    struct test_message message = offer(&client, 5, NDR64, 0, 3);

    (void)state;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_refuse(&stage, UNKNOWN_INTERFACE);
    assert_true(stage.event.call->bind_refused);
    CHECK_UINT(stage.event.call->bind.status, UNKNOWN_INTERFACE);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_NONE), 0);
}

static void
a_bind_refused_by_a_fault_binds_nothing(void **state)
{
    struct test_message message = offer(&client, 5, NDR64, 0, 3);

    (void)state;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_FAULT, &(struct atr_rpc_fact){.status = UNKNOWN_INTERFACE});
    assert_true(stage.event.call->bind_refused);
    assert_false(stage.event.call->has_fault);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_NONE), 0);
}

static void
a_fault_of_a_call_leaves_its_binding(void **state)
{
    struct test_message message = next_message();

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    (void)test_request_sent(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = 3});
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_FAULT, &(struct atr_rpc_fact){.status = 5});
    assert_true(stage.event.call->has_fault);
    CHECK_UINT(stage.event.call->fault_status, 5);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

static void
the_last_accepted_bind_of_an_id_counts(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    test_bind(&stage, &client, 2, 6, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 6);
}

static void
a_refused_rebind_leaves_the_id_as_it_was(void **state)
{
    struct test_message message;

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    message = offer(&client, 6, NDR64, 0, 3);
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_refuse(&stage, UNKNOWN_INTERFACE);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

/* The answer was lost: the id may have its old or its new meaning. */
static void
a_rebind_without_answer_makes_the_id_uncertain(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    (void)offer(&client, 6, NDR64, 0, 3);
    (void)interface_of(ask(&client, 3), ATR_GRADE_INFERRED);
    test_bind(&stage, &client, 2, 6, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 6);
}

static void
offering_what_is_bound_already_changes_nothing(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    (void)offer(&client, 5, NDR64, 0, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

/* The reply was taken for the answer of another bind, or somebody lies. */
static void
an_answer_for_another_interface_is_not_believed(void **state)
{
    struct test_message message = offer(&client, 5, NDR64, 0, 3);

    (void)state;
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_accept(&stage, 6, NDR64, 0, 3);
    (void)interface_of(ask(&client, 3), ATR_GRADE_INFERRED);
}

static void
a_bind_answer_to_a_call_binds_nothing(void **state)
{
    struct test_message message = next_message();

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    (void)test_request_sent(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = 3});
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_accept(&stage, 6, NDR64, 0, 3);
    CHECK_UINT(stage.event.call->kind, ATR_CALL_RPC);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

static void
an_answer_whose_offer_was_not_decoded_binds(void **state)
{
    struct test_message message = next_message();

    (void)state;
    (void)test_request_sent(&stage, &client, &message, SYNC);
    (void)test_reply_received(&stage, &client, &message, SYNC);
    test_accept(&stage, 5, NDR64, 0, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

static void
a_recording_that_came_late_knows_no_interface(void **state)
{
    (void)state;
    CHECK_UINT(interface_of(ask(&client, 2), ATR_GRADE_NONE), 0);
    assert_false(stage.event.call->has_interface);
}

static void
an_object_seen_passing_infers_the_interface(void **state)
{
    const struct atr_guid ipid = {{0xab, 0xcd}};
    struct atr_rpc_fact request = {.has_object = true, .is_orpc = true, .object = ipid};
    struct test_message message = next_message();
    struct atr_guid found;
    struct atr_fact *fact;

    (void)state;
    (void)test_request_sent(&stage, &client, &message, SYNC);
    fact = atr_event_fact_add(&stage.event, ATR_FACT_INTERFACE_POINTER);
    assert_non_null(fact);
    fact->as.pointer.ipid = ipid;
    fact->as.pointer.iid = test_interface(8).uuid;
    test_stage_learn(&stage);
    assert_true(atr_session_find_ipid(stage.session, 1, &ipid, &found));
    assert_true(atr_guid_equal(&found, &fact->as.pointer.iid));
    assert_false(atr_session_find_ipid(stage.session, 2, &ipid, &found));

    message = next_message();
    (void)test_request_sent(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &request);
    CHECK_UINT(interface_of(&stage.event, ATR_GRADE_INFERRED), 8);

    /* A binding that was seen says more. */
    test_bind(&stage, &client, 1, 5, 0);
    message = next_message();
    (void)test_request_sent(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &request);
    CHECK_UINT(interface_of(&stage.event, ATR_GRADE_BOUND), 5);
}

static void
connections_of_one_process_have_their_own_ids(void **state)
{
    struct test_actor other = client;

    (void)state;
    other.port_id = 12;
    other.handle = 0x48;
    test_bind(&stage, &client, 1, 5, 3);
    test_bind(&stage, &other, 2, 6, 3);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
    CHECK_UINT(interface_of(ask(&other, 3), ATR_GRADE_BOUND), 6);
}

static void
both_ends_of_a_connection_share_its_bindings(void **state)
{
    struct test_message message;

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    message = next_message();
    (void)test_request_sent(&stage, &client, &message, SYNC);
    (void)test_request_received(&stage, &server, &client, &message);
    /* From now on the server's end alone is enough. */
    CHECK_UINT(interface_of(take(&server, &client, 3), ATR_GRADE_BOUND), 5);
}

/* The old connection's end was not seen; the server gives its cookie to a new client. */
static void
a_port_context_used_again_belongs_to_the_new_client(void **state)
{
    struct test_actor successor = client;
    struct test_message message;

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    message = next_message();
    (void)test_request_sent(&stage, &client, &message, SYNC);
    (void)test_request_received(&stage, &server, &client, &message);
    successor.port_id = 12;
    successor.handle = 0x48;
    test_bind(&stage, &successor, 2, 6, 3);
    message = next_message();
    (void)test_request_sent(&stage, &successor, &message, SYNC);
    (void)test_request_received(&stage, &server, &successor, &message);
    CHECK_UINT(interface_of(take(&server, &successor, 3), ATR_GRADE_BOUND), 6);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

/* Same handle, but the server sees another connection: the client closed and connected unseen. */
static void
a_new_port_context_ends_what_the_handle_was_bound_to(void **state)
{
    struct test_actor by_handle = client;
    struct test_actor second = server;
    struct test_message message;

    (void)state;
    by_handle.port_id = 0;
    second.port_context = 0x6000;
    test_bind(&stage, &by_handle, 1, 5, 3);
    message = next_message();
    (void)test_request_sent(&stage, &by_handle, &message, SYNC);
    (void)test_request_received(&stage, &server, &by_handle, &message);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_BOUND), 5);
    message = next_message();
    (void)test_request_sent(&stage, &by_handle, &message, SYNC);
    (void)test_request_received(&stage, &second, &by_handle, &message);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_NONE), 0);
}

static void
an_accept_ends_what_its_port_context_meant(void **state)
{
    static const uint8_t accept[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x50};
    struct atr_event *event;

    (void)state;
    serve_bind(&server, &client, 5, 3);
    event = test_alpc(&stage, ATR_RECORD_ENTER, &server, &(struct test_message){.message_id = 4});
    event->as.alpc.operation = ATR_OP_ACCEPT;
    event->parts[0] = (struct atr_part){
        .type = ATR_PART_ACCEPT, .original_bytes = 16, .bytes = {accept, sizeof(accept)}};
    event->part_count = 1;
    (void)test_stage_apply(&stage);
    CHECK_UINT(interface_of(take(&server, &client, 3), ATR_GRADE_NONE), 0);
}

static void
a_closed_port_drops_its_bindings(void **state)
{
    (void)state;
    serve_bind(&server, &client, 5, 3);
    CHECK_UINT(test_port_closed(&stage, &server, &client)->role, ATR_ROLE_PORT_CLOSED);
    CHECK_UINT(interface_of(take(&server, &client, 3), ATR_GRADE_NONE), 0);
}

static void
a_port_record_that_ends_drops_its_bindings(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    test_port(&stage,
              &(struct atr_port_record){.port_id = 11,
                                        .owner_process_id = 1,
                                        .connection_port_id = 10,
                                        .kind = ATR_PORT_CLIENT,
                                        .life = ATR_LIFE_END},
              NULL);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_NONE), 0);
}

static void
a_server_that_closes_takes_the_clients_bindings_along(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    (void)test_port_closed(&stage, &client, &server);
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_NONE), 0);
}

static void
a_handle_connected_again_starts_without_bindings(void **state)
{
    struct test_actor by_handle = client;

    (void)state;
    by_handle.port_id = 0;
    test_bind(&stage, &by_handle, 1, 5, 3);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_BOUND), 5);
    (void)test_connect(&stage, &by_handle, 50, 0);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_NONE), 0);
}

static void
a_refused_connect_leaves_the_bindings(void **state)
{
    struct test_actor by_handle = client;

    (void)state;
    by_handle.port_id = 0;
    test_bind(&stage, &by_handle, 1, 5, 3);
    (void)test_connect(&stage, &by_handle, 50, 0xc0000041);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_BOUND), 5);
}

static void
handle_records_end_what_the_handle_was_bound_to(void **state)
{
    struct test_actor by_handle = client;

    (void)state;
    by_handle.port_id = 0;
    test_bind(&stage, &by_handle, 1, 5, 3);
    test_handle(&stage, &by_handle, ATR_LIFE_SEEN);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_BOUND), 5);
    test_handle(&stage, &by_handle, ATR_LIFE_END);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_NONE), 0);
    test_bind(&stage, &by_handle, 2, 6, 3);
    test_handle(&stage, &by_handle, ATR_LIFE_BEGIN);
    CHECK_UINT(interface_of(ask(&by_handle, 3), ATR_GRADE_NONE), 0);
}

static void
a_new_process_with_the_same_pid_and_handle_has_no_bindings(void **state)
{
    struct test_actor successor = client;

    (void)state;
    successor.port_id = 0;
    test_bind(&stage, &successor, 1, 5, 3);
    test_process(&stage, 1, 100, NULL, ATR_LIFE_END);
    test_process(&stage, 7, 100, "other.exe", ATR_LIFE_BEGIN);
    successor.process_id = 7;
    CHECK_UINT(interface_of(ask(&successor, 3), ATR_GRADE_NONE), 0);
}

/* The same, by a source that gives pids only. */
static void
pids_are_told_apart_by_their_processes(void **state)
{
    struct test_actor by_pid = client;

    (void)state;
    by_pid.port_id = 0;
    by_pid.process_id = 0;
    test_bind(&stage, &by_pid, 1, 5, 3);
    CHECK_UINT(interface_of(ask(&by_pid, 3), ATR_GRADE_BOUND), 5);
    test_process(&stage, 1, 100, NULL, ATR_LIFE_END);
    test_process(&stage, 7, 100, "other.exe", ATR_LIFE_BEGIN);
    CHECK_UINT(interface_of(ask(&by_pid, 3), ATR_GRADE_NONE), 0);
}

static void
merged_sources_do_not_share_bindings(void **state)
{
    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    stage.source_id = 2;
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_NONE), 0);
    stage.source_id = 1;
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

/* The server may take the request after the id was bound anew. */
static void
a_request_keeps_the_interface_it_was_sent_to(void **state)
{
    struct test_message message;
    struct test_actor other_thread = client;

    (void)state;
    other_thread.tid = 102;
    test_bind(&stage, &client, 1, 5, 3);
    message = next_message();
    (void)test_request_sent(&stage, &client, &message, SYNC);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = 3});
    test_bind(&stage, &other_thread, 2, 6, 3);
    (void)test_request_received(&stage, &server, &client, &message);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.binding_id = 3});
    CHECK_UINT(interface_of(&stage.event, ATR_GRADE_BOUND), 5);
}

static void
a_connection_in_use_is_not_forgotten_for_newer_ones(void **state)
{
    struct test_actor newer = client;

    (void)state;
    test_bind(&stage, &client, 1, 5, 3);
    for (uint32_t i = 0; i < ATR_CONNECTIONS_MAX + 10; i++) {
        newer.port_id = 0;
        newer.handle = 0x1000 + 4 * i;
        (void)ask(&newer, 0);
        if (i % 1000 == 0) {
            (void)ask(&client, 3);
        }
    }
    CHECK_UINT(interface_of(ask(&client, 3), ATR_GRADE_BOUND), 5);
}

static void
the_bindings_of_one_connection_are_capped(void **state)
{
    (void)state;
    for (uint16_t id = 0; id < 3 * ATR_BINDINGS_MAX; id++) {
        test_bind(&stage, &client, 1000U + id, (uint8_t)(1 + id % 200), id);
    }
    CHECK_UINT(interface_of(ask(&client, 0), ATR_GRADE_BOUND), 1);
    (void)interface_of(ask(&client, 3 * ATR_BINDINGS_MAX - 1), ATR_GRADE_NONE);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_offered_and_accepted_is_bound),
        TEST(the_server_alone_sees_bindings_by_its_port_context),
        TEST(without_a_port_context_the_server_alone_infers),
        TEST(only_the_syntax_that_was_accepted_is_bound),
        TEST(several_accepted_syntaxes_are_all_bound),
        TEST(what_was_only_offered_is_inferred),
        TEST(one_id_for_several_syntaxes_leaves_the_syntax_unknown),
        TEST(a_refused_bind_binds_nothing),
        TEST(a_bind_refused_by_a_fault_binds_nothing),
        TEST(a_fault_of_a_call_leaves_its_binding),
        TEST(the_last_accepted_bind_of_an_id_counts),
        TEST(a_refused_rebind_leaves_the_id_as_it_was),
        TEST(a_rebind_without_answer_makes_the_id_uncertain),
        TEST(offering_what_is_bound_already_changes_nothing),
        TEST(an_answer_for_another_interface_is_not_believed),
        TEST(a_bind_answer_to_a_call_binds_nothing),
        TEST(an_answer_whose_offer_was_not_decoded_binds),
        TEST(a_recording_that_came_late_knows_no_interface),
        TEST(an_object_seen_passing_infers_the_interface),
        TEST(connections_of_one_process_have_their_own_ids),
        TEST(both_ends_of_a_connection_share_its_bindings),
        TEST(a_port_context_used_again_belongs_to_the_new_client),
        TEST(a_new_port_context_ends_what_the_handle_was_bound_to),
        TEST(an_accept_ends_what_its_port_context_meant),
        TEST(a_closed_port_drops_its_bindings),
        TEST(a_port_record_that_ends_drops_its_bindings),
        TEST(a_server_that_closes_takes_the_clients_bindings_along),
        TEST(a_handle_connected_again_starts_without_bindings),
        TEST(a_refused_connect_leaves_the_bindings),
        TEST(handle_records_end_what_the_handle_was_bound_to),
        TEST(a_new_process_with_the_same_pid_and_handle_has_no_bindings),
        TEST(pids_are_told_apart_by_their_processes),
        TEST(merged_sources_do_not_share_bindings),
        TEST(a_request_keeps_the_interface_it_was_sent_to),
        TEST(a_connection_in_use_is_not_forgotten_for_newer_ones),
        TEST(the_bindings_of_one_connection_are_capped),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
