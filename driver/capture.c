/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include "parts.h"
#include "ports.h"
#include "processes.h"
#include "stacks.h"

enum {
    CPU_SHIFT = 48, /* of a call id */
};

static enum atr_tally_kind
AtrpTally(_In_ const ATR_HALF *Half)
{
    return Half->IsExit ? ATR_TALLY_EXIT : ATR_TALLY_ENTER;
}

static VOID
AtrpFiltered(_Inout_ PATR_HALF Half)
{
    AtrCount(&Half->Lane->Tally[AtrpTally(Half)].Filtered, 1);
}

static BOOLEAN
AtrpIsHalfRefused(_In_ const ATR_HALF *Half)
{
    struct atr_filter_half Facts = {
        .operation = AtrShapeOperations[Half->Frame->Row],
        .message_type = Half->Shape.type,
        .data_length = Half->Shape.data_length,
        .has_message = Half->HasMessage,
        .is_exit = Half->IsExit,
    };

    return atr_filter_half(&Half->Session->Start.filter, &Facts) == ATR_VERDICT_REFUSE;
}

static VOID
AtrpFillCall(_Inout_ PATR_HALF Half)
{
    *AtrHalfCall(Half) = (struct atr_capture_call){
        .head =
            {
                .kind = Half->IsExit ? ATR_CAPTURE_EXIT : ATR_CAPTURE_ENTER,
                .fixed_bytes = sizeof(struct atr_capture_call),
                .flags = Half->Call->Flags | (Half->IsPortKnown || Half->Call->Handle == 0
                                                  ? 0u
                                                  : ATR_RECORD_PORT_UNRESOLVED),
                .time_qpc = Half->Time,
            },
        .call_id = Half->Call->CallId,
        .enter_qpc = Half->Call->EnterQpc,
        .process_key = Half->Caller.ProcessKey,
        .port_key = Half->Call->PortKey,
        .port_generation = Half->Call->PortGeneration,
        .handle = Half->Call->Handle,
        .pid = Half->Caller.Pid,
        .tid = Half->Caller.Tid,
        .flags = Half->Call->ServiceFlags,
        .status = (uint32_t)Half->Status,
        .cpu = (uint16_t)Half->Cpu,
        .operation = AtrShapeOperations[Half->Frame->Row],
    };
}

/* Counted and not filtered: a record, or a drop. TRUE: written. */
static BOOLEAN
AtrpWrite(_Inout_ PATR_HALF Half)
{
    if (!AtrRecordBegin(&Half->Record, Half->Session, Half->Lane, AtrpTally(Half),
                        sizeof(struct atr_capture_call))) {
        return FALSE;
    }
    AtrpFillCall(Half);
    if (!Half->IsExit) {
        AtrStacksAdd(Half);
    }
    AtrPartsAdd(Half);
    if (!Half->IsPortKnown && Half->Call->Handle != 0) {
        AtrCount(&Half->Lane->Unresolved, 1);
    }
    return AtrRecordEnd(&Half->Record);
}

/* A wrapped call inside another of this thread that has the same port and buffers shows nothing. */
static VOID
AtrpNest(_Inout_ PATR_HALF Half)
{
    PATR_CALL Call = Half->Call;
    const ATR_SHAPE *Outer;

    AtrCallsPush(Half->Caller.Tid, Half->Frame);
    if (Call->Outer == NULL) {
        return;
    }
    Call->Flags |= ATR_RECORD_NESTED;
    Outer = &AtrShapes[Call->Outer->Row];
    if (Outer->Send != A0 && Half->Kind->Send != A0) {
        Call->IsSameAsOuter =
            AtrCallOf(Call->Outer)->Handle == Call->Handle &&
            Call->Outer->Arguments[Outer->Send - 1] == AtrHalfArgument(Half, Half->Kind->Send) &&
            (Outer->Receive == A0 || Call->Outer->Arguments[Outer->Receive - 1] ==
                                         AtrHalfArgument(Half, Half->Kind->Receive));
    }
}

static ULONG64
AtrpCapacity(_In_ const ATR_HALF *Half)
{
    ULONG64 Address = AtrHalfArgument(Half, Half->Kind->Capacity);
    ULONG64 Capacity;

    if (Address == 0 ||
        AtrOsCopy(&Capacity, Address, sizeof(Capacity), &Half->Caller) != sizeof(Capacity)) {
        return UINT64_MAX;
    }
    return Capacity;
}

/* Kernel-decisions 7: only a deferred send is a call at all. */
static BOOLEAN
AtrpIsDeferredSend(_Inout_ PATR_HALF Half)
{
    ULONG64 Address = AtrHalfArgument(Half, Half->Kind->Deferred);
    UCHAR Bytes[ATR_MESSAGE_DEFERRED_BYTES];
    struct atr_message_deferred Deferred;

    if (Address == 0 || AtrOsCopy(Bytes, Address, sizeof(Bytes), &Half->Caller) != sizeof(Bytes) ||
        !atr_message_deferred_decode(Bytes, &Deferred)) {
        return FALSE;
    }
    Half->Message = Deferred.message;
    Half->Call->Handle = Deferred.port_handle;
    Half->Call->ServiceFlags = Deferred.send_flags;
    Half->Call->Flags = ATR_RECORD_DEFERRED;
    return TRUE;
}

static VOID
AtrpCallBegin(_Inout_ PATR_HALF Half)
{
    PATR_CALL Call = Half->Call;
    ULONG64 Count = atomic_fetch_add_explicit(&Half->Lane->CallCount, 1, memory_order_relaxed) + 1;
    ULONG64 Lane = (ULONG64)(Half->Lane - Half->Session->Lanes);

    Call->CallId = Lane << CPU_SHIFT | Count;
    Call->EnterQpc = Half->Time;
    Call->Flags |= ATR_RECORD_FROM_DRIVER;
    if (Half->Caller.IsKernel) {
        Call->Flags |= ATR_RECORD_KERNEL_CALLER;
    }
    if ((Half->Kind->Traits & ATR_SHAPE_DEFERRED) == 0) {
        Call->Session = Half->Session->Number;
        Call->Handle = AtrHalfArgument(Half, Half->Kind->Handle);
        Call->ServiceFlags = (ULONG)AtrHalfArgument(Half, Half->Kind->Flags);
        Call->Capacity = AtrpCapacity(Half);
        Half->Message = AtrHalfArgument(Half, Half->Kind->Send);
        Half->Attributes = AtrHalfArgument(Half, Half->Kind->SendAttributes);
        AtrpNest(Half);
    }
}

static VOID
AtrpEnter(_Inout_ PATR_HALF Half)
{
    if ((Half->Kind->Traits & ATR_SHAPE_DEFERRED) != 0 && !AtrpIsDeferredSend(Half)) {
        return;
    }
    AtrCount(&Half->Lane->Tally[ATR_TALLY_ENTER].Attempted, 1);
    AtrpCallBegin(Half);
    if (Half->Caller.Process == Half->Session->Owner ||
        AtrProcessesVerdict(Half->Caller.Pid) == ATR_VERDICT_REFUSE) {
        Half->Call->IsRefused = TRUE;
        AtrpFiltered(Half);
        return;
    }
    AtrPartsFetchHeader(Half);
    if (AtrPortsResolve(Half) == ATR_VERDICT_REFUSE || AtrpIsHalfRefused(Half)) {
        AtrpFiltered(Half);
        return;
    }
    if (!AtrpWrite(Half)) {
        Half->Call->Flags |= ATR_RECORD_ENTER_LOST;
    }
}

static BOOLEAN
AtrpIsDelivered(_In_ const ATR_HALF *Half)
{
    return atr_message_delivered((uint32_t)Half->Status) ||
           ((Half->Kind->Traits & ATR_SHAPE_REFUSAL_SPEAKS) != 0 &&
            Half->Status == STATUS_PORT_CONNECTION_REFUSED);
}

static VOID
AtrpExit(_Inout_ PATR_HALF Half)
{
    AtrCount(&Half->Lane->Tally[ATR_TALLY_EXIT].Attempted, 1);
    AtrCallsPop(Half->Caller.Tid, Half->Frame);
    if (Half->Call->IsRefused) {
        AtrpFiltered(Half);
        return;
    }
    Half->IsContent = AtrpIsDelivered(Half);
    if (Half->IsContent) {
        Half->Message = AtrHalfArgument(Half, Half->Kind->Receive);
        Half->Attributes = AtrHalfArgument(Half, Half->Kind->ReceiveAttributes);
    }
    AtrPartsFetchHeader(Half);
    if (AtrPortsJudge(Half) == ATR_VERDICT_REFUSE || AtrpIsHalfRefused(Half)) {
        AtrpFiltered(Half);
    } else {
        (VOID) AtrpWrite(Half);
    }
    if (Half->Kind->OutHandle != A0 && NT_SUCCESS(Half->Status)) {
        AtrPortsMade(Half);
    }
}

static VOID
AtrpHalfInit(_Out_ PATR_HALF Half, _In_ PATR_SESSION Session, _In_ PATR_PIN_FRAME Frame,
             _In_ ULONG Cpu)
{
    memset(Half, 0, sizeof(*Half));
    Half->Session = Session;
    Half->Lane = AtrSessionLane(Session, Cpu);
    Half->Frame = Frame;
    Half->Call = AtrCallOf(Frame);
    Half->Kind = &AtrShapes[Frame->Row];
    Half->Cpu = Cpu;
    Half->Time = AtrOsCounter();
    AtrOsCaller(&Half->Caller);
}

VOID NTAPI
AtrCapturePre(_Inout_ PATR_PIN_FRAME Frame)
{
    ULONG64 Ticks = AtrOsTicks();
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);
    ATR_HALF Half;

    if (Session == NULL) {
        return;
    }
    if (Session->State == ATR_DEVICE_RUNNING && Frame->Row < ATR_SERVICE_COUNT) {
        AtrpHalfInit(&Half, Session, Frame, Cpu);
        AtrpEnter(&Half);
        AtrCount(&Half.Lane->PreTicks, AtrOsTicks() - Ticks);
        AtrCount(&Half.Lane->TimedCalls, 1);
    }
    AtrSessionLeave(Cpu);
}

VOID NTAPI
AtrCapturePost(_Inout_ PATR_PIN_FRAME Frame, _In_ NTSTATUS Status)
{
    ULONG64 Ticks = AtrOsTicks();
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);
    ATR_HALF Half;

    if (Session == NULL) {
        return;
    }
    if (AtrCallOf(Frame)->Session == Session->Number && Frame->Row < ATR_SERVICE_COUNT) {
        AtrpHalfInit(&Half, Session, Frame, Cpu);
        Half.IsExit = TRUE;
        Half.Status = Status;
        AtrpExit(&Half);
        AtrCount(&Half.Lane->PostTicks, AtrOsTicks() - Ticks);
    }
    AtrSessionLeave(Cpu);
}
