/* SPDX-License-Identifier: MIT */
/* The legacy port services. Their receive buffers have no length: one page is taken. */
#include "call.h"

enum {
    RECEIVE_BYTES = 0x148, /* what a port of NT 5.2 lets through: 256 + header, and room */
    RECEIVE_MAX = 0x1000,
};

/* As much as is there, at most a page: a caller's buffer may be the last of its memory. */
static SIZE_T
Room(PVOID Message)
{
    MEMORY_BASIC_INFORMATION Region;
    SIZE_T Left;

    if (VirtualQuery(Message, &Region, sizeof(Region)) == 0) {
        return RECEIVE_BYTES;
    }
    Left = (SIZE_T)((PUCHAR)Region.BaseAddress + Region.RegionSize - (PUCHAR)Message);
    return Left < RECEIVE_MAX ? Left : RECEIVE_MAX;
}

static NTSTATUS
Create(ULONG Service, PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
       ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage)
{
    PDLL_CALL Call = DllBegin(Service);

    DllObject(Call, 1, ObjectAttributes);
    DllValue(Call, 2, MaxConnectionInfoLength);
    DllValue(Call, 3, MaxMessageLength);
    DllValue(Call, 4, MaxPoolUsage);
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage)
{
    return Create(0xb8, PortHandle, ObjectAttributes, MaxConnectionInfoLength, MaxMessageLength,
                  MaxPoolUsage);
}

NTSTATUS NTAPI
LabNtCreateWaitablePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                        ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage)
{
    return Create(0xcb, PortHandle, ObjectAttributes, MaxConnectionInfoLength, MaxMessageLength,
                  MaxPoolUsage);
}

static VOID
ConnectRest(PDLL_CALL Call, ULONG First, PULONG MaxMessageLength, PVOID ConnectionInformation,
            PULONG ConnectionInformationLength)
{
    ULONG Length = 0;

    LabCopy(&Length, ConnectionInformationLength, sizeof(Length));
    DllInOut(Call, First + 1, ConnectionInformation, Length);
    DllInOut(Call, First + 2, ConnectionInformationLength, sizeof(Length));
    DllOut(Call, First, MaxMessageLength, sizeof(*MaxMessageLength));
}

NTSTATUS NTAPI
LabNtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                 PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                 PREMOTE_PORT_VIEW ServerView, PULONG MaxMessageLength, PVOID ConnectionInformation,
                 PULONG ConnectionInformationLength)
{
    PDLL_CALL Call = DllBegin(0xa0);

    DllName(Call, 1, PortName);
    DllIn(Call, 2, SecurityQos, sizeof(*SecurityQos));
    DllInOut(Call, 3, ClientView, sizeof(*ClientView));
    DllInOut(Call, 4, ServerView, sizeof(*ServerView));
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    ConnectRest(Call, 5, MaxMessageLength, ConnectionInformation, ConnectionInformationLength);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtSecureConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                       PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                       PSID RequiredServerSid, PREMOTE_PORT_VIEW ServerView,
                       PULONG MaxMessageLength, PVOID ConnectionInformation,
                       PULONG ConnectionInformationLength)
{
    PDLL_CALL Call = DllBegin(0x187);

    DllName(Call, 1, PortName);
    DllIn(Call, 2, SecurityQos, sizeof(*SecurityQos));
    DllInOut(Call, 3, ClientView, sizeof(*ClientView));
    if (RequiredServerSid != NULL) {
        DllIn(Call, 4, RequiredServerSid, GetLengthSid(RequiredServerSid));
    }
    DllInOut(Call, 5, ServerView, sizeof(*ServerView));
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    ConnectRest(Call, 6, MaxMessageLength, ConnectionInformation, ConnectionInformationLength);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtAcceptConnectPort(PHANDLE PortHandle, PVOID PortContext, PPORT_MESSAGE ConnectionRequest,
                       BOOLEAN AcceptConnection, PPORT_VIEW ServerView,
                       PREMOTE_PORT_VIEW ClientView)
{
    PDLL_CALL Call = DllBegin(0x02);

    DllValue(Call, 1, (ULONG64)PortContext);
    DllMessage(Call, 2, ConnectionRequest, FALSE);
    DllValue(Call, 3, AcceptConnection);
    DllInOut(Call, 4, ServerView, sizeof(*ServerView));
    DllInOut(Call, 5, ClientView, sizeof(*ClientView));
    DllOut(Call, 0, PortHandle, sizeof(*PortHandle));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtCompleteConnectPort(HANDLE PortHandle)
{
    PDLL_CALL Call = DllBegin(0x9e);

    DllValue(Call, 0, (ULONG64)PortHandle);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtListenPort(HANDLE PortHandle, PPORT_MESSAGE ConnectionRequest)
{
    PDLL_CALL Call = DllBegin(0x105);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllReceive(Call, 1, ConnectionRequest, Room(ConnectionRequest));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtRequestPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage)
{
    PDLL_CALL Call = DllBegin(0x179);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllMessage(Call, 1, RequestMessage, FALSE);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtRequestWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage,
                          PPORT_MESSAGE ReplyMessage)
{
    PDLL_CALL Call = DllBegin(0x22);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllMessage(Call, 1, RequestMessage, FALSE);
    DllReceive(Call, 2, ReplyMessage, Room(ReplyMessage));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage)
{
    PDLL_CALL Call = DllBegin(0x0c);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllMessage(Call, 1, ReplyMessage, FALSE);
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtReplyWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage)
{
    PDLL_CALL Call = DllBegin(0x178);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllMessageInOut(Call, 1, ReplyMessage, Room(ReplyMessage));
    return DllEnd(Call);
}

static NTSTATUS
ReplyWaitReceive(ULONG Service, HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                 PPORT_MESSAGE ReceiveMessage, PLARGE_INTEGER Timeout)
{
    PDLL_CALL Call = DllBegin(Service);

    DllValue(Call, 0, (ULONG64)PortHandle);
    DllMessage(Call, 2, ReplyMessage, FALSE);
    DllIn(Call, 4, Timeout, sizeof(*Timeout));
    DllOut(Call, 1, PortContext, sizeof(*PortContext));
    DllReceive(Call, 3, ReceiveMessage, Room(ReceiveMessage));
    return DllEnd(Call);
}

NTSTATUS NTAPI
LabNtReplyWaitReceivePort(HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                          PPORT_MESSAGE ReceiveMessage)
{
    return ReplyWaitReceive(0x0b, PortHandle, PortContext, ReplyMessage, ReceiveMessage, NULL);
}

NTSTATUS NTAPI
LabNtReplyWaitReceivePortEx(HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                            PPORT_MESSAGE ReceiveMessage, PLARGE_INTEGER Timeout)
{
    return ReplyWaitReceive(0x2b, PortHandle, PortContext, ReplyMessage, ReceiveMessage, Timeout);
}
