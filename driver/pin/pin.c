/* SPDX-License-Identifier: MIT */

/*
 * alpcpin.sys: a device that gives the kernel's drivers one table, and no way to unload. The
 * routines of the table are called by one driver at a time, under its own lock.
 */

#include "pin_internal.h"

DRIVER_INITIALIZE DriverEntry;

static const ATR_PIN_TABLE PinpTable = {
    .Magic = ATR_PIN_MAGIC,
    .Version = ATR_PIN_VERSION,
    .Size = sizeof(ATR_PIN_TABLE),
    .Attach = PinpAttach,
    .Detach = PinpDetach,
    .SetTarget = PinpSetTarget,
    .Thunk = PinpThunk,
    .Trampoline = PinpTrampoline,
    .Island = PinpIsland,
    .Counters = PinpCounters,
    .Inside = PinpInside,
};

static NTSTATUS
PinpComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Only the kernel opens the pin. */
static NTSTATUS NTAPI
PinpOpenClose(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return PinpComplete(
        Irp, Irp->RequestorMode == KernelMode ? STATUS_SUCCESS : STATUS_ACCESS_DENIED, 0);
}

static NTSTATUS NTAPI
PinpControl(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    if (Irp->RequestorMode != KernelMode) {
        return PinpComplete(Irp, STATUS_ACCESS_DENIED, 0);
    }
    if (Stack->Parameters.DeviceIoControl.IoControlCode != ATR_PIN_IOCTL_TABLE) {
        return PinpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength != sizeof(PinpTable)) {
        return PinpComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    }
    RtlCopyMemory(Irp->UserBuffer, &PinpTable, sizeof(PinpTable));
    return PinpComplete(Irp, STATUS_SUCCESS, sizeof(PinpTable));
}

_Use_decl_annotations_ NTSTATUS NTAPI
DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    RtlInitUnicodeString(&Name, ATR_PIN_DEVICE_NAME);
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = PinpOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = PinpOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = PinpOpenClose;
    Driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = PinpControl;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
