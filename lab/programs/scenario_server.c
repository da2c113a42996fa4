/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAKE_100NS = 1000000,
    LATE_MS = 600, /* after the client died or gave up */
    TOGETHER_MS = 10000,
    WANTED = (int)(ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_CONTEXT_ATTRIBUTE |
                   ALPC_MESSAGE_HANDLE_ATTRIBUTE | ALPC_MESSAGE_TOKEN_ATTRIBUTE),
};

/* Our end of a connection: its port context. */
struct peer {
    HANDLE port;
};

struct service {
    struct party *party;
    struct port_buffer in;
    struct port_buffer out;
    struct port_attributes received;
    struct port_attributes sent;
    struct speech speech;
};

static const struct role *
own_role(const struct service *service)
{
    return &service->party->scenario->roles[service->party->role];
}

static bool
is_refused(const struct party *party)
{
    for (size_t i = 0; i < party->scenario->turn_count; i++) {
        const struct turn *turn = &party->scenario->turns[i];

        if (turn->kind == TURN_REFUSED && turn->server == party->role) {
            return true;
        }
    }
    return false;
}

static void
tell_refused(struct service *service)
{
    const PORT_MESSAGE *message = &service->in.as.message;
    struct expect expect;

    expect_begin(&expect, service->party->expect);
    expect_text(&expect, "kind", "call");
    expect_text(&expect, "scenario", service->party->scenario->name);
    expect_text(&expect, "operation", "refused");
    expect_text(&expect, "port", own_role(service)->port);
    expect_number(&expect, "client_pid", (uint32_t)(ULONG_PTR)message->ClientId.UniqueProcess);
    expect_number(&expect, "client_tid", (uint32_t)(ULONG_PTR)message->ClientId.UniqueThread);
    expect_number(&expect, "server_pid", GetCurrentProcessId());
    expect_number(&expect, "status", 0xc0000041);
    expect_bytes(&expect, "request", port_payload(&service->in), message->u1.s1.DataLength);
    expect_end(&expect);
}

static void
answer_connection(struct service *service)
{
    const char *welcome = own_role(service)->welcome;
    size_t size = welcome != NULL ? strlen(welcome) : 0;
    struct peer *peer = calloc(1, sizeof(*peer));
    BOOLEAN accepts = !is_refused(service->party);
    HANDLE port = NULL;
    NTSTATUS status;

    if (peer == NULL) {
        return;
    }
    if (!accepts) {
        tell_refused(service);
    }
    service->out.as.message = service->in.as.message;
    service->out.as.message.u1.s1.DataLength = (USHORT)size;
    service->out.as.message.u1.s1.TotalLength = (USHORT)(size + sizeof(PORT_MESSAGE));
    if (size > 0) {
        memcpy(port_payload(&service->out), welcome, size);
    }
    status = NtAlpcAcceptConnectPort(&port, service->party->port, 0, NULL, NULL, peer,
                                     &service->out.as.message, NULL, accepts);
    peer->port = port;
    if (accepts && status != STATUS_SUCCESS) {
        party_fail(service->party, NULL, "accept", status);
    }
}

static struct peer *
find_peer(struct service *service)
{
    const ALPC_CONTEXT_ATTR *context =
        port_attribute(&service->received, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);

    return (service->received.head.ValidAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE) != 0
               ? context->PortContext
               : NULL;
}

static void
close_connection(struct service *service)
{
    struct peer *peer = find_peer(service);

    if (peer != NULL) {
        port_close(peer->port);
        free(peer);
    }
}

/* Which turn is this the request of? Its speech is ready then. */
static const struct turn *
find_turn(struct service *service)
{
    const struct scenario *scenario = service->party->scenario;
    const PORT_MESSAGE *message = &service->in.as.message;
    struct speech *speech = &service->speech;

    for (size_t i = 0; i < scenario->turn_count; i++) {
        const struct turn *turn = &scenario->turns[i];

        if (turn->server != service->party->role || turn->say == NULL) {
            continue;
        }
        memset(speech, 0, sizeof(*speech));
        speech->client_pid = (uint32_t)(ULONG_PTR)message->ClientId.UniqueProcess;
        speech->client_tid = (uint32_t)(ULONG_PTR)message->ClientId.UniqueThread;
        turn->say(speech, turn);
        if (speech->request.size_bytes == message->u1.s1.DataLength &&
            memcmp(speech->request.bytes, port_payload(&service->in), speech->request.size_bytes) ==
                0) {
            return turn;
        }
    }
    return NULL;
}

static void
close_handles(struct service *service, const struct turn *turn)
{
    const ALPC_HANDLE_ATTR *handle =
        port_attribute(&service->received, ALPC_MESSAGE_HANDLE_ATTRIBUTE);
    ULONG count = (turn->flags & TURN_HANDLES) != 0 ? 3 : 1;

    if ((service->received.head.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE) == 0) {
        party_fail(service->party, turn, "no handle came", 0);
        return;
    }
    if (count == 1 && handle->Handle != NULL) {
        (void)CloseHandle(handle->Handle);
        return;
    }
    for (ULONG i = 0; i < count; i++) {
        ALPC_MESSAGE_HANDLE_INFORMATION information = {.Index = i};
        NTSTATUS status = NtAlpcQueryInformationMessage(
            service->party->port, &service->in.as.message, AlpcMessageHandleInformation,
            &information, sizeof(information), NULL);

        if (status != STATUS_SUCCESS) {
            party_fail(service->party, turn, "handle information", status);
        } else {
            (void)CloseHandle((HANDLE)(ULONG_PTR)information.Handle);
        }
    }
}

static void
take_attributes(struct service *service, const struct turn *turn)
{
    const struct message *expected = &service->speech.request_view;
    const ALPC_DATA_VIEW_ATTR *view =
        port_attribute(&service->received, ALPC_MESSAGE_VIEW_ATTRIBUTE);

    if ((turn->flags & TURN_REQUEST_VIEW) != 0) {
        if ((service->received.head.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE) == 0 ||
            memcmp(view->ViewBase, expected->bytes, expected->size_bytes) != 0) {
            party_fail(service->party, turn, "another view came", 0);
        } else {
            (void)NtAlpcDeleteSectionView(service->party->port, 0, view->ViewBase);
        }
    }
    if ((turn->flags & (TURN_HANDLE | TURN_HANDLES)) != 0) {
        close_handles(service, turn);
    }
}

static void
say_inner(struct service *service, const struct turn *turn)
{
    const struct scenario *scenario = service->party->scenario;
    size_t number = (size_t)(turn - scenario->turns) + 1;

    for (size_t i = 0; i < scenario->turn_count; i++) {
        if (scenario->turns[i].inside == number) {
            party_say(service->party, &scenario->turns[i]);
        }
    }
}

static void
reply(struct service *service, const struct turn *turn)
{
    const struct message *text = &service->speech.reply;
    const struct peer *peer = find_peer(service);
    ALPC_MESSAGE_ATTRIBUTES *attributes = NULL;
    ULONG flags = ALPC_MSGFLG_RELEASE_MESSAGE;
    NTSTATUS status = STATUS_SUCCESS;

    service->out.as.message = service->in.as.message;
    service->out.as.message.u1.s1.DataLength = (USHORT)text->size_bytes;
    service->out.as.message.u1.s1.TotalLength = (USHORT)(text->size_bytes + sizeof(PORT_MESSAGE));
    memcpy(port_payload(&service->out), text->bytes, text->size_bytes);
    if ((turn->flags & TURN_REPLY_VIEW) != 0 && peer != NULL) {
        ALPC_DATA_VIEW_ATTR *view = NULL;

        port_attributes_init(&service->sent, ALPC_MESSAGE_VIEW_ATTRIBUTE);
        service->sent.head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
        view = port_attribute(&service->sent, ALPC_MESSAGE_VIEW_ATTRIBUTE);
        status = party_make_view(peer->port, &service->speech.reply_view, view);
        attributes = &service->sent.head;
        flags = 0; /* the client releases it */
    }
    if (status == STATUS_SUCCESS) {
        status = NtAlpcSendWaitReceivePort(service->party->port, flags, &service->out.as.message,
                                           attributes, NULL, NULL, NULL, NULL);
    }
    if (status != STATUS_SUCCESS && turn->kind != TURN_ABANDONED &&
        turn->kind != TURN_CLIENT_DIES) {
        party_fail(service->party, turn, "reply", status);
    }
}

static void
serve_request(struct service *service)
{
    struct party *party = service->party;
    const struct turn *turn = find_turn(service);

    if (turn == NULL) {
        party_fail(party, NULL, "a request that is in no script",
                   service->in.as.message.u1.s1.DataLength);
        return;
    }
    take_attributes(service, turn);
    (void)SetEvent(party->got[turn - party->scenario->turns]);
    if (turn->kind == TURN_SERVER_DIES) {
        (void)TerminateProcess(GetCurrentProcess(), SCENARIO_DIED);
    }
    say_inner(service, turn);
    if (turn->after != 0) {
        (void)WaitForSingleObject(party->got[turn->after - 1], TOGETHER_MS);
    }
    if (turn->kind == TURN_CLIENT_DIES || turn->kind == TURN_ABANDONED) {
        Sleep(LATE_MS);
    }
    if (service->speech.has_reply) {
        reply(service, turn);
    }
}

static void
handle_message(struct service *service)
{
    switch (port_type(&service->in)) {
    case LPC_CONNECTION_REQUEST:
        answer_connection(service);
        break;
    case LPC_REQUEST:
    case LPC_DATAGRAM:
        serve_request(service);
        break;
    case LPC_PORT_CLOSED:
        close_connection(service);
        break;
    default:
        break;
    }
}

DWORD WINAPI
party_serve(void *argument)
{
    struct service *service = calloc(1, sizeof(*service));
    NTSTATUS status;

    if (service == NULL) {
        return 1;
    }
    service->party = argument;
    do {
        SIZE_T size = PORT_BUFFER_BYTES;
        LARGE_INTEGER timeout = {.QuadPart = -WAKE_100NS};

        port_attributes_init(&service->received, (ULONG)WANTED);
        status =
            NtAlpcSendWaitReceivePort(service->party->port, 0, NULL, NULL, &service->in.as.message,
                                      &size, &service->received.head, &timeout);
        if (status == STATUS_SUCCESS) {
            handle_message(service);
        } else if (status != PORT_STATUS_TIMEOUT) {
            party_fail(service->party, NULL, "receive", status);
            break;
        }
    } while (WaitForSingleObject(service->party->stop, 0) != WAIT_OBJECT_0);
    free(service);
    return 0;
}
