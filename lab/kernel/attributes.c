/* SPDX-License-Identifier: MIT */
/* Message attributes, native and 32-bit layout (alpc.md 7), to and from the model's parts. */
#include "kernel.h"

#include <string.h>

/* Highest bit first: that is the order in the buffer. */
static const struct {
    ULONG Bit;
    ULONG Bytes;
    ULONG Bytes32;
} Layout[] = {
    {ALPC_MESSAGE_SECURITY_ATTRIBUTE, 0x18, 0x0c},
    {ALPC_MESSAGE_VIEW_ATTRIBUTE, 0x20, 0x10},
    {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, 0x20, 0x14},
    {ALPC_MESSAGE_HANDLE_ATTRIBUTE, 0x18, 0x10},
    {ALPC_MESSAGE_TOKEN_ATTRIBUTE, 0x18, 0x18},
    {ALPC_MESSAGE_DIRECT_ATTRIBUTE, 0x08, 0x04},
    {ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE, 0x08, 0x08},
};

/* Where the structure of Bit is; 0: it has no room. */
static ULONG
OffsetOf(ULONG Allocated, ULONG Bit, BOOLEAN Is32)
{
    ULONG Offset = sizeof(ALPC_MESSAGE_ATTRIBUTES);

    for (ULONG i = 0; i < sizeof(Layout) / sizeof(*Layout); i++) {
        if ((Allocated & Layout[i].Bit) == 0) {
            continue;
        }
        if (Layout[i].Bit == Bit) {
            return Offset;
        }
        Offset += Is32 ? Layout[i].Bytes32 : Layout[i].Bytes;
    }
    return 0;
}

static BOOLEAN
ReadView(const UCHAR *At, BOOLEAN Is32, struct lab_parts *Parts)
{
    ALPC_DATA_VIEW_ATTR View;
    ULONG View32[4];

    if (!Is32) {
        if (!LabRead(&View, At, sizeof(View))) {
            return FALSE;
        }
        Parts->view.flags = View.Flags;
        Parts->view.section = (ULONG64)View.SectionHandle;
        Parts->view.base = (ULONG64)View.ViewBase;
        Parts->view.size = View.ViewSize;
        return TRUE;
    }
    if (!LabRead(View32, At, sizeof(View32))) {
        return FALSE;
    }
    Parts->view.flags = View32[0];
    Parts->view.section = View32[1];
    Parts->view.base = View32[2];
    Parts->view.size = View32[3];
    return TRUE;
}

static BOOLEAN
ReadContext(const UCHAR *At, BOOLEAN Is32, struct lab_parts *Parts)
{
    ALPC_CONTEXT_ATTR Context;
    ULONG Context32[5];

    if (!Is32) {
        if (!LabRead(&Context, At, sizeof(Context))) {
            return FALSE;
        }
        Parts->context.message = (ULONG64)Context.MessageContext;
        return TRUE;
    }
    if (!LabRead(Context32, At, sizeof(Context32))) {
        return FALSE;
    }
    Parts->context.message = Context32[1];
    return TRUE;
}

static BOOLEAN
ReadHandleArray(ULONG64 Address, ULONG Count, struct lab_parts *Parts)
{
    ALPC_HANDLE_ATTR32 Entries[LAB_HANDLES_MAX];

    if (Count > LAB_HANDLES_MAX || !LabRead(Entries, (PVOID)Address, Count * sizeof(*Entries))) {
        return FALSE;
    }
    for (ULONG i = 0; i < Count; i++) {
        Parts->handles[i].flags = Entries[i].Flags;
        Parts->handles[i].value = Entries[i].Handle;
        Parts->handles[i].type = Entries[i].ObjectType;
        Parts->handles[i].access = Entries[i].DesiredAccess;
    }
    Parts->handle_count = Count;
    return TRUE;
}

static BOOLEAN
ReadHandle(const UCHAR *At, BOOLEAN Is32, struct lab_parts *Parts)
{
    ALPC_HANDLE_ATTR Native;
    ALPC_HANDLE_ATTR32 Attr;

    if (Is32) {
        if (!LabRead(&Attr, At, sizeof(Attr))) {
            return FALSE;
        }
        Native.Flags = Attr.Flags;
        Native.Handle = (HANDLE)(ULONG64)Attr.Handle;
        Native.ObjectType = Attr.ObjectType;
        Native.DesiredAccess = Attr.DesiredAccess;
    } else if (!LabRead(&Native, At, sizeof(Native))) {
        return FALSE;
    }
    if ((Native.Flags & ALPC_HANDLEFLG_INDIRECT) != 0) {
        return ReadHandleArray((ULONG64)Native.HandleAttrArray, Native.HandleCount, Parts);
    }
    Parts->handle_count = 1;
    Parts->handles[0].flags = Native.Flags;
    Parts->handles[0].value = (ULONG64)Native.Handle;
    Parts->handles[0].type = Native.ObjectType;
    Parts->handles[0].access = Native.DesiredAccess;
    return TRUE;
}

NTSTATUS
LabReadAttributes(const VOID *User, BOOLEAN Is32, struct lab_parts *Parts)
{
    static const struct {
        ULONG Bit;
        BOOLEAN (*Read)(const UCHAR *, BOOLEAN, struct lab_parts *);
    } Readers[] = {
        {ALPC_MESSAGE_VIEW_ATTRIBUTE, ReadView},
        {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, ReadContext},
        {ALPC_MESSAGE_HANDLE_ATTRIBUTE, ReadHandle},
    };

    ALPC_MESSAGE_ATTRIBUTES Header;

    memset(Parts, 0, sizeof(*Parts));
    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&Header, User, sizeof(Header))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    for (ULONG i = 0; i < sizeof(Readers) / sizeof(*Readers); i++) {
        ULONG Offset = OffsetOf(Header.AllocatedAttributes, Readers[i].Bit, Is32);

        if ((Header.ValidAttributes & Readers[i].Bit) == 0) {
            continue;
        }
        if (Offset == 0) {
            return (NTSTATUS)LAB_INVALID_PARAMETER;
        }
        if (!Readers[i].Read((const UCHAR *)User + Offset, Is32, Parts)) {
            return (NTSTATUS)LAB_ACCESS_VIOLATION;
        }
        Parts->valid |= Readers[i].Bit;
    }
    return 0;
}

static BOOLEAN
WriteView(PUCHAR At, BOOLEAN Is32, const struct lab_parts *Parts)
{
    ALPC_DATA_VIEW_ATTR View;
    ULONG View32[4] = {Parts->view.flags, 0, (ULONG)Parts->view.base, (ULONG)Parts->view.size};

    memset(&View, 0, sizeof(View));
    View.Flags = Parts->view.flags;
    View.ViewBase = (PVOID)Parts->view.base;
    View.ViewSize = Parts->view.size;
    return Is32 ? LabWrite(At, View32, sizeof(View32)) : LabWrite(At, &View, sizeof(View));
}

static BOOLEAN
WriteContext(PUCHAR At, BOOLEAN Is32, const struct lab_parts *Parts)
{
    ALPC_CONTEXT_ATTR Context;
    ULONG Context32[5] = {
        (ULONG)Parts->context.port, (ULONG)Parts->context.message, Parts->context.sequence,
        Parts->context.message_id,  Parts->context.callback_id,
    };

    memset(&Context, 0, sizeof(Context));
    Context.PortContext = (PVOID)Parts->context.port;
    Context.MessageContext = (PVOID)Parts->context.message;
    Context.Sequence = Parts->context.sequence;
    Context.MessageId = Parts->context.message_id;
    Context.CallbackId = Parts->context.callback_id;
    return Is32 ? LabWrite(At, Context32, sizeof(Context32))
                : LabWrite(At, &Context, sizeof(Context));
}

/* One handle as it is; of several their number, each is then asked for by index. */
static BOOLEAN
WriteHandle(PUCHAR At, BOOLEAN Is32, const struct lab_parts *Parts)
{
    ALPC_HANDLE_ATTR Attr;
    ALPC_HANDLE_ATTR32 Attr32;

    memset(&Attr, 0, sizeof(Attr));
    Attr.Flags = Parts->handles[0].flags;
    Attr.Handle = Parts->handle_count == 1 ? (HANDLE)Parts->handles[0].value : NULL;
    Attr.HandleCount = Parts->handle_count == 1 ? Parts->handles[0].type : Parts->handle_count;
    Attr.GrantedAccess = Parts->handles[0].access;
    Attr32.Flags = Attr.Flags;
    Attr32.Handle = (ULONG)(ULONG64)Attr.Handle;
    Attr32.ObjectType = Attr.HandleCount;
    Attr32.DesiredAccess = Attr.GrantedAccess;
    return Is32 ? LabWrite(At, &Attr32, sizeof(Attr32)) : LabWrite(At, &Attr, sizeof(Attr));
}

static BOOLEAN
WriteToken(PUCHAR At, BOOLEAN Is32, const struct lab_parts *Parts)
{
    (void)Is32;
    return LabWrite(At, Parts->token, sizeof(Parts->token));
}

/* The sender's token, asked for only where the receiver made room. */
static VOID
FillToken(ULONG64 ProcessId, struct lab_parts *Parts)
{
    HANDLE Process = LabOpenProcess(ProcessId);
    TOKEN_STATISTICS Statistics;
    HANDLE Token;
    DWORD Length;

    if (Process == NULL) {
        return;
    }
    if (OpenProcessToken(Process, TOKEN_QUERY, &Token)) {
        if (GetTokenInformation(Token, TokenStatistics, &Statistics, sizeof(Statistics), &Length)) {
            memcpy(&Parts->token[0], &Statistics.TokenId, sizeof(LUID));
            memcpy(&Parts->token[1], &Statistics.AuthenticationId, sizeof(LUID));
            memcpy(&Parts->token[2], &Statistics.ModifiedId, sizeof(LUID));
            Parts->valid |= LAB_PART_TOKEN;
        }
        CloseHandle(Token);
    }
    CloseHandle(Process);
}

NTSTATUS
LabWriteAttributes(PVOID User, BOOLEAN Is32, struct lab_parts *Parts,
                   const struct lab_header *Message)
{
    static const struct {
        ULONG Bit;
        BOOLEAN (*Write)(PUCHAR, BOOLEAN, const struct lab_parts *);
    } Writers[] = {
        {ALPC_MESSAGE_VIEW_ATTRIBUTE, WriteView},
        {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, WriteContext},
        {ALPC_MESSAGE_HANDLE_ATTRIBUTE, WriteHandle},
        {ALPC_MESSAGE_TOKEN_ATTRIBUTE, WriteToken},
    };

    ALPC_MESSAGE_ATTRIBUTES Header;

    if (User == NULL) {
        return 0;
    }
    if (!LabRead(&Header, User, sizeof(Header))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if ((Header.AllocatedAttributes & ALPC_MESSAGE_TOKEN_ATTRIBUTE) != 0) {
        FillToken(Message->pid, Parts);
    }
    Header.ValidAttributes = Header.AllocatedAttributes & Parts->valid;
    for (ULONG i = 0; i < sizeof(Writers) / sizeof(*Writers); i++) {
        ULONG Offset = OffsetOf(Header.AllocatedAttributes, Writers[i].Bit, Is32);

        if ((Header.ValidAttributes & Writers[i].Bit) != 0 &&
            !Writers[i].Write((PUCHAR)User + Offset, Is32, Parts)) {
            return (NTSTATUS)LAB_ACCESS_VIOLATION;
        }
    }
    return LabWrite(User, &Header, sizeof(Header)) ? 0 : (NTSTATUS)LAB_ACCESS_VIOLATION;
}
