/* SPDX-License-Identifier: MIT */
#include "code_alias.h"

#include "guard.h"

_Use_decl_annotations_ NTSTATUS
AtrAliasOpen(PATR_CODE_ALIAS Alias, PVOID Address, ULONG Bytes)
{
    NTSTATUS Status;

    RtlZeroMemory(Alias, sizeof(*Alias));
    Alias->Mdl = IoAllocateMdl(Address, Bytes, FALSE, FALSE, NULL);
    if (Alias->Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    /* Read access: the original mapping is read-only, asking to write it would be refused. */
    Status = AtrGuardedLockPages(Alias->Mdl, IoReadAccess);
    if (!NT_SUCCESS(Status)) {
        IoFreeMdl(Alias->Mdl);
        Alias->Mdl = NULL;
        return Status;
    }
    Alias->Alias = MmMapLockedPagesSpecifyCache(Alias->Mdl, KernelMode, MmCached, NULL, FALSE,
                                                NormalPagePriority);
    if (Alias->Alias == NULL) {
        MmUnlockPages(Alias->Mdl);
        IoFreeMdl(Alias->Mdl);
        Alias->Mdl = NULL;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    /* Most kernels map writable anyway, and one of them does not implement this. */
    (VOID) MmProtectMdlSystemAddress(Alias->Mdl, PAGE_READWRITE);
    Alias->Address = Address;
    Alias->Bytes = Bytes;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID
AtrAliasClose(PATR_CODE_ALIAS Alias)
{
    if (Alias->Mdl != NULL) {
        MmUnmapLockedPages(Alias->Alias, Alias->Mdl);
        MmUnlockPages(Alias->Mdl);
        IoFreeMdl(Alias->Mdl);
    }
    RtlZeroMemory(Alias, sizeof(*Alias));
}

_Use_decl_annotations_ PVOID
AtrAliasAt(const ATR_CODE_ALIAS *Alias, const VOID *Address)
{
    return Alias->Alias + ((const UCHAR *)Address - Alias->Address);
}
