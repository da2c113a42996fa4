/* SPDX-License-Identifier: MIT */
#include "probe.h"

/* The same over ALPC, where the module has it. */

typedef NTSTATUS NTAPI create_fn(PHANDLE, POBJECT_ATTRIBUTES, PALPC_PORT_ATTRIBUTES);
typedef NTSTATUS NTAPI connect_fn(PHANDLE, PUNICODE_STRING, POBJECT_ATTRIBUTES,
                                  PALPC_PORT_ATTRIBUTES, ULONG, PSID, PPORT_MESSAGE, PSIZE_T,
                                  PALPC_MESSAGE_ATTRIBUTES, PALPC_MESSAGE_ATTRIBUTES,
                                  PLARGE_INTEGER);
typedef NTSTATUS NTAPI accept_fn(PHANDLE, HANDLE, ULONG, POBJECT_ATTRIBUTES, PALPC_PORT_ATTRIBUTES,
                                 PVOID, PPORT_MESSAGE, PALPC_MESSAGE_ATTRIBUTES, BOOLEAN);
typedef NTSTATUS NTAPI exchange_fn(HANDLE, ULONG, PPORT_MESSAGE, PALPC_MESSAGE_ATTRIBUTES,
                                   PPORT_MESSAGE, PSIZE_T, PALPC_MESSAGE_ATTRIBUTES,
                                   PLARGE_INTEGER);
typedef NTSTATUS NTAPI disconnect_fn(HANDLE, ULONG);

enum {
    WAKE_100NS = 2000000,
};

#define SERVICE_OF(probe, type, row) ((type *)(probe)->services.routine[ATR_SERVICE_##row])

struct alpc_message {
    PORT_MESSAGE head;
    uint8_t payload[PROBE_PAYLOAD_MAX];
};

static UNICODE_STRING
port_name(void)
{
    static const WCHAR name[] = L"\\AlpcProbePort";
    UNICODE_STRING string = {sizeof(name) - sizeof(WCHAR), sizeof(name), NULL};

    memcpy(&string.Buffer, &(const WCHAR *){name}, sizeof(string.Buffer));
    return string;
}

static ALPC_PORT_ATTRIBUTES
attributes(void)
{
    ALPC_PORT_ATTRIBUTES made = {.MaxMessageLength = sizeof(struct alpc_message)};

    made.SecurityQos.Length = sizeof(made.SecurityQos);
    made.SecurityQos.ImpersonationLevel = SecurityImpersonation;
    return made;
}

static void
fail(struct probe *probe, const char *what, NTSTATUS status)
{
    if (InterlockedIncrement(&probe->shared->failures) < 10) {
        probe_say("lpcprobe: ALPC: %s: %08lx\n", what, (ULONG)status);
    }
}

bool
probe_has_alpc(const struct probe *probe)
{
    return probe->services.routine[ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE] != NULL &&
           probe->services.routine[ATR_SERVICE_ALPC_CREATE] != NULL;
}

static void
end_port(struct probe *probe, HANDLE port)
{
    if (port != NULL) {
        (void)SERVICE_OF(probe, disconnect_fn, ALPC_DISCONNECT)(port, 0);
        (void)probe->services.close(port);
    }
}

static HANDLE
accept_client(struct probe *probe, HANDLE port, struct alpc_message *message)
{
    HANDLE end = NULL;
    NTSTATUS status;

    message->head.u1.s1.DataLength = 0;
    message->head.u1.s1.TotalLength = sizeof(message->head);
    status = SERVICE_OF(probe, accept_fn, ALPC_ACCEPT_CONNECT)(&end, port, 0, NULL, NULL, NULL,
                                                               &message->head, NULL, TRUE);
    if (status != 0) {
        fail(probe, "accept", status);
    }
    return end;
}

static void
serve(struct probe *probe, HANDLE port)
{
    struct alpc_message in;
    struct alpc_message out;
    HANDLE end = NULL;
    bool has_reply = false;

    for (;;) {
        LARGE_INTEGER timeout = {.QuadPart = -WAKE_100NS};
        SIZE_T room = sizeof(in);
        NTSTATUS status = SERVICE_OF(probe, exchange_fn, ALPC_SEND_WAIT_RECEIVE)(
            port, has_reply ? ALPC_MSGFLG_RELEASE_MESSAGE : 0, has_reply ? &out.head : NULL, NULL,
            &in.head, &room, NULL, &timeout);

        has_reply = false;
        if (status == 0x102) {
            if (probe->stop != 0) {
                break;
            }
        } else if (status != 0) {
            fail(probe, "receive", status);
            break;
        } else if ((in.head.u2.s2.Type & LPC_TYPE_MASK) == LPC_CONNECTION_REQUEST) {
            end = accept_client(probe, port, &in);
        } else if ((in.head.u2.s2.Type & LPC_TYPE_MASK) == LPC_REQUEST) {
            out = in;
            probe_answer(out.payload, out.head.u1.s1.DataLength);
            has_reply = true;
        }
    }
    end_port(probe, end);
}

DWORD WINAPI
probe_alpc_server(void *argument)
{
    struct probe *probe = argument;
    UNICODE_STRING name = port_name();
    ALPC_PORT_ATTRIBUTES made = attributes();
    OBJECT_ATTRIBUTES object;
    HANDLE port = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = SERVICE_OF(probe, create_fn, ALPC_CREATE)(&port, &object, &made);
    if (status != 0) {
        fail(probe, "create", status);
    }
    (void)SetEvent(probe->ready);
    if (status == 0) {
        serve(probe, port);
        end_port(probe, port);
    }
    return 0;
}

static bool
round_trip(struct probe *probe, HANDLE port, uint32_t sequence)
{
    struct alpc_message out = {0};
    struct alpc_message in = {0};
    struct content content = probe_content(probe, CONTENT_REQUEST, PROBE_ALPC, sequence);
    uint32_t size = content_size(0, sequence);
    SIZE_T room = sizeof(in);
    NTSTATUS status;

    content_fill(&content, out.payload, size);
    out.head.u1.s1.DataLength = (USHORT)size;
    out.head.u1.s1.TotalLength = (USHORT)(size + sizeof(out.head));
    status = SERVICE_OF(probe, exchange_fn, ALPC_SEND_WAIT_RECEIVE)(
        port, ALPC_MSGFLG_SYNC_REQUEST, &out.head, NULL, &in.head, &room, NULL, NULL);
    if (status != 0 ||
        !probe_check_reply(probe, PROBE_ALPC, sequence, in.payload, in.head.u1.s1.DataLength)) {
        fail(probe, "round trip", status);
        return false;
    }
    return true;
}

DWORD WINAPI
probe_alpc_client(void *argument)
{
    struct probe *probe = argument;
    UNICODE_STRING name = port_name();
    ALPC_PORT_ATTRIBUTES made = attributes();
    HANDLE port = NULL;
    NTSTATUS status = SERVICE_OF(probe, connect_fn, ALPC_CONNECT)(
        &port, &name, NULL, &made, ALPC_MSGFLG_SYNC_REQUEST, NULL, NULL, NULL, NULL, NULL, NULL);

    if (status != 0) {
        fail(probe, "connect", status);
        return 1;
    }
    for (uint32_t i = 0; i < probe->trips; i++) {
        probe->shared->made[PROBE_ALPC] += round_trip(probe, port, i);
    }
    end_port(probe, port);
    return 0;
}
