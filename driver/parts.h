/* SPDX-License-Identifier: MIT */
#pragma once

/* What a half of a call has to show: the message's header, its data, and the row's other parts. */

#include "half.h"

/* The header of the message at Half->Message, fetched once: Shape, or IsHeaderBad. */
_IRQL_requires_max_(APC_LEVEL) VOID AtrPartsFetchHeader(_Inout_ PATR_HALF Half);

/* All parts, and the fields of the call's struct that come with them. */
_IRQL_requires_max_(APC_LEVEL) VOID AtrPartsAdd(_Inout_ PATR_HALF Half);

/* Copies the text that Argument leads to; gives its length before any cut. 0: none or unreadable */
_IRQL_requires_max_(APC_LEVEL) ULONG
    AtrPartsName(_In_ const ATR_HALF *Half, _In_ ULONG Argument, _In_ ULONG Fetch,
                 _Out_writes_bytes_(*Bytes) PVOID To, _Inout_ PULONG Bytes);
