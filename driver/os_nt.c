/* SPDX-License-Identifier: MIT */
#include "os_nt.h"

enum {
    TAG = 0x43525441, /* "ATRC" */
    POOL_NON_PAGED = 0x40,
    POOL_NX = 512,           /* NonPagedPoolNx */
    BUILD_WITH_NX = 9200,    /* 6.2 */
    BYTES_UNKNOWN = 1 << 30, /* of RAM */
    TURN_100NS = 10 * 1000 * 1000,
};

PVOID
AtrOsAllocate(_In_ SIZE_T Bytes)
{
    PVOID Memory;

    if (AtrOsRoutines.AllocatePool2 != NULL) {
        return AtrOsRoutines.AllocatePool2(POOL_NON_PAGED, Bytes, TAG);
    }
    Memory = ExAllocatePoolWithTag(AtrOsBuild >= BUILD_WITH_NX ? (POOL_TYPE)POOL_NX : NonPagedPool,
                                   Bytes, TAG);
    if (Memory != NULL) {
        memset(Memory, 0, Bytes);
    }
    return Memory;
}

VOID
AtrOsFree(_In_opt_ PVOID Memory)
{
    if (Memory != NULL) {
        ExFreePoolWithTag(Memory, TAG);
    }
}

/* SYSTEM_BASIC_INFORMATION */
typedef struct _ATR_OS_BASIC {
    ULONG Unused[2];
    ULONG PageSize;
    ULONG Pages;
    ULONG More[4];
    ULONG_PTR Rest[4];
} ATR_OS_BASIC;

C_ASSERT(sizeof(ATR_OS_BASIC) == 64);

ULONG64
AtrOsPhysicalBytes(VOID)
{
    ATR_OS_BASIC Basic;

    if (!NT_SUCCESS(
            ZwQuerySystemInformation(ATR_OS_BASIC_INFORMATION, &Basic, sizeof(Basic), NULL))) {
        return BYTES_UNKNOWN;
    }
    return (ULONG64)Basic.PageSize * Basic.Pages;
}

ULONG64
AtrOsCounter(VOID)
{
    return (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
}

ULONG64
AtrOsCounterFrequency(VOID)
{
    LARGE_INTEGER Frequency;

    KeQueryPerformanceCounter(&Frequency);
    return (ULONG64)Frequency.QuadPart;
}

ULONG64
AtrOsSystemTime(VOID)
{
    LARGE_INTEGER Time;

    if (AtrOsRoutines.SystemTimePrecise != NULL) {
        AtrOsRoutines.SystemTimePrecise(&Time);
    } else {
        KeQuerySystemTime(&Time);
    }
    return (ULONG64)Time.QuadPart;
}

ULONG
AtrOsCpu(VOID)
{
    UCHAR Number;

    if (AtrOsRoutines.CurrentProcessor != NULL) {
        return AtrOsRoutines.CurrentProcessor(NULL);
    }
    __asm__ volatile("movb %%gs:0x184, %0" : "=q"(Number)); /* KPCR.Prcb.LegacyNumber */
    return Number;
}

ULONG
AtrOsCpuCount(VOID)
{
    ULONG Count = 0;

    if (AtrOsRoutines.ActiveProcessors != NULL) {
        return AtrOsRoutines.ActiveProcessors(ALL_PROCESSOR_GROUPS);
    }
    for (KAFFINITY Left = KeQueryActiveProcessors(); Left != 0; Left &= Left - 1) {
        Count++;
    }
    return Count;
}

KIRQL
AtrOsSpinAcquire(_Inout_ PKSPIN_LOCK Lock)
{
    return KeAcquireSpinLockRaiseToDpc(Lock);
}

VOID
AtrOsSpinRelease(_Inout_ PKSPIN_LOCK Lock, _In_ KIRQL Irql)
{
    KeReleaseSpinLock(Lock, Irql);
}

VOID
AtrOsMutexInit(_Out_ PATR_OS_MUTEX Mutex)
{
    KeInitializeEvent(&Mutex->Free, SynchronizationEvent, TRUE);
}

/* In a critical region: a thread suspended while it holds the lock would stop everybody. */
VOID
AtrOsMutexAcquire(_Inout_ PATR_OS_MUTEX Mutex)
{
    KeEnterCriticalRegion();
    KeWaitForSingleObject(&Mutex->Free, Executive, KernelMode, FALSE, NULL);
}

VOID
AtrOsMutexRelease(_Inout_ PATR_OS_MUTEX Mutex)
{
    KeSetEvent(&Mutex->Free, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
}

typedef struct _ATR_OS_WORKER {
    KEVENT Wake;
    HANDLE Thread;
    ATR_OS_TURN *Turn;
    _Atomic LONG IsStopping;
} ATR_OS_WORKER;

static ATR_OS_WORKER AtrpWorker;

static VOID NTAPI
AtrpWork(_In_ PVOID Context)
{
    LARGE_INTEGER Turn = {.QuadPart = -(LONGLONG)TURN_100NS};

    UNREFERENCED_PARAMETER(Context);
    while (!AtrpWorker.IsStopping) {
        KeWaitForSingleObject(&AtrpWorker.Wake, Executive, KernelMode, FALSE, &Turn);
        AtrpWorker.Turn();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS
AtrOsWorkerStart(_In_ ATR_OS_TURN *Turn)
{
    OBJECT_ATTRIBUTES Attributes;

    AtrpWorker.Turn = Turn;
    AtrpWorker.IsStopping = 0;
    KeInitializeEvent(&AtrpWorker.Wake, SynchronizationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return PsCreateSystemThread(&AtrpWorker.Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                AtrpWork, NULL);
}

VOID
AtrOsWorkerWake(VOID)
{
    KeSetEvent(&AtrpWorker.Wake, IO_NO_INCREMENT, FALSE);
}

VOID
AtrOsWorkerStop(VOID)
{
    AtrpWorker.IsStopping = 1;
    AtrOsWorkerWake();
    ZwWaitForSingleObject(AtrpWorker.Thread, FALSE, NULL);
    ZwClose(AtrpWorker.Thread);
}
