/* SPDX-License-Identifier: MIT */
/*
 * Port objects as drivers see them: _ALPC_PORT.CommunicationInfo at 0x10, OwnerProcess at 0x18, its
 * three pointers under the push lock of the blob header before them (kernel-capture.md 1.1).
 */
#include "kernel.h"

#include <string.h>

typedef struct _LAB_COMMUNICATION {
    ULONG64 BlobHeader[4];
    volatile LONG64 Lock; /* at -0x10 of the body */
    ULONG64 BlobTail;
    PVOID ConnectionPort;
    PVOID ServerPort;
    PVOID ClientPort;
    ULONG64 Rest[9];
} LAB_COMMUNICATION, *PLAB_COMMUNICATION;

typedef struct _LAB_PORT_OBJECT {
    ULONG64 ObjectHeader[6];

    struct {
        PVOID PortList[2];
        PVOID CommunicationInfo;
        volatile ULONG64 OwnerProcess;
        ULONG64 Rest[60];
    } Body;
} LAB_PORT_OBJECT, *PLAB_PORT_OBJECT;

C_ASSERT(FIELD_OFFSET(LAB_COMMUNICATION, ConnectionPort) - FIELD_OFFSET(LAB_COMMUNICATION, Lock) ==
         0x10);
C_ASSERT(FIELD_OFFSET(LAB_PORT_OBJECT, Body.CommunicationInfo) -
             FIELD_OFFSET(LAB_PORT_OBJECT, Body) ==
         0x10);
C_ASSERT(FIELD_OFFSET(LAB_PORT_OBJECT, Body.OwnerProcess) - FIELD_OFFSET(LAB_PORT_OBJECT, Body) ==
         0x18);

struct lab_model *LabModel;
static SRWLOCK ModelLock = SRWLOCK_INIT;
static LAB_PORT_OBJECT Objects[LAB_PORTS];
static LAB_COMMUNICATION Communications[LAB_PORTS];

PVOID
LabPortObject(uint32_t Port)
{
    return &Objects[Port].Body;
}

uint32_t
LabPortByObject(const VOID *Object)
{
    ULONG64 Offset = (ULONG64)Object - (ULONG64)&Objects[0].Body;

    return Offset < sizeof(Objects) && Offset % sizeof(Objects[0]) == 0
               ? (uint32_t)(Offset / sizeof(Objects[0]))
               : LAB_NONE;
}

/* 0x40000000 | generation | index; a stale or another process's handle finds nothing. */
HANDLE
LabPortHandle(uint32_t Port)
{
    ULONG64 Generation = LabModel->ports[Port].generation & 0x3fff;

    return (HANDLE)(0x40000000ull | Generation << 14 | (ULONG64)Port << 2);
}

NTSTATUS
LabGiveHandle(PHANDLE User, uint32_t Port)
{
    HANDLE Handle = LabPortHandle(Port);

    if (LabWrite(User, &Handle, sizeof(Handle))) {
        return 0;
    }
    lab_close(LabModel, Port);
    return (NTSTATUS)LAB_ACCESS_VIOLATION;
}

uint32_t
LabPortByHandle(HANDLE Handle)
{
    ULONG64 Value = (ULONG64)Handle;
    uint32_t Port = (uint32_t)(Value >> 2) & 0xfff;
    PLAB_IDENTITY Me = LabMe();

    if ((Value & ~0x0fffffffull) != 0x40000000ull || Port >= LAB_PORTS ||
        LabPortHandle(Port) != Handle || !LabModel->ports[Port].is_open ||
        LabModel->ports[Port].kind == LAB_PORT_FREE ||
        (Me != NULL && Me->ProcessId != LabModel->ports[Port].pid)) {
        return LAB_NONE;
    }
    return Port;
}

static VOID
SetCommunication(uint32_t Port)
{
    struct lab_port *Model = &LabModel->ports[Port];
    uint32_t Client =
        Model->kind == LAB_PORT_SERVER && Model->peer != LAB_NONE ? Model->peer : Port;
    PLAB_COMMUNICATION Info = &Communications[Client];
    uint32_t Peer = LabModel->ports[Client].peer;

    ExfAcquirePushLockExclusive(&Info->Lock);
    Info->ConnectionPort = LabPortObject(Model->connection);
    if (Model->kind == LAB_PORT_CONNECTION) {
        Info->ServerPort = NULL;
        Info->ClientPort = NULL;
    } else {
        Info->ClientPort = LabModel->ports[Client].is_hung_up ? NULL : LabPortObject(Client);
        Info->ServerPort =
            Peer != LAB_NONE && !LabModel->ports[Peer].is_hung_up ? LabPortObject(Peer) : NULL;
    }
    ExfReleasePushLock(&Info->Lock);
    Objects[Port].Body.CommunicationInfo = &Info->ConnectionPort;
}

static VOID
SetOwner(uint32_t Port)
{
    PVOID Process = NULL;

    if ((Objects[Port].Body.OwnerProcess & ~1ull) == 0 &&
        PsLookupProcessByProcessId((HANDLE)LabModel->ports[Port].pid, &Process) == 0) {
        Objects[Port].Body.OwnerProcess = (ULONG64)Process; /* keeps the reference */
    }
    if (LabModel->ports[Port].is_hung_up && !LabModel->ports[Port].is_open) {
        Objects[Port].Body.OwnerProcess |= 1;
    }
}

static VOID
ForgetOwner(uint32_t Port)
{
    PVOID Process = (PVOID)(Objects[Port].Body.OwnerProcess & ~1ull);
    static VOID(NTAPI * WineDereference)(PVOID);

    if (WineDereference == NULL) {
        WineDereference = (VOID(NTAPI *)(PVOID))LabWine("ObDereferenceObject");
    }
    Objects[Port].Body.OwnerProcess = 0;
    Objects[Port].Body.CommunicationInfo = NULL;
    if (Process != NULL) {
        WineDereference(Process);
    }
}

static VOID
PortChanged(PVOID Context, uint32_t Port)
{
    (void)Context;
    if (LabModel->ports[Port].kind == LAB_PORT_FREE) {
        ForgetOwner(Port);
        return;
    }
    SetCommunication(Port);
    SetOwner(Port);
}

static VOID
Lock(PVOID Context)
{
    (void)Context;
    AcquireSRWLockExclusive(&ModelLock);
}

static VOID
Unlock(PVOID Context)
{
    (void)Context;
    ReleaseSRWLockExclusive(&ModelLock);
}

static VOID
Wake(PVOID Context, uint32_t Waiter)
{
    (void)Context;
    LabWakeAddress(&LabModel->waiters[Waiter].signal);
}

static bool
Wait(PVOID Context, uint32_t Waiter, int64_t Wait100ns)
{
    (void)Context;
    return LabWaitAddress(&LabModel->waiters[Waiter].signal, Wait100ns);
}

static VOID
Release(PVOID Context, struct lab_parts *Parts)
{
    (void)Context;
    LabHandlesDrop(Parts);
}

BOOLEAN
LabPortsInit(void)
{
    static const struct lab_os Os = {
        .lock = Lock,
        .unlock = Unlock,
        .wake = Wake,
        .wait = Wait,
        .release = Release,
        .port_changed = PortChanged,
    };

    LabModel = VirtualAlloc(NULL, sizeof(*LabModel), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (LabModel == NULL) {
        return FALSE;
    }
    lab_model_init(LabModel, &Os);
    return TRUE;
}

VOID
LabCancelWaits(void)
{
    lab_wake_all(LabModel);
}

VOID
LabProcessGone(ULONG64 ProcessId)
{
    lab_process_gone(LabModel, ProcessId);
    LabViewProcessGone(ProcessId);
    LabNotifyPoll();
}
