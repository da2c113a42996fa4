/* SPDX-License-Identifier: MIT */
#include "session.h"

static VOID
AtrpTallyCopy(_Out_ struct atr_device_tally *To, _In_ const ATR_TALLY *From)
{
    To->attempted = From->Attempted;
    To->written = From->Written;
    To->filtered = From->Filtered;
    for (ULONG i = 0; i < ATR_LOSS_COUNT; i++) {
        To->dropped[i] = From->Dropped[i];
    }
}

static VOID
AtrpLaneStatus(_Inout_ struct atr_device_status *Status, _Out_ struct atr_device_ring *Ring,
               _In_ const ATR_LANE *Lane)
{
    for (ULONG i = 0; i < ATR_TALLY_COUNT; i++) {
        AtrpTallyCopy(&Ring->tally[i], &Lane->Tally[i]);
    }
    Ring->bytes = Lane->Bytes;
    Ring->faults = Lane->Faults;
    Ring->truncated = Lane->Truncated;
    Ring->unresolved = Lane->Unresolved;
    Status->pre_ticks += Lane->PreTicks;
    Status->post_ticks += Lane->PostTicks;
    Status->timed_calls += Lane->TimedCalls;
}

VOID
AtrSessionStatus(_Inout_ struct atr_device_status *Status)
{
    const ATR_SESSION *Session = AtrSessionGet();

    /* One that ends is for its successor still in the way. */
    Status->state = Session->State == ATR_STATE_ENDING ? ATR_DEVICE_STOPPING : Session->State;
    Status->owner_pid = Session->OwnerPid;
    Status->session = Session->Number;
    Status->ring_count = Session->LaneCount;
    for (ULONG i = 0; i < Session->LaneCount; i++) {
        AtrpLaneStatus(Status, &Status->rings[i], &Session->Lanes[i]);
    }
    Status->feature_count = AtrOsFeatures(Status->features);
    AtrHookStatus(Status);
}
