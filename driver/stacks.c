/* SPDX-License-Identifier: MIT */
#include "stacks.h"

enum {
    KERNEL_FRAMES_MAX = 32, /* the rest is for user frames */
};

static BOOLEAN
AtrpIsTurn(_Inout_ PATR_HALF Half)
{
    ULONG Every = Half->Session->Start.stack_every;

    return Every <= 1 ||
           atomic_fetch_add_explicit(&Half->Lane->StackTurn, 1, memory_order_relaxed) % Every == 0;
}

static USHORT
AtrpWalk(_Inout_ PATR_HALF Half, _In_ ULONG Most, _In_ BOOLEAN IsUser)
{
    ULONG Bytes = Most * (ULONG)sizeof(ULONG64);
    PVOID Room = AtrRecordRoom(&Half->Record, &Bytes);
    ULONG Count = AtrOsWalkFrames(Room, Bytes / sizeof(ULONG64), IsUser);

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
