/* SPDX-License-Identifier: MIT */

/*
 * Who is attached and who is inside. A caller first counts itself in, then looks whether a main
 * is attached; a detach first clears that, then waits until every count has been seen at 0 once:
 * whoever counts itself in later finds nothing attached.
 *
 * Counts are spread over slots chosen by the frame's address, so that processors rarely meet in
 * one; a frame's leave finds the slot of its enter.
 */

#include "pin_internal.h"

#include <stdatomic.h>

#define PINP_SLOTS   64
#define PINP_POLL_MS 10

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

/* Pre, Post and Generation change only while nothing is attached and nobody inside. */
static struct {
    _Atomic BOOLEAN IsAttached;
    ATR_PIN_PRE *Pre;
    ATR_PIN_POST *Post;
    ULONG64 Generation;
} PinpMain;

static PPINP_SLOT
PinpSlotOf(_In_ const ATR_PIN_FRAME *Frame)
{
    const ULONG Page = (ULONG)((ULONG_PTR)Frame >> 12);

    return &PinpSlots[(Page * 0x9e3779b1u) >> 26];
}

static BOOLEAN
PinpGoIn(_Inout_ PPINP_SLOT Slot)
{
    atomic_fetch_add(&Slot->Inside, 1);
    if (PinpMain.IsAttached) {
        Slot->Pid = (ULONG)(ULONG_PTR)PsGetCurrentProcessId();
        Slot->Tid = (ULONG)(ULONG_PTR)PsGetCurrentThreadId();
        return TRUE;
    }
    atomic_fetch_sub(&Slot->Inside, 1);
    return FALSE;
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
        PinpGoOut(Slot);
    }
    KeLeaveCriticalRegion();
}

_Use_decl_annotations_ VOID
PinpLeave(PATR_PIN_FRAME Frame, NTSTATUS Status)
{
    const PPINP_SLOT Slot = PinpSlotOf(Frame);
    BOOLEAN IsStale = TRUE;

    if (Frame->Generation == 0) {
        return;
    }
    KeEnterCriticalRegion();
    if (PinpGoIn(Slot)) {
        if (Frame->Generation == PinpMain.Generation) {
            IsStale = FALSE;
            atomic_fetch_add(&Slot->Exits, 1);
            PinpMain.Post(Frame, Status);
        }
        PinpGoOut(Slot);
    }
    if (IsStale) {
        atomic_fetch_add(&Slot->Stale, 1);
    }
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

_Use_decl_annotations_ NTSTATUS NTAPI
PinpAttach(ATR_PIN_PRE *Pre, ATR_PIN_POST *Post, PULONG64 Generation)
{
    if (PinpMain.IsAttached || PinpDrain(1000) != STATUS_SUCCESS) {
        return STATUS_DEVICE_BUSY;
    }
    PinpMain.Pre = Pre;
    PinpMain.Post = Post;
    PinpMain.Generation++;
    *Generation = PinpMain.Generation;
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
    RtlZeroMemory(Counters, sizeof(*Counters));
    for (ULONG i = 0; i < PINP_SLOTS; i++) {
        const PINP_SLOT *Slot = &PinpSlots[i];

        /* Ends first: a call that ends meanwhile then counts as in flight, not as negative. */
        Counters->Exits += Slot->Exits;
        Counters->Stale += Slot->Stale;
        Counters->Enters += Slot->Enters;
        for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
            Counters->Calls[Row] += Slot->Calls[Row];
        }
    }
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
