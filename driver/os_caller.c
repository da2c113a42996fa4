/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "os_nt.h"
#include "walk.h"

enum {
    PAGE = 4096,
    WALK_USER = 1,
    OUR_IMAGES = 2,
};

ULONG64
AtrOsProcessKey(_In_ PEPROCESS Process)
{
    return AtrOsRoutines.ProcessCreateTime != NULL
               ? (ULONG64)AtrOsRoutines.ProcessCreateTime(Process)
               : 0;
}

VOID
AtrOsCaller(_Out_ PATR_OS_CALLER Caller)
{
    PEPROCESS Process = PsGetCurrentProcess();

    Caller->Process = Process;
    Caller->ProcessKey = AtrOsProcessKey(Process);
    Caller->Pid = (ULONG)(ULONG_PTR)PsGetCurrentProcessId();
    Caller->Tid = (ULONG)(ULONG_PTR)PsGetCurrentThreadId();
    Caller->IsKernel = ExGetPreviousMode() == KernelMode;
    Caller->IsWow64 =
        AtrOsRoutines.Wow64Process != NULL && AtrOsRoutines.Wow64Process(Process) != NULL;
    /* A service called from user mode runs at PASSIVE_LEVEL. */
    Caller->MayFault = !Caller->IsKernel || KeGetCurrentIrql() == PASSIVE_LEVEL;
}

static ULONG64
AtrpUserLimit(VOID)
{
    const ULONG64 *Limit = AtrOsRoutines.UserProbeAddress;

    return Limit != NULL && *Limit < ATR_USER_LIMIT ? *Limit : ATR_USER_LIMIT;
}

static BOOLEAN
AtrpMayRead(_In_ ULONG64 Address, _In_ ULONG Bytes, _In_ const ATR_OS_CALLER *Caller)
{
    const ULONG64 Limit = AtrpUserLimit();
    BOOLEAN IsUser = Address < Limit && Bytes <= Limit - Address;

    return Caller->MayFault &&
           (IsUser || (Caller->IsKernel && Address > ATR_USER_LIMIT && Address + Bytes > Address));
}

/* Page by page: what lies before a fault is kept. */
ULONG
AtrOsCopy(_Out_writes_bytes_(Bytes) PVOID To, _In_ ULONG64 Address, _In_ ULONG Bytes,
          _In_ const ATR_OS_CALLER *Caller)
{
    ULONG Done = 0;

    if (!AtrpMayRead(Address, Bytes, Caller)) {
        return 0;
    }
    while (Done < Bytes) {
        ULONG64 From = Address + Done;
        ULONG Left = (ULONG)(PAGE - From % PAGE);
        ULONG Chunk = Bytes - Done < Left ? Bytes - Done : Left;

        if (!NT_SUCCESS(AtrGuardedCopy((PUCHAR)To + Done, (const VOID *)From, Chunk))) {
            break;
        }
        Done += Chunk;
    }
    return Done;
}

static BOOLEAN
AtrpHasStackRoom(VOID)
{
    ULONG_PTR Low;
    ULONG_PTR High;

    if (AtrOsRoutines.StackLimits == NULL) {
        return TRUE;
    }
    AtrOsRoutines.StackLimits(&Low, &High);
    return (ULONG_PTR)&Low - Low >= ATR_OS_STACK_ROOM;
}

/* A thread without a TEB stopped a machine once; the routine checks this on some kernels only. */
static BOOLEAN
AtrpHasUserStack(VOID)
{
    return ExGetPreviousMode() == UserMode &&
           (AtrOsRoutines.ThreadTeb == NULL || AtrOsRoutines.CurrentThread == NULL ||
            AtrOsRoutines.ThreadTeb(AtrOsRoutines.CurrentThread()) != NULL);
}

ULONG
AtrOsWalkFrames(_Out_writes_(Max) PULONG64 Frames, _In_ ULONG Max, _In_ BOOLEAN IsUser)
{
    if (!AtrpHasStackRoom() || (IsUser && !AtrpHasUserStack())) {
        return 0;
    }
    return AtrGuardedWalkFrames(Frames, Max, IsUser ? WALK_USER : 0);
}

/* Filled before the first wrapped call, then only read. */
static struct {
    ULONG64 Start;
    ULONG64 Bytes;
} AtrpOurImages[OUR_IMAGES];

VOID
AtrOsAddOurImage(_In_ const VOID *Start, _In_ ULONG Bytes)
{
    ULONG64 Address = (ULONG64)(ULONG_PTR)Start;

    for (ULONG i = 0; i < OUR_IMAGES; i++) {
        if (AtrpOurImages[i].Start == Address || AtrpOurImages[i].Start == 0) {
            AtrpOurImages[i].Start = Address;
            AtrpOurImages[i].Bytes = Bytes;
            return;
        }
    }
}

BOOLEAN
AtrOsIsOurCode(_In_ ULONG64 Address)
{
    for (ULONG i = 0; i < OUR_IMAGES; i++) {
        if (Address - AtrpOurImages[i].Start < AtrpOurImages[i].Bytes) {
            return TRUE;
        }
    }
    return FALSE;
}

PVOID
AtrOsProcessReference(_Out_ PULONG Pid)
{
    PEPROCESS Process = PsGetCurrentProcess();

    ObReferenceObject(Process);
    *Pid = (ULONG)(ULONG_PTR)PsGetCurrentProcessId();
    return Process;
}

VOID
AtrOsProcessRelease(_In_ PVOID Process)
{
    ObDereferenceObject(Process);
}
