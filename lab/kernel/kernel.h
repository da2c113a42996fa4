/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Between the test kernel's files. The kernel is a Wine DLL named ntoskrnl.exe: it forwards to a
 * renamed copy of Wine's own kernel (wntos.dll) what that does, and adds what it lacks.
 */

#define NT_ALPC_IMPORT
#include "../model/model.h"
#include "../nt_alpc.h"

#define LAB_USER_END 0x00007fffffff0000ull

enum {
    LAB_SERVICES = 0x1e0, /* in the service table */
    LAB_FRAMES = 32,
    LAB_ARGUMENTS = 11,
};

/* A worker that acts for a client's thread. */
typedef struct _LAB_IDENTITY {
    ULONG64 ProcessId;
    ULONG64 ThreadId;
    PVOID Thread;
    PVOID Process;
    ULONG FrameCount;
    volatile uint32_t Cancel;
    ULONG64 Frames[LAB_FRAMES];
} LAB_IDENTITY, *PLAB_IDENTITY;

typedef struct _LAB_MDL {
    struct _LAB_MDL *Next;
    SHORT Size;
    SHORT Flags;
    PVOID Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} LAB_MDL, *PLAB_MDL;

#define KERNELAPI NTAPI

/* What the copy of Wine's kernel gives. */
__declspec(dllimport) PVOID NTAPI ExAllocatePoolWithTag(int Type, SIZE_T Bytes, ULONG Tag);
__declspec(dllimport) VOID NTAPI ExFreePoolWithTag(PVOID Block, ULONG Tag);
__declspec(dllimport) NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE Id, PVOID *Process);
__declspec(dllimport) HANDLE NTAPI PsGetProcessId(PVOID Process);
FARPROC LabWine(const char *Name);

/* pool.c */
VOID KERNELAPI ExfAcquirePushLockExclusive(volatile LONG64 *Lock);
VOID KERNELAPI ExfReleasePushLock(volatile LONG64 *Lock);

/* identity.c */
PLAB_IDENTITY LabMe(void);
struct lab_caller LabCaller(void);
BOOLEAN LabIdentityInit(void);

/* call.S */
int LabCopy(PVOID To, const void *From, SIZE_T Bytes);
ULONG64 LabCall(PVOID Target, const ULONG64 *Arguments, ULONG StackArguments);

/* table.c */
BOOLEAN LabServicesInit(void);

/* capture.c: caller's memory, in caller's layout. */
BOOLEAN LabRead(PVOID To, const void *From, SIZE_T Bytes);
BOOLEAN LabWrite(PVOID To, const void *From, SIZE_T Bytes);
NTSTATUS LabReadMessage(const void *User, BOOLEAN Is32, BOOLEAN IsLpc, struct lab_header **Out);
NTSTATUS LabWriteMessage(PVOID User, BOOLEAN Is32, const struct lab_header *Message);
NTSTATUS LabReadTimeout(const LARGE_INTEGER *User, int64_t *Wait100ns);
NTSTATUS LabReadName(const UNICODE_STRING *User, PWSTR Buffer, struct lab_name *Name);
NTSTATUS LabReadObjectName(const OBJECT_ATTRIBUTES *User, PWSTR Buffer, struct lab_name *Name);

/* attributes.c */
NTSTATUS LabReadAttributes(const void *User, BOOLEAN Is32, struct lab_parts *Parts);
NTSTATUS LabWriteAttributes(PVOID User, BOOLEAN Is32, struct lab_parts *Parts,
                            const struct lab_header *Message);

/* views.c and handles.c: what attributes carry across. */
NTSTATUS LabViewSend(ULONG64 ProcessId, struct lab_parts *Parts);
NTSTATUS LabViewReceive(ULONG64 ProcessId, struct lab_parts *Parts);
NTSTATUS LabViewCreateSection(ULONG64 ProcessId, HANDLE Section, SIZE_T Size, PHANDLE Out,
                              PSIZE_T Actual);
NTSTATUS LabViewDeleteSection(ULONG64 ProcessId, HANDLE Section);
NTSTATUS LabViewMap(ULONG64 ProcessId, HANDLE Section, PVOID *Base, PSIZE_T Size);
NTSTATUS LabViewUnmap(ULONG64 ProcessId, PVOID Base);
VOID LabViewProcessGone(ULONG64 ProcessId);
HANDLE LabOpenProcess(ULONG64 ProcessId);
NTSTATUS LabHandlesSend(ULONG64 ProcessId, struct lab_parts *Parts);
NTSTATUS LabHandlesReceive(ULONG64 ProcessId, struct lab_parts *Parts,
                           const struct lab_header *Message);
NTSTATUS LabHandlesQuery(const struct lab_header *Message, ULONG Index,
                         PALPC_MESSAGE_HANDLE_INFORMATION Out);
VOID LabHandlesDrop(struct lab_parts *Parts);

/* ports.c */
extern struct lab_model *LabModel;
BOOLEAN LabPortsInit(void);
HANDLE LabPortHandle(uint32_t Port);
/* The handle into the caller's memory; where that faults the port is closed again. */
NTSTATUS LabGiveHandle(PHANDLE User, uint32_t Port);
uint32_t LabPortByHandle(HANDLE Handle);
uint32_t LabPortByObject(const void *Object);
PVOID LabPortObject(uint32_t Port);

/* process.c */
VOID LabForgetProcess(ULONG64 ProcessId);

/* notify.c */
VOID LabNotifyPoll(void);
VOID LabNotifyProcess(ULONG64 ProcessId);

/* workers.c */
BOOLEAN LabWorkersInit(void);
BOOLEAN LabWaitAddress(volatile uint32_t *Address, int64_t Wait100ns);
VOID LabWakeAddress(volatile uint32_t *Address);

/* system.c */
extern BOOLEAN KdDebuggerEnabled;
VOID LabSystemInit(void);

/* What the gate uses. */
#define LAB_SWITCH_DEBUGGER     1 /* Value: KdDebuggerEnabled */
#define LAB_SWITCH_CODE_OPTIONS 2 /* Value: answer to the code-integrity query */
#define LAB_SWITCH_UNPRIVILEGED 3 /* Value: a process id that is no administrator; 0: none */

VOID LabEnter(PLAB_IDENTITY Identity);
VOID LabLeave(void);
BOOLEAN LabQueue(VOID (*Routine)(PVOID), PVOID Context);
NTSTATUS LabService(ULONG Number, const ULONG64 *Arguments);
VOID LabCancelWaits(void);
VOID LabProcessSeen(ULONG64 ProcessId);
VOID LabProcessGone(ULONG64 ProcessId);
NTSTATUS LabSwitch(ULONG Switch, ULONG64 Value);
