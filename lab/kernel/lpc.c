/* SPDX-License-Identifier: MIT */
/* The legacy port services, on the same model. Port views are not carried. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

static struct lab_caller
LpcCaller(void)
{
    struct lab_caller Caller = LabCaller();

    Caller.is_lpc = true;
    return Caller;
}

/* Sends and receives as told; any of the two messages may be NULL. */
static NTSTATUS
Exchange(HANDLE PortHandle, ULONG Flags, const VOID *SendMessage, BOOLEAN IsNew, PVOID Receive,
         PVOID *PortContext, PLARGE_INTEGER Timeout)
{
    struct lab_caller Caller = LpcCaller();
    uint32_t Port = LabPortByHandle(PortHandle);
    struct lab_parts Parts;
    struct lab_receive Into = {.capacity = LAB_MESSAGE_MAX, .parts = &Parts};
    struct lab_header *Send = NULL;
    int64_t Wait100ns;
    NTSTATUS Status = LabReadTimeout(Timeout, &Wait100ns);

    memset(&Parts, 0, sizeof(Parts));
    if (Port == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    if (Status == 0) {
        Status = LabReadMessage(SendMessage, FALSE, TRUE, &Send);
    }
    if (Status == 0 && Send != NULL && IsNew) {
        Send->message_id = 0;
    }
    Into.buffer = Receive != NULL ? malloc(LAB_MESSAGE_MAX) : NULL;
    if (Status == 0 && Receive != NULL && Into.buffer == NULL) {
        Status = (NTSTATUS)LAB_NO_MEMORY;
    }
    if (Status == 0) {
        Status = (NTSTATUS)lab_send_wait_receive(LabModel, &Caller, Port, Flags, Send, NULL,
                                                 Receive != NULL ? &Into : NULL, Wait100ns);
    }
    if (Status == 0 && Receive != NULL) {
        Status = LabWriteMessage(Receive, FALSE, Into.buffer);
    }
    if (Status == 0 && PortContext != NULL &&
        !LabWrite(PortContext, &Parts.context.port, sizeof(PVOID))) {
        Status = (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    LabHandlesDrop(&Parts);
    free(Send);
    free(Into.buffer);
    return Status;
}

NTSTATUS NTAPI
LabNtRequestPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage)
{
    return RequestMessage == NULL
               ? (NTSTATUS)LAB_ACCESS_VIOLATION
               : Exchange(PortHandle, LAB_FLAG_RELEASE, RequestMessage, TRUE, NULL, NULL, NULL);
}

NTSTATUS NTAPI
LabNtRequestWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage,
                          PPORT_MESSAGE ReplyMessage)
{
    return RequestMessage == NULL || ReplyMessage == NULL
               ? (NTSTATUS)LAB_ACCESS_VIOLATION
               : Exchange(PortHandle, LAB_FLAG_SYNC, RequestMessage, TRUE, ReplyMessage, NULL,
                          NULL);
}

NTSTATUS NTAPI
LabNtReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage)
{
    return ReplyMessage == NULL ? (NTSTATUS)LAB_ACCESS_VIOLATION
                                : Exchange(PortHandle, 0, ReplyMessage, FALSE, NULL, NULL, NULL);
}

NTSTATUS NTAPI
LabNtReplyWaitReceivePortEx(HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                            PPORT_MESSAGE ReceiveMessage, PLARGE_INTEGER Timeout)
{
    return ReceiveMessage == NULL
               ? (NTSTATUS)LAB_ACCESS_VIOLATION
               : Exchange(PortHandle, 0, ReplyMessage, FALSE, ReceiveMessage, PortContext, Timeout);
}

NTSTATUS NTAPI
LabNtReplyWaitReceivePort(HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                          PPORT_MESSAGE ReceiveMessage)
{
    return LabNtReplyWaitReceivePortEx(PortHandle, PortContext, ReplyMessage, ReceiveMessage, NULL);
}

/* A reply that is itself answered: to the model, the next message of this port. */
NTSTATUS NTAPI
LabNtReplyWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage)
{
    return ReplyMessage == NULL
               ? (NTSTATUS)LAB_ACCESS_VIOLATION
               : Exchange(PortHandle, 0, ReplyMessage, FALSE, ReplyMessage, NULL, NULL);
}

NTSTATUS NTAPI
LabNtListenPort(HANDLE PortHandle, PPORT_MESSAGE ConnectionRequest)
{
    struct lab_header Header;
    NTSTATUS Status;

    do {
        Status = LabNtReplyWaitReceivePort(PortHandle, NULL, NULL, ConnectionRequest);
        if (Status == 0 && !LabRead(&Header, ConnectionRequest, sizeof(Header))) {
            Status = (NTSTATUS)LAB_ACCESS_VIOLATION;
        }
    } while (Status == 0 && (Header.type & LPC_TYPE_MASK) != LPC_CONNECTION_REQUEST);
    return Status;
}

NTSTATUS NTAPI
LabNtCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage)
{
    struct lab_caller Caller = LpcCaller();
    WCHAR Buffer[LAB_NAME_CHARS];
    struct lab_name Name;
    uint32_t Port;
    NTSTATUS Status = LabReadObjectName(ObjectAttributes, Buffer, &Name);

    (void)MaxConnectionInfoLength;
    (void)MaxPoolUsage;
    if (Status == 0) {
        Status = (NTSTATUS)lab_create_port(LabModel, &Caller, Name, MaxMessageLength, &Port);
    }
    return Status == 0 ? LabGiveHandle(PortHandle, Port) : Status;
}

NTSTATUS NTAPI
LabNtCreateWaitablePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                        ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage)
{
    return LabNtCreatePort(PortHandle, ObjectAttributes, MaxConnectionInfoLength, MaxMessageLength,
                           MaxPoolUsage);
}

/* The connection information travels as the message's payload. */
static NTSTATUS
ReadInformation(const VOID *Information, const ULONG *Length, struct lab_header **Out)
{
    struct lab_header *Message;
    ULONG Bytes = 0;

    if (Information != NULL && Length != NULL && !LabRead(&Bytes, Length, sizeof(Bytes))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Bytes > 0x1000) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Message = calloc(1, sizeof(*Message) + Bytes);
    if (Message == NULL) {
        return (NTSTATUS)LAB_NO_MEMORY;
    }
    Message->data_length = (uint16_t)Bytes;
    Message->total_length = (uint16_t)(sizeof(*Message) + Bytes);
    if (!LabRead(Message + 1, Information, Bytes)) {
        free(Message);
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    *Out = Message;
    return 0;
}

static NTSTATUS
GiveInformation(PVOID Information, PULONG Length, ULONG Room, const struct lab_receive *Answer)
{
    ULONG Bytes = Answer->length < sizeof(struct lab_header)
                      ? 0
                      : (ULONG)(Answer->length - sizeof(struct lab_header));

    if (Information == NULL || Length == NULL) {
        return 0;
    }
    Bytes = Bytes < Room ? Bytes : Room;
    return LabWrite(Information, Answer->buffer + 1, Bytes) &&
                   LabWrite(Length, &Bytes, sizeof(Bytes))
               ? 0
               : (NTSTATUS)LAB_ACCESS_VIOLATION;
}

NTSTATUS NTAPI
LabNtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                 PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                 PREMOTE_PORT_VIEW ServerView, PULONG MaxMessageLength, PVOID ConnectionInformation,
                 PULONG ConnectionInformationLength)
{
    struct lab_caller Caller = LpcCaller();
    WCHAR Buffer[LAB_NAME_CHARS];
    struct lab_name Name;
    struct lab_receive Answer = {.capacity = LAB_MESSAGE_MAX};
    struct lab_header *Message = NULL;
    uint32_t Port = LAB_NONE;
    NTSTATUS Status = LabReadName(PortName, Buffer, &Name);

    (void)SecurityQos;
    (void)ClientView;
    (void)ServerView;
    if (Status == 0) {
        Status = ReadInformation(ConnectionInformation, ConnectionInformationLength, &Message);
    }
    if (Status == 0) {
        Answer.buffer = malloc(LAB_MESSAGE_MAX);
        Status = Answer.buffer == NULL ? (NTSTATUS)LAB_NO_MEMORY
                                       : (NTSTATUS)lab_connect(LabModel, &Caller, Name, Message,
                                                               &Answer, LAB_WAIT_FOREVER, &Port);
    }
    if (Status == 0 || Status == (NTSTATUS)LAB_CONNECTION_REFUSED) {
        GiveInformation(ConnectionInformation, ConnectionInformationLength, Message->data_length,
                        &Answer);
    }
    if (Status == 0 && MaxMessageLength != NULL) {
        ULONG Max = LabModel->ports[Port].max_message;

        LabWrite(MaxMessageLength, &Max, sizeof(Max));
    }
    free(Message);
    free(Answer.buffer);
    return Status == 0 ? LabGiveHandle(PortHandle, Port) : Status;
}

NTSTATUS NTAPI
LabNtSecureConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                       PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                       PSID RequiredServerSid, PREMOTE_PORT_VIEW ServerView,
                       PULONG MaxMessageLength, PVOID ConnectionInformation,
                       PULONG ConnectionInformationLength)
{
    (void)RequiredServerSid;
    return LabNtConnectPort(PortHandle, PortName, SecurityQos, ClientView, ServerView,
                            MaxMessageLength, ConnectionInformation, ConnectionInformationLength);
}

NTSTATUS NTAPI
LabNtAcceptConnectPort(PHANDLE PortHandle, PVOID PortContext, PPORT_MESSAGE ConnectionRequest,
                       BOOLEAN AcceptConnection, PPORT_VIEW ServerView,
                       PREMOTE_PORT_VIEW ClientView)
{
    struct lab_caller Caller = LpcCaller();
    struct lab_header *Message = NULL;
    uint32_t Port = LAB_NONE;
    NTSTATUS Status;

    (void)ServerView;
    (void)ClientView;
    if (ConnectionRequest == NULL) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    Status = LabReadMessage(ConnectionRequest, FALSE, TRUE, &Message);
    if (Status == 0) {
        Status = (NTSTATUS)lab_accept(LabModel, &Caller, (ULONG64)PortContext, Message,
                                      AcceptConnection != 0, false, &Port);
    }
    free(Message);
    return Status == 0 && AcceptConnection ? LabGiveHandle(PortHandle, Port) : Status;
}

NTSTATUS NTAPI
LabNtCompleteConnectPort(HANDLE PortHandle)
{
    uint32_t Port = LabPortByHandle(PortHandle);

    return Port == LAB_NONE ? (NTSTATUS)LAB_INVALID_HANDLE : (NTSTATUS)lab_complete(LabModel, Port);
}
