/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "calls.h"
#include "capture.h"
#include "ports.h"
#include "processes.h"

enum {
    PAGE = 4096,
    RINGS_BYTES_MAX = 256 * 1024 * 1024,
    MEMORY_PARTS = 50, /* of which all rings together may have one */
    GUARDS = 64,
    GUARD_CLOSED = 1,
    GUARD_INSIDE = 2,
};

/* Who is inside, spread so that processors do not share a cache line. */
typedef struct _ATR_GUARD {
    _Atomic uint32_t Count; /* GUARD_INSIDE for each, and GUARD_CLOSED */
    UCHAR Unused[ATR_RING_LINE_BYTES - sizeof(uint32_t)];
} ATR_GUARD;

static ATR_SESSION AtrpSession;
static ATR_GUARD AtrpGuards[GUARDS];
static ATR_OS_MUTEX AtrpMutex;
static ULONG64 AtrpLastNumber;

VOID
AtrSessionInit(VOID)
{
    for (ULONG i = 0; i < GUARDS; i++) {
        AtrpGuards[i].Count = GUARD_CLOSED;
    }
    AtrOsMutexInit(&AtrpMutex);
}

VOID
AtrSessionLock(VOID)
{
    AtrOsMutexAcquire(&AtrpMutex);
}

VOID
AtrSessionUnlock(VOID)
{
    AtrOsMutexRelease(&AtrpMutex);
}

PATR_SESSION
AtrSessionGet(VOID)
{
    return &AtrpSession;
}

PATR_SESSION
AtrSessionEnter(_In_ ULONG Cpu)
{
    _Atomic uint32_t *Guard = &AtrpGuards[Cpu % GUARDS].Count;

    if ((atomic_fetch_add(Guard, GUARD_INSIDE) & GUARD_CLOSED) == 0) {
        return &AtrpSession;
    }
    atomic_fetch_sub(Guard, GUARD_INSIDE);
    return NULL;
}

VOID
AtrSessionLeave(_In_ ULONG Cpu)
{
    atomic_fetch_sub(&AtrpGuards[Cpu % GUARDS].Count, GUARD_INSIDE);
}

static VOID
AtrpGuardsOpen(VOID)
{
    for (ULONG i = 0; i < GUARDS; i++) {
        atomic_fetch_and(&AtrpGuards[i].Count, ~(uint32_t)GUARD_CLOSED);
    }
}

static VOID
AtrpGuardsClose(VOID)
{
    for (ULONG i = 0; i < GUARDS; i++) {
        atomic_fetch_or(&AtrpGuards[i].Count, GUARD_CLOSED);
    }
}

static BOOLEAN
AtrpIsAnyoneInside(VOID)
{
    for (ULONG i = 0; i < GUARDS; i++) {
        if (atomic_load(&AtrpGuards[i].Count) != GUARD_CLOSED) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Only the default gives way to a small machine; a size that was asked for is kept or refused. */
static ULONG
AtrpRingBytes(_In_ ULONG Wanted, _In_ ULONG Count)
{
    ULONG64 Most = AtrOsPhysicalBytes() / MEMORY_PARTS;
    ULONG Bytes = Wanted == 0 ? ATR_RING_BYTES_DEFAULT : Wanted;

    Most = Most < RINGS_BYTES_MAX ? Most : RINGS_BYTES_MAX;
    while (Wanted == 0 && (ULONG64)Bytes * Count > Most) {
        Bytes /= 2;
    }
    if ((Bytes & (Bytes - 1)) != 0 || Bytes < ATR_RING_BYTES_MIN || (ULONG64)Bytes * Count > Most) {
        return 0;
    }
    return Bytes;
}

static ULONG
AtrpDataOffset(_In_ ULONG LaneCount)
{
    return (LaneCount * ATR_RING_LINE_BYTES + PAGE - 1) / PAGE * PAGE;
}

static VOID
AtrpLanesInit(_Inout_ PATR_SESSION Session)
{
    PUCHAR Lines = Session->Data.Kernel;
    PUCHAR Data = Lines + AtrpDataOffset(Session->LaneCount);
    const struct atr_ring_consumer *Consumers = Session->Consumer.Kernel;

    for (ULONG i = 0; i < Session->LaneCount; i++) {
        struct atr_ring_producer *Line = (PVOID)(Lines + (SIZE_T)i * ATR_RING_LINE_BYTES);

        atr_ring_init(&Session->Lanes[i].Ring, Data + (SIZE_T)i * Session->RingBytes,
                      Session->RingBytes, Line, &Consumers[i]);
    }
}

static NTSTATUS
AtrpSessionAllocate(_Inout_ PATR_SESSION Session)
{
    ULONG Count = Session->LaneCount;
    SIZE_T DataBytes = AtrpDataOffset(Count) + (SIZE_T)Count * Session->RingBytes;
    NTSTATUS Status;

    Session->StagingCount = Count * ATR_STAGING_PER_LANE;
    Session->Lanes = AtrOsAllocate(Count * sizeof(*Session->Lanes));
    Session->Staging = AtrOsAllocate((SIZE_T)Session->StagingCount * ATR_RING_RECORD_MAX);
    if (Session->Lanes == NULL || Session->Staging == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = AtrCallsCreate();
    if (NT_SUCCESS(Status)) {
        Status = AtrPortsCreate();
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrProcessesCreate();
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrOsShareCreate(&Session->Data, DataBytes);
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrOsShareCreate(&Session->Consumer, AtrpDataOffset(Count));
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrOsShareMap(&Session->Data, Session->Owner, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrOsShareMap(&Session->Consumer, Session->Owner, TRUE);
    }
    return Status;
}

/* Accepts a session that was begun in part. */
static VOID
AtrpSessionFree(_Inout_ PATR_SESSION Session)
{
    AtrProcessesDestroy();
    AtrPortsDestroy();
    AtrCallsDestroy();
    AtrOsShareDestroy(&Session->Consumer);
    AtrOsShareDestroy(&Session->Data);
    AtrOsFree(Session->Staging);
    AtrOsFree(Session->Lanes);
    if (Session->Owner != NULL) {
        AtrOsProcessRelease(Session->Owner);
    }
    memset(Session, 0, sizeof(*Session));
}

static ULONG64
AtrpNewNumber(VOID)
{
    ULONG64 Number = AtrOsSystemTime();

    AtrpLastNumber = Number > AtrpLastNumber ? Number : AtrpLastNumber + 1;
    return AtrpLastNumber;
}

NTSTATUS
AtrSessionBegin(_In_ const void *Client, _In_ ULONG RingBytes,
                _Out_ struct atr_device_welcome *Welcome)
{
    PATR_SESSION Session = &AtrpSession;
    ULONG Count = AtrOsCpuCount();
    ULONG Bytes;
    NTSTATUS Status;

    if (!AtrSessionReap()) {
        return STATUS_DEVICE_BUSY;
    }
    if (Session->State != ATR_DEVICE_IDLE) {
        return STATUS_SHARING_VIOLATION;
    }
    Count = Count < ATR_DEVICE_RINGS_MAX ? Count : ATR_DEVICE_RINGS_MAX;
    Bytes = AtrpRingBytes(RingBytes, Count);
    if (Bytes == 0) {
        return RingBytes == 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_INVALID_PARAMETER;
    }
    Session->LaneCount = Count;
    Session->RingBytes = Bytes;
    Session->OwnerClient = Client;
    Session->Owner = AtrOsProcessReference(&Session->OwnerPid);
    Session->Number = AtrpNewNumber();
    Status = AtrpSessionAllocate(Session);
    if (!NT_SUCCESS(Status)) {
        AtrpSessionFree(Session);
        return Status;
    }
    AtrpLanesInit(Session);
    Session->State = ATR_DEVICE_READY;
    AtrpGuardsOpen();
    *Welcome = (struct atr_device_welcome){
        .magic = ATR_DEVICE_MAGIC,
        .version = ATR_DEVICE_VERSION,
        .ring_count = Count,
        .ring_bytes = Bytes,
        .producer_address = Session->Data.User,
        .consumer_address = Session->Consumer.User,
        .data_offset = AtrpDataOffset(Count),
        .producer_bytes = Session->Data.Bytes,
        .qpc_frequency = AtrOsCounterFrequency(),
        .session = Session->Number,
    };
    return STATUS_SUCCESS;
}

NTSTATUS
AtrSessionStart(_In_ const struct atr_device_start *Start)
{
    PATR_SESSION Session = &AtrpSession;
    NTSTATUS Status;

    if (Session->State != ATR_DEVICE_READY) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    Session->Start = *Start;
    AtrProcessesJudge(&Session->Start.filter);
    /* Before arming: the first wrapped call may come before AtrHookArm returns. */
    Session->State = ATR_DEVICE_RUNNING;
    Status = AtrHookArm(&Session->Start, AtrCapturePre, AtrCapturePost, &Session->Generation);
    if (!NT_SUCCESS(Status)) {
        Session->State = ATR_DEVICE_READY;
    }
    return Status;
}

NTSTATUS
AtrSessionStop(VOID)
{
    PATR_SESSION Session = &AtrpSession;

    if (Session->State == ATR_DEVICE_STOPPING) {
        return STATUS_SUCCESS;
    }
    if (Session->State != ATR_DEVICE_RUNNING) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    AtrHookDisarm();
    Session->State = ATR_DEVICE_STOPPING;
    for (ULONG i = 0; i < Session->LaneCount; i++) {
        atomic_store(&Session->Lanes[i].Ring.shared->stopping, 1);
    }
    return STATUS_SUCCESS;
}

VOID
AtrSessionEnd(VOID)
{
    PATR_SESSION Session = &AtrpSession;

    if (Session->State == ATR_DEVICE_IDLE || Session->State == ATR_STATE_ENDING) {
        return;
    }
    (VOID) AtrSessionStop();
    AtrpGuardsClose();
    Session->State = ATR_STATE_ENDING;
    Session->OwnerClient = NULL;
    if (!AtrSessionReap()) {
        AtrOsWorkerWake();
    }
}

BOOLEAN
AtrSessionReap(VOID)
{
    if (AtrpSession.State != ATR_STATE_ENDING) {
        return TRUE;
    }
    if (AtrpIsAnyoneInside()) {
        return FALSE;
    }
    AtrpSessionFree(&AtrpSession);
    return TRUE;
}
