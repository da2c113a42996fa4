/* SPDX-License-Identifier: MIT */
#include "device.h"
#include "processes.h"
#include "security.h"
#include "session.h"

enum {
    PAUSE_100NS = 10 * 1000 * 10,
    UNLOAD_TURNS = 500, /* 5 s */
};

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD AtrpUnload;
static DRIVER_DISPATCH AtrpCreate;
static DRIVER_DISPATCH AtrpCleanup;
static DRIVER_DISPATCH AtrpClose;
static DRIVER_DISPATCH AtrpControl;

static const WCHAR AtrpDeviceName[] = ATR_DEVICE_NAME;
static const WCHAR AtrpLinkName[] = ATR_DEVICE_LINK;

static NTSTATUS
AtrpComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI
AtrpCreate(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PATR_CLIENT Client;

    UNREFERENCED_PARAMETER(Device);
    if (!AtrSecurityIsAdmin()) {
        return AtrpComplete(Irp, STATUS_ACCESS_DENIED, 0);
    }
    Client = AtrOsAllocate(sizeof(*Client));
    if (Client == NULL) {
        return AtrpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Client->IsAdmin = TRUE;
    Stack->FileObject->FsContext = Client;
    return AtrpComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI
AtrpCleanup(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    if (Stack->FileObject->FsContext != NULL) {
        AtrDeviceClosed(Stack->FileObject->FsContext);
    }
    return AtrpComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI
AtrpClose(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PATR_CLIENT Client = Stack->FileObject->FsContext;

    UNREFERENCED_PARAMETER(Device);
    Stack->FileObject->FsContext = NULL;
    if (Client != NULL) {
        /* Again: not every system sends a cleanup. */
        AtrDeviceClosed(Client);
        AtrOsFree(Client);
    }
    return AtrpComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI
AtrpControl(_In_ PDEVICE_OBJECT Device, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ATR_REQUEST Request = {
        .Client = Stack->FileObject->FsContext,
        .Process = PsGetCurrentProcess(),
        .Code = Stack->Parameters.DeviceIoControl.IoControlCode,
        .InBytes = Stack->Parameters.DeviceIoControl.InputBufferLength,
        .OutBytes = Stack->Parameters.DeviceIoControl.OutputBufferLength,
        .Buffer = Irp->AssociatedIrp.SystemBuffer,
    };
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Device);
    if (Request.Client == NULL) {
        return AtrpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    Status = AtrDeviceControl(&Request);
    return AtrpComplete(Irp, Status, Request.Written);
}

/* Services restored, rings gone, nobody of ours on any thread's stack. */
static BOOLEAN
AtrpLeave(VOID)
{
    LARGE_INTEGER Pause = {.QuadPart = -(LONGLONG)PAUSE_100NS};
    NTSTATUS Status = STATUS_DEVICE_BUSY;

    for (ULONG Turn = 0; Turn < UNLOAD_TURNS; Turn++) {
        BOOLEAN IsReaped;

        AtrSessionLock();
        AtrSessionEnd();
        IsReaped = AtrSessionReap();
        /* Waits itself: a busy answer is final. */
        if (IsReaped) {
            Status = AtrHookFini();
        }
        AtrSessionUnlock();
        if (IsReaped) {
            break;
        }
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    return Status == STATUS_SUCCESS;
}

/*
 * A driver cannot refuse any more when its unload routine runs, but while its object is referenced
 * its image stays: who is still inside returns through code that is there.
 */
static VOID
AtrpStayResident(_In_ PDRIVER_OBJECT Driver)
{
    ULONG Pid = 0;
    ULONG Tid = 0;

    (VOID) AtrHookInside(&Pid, &Tid);
    DbgPrint("alpctrace: stays in memory: process %u, thread %u is inside\n", Pid, Tid);
    ObReferenceObject(Driver);
}

static VOID NTAPI
AtrpUnload(_In_ PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Link;

    AtrProcessesUnwatch();
    if (AtrpLeave()) {
        AtrOsWorkerStop();
    } else {
        AtrpStayResident(Driver);
    }
    RtlInitUnicodeString(&Link, AtrpLinkName);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Driver->DeviceObject);
}

static NTSTATUS
AtrpDevice(_In_ PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Name;
    UNICODE_STRING Link;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, AtrpDeviceName);
    RtlInitUnicodeString(&Link, AtrpLinkName);
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    AtrSecurityProtect(Device);
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI
DriverEntry(_In_ PDRIVER_OBJECT Driver, _In_ PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    AtrOsInit();
    AtrOsAddOurImage(Driver->DriverStart, Driver->DriverSize);
    AtrSessionInit();
    Driver->MajorFunction[IRP_MJ_CREATE] = AtrpCreate;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = AtrpCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = AtrpClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = AtrpControl;
    Driver->DriverUnload = AtrpUnload;
    Status = AtrOsWorkerStart(AtrDeviceTurn);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = AtrProcessesWatch();
    if (NT_SUCCESS(Status)) {
        Status = AtrpDevice(Driver);
        if (!NT_SUCCESS(Status)) {
            AtrProcessesUnwatch();
        }
    }
    if (!NT_SUCCESS(Status)) {
        AtrOsWorkerStop();
    }
    return Status;
}
