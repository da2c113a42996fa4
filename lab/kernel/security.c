/* SPDX-License-Identifier: MIT */
/* Tokens as far as "is this an administrator": everybody is, but for the process of the switch. */
#include "kernel.h"

#include "switches.h"

typedef struct _LAB_SUBJECT {
    PVOID ClientToken;
    int ImpersonationLevel;
    PVOID PrimaryToken;
    PVOID ProcessAuditId;
} LAB_SUBJECT, *PLAB_SUBJECT;

static ULONG64 AdministratorToken[8];
static ULONG64 UserToken[8];

HANDLE KERNELAPI PsGetCurrentProcessId(void);

static PVOID
TokenOf(ULONG64 ProcessId)
{
    return LabSwitches.Unprivileged != 0 && ProcessId == LabSwitches.Unprivileged
               ? UserToken
               : AdministratorToken;
}

PVOID KERNELAPI
PsReferencePrimaryToken(PVOID Process)
{
    return TokenOf((ULONG64)PsGetProcessId(Process));
}

VOID KERNELAPI
PsDereferencePrimaryToken(PVOID Token)
{
    (void)Token;
}

VOID KERNELAPI
PsDereferenceImpersonationToken(PVOID Token)
{
    (void)Token;
}

VOID KERNELAPI
SeCaptureSubjectContext(PLAB_SUBJECT Subject)
{
    Subject->ClientToken = NULL;
    Subject->ImpersonationLevel = 0;
    Subject->PrimaryToken = TokenOf((ULONG64)PsGetCurrentProcessId());
    Subject->ProcessAuditId = PsGetCurrentProcessId();
}

VOID KERNELAPI
SeReleaseSubjectContext(PLAB_SUBJECT Subject)
{
    Subject->PrimaryToken = NULL;
}

VOID KERNELAPI
SeLockSubjectContext(PLAB_SUBJECT Subject)
{
    (void)Subject;
}

VOID KERNELAPI
SeUnlockSubjectContext(PLAB_SUBJECT Subject)
{
    (void)Subject;
}

BOOLEAN KERNELAPI
SeTokenIsAdmin(PVOID Token)
{
    return Token != UserToken;
}

BOOLEAN KERNELAPI
SeSinglePrivilegeCheck(LUID Privilege, CHAR Mode)
{
    (void)Privilege;
    return Mode == 0 || TokenOf((ULONG64)PsGetCurrentProcessId()) != UserToken;
}

/* Every descriptor of the lab's devices says: SYSTEM and administrators. */
BOOLEAN KERNELAPI
SeAccessCheck(PVOID Descriptor, PLAB_SUBJECT Subject, BOOLEAN IsLocked, ACCESS_MASK Desired,
              ACCESS_MASK Previous, PVOID *Privileges, PVOID Mapping, CHAR Mode,
              ACCESS_MASK *Granted, NTSTATUS *Status)
{
    BOOLEAN IsAllowed = Mode == 0 || SeTokenIsAdmin(Subject->PrimaryToken);

    (void)Descriptor;
    (void)IsLocked;
    (void)Previous;
    (void)Mapping;
    if (Privileges != NULL) {
        *Privileges = NULL;
    }
    *Granted = IsAllowed ? Desired : 0;
    *Status = IsAllowed ? 0 : (NTSTATUS)0xc0000022; /* STATUS_ACCESS_DENIED */
    return IsAllowed;
}
