/* SPDX-License-Identifier: MIT */
#include "support/counting_heap.h"
#include "support/event_build.h"

#include <string.h>

/* The session under a heap that fails, and under events an enemy wrote. */

static const struct test_actor client = {
    .process_id = 1, .pid = 100, .tid = 101, .handle = 0x44, .port_id = 4};
static const struct test_actor server = {
    .process_id = 2, .pid = 200, .tid = 201, .handle = 0x10, .port_id = 3, .port_context = 0x5000};

enum {
    SYNC = ATR_ALPC_SYNC_REQUEST,
    MIB = 1024 * 1024,

    /* Full tables (limits.h times the size of an entry) and all texts. */
    SESSION_MEMORY_MAX = 192 * MIB,
};

/* Every kind of table gets an entry. */
static void
live_a_little(struct test_stage *stage)
{
    const struct test_message message = {.call_id = 1, .message_id = 4, .callback_id = 9, 64};
    const struct test_message async = {.call_id = 2, .message_id = 5, .callback_id = 10, 72};
    struct atr_fact *fact;
    struct atr_event *event = test_stage_next(stage, ATR_RECORD_MANIFEST);

    event->as.manifest.os_build = 19044;
    (void)test_stage_apply(stage);
    test_process(stage, 1, 100, "client.exe", ATR_LIFE_SEEN);
    test_process(stage, 2, 200, "server.exe", ATR_LIFE_SEEN);
    test_port(stage, &(struct atr_port_record){.port_id = 3, .kind = ATR_PORT_CONNECTION}, "\\x");
    test_port(
        stage,
        &(struct atr_port_record){.port_id = 4, .connection_port_id = 3, .kind = ATR_PORT_CLIENT},
        NULL);
    test_handle(stage, &client, ATR_LIFE_BEGIN);
    test_stack(stage, 8, 3);
    event = test_stage_next(stage, ATR_RECORD_MODULE);
    event->as.module = (struct atr_module_record){.module_id = 9, .path = ATR_STR("a.dll")};
    (void)test_stage_apply(stage);

    (void)test_connect(stage, &client, 50, 0);
    (void)test_request_sent(stage, &client, &message, SYNC);
    test_offer(stage, 5, 3, 1, 2);
    fact = atr_event_fact_add(&stage->event, ATR_FACT_INTERFACE_POINTER);
    fact->as.pointer.ipid.bytes[0] = 1;
    fact->as.pointer.iid.bytes[0] = 2;
    test_stage_learn(stage);
    (void)test_request_received(stage, &server, &client, &message);
    (void)test_reply_sent(stage, &server, &message);
    (void)test_reply_received(stage, &client, &message, SYNC);
    test_accept(stage, 5, 2, 1, 2);
    (void)test_request_sent(stage, &client, &async, 0);
    test_rpc(stage, ATR_FACT_RPC_REQUEST, &(struct atr_rpc_fact){.call_id = 7, .binding_id = 2});
    (void)test_port_closed(stage, &server, &client);
    test_process(stage, 1, 100, NULL, ATR_LIFE_END);
}

static void
each_refused_request_for_memory_is_told_and_nothing_leaks(void **state)
{
    struct test_failing_heap heap;
    uint64_t failed = 0;

    (void)state;
    for (uint64_t n = 2;; n++) { /* the first makes the session itself */
        struct test_stage stage;

        test_failing_heap_init(&heap, n);
        test_stage_open(&stage, &heap.heap);
        stage.tolerant = true;
        live_a_little(&stage);
        CHECK_UINT(stage.status, heap.failed ? ATR_NOMEM : ATR_OK);
        test_stage_close(&stage);
        CHECK_UINT(heap.live_blocks, 0);
        if (!heap.failed) {
            break;
        }
        failed++;
    }
    assert_true(failed > 25);
}

static void
no_session_without_memory(void **state)
{
    struct test_failing_heap heap;
    struct atr_session *session = NULL;

    (void)state;
    test_failing_heap_init(&heap, 1);
    CHECK_UINT(atr_session_create(&session, &heap.heap), ATR_NOMEM);
    assert_null(session);
    CHECK_UINT(heap.live_blocks, 0);
    atr_session_destroy(NULL);
}

/* Ids from a range wide enough to fill the tables, narrow enough to meet again. */
static uint32_t
some_id(struct test_random *random)
{
    return test_random_below(random, test_random_below(random, 4) == 0 ? 50 : 1U << 20);
}

static void
random_state(struct test_stage *stage, struct test_random *random)
{
    static char text[4096];
    struct test_actor owner = {
        .process_id = some_id(random), .handle = some_id(random), .port_id = some_id(random)};

    switch (test_random_below(random, 6)) {
    case 0:
        test_process(stage, some_id(random), some_id(random), "some.exe",
                     (enum atr_life)test_random_below(random, 4));
        break;
    case 1:
        memset(text, 'a', sizeof(text));
        test_string(stage, some_id(random), atr_str_make(text, test_random_below(random, 4096)));
        break;
    case 2:
        test_stack(stage, some_id(random), test_random_below(random, ATR_FRAMES_MAX));
        break;
    case 3:
        test_handle(stage, &owner, (enum atr_life)test_random_below(random, 4));
        break;
    case 4:
        test_port(stage,
                  &(struct atr_port_record){.port_id = some_id(random),
                                            .owner_process_id = some_id(random),
                                            .connection_port_id = some_id(random),
                                            .kind = (uint8_t)test_random_below(random, 5),
                                            .life = (uint8_t)test_random_below(random, 4)},
                  "\\x");
        break;
    default:
        test_stage_next(stage, ATR_RECORD_MODULE)->as.module = (struct atr_module_record){
            .module_id = some_id(random), .path = {text, test_random_below(random, 4096)}};
        (void)test_stage_apply(stage);
        break;
    }
}

static void
random_fact(struct test_stage *stage, struct test_random *random)
{
    struct atr_fact *fact = atr_event_fact_add(
        &stage->event,
        (enum atr_fact_kind)test_random_below(random, ATR_FACT_INTERFACE_POINTER + 1));

    assert_non_null(fact);
    test_random_fill(random, &fact->as.pointer, sizeof(fact->as.pointer));
    if (fact->kind <= ATR_FACT_BIND_REFUSED) {
        fact->as.bind.syntax_set = test_random_below(random, 16);
        for (unsigned i = 0; i < ATR_SYNTAX_KINDS; i++) {
            fact->as.bind.binding_ids[i] = (uint16_t)test_random_below(random, 300);
        }
    } else if (fact->kind <= ATR_FACT_RPC_FAULT) {
        fact->as.rpc = (struct atr_rpc_fact){.call_id = test_random_below(random, 9),
                                             .binding_id = test_random_below(random, 300)};
    }
    test_stage_learn(stage);
}

static void
random_call(struct test_stage *stage, struct test_random *random)
{
    static const uint16_t operations[] = {ATR_OP_SEND_WAIT_RECEIVE, ATR_OP_CONNECT, ATR_OP_ACCEPT,
                                          ATR_OP_LPC_REQUEST_WAIT_REPLY, ATR_OP_LPC_LISTEN};
    static const uint32_t flags[] = {0, SYNC, ATR_ALPC_RELEASE_MESSAGE};
    static const uint32_t statuses[] = {0, 0, 0, 0xc0000023, 0x103, 0xc0000037};
    struct test_actor actor = {.process_id = some_id(random),
                               .pid = some_id(random),
                               .tid = some_id(random),
                               .handle = some_id(random),
                               .port_id = some_id(random)};
    struct test_message message = {.call_id = some_id(random),
                                   .message_id = some_id(random),
                                   .callback_id = some_id(random),
                                   .size_bytes = (uint16_t)test_random_below(random, 3)};
    bool is_enter = test_random_below(random, 2) == 0;
    struct atr_event *event =
        test_alpc(stage, is_enter ? ATR_RECORD_ENTER : ATR_RECORD_EXIT, &actor, &message);
    struct atr_alpc_record *alpc = &event->as.alpc;

    event->source_id = test_random_below(random, 20) == 0 ? test_random_u32(random) : 1;
    alpc->operation = operations[test_random_below(random, 20) % 5 % ATR_COUNT(operations)];
    alpc->flags = flags[test_random_below(random, ATR_COUNT(flags))];
    alpc->status = is_enter ? 0 : statuses[test_random_below(random, ATR_COUNT(statuses))];
    alpc->message_type = (uint16_t)test_random_below(random, 14);
    alpc->message_id = test_random_below(random, 3) == 0 ? 0 : alpc->message_id;
    alpc->client_pid = some_id(random);
    alpc->client_tid = some_id(random);
    if (test_random_below(random, 2) == 0) {
        event->attributes.present = ATR_ATTRIBUTE_CONTEXT;
        event->attributes.context.port_context = some_id(random);
    }
    (void)test_stage_apply(stage);
    if (event->call != NULL) {
        assert_true(event->call->id != 0);
        assert_true(event->call->client.seen || event->call->server.seen);
        assert_true(event->call->parent_id < event->call->id);
    }
    if (test_random_below(random, 2) == 0) {
        random_fact(stage, random);
    }
}

static void
a_million_hostile_events_stay_within_bounds(void **state)
{
    struct test_counting_heap heap;
    struct test_random random = {42};
    struct test_stage stage;

    (void)state;
    test_counting_heap_init(&heap);
    test_stage_open(&stage, &heap.heap);
    for (uint32_t i = 0; i < 1000000; i++) {
        if (test_random_below(&random, 3) == 0) {
            random_state(&stage, &random);
        } else {
            random_call(&stage, &random);
        }
    }
    print_message("at most %zu MiB held\n", heap.peak_bytes / MIB);
    assert_true(heap.peak_bytes < SESSION_MEMORY_MAX);
    test_stage_close(&stage);
    CHECK_UINT(heap.live_bytes, 0);
}

static void
calls_without_replies_are_forgotten_oldest_first(void **state)
{
    struct test_message message = {.size_bytes = 64};
    struct test_stage stage;

    (void)state;
    test_stage_open(&stage, NULL);
    for (uint64_t i = 1; i <= ATR_CALLS_MAX + 1; i++) {
        message.call_id = i;
        (void)test_request_sent(&stage, &client, &message, SYNC);
    }
    message.call_id = 1;
    assert_null(test_reply_received(&stage, &client, &message, SYNC)->call);
    message.call_id = 2;
    CHECK_UINT(test_reply_received(&stage, &client, &message, SYNC)->call->id, 2);
    test_stage_close(&stage);
}

/* Threads that send and are never seen again push out the one that serves: it is no longer known.
 */
static void
a_forgotten_thread_is_no_stale_pointer(void **state)
{
    struct test_message message = {.message_id = 4, .callback_id = 9, .size_bytes = 64};
    struct test_actor other = client;
    struct test_stage stage;

    (void)state;
    test_stage_open(&stage, NULL);
    for (uint32_t i = 0; i < ATR_THREADS_MAX - 1; i++) {
        other.tid = 1000 + i;
        message.call_id = i;
        (void)test_request_sent(&stage, &other, &message, SYNC);
    }
    other.tid = 5; /* unknown so far */
    (void)test_request_received(&stage, &server, &other, &message);
    message.call_id = 99999999;
    CHECK_UINT(test_request_sent(&stage, &other, &message, SYNC)->call->parent_id, 0);
    test_stage_close(&stage);
}

/* A long recording sees many connections; the few ports they lead to are as old as the machine. */
static void
a_port_in_use_keeps_its_name_however_many_connections_come(void **state)
{
    const struct test_message message = {.call_id = 1, .size_bytes = 64};
    struct atr_port_record connection = {.connection_port_id = 3, .kind = ATR_PORT_CLIENT};
    struct test_actor actor = client;
    struct test_stage stage;

    (void)state;
    test_stage_open(&stage, NULL);
    test_port(&stage, &(struct atr_port_record){.port_id = 3, .kind = ATR_PORT_CONNECTION}, "\\x");
    for (uint32_t i = 10; i < ATR_PORTS_MAX + 5000; i++) {
        connection.port_id = i;
        test_port(&stage, &connection, NULL);
        if (i % 100 == 0) {
            actor.port_id = i;
            CHECK_STR(test_request_sent(&stage, &actor, &message, SYNC)->port_name, "\\x");
        }
    }
    assert_null(atr_session_find_port(stage.session, 1, 10));
    test_stage_close(&stage);
}

static void
ended_processes_are_forgotten_before_living_ones(void **state)
{
    struct test_stage stage;

    (void)state;
    test_stage_open(&stage, NULL);
    test_process(&stage, 1, 4, "System", ATR_LIFE_SEEN);
    for (uint32_t i = 2; i < ATR_PROCESSES_MAX + 5000; i++) {
        test_process(&stage, i, 1000 + i % 100, "short-lived.exe", ATR_LIFE_BEGIN);
        test_process(&stage, i, 1000 + i % 100, NULL, ATR_LIFE_END);
    }
    CHECK_STR(atr_session_find_process(stage.session, 1, 0, 4)->image, "System");
    test_stage_close(&stage);
}

static void
texts_of_processes_and_ports_are_capped_too(void **state)
{
    static char text[ATR_NAME_BYTES_MAX + 1];
    struct test_counting_heap heap;
    struct test_stage stage;

    (void)state;
    memset(text, 'a', ATR_NAME_BYTES_MAX);
    test_counting_heap_init(&heap);
    test_stage_open(&stage, &heap.heap);
    for (uint32_t i = 1; i < 2000; i++) {
        test_process(&stage, i, i, text, ATR_LIFE_SEEN);
    }
    assert_true(heap.live_bytes < ATR_SESSION_HELD_BYTES + MIB);
    CHECK_STR(atr_session_find_process(stage.session, 1, 1999, 0)->image, NULL);
    test_stage_close(&stage);
    CHECK_UINT(heap.live_bytes, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refused_request_for_memory_is_told_and_nothing_leaks),
        cmocka_unit_test(no_session_without_memory),
        cmocka_unit_test(a_million_hostile_events_stay_within_bounds),
        cmocka_unit_test(calls_without_replies_are_forgotten_oldest_first),
        cmocka_unit_test(a_forgotten_thread_is_no_stale_pointer),
        cmocka_unit_test(a_port_in_use_keeps_its_name_however_many_connections_come),
        cmocka_unit_test(ended_processes_are_forgotten_before_living_ones),
        cmocka_unit_test(texts_of_processes_and_ports_are_capped_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
