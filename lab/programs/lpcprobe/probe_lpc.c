/* SPDX-License-Identifier: MIT */
#include "probe.h"

/* Legacy LPC between two threads of ours. The services are called through pointers: NT 5.2 level.
 */

typedef NTSTATUS NTAPI create_port_fn(PHANDLE, POBJECT_ATTRIBUTES, ULONG, ULONG, ULONG);
typedef NTSTATUS NTAPI connect_port_fn(PHANDLE, PUNICODE_STRING, PSECURITY_QUALITY_OF_SERVICE,
                                       PPORT_VIEW, PREMOTE_PORT_VIEW, PULONG, PVOID, PULONG);
typedef NTSTATUS NTAPI accept_fn(PHANDLE, PVOID, PPORT_MESSAGE, BOOLEAN, PPORT_VIEW,
                                 PREMOTE_PORT_VIEW);
typedef NTSTATUS NTAPI complete_fn(HANDLE);
typedef NTSTATUS NTAPI receive_fn(HANDLE, PVOID *, PPORT_MESSAGE, PPORT_MESSAGE, PLARGE_INTEGER);
typedef NTSTATUS NTAPI request_fn(HANDLE, PPORT_MESSAGE, PPORT_MESSAGE);

enum {
    WAKE_100NS = 2000000,
    CONNECT_TRIES = 50,
};

#define SERVICE_OF(probe, type, row) ((type *)(probe)->services.routine[ATR_SERVICE_##row])
#define PORT_NAME                    L"\\LpcProbePort"

struct lpc_message {
    PORT_MESSAGE head;
    uint8_t payload[PROBE_PAYLOAD_MAX];
};

static UNICODE_STRING
port_name(void)
{
    static const WCHAR name[] = PORT_NAME;
    UNICODE_STRING string = {sizeof(name) - sizeof(WCHAR), sizeof(name), NULL};

    memcpy(&string.Buffer, &(const WCHAR *){name}, sizeof(string.Buffer));
    return string;
}

static void
fail(struct probe *probe, const char *what, NTSTATUS status)
{
    if (InterlockedIncrement(&probe->shared->failures) < 10) {
        probe_say("lpcprobe: LPC: %s: %08lx\n", what, (ULONG)status);
    }
}

static bool
accept_client(struct probe *probe, struct lpc_message *message, HANDLE *end)
{
    NTSTATUS status;

    message->head.u1.s1.DataLength = 0;
    message->head.u1.s1.TotalLength = sizeof(message->head);
    status = SERVICE_OF(probe, accept_fn, LPC_ACCEPT_CONNECT)(end, NULL, &message->head, TRUE, NULL,
                                                              NULL);
    if (status == 0) {
        status = SERVICE_OF(probe, complete_fn, LPC_COMPLETE_CONNECT)(*end);
    }
    if (status != 0) {
        fail(probe, "accept", status);
    }
    return status == 0;
}

static void
serve(struct probe *probe, HANDLE port)
{
    struct lpc_message in;
    struct lpc_message out;
    HANDLE end = NULL;
    bool has_reply = false;

    for (;;) {
        LARGE_INTEGER timeout = {.QuadPart = -WAKE_100NS};
        PVOID context = NULL;
        NTSTATUS status = SERVICE_OF(probe, receive_fn, LPC_REPLY_WAIT_RECEIVE_EX)(
            port, &context, has_reply ? &out.head : NULL, &in.head, &timeout);

        has_reply = false;
        if (status == 0x102) {
            if (probe->stop != 0) {
                break;
            }
        } else if (status != 0) {
            fail(probe, "receive", status);
            break;
        } else if ((in.head.u2.s2.Type & LPC_TYPE_MASK) == LPC_CONNECTION_REQUEST) {
            (void)accept_client(probe, &in, &end);
        } else if ((in.head.u2.s2.Type & LPC_TYPE_MASK) == LPC_REQUEST) {
            out = in;
            probe_answer(out.payload, out.head.u1.s1.DataLength);
            has_reply = true;
        }
    }
    if (end != NULL) {
        (void)probe->services.close(end);
    }
}

DWORD WINAPI
probe_lpc_server(void *argument)
{
    struct probe *probe = argument;
    UNICODE_STRING name = port_name();
    OBJECT_ATTRIBUTES object;
    HANDLE port = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = SERVICE_OF(probe, create_port_fn, LPC_CREATE)(&port, &object, 0, PROBE_MESSAGE_MAX, 0);
    if (status != 0) {
        fail(probe, "create", status);
    }
    (void)SetEvent(probe->ready);
    if (status == 0) {
        serve(probe, port);
        (void)probe->services.close(port);
    }
    return 0;
}

static bool
round_trip(struct probe *probe, HANDLE port, uint32_t sequence)
{
    struct lpc_message out = {0};
    struct lpc_message in = {0};
    struct content content = probe_content(probe, CONTENT_REQUEST, PROBE_LPC, sequence);
    uint32_t size = content_size(0, sequence);
    NTSTATUS status;

    content_fill(&content, out.payload, size);
    out.head.u1.s1.DataLength = (USHORT)size;
    out.head.u1.s1.TotalLength = (USHORT)(size + sizeof(out.head));
    status = SERVICE_OF(probe, request_fn, LPC_REQUEST_WAIT_REPLY)(port, &out.head, &in.head);
    if (status != 0 ||
        !probe_check_reply(probe, PROBE_LPC, sequence, in.payload, in.head.u1.s1.DataLength)) {
        fail(probe, "round trip", status);
        return false;
    }
    return true;
}

DWORD WINAPI
probe_lpc_client(void *argument)
{
    struct probe *probe = argument;
    UNICODE_STRING name = port_name();
    SECURITY_QUALITY_OF_SERVICE quality = {.Length = sizeof(quality),
                                           .ImpersonationLevel = SecurityImpersonation};
    HANDLE port = NULL;
    ULONG longest = 0;
    NTSTATUS status = SERVICE_OF(probe, connect_port_fn, LPC_CONNECT)(&port, &name, &quality, NULL,
                                                                      NULL, &longest, NULL, NULL);

    if (status != 0) {
        fail(probe, "connect", status);
        return 1;
    }
    for (uint32_t i = 0; i < probe->trips; i++) {
        probe->shared->made[PROBE_LPC] += round_trip(probe, port, i);
    }
    (void)probe->services.close(port);
    return 0;
}
