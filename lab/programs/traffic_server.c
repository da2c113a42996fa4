/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include "content.h"
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAKE_100NS = 2500000, /* how often a waiting thread looks whether it is to end */
    WANTED = (int)(ALPC_MESSAGE_CONTEXT_ATTRIBUTE | ALPC_MESSAGE_TOKEN_ATTRIBUTE |
                   ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE),
    WANTED_LARGE = (int)(ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_HANDLE_ATTRIBUTE),
};

struct server {
    const struct traffic_options *options;
    HANDLE port;
    HANDLE stop;
    volatile LONG connections;
    volatile LONG served;
    volatile LONG datagrams;
    volatile LONG closed;
    volatile LONG bad;
};

/* One thread's. */
struct worker {
    struct server *server;
    struct port_buffer in;
    struct port_buffer out;
    struct port_attributes attributes;
    bool has_reply;
};

static void
complain(struct server *server, const char *what, NTSTATUS status)
{
    if (InterlockedIncrement(&server->bad) < 20) {
        (void)printf("server: %s: %08lx\n", what, (ULONG)status);
    }
}

static void
accept_client(struct worker *worker)
{
    struct server *server = worker->server;
    HANDLE *context = calloc(1, sizeof(*context)); /* our end of this connection */
    NTSTATUS status;

    (void)InterlockedIncrement(&server->connections);
    worker->out.as.message = worker->in.as.message;
    worker->out.as.message.u1.s1.DataLength = 0;
    worker->out.as.message.u1.s1.TotalLength = sizeof(PORT_MESSAGE);
    status = NtAlpcAcceptConnectPort(context, server->port, 0, NULL, NULL, context,
                                     &worker->out.as.message, NULL, TRUE);
    if (status != STATUS_SUCCESS) {
        complain(server, "accept", status);
    }
}

static void
close_client(struct worker *worker)
{
    ALPC_CONTEXT_ATTR *context =
        port_attribute(&worker->attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);

    (void)InterlockedIncrement(&worker->server->closed);
    if ((worker->attributes.head.ValidAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE) != 0 &&
        context->PortContext != NULL) {
        HANDLE *port = context->PortContext;

        port_close(*port);
        free(port);
    }
}

/* The view and the handle that came with a request are looked at and given back. */
static void
take_attributes(struct worker *worker, const struct content *content, uint32_t payload)
{
    ULONG valid = worker->attributes.head.ValidAttributes;

    if ((valid & ALPC_MESSAGE_VIEW_ATTRIBUTE) != 0) {
        ALPC_DATA_VIEW_ATTR *view =
            port_attribute(&worker->attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
        struct content expected = *content;

        expected.magic = CONTENT_VIEW;
        if (view->ViewSize < payload || !content_check(&expected, view->ViewBase, payload)) {
            complain(worker->server, "a view with other bytes", 0);
        }
        (void)NtAlpcDeleteSectionView(worker->server->port, 0, view->ViewBase);
    }
    if ((valid & ALPC_MESSAGE_HANDLE_ATTRIBUTE) != 0) {
        ALPC_HANDLE_ATTR *handle =
            port_attribute(&worker->attributes, ALPC_MESSAGE_HANDLE_ATTRIBUTE);

        if (handle->Handle != NULL) {
            (void)CloseHandle(handle->Handle);
        }
    }
}

static bool
check_request(struct worker *worker, struct content *content)
{
    uint32_t size = worker->in.as.message.u1.s1.DataLength;
    const uint8_t *payload = port_payload(&worker->in);

    if (!content_read(payload, size, content) || content->magic != CONTENT_REQUEST ||
        content->pid != (uint32_t)(ULONG_PTR)worker->in.as.message.ClientId.UniqueProcess ||
        !content_check(content, payload, size)) {
        complain(worker->server, "a request with other bytes", 0);
        return false;
    }
    take_attributes(worker, content, size);
    return true;
}

static void
prepare_reply(struct worker *worker)
{
    struct content content = {0};
    uint32_t size = worker->in.as.message.u1.s1.DataLength;

    (void)check_request(worker, &content);
    worker->out.as.message = worker->in.as.message;
    content.magic = CONTENT_REPLY;
    if (size >= CONTENT_HEAD_BYTES) {
        content_fill(&content, port_payload(&worker->out), size);
    }
    worker->has_reply = true;
    (void)InterlockedIncrement(&worker->server->served);
}

static void
send_deferred(struct worker *worker)
{
    WORKER_FACTORY_DEFERRED_WORK work = {.AlpcSendMessage = &worker->out.as.message,
                                         .AlpcSendMessagePort = worker->server->port,
                                         .AlpcSendMessageFlags = ALPC_MSGFLG_RELEASE_MESSAGE,
                                         .Flags = WORKER_FACTORY_DEFERRED_SEND};
    uint8_t packets[64];
    ULONG returned = 0;
    NTSTATUS status = NtWaitForWorkViaWorkerFactory(NULL, packets, 1, &returned, &work);

    if (status != STATUS_SUCCESS && status != PORT_STATUS_TIMEOUT) {
        complain(worker->server, "deferred send", status);
    }
    worker->has_reply = false;
}

static NTSTATUS
receive(struct worker *worker)
{
    ULONG wanted = WANTED;
    SIZE_T size = PORT_BUFFER_BYTES;
    LARGE_INTEGER timeout = {.QuadPart = -WAKE_100NS};
    NTSTATUS status;

    if (worker->server->options->with_attributes) {
        wanted |= (ULONG)WANTED_LARGE;
    }
    if (worker->has_reply && worker->server->options->is_deferred) {
        send_deferred(worker);
    }
    port_attributes_init(&worker->attributes, wanted);
    status = NtAlpcSendWaitReceivePort(
        worker->server->port, worker->has_reply ? ALPC_MSGFLG_RELEASE_MESSAGE : 0,
        worker->has_reply ? &worker->out.as.message : NULL, NULL, &worker->in.as.message, &size,
        &worker->attributes.head, &timeout);
    worker->has_reply = false;
    return status;
}

static void
handle_message(struct worker *worker)
{
    struct content content;

    switch (port_type(&worker->in)) {
    case LPC_CONNECTION_REQUEST:
        accept_client(worker);
        break;
    case LPC_REQUEST:
        prepare_reply(worker);
        break;
    case LPC_DATAGRAM:
        (void)check_request(worker, &content);
        (void)InterlockedIncrement(&worker->server->datagrams);
        break;
    case LPC_PORT_CLOSED:
        close_client(worker);
        break;
    default:
        break;
    }
}

static DWORD WINAPI
serve(void *argument)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL) {
        return 1;
    }
    worker->server = argument;
    for (;;) {
        NTSTATUS status = receive(worker);

        if (status == STATUS_SUCCESS) {
            handle_message(worker);
        } else if (status == PORT_STATUS_TIMEOUT) {
            if (WaitForSingleObject(worker->server->stop, 0) == WAIT_OBJECT_0) {
                break;
            }
        } else {
            /* A reply to a client that is gone; what else there may be is in the count. */
            complain(worker->server, "receive", status);
            Sleep(1);
        }
    }
    free(worker);
    return 0;
}

static void
tell(const struct traffic_options *options, const uint32_t *tids)
{
    struct expect expect;

    expect_begin(&expect, options->expect);
    expect_text(&expect, "kind", "traffic");
    expect_text(&expect, "role", "server");
    expect_text(&expect, "port", options->port);
    expect_number(&expect, "pid", GetCurrentProcessId());
    expect_number(&expect, "deferred", options->is_deferred);
    expect_numbers(&expect, "tids", tids, options->threads);
    expect_end(&expect);
}

int
traffic_serve(const struct traffic_options *options)
{
    struct server server = {.options = options, .stop = traffic_stop_event(options->port)};
    HANDLE threads[TRAFFIC_THREADS_MAX] = {NULL};
    uint32_t tids[TRAFFIC_THREADS_MAX];
    NTSTATUS status = port_create(&server.port, options->port);

    (void)printf("server: pid %lu, port %s: %08lx\n", GetCurrentProcessId(), options->port,
                 (ULONG)status);
    (void)fflush(stdout);
    if (status != STATUS_SUCCESS) {
        return 1;
    }
    for (uint32_t i = 0; i < options->threads; i++) {
        DWORD tid = 0;

        threads[i] = CreateThread(NULL, 0, serve, &server, CREATE_SUSPENDED, &tid);
        tids[i] = tid;
    }
    tell(options, tids);
    for (uint32_t i = 0; i < options->threads; i++) {
        (void)ResumeThread(threads[i]);
    }
    (void)WaitForMultipleObjects(options->threads, threads, TRUE, INFINITE);
    (void)printf("server: %ld connections, %ld requests, %ld datagrams, %ld closed, %ld bad\n",
                 server.connections, server.served, server.datagrams, server.closed, server.bad);
    port_close(server.port);
    return server.bad != 0;
}
