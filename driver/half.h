/* SPDX-License-Identifier: MIT */
#pragma once

/* One half of a call on its way to a record: the enter or the exit. Lives on the caller's stack. */

#include "calls.h"
#include "record.h"
#include "shapes.h"

#include "wire/message.h"

typedef struct _ATR_HALF {
    PATR_SESSION Session;
    PATR_LANE Lane;
    PATR_PIN_FRAME Frame;
    PATR_CALL Call;
    const ATR_SHAPE *Kind; /* of the service */
    ULONG64 Time;
    ULONG64 Message;    /* address; 0: none */
    ULONG64 Attributes; /* address; 0: none */
    ATR_OS_CALLER Caller;
    ULONG Cpu;
    NTSTATUS Status;
    BOOLEAN IsExit;
    BOOLEAN IsContent;  /* what an exit delivered may be read */
    BOOLEAN HasMessage; /* Shape and Header were read */
    BOOLEAN IsHeaderBad;
    BOOLEAN IsPortKnown;
    UCHAR HeaderBytes;
    UCHAR Header[ATR_MESSAGE_HEADER_NATIVE];
    struct atr_message_shape Shape;
    ATR_RECORD Record;
} ATR_HALF, *PATR_HALF;

static inline ULONG64
AtrHalfArgument(_In_ const ATR_HALF *Half, _In_ ULONG Argument)
{
    return Argument == A0 || Argument > Half->Frame->ArgumentCount
               ? 0
               : Half->Frame->Arguments[Argument - 1];
}

static inline struct atr_capture_call *
AtrHalfCall(_In_ const ATR_HALF *Half)
{
    return (struct atr_capture_call *)(PVOID)Half->Record.Bytes;
}
