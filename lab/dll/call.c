/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <string.h>

enum {
    AREA = 0x40000, /* bytes of a call: two largest messages and more */
    SMALL = 16,
};

/* What comes back into the caller's memory. */
typedef struct _DLL_BACK {
    PVOID Memory;
    BOOLEAN IsMessage; /* as much as its header says */
} DLL_BACK;

struct _DLL_CALL {
    DLL_BACK Back[LAB_CALL_BLOCKS];
    ULONG Used;
    ULONG Input; /* of it, what the service reads */

    union {
        struct lab_call Wire;
        UCHAR Bytes[AREA];
    };
};

static HANDLE Gate;
static DWORD Slot;

static PDLL_CALL
Mine(void)
{
    PDLL_CALL Call = TlsGetValue(Slot);

    if (Call == NULL) {
        Call = VirtualAlloc(NULL, sizeof(*Call), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
        TlsSetValue(Slot, Call);
    }
    return Call;
}

PDLL_CALL
DllBegin(ULONG Service)
{
    PDLL_CALL Call = Mine();

    memset(&Call->Wire, 0, sizeof(Call->Wire));
    memset(Call->Back, 0, sizeof(Call->Back));
    Call->Wire.magic = LAB_CALL_MAGIC;
    Call->Wire.service = Service;
    Call->Used = sizeof(Call->Wire);
    Call->Input = Call->Used;
    return Call;
}

VOID
DllValue(PDLL_CALL Call, ULONG Argument, ULONG64 Value)
{
    Call->Wire.arguments[Argument] = Value;
}

/* How many of the bytes can be read. */
static SIZE_T
Readable(const UCHAR *From, SIZE_T Bytes)
{
    SIZE_T Done = 0;
    UCHAR Byte;

    while (Done < Bytes) {
        SIZE_T ToPage = 0x1000 - ((ULONG64)(From + Done) & 0xfff);

        if (!LabCopy(&Byte, From + Done, 1)) {
            break;
        }
        Done += ToPage < Bytes - Done ? ToPage : Bytes - Done;
    }
    return Done;
}

static BOOLEAN
IsNeverMemory(const VOID *Address)
{
    return (ULONG64)Address < 0x10000 || (ULONG64)Address >= 0x7fffffff0000ull;
}

static USHORT
AddBlock(PDLL_CALL Call, USHORT Parent, ULONG Place, const VOID *From, SIZE_T Bytes, PVOID Back,
         BOOLEAN IsIn)
{
    USHORT Index = (USHORT)Call->Wire.block_count;
    struct lab_block *Block = &Call->Wire.blocks[Index];
    ULONG Offset = (Call->Used + SMALL - 1) & ~(ULONG)(SMALL - 1);

    if (Parent == LAB_CALL_NO_PARENT) {
        Call->Wire.arguments[Place] = (ULONG64)From;
    }
    if (IsNeverMemory(From) || Bytes == 0 || Index == LAB_CALL_BLOCKS || Bytes > AREA - Offset) {
        return LAB_CALL_NO_PARENT;
    }
    Block->kind = LAB_BLOCK_PLAIN;
    if (IsIn ? !LabCopy(Call->Bytes + Offset, From, Bytes) : Readable(From, 1) == 0) {
        Bytes = IsIn ? Readable(From, Bytes) : 0;
        Block->kind = Bytes != 0 ? LAB_BLOCK_EDGE : LAB_BLOCK_FREED;
        LabCopy(Call->Bytes + Offset, From, Bytes);
        Back = NULL;
    }
    Block->parent = Parent;
    Block->place = Place;
    Block->offset = Offset;
    Block->bytes = (uint32_t)Bytes;
    Call->Back[Index].Memory = Back;
    Call->Used = Offset + (ULONG)Bytes;
    if (IsIn) {
        Call->Input = Call->Used;
    }
    Call->Wire.block_count++;
    return Block->kind == LAB_BLOCK_PLAIN ? Index : LAB_CALL_NO_PARENT;
}

USHORT
DllIn(PDLL_CALL Call, ULONG Argument, const VOID *From, SIZE_T Bytes)
{
    return AddBlock(Call, LAB_CALL_NO_PARENT, Argument, From, Bytes, NULL, TRUE);
}

USHORT
DllInAt(PDLL_CALL Call, USHORT Parent, ULONG Offset, const VOID *From, SIZE_T Bytes)
{
    return Parent == LAB_CALL_NO_PARENT ? Parent
                                        : AddBlock(Call, Parent, Offset, From, Bytes, NULL, TRUE);
}

USHORT
DllInOut(PDLL_CALL Call, ULONG Argument, PVOID Memory, SIZE_T Bytes)
{
    return AddBlock(Call, LAB_CALL_NO_PARENT, Argument, Memory, Bytes, Memory, TRUE);
}

USHORT
DllOut(PDLL_CALL Call, ULONG Argument, PVOID Memory, SIZE_T Bytes)
{
    return AddBlock(Call, LAB_CALL_NO_PARENT, Argument, Memory, Bytes, Memory, FALSE);
}

USHORT
DllName(PDLL_CALL Call, ULONG Argument, const UNICODE_STRING *Name)
{
    USHORT Block = DllIn(Call, Argument, Name, sizeof(*Name));

    if (Block != LAB_CALL_NO_PARENT) {
        DllInAt(Call, Block, FIELD_OFFSET(UNICODE_STRING, Buffer), Name->Buffer, Name->Length);
    }
    return Block;
}

USHORT
DllObject(PDLL_CALL Call, ULONG Argument, const OBJECT_ATTRIBUTES *Object)
{
    USHORT Block = DllIn(Call, Argument, Object, sizeof(*Object));
    USHORT Name;

    if (Block != LAB_CALL_NO_PARENT && Object->ObjectName != NULL) {
        Name = DllInAt(Call, Block, FIELD_OFFSET(OBJECT_ATTRIBUTES, ObjectName), Object->ObjectName,
                       sizeof(UNICODE_STRING));
        if (Name != LAB_CALL_NO_PARENT) {
            DllInAt(Call, Name, FIELD_OFFSET(UNICODE_STRING, Buffer), Object->ObjectName->Buffer,
                    Object->ObjectName->Length);
        }
    }
    return Block;
}

/* What a message's own header says it has, should that be true or not. */
SIZE_T
DllMessageBytes(const VOID *Message, BOOLEAN Is32)
{
    SIZE_T Header = Is32 ? sizeof(PORT_MESSAGE32) : sizeof(PORT_MESSAGE);
    USHORT Lengths[2] = {0, 0};
    SIZE_T Bytes;

    LabCopy(Lengths, Message, sizeof(Lengths));
    Bytes = Header + Lengths[0];
    return Bytes > Lengths[1] ? Bytes : Lengths[1];
}

USHORT
DllMessage(PDLL_CALL Call, ULONG Argument, const VOID *Message, BOOLEAN Is32)
{
    return DllIn(Call, Argument, Message, DllMessageBytes(Message, Is32));
}

USHORT
DllMessageAt(PDLL_CALL Call, USHORT Parent, ULONG Offset, const VOID *Message)
{
    return DllInAt(Call, Parent, Offset, Message, DllMessageBytes(Message, FALSE));
}

USHORT
DllReceive(PDLL_CALL Call, ULONG Argument, PVOID Message, SIZE_T Capacity)
{
    USHORT Block = DllOut(Call, Argument, Message, Capacity);

    if (Block != LAB_CALL_NO_PARENT) {
        Call->Wire.tail = Block + 1u;
        Call->Back[Block].IsMessage = TRUE;
    }
    return Block;
}

/* Capacity 0: only the message's own bytes may be sent and come back. */
USHORT
DllMessageInOut(PDLL_CALL Call, ULONG Argument, PVOID Message, SIZE_T Capacity)
{
    SIZE_T Sent = DllMessageBytes(Message, FALSE);
    USHORT Block = AddBlock(Call, LAB_CALL_NO_PARENT, Argument, Message, Sent, Message, TRUE);

    if (Block != LAB_CALL_NO_PARENT) {
        Call->Back[Block].IsMessage = TRUE;
        if (Capacity > Sent && Capacity <= AREA - Call->Wire.blocks[Block].offset) {
            Call->Wire.blocks[Block].bytes = (uint32_t)Capacity;
            Call->Used = Call->Wire.blocks[Block].offset + (ULONG)Capacity;
        }
    }
    return Block;
}

USHORT
DllAttributes(PDLL_CALL Call, ULONG Argument, PVOID Attributes, BOOLEAN IsOut, BOOLEAN Is32)
{
    static const UCHAR Sizes[2][7] = {
        {0x18, 0x20, 0x20, 0x18, 0x18, 0x08, 0x08},
        {0x0c, 0x10, 0x14, 0x10, 0x18, 0x04, 0x08},
    };
    ALPC_MESSAGE_ATTRIBUTES Header = {0, 0};
    SIZE_T Bytes = sizeof(Header);
    ULONG HandleOffset = 0;
    ALPC_HANDLE_ATTR Handle;
    USHORT Block;

    LabCopy(&Header, Attributes, sizeof(Header));
    for (ULONG i = 0; i < 7; i++) {
        if ((Header.AllocatedAttributes & (0x80000000u >> i)) != 0) {
            if ((0x80000000u >> i) == ALPC_MESSAGE_HANDLE_ATTRIBUTE) {
                HandleOffset = (ULONG)Bytes;
            }
            Bytes += Sizes[Is32][i];
        }
    }
    Block = IsOut ? DllInOut(Call, Argument, Attributes, Bytes)
                  : DllIn(Call, Argument, Attributes, Bytes);
    if (Block != LAB_CALL_NO_PARENT && !IsOut && !Is32 && HandleOffset != 0 &&
        (Header.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE) != 0 &&
        LabCopy(&Handle, (PUCHAR)Attributes + HandleOffset, sizeof(Handle)) &&
        (Handle.Flags & ALPC_HANDLEFLG_INDIRECT) != 0) {
        DllInAt(Call, Block, HandleOffset + FIELD_OFFSET(ALPC_HANDLE_ATTR, HandleAttrArray),
                Handle.HandleAttrArray, Handle.HandleCount * sizeof(ALPC_HANDLE_ATTR32));
    }
    return Block;
}

static NTSTATUS
GiveBack(PDLL_CALL Call, ULONG Returned)
{
    NTSTATUS Status = (NTSTATUS)Call->Wire.status;

    for (ULONG i = 0; i < Call->Wire.block_count; i++) {
        const struct lab_block *Block = &Call->Wire.blocks[i];
        SIZE_T Bytes = Block->bytes;

        if (Call->Back[i].Memory == NULL || Block->offset + 4 > Returned) {
            continue;
        }
        if (Call->Back[i].IsMessage) {
            USHORT Total;

            memcpy(&Total, Call->Bytes + Block->offset + sizeof(USHORT), sizeof(Total));
            Bytes = Total < Bytes ? Total : Bytes;
        }
        if (!LabCopy(Call->Back[i].Memory, Call->Bytes + Block->offset, Bytes)) {
            Status = (NTSTATUS)0xc0000005;
        }
    }
    return Status;
}

/* Not inlined, so that the first frame of the stack is the service's. */
__attribute__((noinline)) NTSTATUS
DllEnd(PDLL_CALL Call)
{
    PVOID Frames[LAB_CALL_FRAMES];
    ULONG Count = RtlCaptureStackBackTrace(1, LAB_CALL_FRAMES, Frames, NULL);
    DWORD Returned;

    while (Call->Wire.frame_count < Count && Frames[Call->Wire.frame_count] != NULL) {
        Call->Wire.frames[Call->Wire.frame_count] = (uint64_t)Frames[Call->Wire.frame_count];
        Call->Wire.frame_count++;
    }
    if (!DeviceIoControl(Gate, LAB_IOCTL_CALL, Call->Bytes, Call->Input, Call->Bytes, Call->Used,
                         &Returned, NULL)) {
        return GetLastError() == ERROR_OPERATION_ABORTED ? (NTSTATUS)0xc0000120
                                                         : (NTSTATUS)0xc0000001;
    }
    return GiveBack(Call, Returned);
}

/* A switch of the test kernel (kernel.h): for tests only, not in ntdll. */
__declspec(dllexport) BOOL LabSwitch(ULONG Which, ULONG64 Value)
{
    struct lab_switch Switch = {.which = Which, .value = Value};
    DWORD Returned;

    return DeviceIoControl(Gate, LAB_IOCTL_SWITCH, &Switch, sizeof(Switch), NULL, 0, &Returned,
                           NULL);
}

BOOL WINAPI
DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    (void)Instance;
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH) {
        Slot = TlsAlloc();
        Gate = CreateFileA(LAB_GATE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
                           NULL);
        return Gate != INVALID_HANDLE_VALUE;
    }
    if (Reason == DLL_THREAD_DETACH) {
        PVOID Call = TlsGetValue(Slot);

        if (Call != NULL) {
            VirtualFree(Call, 0, MEM_RELEASE);
        }
    }
    return TRUE;
}
