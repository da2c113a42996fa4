/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A second, writable address for a stretch of read-only code or table. The pages stay locked while
 * the alias is open, so what was written cannot be paged out and come back from the file as it was.
 */

#include "os.h"

typedef struct _ATR_CODE_ALIAS {
    PMDL Mdl; /* NULL: closed */
    PUCHAR Address;
    PUCHAR Alias;
    ULONG Bytes;
} ATR_CODE_ALIAS, *PATR_CODE_ALIAS;

_IRQL_requires_max_(APC_LEVEL) NTSTATUS
    AtrAliasOpen(_Out_ PATR_CODE_ALIAS Alias, _In_ PVOID Address, _In_ ULONG Bytes);

_IRQL_requires_max_(APC_LEVEL) VOID AtrAliasClose(_Inout_ PATR_CODE_ALIAS Alias);

/* Where Address, which lies in the stretch, can be written. */
PVOID AtrAliasAt(_In_ const ATR_CODE_ALIAS *Alias, _In_ const VOID *Address);
