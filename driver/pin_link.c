/* SPDX-License-Identifier: MIT */
#include "hook_internal.h"

static NTSTATUS
AtrpAskForTable(_In_ PDEVICE_OBJECT Device, _Out_ PATR_PIN_TABLE Table)
{
    IO_STATUS_BLOCK IoStatus = {.Status = STATUS_UNSUCCESSFUL};
    NTSTATUS Status;
    KEVENT Done;
    PIRP Irp;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(ATR_PIN_IOCTL_TABLE, Device, NULL, 0, Table, sizeof(*Table),
                                        TRUE, &Done, &IoStatus);
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        (VOID) KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
        Status = IoStatus.Status;
    }
    return Status;
}

_Use_decl_annotations_ NTSTATUS
AtrpPinOpen(PATR_PIN_LINK Link)
{
    UNICODE_STRING Name;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    RtlZeroMemory(Link, sizeof(*Link));
    RtlInitUnicodeString(&Name, ATR_PIN_DEVICE_NAME);
    if (!NT_SUCCESS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &Link->File, &Device))) {
        Link->File = NULL;
        return STATUS_DEVICE_NOT_READY;
    }
    Status = AtrpAskForTable(Device, &Link->Table);
    /* A pin of another size refuses the request: it is another version. */
    if (NT_SUCCESS(Status) &&
        (Link->Table.Magic != ATR_PIN_MAGIC || Link->Table.Version != ATR_PIN_VERSION ||
         Link->Table.Size != sizeof(Link->Table))) {
        Status = STATUS_REVISION_MISMATCH;
    } else if (Status == STATUS_INFO_LENGTH_MISMATCH) {
        Status = STATUS_REVISION_MISMATCH;
    }
    if (!NT_SUCCESS(Status)) {
        AtrpPinClose(Link);
        return Status;
    }
    AtrOsAddOurImage(Device->DriverObject->DriverStart, Device->DriverObject->DriverSize);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID
AtrpPinClose(PATR_PIN_LINK Link)
{
    if (Link->File != NULL) {
        ObDereferenceObject(Link->File);
    }
    RtlZeroMemory(Link, sizeof(*Link));
}
