/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A record on its way into a ring: built in a staging buffer, where reads may fault and wait, then
 * copied over in one piece, where nothing may.
 *
 * Every attempt ends in exactly one of the lane's counters: written, filtered or dropped.
 */

#include "session.h"

typedef struct _ATR_RECORD {
    PATR_SESSION Session;
    PATR_LANE Lane;
    PUCHAR Bytes;
    ULONG Used;
    ULONG Limit;
    ULONG Buffer;
    ULONG Faults;
    ULONG Truncated;
    enum atr_tally_kind Tally;
} ATR_RECORD, *PATR_RECORD;

/* FALSE: no buffer is free; the drop is counted and there is nothing to end. */
_IRQL_requires_max_(APC_LEVEL) BOOLEAN
    AtrRecordBegin(_Out_ PATR_RECORD Record, _In_ PATR_SESSION Session, _In_ PATR_LANE Lane,
                   _In_ enum atr_tally_kind Tally, _In_ ULONG FixedBytes);

/* Bytes more of the record, or as many as there is room for; the caller fills them. */
PUCHAR AtrRecordRoom(_In_ const ATR_RECORD *Record, _Inout_ PULONG Bytes);
VOID AtrRecordAdd(_Inout_ PATR_RECORD Record, _In_ ULONG Bytes);

/* A text of at most ATR_CAPTURE_NAME_MAX bytes; gives how many were kept. */
USHORT AtrRecordText(_Inout_ PATR_RECORD Record, _In_reads_(Units) const WCHAR *Text,
                     _In_ ULONG Units);

/* Into the ring, or counted as dropped; TRUE: written. */
_IRQL_requires_max_(APC_LEVEL) BOOLEAN AtrRecordEnd(_Inout_ PATR_RECORD Record);
