/* SPDX-License-Identifier: MIT */
#pragma once

/* The pin's own parts; the contract is driver/pin.h. */

#include "pin.h"

/* state.c: who is attached, who is inside. */
_IRQL_requires_max_(APC_LEVEL) VOID PinpEnter(_Inout_ PATR_PIN_FRAME Frame);
_IRQL_requires_max_(APC_LEVEL) VOID PinpLeave(_Inout_ PATR_PIN_FRAME Frame, _In_ NTSTATUS Status);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
    PinpAttach(_In_ ATR_PIN_PRE *Pre, _In_ ATR_PIN_POST *Post, _Out_ PULONG64 Generation);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI PinpDetach(_In_ ULONG WaitMs);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI PinpCounters(_Out_ PATR_PIN_COUNTERS Counters);
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI PinpInside(_Out_ PULONG Pid, _Out_ PULONG Tid);

/* thunks.c: one routine a row and argument count. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
    PinpSetTarget(_In_ ULONG Row, _In_ PVOID Target, _In_ ULONG ArgumentCount);
_IRQL_requires_max_(DISPATCH_LEVEL) PVOID NTAPI PinpThunk(_In_ ULONG Row);

/* room.S: code without content, for trampolines. */
#define PINP_ROOM_BYTES 2048
extern UCHAR PinpRoom[PINP_ROOM_BYTES];

/* room.c: code that is written once. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
    PinpTrampoline(_In_ PVOID Target, _In_reads_bytes_(Bytes) const UCHAR *Code, _In_ ULONG Bytes,
                   _Outptr_ PVOID *Trampoline);
_IRQL_requires_(PASSIVE_LEVEL) PVOID NTAPI
    PinpIsland(_In_ ULONG Row, _In_ const VOID *Low, _In_ const VOID *High, _In_opt_ PVOID Place);
