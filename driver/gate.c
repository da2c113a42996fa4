/* SPDX-License-Identifier: MIT */

/*
 * Whether this machine may be patched at all (kernel-capture.md 2.2). A kernel booted without a
 * debugger watches its own code and stops the machine when it finds it changed; with code integrity
 * kept by a hypervisor the first write is refused.
 */

#include "hook_internal.h"

#include "text.h"

/* ntddk's names are missing from the headers. */
#define ATRP_SYSTEM_CODE_INTEGRITY      103u
#define ATRP_CODE_INTEGRITY_HVCI        0x0400u
#define ATRP_CODE_INTEGRITY_HVCI_STRICT 0x1000u
#define ATRP_CODE_INTEGRITY_IUM         0x2000u /* virtualization-based security is running */

typedef struct _ATRP_CODE_INTEGRITY {
    ULONG Length;
    ULONG Options;
} ATRP_CODE_INTEGRITY;

/* A kernel that does not know the question has nothing of the kind. */
static ULONG
AtrpCodeIntegrityOptions(VOID)
{
    ATRP_CODE_INTEGRITY Integrity = {.Length = sizeof(Integrity)};
    NTSTATUS Status;

    Status =
        ZwQuerySystemInformation(ATRP_SYSTEM_CODE_INTEGRITY, &Integrity, sizeof(Integrity), NULL);
    return NT_SUCCESS(Status) ? Integrity.Options : 0;
}

_Use_decl_annotations_ NTSTATUS
AtrpMachineGate(ULONG Flags, PCHAR Reason)
{
    const ULONG Options = AtrpCodeIntegrityOptions();

    if ((Options & (ATRP_CODE_INTEGRITY_HVCI | ATRP_CODE_INTEGRITY_HVCI_STRICT)) != 0) {
        AtrTextCopy(Reason, "memory integrity (HVCI) is on: switch it off and restart");
        return STATUS_NOT_SUPPORTED;
    }
    if ((Options & ATRP_CODE_INTEGRITY_IUM) != 0) {
        AtrTextCopy(Reason, "virtualization-based security is running: switch it off and restart");
        return STATUS_NOT_SUPPORTED;
    }
    if (!KD_DEBUGGER_ENABLED && (Flags & ATR_START_FORCE_GATE) == 0) {
        AtrTextCopy(Reason, "not booted with kernel debugging: bcdedit /debug on, then restart");
        return STATUS_DEBUGGER_INACTIVE;
    }
    return STATUS_SUCCESS;
}
