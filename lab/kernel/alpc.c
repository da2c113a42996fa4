/* SPDX-License-Identifier: MIT */
/* The NtAlpc services: from the caller's memory into the model and back. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

/* One call's way through: what was captured, what is to be given back. */
typedef struct _LAB_TRANSFER {
    BOOLEAN Is32;
    struct lab_header *Send;
    struct lab_parts SendParts;
    struct lab_parts ReceiveParts;
    struct lab_receive Receive;
    int64_t Wait100ns;
} LAB_TRANSFER, *PLAB_TRANSFER;

static BOOLEAN
IsWow64Call(ULONG Flags)
{
    return (Flags & 0xc0000000u) == ALPC_MSGFLG_WOW64_CALL;
}

static NTSTATUS
CaptureSend(PLAB_TRANSFER Transfer, const VOID *Message, const VOID *Attributes)
{
    ULONG64 ProcessId = LabCaller().pid;
    NTSTATUS Status = LabReadMessage(Message, Transfer->Is32, FALSE, &Transfer->Send);

    if (Status == 0 && Transfer->Send != NULL) {
        Status = LabReadAttributes(Attributes, Transfer->Is32, &Transfer->SendParts);
    }
    if (Status == 0) {
        Status = LabViewSend(ProcessId, &Transfer->SendParts);
    }
    if (Status == 0) {
        Status = LabHandlesSend(ProcessId, &Transfer->SendParts);
    }
    return Status;
}

/* Room for the largest message: how much the caller has is another matter. */
static NTSTATUS
PrepareReceive(PLAB_TRANSFER Transfer, const VOID *Message, const SIZE_T *BufferLength)
{
    SIZE_T Capacity = LAB_MESSAGE_MAX;

    if (Message == NULL) {
        return 0;
    }
    if (BufferLength != NULL && !LabRead(&Capacity, BufferLength, sizeof(Capacity))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Transfer->Is32) {
        Capacity += sizeof(struct lab_header) - sizeof(PORT_MESSAGE32);
    }
    Transfer->Receive.capacity = Capacity < LAB_MESSAGE_MAX ? Capacity : LAB_MESSAGE_MAX;
    Transfer->Receive.parts = &Transfer->ReceiveParts;
    Transfer->Receive.buffer = malloc(LAB_MESSAGE_MAX);
    return Transfer->Receive.buffer != NULL ? 0 : (NTSTATUS)LAB_NO_MEMORY;
}

static SIZE_T
LengthForCaller(const LAB_TRANSFER *Transfer)
{
    return Transfer->Receive.length -
           (Transfer->Is32 ? sizeof(struct lab_header) - sizeof(PORT_MESSAGE32) : 0);
}

/* Status is 0: a message came. BufferLength is written on the synchronous path alone. */
static NTSTATUS
GiveReceived(PLAB_TRANSFER Transfer, PVOID Message, PVOID Attributes)
{
    ULONG64 ProcessId = LabCaller().pid;
    NTSTATUS Status = LabWriteMessage(Message, Transfer->Is32, Transfer->Receive.buffer);

    if (Status == 0 && Attributes != NULL) {
        Status = LabViewReceive(ProcessId, &Transfer->ReceiveParts);
    }
    if (Status == 0 && Attributes != NULL) {
        Status = LabHandlesReceive(ProcessId, &Transfer->ReceiveParts, Transfer->Receive.buffer);
        Status = Status != 0
                     ? Status
                     : LabWriteAttributes(Attributes, Transfer->Is32, &Transfer->ReceiveParts,
                                          Transfer->Receive.buffer);
    } else {
        LabHandlesDrop(&Transfer->ReceiveParts);
    }
    return Status;
}

static VOID
FreeTransfer(PLAB_TRANSFER Transfer)
{
    LabHandlesDrop(&Transfer->SendParts);
    free(Transfer->Send);
    free(Transfer->Receive.buffer);
}

NTSTATUS NTAPI
LabNtAlpcSendWaitReceivePort(HANDLE PortHandle, ULONG Flags, PPORT_MESSAGE SendMessage,
                             PALPC_MESSAGE_ATTRIBUTES SendMessageAttributes,
                             PPORT_MESSAGE ReceiveMessage, PSIZE_T BufferLength,
                             PALPC_MESSAGE_ATTRIBUTES ReceiveMessageAttributes,
                             PLARGE_INTEGER Timeout)
{
    struct lab_caller Caller = LabCaller();
    LAB_TRANSFER Transfer;
    uint32_t Port = LabPortByHandle(PortHandle);
    NTSTATUS Status;

    memset(&Transfer, 0, sizeof(Transfer));
    Transfer.Is32 = IsWow64Call(Flags);
    Status = Port == LAB_NONE ? (NTSTATUS)LAB_INVALID_HANDLE
                              : LabReadTimeout(Timeout, &Transfer.Wait100ns);
    if (Status == 0) {
        Status = CaptureSend(&Transfer, SendMessage, SendMessageAttributes);
    }
    if (Status == 0) {
        Status = PrepareReceive(&Transfer, ReceiveMessage, BufferLength);
    }
    if (Status == 0) {
        Status = (NTSTATUS)lab_send_wait_receive(
            LabModel, &Caller, Port, Flags & 0xffff0000u, Transfer.Send, &Transfer.SendParts,
            ReceiveMessage != NULL ? &Transfer.Receive : NULL, Transfer.Wait100ns);
    }
    if (Status == 0 && ReceiveMessage != NULL) {
        Status = GiveReceived(&Transfer, ReceiveMessage, ReceiveMessageAttributes);
    }
    if (BufferLength != NULL && ReceiveMessage != NULL &&
        (Status == (NTSTATUS)LAB_BUFFER_TOO_SMALL ||
         (Status == 0 && (Flags & ALPC_MSGFLG_SYNC_REQUEST) != 0))) {
        SIZE_T Length = LengthForCaller(&Transfer);

        LabWrite(BufferLength, &Length, sizeof(Length));
    }
    FreeTransfer(&Transfer);
    return Status;
}

static NTSTATUS
MaxMessage(const ALPC_PORT_ATTRIBUTES *User, uint32_t *Bytes)
{
    ALPC_PORT_ATTRIBUTES Attributes;

    *Bytes = LAB_MESSAGE_MAX;
    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&Attributes, User, sizeof(Attributes))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Attributes.MaxMessageLength < LAB_MESSAGE_MAX) {
        *Bytes = (uint32_t)Attributes.MaxMessageLength;
    }
    return 0;
}

NTSTATUS NTAPI
LabNtAlpcCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                    PALPC_PORT_ATTRIBUTES PortAttributes)
{
    struct lab_caller Caller = LabCaller();
    WCHAR Buffer[LAB_NAME_CHARS];
    struct lab_name Name;
    uint32_t Port, Max;
    NTSTATUS Status = LabReadObjectName(ObjectAttributes, Buffer, &Name);

    if (Status == 0) {
        Status = MaxMessage(PortAttributes, &Max);
    }
    if (Status == 0) {
        Status = (NTSTATUS)lab_create_port(LabModel, &Caller, Name, Max, &Port);
    }
    return Status == 0 ? LabGiveHandle(PortHandle, Port) : Status;
}

static NTSTATUS
Connect(PHANDLE PortHandle, struct lab_name Name, PPORT_MESSAGE ConnectionMessage,
        PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutAttributes,
        PALPC_MESSAGE_ATTRIBUTES InAttributes, PLARGE_INTEGER Timeout)
{
    struct lab_caller Caller = LabCaller();
    LAB_TRANSFER Transfer;
    uint32_t Port = LAB_NONE;
    NTSTATUS Status;

    memset(&Transfer, 0, sizeof(Transfer));
    Status = LabReadTimeout(Timeout, &Transfer.Wait100ns);
    if (Status == 0) {
        Status = CaptureSend(&Transfer, ConnectionMessage, OutAttributes);
    }
    if (Status == 0) {
        Status = PrepareReceive(&Transfer, ConnectionMessage, BufferLength);
    }
    if (Status == 0) {
        Status = (NTSTATUS)lab_connect(LabModel, &Caller, Name, Transfer.Send,
                                       ConnectionMessage != NULL ? &Transfer.Receive : NULL,
                                       Transfer.Wait100ns, &Port);
    }
    if (ConnectionMessage != NULL && Transfer.Receive.length != 0 &&
        (Status == 0 || Status == (NTSTATUS)LAB_CONNECTION_REFUSED)) {
        NTSTATUS Given = GiveReceived(&Transfer, ConnectionMessage, InAttributes);

        if (BufferLength != NULL) {
            LabWrite(BufferLength, &Transfer.Receive.length, sizeof(SIZE_T));
        }
        Status = Status != 0 ? Status : Given;
    }
    FreeTransfer(&Transfer);
    return Status == 0 ? LabGiveHandle(PortHandle, Port) : Status;
}

NTSTATUS NTAPI
LabNtAlpcConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                     POBJECT_ATTRIBUTES ObjectAttributes, PALPC_PORT_ATTRIBUTES PortAttributes,
                     ULONG Flags, PSID RequiredServerSid, PPORT_MESSAGE ConnectionMessage,
                     PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
                     PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout)
{
    WCHAR Buffer[LAB_NAME_CHARS];
    struct lab_name Name;
    NTSTATUS Status = LabReadName(PortName, Buffer, &Name);

    (void)ObjectAttributes;
    (void)PortAttributes;
    (void)Flags;
    (void)RequiredServerSid;
    return Status != 0 ? Status
                       : Connect(PortHandle, Name, ConnectionMessage, BufferLength,
                                 OutMessageAttributes, InMessageAttributes, Timeout);
}

NTSTATUS NTAPI
LabNtAlpcConnectPortEx(PHANDLE PortHandle, POBJECT_ATTRIBUTES ConnectionPortObjectAttributes,
                       POBJECT_ATTRIBUTES ClientPortObjectAttributes,
                       PALPC_PORT_ATTRIBUTES PortAttributes, ULONG Flags,
                       PSECURITY_DESCRIPTOR ServerSecurityRequirements,
                       PPORT_MESSAGE ConnectionMessage, PSIZE_T BufferLength,
                       PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
                       PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout)
{
    WCHAR Buffer[LAB_NAME_CHARS];
    struct lab_name Name;
    NTSTATUS Status = LabReadObjectName(ConnectionPortObjectAttributes, Buffer, &Name);

    (void)ClientPortObjectAttributes;
    (void)PortAttributes;
    (void)Flags;
    (void)ServerSecurityRequirements;
    return Status != 0 ? Status
                       : Connect(PortHandle, Name, ConnectionMessage, BufferLength,
                                 OutMessageAttributes, InMessageAttributes, Timeout);
}

NTSTATUS NTAPI
LabNtAlpcAcceptConnectPort(PHANDLE PortHandle, HANDLE ConnectionPortHandle, ULONG Flags,
                           POBJECT_ATTRIBUTES ObjectAttributes,
                           PALPC_PORT_ATTRIBUTES PortAttributes, PVOID PortContext,
                           PPORT_MESSAGE ConnectionRequest,
                           PALPC_MESSAGE_ATTRIBUTES ConnectionMessageAttributes,
                           BOOLEAN AcceptConnection)
{
    struct lab_caller Caller = LabCaller();
    struct lab_header *Message = NULL;
    uint32_t Port = LAB_NONE;
    NTSTATUS Status;

    (void)Flags;
    (void)ObjectAttributes;
    (void)PortAttributes;
    (void)ConnectionMessageAttributes;
    if (LabPortByHandle(ConnectionPortHandle) == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    if (ConnectionRequest == NULL) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    Status = LabReadMessage(ConnectionRequest, FALSE, FALSE, &Message);
    if (Status == 0) {
        Status = (NTSTATUS)lab_accept(LabModel, &Caller, (ULONG64)PortContext, Message,
                                      AcceptConnection != 0, true, &Port);
    }
    free(Message);
    return Status == 0 && AcceptConnection ? LabGiveHandle(PortHandle, Port) : Status;
}

NTSTATUS NTAPI
LabNtAlpcDisconnectPort(HANDLE PortHandle, ULONG Flags)
{
    uint32_t Port = LabPortByHandle(PortHandle);

    (void)Flags;
    return Port == LAB_NONE ? (NTSTATUS)LAB_INVALID_HANDLE
                            : (NTSTATUS)lab_disconnect(LabModel, Port);
}

NTSTATUS NTAPI
LabNtClose(HANDLE Handle)
{
    uint32_t Port = LabPortByHandle(Handle);

    return Port == LAB_NONE ? (NTSTATUS)LAB_INVALID_HANDLE : (NTSTATUS)lab_close(LabModel, Port);
}

NTSTATUS NTAPI
LabNtAlpcCancelMessage(HANDLE PortHandle, ULONG Flags, PALPC_CONTEXT_ATTR MessageContext)
{
    uint32_t Port = LabPortByHandle(PortHandle);
    ALPC_CONTEXT_ATTR Context;

    (void)Flags;
    if (Port == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    if (!LabRead(&Context, MessageContext, sizeof(Context))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    return (NTSTATUS)lab_cancel(LabModel, Port, Context.MessageId, Context.CallbackId);
}

/* Sends what a thread-pool server left to be sent; there is no work to wait for. */
NTSTATUS NTAPI
LabNtWaitForWorkViaWorkerFactory(HANDLE WorkerFactoryHandle, PVOID MiniPackets, ULONG Count,
                                 PULONG PacketsReturned, PWORKER_FACTORY_DEFERRED_WORK DeferredWork)
{
    WORKER_FACTORY_DEFERRED_WORK Work;
    NTSTATUS Status;

    (void)WorkerFactoryHandle;
    (void)MiniPackets;
    (void)Count;
    (void)PacketsReturned;
    if (DeferredWork == NULL) {
        return (NTSTATUS)LAB_TIMEOUT;
    }
    if (!LabRead(&Work, DeferredWork, sizeof(Work))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if ((Work.Flags & WORKER_FACTORY_DEFERRED_SEND) == 0 ||
        (Work.AlpcSendMessageFlags & ALPC_MSGFLG_SYNC_REQUEST) != 0) {
        return (NTSTATUS)LAB_TIMEOUT;
    }
    Status = LabNtAlpcSendWaitReceivePort(Work.AlpcSendMessagePort, Work.AlpcSendMessageFlags,
                                          Work.AlpcSendMessage, NULL, NULL, NULL, NULL, NULL);
    return Status == 0 ? (NTSTATUS)LAB_TIMEOUT : Status;
}
