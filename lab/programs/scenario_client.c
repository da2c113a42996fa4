/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ABANDON_100NS = 3000000,
    DIE_AFTER_MS = 150,
    BESIDE_AFTER_MS = 200,
    VIEW_ALIGNMENT = 0x1000,
};

/* One turn under way. */
struct saying {
    struct party *party;
    const struct turn *turn;
    HANDLE port;
    struct speech speech;
    struct port_buffer out;
    struct port_buffer in;
    struct port_attributes sent;
    struct port_attributes received;
    HANDLE handles[3];
    ALPC_HANDLE_ATTR32 array[3];
    NTSTATUS status;
};

void
party_fail(struct party *party, const struct turn *turn, const char *what, NTSTATUS status)
{
    (void)InterlockedIncrement(&party->failures);
    (void)printf("scenario %s: %s: %s: %s: %08lx\n", party->scenario->name,
                 party->scenario->roles[party->role].name, turn != NULL ? turn->name : "-", what,
                 (ULONG)status);
    (void)fflush(stdout);
}

NTSTATUS
party_make_view(HANDLE port, const struct message *content, ALPC_DATA_VIEW_ATTR *view)
{
    SIZE_T size = (content->size_bytes + VIEW_ALIGNMENT - 1) / VIEW_ALIGNMENT * VIEW_ALIGNMENT;
    ALPC_HANDLE section = NULL;
    SIZE_T actual = 0;
    NTSTATUS status = NtAlpcCreatePortSection(port, 0, NULL, size, &section, &actual);

    if (status == STATUS_SUCCESS) {
        *view = (ALPC_DATA_VIEW_ATTR){.SectionHandle = section, .ViewSize = size};
        status = NtAlpcCreateSectionView(port, 0, view);
    }
    if (status == STATUS_SUCCESS) {
        memcpy(view->ViewBase, content->bytes, content->size_bytes);
    }
    return status;
}

static void
begin_line(struct expect *expect, const struct saying *saying, const char *operation)
{
    const struct party *party = saying->party;

    expect_begin(expect, party->expect);
    expect_text(expect, "kind", "call");
    expect_text(expect, "scenario", party->scenario->name);
    expect_text(expect, "name", saying->turn->name);
    expect_text(expect, "operation", operation);
    expect_text(expect, "port", party->scenario->roles[saying->turn->server].port);
    expect_number(expect, "client_pid", GetCurrentProcessId());
    expect_number(expect, "client_tid", GetCurrentThreadId());
}

static void
tell_connect(struct saying *saying)
{
    const struct role *role = &saying->party->scenario->roles[saying->turn->server];
    struct expect expect;

    begin_line(&expect, saying, "connect");
    expect_number(&expect, "server_pid", saying->party->server_pids[saying->turn->server]);
    expect_number(&expect, "status", (uint32_t)saying->status);
    expect_bytes(&expect, "request", role->hello != NULL ? role->hello : "",
                 role->hello != NULL ? strlen(role->hello) : 0);
    expect_bytes(&expect, "reply", role->welcome != NULL ? role->welcome : "",
                 role->welcome != NULL ? strlen(role->welcome) : 0);
    expect_end(&expect);
}

static size_t
put_hello(struct saying *saying)
{
    const char *hello = saying->party->scenario->roles[saying->turn->server].hello;
    size_t size = hello != NULL ? strlen(hello) : 0;

    if (size > 0) {
        memcpy(port_payload(&saying->in), hello, size);
    }
    return size;
}

/* The connection to the turn's server, made when it is first wanted. */
static bool
find_link(struct saying *saying)
{
    struct party *party = saying->party;
    uint8_t server = saying->turn->server;

    EnterCriticalSection(&party->lock);
    if (party->links[server] == NULL) {
        saying->status = port_connect(&party->links[server], party->scenario->roles[server].port,
                                      &saying->in, put_hello(saying));
        if (saying->status == STATUS_SUCCESS) {
            party->server_pids[server] =
                (uint32_t)(ULONG_PTR)saying->in.as.message.ClientId.UniqueProcess;
            tell_connect(saying);
        } else {
            party_fail(party, saying->turn, "connect", saying->status);
        }
    }
    saying->port = party->links[server];
    LeaveCriticalSection(&party->lock);
    return saying->port != NULL;
}

/* Connects that are to fail. */
static void
say_connect(struct saying *saying)
{
    bool is_refused = saying->turn->kind == TURN_REFUSED;
    NTSTATUS expected = (NTSTATUS)(is_refused ? 0xc0000041 : 0xc0000034);
    HANDLE port = NULL;

    saying->status =
        port_connect_once(&port, saying->party->scenario->roles[saying->turn->server].port,
                          &saying->in, put_hello(saying));
    if (saying->status != expected) {
        party_fail(saying->party, saying->turn, "a connect ended otherwise", saying->status);
    }
    if (!is_refused) { /* the server tells of its refusals itself */
        tell_connect(saying);
    }
}

static void
put_handles(struct saying *saying)
{
    ALPC_HANDLE_ATTR *handle = port_attribute(&saying->sent, ALPC_MESSAGE_HANDLE_ATTRIBUTE);
    bool is_array = (saying->turn->flags & TURN_HANDLES) != 0;

    saying->handles[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!is_array) {
        handle->Flags = ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS;
        handle->Handle = saying->handles[0];
        handle->ObjectType = OB_EVENT_OBJECT_TYPE;
        return;
    }
    saying->handles[1] = CreateMutexA(NULL, FALSE, NULL);
    saying->handles[2] = CreateSemaphoreA(NULL, 1, 1, NULL);
    static const ULONG types[] = {OB_EVENT_OBJECT_TYPE, OB_MUTANT_OBJECT_TYPE,
                                  OB_SEMAPHORE_OBJECT_TYPE};

    for (size_t i = 0; i < 3; i++) {
        saying->array[i] = (ALPC_HANDLE_ATTR32){.Flags = ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS,
                                                .Handle = (ULONG)(ULONG_PTR)saying->handles[i],
                                                .ObjectType = types[i]};
    }
    handle->Flags = ALPC_HANDLEFLG_INDIRECT;
    handle->HandleAttrArray = saying->array;
    handle->HandleCount = 3;
}

static ALPC_MESSAGE_ATTRIBUTES *
put_attributes(struct saying *saying)
{
    const struct turn *turn = saying->turn;
    ULONG mask = 0;

    if ((turn->flags & TURN_REQUEST_VIEW) != 0) {
        mask |= ALPC_MESSAGE_VIEW_ATTRIBUTE;
    }
    if ((turn->flags & (TURN_HANDLE | TURN_HANDLES)) != 0) {
        mask |= ALPC_MESSAGE_HANDLE_ATTRIBUTE;
    }
    if (mask == 0) {
        return NULL;
    }
    port_attributes_init(&saying->sent, mask);
    saying->sent.head.ValidAttributes = mask;
    if ((mask & ALPC_MESSAGE_VIEW_ATTRIBUTE) != 0) {
        ALPC_DATA_VIEW_ATTR *view = port_attribute(&saying->sent, ALPC_MESSAGE_VIEW_ATTRIBUTE);
        NTSTATUS status = party_make_view(saying->port, &saying->speech.request_view, view);

        if (status != STATUS_SUCCESS) {
            party_fail(saying->party, turn, "view", status);
        }
    }
    if ((mask & ALPC_MESSAGE_HANDLE_ATTRIBUTE) != 0) {
        put_handles(saying);
    }
    return &saying->sent.head;
}

/* The 32-bit header stands where the payload used to begin less its size. */
static void
call32(struct saying *saying)
{
    size_t size = saying->speech.request.size_bytes;
    PORT_MESSAGE32 *out = (PORT_MESSAGE32 *)(void *)saying->out.as.bytes;
    PORT_MESSAGE32 in;
    SIZE_T room = PORT_BUFFER_BYTES;

    memset(out, 0, sizeof(*out));
    out->DataLength = (USHORT)size;
    out->TotalLength = (USHORT)(size + sizeof(*out));
    memcpy(out + 1, saying->speech.request.bytes, size);
    saying->status = NtAlpcSendWaitReceivePort(
        saying->port, ALPC_MSGFLG_SYNC_REQUEST | ALPC_MSGFLG_WOW64_CALL, &saying->out.as.message,
        NULL, &saying->in.as.message, &room, NULL, NULL);
    memcpy(&in, saying->in.as.bytes, sizeof(in));
    memmove(port_payload(&saying->in), saying->in.as.bytes + sizeof(in), in.DataLength);
    port_set_size(&saying->in, in.DataLength);
    saying->in.as.message.u2.s2.Type = in.Type;
    saying->in.as.message.ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)in.UniqueProcess;
    saying->in.as.message.ClientId.UniqueThread = (HANDLE)(ULONG_PTR)in.UniqueThread;
}

static void
call(struct saying *saying)
{
    static const ULONG flags[] = {
        [TURN_ASYNC] = 0,
        [TURN_DATAGRAM] = ALPC_MSGFLG_RELEASE_MESSAGE,
        [TURN_CALL] = ALPC_MSGFLG_SYNC_REQUEST,
        [TURN_ABANDONED] = ALPC_MSGFLG_SYNC_REQUEST,
        [TURN_CLIENT_DIES] = ALPC_MSGFLG_SYNC_REQUEST,
        [TURN_SERVER_DIES] = ALPC_MSGFLG_SYNC_REQUEST,
    };
    ULONG flag = flags[saying->turn->kind];
    bool is_sync = (flag & ALPC_MSGFLG_SYNC_REQUEST) != 0;
    SIZE_T room = PORT_BUFFER_BYTES;
    LARGE_INTEGER timeout = {.QuadPart = -ABANDON_100NS};
    ALPC_MESSAGE_ATTRIBUTES *attributes = put_attributes(saying);

    port_set_size(&saying->out, saying->speech.request.size_bytes);
    memcpy(port_payload(&saying->out), saying->speech.request.bytes,
           saying->speech.request.size_bytes);
    port_attributes_init(&saying->received, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    saying->status =
        NtAlpcSendWaitReceivePort(saying->port, flag, &saying->out.as.message, attributes,
                                  is_sync ? &saying->in.as.message : NULL, is_sync ? &room : NULL,
                                  is_sync ? &saying->received.head : NULL,
                                  saying->turn->kind == TURN_ABANDONED ? &timeout : NULL);
    if (saying->status == STATUS_SUCCESS && saying->turn->kind == TURN_ASYNC) {
        saying->status =
            NtAlpcSendWaitReceivePort(saying->port, 0, NULL, NULL, &saying->in.as.message, &room,
                                      &saying->received.head, NULL);
    }
}

/* Is what came what the script says? */
static void
check(struct saying *saying)
{
    const struct speech *speech = &saying->speech;
    uint8_t kind = saying->turn->kind;
    const ALPC_DATA_VIEW_ATTR *view;

    if (kind == TURN_ABANDONED || kind == TURN_SERVER_DIES) {
        if (saying->status == STATUS_SUCCESS) {
            party_fail(saying->party, saying->turn, "a call that should fail did not", 0);
        }
        return;
    }
    if (saying->status != STATUS_SUCCESS) {
        party_fail(saying->party, saying->turn, "call", saying->status);
        return;
    }
    if (!speech->has_reply) {
        return;
    }
    if (saying->in.as.message.u1.s1.DataLength != speech->reply.size_bytes ||
        memcmp(port_payload(&saying->in), speech->reply.bytes, speech->reply.size_bytes) != 0) {
        party_fail(saying->party, saying->turn, "another reply", 0);
    }
    view = port_attribute(&saying->received, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    if ((saying->turn->flags & TURN_REPLY_VIEW) != 0 &&
        ((saying->received.head.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE) == 0 ||
         memcmp(view->ViewBase, speech->reply_view.bytes, speech->reply_view.size_bytes) != 0)) {
        party_fail(saying->party, saying->turn, "another view", 0);
    }
}

static void
tell(struct saying *saying)
{
    static const char *const operations[] = {
        [TURN_CALL] = "call",        [TURN_ASYNC] = "async",    [TURN_DATAGRAM] = "datagram",
        [TURN_CALL32] = "call",      [TURN_ABANDONED] = "call", [TURN_CLIENT_DIES] = "died",
        [TURN_SERVER_DIES] = "call",
    };
    const struct turn *turn = saying->turn;
    const struct speech *speech = &saying->speech;
    bool is_answered =
        saying->status == STATUS_SUCCESS && speech->has_reply && turn->kind != TURN_CLIENT_DIES;
    const CLIENT_ID *server = &saying->in.as.message.ClientId;
    struct expect expect;

    begin_line(&expect, saying, operations[turn->kind]);
    expect_number(&expect, "server_pid", saying->party->server_pids[turn->server]);
    expect_number(&expect, "server_tid",
                  is_answered ? (uint32_t)(ULONG_PTR)server->UniqueThread : 0);
    expect_number(&expect, "status", (uint32_t)saying->status);
    expect_bytes(&expect, "request", speech->request.bytes, speech->request.size_bytes);
    expect_bytes(&expect, "reply",
                 speech->has_reply && turn->kind != TURN_SERVER_DIES ? speech->reply.bytes : NULL,
                 speech->reply.size_bytes);
    if ((turn->flags & TURN_REQUEST_VIEW) != 0) {
        expect_bytes(&expect, "request_view", speech->request_view.bytes,
                     speech->request_view.size_bytes);
    }
    if ((turn->flags & TURN_REPLY_VIEW) != 0) {
        expect_bytes(&expect, "reply_view", speech->reply_view.bytes,
                     speech->reply_view.size_bytes);
    }
    expect_number(&expect, "attributes", saying->sent.head.ValidAttributes);
    expect_number(&expect, "server_attributes",
                  saying->sent.head.ValidAttributes | ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    if (turn->kind == TURN_CALL32) {
        expect_number(&expect, "send_flags", ALPC_MSGFLG_SYNC_REQUEST | ALPC_MSGFLG_WOW64_CALL);
    }
    if (turn->interface_name != NULL) {
        expect_text(&expect, "interface", turn->interface_name);
    }
    if (turn->is_method) {
        expect_text(&expect, "method", turn->name);
    }
    if (turn->rpc_status != ANY_RPC_STATUS && is_answered) {
        expect_number(&expect, "rpc_status", (uint32_t)turn->rpc_status);
    }
    expect_end(&expect);
}

/* A view that came with a reply goes back with the same message (alpc.md 6, continuation). */
static void
release_view(struct saying *saying)
{
    ALPC_DATA_VIEW_ATTR *view = port_attribute(&saying->received, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    struct expect expect;
    NTSTATUS status;

    if (saying->status != STATUS_SUCCESS || (saying->turn->flags & TURN_REPLY_VIEW) == 0) {
        return;
    }
    view->Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    status =
        NtAlpcSendWaitReceivePort(saying->port, ALPC_MSGFLG_RELEASE_MESSAGE, &saying->in.as.message,
                                  &saying->received.head, NULL, NULL, NULL, NULL);
    if (status != STATUS_SUCCESS) {
        party_fail(saying->party, saying->turn, "release of the view", status);
    }
    begin_line(&expect, saying, "release");
    expect_number(&expect, "server_pid", saying->party->server_pids[saying->turn->server]);
    expect_number(&expect, "server_tid", 0);
    expect_number(&expect, "status", (uint32_t)status);
    expect_number(&expect, "attributes", ALPC_MESSAGE_VIEW_ATTRIBUTE);
    expect_number(&expect, "unseen", 1);
    expect_bytes(&expect, "request", saying->speech.reply.bytes, saying->speech.reply.size_bytes);
    expect_end(&expect);
}

static DWORD WINAPI
die_soon(void *unused)
{
    (void)unused;
    Sleep(DIE_AFTER_MS);
    (void)TerminateProcess(GetCurrentProcess(), SCENARIO_DIED);
    return 0;
}

static DWORD WINAPI
say_later(void *argument)
{
    struct saying *saying = argument;

    Sleep(BESIDE_AFTER_MS);
    party_say(saying->party, saying->turn);
    free(saying);
    return 0;
}

/* The next turn, when it is to be said while this one is outstanding. */
static HANDLE
begin_beside(struct party *party, const struct turn *turn)
{
    const struct scenario *scenario = party->scenario;
    const struct turn *next = turn + 1;
    struct saying *saying;

    if (next >= scenario->turns + scenario->turn_count || (next->flags & TURN_BESIDE) == 0) {
        return NULL;
    }
    saying = calloc(1, sizeof(*saying));
    if (saying == NULL) {
        return NULL;
    }
    saying->party = party;
    saying->turn = next;
    return CreateThread(NULL, 0, say_later, saying, 0, NULL);
}

static void
exchange(struct saying *saying)
{
    const struct turn *turn = saying->turn;
    HANDLE beside;

    if (!find_link(saying)) {
        return;
    }
    turn->say(&saying->speech, turn);
    beside = begin_beside(saying->party, turn);
    if (turn->kind == TURN_CLIENT_DIES) {
        tell(saying);
        (void)CreateThread(NULL, 0, die_soon, NULL, 0, NULL);
    }
    if (turn->kind == TURN_CALL32) {
        call32(saying);
    } else {
        call(saying);
    }
    check(saying);
    tell(saying);
    release_view(saying);
    if (beside != NULL) {
        (void)WaitForSingleObject(beside, INFINITE);
        (void)CloseHandle(beside);
    }
}

void
party_say(struct party *party, const struct turn *turn)
{
    struct saying *saying = calloc(1, sizeof(*saying));

    if (saying == NULL) {
        party_fail(party, turn, "memory", 0);
        return;
    }
    saying->party = party;
    saying->turn = turn;
    saying->speech.client_pid = GetCurrentProcessId();
    saying->speech.client_tid = GetCurrentThreadId();
    if (turn->kind == TURN_NO_PORT || turn->kind == TURN_REFUSED) {
        say_connect(saying);
    } else {
        exchange(saying);
    }
    for (size_t i = 0; i < 3; i++) {
        if (saying->handles[i] != NULL) {
            (void)CloseHandle(saying->handles[i]);
        }
    }
    free(saying);
}
