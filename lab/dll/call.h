/* SPDX-License-Identifier: MIT */
#pragma once

/* A system call being put together for the gate: one at a time and thread. */

#define NT_ALPC_IMPORT
#include "../gate/call.h"
#include "../nt_alpc.h"

typedef struct _DLL_CALL *PDLL_CALL;

PDLL_CALL DllBegin(ULONG Service);
VOID DllValue(PDLL_CALL Call, ULONG Argument, ULONG64 Value);

/*
 * Memory that an argument points to. NULL stays NULL; what cannot be read goes as it is: the
 * service shall fault as it would here. Gives the block, or LAB_CALL_NO_PARENT.
 */
USHORT DllIn(PDLL_CALL Call, ULONG Argument, const VOID *From, SIZE_T Bytes);
USHORT DllInAt(PDLL_CALL Call, USHORT Parent, ULONG Offset, const VOID *From, SIZE_T Bytes);
/* The same, and back again when the service is done; Out alone does not send the bytes. */
USHORT DllInOut(PDLL_CALL Call, ULONG Argument, PVOID Memory, SIZE_T Bytes);
USHORT DllOut(PDLL_CALL Call, ULONG Argument, PVOID Memory, SIZE_T Bytes);

USHORT DllName(PDLL_CALL Call, ULONG Argument, const UNICODE_STRING *Name);
USHORT DllObject(PDLL_CALL Call, ULONG Argument, const OBJECT_ATTRIBUTES *Object);
/* Sized by its own header; a received one by Capacity. */
USHORT DllMessage(PDLL_CALL Call, ULONG Argument, const VOID *Message, BOOLEAN Is32);
USHORT DllMessageAt(PDLL_CALL Call, USHORT Parent, ULONG Offset, const VOID *Message);
USHORT DllReceive(PDLL_CALL Call, ULONG Argument, PVOID Message, SIZE_T Capacity);
USHORT DllMessageInOut(PDLL_CALL Call, ULONG Argument, PVOID Message, SIZE_T Capacity);
SIZE_T DllMessageBytes(const VOID *Message, BOOLEAN Is32);
USHORT DllAttributes(PDLL_CALL Call, ULONG Argument, PVOID Attributes, BOOLEAN IsOut, BOOLEAN Is32);

NTSTATUS DllEnd(PDLL_CALL Call);

int LabCopy(PVOID To, const VOID *From, SIZE_T Bytes);
