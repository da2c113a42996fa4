/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What may fault: each in assembly, under a hand-written handler (guard.S), because gcc knows no
 * __try and clang's covers calls only. Addresses of the kernel are safe to touch only where a
 * fault is an exception and no bug check: user space, pageable code and what MmIsAddressValid
 * vouches for.
 */

#include "os.h"

/* STATUS_ACCESS_VIOLATION: not all of it could be copied; what Destination holds is undefined. */
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    AtrGuardedCopy(_Out_writes_bytes_(Bytes) PVOID Destination,
                   _In_reads_bytes_(Bytes) const VOID *Source, _In_ SIZE_T Bytes);

/* MmProbeAndLockPages for KernelMode. */
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    AtrGuardedLockPages(_Inout_ PMDL Mdl, _In_ LOCK_OPERATION Operation);

_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    AtrGuardedReadMsr(_In_ ULONG Register, _Out_ PULONG64 Value);

/* In one piece: At is aligned to 16 and writable. False: it held something else. */
BOOLEAN NTAPI AtrCompareExchange16(_Inout_updates_bytes_(16) PVOID At,
                                   _In_reads_bytes_(16) const UCHAR *From,
                                   _In_reads_bytes_(16) const UCHAR *To);
