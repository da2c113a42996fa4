/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "os_nt.h"

enum {
    LOCK_BYTES = 8 * 1024 * 1024, /* of one MDL: NT 5.2 has room for 32 MB */
};

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

static NTSTATUS
AtrpSection(_Inout_ PATR_OS_SHARE Share)
{
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = (LONGLONG)Share->Bytes};
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateSection(&Share->Handle, SECTION_ALL_ACCESS, &Attributes, &Size, PAGE_READWRITE,
                             SEC_COMMIT, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return ObReferenceObjectByHandle(Share->Handle, SECTION_ALL_ACCESS, NULL, KernelMode,
                                     &Share->Section, NULL);
}

NTSTATUS
AtrOsShareCreate(_Out_ PATR_OS_SHARE Share, _In_ SIZE_T Bytes)
{
    SIZE_T ViewBytes = 0;
    NTSTATUS Status;

    *Share = (ATR_OS_SHARE){.Bytes = Bytes};
    Status = AtrpSection(Share);
    if (NT_SUCCESS(Status)) {
        Status = MmMapViewInSystemSpace(Share->Section, &Share->Kernel, &ViewBytes);
    }
    if (NT_SUCCESS(Status)) {
        Status = AtrpLock(Share);
    }
    return Status;
}

/* By a handle of the process: a request need not run in its context. */
NTSTATUS
AtrOsShareMap(_Inout_ PATR_OS_SHARE Share, _In_ PVOID Process, _In_ BOOLEAN IsWritable)
{
    PVOID Base = NULL;
    SIZE_T ViewBytes = 0;
    NTSTATUS Status;

    Status = ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, NULL,
                                   KernelMode, &Share->Process);
    if (NT_SUCCESS(Status)) {
        Status = ZwMapViewOfSection(Share->Handle, Share->Process, &Base, 0, 0, NULL, &ViewBytes,
                                    ViewUnmap, 0, IsWritable ? PAGE_READWRITE : PAGE_READONLY);
    }
    if (NT_SUCCESS(Status)) {
        Share->User = (ULONG64)(ULONG_PTR)Base;
    }
    return Status;
}

VOID
AtrOsShareDestroy(_Inout_ PATR_OS_SHARE Share)
{
    if (Share->User != 0) {
        ZwUnmapViewOfSection(Share->Process, (PVOID)(ULONG_PTR)Share->User);
    }
    if (Share->Process != NULL) {
        ZwClose(Share->Process);
    }
    AtrpUnlock(Share);
    if (Share->Kernel != NULL) {
        MmUnmapViewInSystemSpace(Share->Kernel);
    }
    if (Share->Section != NULL) {
        ObDereferenceObject(Share->Section);
    }
    if (Share->Handle != NULL) {
        ZwClose(Share->Handle);
    }
    *Share = (ATR_OS_SHARE){0};
}
