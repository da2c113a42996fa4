/* SPDX-License-Identifier: MIT */
#pragma once

/* The hook half's own parts; the contract is hook.h. All of it under the device's lock. */

#include "code_alias.h"
#include "hook.h"

#include "wire/one_instruction.h"
#include "wire/service_row.h"
#include "wire/service_table.h"

/* The headers know it under one of its names only. */
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(_In_ ULONG Class, _Out_ PVOID Information,
                                                 _In_ ULONG Length, _Out_opt_ PULONG Returned);

/* pin_link.c */
typedef struct _ATR_PIN_LINK {
    PFILE_OBJECT File; /* NULL: not linked */
    ATR_PIN_TABLE Table;
} ATR_PIN_LINK, *PATR_PIN_LINK;

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrpPinOpen(_Out_ PATR_PIN_LINK Link);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrpPinClose(_Inout_ PATR_PIN_LINK Link);

/* gate.c: whether this machine's settings allow it. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrpMachineGate(_In_ ULONG Flags, _Out_writes_(ATR_DEVICE_REASON_CHARS) PCHAR Reason);

/* locate.c: the kernel's image and its service table. */
typedef struct _ATR_KERNEL {
    PUCHAR Base;
    PUCHAR Table;
    PUCHAR Arguments; /* bytes of arguments of each service; NULL: not told */
    ULONG Limit;
    BOOLEAN IsAbsolute; /* 64-bit addresses, as NT 5.2's relatives keep them */
    BOOLEAN HasAlpc;
    struct atr_image Image;
} ATR_KERNEL, *PATR_KERNEL;

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrpLocateKernel(_Out_ PATR_KERNEL Kernel, _Out_writes_(ATR_DEVICE_REASON_CHARS) PCHAR Reason);

/* NULL: this kernel exports no such routine. Prefix replaces the name's first two letters. */
_IRQL_requires_(PASSIVE_LEVEL) PVOID
    AtrpRoutine(_In_z_ const CHAR *Name, _In_z_ const CHAR *Prefix);

BOOLEAN AtrpIsInKernel(_In_ const ATR_KERNEL *Kernel, _In_ const VOID *Address);
BOOLEAN AtrpIsKernelCode(_In_ const ATR_KERNEL *Kernel, _In_ ULONG64 Address);

/* Room for a 14-byte jump in the kernel's padding, [Low, High); NULL: none. */
_IRQL_requires_(PASSIVE_LEVEL) PVOID
    AtrpFindPadding(_In_ const ATR_KERNEL *Kernel, _In_ ULONG64 Low, _In_ ULONG64 High);

/* One service. */
typedef struct _ATR_HOOK_ROW {
    struct atr_row_facts Facts;
    enum atr_row_verdict Verdict;
    ULONG State; /* enum atr_row_state */
    ULONG ArgumentCount;
    PUCHAR Target;
    BOOLEAN IsLost;       /* counted once */
    ATR_CODE_ALIAS Alias; /* inline: of the unit */
    ULONG64 Before;       /* table: the entry */
    ULONG64 After;
    struct atr_patch Patch; /* inline */
    UCHAR UnitBefore[ATR_PATCH_UNIT];
    UCHAR UnitAfter[ATR_PATCH_UNIT];
} ATR_HOOK_ROW, *PATR_HOOK_ROW;

typedef struct _ATR_HOOK {
    ATR_PIN_LINK Pin;
    ATR_KERNEL Kernel;
    BOOLEAN IsArmed;
    ULONG64 LostHooks;
    ATR_CODE_ALIAS TableAlias;
    ATR_HOOK_ROW Rows[ATR_SERVICE_COUNT];
} ATR_HOOK, *PATR_HOOK;

/* find_rows.c: what the two ways find. */
_IRQL_requires_(PASSIVE_LEVEL) VOID
    AtrpFindRows(_Inout_ PATR_HOOK Hook, _In_ const struct atr_device_start *Start);
extern const CHAR *const AtrpServiceNames[ATR_SERVICE_COUNT];

/* table_hook.c and inline_hook.c: wrap one row; look whether it is still ours; put it back. */
_IRQL_requires_(PASSIVE_LEVEL) enum atr_row_verdict
    AtrpTableArm(_Inout_ PATR_HOOK Hook, _In_ ULONG Row);
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrpTableIsOurs(_In_ const ATR_HOOK *Hook, _In_ ULONG Row);
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrpTableRestore(_Inout_ PATR_HOOK Hook, _In_ ULONG Row);

_IRQL_requires_(PASSIVE_LEVEL) enum atr_row_verdict
    AtrpInlineArm(_Inout_ PATR_HOOK Hook, _In_ ULONG Row);
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrpInlineIsOurs(_In_ const ATR_HOOK *Hook, _In_ ULONG Row);
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrpInlineRestore(_Inout_ PATR_HOOK Hook, _In_ ULONG Row);
