/* SPDX-License-Identifier: MIT */
/*
 * alpclabgate.sys: what the system call instruction is on Windows. Each request is one service
 * call in the name of the client's thread, made by a worker, through the service table.
 */
#include <ntifs.h>

#include "call.h"

#define TAG       0x6574616cu
#define PAGE_SPAN 0x20000u

typedef struct _GATE_IDENTITY {
    ULONG64 ProcessId;
    ULONG64 ThreadId;
    PVOID Thread;
    PVOID Process;
    ULONG FrameCount;
    volatile ULONG Cancel;
    ULONG64 Frames[LAB_CALL_FRAMES];
} GATE_IDENTITY, *PGATE_IDENTITY;

/* Of the test kernel. */
__declspec(dllimport) NTSTATUS NTAPI
    ZwProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Protection, PULONG Old);
__declspec(dllimport) VOID LabEnter(PGATE_IDENTITY Identity);
__declspec(dllimport) VOID LabLeave(VOID);
__declspec(dllimport) BOOLEAN LabQueue(VOID (*Routine)(PVOID), PVOID Context);
__declspec(dllimport) NTSTATUS LabService(ULONG Number, const ULONG64 *Arguments);
__declspec(dllimport) VOID LabCancelWaits(VOID);
__declspec(dllimport) VOID LabProcessSeen(ULONG64 ProcessId);
__declspec(dllimport) VOID LabProcessGone(ULONG64 ProcessId);
__declspec(dllimport) NTSTATUS LabSwitch(ULONG Switch, ULONG64 Value);

typedef struct _GATE_JOB {
    GATE_IDENTITY Identity;
    PIRP Irp;
    PVOID Pages[LAB_CALL_BLOCKS]; /* of blocks that are not plain */
    ULONG64 Arguments[LAB_CALL_ARGUMENTS];
} GATE_JOB, *PGATE_JOB;

static PDEVICE_OBJECT Device;

static NTSTATUS
Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI
Cancel(PDEVICE_OBJECT Object, PIRP Irp)
{
    PGATE_JOB Job = Irp->Tail.Overlay.DriverContext[0];

    UNREFERENCED_PARAMETER(Object);
    Job->Identity.Cancel = 1;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    LabCancelWaits();
}

/* A page span of which nothing, or all but the bytes at its end, is gone. */
static PVOID
MakePages(const struct lab_block *Block, const UCHAR *Bytes, PVOID *Address)
{
    PVOID Base = NULL;
    SIZE_T Size = PAGE_SPAN + 0x1000;
    PVOID Last;
    SIZE_T LastSize = 0x1000;
    ULONG Old;

    if (Block->bytes > PAGE_SPAN ||
        ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Size, MEM_COMMIT | MEM_RESERVE,
                                PAGE_READWRITE) != STATUS_SUCCESS) {
        return NULL;
    }
    *Address = (PUCHAR)Base + PAGE_SPAN - Block->bytes;
    Last = (PUCHAR)Base + PAGE_SPAN;
    if (Block->kind == LAB_BLOCK_EDGE) {
        RtlCopyMemory(*Address, Bytes, Block->bytes);
    } else {
        Last = Base;
        LastSize = Size;
    }
    ZwProtectVirtualMemory(NtCurrentProcess(), &Last, &LastSize, PAGE_NOACCESS, &Old);
    return Base;
}

static BOOLEAN
IsSound(const struct lab_call *Call, ULONG Input, ULONG Room)
{
    if (Input < sizeof(*Call) || Room < sizeof(*Call) || Call->magic != LAB_CALL_MAGIC ||
        Call->block_count > LAB_CALL_BLOCKS || Call->frame_count > LAB_CALL_FRAMES) {
        return FALSE;
    }
    for (ULONG i = 0; i < Call->block_count; i++) {
        const struct lab_block *Block = &Call->blocks[i];

        if (Block->offset < sizeof(*Call) || Block->offset > Room ||
            Block->bytes > Room - Block->offset) {
            return FALSE;
        }
        if (Block->parent == LAB_CALL_NO_PARENT
                ? Block->place >= LAB_CALL_ARGUMENTS
                : Block->parent >= i ||
                      Block->place + sizeof(PVOID) > Call->blocks[Block->parent].bytes) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Every pointer to where its block is now. */
static BOOLEAN
Link(PGATE_JOB Job, struct lab_call *Call)
{
    RtlCopyMemory(Job->Arguments, Call->arguments, sizeof(Job->Arguments));
    for (ULONG i = 0; i < Call->block_count; i++) {
        const struct lab_block *Block = &Call->blocks[i];
        PVOID Address = (PUCHAR)Call + Block->offset;

        if (Block->kind != LAB_BLOCK_PLAIN) {
            Job->Pages[i] = MakePages(Block, Address, &Address);
            if (Job->Pages[i] == NULL) {
                return FALSE;
            }
        }
        if (Block->parent == LAB_CALL_NO_PARENT) {
            Job->Arguments[Block->place] = (ULONG64)Address;
        } else {
            RtlCopyMemory((PUCHAR)Call + Call->blocks[Block->parent].offset + Block->place,
                          &Address, sizeof(Address));
        }
    }
    return TRUE;
}

static VOID
FreePages(PGATE_JOB Job)
{
    for (ULONG i = 0; i < LAB_CALL_BLOCKS; i++) {
        SIZE_T Size = 0;

        if (Job->Pages[i] == NULL) {
            continue;
        }
        ZwFreeVirtualMemory(NtCurrentProcess(), &Job->Pages[i], &Size, MEM_RELEASE);
    }
}

static NTSTATUS
Serve(PGATE_JOB Job, struct lab_call *Call)
{
    NTSTATUS Status = STATUS_NO_MEMORY;

    Job->Identity.FrameCount = Call->frame_count;
    RtlCopyMemory(Job->Identity.Frames, Call->frames, sizeof(Job->Identity.Frames));
    if (Link(Job, Call)) {
        LabEnter(&Job->Identity);
        Status = LabService(Call->service, Job->Arguments);
        LabLeave();
    }
    FreePages(Job);
    return Status;
}

/* A receive buffer is mostly empty: no more than the message goes back. */
static ULONG
UsedBytes(const struct lab_call *Call, ULONG Room)
{
    const struct lab_block *Block;
    USHORT Total;

    if (Call->tail == 0 || Call->tail > Call->block_count) {
        return Room;
    }
    Block = &Call->blocks[Call->tail - 1];
    if (Block->bytes < 2 * sizeof(Total)) {
        return Room;
    }
    RtlCopyMemory(&Total, (const UCHAR *)Call + Block->offset + sizeof(Total), sizeof(Total));
    return Total < Block->bytes ? Block->offset + max(Total, sizeof(ULONG)) : Room;
}

static VOID
ZeroTail(struct lab_call *Call, ULONG Input, ULONG Room)
{
    if (Room > Input) {
        RtlZeroMemory((PUCHAR)Call + Input, min(Room - Input, 128));
    }
}

static VOID
Run(PVOID Context)
{
    PGATE_JOB Job = Context;
    PIRP Irp = Job->Irp;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    struct lab_call *Call = Irp->AssociatedIrp.SystemBuffer;
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Room = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;

    if (IsSound(Call, Input, Room)) {
        ZeroTail(Call, Input, Room);
        Call->status = (ULONG)Serve(Job, Call);
        Information = UsedBytes(Call, Room);
        Status = STATUS_SUCCESS;
    }
    if (IoSetCancelRoutine(Irp, NULL) == NULL) {
        while (Job->Identity.Cancel == 0) { /* the cancel routine still uses the job */
        }
        Status = STATUS_CANCELLED;
        Information = 0;
    }
    ExFreePoolWithTag(Job, TAG);
    Complete(Irp, Status, Information);
}

static NTSTATUS
QueueCall(PIRP Irp)
{
    PGATE_JOB Job = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Job), TAG);

    if (Job == NULL) {
        return Complete(Irp, STATUS_NO_MEMORY, 0);
    }
    RtlZeroMemory(Job, sizeof(*Job));
    Job->Irp = Irp;
    Job->Identity.ProcessId = (ULONG64)PsGetCurrentProcessId();
    Job->Identity.ThreadId = (ULONG64)PsGetCurrentThreadId();
    Job->Identity.Thread = Irp->Tail.Overlay.Thread;
    Job->Identity.Process = IoGetRequestorProcess(Irp);
    Irp->Tail.Overlay.DriverContext[0] = Job;
    IoMarkIrpPending(Irp);
    (VOID) IoSetCancelRoutine(Irp, Cancel);
    if (!LabQueue(Run, Job)) {
        (VOID) IoSetCancelRoutine(Irp, NULL);
        ExFreePoolWithTag(Job, TAG);
        Complete(Irp, STATUS_NO_MEMORY, 0);
    }
    return STATUS_PENDING;
}

static NTSTATUS NTAPI
Control(PDEVICE_OBJECT Object, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const struct lab_switch *Switch = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Object);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case LAB_IOCTL_CALL:
        return QueueCall(Irp);
    case LAB_IOCTL_SWITCH:
        return Complete(Irp,
                        Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*Switch)
                            ? STATUS_INVALID_PARAMETER
                            : LabSwitch(Switch->which, Switch->value),
                        0);
    default:
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI
Create(PDEVICE_OBJECT Object, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Object);
    Stack->FileObject->FsContext = PsGetCurrentProcessId();
    LabProcessSeen((ULONG64)PsGetCurrentProcessId());
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID
Gone(PVOID ProcessId)
{
    LabProcessGone((ULONG64)ProcessId);
}

/* Also when the process ends: its ports close. Not here: others wait for this thread. */
static NTSTATUS NTAPI
Close(PDEVICE_OBJECT Object, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Object);
    LabQueue(Gone, Stack->FileObject->FsContext);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI
Unload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Link;

    UNREFERENCED_PARAMETER(Driver);
    RtlInitUnicodeString(&Link, L"\\DosDevices\\AlpcLabGate");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Device);
}

NTSTATUS NTAPI
DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    UNICODE_STRING Name, Link;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Path);
    RtlInitUnicodeString(&Name, L"\\Device\\AlpcLabGate");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\AlpcLabGate");
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = Create;
    Driver->MajorFunction[IRP_MJ_CLOSE] = Close;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
