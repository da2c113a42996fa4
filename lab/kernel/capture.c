/* SPDX-License-Identifier: MIT */
/* The caller's memory: bounded below the user limit, and every access may fault. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

static BOOLEAN
IsCallers(const VOID *Address, SIZE_T Bytes)
{
    ULONG64 At = (ULONG64)Address;

    return LabMe() == NULL || (At + Bytes >= At && At + Bytes <= LAB_USER_END);
}

BOOLEAN
LabRead(PVOID To, const VOID *From, SIZE_T Bytes)
{
    return IsCallers(From, Bytes) && LabCopy(To, From, Bytes);
}

BOOLEAN
LabWrite(PVOID To, const VOID *From, SIZE_T Bytes)
{
    return IsCallers(To, Bytes) && LabCopy(To, From, Bytes);
}

static VOID
Widen(struct lab_header *To, const PORT_MESSAGE32 *From)
{
    memset(To, 0, sizeof(*To));
    To->data_length = From->DataLength;
    To->total_length = (uint16_t)(From->TotalLength + sizeof(*To) - sizeof(*From));
    To->type = From->Type;
    To->data_info_offset = From->DataInfoOffset;
    To->pid = From->UniqueProcess;
    To->tid = From->UniqueThread;
    To->message_id = From->MessageId;
    To->callback_id = From->CallbackId;
}

static VOID
Narrow(PPORT_MESSAGE32 To, const struct lab_header *From)
{
    To->DataLength = From->data_length;
    To->TotalLength = (USHORT)(From->total_length - sizeof(*From) + sizeof(*To));
    To->Type = From->type | LPC_TYPE_WOW64;
    To->DataInfoOffset = From->data_info_offset;
    To->UniqueProcess = (ULONG)From->pid;
    To->UniqueThread = (ULONG)From->tid;
    To->MessageId = From->message_id;
    To->CallbackId = (ULONG)From->callback_id;
}

static NTSTATUS
ReadHeader(const VOID *User, BOOLEAN Is32, struct lab_header *Header)
{
    PORT_MESSAGE32 Header32;

    if (!Is32) {
        return LabRead(Header, User, sizeof(*Header)) ? 0 : (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (!LabRead(&Header32, User, sizeof(Header32))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Header32.TotalLength < sizeof(Header32) ||
        Header32.TotalLength > LAB_MESSAGE_MAX + sizeof(Header32) - sizeof(*Header)) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Widen(Header, &Header32);
    return 0;
}

/* The header once, then what that copy says; the caller frees. */
NTSTATUS
LabReadMessage(const VOID *User, BOOLEAN Is32, BOOLEAN IsLpc, struct lab_header **Out)
{
    SIZE_T HeaderBytes = Is32 ? sizeof(PORT_MESSAGE32) : sizeof(struct lab_header);
    struct lab_header Header;
    struct lab_header *Message;
    SIZE_T Payload;
    NTSTATUS Status;

    *Out = NULL;
    if (User == NULL) {
        return 0;
    }
    Status = ReadHeader(User, Is32, &Header);
    if (Status != 0) {
        return Status;
    }
    if (Header.data_length > LAB_MESSAGE_MAX - sizeof(Header)) {
        return (NTSTATUS)LAB_BUFFER_OVERFLOW;
    }
    if (Header.total_length < sizeof(Header) + Header.data_length) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    Payload = (IsLpc ? Header.total_length - sizeof(Header) : Header.data_length);
    Message = calloc(1, sizeof(Header) + Payload);
    if (Message == NULL) {
        return (NTSTATUS)LAB_NO_MEMORY;
    }
    *Message = Header;
    if (!LabRead(Message + 1, (const UCHAR *)User + HeaderBytes, Payload)) {
        free(Message);
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (!IsLpc && Header.total_length != sizeof(Header) + Header.data_length) {
        free(Message);
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    *Out = Message;
    return 0;
}

NTSTATUS
LabWriteMessage(PVOID User, BOOLEAN Is32, const struct lab_header *Message)
{
    SIZE_T Payload = Message->total_length - sizeof(*Message);
    PORT_MESSAGE32 Header32;
    BOOLEAN IsWritten;

    if (Is32) {
        Narrow(&Header32, Message);
        IsWritten = LabWrite(User, &Header32, sizeof(Header32)) &&
                    LabWrite((PUCHAR)User + sizeof(Header32), Message + 1, Payload);
    } else {
        IsWritten = LabWrite(User, Message, Message->total_length);
    }
    return IsWritten ? 0 : (NTSTATUS)LAB_ACCESS_VIOLATION;
}

NTSTATUS
LabReadTimeout(const LARGE_INTEGER *User, int64_t *Wait100ns)
{
    LARGE_INTEGER Timeout, Now;

    *Wait100ns = LAB_WAIT_FOREVER;
    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&Timeout, User, sizeof(Timeout))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    *Wait100ns = -Timeout.QuadPart;
    if (Timeout.QuadPart > 0) {
        NtQuerySystemTime(&Now);
        *Wait100ns = Timeout.QuadPart > Now.QuadPart ? Timeout.QuadPart - Now.QuadPart : 0;
    }
    return 0;
}

/* Buffer: LAB_NAME_CHARS characters. No name is no error: a port may be unnamed. */
NTSTATUS
LabReadName(const UNICODE_STRING *User, PWSTR Buffer, struct lab_name *Name)
{
    UNICODE_STRING String;

    Name->chars = Buffer;
    Name->count = 0;
    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&String, User, sizeof(String))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (String.Length / sizeof(WCHAR) >= LAB_NAME_CHARS) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    if (!LabRead(Buffer, String.Buffer, String.Length)) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    Name->count = String.Length / sizeof(WCHAR);
    return 0;
}

NTSTATUS
LabReadObjectName(const OBJECT_ATTRIBUTES *User, PWSTR Buffer, struct lab_name *Name)
{
    OBJECT_ATTRIBUTES Attributes;

    Name->chars = Buffer;
    Name->count = 0;
    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&Attributes, User, sizeof(Attributes))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    return LabReadName(Attributes.ObjectName, Buffer, Name);
}
