/* SPDX-License-Identifier: MIT */
/*
 * Port sections and their views. Every view gets an address that no other process uses, and the
 * kernel maps the section at that address too: a pointer in a caller's attribute then means the
 * same bytes in the caller and here, where drivers read "user" memory.
 */
#include "kernel.h"

#include <string.h>

enum {
    SECTIONS = 128,
    VIEWS = 512,
};

#define VIEW_AREA   0x0000100000000000ull
#define VIEW_STRIDE 0x0000000002000000ull
#define VIEW_UNMAP  1 /* ViewShare */

static struct {
    HANDLE Handle; /* the kernel's */
    ULONG64 ProcessId;
    SIZE_T Size;
} Sections[SECTIONS];

static struct {
    ULONG64 ProcessId; /* 0: free */
    ULONG Section;
    SIZE_T Size;
} Views[VIEWS];

static ULONG NextView; /* addresses are used again as late as possible */
static SRWLOCK ViewLock = SRWLOCK_INIT;

__declspec(dllimport) NTSTATUS NTAPI
    NtCreateSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes,
                    PLARGE_INTEGER Size, ULONG Protection, ULONG Allocation, HANDLE File);
__declspec(dllimport) NTSTATUS NTAPI
    NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits,
                       SIZE_T Commit, PLARGE_INTEGER Offset, PSIZE_T Size, ULONG Inherit,
                       ULONG Allocation, ULONG Protection);
__declspec(dllimport) NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID Base);

/* An ALPC section handle is its index + 1, shifted. */
static ULONG
SectionOf(ULONG64 ProcessId, ULONG64 Value)
{
    ULONG Index = (ULONG)(Value >> 4) - 1;

    return Index < SECTIONS && Sections[Index].Handle != NULL &&
                   (ProcessId == 0 || Sections[Index].ProcessId == ProcessId)
               ? Index
               : SECTIONS;
}

static ULONG
ViewOf(ULONG64 ProcessId, ULONG64 Base)
{
    ULONG64 Index = (Base - VIEW_AREA) / VIEW_STRIDE;

    return Base >= VIEW_AREA && Index < VIEWS && Views[Index].ProcessId == ProcessId ? (ULONG)Index
                                                                                     : VIEWS;
}

static PVOID
AddressOf(ULONG View)
{
    return (PVOID)(VIEW_AREA + View * VIEW_STRIDE);
}

static HANDLE
TakeSection(ULONG64 ProcessId, HANDLE Section)
{
    HANDLE Process = LabOpenProcess(ProcessId);
    HANDLE Copy = NULL;

    if (Process != NULL) {
        DuplicateHandle(Process, Section, GetCurrentProcess(), &Copy, 0, FALSE,
                        DUPLICATE_SAME_ACCESS);
        CloseHandle(Process);
    }
    return Copy;
}

NTSTATUS
LabViewCreateSection(ULONG64 ProcessId, HANDLE Section, SIZE_T Size, PHANDLE Out, PSIZE_T Actual)
{
    LARGE_INTEGER Maximum = {.QuadPart = (LONGLONG)((Size + 0xfff) & ~0xfffull)};
    HANDLE Handle = NULL;
    ULONG Index = 0;

    if (Size == 0 || Size > VIEW_STRIDE) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    if (Section != NULL) {
        Handle = TakeSection(ProcessId, Section);
    } else {
        NtCreateSection(&Handle, SECTION_ALL_ACCESS, NULL, &Maximum, PAGE_READWRITE, SEC_COMMIT,
                        NULL);
    }
    if (Handle == NULL) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    AcquireSRWLockExclusive(&ViewLock);
    while (Index < SECTIONS && Sections[Index].Handle != NULL) {
        Index++;
    }
    if (Index < SECTIONS) {
        Sections[Index].Handle = Handle;
        Sections[Index].ProcessId = ProcessId;
        Sections[Index].Size = (SIZE_T)Maximum.QuadPart;
    }
    ReleaseSRWLockExclusive(&ViewLock);
    if (Index == SECTIONS) {
        CloseHandle(Handle);
        return (NTSTATUS)LAB_NO_MEMORY;
    }
    *Out = (HANDLE)((ULONG64)(Index + 1) << 4);
    *Actual = (SIZE_T)Maximum.QuadPart;
    return 0;
}

/* Views keep the section's memory; only new ones become impossible. */
NTSTATUS
LabViewDeleteSection(ULONG64 ProcessId, HANDLE Section)
{
    HANDLE Handle = NULL;
    ULONG Index;

    AcquireSRWLockExclusive(&ViewLock);
    Index = SectionOf(ProcessId, (ULONG64)Section);
    if (Index < SECTIONS) {
        Handle = Sections[Index].Handle;
        Sections[Index].Handle = NULL;
    }
    ReleaseSRWLockExclusive(&ViewLock);
    if (Handle == NULL) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    CloseHandle(Handle);
    return 0;
}

static NTSTATUS
MapBoth(HANDLE Section, ULONG64 ProcessId, ULONG View, SIZE_T Size)
{
    HANDLE Process = LabOpenProcess(ProcessId);
    PVOID Base = AddressOf(View);
    SIZE_T Mapped = Size;
    NTSTATUS Status;

    if (Process == NULL) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Status = NtMapViewOfSection(Section, GetCurrentProcess(), &Base, 0, 0, NULL, &Mapped,
                                VIEW_UNMAP, 0, PAGE_READWRITE);
    if (Status == 0 && ProcessId != 4) {
        Base = AddressOf(View);
        Mapped = Size;
        Status = NtMapViewOfSection(Section, Process, &Base, 0, 0, NULL, &Mapped, VIEW_UNMAP, 0,
                                    PAGE_READWRITE);
        if (Status != 0) {
            NtUnmapViewOfSection(GetCurrentProcess(), AddressOf(View));
        }
    }
    CloseHandle(Process);
    return Status;
}

static ULONG
TakeView(ULONG64 ProcessId, ULONG Section, SIZE_T Size)
{
    ULONG Tries = 0;
    ULONG View;

    do {
        View = NextView++ % VIEWS;
    } while (Views[View].ProcessId != 0 && ++Tries < VIEWS);
    if (Views[View].ProcessId != 0) {
        return VIEWS;
    }
    Views[View].ProcessId = ProcessId;
    Views[View].Section = Section;
    Views[View].Size = Size;
    return View;
}

static NTSTATUS
MapIndex(ULONG64 ProcessId, ULONG Section, PVOID *Base, PSIZE_T Size)
{
    SIZE_T Bytes = *Size != 0 ? (*Size + 0xfff) & ~0xfffull : Sections[Section].Size;
    ULONG View = Bytes <= Sections[Section].Size ? TakeView(ProcessId, Section, Bytes) : VIEWS;
    NTSTATUS Status;

    if (View == VIEWS) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Status = MapBoth(Sections[Section].Handle, ProcessId, View, Bytes);
    if (Status != 0) {
        Views[View].ProcessId = 0;
        return Status;
    }
    *Base = AddressOf(View);
    *Size = Bytes;
    return 0;
}

NTSTATUS
LabViewMap(ULONG64 ProcessId, HANDLE Section, PVOID *Base, PSIZE_T Size)
{
    NTSTATUS Status = (NTSTATUS)LAB_INVALID_HANDLE;
    ULONG Index;

    AcquireSRWLockExclusive(&ViewLock);
    Index = SectionOf(ProcessId, (ULONG64)Section);
    if (Index < SECTIONS) {
        Status = MapIndex(ProcessId, Index, Base, Size);
    }
    ReleaseSRWLockExclusive(&ViewLock);
    return Status;
}

static VOID
Unmap(ULONG View, BOOLEAN IsAlive)
{
    HANDLE Process = IsAlive ? LabOpenProcess(Views[View].ProcessId) : NULL;

    NtUnmapViewOfSection(GetCurrentProcess(), AddressOf(View));
    if (Process != NULL && Views[View].ProcessId != 4) {
        NtUnmapViewOfSection(Process, AddressOf(View));
    }
    if (Process != NULL) {
        CloseHandle(Process);
    }
    Views[View].ProcessId = 0;
}

NTSTATUS
LabViewUnmap(ULONG64 ProcessId, PVOID Base)
{
    ULONG View;

    AcquireSRWLockExclusive(&ViewLock);
    View = ViewOf(ProcessId, (ULONG64)Base);
    if (View < VIEWS) {
        Unmap(View, TRUE);
    }
    ReleaseSRWLockExclusive(&ViewLock);
    return View < VIEWS ? 0 : (NTSTATUS)LAB_INVALID_PARAMETER;
}

/* The view that is sent becomes its section; or the sender gives a received view back. */
NTSTATUS
LabViewSend(ULONG64 ProcessId, struct lab_parts *Parts)
{
    ULONG View;

    if ((Parts->valid & LAB_PART_VIEW) == 0) {
        return 0;
    }
    if ((Parts->view.flags & LAB_VIEW_RELEASE) != 0) {
        return LabViewUnmap(ProcessId, (PVOID)Parts->view.base);
    }
    AcquireSRWLockExclusive(&ViewLock);
    View = ViewOf(ProcessId, Parts->view.base);
    if (View < VIEWS) {
        Parts->view.section = Views[View].Section;
    }
    ReleaseSRWLockExclusive(&ViewLock);
    return View < VIEWS ? 0 : (NTSTATUS)LAB_INVALID_PARAMETER;
}

NTSTATUS
LabViewReceive(ULONG64 ProcessId, struct lab_parts *Parts)
{
    PVOID Base = NULL;
    SIZE_T Size = Parts->view.size;
    NTSTATUS Status = (NTSTATUS)LAB_INVALID_PARAMETER;

    if ((Parts->valid & LAB_PART_VIEW) == 0) {
        return 0;
    }
    AcquireSRWLockExclusive(&ViewLock);
    if (Parts->view.section < SECTIONS && Sections[Parts->view.section].Handle != NULL) {
        Status = MapIndex(ProcessId, (ULONG)Parts->view.section, &Base, &Size);
    }
    ReleaseSRWLockExclusive(&ViewLock);
    Parts->view.flags = 0;
    Parts->view.base = (ULONG64)Base;
    Parts->view.size = Size;
    return Status;
}

VOID
LabViewProcessGone(ULONG64 ProcessId)
{
    AcquireSRWLockExclusive(&ViewLock);
    for (ULONG i = 0; i < VIEWS; i++) {
        if (Views[i].ProcessId == ProcessId) {
            Unmap(i, FALSE);
        }
    }
    for (ULONG i = 0; i < SECTIONS; i++) {
        if (Sections[i].Handle != NULL && Sections[i].ProcessId == ProcessId) {
            CloseHandle(Sections[i].Handle);
            Sections[i].Handle = NULL;
        }
    }
    ReleaseSRWLockExclusive(&ViewLock);
}
