/* SPDX-License-Identifier: MIT */

/*
 * Finds the kernel's image and its table of services: through the descriptor where the kernel
 * exports it (NT 5.2's relatives), else by reading the system-call dispatcher that LSTAR points to.
 */

#include "hook_internal.h"

#include "guard.h"
#include "text.h"

#define ATRP_MSR_LSTAR        0xc0000082u
#define ATRP_DISPATCHER_BYTES 0x1000u
#define ATRP_ENTRY_BYTES      0x400u /* of the short entry */
#define ATRP_SYSTEM_MODULES   11u
#define ATRP_MODULE_LIST_MAX  0x100000u
#define ATRP_IMAGE_PAGES_MAX  0x4000u /* 64 MiB: no kernel is as large */
#define ATRP_SERVICES_MIN     16u
#define ATRP_SERVICES_MAX     0x1000u
#define ATRP_TAG              0x68727441u /* Atrh */
#define ATRP_POOL             PagedPool

/* KSERVICE_TABLE_DESCRIPTOR, the same since NT 5.2. */
typedef struct _ATRP_DESCRIPTOR {
    PUCHAR Base;
    PVOID Counters;
    ULONG64 Limit;
    PUCHAR Arguments;
} ATRP_DESCRIPTOR;

typedef struct _ATRP_MODULE {
    ULONG64 Unused[2];
    PUCHAR Base;
    ULONG Size;
    ULONG Flags;
    UCHAR Rest[264];
} ATRP_MODULE;

typedef struct _ATRP_MODULES {
    ULONG64 Count;
    ATRP_MODULE Modules[1];
} ATRP_MODULES;

_Static_assert(sizeof(ATRP_MODULE) == 296, "RTL_PROCESS_MODULE_INFORMATION");

_Use_decl_annotations_ PVOID
AtrpRoutine(const CHAR *Name, const CHAR *Prefix)
{
    UNICODE_STRING Routine;
    WCHAR Buffer[64];
    USHORT Units = 0;

    for (; Name[Units] != '\0' && Units < RTL_NUMBER_OF(Buffer); Units++) {
        Buffer[Units] = (WCHAR)(Units < 2 ? Prefix[Units] : Name[Units]);
    }
    Routine.Buffer = Buffer;
    Routine.Length = (USHORT)(Units * sizeof(WCHAR));
    Routine.MaximumLength = Routine.Length;
    return MmGetSystemRoutineAddress(&Routine);
}

_Use_decl_annotations_ BOOLEAN
AtrpIsInKernel(const ATR_KERNEL *Kernel, const VOID *Address)
{
    const ULONG64 Offset = (ULONG64)(ULONG_PTR)Address - (ULONG64)(ULONG_PTR)Kernel->Base;

    return Offset < Kernel->Image.size_bytes;
}

_Use_decl_annotations_ BOOLEAN
AtrpIsKernelCode(const ATR_KERNEL *Kernel, ULONG64 Address)
{
    return atr_image_is_code(&Kernel->Image, Address - (ULONG64)(ULONG_PTR)Kernel->Base);
}

/* What the kernel says of where it lies. Wine's answer is invented and holds no anchor. */
static PUCHAR
AtrpBaseByList(_In_ const UCHAR *Anchor)
{
    ATRP_MODULES *List;
    PUCHAR Base = NULL;
    ULONG Size = 0;

    (VOID) ZwQuerySystemInformation(ATRP_SYSTEM_MODULES, &Size, 0, &Size);
    if (Size < sizeof(*List) || Size > ATRP_MODULE_LIST_MAX) {
        return NULL;
    }
    Size += sizeof(ATRP_MODULE) * 16; /* drivers that come meanwhile */
    List = ExAllocatePoolWithTag(ATRP_POOL, Size, ATRP_TAG);
    if (List == NULL) {
        return NULL;
    }
    if (NT_SUCCESS(ZwQuerySystemInformation(ATRP_SYSTEM_MODULES, List, Size, NULL))) {
        const ULONG64 Room = (Size - FIELD_OFFSET(ATRP_MODULES, Modules)) / sizeof(ATRP_MODULE);

        for (ULONG64 i = 0; i < List->Count && i < Room; i++) {
            if ((ULONG64)(Anchor - List->Modules[i].Base) < List->Modules[i].Size) {
                Base = List->Modules[i].Base;
                break;
            }
        }
    }
    ExFreePoolWithTag(List, ATRP_TAG);
    return Base;
}

/* The image that begins at Base and holds Anchor. */
static BOOLEAN
AtrpReadImage(_In_ const UCHAR *Base, _In_ const UCHAR *Anchor, _Out_ struct atr_image *Image,
              _Out_writes_bytes_(ATR_IMAGE_HEADER_BYTES) PUCHAR Header)
{
    return MmIsAddressValid((PVOID)(ULONG_PTR)Base) &&
           NT_SUCCESS(AtrGuardedCopy(Header, Base, ATR_IMAGE_HEADER_BYTES)) &&
           atr_image_parse(Header, ATR_IMAGE_HEADER_BYTES, Image) &&
           (ULONG64)(Anchor - Base) < Image->size_bytes;
}

static BOOLEAN
AtrpBeginsImage(_In_ const UCHAR *Page)
{
    UCHAR Magic[2] = {0};

    return MmIsAddressValid((PVOID)(ULONG_PTR)Page) &&
           NT_SUCCESS(AtrGuardedCopy(Magic, Page, sizeof(Magic))) && Magic[0] == 'M' &&
           Magic[1] == 'Z';
}

/* Pages that are gone or paged out are passed over. */
static BOOLEAN
AtrpFindImage(_Inout_ PATR_KERNEL Kernel, _In_ const UCHAR *Anchor, _Out_ PUCHAR Header)
{
    PUCHAR Page = AtrpBaseByList(Anchor);

    if (Page != NULL && AtrpReadImage(Page, Anchor, &Kernel->Image, Header)) {
        Kernel->Base = Page;
        return TRUE;
    }
    Page = (PUCHAR)((ULONG_PTR)Anchor & ~(ULONG_PTR)(PAGE_SIZE - 1));
    for (ULONG i = 0; i < ATRP_IMAGE_PAGES_MAX; i++, Page -= PAGE_SIZE) {
        if (AtrpBeginsImage(Page) && AtrpReadImage(Page, Anchor, &Kernel->Image, Header)) {
            Kernel->Base = Page;
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN
AtrpReadDescriptor(_Inout_ PATR_KERNEL Kernel, _In_ const VOID *Address)
{
    ATRP_DESCRIPTOR Descriptor;

    if (!AtrpIsInKernel(Kernel, Address) || !MmIsAddressValid((PVOID)(ULONG_PTR)Address) ||
        !NT_SUCCESS(AtrGuardedCopy(&Descriptor, Address, sizeof(Descriptor)))) {
        return FALSE;
    }
    Kernel->Table = Descriptor.Base;
    Kernel->Limit = (ULONG)Descriptor.Limit;
    Kernel->Arguments = AtrpIsInKernel(Kernel, Descriptor.Arguments) ? Descriptor.Arguments : NULL;
    return AtrpIsInKernel(Kernel, Kernel->Table) && Kernel->Limit >= ATRP_SERVICES_MIN &&
           Kernel->Limit <= ATRP_SERVICES_MAX &&
           AtrpIsInKernel(Kernel, Kernel->Table + Kernel->Limit * sizeof(ULONG64) - 1);
}

/* Exported: only by kernels whose table holds addresses, if it is filled at all. */
static BOOLEAN
AtrpByExport(_Inout_ PATR_KERNEL Kernel, _Out_ PUCHAR Header)
{
    PUCHAR Descriptor = AtrpRoutine("KeServiceDescriptorTable", "Ke");
    ULONG64 First;

    if (Descriptor == NULL || !AtrpFindImage(Kernel, Descriptor, Header) ||
        !AtrpReadDescriptor(Kernel, Descriptor) ||
        !NT_SUCCESS(AtrGuardedCopy(&First, Kernel->Table, sizeof(First)))) {
        return FALSE;
    }
    Kernel->IsAbsolute = AtrpIsKernelCode(Kernel, First);
    return Kernel->IsAbsolute;
}

/* How much code there is from Address on, at most Max. */
static ULONG
AtrpCodeBytes(_In_ const ATR_KERNEL *Kernel, _In_ ULONG64 Address, _In_ ULONG Max)
{
    const ULONG64 Rva = Address - (ULONG_PTR)Kernel->Base;
    const struct atr_image_section *Section = atr_image_section_at(&Kernel->Image, Rva);

    if (Section == NULL || !AtrpIsKernelCode(Kernel, Address)) {
        return 0;
    }
    return (ULONG)min(Section->rva + (ULONG64)Section->bytes - Rva, Max);
}

/* The pair of LEAs in the code at Address; both descriptors must name the same table. */
static BOOLEAN
AtrpReadDispatcher(_Inout_ PATR_KERNEL Kernel, _In_ ULONG64 Address,
                   _Out_writes_bytes_(ATRP_DISPATCHER_BYTES) PUCHAR Code)
{
    const ULONG Bytes = AtrpCodeBytes(Kernel, Address, ATRP_DISPATCHER_BYTES);
    ULONG64 Descriptor;
    ULONG64 Shadow;
    PUCHAR Table;

    if (!NT_SUCCESS(AtrGuardedCopy(Code, (PVOID)(ULONG_PTR)Address, Bytes)) ||
        !atr_dispatcher_tables(Address, Code, Bytes, &Descriptor, &Shadow) ||
        !AtrpReadDescriptor(Kernel, (PVOID)(ULONG_PTR)Shadow)) {
        return FALSE;
    }
    Table = Kernel->Table;
    return AtrpReadDescriptor(Kernel, (PVOID)(ULONG_PTR)Descriptor) && Kernel->Table == Table;
}

/* The short entry used with separate page tables ends in a jump to the dispatcher proper. */
static BOOLEAN
AtrpFollowEntry(_Inout_ PATR_KERNEL Kernel, _In_ ULONG64 Entry, _Out_ PUCHAR Buffer,
                _Out_writes_bytes_(ATRP_ENTRY_BYTES) PUCHAR Head)
{
    const ULONG Bytes = AtrpCodeBytes(Kernel, Entry, ATRP_ENTRY_BYTES);
    SIZE_T At = 0;
    ULONG64 To;

    if (!NT_SUCCESS(AtrGuardedCopy(Head, (PVOID)(ULONG_PTR)Entry, Bytes))) {
        return FALSE;
    }
    while (atr_dispatcher_jump(Entry, Head, Bytes, &At, &To)) {
        if (AtrpReadDispatcher(Kernel, To, Buffer)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN
AtrpByDispatcher(_Inout_ PATR_KERNEL Kernel, _Out_ PUCHAR Buffer)
{
    ULONG64 Entry = 0;

    if (!NT_SUCCESS(AtrGuardedReadMsr(ATRP_MSR_LSTAR, &Entry)) || Entry == 0 ||
        !AtrpFindImage(Kernel, (const UCHAR *)(ULONG_PTR)Entry, Buffer) ||
        !AtrpIsKernelCode(Kernel, Entry)) {
        return FALSE;
    }
    return AtrpReadDispatcher(Kernel, Entry, Buffer) ||
           AtrpFollowEntry(Kernel, Entry, Buffer, Buffer + ATR_IMAGE_HEADER_BYTES);
}

_Use_decl_annotations_ NTSTATUS
AtrpLocateKernel(PATR_KERNEL Kernel, PCHAR Reason)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Buffer;

    _Static_assert(ATRP_DISPATCHER_BYTES <= ATR_IMAGE_HEADER_BYTES, "one buffer serves both");
    Reason[0] = '\0';
    Buffer = ExAllocatePoolWithTag(ATRP_POOL, ATR_IMAGE_HEADER_BYTES + ATRP_ENTRY_BYTES, ATRP_TAG);
    if (Buffer == NULL) {
        AtrTextCopy(Reason, "cannot start: memory");
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Kernel, sizeof(*Kernel));
    if (!AtrpByExport(Kernel, Buffer)) {
        RtlZeroMemory(Kernel, sizeof(*Kernel));
        if (!AtrpByDispatcher(Kernel, Buffer)) {
            AtrTextCopy(Reason, "the kernel's service table was not found: an unknown kernel");
            Status = STATUS_NOT_FOUND;
        }
    }
    Kernel->HasAlpc = AtrpRoutine("NtAlpcSendWaitReceivePort", "Zw") != NULL;
    ExFreePoolWithTag(Buffer, ATRP_TAG);
    return Status;
}

/* In the part of a section that lies in [Low, High). */
static PVOID
AtrpFindInSection(_In_ ULONG64 Low, _In_ ULONG64 High, _Out_writes_bytes_(PAGE_SIZE) PUCHAR Buffer)
{
    while (Low < High) {
        /* Each turn a page at most; the next begins early enough to see a run across. */
        const ULONG Bytes = (ULONG)min(High - Low, PAGE_SIZE);
        ULONG At;

        if (!NT_SUCCESS(AtrGuardedCopy(Buffer, (PVOID)(ULONG_PTR)Low, Bytes))) {
            return NULL;
        }
        At = atr_padding_find(Buffer, Bytes, ATR_JUMP_BYTES);
        if (At != ATR_NOT_FOUND) {
            return (PVOID)(ULONG_PTR)(Low + At);
        }
        if (Bytes <= ATR_JUMP_BYTES) {
            return NULL;
        }
        Low += Bytes - ATR_JUMP_BYTES;
    }
    return NULL;
}

/* Nothing of what is paged, or nothing else. */
static PVOID
AtrpFindInCode(_In_ const ATR_KERNEL *Kernel, _In_ ULONG64 Low, _In_ ULONG64 High,
               _In_ BOOLEAN IsPaged, _Out_writes_bytes_(PAGE_SIZE) PUCHAR Buffer)
{
    PVOID Found = NULL;

    for (ULONG i = 0; Found == NULL && i < Kernel->Image.section_count; i++) {
        const struct atr_image_section *Section = &Kernel->Image.sections[i];
        const ULONG64 Begin = (ULONG_PTR)Kernel->Base + Section->rva;

        if (atr_image_is_code(&Kernel->Image, Section->rva) &&
            ((Section->flags & ATR_SECTION_PAGED) != 0) == IsPaged) {
            Found = AtrpFindInSection(max(Low, Begin), min(High, Begin + Section->bytes), Buffer);
        }
    }
    return Found;
}

_Use_decl_annotations_ PVOID
AtrpFindPadding(const ATR_KERNEL *Kernel, ULONG64 Low, ULONG64 High)
{
    PUCHAR Buffer = ExAllocatePoolWithTag(ATRP_POOL, PAGE_SIZE, ATRP_TAG);
    PVOID Found;

    if (Buffer == NULL) {
        return NULL;
    }
    Found = AtrpFindInCode(Kernel, Low, High, FALSE, Buffer);
    if (Found == NULL) {
        Found = AtrpFindInCode(Kernel, Low, High, TRUE, Buffer);
    }
    ExFreePoolWithTag(Buffer, ATRP_TAG);
    return Found;
}
