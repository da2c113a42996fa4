/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Wraps the services of wire/services.def: finds each row's target in two independent ways, swaps
 * the service table's entry or detours one instruction, and puts everything back
 * (kernel-decisions.md 4 to 8). Knows nothing of messages.
 *
 * All routines: PASSIVE_LEVEL, one caller at a time (the device's lock).
 */

#include "pin.h"

/* Finds the pin and its table. STATUS_DEVICE_NOT_READY: no pin; STATUS_REVISION_MISMATCH: reboot.
 */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrHookInit(VOID);

/*
 * Disarms what is armed, detaches, waits 5 s at most. STATUS_DEVICE_BUSY: somebody is still inside
 * Pre or Post; do not unload.
 */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrHookFini(VOID);

/* Somebody who is inside Pre or Post now: for the words of an unload that cannot be whole. */
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrHookInside(_Out_ PULONG Pid, _Out_ PULONG Tid);

/* Why nothing may be wrapped here, as ASCII into Reason; STATUS_SUCCESS and an empty text: it may.
 */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrHookGate(_In_ ULONG Flags, _Out_writes_(ATR_DEVICE_REASON_CHARS) PCHAR Reason);

/*
 * Attaches Pre and Post and wraps every row it can. When the first row cannot be wrapped nothing
 * stays wrapped and the call fails; on a kernel without ALPC the first legacy row takes its place.
 */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrHookArm(_In_ const struct atr_device_start *Start, _In_ ATR_PIN_PRE *Pre,
               _In_ ATR_PIN_POST *Post, _Out_ PULONG64 Generation);

/* Restores all that is still ours; never waits for calls inside. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrHookDisarm(VOID);

/* Once a second while armed: counts entries that are no longer ours. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrHookCheck(VOID);

/* Fills rows, in_flight, enters, exits, returned_stale, lost_hooks, pin_version of Status. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrHookStatus(_Inout_ struct atr_device_status *Status);
