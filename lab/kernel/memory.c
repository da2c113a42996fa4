/* SPDX-License-Identifier: MIT */
/* MDLs that map to where the pages are, probing that raises, sections in "system space". */
#include "kernel.h"

#include <string.h>

enum {
    MDL_MAPPED = 1,
    MDL_LOCKED = 2,
    MDL_NONPAGED = 4,
    IO_READ_ACCESS = 0, /* of LOCK_OPERATION */
};

static PVOID
MdlAddress(const LAB_MDL *Mdl)
{
    return (PUCHAR)Mdl->StartVa + Mdl->ByteOffset;
}

VOID KERNELAPI
ProbeForRead(const VOID *Address, SIZE_T Bytes, ULONG Alignment)
{
    ULONG64 At = (ULONG64)Address;

    if (Bytes == 0) {
        return;
    }
    if ((At & (Alignment - 1)) != 0) {
        RaiseException(0x80000002, 0, 0, NULL);
    }
    if (At + Bytes > LAB_USER_END || At + Bytes < At) {
        RaiseException(0xc0000005, 0, 0, NULL);
    }
}

VOID KERNELAPI
ProbeForWrite(PVOID Address, SIZE_T Bytes, ULONG Alignment)
{
    ProbeForRead(Address, Bytes, Alignment);
    if (Bytes != 0) {
        *(volatile UCHAR *)Address = *(volatile UCHAR *)Address;
    }
}

VOID KERNELAPI
MmBuildMdlForNonPagedPool(PLAB_MDL Mdl)
{
    Mdl->Flags |= MDL_NONPAGED;
    Mdl->MappedSystemVa = MdlAddress(Mdl);
}

VOID KERNELAPI
MmProbeAndLockPages(PLAB_MDL Mdl, CHAR Mode, int Operation)
{
    UCHAR Byte;

    (void)Mode;
    for (ULONG i = 0; i < Mdl->ByteCount; i += 0x1000) {
        PUCHAR Page = (PUCHAR)MdlAddress(Mdl) + i;

        /* A page that is locked to be written is there: the first write to it faults no more. */
        if (!LabCopy(&Byte, Page, 1) || (Operation != IO_READ_ACCESS && !LabCopy(Page, &Byte, 1))) {
            RaiseException(0xc0000005, 0, 0, NULL);
        }
    }
    Mdl->Flags |= MDL_LOCKED;
}

VOID KERNELAPI
MmUnlockPages(PLAB_MDL Mdl)
{
    Mdl->Flags &= ~MDL_LOCKED;
}

PVOID KERNELAPI
MmMapLockedPagesSpecifyCache(PLAB_MDL Mdl, CHAR Mode, int Cache, PVOID Base, ULONG BugCheck,
                             int Priority)
{
    (void)Mode;
    (void)Cache;
    (void)Base;
    (void)BugCheck;
    (void)Priority;
    Mdl->Flags |= MDL_MAPPED;
    Mdl->MappedSystemVa = MdlAddress(Mdl);
    return Mdl->MappedSystemVa;
}

VOID KERNELAPI
MmUnmapLockedPages(PVOID Base, PLAB_MDL Mdl)
{
    (void)Base;
    Mdl->Flags &= ~MDL_MAPPED;
}

/* There is one mapping only, so what must be writable stays executable where it was. */
NTSTATUS KERNELAPI
MmProtectMdlSystemAddress(PLAB_MDL Mdl, ULONG Protection)
{
    MEMORY_BASIC_INFORMATION Region;
    DWORD Wanted = Protection;
    DWORD Old;

    if (VirtualQuery(MdlAddress(Mdl), &Region, sizeof(Region)) == 0) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Protection == PAGE_READWRITE && (Region.Protect & 0xf0) != 0) {
        Wanted = PAGE_EXECUTE_READWRITE;
    }
    return VirtualProtect(MdlAddress(Mdl), Mdl->ByteCount, Wanted, &Old)
               ? 0
               : (NTSTATUS)LAB_ACCESS_VIOLATION;
}

/* Flags: 2 virtual addresses. */
NTSTATUS KERNELAPI
MmCopyMemory(PVOID Target, const VOID *Source, SIZE_T Bytes, ULONG Flags, PSIZE_T Transferred)
{
    *Transferred = 0;
    if (Flags != 2) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    if (!LabCopy(Target, Source, Bytes)) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    *Transferred = Bytes;
    return 0;
}

VOID KERNELAPI
KeQuerySystemTimePrecise(PLARGE_INTEGER Time)
{
    FILETIME Now;

    GetSystemTimePreciseAsFileTime(&Now);
    Time->LowPart = Now.dwLowDateTime;
    Time->HighPart = (LONG)Now.dwHighDateTime;
}

ULONG64 KERNELAPI
KeQueryInterruptTimePrecise(PULONG64 Counter)
{
    LARGE_INTEGER Now;

    QueryPerformanceCounter(&Now);
    if (Counter != NULL) {
        *Counter = (ULONG64)Now.QuadPart;
    }
    return (ULONG64)Now.QuadPart;
}
