/* SPDX-License-Identifier: MIT */
/* Sections by object, mapped where all drivers are: into winedevice, or into a process. */
#include "object.h"

__declspec(dllimport) NTSTATUS NTAPI
    NtCreateSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes,
                    PLARGE_INTEGER Size, ULONG Protection, ULONG Allocation, HANDLE File);
__declspec(dllimport) NTSTATUS NTAPI
    NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits,
                       SIZE_T Commit, PLARGE_INTEGER Offset, PSIZE_T Size, ULONG Inherit,
                       ULONG Allocation, ULONG Protection);
__declspec(dllimport) NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID Base);

NTSTATUS KERNELAPI
MmCreateSection(PVOID *Body, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER Size,
                ULONG Protection, ULONG Allocation, HANDLE File, PVOID FileObject)
{
    PLAB_OBJECT Object;
    HANDLE Section;
    NTSTATUS Status =
        NtCreateSection(&Section, Access, Attributes, Size, Protection, Allocation, File);

    (void)FileObject;
    if (Status != 0) {
        return Status;
    }
    Object = LabObjectMake(LabObjectSection, Section);
    if (Object == NULL) {
        CloseHandle(Section);
        return (NTSTATUS)LAB_NO_MEMORY;
    }
    *Body = &Object->File;
    return 0;
}

NTSTATUS KERNELAPI
MmMapViewInSystemSpace(PVOID Body, PVOID *Base, PSIZE_T Size)
{
    PLAB_OBJECT Object = LabObjectOf(Body);

    if (Object == NULL) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    *Base = NULL;
    return NtMapViewOfSection(Object->Handle, GetCurrentProcess(), Base, 0, 0, NULL, Size, 1, 0,
                              PAGE_READWRITE);
}

NTSTATUS KERNELAPI
MmUnmapViewInSystemSpace(PVOID Base)
{
    return NtUnmapViewOfSection(GetCurrentProcess(), Base);
}

NTSTATUS KERNELAPI
MmMapViewOfSection(PVOID Body, PVOID Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T Commit,
                   PLARGE_INTEGER Offset, PSIZE_T Size, ULONG Inherit, ULONG Allocation,
                   ULONG Protection)
{
    PLAB_OBJECT Object = LabObjectOf(Body);
    HANDLE Handle = LabOpenProcess((ULONG64)PsGetProcessId(Process));
    NTSTATUS Status;

    if (Object == NULL || Handle == NULL) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Status = NtMapViewOfSection(Object->Handle, Handle, Base, ZeroBits, Commit, Offset, Size,
                                Inherit, Allocation, Protection);
    CloseHandle(Handle);
    return Status;
}

NTSTATUS KERNELAPI
MmUnmapViewOfSection(PVOID Process, PVOID Base)
{
    HANDLE Handle = LabOpenProcess((ULONG64)PsGetProcessId(Process));
    NTSTATUS Status;

    if (Handle == NULL) {
        return (NTSTATUS)0xc000010a; /* STATUS_PROCESS_IS_TERMINATING */
    }
    Status = NtUnmapViewOfSection(Handle, Base);
    CloseHandle(Handle);
    return Status;
}
