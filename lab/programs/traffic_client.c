/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include "content.h"
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAD_MAX = 8, /* then a thread gives up */
    SECTION_BYTES = 0x10000,
};

struct clients {
    const struct traffic_options *options;
    volatile LONG bad;
    volatile LONG server_pid;
    uint32_t made[TRAFFIC_THREADS_MAX];
};

struct client {
    struct clients *all;
    uint32_t thread;
    HANDLE port;
    HANDLE event; /* passed along */
    ALPC_HANDLE section;
    ALPC_DATA_VIEW_ATTR view;
    struct port_attributes attributes;
    struct port_buffer out;
    struct port_buffer in;
};

static bool
complain(struct client *client, const char *what, NTSTATUS status, uint32_t sequence)
{
    (void)InterlockedIncrement(&client->all->bad);
    (void)printf("client: thread %lu, round trip %lu: %s: %08lx\n", (ULONG)client->thread,
                 (ULONG)sequence, what, (ULONG)status);
    return false;
}

/* Even round trips pass a view, odd ones a handle. */
static ALPC_MESSAGE_ATTRIBUTES *
put_attributes(struct client *client, const struct content *content, uint32_t size)
{
    bool is_view = content->sequence % 2 == 0 && size <= client->view.ViewSize;
    ULONG bit = is_view ? ALPC_MESSAGE_VIEW_ATTRIBUTE : ALPC_MESSAGE_HANDLE_ATTRIBUTE;

    if (!client->all->options->with_attributes) {
        return NULL;
    }
    port_attributes_init(&client->attributes, bit);
    client->attributes.head.ValidAttributes = bit;
    if (is_view) {
        struct content in_view = *content;

        in_view.magic = CONTENT_VIEW;
        content_fill(&in_view, client->view.ViewBase, size);
        *(ALPC_DATA_VIEW_ATTR *)port_attribute(&client->attributes, bit) = client->view;
    } else {
        ALPC_HANDLE_ATTR *handle = port_attribute(&client->attributes, bit);

        handle->Flags = ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS;
        handle->Handle = client->event;
        handle->ObjectType = OB_EVENT_OBJECT_TYPE;
    }
    return &client->attributes.head;
}

static bool
check_reply(struct client *client, const struct content *request, uint32_t size)
{
    struct content expected = *request;
    const PORT_MESSAGE *message = &client->in.as.message;

    expected.magic = CONTENT_REPLY;
    (void)InterlockedExchange(&client->all->server_pid,
                              (LONG)(ULONG_PTR)message->ClientId.UniqueProcess);
    if (port_type(&client->in) != LPC_REPLY || message->u1.s1.DataLength != size ||
        !content_check(&expected, port_payload(&client->in), size)) {
        return complain(client, "a reply with other bytes", message->u2.s2.Type, request->sequence);
    }
    return true;
}

/* Kept out of line: this is the frame that recordings of user stacks show. */
__attribute__((noinline)) static bool
round_trip(struct client *client, uint32_t sequence)
{
    const struct traffic_options *options = client->all->options;
    const struct content content = {CONTENT_REQUEST, GetCurrentProcessId(), client->thread,
                                    sequence};
    uint32_t size = content_size(options->size, sequence);
    SIZE_T room = PORT_BUFFER_BYTES;
    ALPC_MESSAGE_ATTRIBUTES *attributes;
    NTSTATUS status;

    port_set_size(&client->out, size);
    content_fill(&content, port_payload(&client->out), size);
    attributes = put_attributes(client, &content, size);
    if (options->mode == TRAFFIC_SYNC) {
        status = NtAlpcSendWaitReceivePort(client->port, ALPC_MSGFLG_SYNC_REQUEST,
                                           &client->out.as.message, attributes,
                                           &client->in.as.message, &room, NULL, NULL);
    } else {
        status = NtAlpcSendWaitReceivePort(
            client->port, options->mode == TRAFFIC_ASYNC ? 0 : ALPC_MSGFLG_RELEASE_MESSAGE,
            &client->out.as.message, attributes, NULL, NULL, NULL, NULL);
        if (status == STATUS_SUCCESS && options->mode == TRAFFIC_ASYNC) {
            status = NtAlpcSendWaitReceivePort(client->port, 0, NULL, NULL, &client->in.as.message,
                                               &room, NULL, NULL);
        }
    }
    if (status != STATUS_SUCCESS) {
        return complain(client, "call", status, sequence);
    }
    return options->mode == TRAFFIC_DATAGRAM || check_reply(client, &content, size);
}

static NTSTATUS
make_view(struct client *client)
{
    SIZE_T actual = 0;
    NTSTATUS status =
        NtAlpcCreatePortSection(client->port, 0, NULL, SECTION_BYTES, &client->section, &actual);

    if (status == STATUS_SUCCESS) {
        client->view =
            (ALPC_DATA_VIEW_ATTR){.SectionHandle = client->section, .ViewSize = SECTION_BYTES};
        status = NtAlpcCreateSectionView(client->port, 0, &client->view);
    }
    return status;
}

static bool
begin(struct client *client)
{
    NTSTATUS status = port_connect(&client->port, client->all->options->port, &client->in, 0);

    if (status != STATUS_SUCCESS) {
        return complain(client, "connect", status, 0);
    }
    (void)InterlockedExchange(&client->all->server_pid,
                              (LONG)(ULONG_PTR)client->in.as.message.ClientId.UniqueProcess);
    if (client->all->options->with_attributes) {
        client->event = CreateEventA(NULL, TRUE, FALSE, NULL);
        status = make_view(client);
        if (status != STATUS_SUCCESS) {
            return complain(client, "view", status, 0);
        }
    }
    return true;
}

static DWORD WINAPI
call(void *argument)
{
    struct client *client = argument;
    struct clients *all = client->all;
    uint32_t failures = 0;

    if (begin(client)) {
        for (uint32_t i = 0; i < all->options->count && failures < BAD_MAX; i++) {
            if (round_trip(client, i)) {
                all->made[client->thread]++;
            } else {
                failures++;
            }
        }
    }
    port_close(client->port);
    if (client->event != NULL) {
        (void)CloseHandle(client->event);
    }
    return 0;
}

static void
tell_begin(const struct clients *clients, const uint32_t *tids)
{
    const struct traffic_options *options = clients->options;
    struct expect expect;

    expect_begin(&expect, options->expect);
    expect_text(&expect, "kind", "traffic");
    expect_text(&expect, "role", "client");
    expect_text(&expect, "state", "begin");
    expect_text(&expect, "mode", traffic_mode_name(options->mode));
    expect_text(&expect, "port", options->port);
    expect_number(&expect, "attributes", options->with_attributes);
    expect_number(&expect, "pid", GetCurrentProcessId());
    expect_number(&expect, "count", options->count);
    expect_number(&expect, "size", options->size);
    expect_numbers(&expect, "tids", tids, options->threads);
    expect_end(&expect);
}

static void
tell_end(const struct clients *clients)
{
    struct expect expect;

    expect_begin(&expect, clients->options->expect);
    expect_text(&expect, "kind", "traffic");
    expect_text(&expect, "role", "client");
    expect_text(&expect, "state", "end");
    expect_number(&expect, "pid", GetCurrentProcessId());
    expect_number(&expect, "server_pid", (uint32_t)clients->server_pid);
    expect_numbers(&expect, "made", clients->made, clients->options->threads);
    expect_number(&expect, "bad", (uint32_t)clients->bad);
    expect_end(&expect);
}

static double
now_us(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;

    (void)QueryPerformanceCounter(&count);
    (void)QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1e6 / (double)frequency.QuadPart;
}

static int
report(const struct clients *clients, double elapsed_us)
{
    const struct traffic_options *options = clients->options;
    uint64_t made = 0;

    for (uint32_t i = 0; i < options->threads; i++) {
        made += clients->made[i];
    }
    (void)printf("client: pid %lu, %s: %llu round trips, %ld bad, %.1f us each, "
                 "%.1f us per call of a thread\n",
                 GetCurrentProcessId(), traffic_mode_name(options->mode), made, clients->bad,
                 made == 0 ? 0 : elapsed_us / (double)made,
                 made == 0 ? 0 : elapsed_us * options->threads / (double)made);
    return clients->bad != 0 || made != (uint64_t)options->threads * options->count;
}

int
traffic_call(const struct traffic_options *options)
{
    struct clients clients = {.options = options};
    struct client *client = calloc(options->threads, sizeof(*client));
    HANDLE threads[TRAFFIC_THREADS_MAX] = {NULL};
    uint32_t tids[TRAFFIC_THREADS_MAX];
    double begin_us;

    if (client == NULL) {
        return 1;
    }
    for (uint32_t i = 0; i < options->threads; i++) {
        DWORD tid = 0;

        client[i].all = &clients;
        client[i].thread = i;
        threads[i] = CreateThread(NULL, 0, call, &client[i], CREATE_SUSPENDED, &tid);
        tids[i] = tid;
    }
    tell_begin(&clients, tids);
    begin_us = now_us();
    for (uint32_t i = 0; i < options->threads; i++) {
        (void)ResumeThread(threads[i]);
    }
    (void)WaitForMultipleObjects(options->threads, threads, TRUE, INFINITE);
    tell_end(&clients);
    free(client);
    return report(&clients, now_us() - begin_us);
}
