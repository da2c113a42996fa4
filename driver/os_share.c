/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "os_nt.h"

enum {
    NO_CHANGE = 0x00400000,       /* SEC_NO_CHANGE, which these headers lack */
    LOCK_BYTES = 8 * 1024 * 1024, /* of one MDL: NT 5.2 has room for 32 MB */
};

/* Exported since NT 4, in no header. */
NTKERNELAPI NTSTATUS NTAPI MmCreateSection(PVOID *Section, ACCESS_MASK Access,
                                           POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER Size,
                                           ULONG Protection, ULONG Allocation, HANDLE File,
                                           PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS NTAPI MmMapViewOfSection(PVOID Section, PEPROCESS Process, PVOID *Base,
                                              ULONG_PTR ZeroBits, SIZE_T Commit,
                                              PLARGE_INTEGER Offset, PSIZE_T Bytes,
                                              SECTION_INHERIT Inherit, ULONG Allocation,
                                              ULONG Protection);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID Base);

/* The kernel's view stays resident: it is written at DISPATCH_LEVEL. */
typedef struct _ATR_OS_LOCKS {
    ULONG Count;
    PMDL Mdls[];
} ATR_OS_LOCKS, *PATR_OS_LOCKS;

static VOID
AtrpUnlock(_Inout_ PATR_OS_SHARE Share)
{
    PATR_OS_LOCKS Locks = Share->Locks;

    if (Locks == NULL) {
        return;
    }
    for (ULONG i = 0; i < Locks->Count; i++) {
        MmUnlockPages(Locks->Mdls[i]);
        IoFreeMdl(Locks->Mdls[i]);
    }
    AtrOsFree(Locks);
}

static NTSTATUS
AtrpLockPiece(_Inout_ PATR_OS_LOCKS Locks, _In_ PVOID Address, _In_ ULONG Bytes)
{
    PMDL Mdl = IoAllocateMdl(Address, Bytes, FALSE, FALSE, NULL);
    NTSTATUS Status;

    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = AtrGuardedLockPages(Mdl, IoWriteAccess);
    if (!NT_SUCCESS(Status)) {
        IoFreeMdl(Mdl);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Locks->Mdls[Locks->Count++] = Mdl;
    return STATUS_SUCCESS;
}

static NTSTATUS
AtrpLock(_Inout_ PATR_OS_SHARE Share)
{
    SIZE_T Pieces = (Share->Bytes + LOCK_BYTES - 1) / LOCK_BYTES;
    PATR_OS_LOCKS Locks = AtrOsAllocate(sizeof(*Locks) + Pieces * sizeof(PMDL));
    NTSTATUS Status = STATUS_SUCCESS;

    if (Locks == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Share->Locks = Locks;
    for (SIZE_T Done = 0; Done < Share->Bytes && NT_SUCCESS(Status); Done += LOCK_BYTES) {
        SIZE_T Left = Share->Bytes - Done;

        Status = AtrpLockPiece(Locks, (PUCHAR)Share->Kernel + Done,
                               Left < LOCK_BYTES ? (ULONG)Left : LOCK_BYTES);
    }
    return Status;
}

NTSTATUS
AtrOsShareCreate(_Out_ PATR_OS_SHARE Share, _In_ SIZE_T Bytes)
{
    LARGE_INTEGER Size = {.QuadPart = (LONGLONG)Bytes};
    SIZE_T ViewBytes = 0;
    NTSTATUS Status;

    *Share = (ATR_OS_SHARE){.Bytes = Bytes};
    Status = MmCreateSection(&Share->Section, SECTION_ALL_ACCESS, NULL, &Size, PAGE_READWRITE,
                             SEC_COMMIT, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        Status = MmMapViewInSystemSpace(Share->Section, &Share->Kernel, &ViewBytes);
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrpLock(Share);
    }
    return Status;
}

static NTSTATUS
AtrpMap(_Inout_ PATR_OS_SHARE Share, _In_ PVOID Process, _In_ ULONG Allocation,
        _In_ ULONG Protection)
{
    SIZE_T ViewBytes = 0;
    PVOID Base = NULL;
    NTSTATUS Status = MmMapViewOfSection(Share->Section, Process, &Base, 0, 0, NULL, &ViewBytes,
                                         ViewUnmap, Allocation, Protection);

    if (NT_SUCCESS(Status)) {
        ObReferenceObject(Process);
        Share->Process = Process;
        Share->User = (ULONG64)(ULONG_PTR)Base;
    }
    return Status;
}

/* By object, so that no handle exists that somebody could copy. */
NTSTATUS
AtrOsShareMap(_Inout_ PATR_OS_SHARE Share, _In_ PVOID Process, _In_ BOOLEAN IsWritable)
{
    ULONG Protection = IsWritable ? PAGE_READWRITE : PAGE_READONLY;
    NTSTATUS Status = AtrpMap(Share, Process, NO_CHANGE, Protection);

    /* Not every system knows views whose protection nobody changes any more. */
    return NT_SUCCESS(Status) ? Status : AtrpMap(Share, Process, 0, Protection);
}

VOID
AtrOsShareDestroy(_Inout_ PATR_OS_SHARE Share)
{
    if (Share->Process != NULL) {
        (VOID) MmUnmapViewOfSection(Share->Process, (PVOID)(ULONG_PTR)Share->User);
        ObDereferenceObject(Share->Process);
    }
    AtrpUnlock(Share);
    if (Share->Kernel != NULL) {
        MmUnmapViewInSystemSpace(Share->Kernel);
    }
    if (Share->Section != NULL) {
        ObDereferenceObject(Share->Section);
    }
    *Share = (ATR_OS_SHARE){0};
}
