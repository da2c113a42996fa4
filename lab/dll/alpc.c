/* SPDX-License-Identifier: MIT */
/* The ALPC services: which argument points to what. */
#include "call.h"

enum {
    MESSAGE_MAX = 65535,
};

static SIZE_T
Capacity(const SIZE_T *BufferLength)
{
    SIZE_T Bytes = MESSAGE_MAX;

    if (BufferLength != NULL) {
        LabCopy(&Bytes, BufferLength, sizeof(Bytes));
    }
    return Bytes < MESSAGE_MAX ? Bytes : MESSAGE_MAX;
}

NTSTATUS NTAPI
LabNtAlpcSendWaitReceivePort(HANDLE PortHandle, ULONG Flags, PPORT_MESSAGE SendMessage,
                             PALPC_MESSAGE_ATTRIBUTES SendMessageAttributes,
                             PPORT_MESSAGE ReceiveMessage, PSIZE_T BufferLength,
                             PALPC_MESSAGE_ATTRIBUTES ReceiveMessageAttributes,
                             PLARGE_INTEGER Timeout)
{
    PDLL_CALL Call = DllBegin(0x8c);
    BOOLEAN Is32 = (Flags & 0xc0000000u) == ALPC_MSGFLG_WOW64_CALL;

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    DllMessage(Call, 2, SendMessage, Is32);
    DllAttributes(Call, 3, SendMessageAttributes, FALSE, Is32);
    DllIn(Call, 7, Timeout, sizeof(*Timeout));
    DllAttributes(Call, 6, ReceiveMessageAttributes, TRUE, Is32);
    DllInOut(Call, 5, BufferLength, sizeof(*BufferLength));
    DllReceive(Call, 4, ReceiveMessage, Capacity(BufferLength));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                    PALPC_PORT_ATTRIBUTES PortAttributes)
{
    PDLL_CALL Call = DllBegin(0x7b);

    DllObject(Call, 1, ObjectAttributes);
    DllIn(Call, 2, PortAttributes, sizeof(*PortAttributes));
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    return DllEnd(Call);
}

static VOID
ConnectRest(PDLL_CALL Call, PALPC_PORT_ATTRIBUTES PortAttributes, ULONG Flags,
            PPORT_MESSAGE ConnectionMessage, PSIZE_T BufferLength,
            PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
            PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout)
{
    DllIn(Call, 3, PortAttributes, sizeof(*PortAttributes));
    DllValue(Call, 4, Flags);
    DllAttributes(Call, 8, OutMessageAttributes, FALSE, FALSE);
    DllIn(Call, 10, Timeout, sizeof(*Timeout));
    DllAttributes(Call, 9, InMessageAttributes, TRUE, FALSE);
    DllInOut(Call, 7, BufferLength, sizeof(*BufferLength));
    DllMessageInOut(Call, 6, ConnectionMessage, BufferLength != NULL ? Capacity(BufferLength) : 0);
}

NTSTATUS NTAPI
LabNtAlpcConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                     POBJECT_ATTRIBUTES ObjectAttributes, PALPC_PORT_ATTRIBUTES PortAttributes,
                     ULONG Flags, PSID RequiredServerSid, PPORT_MESSAGE ConnectionMessage,
                     PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
                     PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout)
{
    PDLL_CALL Call = DllBegin(0x79);

    DllName(Call, 1, PortName);
    DllObject(Call, 2, ObjectAttributes);
    if (RequiredServerSid != NULL) {
        DllIn(Call, 5, RequiredServerSid, GetLengthSid(RequiredServerSid));
    }
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    ConnectRest(Call, PortAttributes, Flags, ConnectionMessage, BufferLength, OutMessageAttributes,
                InMessageAttributes, Timeout);
    return DllEnd(Call);
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
    PDLL_CALL Call = DllBegin(0x7a);

    DllObject(Call, 1, ConnectionPortObjectAttributes);
    DllObject(Call, 2, ClientPortObjectAttributes);
    if (ServerSecurityRequirements != NULL) {
        DllIn(Call, 5, ServerSecurityRequirements,
              GetSecurityDescriptorLength(ServerSecurityRequirements));
    }
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    ConnectRest(Call, PortAttributes, Flags, ConnectionMessage, BufferLength, OutMessageAttributes,
                InMessageAttributes, Timeout);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcAcceptConnectPort(PHANDLE PortHandle, HANDLE ConnectionPortHandle, ULONG Flags,
                           POBJECT_ATTRIBUTES ObjectAttributes,
                           PALPC_PORT_ATTRIBUTES PortAttributes, PVOID PortContext,
                           PPORT_MESSAGE ConnectionRequest,
                           PALPC_MESSAGE_ATTRIBUTES ConnectionMessageAttributes,
                           BOOLEAN AcceptConnection)
{
    PDLL_CALL Call = DllBegin(0x77);

    DllValue(Call, 1, (ULONG64)ConnectionPortHandle);
    DllValue(Call, 2, Flags);
    DllObject(Call, 3, ObjectAttributes);
    DllIn(Call, 4, PortAttributes, sizeof(*PortAttributes));
    DllValue(Call, 5, (ULONG64)PortContext);
    DllMessage(Call, 6, ConnectionRequest, FALSE);
    DllAttributes(Call, 7, ConnectionMessageAttributes, TRUE, FALSE);
    DllValue(Call, 8, AcceptConnection);
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcDisconnectPort(HANDLE PortHandle, ULONG Flags)
{
    PDLL_CALL Call = DllBegin(0x84);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcCancelMessage(HANDLE PortHandle, ULONG Flags, PALPC_CONTEXT_ATTR MessageContext)
{
    PDLL_CALL Call = DllBegin(0x78);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    DllIn(Call, 2, MessageContext, sizeof(*MessageContext));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcCreatePortSection(HANDLE PortHandle, ULONG Flags, HANDLE SectionHandle, SIZE_T SectionSize,
                           PALPC_HANDLE AlpcSectionHandle, PSIZE_T ActualSectionSize)
{
    PDLL_CALL Call = DllBegin(0x7c);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    DllValue(Call, 2, (ULONG64)SectionHandle);
    DllValue(Call, 3, SectionSize);
    DllOut(Call, 4, AlpcSectionHandle, sizeof(*AlpcSectionHandle));
    DllOut(Call, 5, ActualSectionSize, sizeof(*ActualSectionSize));
    return DllEnd(Call);
}

static NTSTATUS
ThreeValues(ULONG Service, HANDLE PortHandle, ULONG Flags, PVOID Value)
{
    PDLL_CALL Call = DllBegin(Service);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    DllValue(Call, 2, (ULONG64)Value);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcDeletePortSection(HANDLE PortHandle, ULONG Flags, ALPC_HANDLE SectionHandle)
{
    return ThreeValues(0x80, PortHandle, Flags, SectionHandle);
}

NTSTATUS NTAPI
LabNtAlpcDeleteSectionView(HANDLE PortHandle, ULONG Flags, PVOID ViewBase)
{
    return ThreeValues(0x82, PortHandle, Flags, ViewBase);
}

NTSTATUS NTAPI
LabNtAlpcCreateSectionView(HANDLE PortHandle, ULONG Flags, PALPC_DATA_VIEW_ATTR ViewAttributes)
{
    PDLL_CALL Call = DllBegin(0x7e);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Flags);
    DllInOut(Call, 2, ViewAttributes, sizeof(*ViewAttributes));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcQueryInformation(HANDLE PortHandle, ALPC_PORT_INFORMATION_CLASS Class,
                          PVOID PortInformation, ULONG Length, PULONG ReturnLength)
{
    PDLL_CALL Call = DllBegin(0x89);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllValue(Call, 1, Class);
    DllInOut(Call, 2, PortInformation, Length);
    DllValue(Call, 3, Length);
    DllOut(Call, 4, ReturnLength, sizeof(*ReturnLength));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAlpcQueryInformationMessage(HANDLE PortHandle, PPORT_MESSAGE PortMessage,
                                 ALPC_MESSAGE_INFORMATION_CLASS Class, PVOID MessageInformation,
                                 ULONG Length, PULONG ReturnLength)
{
    PDLL_CALL Call = DllBegin(0x8a);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllIn(Call, 1, PortMessage, sizeof(*PortMessage));
    DllValue(Call, 2, Class);
    DllInOut(Call, 3, MessageInformation, Length);
    DllValue(Call, 4, Length);
    DllOut(Call, 5, ReturnLength, sizeof(*ReturnLength));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtWaitForWorkViaWorkerFactory(HANDLE WorkerFactoryHandle, PVOID MiniPackets, ULONG Count,
                                 PULONG PacketsReturned, PWORKER_FACTORY_DEFERRED_WORK DeferredWork)
{
    PDLL_CALL Call = DllBegin(0x1d5);
    USHORT Block;

    DllValue(Call, 0, (ULONG64)WorkerFactoryHandle);
    DllValue(Call, 1, (ULONG64)MiniPackets);
    DllValue(Call, 2, Count);
    Block = DllIn(Call, 4, DeferredWork, sizeof(*DeferredWork));
    if (Block != LAB_CALL_NO_PARENT) {
        DllMessageAt(Call, Block, FIELD_OFFSET(WORKER_FACTORY_DEFERRED_WORK, AlpcSendMessage),
                     DeferredWork->AlpcSendMessage);
    }
    DllOut(Call, 3, PacketsReturned, sizeof(*PacketsReturned));
    return DllEnd(Call);
}

/* Ports are the gate's; all other handles are Windows'. */
NTSTATUS NTAPI
LabNtClose(HANDLE Handle)
{
    PDLL_CALL Call;

    if (((ULONG64)Handle & ~0x0fffffffull) != 0x40000000ull) {
        return CloseHandle(Handle) ? 0 : (NTSTATUS)0xc0000008;
    }
    Call = DllBegin(0x0f);
    DllValue(Call, 0, (ULONG64)Handle);
    return DllEnd(Call);
}
