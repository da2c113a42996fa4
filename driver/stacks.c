/* SPDX-License-Identifier: MIT */
#include "stacks.h"

enum {
    KERNEL_FRAMES_MAX = 32, /* the rest is for user frames */
    OUR_FRAMES_MAX = 16,    /* this driver's and the pin's, innermost */
};

static BOOLEAN
AtrpIsTurn(_Inout_ PATR_HALF Half)
{
    ULONG Every = Half->Session->Start.stack_every;

    return Every <= 1 ||
           atomic_fetch_add_explicit(&Half->Lane->StackTurn, 1, memory_order_relaxed) % Every == 0;
}

/* Some kernels fill what they do not know with zeros: nothing is sure behind the first. */
static ULONG
AtrpSureFrames(_In_reads_(Count) const ULONG64 *Frames, _In_ ULONG Count)
{
    ULONG Sure = 0;

    while (Sure < Count && Frames[Sure] != 0) {
        Sure++;
    }
    return Sure;
}

static ULONG
AtrpOurFrames(_In_reads_(Count) const ULONG64 *Frames, _In_ ULONG Count)
{
    ULONG Ours = 0;

    while (Ours < Count && AtrOsIsOurCode(Frames[Ours])) {
        Ours++;
    }
    return Ours;
}

static USHORT
AtrpWalk(_Inout_ PATR_HALF Half, _In_ ULONG Most, _In_ BOOLEAN IsUser)
{
    ULONG Bytes = (IsUser ? Most : Most + OUR_FRAMES_MAX) * (ULONG)sizeof(ULONG64);
    PULONG64 Frames = (PVOID)AtrRecordRoom(&Half->Record, &Bytes);
    ULONG Count = AtrpSureFrames(Frames, AtrOsWalkFrames(Frames, Bytes / sizeof(ULONG64), IsUser));
    ULONG Ours = IsUser ? 0 : AtrpOurFrames(Frames, Count);

    Count = Count - Ours < Most ? Count - Ours : Most;
    memmove(Frames, Frames + Ours, Count * sizeof(ULONG64));
    AtrRecordAdd(&Half->Record, Count * (ULONG)sizeof(ULONG64));
    return (USHORT)Count;
}

VOID
AtrStacksAdd(_Inout_ PATR_HALF Half)
{
    struct atr_capture_call *Call = AtrHalfCall(Half);
    ULONG Flags = Half->Session->Start.flags;

    if ((Flags & (ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER)) == 0 || !AtrpIsTurn(Half)) {
        return;
    }
    if ((Flags & ATR_START_STACKS_KERNEL) != 0) {
        Call->kernel_frames = AtrpWalk(Half, KERNEL_FRAMES_MAX, FALSE);
    }
    if ((Flags & ATR_START_STACKS_USER) != 0 && !Half->Caller.IsKernel) {
        Call->user_frames = AtrpWalk(Half, ATR_CAPTURE_FRAMES_MAX - Call->kernel_frames, TRUE);
    }
}
