/* SPDX-License-Identifier: MIT */
/*
 * Objects of the lab beside Wine's own: ports, sections, file objects of devices. The Ob routines
 * know ours by where they lie and give the rest to Wine.
 */
#include "kernel.h"

#include "object.h"

#include <string.h>

enum {
    OBJECTS = 256,
};

PVOID LpcPortObjectType;
PVOID MmSectionObjectType;
static ULONG64 PortType[32];
static ULONG64 SectionType[32];
static LAB_OBJECT Objects[OBJECTS];

static PVOID(NTAPI *WineReference)(PVOID);
static VOID(NTAPI *WineDereference)(PVOID);
static NTSTATUS(NTAPI *WineByHandle)(HANDLE, ULONG, PVOID, CHAR, PVOID *, PVOID);
static NTSTATUS(NTAPI *WineOpen)(PVOID, ULONG, PVOID, ULONG, PVOID, CHAR, PHANDLE);
static NTSTATUS(NTAPI *WineQueryName)(PVOID, PVOID, ULONG, PULONG);
static PVOID(NTAPI *WineGetType)(PVOID);

VOID
LabObjectsInit(void)
{
    LpcPortObjectType = PortType;
    MmSectionObjectType = SectionType;
    WineReference = (PVOID(NTAPI *)(PVOID))LabWine("ObfReferenceObject");
    WineDereference = (VOID(NTAPI *)(PVOID))LabWine("ObDereferenceObject");
    WineByHandle = (NTSTATUS(NTAPI *)(HANDLE, ULONG, PVOID, CHAR, PVOID *, PVOID))LabWine(
        "ObReferenceObjectByHandle");
    WineOpen = (NTSTATUS(NTAPI *)(PVOID, ULONG, PVOID, ULONG, PVOID, CHAR, PHANDLE))LabWine(
        "ObOpenObjectByPointer");
    WineQueryName = (NTSTATUS(NTAPI *)(PVOID, PVOID, ULONG, PULONG))LabWine("ObQueryNameString");
    WineGetType = (PVOID(NTAPI *)(PVOID))LabWine("ObGetObjectType");
}

PLAB_OBJECT
LabObjectMake(LAB_OBJECT_KIND Kind, HANDLE Handle)
{
    for (ULONG i = 0; i < OBJECTS; i++) {
        if (InterlockedCompareExchange(&Objects[i].References, 1, 0) == 0) {
            memset(&Objects[i].File, 0, sizeof(Objects[i].File));
            Objects[i].Kind = Kind;
            Objects[i].Handle = Handle;
            return &Objects[i];
        }
    }
    return NULL;
}

PLAB_OBJECT
LabObjectOf(PVOID Body)
{
    ULONG64 Offset = (ULONG64)Body - (ULONG64)&Objects[0].File;

    return Offset < sizeof(Objects) && Offset % sizeof(Objects[0]) == 0
               ? &Objects[Offset / sizeof(Objects[0])]
               : NULL;
}

static VOID
Release(PLAB_OBJECT Object)
{
    HANDLE Handle = Object->Handle;

    if (InterlockedCompareExchange(&Object->References, -1, 1) == 1) { /* the last: not yet free */
        if (Handle != NULL) {
            CloseHandle(Handle);
        }
        InterlockedExchange(&Object->References, 0);
    } else {
        InterlockedDecrement(&Object->References);
    }
}

PVOID KERNELAPI
ObfReferenceObject(PVOID Body)
{
    uint32_t Port = LabPortByObject(Body);
    PLAB_OBJECT Object = LabObjectOf(Body);

    if (Port != LAB_NONE) {
        lab_port_reference(LabModel, Port);
    } else if (Object != NULL) {
        InterlockedIncrement(&Object->References);
    } else {
        WineReference(Body);
    }
    return Body;
}

VOID KERNELAPI
ObfDereferenceObject(PVOID Body)
{
    uint32_t Port = LabPortByObject(Body);
    PLAB_OBJECT Object = LabObjectOf(Body);

    if (Port != LAB_NONE) {
        lab_port_dereference(LabModel, Port);
    } else if (Object != NULL) {
        Release(Object);
    } else {
        WineDereference(Body);
    }
}

VOID KERNELAPI
ObDereferenceObject(PVOID Body)
{
    ObfDereferenceObject(Body);
}

VOID KERNELAPI
ObDereferenceObjectDeferDelete(PVOID Body)
{
    ObfDereferenceObject(Body);
}

VOID KERNELAPI
ObDereferenceObjectDeferDeleteWithTag(PVOID Body, ULONG Tag)
{
    (void)Tag;
    ObfDereferenceObject(Body);
}

BOOLEAN KERNELAPI
ObReferenceObjectSafe(PVOID Body)
{
    uint32_t Port = LabPortByObject(Body);

    if (Port != LAB_NONE) {
        return lab_port_reference(LabModel, Port);
    }
    ObfReferenceObject(Body);
    return TRUE;
}

NTSTATUS KERNELAPI
ObReferenceObjectByPointer(PVOID Body, ULONG Access, PVOID Type, CHAR Mode)
{
    (void)Access;
    (void)Type;
    (void)Mode;
    ObfReferenceObject(Body);
    return 0;
}

static NTSTATUS
SectionByHandle(HANDLE Handle, PVOID *Body)
{
    HANDLE Copy;
    PLAB_OBJECT Object;

    if (!DuplicateHandle(GetCurrentProcess(), Handle, GetCurrentProcess(), &Copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    Object = LabObjectMake(LabObjectSection, Copy);
    if (Object == NULL) {
        CloseHandle(Copy);
        return (NTSTATUS)LAB_NO_MEMORY;
    }
    *Body = &Object->File;
    return 0;
}

/* Wine knows no section objects in its kernel. */
static BOOLEAN
IsSection(HANDLE Handle)
{
    UCHAR Buffer[0x200];
    PUNICODE_STRING Name = (PUNICODE_STRING)Buffer;
    ULONG Length;

    return NtQueryObject(Handle, ObjectTypeInformation, Buffer, sizeof(Buffer), &Length) == 0 &&
           Name->Length == 14 && memcmp(Name->Buffer, L"Section", 14) == 0;
}

/* Port handles are the client's; what else a driver asks for is winedevice's. */
NTSTATUS KERNELAPI
ObReferenceObjectByHandle(HANDLE Handle, ULONG Access, PVOID Type, CHAR Mode, PVOID *Body,
                          PVOID Information)
{
    uint32_t Port = LabPortByHandle(Handle);

    if (Port != LAB_NONE && (Type == NULL || Type == LpcPortObjectType)) {
        if (!lab_port_reference(LabModel, Port)) {
            return (NTSTATUS)LAB_INVALID_HANDLE;
        }
        *Body = LabPortObject(Port);
        return 0;
    }
    if (Type == LpcPortObjectType) {
        return Port == LAB_NONE && ((ULONG64)Handle & 0x40000000u) != 0
                   ? (NTSTATUS)LAB_INVALID_HANDLE
                   : (NTSTATUS)0xc0000024; /* STATUS_OBJECT_TYPE_MISMATCH */
    }
    if (Type == MmSectionObjectType || (Type == NULL && IsSection(Handle))) {
        return SectionByHandle(Handle, Body);
    }
    return WineByHandle(Handle, Access, Type, Mode, Body, Information);
}

NTSTATUS KERNELAPI
ObOpenObjectByPointer(PVOID Body, ULONG Attributes, PVOID State, ULONG Access, PVOID Type,
                      CHAR Mode, PHANDLE Handle)
{
    PLAB_OBJECT Object = LabObjectOf(Body);

    if (Object != NULL) {
        return DuplicateHandle(GetCurrentProcess(), Object->Handle, GetCurrentProcess(), Handle, 0,
                               FALSE, DUPLICATE_SAME_ACCESS)
                   ? 0
                   : (NTSTATUS)LAB_INVALID_HANDLE;
    }
    return WineOpen(Body, Attributes, State, Access, Type, Mode, Handle);
}

PVOID KERNELAPI
ObGetObjectType(PVOID Body)
{
    PLAB_OBJECT Object = LabObjectOf(Body);

    if (LabPortByObject(Body) != LAB_NONE) {
        return LpcPortObjectType;
    }
    return Object != NULL && Object->Kind == LabObjectSection ? MmSectionObjectType
                                                              : WineGetType(Body);
}

/* Only connection ports have names. */
NTSTATUS KERNELAPI
ObQueryNameString(PVOID Body, PVOID Information, ULONG Length, PULONG Needed)
{
    uint32_t Port = LabPortByObject(Body);
    PUNICODE_STRING Name = Information;
    const struct lab_port *Model;
    ULONG Bytes;

    if (Port == LAB_NONE) {
        return WineQueryName(Body, Information, Length, Needed);
    }
    Model = &LabModel->ports[Port];
    Bytes = Model->name_chars * (ULONG)sizeof(WCHAR);
    *Needed = sizeof(*Name) + (Bytes != 0 ? Bytes + (ULONG)sizeof(WCHAR) : 0);
    if (Length < *Needed) {
        return (NTSTATUS)0xc0000004; /* STATUS_INFO_LENGTH_MISMATCH */
    }
    memset(Information, 0, sizeof(*Name));
    if (Bytes != 0) {
        Name->Buffer = (PWSTR)(Name + 1);
        Name->Length = (USHORT)Bytes;
        Name->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
        memcpy(Name->Buffer, Model->name, Bytes);
        Name->Buffer[Model->name_chars] = 0;
    }
    return 0;
}
