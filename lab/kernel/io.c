/* SPDX-License-Identifier: MIT */
/* Devices of the drivers in this process by name, which Wine's kernel cannot find. */
#include "object.h"

#include <string.h>

enum {
    DEVICES = 32,
    DEVICE_CHARS = 128,
};

static struct {
    PVOID Device; /* NULL: free */
    USHORT Bytes;
    WCHAR Name[DEVICE_CHARS];
} Devices[DEVICES];

static SRWLOCK DevicesLock = SRWLOCK_INIT;

NTSTATUS KERNELAPI
IoCreateDevice(PVOID Driver, ULONG ExtensionBytes, PUNICODE_STRING Name, ULONG Type,
               ULONG Characteristics, BOOLEAN IsExclusive, PVOID *Device)
{
    static NTSTATUS(NTAPI * Wine)(PVOID, ULONG, PUNICODE_STRING, ULONG, ULONG, BOOLEAN, PVOID *);
    NTSTATUS Status;

    if (Wine == NULL) {
        Wine = (NTSTATUS(NTAPI *)(PVOID, ULONG, PUNICODE_STRING, ULONG, ULONG, BOOLEAN,
                                  PVOID *))LabWine("IoCreateDevice");
    }
    Status = Wine(Driver, ExtensionBytes, Name, Type, Characteristics, IsExclusive, Device);
    if (Status != 0 || Name == NULL || Name->Length > sizeof(Devices[0].Name)) {
        return Status;
    }
    AcquireSRWLockExclusive(&DevicesLock);
    for (ULONG i = 0; i < DEVICES; i++) {
        if (Devices[i].Device == NULL) {
            Devices[i].Device = *Device;
            Devices[i].Bytes = Name->Length;
            memcpy(Devices[i].Name, Name->Buffer, Name->Length);
            break;
        }
    }
    ReleaseSRWLockExclusive(&DevicesLock);
    return Status;
}

VOID KERNELAPI
IoDeleteDevice(PVOID Device)
{
    static VOID(NTAPI * Wine)(PVOID);

    if (Wine == NULL) {
        Wine = (VOID(NTAPI *)(PVOID))LabWine("IoDeleteDevice");
    }
    AcquireSRWLockExclusive(&DevicesLock);
    for (ULONG i = 0; i < DEVICES; i++) {
        if (Devices[i].Device == Device) {
            Devices[i].Device = NULL;
        }
    }
    ReleaseSRWLockExclusive(&DevicesLock);
    Wine(Device);
}

NTSTATUS KERNELAPI
IoGetDeviceObjectPointer(PUNICODE_STRING Name, ACCESS_MASK Access, PVOID *File, PVOID *Device)
{
    NTSTATUS Status = (NTSTATUS)LAB_NAME_NOT_FOUND;
    PLAB_OBJECT Object;

    (void)Access;
    AcquireSRWLockShared(&DevicesLock);
    for (ULONG i = 0; i < DEVICES; i++) {
        if (Devices[i].Device != NULL && Devices[i].Bytes == Name->Length &&
            _wcsnicmp(Devices[i].Name, Name->Buffer, Name->Length / sizeof(WCHAR)) == 0) {
            *Device = Devices[i].Device;
            Status = 0;
        }
    }
    ReleaseSRWLockShared(&DevicesLock);
    if (Status == 0) {
        Object = LabObjectMake(LabObjectFile, NULL);
        if (Object == NULL) {
            return (NTSTATUS)LAB_NO_MEMORY;
        }
        Object->File.Type = 5; /* IO_TYPE_FILE */
        Object->File.DeviceObject = *Device;
        *File = &Object->File;
    }
    return Status;
}

PVOID KERNELAPI
IoGetRelatedDeviceObject(PVOID File)
{
    PLAB_OBJECT Object = LabObjectOf(File);

    return Object != NULL ? Object->File.DeviceObject : NULL;
}

ULONG KERNELAPI
IoGetRequestorProcessId(PVOID Irp)
{
    static PVOID(NTAPI * Requestor)(PVOID);

    if (Requestor == NULL) {
        Requestor = (PVOID(NTAPI *)(PVOID))LabWine("IoGetRequestorProcess");
    }
    return (ULONG)(ULONG64)PsGetProcessId(Requestor(Irp));
}
