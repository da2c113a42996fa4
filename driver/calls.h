/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Calls inside a wrapped service, by thread: finds the call that another one is nested in. Only a
 * thread's own frames are ever looked at: the stacks of others may be paged out.
 */

#include "pin.h"

/* Ours in the pin's frame, from the enter to the exit. */
typedef struct _ATR_CALL {
    ULONG64 Session; /* number; 0: no enter was counted */
    ULONG64 CallId;
    ULONG64 EnterQpc;
    ULONG64 PortKey;
    ULONG64 PortGeneration;
    ULONG64 Handle;
    ULONG64 Capacity;     /* of the receive buffer, all ones: not told */
    PATR_PIN_FRAME Outer; /* this thread's enclosing call */
    ULONG Flags;          /* enum atr_record_flag, for both halves */
    ULONG ServiceFlags;
    UCHAR Layout; /* enum atr_message_layout */
    BOOLEAN IsTracked;
    BOOLEAN IsRefused; /* the process is filtered out */
    BOOLEAN IsSameAsOuter;
} ATR_CALL, *PATR_CALL;

C_ASSERT(sizeof(ATR_CALL) <= sizeof(((PATR_PIN_FRAME)0)->Context));

static inline PATR_CALL
AtrCallOf(_In_ PATR_PIN_FRAME Frame)
{
    return (PATR_CALL)Frame->Context;
}

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrCallsCreate(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrCallsDestroy(VOID);

/* Makes Frame the thread's innermost call; sets Outer. A full table tracks nothing. */
_IRQL_requires_max_(APC_LEVEL) VOID AtrCallsPush(_In_ ULONG Tid, _Inout_ PATR_PIN_FRAME Frame);
_IRQL_requires_max_(APC_LEVEL) VOID AtrCallsPop(_In_ ULONG Tid, _Inout_ PATR_PIN_FRAME Frame);
