/* SPDX-License-Identifier: MIT */
#include "support/event_build.h"

/* Requests with their replies, seen from one end or both (alpc 3). */

static const struct test_actor client = {
    .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 11};
static const struct test_actor server = {
    .process_id = 2, .pid = 200, .tid = 201, .handle = 0x10, .port_id = 10, .port_context = 0x5000};

enum {
    SYNC = ATR_ALPC_SYNC_REQUEST,
    BUFFER_TOO_SMALL = (int)0xc0000023,
};

static struct test_stage stage;

static int
set_up(void **state)
{
    (void)state;
    test_stage_open(&stage, NULL);
    test_process(&stage, 1, 100, "client.exe", ATR_LIFE_SEEN);
    test_process(&stage, 2, 200, "server.exe", ATR_LIFE_SEEN);
    test_port(&stage,
              &(struct atr_port_record){
                  .port_id = 10, .owner_process_id = 2, .kind = ATR_PORT_CONNECTION},
              "\\RPC Control\\svc");
    test_port(&stage,
              &(struct atr_port_record){.port_id = 11,
                                        .owner_process_id = 1,
                                        .connection_port_id = 10,
                                        .kind = ATR_PORT_CLIENT},
              NULL);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    test_stage_close(&stage);
    return 0;
}

static void
a_call_seen_from_both_ends_is_one_call(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event = test_request_sent(&stage, &client, &message, SYNC);
    uint64_t id;

    (void)state;
    CHECK_UINT(event->role, ATR_ROLE_REQUEST_SENT);
    id = event->call->id;
    assert_true(event->call->is_sync);
    CHECK_UINT(event->call->side_pairing, ATR_PAIRING_NONE);

    event = test_request_received(&stage, &server, &client, &message);
    CHECK_UINT(event->role, ATR_ROLE_REQUEST_RECEIVED);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->side_pairing, ATR_PAIRING_THREAD);
    CHECK_UINT(event->call->server.pid, 200);

    event = test_reply_sent(&stage, &server, &message);
    CHECK_UINT(event->role, ATR_ROLE_REPLY_SENT);
    CHECK_UINT(event->call->id, id);
    assert_false(event->call->ended);

    event = test_reply_received(&stage, &client, &message, SYNC);
    CHECK_UINT(event->role, ATR_ROLE_REPLY_RECEIVED);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_SYSCALL);
    CHECK_UINT(event->call->side_pairing, ATR_PAIRING_MESSAGE_ID);
    CHECK_UINT(event->call->client.end_ns - event->call->client.begin_ns, 3000000);
    CHECK_UINT(event->call->server.end_ns - event->call->server.begin_ns, 1000000);
    assert_true(event->call->ended);
}

static void
parties_and_port_are_named_from_both_ends(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event = test_request_sent(&stage, &client, &message, SYNC);

    (void)state;
    CHECK_STR(event->client.image, "client.exe");
    CHECK_STR(event->server.image, "server.exe"); /* who owns the port */
    CHECK_UINT(event->server.tid, ATR_UNKNOWN_U32);
    CHECK_STR(event->port_name, "\\RPC Control\\svc");
    event = test_request_received(&stage, &server, &client, &message);
    CHECK_STR(event->client.image, "client.exe");
    CHECK_UINT(event->client.tid, 101);
    CHECK_UINT(event->server.tid, 201);
    CHECK_STR(event->port_name, "\\RPC Control\\svc");
}

static void
a_call_seen_from_the_client_alone_ends_with_its_system_call(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event = test_request_sent(&stage, &client, &message, SYNC);
    uint64_t id = event->call->id;

    (void)state;
    event = test_reply_received(&stage, &client, &message, SYNC);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_SYSCALL);
    assert_false(event->call->server.seen);
    assert_true(event->call->ended);
}

static void
check_server_only(const struct test_actor *from)
{
    const struct test_message message = {.message_id = 4, .callback_id = 90, .size_bytes = 64};
    const struct atr_event *event = test_request_received(&stage, from, &client, &message);
    uint64_t id = event->call->id;

    CHECK_UINT(event->call->client.pid, 100);
    CHECK_STR(event->client.image, "client.exe");
    event = test_reply_sent(&stage, from, &message);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_MESSAGE_ID);
    assert_true(event->call->ended);
}

static void
a_call_seen_from_the_server_alone_ends_with_its_reply(void **state)
{
    struct test_actor without_context = server;

    (void)state;
    check_server_only(&server);
    without_context.port_context = 0;
    check_server_only(&without_context);
}

static void
a_second_request_on_the_same_thread_waits_for_its_own_reply(void **state)
{
    const struct test_message first = {.message_id = 4, .callback_id = 90, .size_bytes = 8};
    const struct test_message second = {.message_id = 6, .callback_id = 91, .size_bytes = 8};
    uint64_t first_id = test_request_received(&stage, &server, &client, &first)->call->id;
    uint64_t second_id = test_request_received(&stage, &server, &client, &second)->call->id;

    (void)state;
    assert_true(first_id != second_id);
    CHECK_UINT(test_reply_sent(&stage, &server, &first)->call->id, first_id);
    CHECK_UINT(test_reply_sent(&stage, &server, &second)->call->id, second_id);
}

static void
asynchronous_replies_find_their_requests_in_any_order(void **state)
{
    const struct test_message first = {.call_id = 1, .message_id = 4, .callback_id = 90, 40};
    const struct test_message second = {.call_id = 2, .message_id = 6, .callback_id = 91, 48};
    const struct test_message waiting = {.call_id = 3, .message_id = 6, .callback_id = 91, 8};
    const struct test_message later = {.call_id = 4, .message_id = 4, .callback_id = 90, 8};
    uint64_t first_id = test_request_sent(&stage, &client, &first, 0)->call->id;
    uint64_t second_id = test_request_sent(&stage, &client, &second, 0)->call->id;
    const struct atr_event *event;

    (void)state;
    CHECK_UINT(test_request_received(&stage, &server, &client, &first)->call->id, first_id);
    CHECK_UINT(test_request_received(&stage, &server, &client, &second)->call->id, second_id);
    (void)test_reply_sent(&stage, &server, &second);
    (void)test_reply_sent(&stage, &server, &first);
    event = test_reply_received(&stage, &client, &waiting, 0);
    CHECK_UINT(event->call->id, second_id);
    CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_MESSAGE_ID);
    event = test_reply_received(&stage, &client, &later, 0);
    CHECK_UINT(event->call->id, first_id);
}

static void
asynchronous_replies_are_found_by_call_id_when_the_server_is_not_seen(void **state)
{
    const struct test_message first = {.call_id = 1, .size_bytes = 72};
    const struct test_message second = {.call_id = 2, .size_bytes = 72};
    const struct test_message reply = {.call_id = 3, .message_id = 4, .callback_id = 90, 32};
    uint64_t ids[2];

    (void)state;
    ids[0] = test_request_sent(&stage, &client, &first, 0)->call->id;
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 7});
    ids[1] = test_request_sent(&stage, &client, &second, 0)->call->id;
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 8});
    for (uint32_t i = 2; i-- > 0;) {
        const struct atr_event *event = test_reply_received(&stage, &client, &reply, 0);

        assert_null(event->call);
        test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 7 + i});
        CHECK_UINT(event->call->id, ids[i]);
        CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_RPC_CALL_ID);
        assert_true(event->call->ended);
    }
}

/* Public clients use any constant as CallId (lrpc 3). */
static void
a_call_id_used_by_two_outstanding_calls_pairs_neither(void **state)
{
    const struct test_message first = {.call_id = 1, .size_bytes = 72};
    const struct test_message second = {.call_id = 2, .size_bytes = 72};
    const struct test_message reply = {.call_id = 3, .message_id = 4, .callback_id = 90, 32};

    (void)state;
    (void)test_request_sent(&stage, &client, &first, 0);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 1});
    (void)test_request_sent(&stage, &client, &second, 0);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 1});
    for (int i = 0; i < 2; i++) {
        const struct atr_event *event = test_reply_received(&stage, &client, &reply, 0);

        test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 1});
        assert_null(event->call);
    }
}

static void
a_call_id_is_searched_on_its_own_connection_only(void **state)
{
    struct test_actor other = client;
    const struct test_message request = {.call_id = 1, .size_bytes = 72};
    const struct test_message reply = {.call_id = 3, .message_id = 4, .callback_id = 90, 32};
    const struct atr_event *event;

    (void)state;
    other.port_id = 12;
    other.handle = 0x48;
    (void)test_request_sent(&stage, &client, &request, 0);
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 7});
    event = test_reply_received(&stage, &other, &reply, 0);
    test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 7});
    assert_null(event->call);
}

/* Source 2 and its connection 3 once had the key of source 0 and its connection 1. */
static void
a_call_id_of_another_source_is_not_taken(void **state)
{
    const struct test_message request = {.call_id = 1, .size_bytes = 72};
    const struct test_message reply = {.call_id = 3, .message_id = 4, .callback_id = 90, 32};
    const struct atr_event *event;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        stage.source_id = i;
        (void)test_request_sent(&stage, &client, &request, 0);
        if (i == 0) {
            test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 7});
        }
    }
    event = test_reply_received(&stage, &client, &reply, 0);
    test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 7});
    assert_null(event->call);
}

static void
a_reply_the_server_was_seen_to_send_does_not_end_the_clients_wait(void **state)
{
    const struct test_message request = {.call_id = 1, .message_id = 4, .callback_id = 90, 72};
    const struct test_message other = {.message_id = 8, .callback_id = 95, .size_bytes = 72};
    const struct atr_event *event;
    uint64_t id;

    (void)state;
    /* One request joins the ends; of the next one the server's receive was lost. */
    (void)test_request_sent(&stage, &client, &request, 0);
    (void)test_request_received(&stage, &server, &client, &request);
    id = test_request_sent(&stage, &client, &request, 0)->call->id;
    test_rpc(&stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 7});
    event = test_alpc(&stage, ATR_RECORD_ENTER, &server, &other);
    stage.event.as.alpc.flags = ATR_ALPC_RELEASE_MESSAGE;
    stage.event.as.alpc.client_pid = 100;
    stage.event.attributes = (struct atr_attributes){.present = ATR_ATTRIBUTE_CONTEXT};
    stage.event.attributes.context.port_context = server.port_context;
    event = test_stage_apply(&stage);
    CHECK_UINT(event->role, ATR_ROLE_REPLY_SENT);
    test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 7});

    event = test_reply_received(&stage, &client, &other, 0);
    test_rpc(&stage, ATR_FACT_RPC_RESPONSE, &(struct atr_rpc_fact){.call_id = 7});
    assert_non_null(event->call);
    CHECK_UINT(event->call->id, id);
    assert_true(event->call->ended);
}

static void
a_message_id_used_again_is_told_apart_by_its_callback_id(void **state)
{
    const struct test_message first = {.message_id = 4, .callback_id = 90, .size_bytes = 8};
    const struct test_message again = {.message_id = 4, .callback_id = 91, .size_bytes = 8};
    uint64_t first_id = test_request_received(&stage, &server, &client, &first)->call->id;
    uint64_t again_id = test_request_received(&stage, &server, &client, &again)->call->id;

    (void)state;
    assert_true(first_id != again_id);
    CHECK_UINT(test_reply_sent(&stage, &server, &again)->call->id, again_id);
    CHECK_UINT(test_reply_sent(&stage, &server, &first)->call->id, first_id);
    assert_null(test_reply_sent(&stage, &server, &again)->call);
}

static void
calls_of_a_serving_thread_are_children(void **state)
{
    const struct test_actor deeper = {
        .process_id = 3, .pid = 300, .tid = 301, .handle = 0x20, .port_id = 20};
    struct test_actor as_client = server;
    const struct test_message outer = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct test_message inner = {.call_id = 2, .message_id = 5, .callback_id = 91, 32};
    const struct test_message inmost = {.call_id = 3, .message_id = 6, .callback_id = 92, 16};
    struct test_actor deeper_client = deeper;
    const struct atr_call *call;
    uint64_t outer_id;
    uint64_t inner_id;

    (void)state;
    as_client.port_id = 21;
    as_client.handle = 0x80;
    deeper_client.port_id = 31;
    outer_id = test_request_sent(&stage, &client, &outer, SYNC)->call->id;
    (void)test_request_received(&stage, &server, &client, &outer);
    call = test_request_sent(&stage, &as_client, &inner, SYNC)->call;
    CHECK_UINT(call->parent_id, outer_id);
    CHECK_UINT(call->depth, 1);
    inner_id = call->id;
    (void)test_request_received(&stage, &deeper, &as_client, &inner);
    call = test_request_sent(&stage, &deeper_client, &inmost, SYNC)->call;
    CHECK_UINT(call->parent_id, inner_id);
    CHECK_UINT(call->depth, 2);
    (void)test_reply_received(&stage, &deeper_client, &inmost, SYNC);
    (void)test_reply_sent(&stage, &deeper, &inner);
    (void)test_reply_received(&stage, &as_client, &inner, SYNC);
    (void)test_reply_sent(&stage, &server, &outer);

    /* After the reply the thread serves nobody. */
    call = test_request_sent(&stage, &as_client, &inner, SYNC)->call;
    CHECK_UINT(call->parent_id, 0);
    CHECK_UINT(call->depth, 0);
}

/* It handed the request to another thread and waits for the next: what it does then is its own. */
static void
a_thread_back_at_its_port_serves_nobody(void **state)
{
    const struct test_message request = {.message_id = 4, .callback_id = 90, .size_bytes = 8};
    const struct test_message nothing = {.call_id = 5};
    const struct test_message own = {.call_id = 6, .size_bytes = 8};
    struct test_actor as_client = server;

    (void)state;
    as_client.port_id = 21;
    as_client.handle = 0x80;
    (void)test_request_received(&stage, &server, &client, &request);
    (void)test_alpc(&stage, ATR_RECORD_ENTER, &server, &nothing);
    stage.event.as.alpc.total_length = 0;
    CHECK_UINT(test_stage_apply(&stage)->role, ATR_ROLE_NONE);
    CHECK_UINT(test_request_sent(&stage, &as_client, &own, SYNC)->call->parent_id, 0);
}

static void
an_earlier_asynchronous_request_of_the_thread_arrives_first(void **state)
{
    const struct test_message async = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct test_message sync = {.call_id = 2, .message_id = 5, .callback_id = 91, 64};
    uint64_t async_id = test_request_sent(&stage, &client, &async, 0)->call->id;
    uint64_t sync_id = test_request_sent(&stage, &client, &sync, SYNC)->call->id;

    (void)state;
    CHECK_UINT(test_request_received(&stage, &server, &client, &async)->call->id, async_id);
    CHECK_UINT(test_request_received(&stage, &server, &client, &sync)->call->id, sync_id);
}

/* The reply's ids say which message the request was: not the one the server was seen to take. */
static void
a_reply_with_other_ids_takes_the_wrong_server_off_the_call(void **state)
{
    const struct test_message received = {.message_id = 4, .callback_id = 90, .size_bytes = 64};
    const struct test_message message = {.call_id = 1, .message_id = 7, .callback_id = 99, 64};
    const struct atr_event *event;
    uint64_t id = test_request_sent(&stage, &client, &message, SYNC)->call->id;

    (void)state;
    CHECK_UINT(test_request_received(&stage, &server, &client, &received)->call->id, id);
    event = test_reply_received(&stage, &client, &message, SYNC);
    CHECK_UINT(event->call->id, id);
    assert_false(event->call->server.seen);
    CHECK_UINT(event->call->side_pairing, ATR_PAIRING_NONE);
    CHECK_UINT(event->call->message_id, 7);
}

static void
a_request_of_another_size_or_port_is_another_call(void **state)
{
    const struct test_message sent = {.call_id = 1, .size_bytes = 64};
    const struct test_message longer = {.message_id = 4, .callback_id = 90, .size_bytes = 65};
    const struct test_message same = {.message_id = 5, .callback_id = 91, .size_bytes = 64};
    struct test_actor elsewhere = server;
    uint64_t id = test_request_sent(&stage, &client, &sent, SYNC)->call->id;

    (void)state;
    test_port(&stage,
              &(struct atr_port_record){
                  .port_id = 30, .owner_process_id = 2, .kind = ATR_PORT_CONNECTION},
              "\\RPC Control\\other");
    elsewhere.port_id = 30;
    assert_true(test_request_received(&stage, &server, &client, &longer)->call->id != id);
    assert_true(test_request_received(&stage, &elsewhere, &client, &same)->call->id != id);
    CHECK_UINT(test_request_received(&stage, &server, &client, &same)->call->id, id);
}

static void
a_wait_without_a_message_is_none_and_one_without_its_header_is_one(void **state)
{
    const struct test_message wait = {.call_id = 1};

    (void)state;
    (void)test_alpc(&stage, ATR_RECORD_ENTER, &server, &wait);
    stage.event.as.alpc.total_length = 0;
    CHECK_UINT(test_stage_apply(&stage)->role, ATR_ROLE_NONE);
    (void)test_alpc(&stage, ATR_RECORD_EXIT, &server, &wait);
    stage.event.as.alpc.total_length = 0;
    stage.event.as.alpc.status = 0x102;
    CHECK_UINT(test_stage_apply(&stage)->role, ATR_ROLE_NONE);
    (void)test_alpc(&stage, ATR_RECORD_ENTER, &server, &wait);
    stage.event.as.alpc.total_length = 0;
    stage.event.flags |= ATR_RECORD_NO_HEADER | ATR_RECORD_PART_FAULT;
    CHECK_UINT(test_stage_apply(&stage)->role, ATR_ROLE_SENT);
}

static void
a_failed_call_ends_with_its_status(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 64};
    const struct atr_event *event = test_request_sent(&stage, &client, &message, SYNC);
    uint64_t id = event->call->id;

    (void)state;
    event = test_failed(&stage, &client, &message, SYNC, 0xc0000037);
    CHECK_UINT(event->role, ATR_ROLE_NONE);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->status, 0xc0000037);
    assert_true(event->call->has_status);
    assert_true(event->call->ended);
    assert_false(event->call->reply_seen);
}

static void
a_reply_that_did_not_fit_comes_with_the_next_receive_on_that_port(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 64};
    const struct test_message fetched = {.call_id = 3, .message_id = 4, .callback_id = 90, 900};
    struct test_actor elsewhere = client;
    const struct atr_event *event = test_request_sent(&stage, &client, &message, SYNC);
    uint64_t id = event->call->id;

    (void)state;
    elsewhere.port_id = 40;
    elsewhere.handle = 0x90;
    event = test_failed(&stage, &client, &message, SYNC, (uint32_t)BUFFER_TOO_SMALL);
    assert_false(event->call->ended);

    assert_null(test_reply_received(&stage, &elsewhere, &fetched, 0)->call);
    event = test_reply_received(&stage, &client, &fetched, 0);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->reply_pairing, ATR_PAIRING_THREAD);
    CHECK_UINT(event->call->status, 0);
    assert_true(event->call->ended);
}

static void
datagrams_are_one_call_without_a_reply(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 88};
    const struct atr_event *event =
        test_request_sent(&stage, &client, &message, ATR_ALPC_RELEASE_MESSAGE);
    uint64_t id = event->call->id;

    (void)state;
    CHECK_UINT(event->role, ATR_ROLE_DATAGRAM_SENT);
    event = test_request_received(&stage, &server, &client, &message);
    CHECK_UINT(event->role, ATR_ROLE_DATAGRAM_RECEIVED);
    CHECK_UINT(event->call->id, id);
    CHECK_UINT(event->call->kind, ATR_CALL_DATAGRAM);
    assert_true(event->call->ended);
}

static void
the_release_of_a_view_is_no_reply(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event;

    (void)state;
    (void)test_request_sent(&stage, &client, &message, SYNC);
    (void)test_request_received(&stage, &server, &client, &message);
    (void)test_alpc(&stage, ATR_RECORD_ENTER, &server, &message);
    stage.event.as.alpc.flags = ATR_ALPC_RELEASE_MESSAGE;
    stage.event.attributes =
        (struct atr_attributes){.present = ATR_ATTRIBUTE_VIEW, .view = {.flags = ATR_VIEW_RELEASE}};
    event = test_stage_apply(&stage);
    CHECK_UINT(event->role, ATR_ROLE_RELEASE);
    assert_null(event->call);
    assert_false(test_reply_sent(&stage, &server, &message)->call->ended);
}

static void
a_client_that_releases_a_view_stays_the_client(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event;

    (void)state;
    (void)test_alpc(&stage, ATR_RECORD_ENTER, &client, &message);
    stage.event.as.alpc.flags = ATR_ALPC_RELEASE_MESSAGE;
    stage.event.as.alpc.client_pid = 200;
    stage.event.attributes =
        (struct atr_attributes){.present = ATR_ATTRIBUTE_VIEW, .view = {.flags = ATR_VIEW_RELEASE}};
    event = test_stage_apply(&stage);
    CHECK_UINT(event->role, ATR_ROLE_RELEASE);
    CHECK_UINT(event->client.pid, 100);
    CHECK_UINT(event->server.pid, 200);
}

static void
merged_sources_with_equal_ids_do_not_mix(void **state)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 90, 64};
    uint64_t id = test_request_sent(&stage, &client, &message, SYNC)->call->id;
    const struct atr_event *event;

    (void)state;
    stage.source_id = 2;
    event = test_request_received(&stage, &server, &client, &message);
    assert_true(event->call->id != id);
    CHECK_STR(event->client.image, NULL);
    CHECK_STR(event->port_name, NULL);
    assert_null(test_reply_received(&stage, &client, &message, SYNC)->call);
    stage.source_id = 1;
    CHECK_UINT(test_reply_received(&stage, &client, &message, SYNC)->call->id, id);
}

static void
a_pid_used_again_does_not_change_who_called(void **state)
{
    const struct test_message message = {.message_id = 4, .callback_id = 90, .size_bytes = 64};

    (void)state;
    (void)test_request_received(&stage, &server, &client, &message);
    test_process(&stage, 1, 100, NULL, ATR_LIFE_END);
    test_process(&stage, 7, 100, "other.exe", ATR_LIFE_BEGIN);
    CHECK_STR(test_reply_sent(&stage, &server, &message)->client.image, "client.exe");
}

static void
a_new_process_with_an_old_pid_continues_no_thread(void **state)
{
    struct test_actor successor = server;
    const struct test_message request = {.message_id = 4, .callback_id = 90, .size_bytes = 64};
    const struct test_message own = {.call_id = 2, .size_bytes = 64};

    (void)state;
    (void)test_request_received(&stage, &server, &client, &request);
    test_process(&stage, 2, 200, NULL, ATR_LIFE_END);
    test_process(&stage, 8, 200, "successor.exe", ATR_LIFE_BEGIN);
    successor.process_id = 8;
    CHECK_UINT(test_request_sent(&stage, &successor, &own, SYNC)->call->parent_id, 0);
}

static void
a_message_that_names_no_sender_has_an_unknown_client(void **state)
{
    const struct test_actor nobody = {0};
    const struct test_message message = {.message_id = 4, .callback_id = 90, .size_bytes = 64};

    (void)state;
    assert_false(test_request_received(&stage, &server, &nobody, &message)->client.known);
}

static void
a_connect_is_a_call_of_its_own(void **state)
{
    const struct atr_event *event = test_connect(&stage, &client, 1, 0);

    (void)state;
    CHECK_UINT(event->role, ATR_ROLE_CONNECT_ANSWER_RECEIVED);
    CHECK_UINT(event->call->kind, ATR_CALL_CONNECT);
    assert_true(event->call->ended);
    event = test_connect(&stage, &client, 2, 0xc0000041);
    CHECK_UINT(event->call->status, 0xc0000041);
}

static void
a_pending_connect_waits_for_its_answer(void **state)
{
    const struct atr_event *event = test_connect(&stage, &client, 1, 0x103);
    uint64_t id = event->call->id;

    (void)state;
    assert_false(event->call->ended);
    assert_false(event->call->has_status);
    (void)test_alpc(&stage, ATR_RECORD_EXIT, &client,
                    &(struct test_message){.call_id = 2, .message_id = 4, .callback_id = 90});
    stage.event.as.alpc.message_type = 11;
    event = test_stage_apply(&stage);
    CHECK_UINT(event->role, ATR_ROLE_CONNECT_ANSWER_RECEIVED);
    CHECK_UINT(event->call->id, id);
    assert_true(event->call->ended);
    assert_true(event->call->has_status);
}

static void
an_exit_whose_enter_was_lost_starts_no_call(void **state)
{
    const struct test_message message = {.call_id = 99, .message_id = 4, .callback_id = 90, 64};
    const struct atr_event *event = test_reply_received(&stage, &client, &message, SYNC);

    (void)state;
    CHECK_UINT(event->role, ATR_ROLE_REPLY_RECEIVED);
    assert_null(event->call);
    CHECK_STR(event->client.image, "client.exe");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_call_seen_from_both_ends_is_one_call),
        TEST(parties_and_port_are_named_from_both_ends),
        TEST(a_call_seen_from_the_client_alone_ends_with_its_system_call),
        TEST(a_call_seen_from_the_server_alone_ends_with_its_reply),
        TEST(a_second_request_on_the_same_thread_waits_for_its_own_reply),
        TEST(asynchronous_replies_find_their_requests_in_any_order),
        TEST(asynchronous_replies_are_found_by_call_id_when_the_server_is_not_seen),
        TEST(a_call_id_used_by_two_outstanding_calls_pairs_neither),
        TEST(a_call_id_is_searched_on_its_own_connection_only),
        TEST(a_call_id_of_another_source_is_not_taken),
        TEST(a_reply_the_server_was_seen_to_send_does_not_end_the_clients_wait),
        TEST(a_message_id_used_again_is_told_apart_by_its_callback_id),
        TEST(calls_of_a_serving_thread_are_children),
        TEST(a_thread_back_at_its_port_serves_nobody),
        TEST(an_earlier_asynchronous_request_of_the_thread_arrives_first),
        TEST(a_reply_with_other_ids_takes_the_wrong_server_off_the_call),
        TEST(a_request_of_another_size_or_port_is_another_call),
        TEST(a_wait_without_a_message_is_none_and_one_without_its_header_is_one),
        TEST(a_failed_call_ends_with_its_status),
        TEST(a_reply_that_did_not_fit_comes_with_the_next_receive_on_that_port),
        TEST(datagrams_are_one_call_without_a_reply),
        TEST(the_release_of_a_view_is_no_reply),
        TEST(a_client_that_releases_a_view_stays_the_client),
        TEST(merged_sources_with_equal_ids_do_not_mix),
        TEST(a_pid_used_again_does_not_change_who_called),
        TEST(a_new_process_with_an_old_pid_continues_no_thread),
        TEST(a_message_that_names_no_sender_has_an_unknown_client),
        TEST(a_connect_is_a_call_of_its_own),
        TEST(a_pending_connect_waits_for_its_answer),
        TEST(an_exit_whose_enter_was_lost_starts_no_call),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
