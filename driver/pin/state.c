/* SPDX-License-Identifier: MIT */

/*
 * Who is attached and who is inside. A caller first counts itself in, then looks whether a main
 * is attached; a detach first clears that, then waits until every count has been seen at 0 once:
 * whoever counts itself in later finds nothing attached.
 *
 * Enters, exits and stale returns are told of the last generation alone. A generation begins while
 * nothing is attached; once every count has been seen at 0 again, nobody counts for the one before.
 *
 * Counts are spread over slots chosen by the frame's address, so that processors rarely meet in
 * one; a frame's leave finds the slot of its enter.
 */

#include "pin_internal.h"

#include <stdatomic.h>

#define PINP_SLOTS     64
#define PINP_POLL_MS   10
#define PINP_ATTACH_MS 5000

typedef struct __attribute__((aligned(64))) _PINP_SLOT {
    _Atomic ULONG64 Inside; /* callers in or on their way into Pre or Post */
    _Atomic ULONG64 Enters;
    _Atomic ULONG64 Exits;
    _Atomic ULONG64 Stale;
    _Atomic ULONG Pid; /* the last that went in */
    _Atomic ULONG Tid;
    _Atomic ULONG64 Calls[ATR_SERVICE_COUNT];
} PINP_SLOT, *PPINP_SLOT;

static PINP_SLOT PinpSlots[PINP_SLOTS];

/* Pre and Post change only while nothing is attached and nobody inside. */
static struct {
    _Atomic BOOLEAN IsAttached;
    ATR_PIN_PRE *Pre;
    ATR_PIN_POST *Post;
    _Atomic ULONG64 Generation;
    ATR_PIN_COUNTERS Before; /* sums of all earlier generations */
} PinpMain;

static PPINP_SLOT
PinpSlotOf(_In_ const ATR_PIN_FRAME *Frame)
{
    const ULONG Page = (ULONG)((ULONG_PTR)Frame >> 12);

    return &PinpSlots[(Page * 0x9e3779b1u) >> 26];
}

/* TRUE: a main is attached, and stays so until PinpGoOut. */
static BOOLEAN
PinpGoIn(_Inout_ PPINP_SLOT Slot)
{
    atomic_fetch_add(&Slot->Inside, 1);
    if (!PinpMain.IsAttached) {
        return FALSE;
    }
    Slot->Pid = (ULONG)(ULONG_PTR)PsGetCurrentProcessId();
    Slot->Tid = (ULONG)(ULONG_PTR)PsGetCurrentThreadId();
    return TRUE;
}

static VOID
PinpGoOut(_Inout_ PPINP_SLOT Slot)
{
    atomic_fetch_sub(&Slot->Inside, 1);
}

_Use_decl_annotations_ VOID
PinpEnter(PATR_PIN_FRAME Frame)
{
    const PPINP_SLOT Slot = PinpSlotOf(Frame);

    atomic_fetch_add(&Slot->Calls[Frame->Row], 1);
    KeEnterCriticalRegion();
    if (PinpGoIn(Slot)) {
        Frame->Generation = PinpMain.Generation;
        atomic_fetch_add(&Slot->Enters, 1);
        PinpMain.Pre(Frame);
    }
    PinpGoOut(Slot);
    KeLeaveCriticalRegion();
}

/* A frame of an earlier generation is nobody's any more. */
_Use_decl_annotations_ VOID
PinpLeave(PATR_PIN_FRAME Frame, NTSTATUS Status)
{
    const PPINP_SLOT Slot = PinpSlotOf(Frame);
    BOOLEAN IsAttached;

    if (Frame->Generation == 0) {
        return;
    }
    KeEnterCriticalRegion();
    IsAttached = PinpGoIn(Slot);
    if (Frame->Generation == PinpMain.Generation) {
        if (IsAttached) {
            atomic_fetch_add(&Slot->Exits, 1);
            PinpMain.Post(Frame, Status);
        } else {
            atomic_fetch_add(&Slot->Stale, 1);
        }
    }
    PinpGoOut(Slot);
    KeLeaveCriticalRegion();
}

/* Sees every slot empty once. */
static NTSTATUS
PinpDrain(_In_ ULONG WaitMs)
{
    LARGE_INTEGER Poll;
    ULONG Waited = 0;

    Poll.QuadPart = -10000LL * PINP_POLL_MS;
    for (ULONG i = 0; i < PINP_SLOTS; i++) {
        while (PinpSlots[i].Inside != 0) {
            if (Waited >= WaitMs) {
                return STATUS_TIMEOUT;
            }
            (VOID) KeDelayExecutionThread(KernelMode, FALSE, &Poll);
            Waited += PINP_POLL_MS;
        }
    }
    return STATUS_SUCCESS;
}

/* Of all generations. Ends first: a call that ends meanwhile then counts as in flight. */
static VOID
PinpSum(_Out_ PATR_PIN_COUNTERS Counters)
{
    RtlZeroMemory(Counters, sizeof(*Counters));
    for (ULONG i = 0; i < PINP_SLOTS; i++) {
        Counters->Exits += PinpSlots[i].Exits;
        Counters->Stale += PinpSlots[i].Stale;
    }
    for (ULONG i = 0; i < PINP_SLOTS; i++) {
        Counters->Enters += PinpSlots[i].Enters;
        for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
            Counters->Calls[Row] += PinpSlots[i].Calls[Row];
        }
    }
}

_Use_decl_annotations_ NTSTATUS NTAPI
PinpAttach(ATR_PIN_PRE *Pre, ATR_PIN_POST *Post, PULONG64 Generation)
{
    NTSTATUS Status;

    if (PinpMain.IsAttached || PinpDrain(PINP_ATTACH_MS) != STATUS_SUCCESS) {
        return STATUS_DEVICE_BUSY;
    }
    PinpMain.Pre = Pre;
    PinpMain.Post = Post;
    *Generation = atomic_fetch_add(&PinpMain.Generation, 1) + 1;
    Status = PinpDrain(PINP_ATTACH_MS);
    PinpSum(&PinpMain.Before);
    if (Status != STATUS_SUCCESS) {
        return STATUS_DEVICE_BUSY;
    }
    PinpMain.IsAttached = TRUE;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS NTAPI
PinpDetach(ULONG WaitMs)
{
    PinpMain.IsAttached = FALSE;
    return PinpDrain(WaitMs);
}

_Use_decl_annotations_ VOID NTAPI
PinpCounters(PATR_PIN_COUNTERS Counters)
{
    const ATR_PIN_COUNTERS *Before = &PinpMain.Before;

    PinpSum(Counters);
    Counters->Exits -= Before->Exits;
    Counters->Stale -= Before->Stale;
    Counters->Enters -= Before->Enters;
    Counters->InFlight = Counters->Enters - Counters->Exits - Counters->Stale;
}

_Use_decl_annotations_ BOOLEAN NTAPI
PinpInside(PULONG Pid, PULONG Tid)
{
    for (ULONG i = 0; i < PINP_SLOTS; i++) {
        if (PinpSlots[i].Inside != 0) {
            *Pid = PinpSlots[i].Pid;
            *Tid = PinpSlots[i].Tid;
            return TRUE;
        }
    }
    return FALSE;
}
