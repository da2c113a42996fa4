/* SPDX-License-Identifier: MIT */

/* The ALPC model of the lab, in one thread: while one side waits, the other makes its move. */

#include "support/support.h"

#include "lab/model/model.h"

#include <stdlib.h>
#include <string.h>

struct lab {
    struct lab_model *model;
    void (*move)(struct lab *lab); /* what happens while somebody waits; once */
    uint32_t connection;
    uint32_t client;
    uint32_t server;
    unsigned released;
    uint8_t buffer[LAB_MESSAGE_MAX];
    struct lab_parts parts;
    struct lab_header request; /* the header of what the server got last */
};

static const uint16_t port_name[] = {'\\', 'p'};
static const struct lab_name name = {port_name, 2};
static const struct lab_caller client = {.pid = 10, .tid = 11};
static const struct lab_caller server = {.pid = 20, .tid = 21};

static void
nothing(void *context)
{
    (void)context;
}

static void
wake(void *context, uint32_t waiter)
{
    (void)context;
    (void)waiter;
}

static bool
wait_for_move(void *context, uint32_t waiter, int64_t wait_100ns)
{
    struct lab *lab = context;
    void (*move)(struct lab *) = lab->move;

    (void)waiter;
    (void)wait_100ns;
    lab->move = NULL;
    if (move == NULL) {
        return true; /* nobody moves any more: time is out */
    }
    move(lab);
    return false;
}

static void
release(void *context, struct lab_parts *parts)
{
    struct lab *lab = context;

    lab->released += parts->handle_count;
    parts->handle_count = 0;
}

static void
changed(void *context, uint32_t port)
{
    (void)context;
    (void)port;
}

static struct lab_receive
into(struct lab *lab, size_t capacity)
{
    return (struct lab_receive){(void *)lab->buffer, capacity, 0, &lab->parts};
}

static uint32_t
receive(struct lab *lab, const struct lab_caller *caller, uint32_t port)
{
    struct lab_receive to = into(lab, sizeof(lab->buffer));
    uint32_t status = lab_send_wait_receive(lab->model, caller, port, 0, NULL, NULL, &to, 0);

    if (status == LAB_OK) {
        memcpy(&lab->request, lab->buffer, sizeof(lab->request));
    }
    return status;
}

static void
server_accepts(struct lab *lab)
{
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_CONNECTION_REQUEST | LAB_CONTINUATION);
    CHECK_UINT(lab->request.pid, client.pid);
    CHECK_UINT(lab_accept(lab->model, &server, 0x77, &lab->request, true, true, &lab->server),
               LAB_OK);
}

static struct lab *
make_lab(void)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    assert_non_null(lab);
    struct lab_os os = {nothing, nothing, wake, wait_for_move, release, changed, lab};

    lab->model = calloc(1, sizeof(*lab->model));
    assert_non_null(lab->model);
    lab_model_init(lab->model, &os);
    CHECK_UINT(lab_create_port(lab->model, &server, name, 0, &lab->connection), LAB_OK);
    lab->move = server_accepts;
    CHECK_UINT(lab_connect(lab->model, &client, name, NULL, NULL, LAB_WAIT_FOREVER, &lab->client),
               LAB_OK);
    return lab;
}

static void
free_lab(struct lab *lab)
{
    lab_model_fini(lab->model);
    free(lab->model);
    free(lab);
}

static struct lab_header *
message(uint16_t payload_bytes)
{
    struct lab_header *made = calloc(1, sizeof(*made) + payload_bytes);

    assert_non_null(made);
    made->data_length = payload_bytes;
    made->total_length = (uint16_t)(sizeof(*made) + payload_bytes);
    memset(made + 1, 0x5a, payload_bytes);
    return made;
}

static uint32_t
send_bytes(struct lab *lab, const struct lab_caller *caller, uint32_t port, uint32_t flags,
           uint16_t payload_bytes, struct lab_receive *to)
{
    struct lab_header *made = message(payload_bytes);
    uint32_t status = lab_send_wait_receive(lab->model, caller, port, flags, made, NULL, to, 1);

    free(made);
    return status;
}

static uint32_t
reply(struct lab *lab, struct lab_parts *parts)
{
    struct lab_header answer = lab->request;

    answer.data_length = 0;
    answer.total_length = sizeof(answer);
    return lab_send_wait_receive(lab->model, &server, lab->connection, 0, &answer, parts, NULL, 0);
}

static void
server_replies(struct lab *lab)
{
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_REQUEST | LAB_CONTINUATION);
    CHECK_UINT(lab->parts.context.port, 0x77);
    CHECK_UINT(reply(lab, NULL), LAB_OK);
}

static void
a_synchronous_request_gets_its_reply(void **state)
{
    struct lab *lab = make_lab();
    struct lab_receive to = into(lab, sizeof(lab->buffer));

    (void)state;
    lab->move = server_replies;
    CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_SYNC, 100, &to), LAB_OK);
    CHECK_UINT(to.buffer->type, LAB_REPLY);
    CHECK_UINT(to.buffer->pid, server.pid);
    CHECK_UINT(to.buffer->message_id, lab->request.message_id);
    free_lab(lab);
}

static void
an_asynchronous_reply_comes_by_a_later_receive(void **state)
{
    struct lab *lab = make_lab();

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 5, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &client, lab->client), LAB_TIMEOUT);
    server_replies(lab);
    CHECK_UINT(receive(lab, &client, lab->client), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_REPLY);
    free_lab(lab);
}

static void
a_datagram_cannot_be_answered(void **state)
{
    struct lab *lab = make_lab();

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_RELEASE, 5, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_DATAGRAM);
    CHECK_UINT(reply(lab, NULL), LAB_INVALID_MESSAGE);
    free_lab(lab);
}

static void
server_refuses(struct lab *lab)
{
    uint32_t port;

    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab_accept(lab->model, &server, 0, &lab->request, false, true, &port), LAB_OK);
}

static void
a_refused_client_has_no_port(void **state)
{
    struct lab *lab = make_lab();
    uint32_t port = LAB_NONE;

    (void)state;
    lab->move = server_refuses;
    CHECK_UINT(lab_connect(lab->model, &client, name, NULL, NULL, 1, &port),
               LAB_CONNECTION_REFUSED);
    CHECK_UINT(port, LAB_NONE);
    free_lab(lab);
}

static void
nobody_answers_a_connect_that_timed_out(void **state)
{
    struct lab *lab = make_lab();
    uint32_t port;

    (void)state;
    CHECK_UINT(lab_connect(lab->model, &client, name, NULL, NULL, 1, &port), LAB_TIMEOUT);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_TIMEOUT);
    free_lab(lab);
}

static void
the_largest_message_passes_and_a_larger_does_not(void **state)
{
    struct lab *lab = make_lab();
    struct lab_header *large = message(65495);

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 65495, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.total_length, 65535);
    assert_int_equal(lab->buffer[65534], 0x5a);
    large->data_length = 65496;
    CHECK_UINT(lab_send_wait_receive(lab->model, &client, lab->client, 0, large, NULL, NULL, 0),
               LAB_BUFFER_OVERFLOW);
    free(large);
    free_lab(lab);
}

static void
a_small_buffer_leaves_the_message_for_the_next_receive(void **state)
{
    struct lab *lab = make_lab();
    struct lab_receive to = into(lab, 60);

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 100, NULL), LAB_OK);
    CHECK_UINT(lab_send_wait_receive(lab->model, &server, lab->connection, 0, NULL, NULL, &to, 0),
               LAB_BUFFER_TOO_SMALL);
    CHECK_UINT(to.length, 140);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.data_length, 100);
    free_lab(lab);
}

static void
handles_of_a_dropped_message_are_given_back(void **state)
{
    struct lab *lab = make_lab();
    struct lab_header *made = message(0);
    struct lab_parts parts = {.valid = LAB_PART_HANDLE, .handle_count = 2};

    (void)state;
    CHECK_UINT(lab_send_wait_receive(lab->model, &client, lab->client, 0, made, &parts, NULL, 0),
               LAB_OK);
    CHECK_UINT(parts.handle_count, 0);
    lab_close(lab->model, lab->connection);
    CHECK_UINT(lab->released, 2);
    free(made);
    free_lab(lab);
}

static void
a_reply_with_a_view_is_held_until_released(void **state)
{
    struct lab *lab = make_lab();
    struct lab_parts parts = {.valid = LAB_PART_VIEW};
    struct lab_header echo;

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 5, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(reply(lab, &parts), LAB_OK);
    CHECK_UINT(receive(lab, &client, lab->client), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_REPLY | LAB_CONTINUATION);
    echo = lab->request;
    echo.data_length = 0;
    echo.total_length = sizeof(echo);
    CHECK_UINT(lab_send_wait_receive(lab->model, &client, lab->client, 0, &echo, NULL, NULL, 0),
               LAB_OK);
    CHECK_UINT(lab_send_wait_receive(lab->model, &client, lab->client, 0, &echo, NULL, NULL, 0),
               LAB_INVALID_MESSAGE);
    free_lab(lab);
}

static void
client_cancels(struct lab *lab)
{
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab_cancel(lab->model, lab->client, lab->request.message_id,
                          (uint32_t)lab->request.callback_id),
               LAB_OK);
}

static void
a_canceled_request_ends_the_wait_and_is_told_to_the_server(void **state)
{
    struct lab *lab = make_lab();
    struct lab_receive to = into(lab, sizeof(lab->buffer));

    (void)state;
    lab->move = client_cancels;
    CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_SYNC, 5, &to), LAB_REQUEST_CANCELED);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_CANCELED);
    CHECK_UINT(lab->parts.context.port, 0x77);
    free_lab(lab);
}

static void
a_client_that_goes_is_told_after_its_open_request(void **state)
{
    struct lab *lab = make_lab();
    struct lab_header request;

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 5, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    request = lab->request;
    lab_process_gone(lab->model, client.pid);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_CANCELED);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab->request.type, LAB_PORT_CLOSED);
    CHECK_UINT(lab->parts.context.port, 0x77);
    lab->request = request;
    CHECK_UINT(reply(lab, NULL), LAB_INVALID_MESSAGE);
    free_lab(lab);
}

static void
server_dies(struct lab *lab)
{
    lab_process_gone(lab->model, server.pid);
}

static void
a_server_that_dies_ends_its_clients_waits(void **state)
{
    struct lab *lab = make_lab();
    struct lab_receive to = into(lab, sizeof(lab->buffer));

    (void)state;
    lab->move = server_dies;
    CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_SYNC, 5, &to), LAB_PORT_DISCONNECTED);
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 5, NULL), LAB_PORT_DISCONNECTED);
    CHECK_UINT(lab_create_port(lab->model, &server, name, 0, &lab->connection), LAB_OK);
    free_lab(lab);
}

static void
a_reply_to_another_life_of_the_message_is_a_mismatch(void **state)
{
    struct lab *lab = make_lab();

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, 0, 5, NULL), LAB_OK);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    lab->request.callback_id += 1;
    CHECK_UINT(reply(lab, NULL), LAB_REPLY_MESSAGE_MISMATCH);
    free_lab(lab);
}

static void
a_reply_after_the_timeout_finds_nobody(void **state)
{
    struct lab *lab = make_lab();
    struct lab_receive to = into(lab, sizeof(lab->buffer));

    (void)state;
    CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_SYNC, 5, &to), LAB_TIMEOUT);
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_TIMEOUT);
    free_lab(lab);
}

static void
a_referenced_port_keeps_its_place(void **state)
{
    struct lab *lab = make_lab();
    uint32_t next;

    (void)state;
    assert_true(lab_port_reference(lab->model, lab->client));
    lab_close(lab->model, lab->client);
    CHECK_UINT(lab_create_port(lab->model, &server, (struct lab_name){0}, 0, &next), LAB_OK);
    assert_int_not_equal(next, lab->client);
    lab_port_dereference(lab->model, lab->client);
    assert_false(lab_port_reference(lab->model, lab->client));
    CHECK_UINT(lab_create_port(lab->model, &server, (struct lab_name){0}, 0, &next), LAB_OK);
    CHECK_UINT(next, lab->client);
    free_lab(lab);
}

static void
server_completes(struct lab *lab)
{
    CHECK_UINT(lab_complete(lab->model, lab->server), LAB_OK);
}

static void
lpc_server_accepts(struct lab *lab)
{
    CHECK_UINT(receive(lab, &server, lab->connection), LAB_OK);
    CHECK_UINT(lab_accept(lab->model, &server, 1, &lab->request, true, false, &lab->server),
               LAB_OK);
    lab->move = server_completes;
}

static void
an_lpc_client_waits_until_the_connection_is_completed(void **state)
{
    struct lab *lab = make_lab();
    struct lab_caller caller = client;
    uint32_t port;

    (void)state;
    caller.is_lpc = true;
    lab->move = lpc_server_accepts;
    CHECK_UINT(lab_connect(lab->model, &caller, name, NULL, NULL, 1, &port), LAB_OK);
    CHECK_UINT(lab_complete(lab->model, lab->server), LAB_INVALID_PARAMETER);
    free_lab(lab);
}

static void
slots_come_back(void **state)
{
    struct lab *lab = make_lab();

    (void)state;
    for (unsigned i = 0; i < 3 * LAB_MESSAGES; i++) {
        struct lab_receive to = into(lab, sizeof(lab->buffer));

        lab->move = i % 3 == 0 ? NULL : server_replies;
        CHECK_UINT(send_bytes(lab, &client, lab->client, LAB_FLAG_SYNC, 8, &to),
                   i % 3 == 0 ? (unsigned)LAB_TIMEOUT : (unsigned)LAB_OK);
    }
    free_lab(lab);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_synchronous_request_gets_its_reply),
        cmocka_unit_test(an_asynchronous_reply_comes_by_a_later_receive),
        cmocka_unit_test(a_datagram_cannot_be_answered),
        cmocka_unit_test(a_refused_client_has_no_port),
        cmocka_unit_test(nobody_answers_a_connect_that_timed_out),
        cmocka_unit_test(the_largest_message_passes_and_a_larger_does_not),
        cmocka_unit_test(a_small_buffer_leaves_the_message_for_the_next_receive),
        cmocka_unit_test(handles_of_a_dropped_message_are_given_back),
        cmocka_unit_test(a_reply_with_a_view_is_held_until_released),
        cmocka_unit_test(a_canceled_request_ends_the_wait_and_is_told_to_the_server),
        cmocka_unit_test(a_client_that_goes_is_told_after_its_open_request),
        cmocka_unit_test(a_server_that_dies_ends_its_clients_waits),
        cmocka_unit_test(a_reply_to_another_life_of_the_message_is_a_mismatch),
        cmocka_unit_test(a_reply_after_the_timeout_finds_nobody),
        cmocka_unit_test(a_referenced_port_keeps_its_place),
        cmocka_unit_test(an_lpc_client_waits_until_the_connection_is_completed),
        cmocka_unit_test(slots_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
