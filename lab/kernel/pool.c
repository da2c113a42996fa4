/* SPDX-License-Identifier: MIT */
/* Pool, rundown protection, push locks, deferred work: small pieces that Wine lacks. */
#include "kernel.h"

#include <string.h>

PVOID KERNELAPI
ExAllocatePool2(ULONG64 Flags, SIZE_T Bytes, ULONG Tag)
{
    PVOID Block = ExAllocatePoolWithTag(0, Bytes, Tag);

    if (Block != NULL && (Flags & 2) == 0) { /* not POOL_FLAG_UNINITIALIZED */
        memset(Block, 0, Bytes);
    }
    return Block;
}

VOID KERNELAPI
ExFreePool2(PVOID Block, ULONG Tag, PVOID Parameters, ULONG Count)
{
    (void)Parameters;
    (void)Count;
    ExFreePoolWithTag(Block, Tag);
}

/* Rundown: bit 0 says that the object runs down, the rest counts by two. */

VOID KERNELAPI
ExInitializeRundownProtection(volatile LONG64 *Ref)
{
    *Ref = 0;
}

VOID KERNELAPI
ExReInitializeRundownProtection(volatile LONG64 *Ref)
{
    *Ref = 0;
}

VOID KERNELAPI
ExRundownCompleted(volatile LONG64 *Ref)
{
    *Ref = 1;
}

BOOLEAN KERNELAPI
ExAcquireRundownProtectionEx(volatile LONG64 *Ref, ULONG Count)
{
    LONG64 Value;

    do {
        Value = *Ref;
        if ((Value & 1) != 0) {
            return FALSE;
        }
    } while (InterlockedCompareExchange64(Ref, Value + 2 * (LONG64)Count, Value) != Value);
    return TRUE;
}

BOOLEAN KERNELAPI
ExAcquireRundownProtection(volatile LONG64 *Ref)
{
    return ExAcquireRundownProtectionEx(Ref, 1);
}

VOID KERNELAPI
ExReleaseRundownProtectionEx(volatile LONG64 *Ref, ULONG Count)
{
    InterlockedExchangeAdd64(Ref, -2 * (LONG64)Count);
}

VOID KERNELAPI
ExReleaseRundownProtection(volatile LONG64 *Ref)
{
    ExReleaseRundownProtectionEx(Ref, 1);
}

VOID KERNELAPI
ExWaitForRundownProtectionRelease(volatile LONG64 *Ref)
{
    InterlockedOr64(Ref, 1);
    while (*Ref != 1) {
        Sleep(1);
    }
}

/* The cache-aware kind: one counter is enough here. */

PVOID KERNELAPI
ExAllocateCacheAwareRundownProtection(int Type, ULONG Tag)
{
    (void)Type;
    return ExAllocatePool2(0, sizeof(LONG64), Tag);
}

VOID KERNELAPI
ExFreeCacheAwareRundownProtection(PVOID Ref)
{
    ExFreePoolWithTag(Ref, 0);
}

SIZE_T KERNELAPI
ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(LONG64);
}

VOID KERNELAPI
ExInitializeRundownProtectionCacheAware(volatile LONG64 *Ref, SIZE_T Bytes)
{
    (void)Bytes;
    *Ref = 0;
}

BOOLEAN KERNELAPI
ExAcquireRundownProtectionCacheAware(volatile LONG64 *Ref)
{
    return ExAcquireRundownProtectionEx(Ref, 1);
}

VOID KERNELAPI
ExReleaseRundownProtectionCacheAware(volatile LONG64 *Ref)
{
    ExReleaseRundownProtectionEx(Ref, 1);
}

VOID KERNELAPI
ExWaitForRundownProtectionReleaseCacheAware(volatile LONG64 *Ref)
{
    ExWaitForRundownProtectionRelease(Ref);
}

VOID KERNELAPI
ExReInitializeRundownProtectionCacheAware(volatile LONG64 *Ref)
{
    *Ref = 0;
}

VOID KERNELAPI
ExRundownCompletedCacheAware(volatile LONG64 *Ref)
{
    *Ref = 1;
}

/* Push locks: -1 exclusive, else the number of those who share. */

VOID KERNELAPI
ExInitializePushLock(volatile LONG64 *Lock)
{
    *Lock = 0;
}

VOID KERNELAPI
ExfAcquirePushLockExclusive(volatile LONG64 *Lock)
{
    while (InterlockedCompareExchange64(Lock, -1, 0) != 0) {
        SwitchToThread();
    }
}

VOID KERNELAPI
ExfAcquirePushLockShared(volatile LONG64 *Lock)
{
    LONG64 Value;

    for (;;) {
        Value = *Lock;
        if (Value >= 0 && InterlockedCompareExchange64(Lock, Value + 1, Value) == Value) {
            return;
        }
        SwitchToThread();
    }
}

VOID KERNELAPI
ExfReleasePushLock(volatile LONG64 *Lock)
{
    if (*Lock < 0) {
        InterlockedExchange64(Lock, 0);
    } else {
        InterlockedDecrement64(Lock);
    }
}

VOID KERNELAPI
ExfReleasePushLockShared(volatile LONG64 *Lock)
{
    ExfReleasePushLock(Lock);
}

VOID KERNELAPI
ExfReleasePushLockExclusive(volatile LONG64 *Lock)
{
    ExfReleasePushLock(Lock);
}

VOID KERNELAPI
ExAcquirePushLockExclusiveEx(volatile LONG64 *Lock, ULONG Flags)
{
    (void)Flags;
    ExfAcquirePushLockExclusive(Lock);
}

VOID KERNELAPI
ExAcquirePushLockSharedEx(volatile LONG64 *Lock, ULONG Flags)
{
    (void)Flags;
    ExfAcquirePushLockShared(Lock);
}

VOID KERNELAPI
ExReleasePushLockEx(volatile LONG64 *Lock, ULONG Flags)
{
    (void)Flags;
    ExfReleasePushLock(Lock);
}

VOID KERNELAPI
ExReleasePushLockExclusiveEx(volatile LONG64 *Lock, ULONG Flags)
{
    (void)Flags;
    ExfReleasePushLock(Lock);
}

VOID KERNELAPI
ExReleasePushLockSharedEx(volatile LONG64 *Lock, ULONG Flags)
{
    (void)Flags;
    ExfReleasePushLock(Lock);
}

/* Work items and DPCs: a worker runs them. */

typedef struct _LAB_WORK_ITEM {
    PVOID List[2];
    VOID(NTAPI *Routine)(PVOID);
    PVOID Parameter;
} LAB_WORK_ITEM, *PLAB_WORK_ITEM;

static VOID
RunWorkItem(PVOID Context)
{
    LAB_WORK_ITEM Item = *(PLAB_WORK_ITEM)Context; /* the routine may free it */

    Item.Routine(Item.Parameter);
}

VOID KERNELAPI
ExQueueWorkItem(PLAB_WORK_ITEM Item, int Queue)
{
    (void)Queue;
    LabQueue(RunWorkItem, Item);
}

typedef struct _LAB_DPC {
    ULONG TypeAndImportance;
    ULONG Unused;
    PVOID List;
    ULONG64 ProcessorHistory;
    VOID(NTAPI *Routine)(PVOID, PVOID, PVOID, PVOID);
    PVOID Context;
    PVOID Arguments[2];
    volatile LONG64 IsQueued;
} LAB_DPC, *PLAB_DPC;

static VOID
RunDpc(PVOID Context)
{
    PLAB_DPC Dpc = Context;
    LAB_DPC Copy = *Dpc;

    InterlockedExchange64(&Dpc->IsQueued, 0);
    Copy.Routine(Dpc, Copy.Context, Copy.Arguments[0], Copy.Arguments[1]);
}

VOID KERNELAPI
KeInitializeDpc(PLAB_DPC Dpc, VOID(NTAPI *Routine)(PVOID, PVOID, PVOID, PVOID), PVOID Context)
{
    memset(Dpc, 0, sizeof(*Dpc));
    Dpc->TypeAndImportance = 0x113;
    Dpc->Routine = Routine;
    Dpc->Context = Context;
}

BOOLEAN KERNELAPI
KeInsertQueueDpc(PLAB_DPC Dpc, PVOID Argument1, PVOID Argument2)
{
    if (InterlockedExchange64(&Dpc->IsQueued, 1) != 0) {
        return FALSE;
    }
    Dpc->Arguments[0] = Argument1;
    Dpc->Arguments[1] = Argument2;
    return LabQueue(RunDpc, Dpc);
}
