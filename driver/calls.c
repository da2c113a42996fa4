/* SPDX-License-Identifier: MIT */
#include "calls.h"

enum {
    WAYS = 8, /* two cache lines are looked at */
    BUCKETS = 1024,
};

typedef struct _ATR_CALLS_WAY {
    _Atomic uint32_t Tid; /* 0: free; only that thread looks at the rest */
    uint32_t Generation;  /* of Frame, its low half */
    PATR_PIN_FRAME Frame;
} ATR_CALLS_WAY, *PATR_CALLS_WAY;

static PATR_CALLS_WAY AtrpWays;

NTSTATUS
AtrCallsCreate(VOID)
{
    AtrpWays = AtrOsAllocate((SIZE_T)BUCKETS * WAYS * sizeof(*AtrpWays));
    return AtrpWays != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID
AtrCallsDestroy(VOID)
{
    AtrOsFree(AtrpWays);
    AtrpWays = NULL;
}

static PATR_CALLS_WAY
AtrpBucket(_In_ ULONG Tid)
{
    /* Thread ids are multiples of four. */
    return &AtrpWays[(SIZE_T)(Tid / 4 % BUCKETS) * WAYS];
}

static PATR_CALLS_WAY
AtrpFind(_In_ ULONG Tid)
{
    PATR_CALLS_WAY Bucket = AtrpBucket(Tid);

    for (ULONG i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&Bucket[i].Tid, memory_order_relaxed) == Tid) {
            return &Bucket[i];
        }
    }
    return NULL;
}

static PATR_CALLS_WAY
AtrpClaim(_In_ ULONG Tid)
{
    PATR_CALLS_WAY Bucket = AtrpBucket(Tid);

    for (ULONG i = 0; i < WAYS; i++) {
        uint32_t Free = 0;

        if (atomic_compare_exchange_strong(&Bucket[i].Tid, &Free, Tid)) {
            Bucket[i].Frame = NULL;
            return &Bucket[i];
        }
    }
    return NULL;
}

/* A frame of an earlier attachment never saw its exit: its stack may be another thread's by now. */
static PATR_PIN_FRAME
AtrpOuter(_In_ const ATR_CALLS_WAY *Way, _In_ const ATR_PIN_FRAME *Frame)
{
    return Way->Generation == (uint32_t)Frame->Generation ? Way->Frame : NULL;
}

VOID
AtrCallsPush(_In_ ULONG Tid, _Inout_ PATR_PIN_FRAME Frame)
{
    PATR_CALL Call = AtrCallOf(Frame);
    PATR_CALLS_WAY Way = AtrpFind(Tid);

    if (Way == NULL) {
        Way = AtrpClaim(Tid);
    }
    if (Way == NULL) {
        return;
    }
    Call->Outer = AtrpOuter(Way, Frame);
    Call->IsTracked = TRUE;
    Way->Generation = (uint32_t)Frame->Generation;
    Way->Frame = Frame;
}

VOID
AtrCallsPop(_In_ ULONG Tid, _Inout_ PATR_PIN_FRAME Frame)
{
    PATR_CALL Call = AtrCallOf(Frame);
    PATR_CALLS_WAY Way = Call->IsTracked ? AtrpFind(Tid) : NULL;

    if (Way == NULL) {
        return;
    }
    Way->Frame = Call->Outer;
    if (Way->Frame == NULL) {
        atomic_store(&Way->Tid, 0);
    }
}
