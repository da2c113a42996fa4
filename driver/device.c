/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "ports.h"
#include "session.h"

enum {
    MAY_ADMIN = 1, /* any administrator */
    MAY_OWNER = 2, /* only who said hello, from the process that did */
    CLOCK_TRIES = 3,
};

typedef NTSTATUS ATR_ROUTINE(_Inout_ PATR_REQUEST Request);

typedef struct _ATR_REQUEST_ROW {
    ULONG Code;
    ULONG InBytes;
    ULONG OutBytes;
    ULONG Who;
    ATR_ROUTINE *Routine;
} ATR_REQUEST_ROW;

static BOOLEAN
AtrpIsOwner(_In_ const ATR_REQUEST *Request)
{
    const ATR_SESSION *Session = AtrSessionGet();

    return Session->OwnerClient == Request->Client && Session->Owner == Request->Process;
}

static NTSTATUS
AtrpHello(_Inout_ PATR_REQUEST Request)
{
    struct atr_device_hello Hello;
    NTSTATUS Status;

    memcpy(&Hello, Request->Buffer, sizeof(Hello));
    if (Hello.magic != ATR_DEVICE_MAGIC || Hello.unused != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Hello.version != ATR_DEVICE_VERSION) {
        return STATUS_REVISION_MISMATCH;
    }
    Status = AtrHookInit();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return AtrSessionBegin(Request->Client, Hello.ring_bytes, Request->Buffer);
}

static NTSTATUS
AtrpStart(_Inout_ PATR_REQUEST Request)
{
    const struct atr_device_start *Start = Request->Buffer;
    ULONG Known =
        ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER | ATR_START_INLINE | ATR_START_FORCE_GATE;

    if (Start->magic != ATR_DEVICE_MAGIC || Start->unused != 0 || (Start->flags & ~Known) != 0 ||
        !atr_filter_valid(&Start->filter)) {
        return STATUS_INVALID_PARAMETER;
    }
    return AtrSessionStart(Start);
}

static NTSTATUS
AtrpStop(_Inout_ PATR_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    return AtrSessionStop();
}

static NTSTATUS
AtrpQuery(_Inout_ PATR_REQUEST Request)
{
    struct atr_device_status *Status = Request->Buffer;

    memset(Status, 0, sizeof(*Status));
    Status->magic = ATR_DEVICE_MAGIC;
    Status->version = ATR_DEVICE_VERSION;
    (VOID) AtrHookInit();
    (VOID) AtrHookGate(0, Status->gate_reason);
    AtrSessionStatus(Status);
    return STATUS_SUCCESS;
}

static NTSTATUS
AtrpClock(_Inout_ PATR_REQUEST Request)
{
    struct atr_device_clock Best = {0};
    ULONG64 Narrowest = UINT64_MAX;

    for (ULONG i = 0; i < CLOCK_TRIES; i++) {
        struct atr_device_clock Clock;

        Clock.qpc_before = AtrOsCounter();
        Clock.time_100ns = AtrOsSystemTime();
        Clock.tsc = AtrOsTicks();
        Clock.qpc_after = AtrOsCounter();
        if (Clock.qpc_after - Clock.qpc_before < Narrowest) {
            Narrowest = Clock.qpc_after - Clock.qpc_before;
            Best = Clock;
        }
    }
    memcpy(Request->Buffer, &Best, sizeof(Best));
    return STATUS_SUCCESS;
}

static const ATR_REQUEST_ROW AtrpRequests[] = {
    {ATR_IOCTL_HELLO, sizeof(struct atr_device_hello), sizeof(struct atr_device_welcome), MAY_ADMIN,
     AtrpHello},
    {ATR_IOCTL_START, sizeof(struct atr_device_start), 0, MAY_OWNER, AtrpStart},
    {ATR_IOCTL_STOP, 0, 0, MAY_ADMIN, AtrpStop},
    {ATR_IOCTL_QUERY, 0, sizeof(struct atr_device_status), MAY_ADMIN, AtrpQuery},
    {ATR_IOCTL_CLOCK, 0, sizeof(struct atr_device_clock), MAY_ADMIN, AtrpClock},
};

static NTSTATUS
AtrpRun(_Inout_ PATR_REQUEST Request, _In_ const ATR_REQUEST_ROW *Row)
{
    NTSTATUS Status;

    if (!Request->Client->IsAdmin) {
        return STATUS_ACCESS_DENIED;
    }
    if (Request->InBytes != Row->InBytes || Request->OutBytes != Row->OutBytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    AtrSessionLock();
    Status = Row->Who == MAY_OWNER && !AtrpIsOwner(Request) ? STATUS_ACCESS_DENIED
                                                            : Row->Routine(Request);
    AtrSessionUnlock();
    if (NT_SUCCESS(Status)) {
        Request->Written = Row->OutBytes;
    }
    return Status;
}

NTSTATUS
AtrDeviceControl(_Inout_ PATR_REQUEST Request)
{
    Request->Written = 0;
    for (ULONG i = 0; i < sizeof(AtrpRequests) / sizeof(AtrpRequests[0]); i++) {
        if (AtrpRequests[i].Code == Request->Code) {
            return AtrpRun(Request, &AtrpRequests[i]);
        }
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

VOID
AtrDeviceClosed(_In_ const ATR_CLIENT *Client)
{
    AtrSessionLock();
    if (AtrSessionGet()->OwnerClient == Client) {
        AtrSessionEnd();
    }
    AtrSessionUnlock();
}

static VOID
AtrpTurnInside(VOID)
{
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);

    if (Session != NULL) {
        AtrPortsTurn(Session, AtrSessionLane(Session, Cpu));
        AtrSessionLeave(Cpu);
    }
}

VOID
AtrDeviceTurn(VOID)
{
    PATR_SESSION Session = AtrSessionGet();

    AtrpTurnInside();
    AtrSessionLock();
    (VOID) AtrSessionReap();
    if (Session->State == ATR_DEVICE_RUNNING) {
        AtrHookCheck();
        if (atomic_load(&Session->IsConsumerBad) != 0) {
            (VOID) AtrSessionStop();
        }
    }
    AtrSessionUnlock();
}
