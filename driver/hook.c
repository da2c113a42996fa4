/* SPDX-License-Identifier: MIT */
#include "hook_internal.h"

#include "text.h"

#define ATRP_UNLOAD_WAIT_MS 5000

static ATR_HOOK AtrpHook;

static BOOLEAN
AtrpIsWrapped(_In_ const ATR_HOOK_ROW *Row)
{
    return Row->State == ATR_ROW_TABLE || Row->State == ATR_ROW_INLINE;
}

_Use_decl_annotations_ NTSTATUS
AtrHookInit(VOID)
{
    return AtrpHook.Pin.File != NULL ? STATUS_SUCCESS : AtrpPinOpen(&AtrpHook.Pin);
}

_Use_decl_annotations_ NTSTATUS
AtrHookFini(VOID)
{
    AtrHookDisarm();
    if (AtrpHook.Pin.File != NULL &&
        AtrpHook.Pin.Table.Detach(ATRP_UNLOAD_WAIT_MS) != STATUS_SUCCESS) {
        return STATUS_DEVICE_BUSY;
    }
    AtrpPinClose(&AtrpHook.Pin);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ BOOLEAN
AtrHookInside(PULONG Pid, PULONG Tid)
{
    return AtrpHook.Pin.File != NULL && AtrpHook.Pin.Table.Inside(Pid, Tid);
}

_Use_decl_annotations_ NTSTATUS
AtrHookGate(ULONG Flags, PCHAR Reason)
{
    NTSTATUS Status = AtrHookInit();

    Reason[0] = '\0';
    if (Status == STATUS_REVISION_MISMATCH) {
        AtrTextCopy(Reason, "alpcpin.sys of another version is loaded: restart the machine");
        return Status;
    }
    if (!NT_SUCCESS(Status)) {
        AtrTextCopy(Reason, "alpcpin.sys is not loaded: start the service AlpcPin first");
        return Status;
    }
    Status = AtrpMachineGate(Flags, Reason);
    if (NT_SUCCESS(Status) && !AtrpHook.IsArmed) {
        Status = AtrpLocateKernel(&AtrpHook.Kernel, Reason);
    }
    return Status;
}

static VOID
AtrpArmRow(_In_ const struct atr_device_start *Start, _In_ ULONG Row)
{
    const PATR_HOOK_ROW This = &AtrpHook.Rows[Row];

    if (This->Verdict != ATR_ROW_AGREED && This->Verdict != ATR_ROW_NUMBER_ONLY) {
        return;
    }
    const enum atr_row_verdict Found = This->Verdict;

    if ((Start->flags & ATR_START_INLINE) == 0) {
        This->Verdict = AtrpTableArm(&AtrpHook, Row);
    }
    if (!AtrpIsWrapped(This)) {
        This->Verdict = Found;
        This->Verdict = AtrpInlineArm(&AtrpHook, Row);
    }
}

/* The first row must be wrapped, or on a kernel without ALPC any legacy row. */
static BOOLEAN
AtrpIsEnough(VOID)
{
    if (AtrpHook.Kernel.HasAlpc) {
        return AtrpIsWrapped(&AtrpHook.Rows[ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE]);
    }
    for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
        if (AtrpIsWrapped(&AtrpHook.Rows[Row])) {
            return TRUE;
        }
    }
    return FALSE;
}

_Use_decl_annotations_ NTSTATUS
AtrHookArm(const struct atr_device_start *Start, ATR_PIN_PRE *Pre, ATR_PIN_POST *Post,
           PULONG64 Generation)
{
    CHAR Reason[ATR_DEVICE_REASON_CHARS];
    NTSTATUS Status;

    if (AtrpHook.IsArmed) {
        return STATUS_DEVICE_BUSY;
    }
    Status = AtrHookGate(Start->flags, Reason);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    AtrpFindRows(&AtrpHook, Start);
    Status = AtrpHook.Pin.Table.Attach(Pre, Post, Generation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    AtrpHook.IsArmed = TRUE;
    AtrpHook.LostHooks = 0;
    for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
        AtrpArmRow(Start, Row);
    }
    if (!AtrpIsEnough()) {
        AtrHookDisarm();
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_SUCCESS;
}

static VOID
AtrpDisarmRow(_In_ ULONG Row)
{
    const PATR_HOOK_ROW This = &AtrpHook.Rows[Row];
    BOOLEAN IsRestored = TRUE;

    if (This->State == ATR_ROW_TABLE) {
        IsRestored = AtrpTableRestore(&AtrpHook, Row);
    } else if (This->State == ATR_ROW_INLINE) {
        IsRestored = AtrpInlineRestore(&AtrpHook, Row);
    } else {
        return;
    }
    AtrAliasClose(&This->Alias);
    This->State = IsRestored ? ATR_ROW_IDLE : ATR_ROW_FOREIGN;
    if (!IsRestored) {
        This->Verdict = ATR_ROW_FOREIGN_HOOK;
    }
}

_Use_decl_annotations_ VOID
AtrHookDisarm(VOID)
{
    if (!AtrpHook.IsArmed) {
        return;
    }
    AtrHookCheck();
    for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
        AtrpDisarmRow(Row);
    }
    AtrAliasClose(&AtrpHook.TableAlias);
    (VOID) AtrpHook.Pin.Table.Detach(0);
    AtrpHook.IsArmed = FALSE;
}

_Use_decl_annotations_ VOID
AtrHookCheck(VOID)
{
    for (ULONG Row = 0; AtrpHook.IsArmed && Row < ATR_SERVICE_COUNT; Row++) {
        const PATR_HOOK_ROW This = &AtrpHook.Rows[Row];

        if (!AtrpIsWrapped(This) || This->IsLost) {
            continue;
        }
        This->IsLost = This->State == ATR_ROW_TABLE ? !AtrpTableIsOurs(&AtrpHook, Row)
                                                    : !AtrpInlineIsOurs(&AtrpHook, Row);
        AtrpHook.LostHooks += This->IsLost;
    }
}

static VOID
AtrpRowStatus(_In_ const ATR_HOOK_ROW *Row, _In_ ULONG64 Calls, _Out_ struct atr_device_row *Out)
{
    Out->state = Row->IsLost && AtrpIsWrapped(Row) ? (ULONG)ATR_ROW_FOREIGN : Row->State;
    Out->found = atr_row_found(&Row->Facts);
    Out->number = Row->Facts.number;
    Out->rva = AtrpIsInKernel(&AtrpHook.Kernel, Row->Target)
                   ? (ULONG)(Row->Target - AtrpHook.Kernel.Base)
                   : 0;
    Out->calls = Calls;
    AtrTextCopy(Out->reason, atr_row_reason(Row->IsLost ? ATR_ROW_FOREIGN_HOOK : Row->Verdict));
}

_Use_decl_annotations_ VOID
AtrHookStatus(struct atr_device_status *Status)
{
    ATR_PIN_COUNTERS Now;

    RtlZeroMemory(&Now, sizeof(Now));
    if (AtrpHook.Pin.File != NULL) {
        AtrpHook.Pin.Table.Counters(&Now);
        Status->pin_version = AtrpHook.Pin.Table.Version;
    }
    Status->in_flight = Now.InFlight;
    Status->enters = Now.Enters;
    Status->exits = Now.Exits;
    Status->returned_stale = Now.Stale;
    Status->lost_hooks = AtrpHook.LostHooks;
    for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
        AtrpRowStatus(&AtrpHook.Rows[Row], Now.Calls[Row], &Status->rows[Row]);
    }
}
