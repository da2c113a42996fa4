/* SPDX-License-Identifier: MIT */
#include "record.h"

enum {
    PAYLOAD_MAX = ATR_RING_RECORD_MAX - ATR_RING_HEADER_BYTES,
    PADDING = 8,
    BITS = 64,
};

static ULONG
AtrpStagingClaim(_Inout_ PATR_SESSION Session, _In_ ULONG First)
{
    for (ULONG i = 0; i < Session->StagingCount; i++) {
        ULONG Buffer = (First + i) % Session->StagingCount;
        _Atomic uint64_t *Word = &Session->StagingTaken[Buffer / BITS];
        uint64_t Bit = (uint64_t)1 << Buffer % BITS;

        if ((atomic_load_explicit(Word, memory_order_relaxed) & Bit) == 0 &&
            (atomic_fetch_or_explicit(Word, Bit, memory_order_acquire) & Bit) == 0) {
            return Buffer;
        }
    }
    return Session->StagingCount;
}

static VOID
AtrpStagingFree(_Inout_ PATR_SESSION Session, _In_ ULONG Buffer)
{
    uint64_t Bit = (uint64_t)1 << Buffer % BITS;

    atomic_fetch_and_explicit(&Session->StagingTaken[Buffer / BITS], ~Bit, memory_order_release);
}

static VOID
AtrpDropUnstaged(_Inout_ PATR_LANE Lane, _In_ enum atr_tally_kind Tally)
{
    KIRQL Irql = AtrOsSpinAcquire(&Lane->Lock);

    atr_ring_skip(&Lane->Ring);
    AtrOsSpinRelease(&Lane->Lock, Irql);
    AtrCount(&Lane->Tally[Tally].Dropped[ATR_LOSS_NO_STAGING], 1);
}

BOOLEAN
AtrRecordBegin(_Out_ PATR_RECORD Record, _In_ PATR_SESSION Session, _In_ PATR_LANE Lane,
               _In_ enum atr_tally_kind Tally, _In_ ULONG FixedBytes)
{
    ULONG First = (ULONG)(Lane - Session->Lanes) * ATR_STAGING_PER_LANE;
    ULONG Buffer = AtrpStagingClaim(Session, First);

    if (Buffer == Session->StagingCount) {
        AtrpDropUnstaged(Lane, Tally);
        return FALSE;
    }
    *Record = (ATR_RECORD){
        .Session = Session,
        .Lane = Lane,
        .Bytes = Session->Staging + (SIZE_T)Buffer * ATR_RING_RECORD_MAX,
        .Used = FixedBytes,
        .Limit = PAYLOAD_MAX,
        .Buffer = Buffer,
        .Tally = Tally,
    };
    memset(Record->Bytes, 0, FixedBytes);
    return TRUE;
}

PUCHAR
AtrRecordRoom(_In_ const ATR_RECORD *Record, _Inout_ PULONG Bytes)
{
    ULONG Room = Record->Limit - Record->Used;

    *Bytes = *Bytes < Room ? *Bytes : Room;
    return Record->Bytes + Record->Used;
}

/* What was before in the staging buffer is another caller's: no byte of it goes along. */
VOID
AtrRecordAdd(_Inout_ PATR_RECORD Record, _In_ ULONG Bytes)
{
    ULONG Padding;

    Record->Used += Bytes;
    Padding = (PADDING - Record->Used % PADDING) % PADDING;
    memset(Record->Bytes + Record->Used, 0, Padding);
    Record->Used += Padding;
}

USHORT
AtrRecordText(_Inout_ PATR_RECORD Record, _In_reads_(Units) const WCHAR *Text, _In_ ULONG Units)
{
    ULONG Bytes = Units * (ULONG)sizeof(WCHAR);
    PUCHAR To;

    Bytes = Bytes < ATR_CAPTURE_NAME_MAX ? Bytes : ATR_CAPTURE_NAME_MAX;
    To = AtrRecordRoom(Record, &Bytes);
    if (Bytes != 0) {
        memcpy(To, Text, Bytes);
    }
    AtrRecordAdd(Record, Bytes);
    return (USHORT)Bytes;
}

/* PAYLOAD_MAX is a multiple of PADDING, and so is every Used: padding always has room. */
C_ASSERT(PAYLOAD_MAX % PADDING == 0);

static enum atr_ring_result
AtrpReserve(_Inout_ PATR_RECORD Record, _Out_ struct atr_ring_slot *Slot)
{
    KIRQL Irql = AtrOsSpinAcquire(&Record->Lane->Lock);
    enum atr_ring_result Result = atr_ring_reserve(&Record->Lane->Ring, Record->Used, Slot);

    AtrOsSpinRelease(&Record->Lane->Lock, Irql);
    return Result;
}

static enum atr_loss
AtrpLoss(_Inout_ PATR_RECORD Record, _In_ enum atr_ring_result Result)
{
    switch (Result) {
    case ATR_RING_TOO_LARGE:
        return ATR_LOSS_TOO_LARGE;
    case ATR_RING_BAD_CONSUMER:
        if (atomic_exchange(&Record->Session->IsConsumerBad, 1) == 0) {
            AtrOsWorkerWake();
        }
        return ATR_LOSS_BAD_CONSUMER;
    default:
        return ATR_LOSS_RING_FULL;
    }
}

static VOID
AtrpCountWritten(_In_ const ATR_RECORD *Record)
{
    PATR_LANE Lane = Record->Lane;

    AtrCount(&Lane->Tally[Record->Tally].Written, 1);
    AtrCount(&Lane->Bytes, Record->Used);
    if (Record->Faults != 0) {
        AtrCount(&Lane->Faults, Record->Faults);
    }
    if (Record->Truncated != 0) {
        AtrCount(&Lane->Truncated, Record->Truncated);
    }
}

BOOLEAN
AtrRecordEnd(_Inout_ PATR_RECORD Record)
{
    struct atr_capture_head *Head = (PVOID)Record->Bytes;
    struct atr_ring_slot Slot;
    enum atr_ring_result Result;

    Head->used_bytes = Record->Used;
    Result = AtrpReserve(Record, &Slot);
    if (Result == ATR_RING_OK) {
        memcpy(Slot.payload, Record->Bytes, Record->Used);
        atr_ring_commit(&Slot);
        AtrpCountWritten(Record);
    } else {
        AtrCount(&Record->Lane->Tally[Record->Tally].Dropped[AtrpLoss(Record, Result)], 1);
    }
    AtrpStagingFree(Record->Session, Record->Buffer);
    return Result == ATR_RING_OK;
}
