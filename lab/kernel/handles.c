/* SPDX-License-Identifier: MIT */
/* Handle attributes: duplicated into the kernel on send, into the receiver on receive. */
#include "kernel.h"

#include <string.h>

/* What receivers were given, for NtAlpcQueryInformationMessage: the newest. */
enum {
    GIVEN = 64,
};

static struct {
    uint32_t MessageId;
    uint32_t CallbackId;
    uint32_t Count;
    struct lab_handle Handles[LAB_HANDLES_MAX];
} Given[GIVEN];

static ULONG NextGiven;
static SRWLOCK GivenLock = SRWLOCK_INIT;

HANDLE
LabOpenProcess(ULONG64 ProcessId)
{
    return ProcessId == 4 ? GetCurrentProcess()
                          : OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)ProcessId);
}

NTSTATUS
LabHandlesSend(ULONG64 ProcessId, struct lab_parts *Parts)
{
    HANDLE Process;
    BOOL IsDone = TRUE;

    if ((Parts->valid & LAB_PART_HANDLE) == 0) {
        return 0;
    }
    Process = LabOpenProcess(ProcessId);
    if (Process == NULL) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    for (ULONG i = 0; i < Parts->handle_count; i++) {
        HANDLE Copy = NULL;

        IsDone =
            IsDone && DuplicateHandle(Process, (HANDLE)Parts->handles[i].value, GetCurrentProcess(),
                                      &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
        Parts->handles[i].value = (ULONG64)Copy;
    }
    CloseHandle(Process);
    if (!IsDone) {
        LabHandlesDrop(Parts);
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    return 0;
}

VOID
LabHandlesDrop(struct lab_parts *Parts)
{
    if ((Parts->valid & LAB_PART_HANDLE) == 0) {
        return;
    }
    for (ULONG i = 0; i < Parts->handle_count; i++) {
        if (Parts->handles[i].value != 0) {
            CloseHandle((HANDLE)Parts->handles[i].value);
        }
    }
    Parts->handle_count = 0;
    Parts->valid &= ~LAB_PART_HANDLE;
}

static VOID
Remember(const struct lab_parts *Parts, const struct lab_header *Message)
{
    ULONG At;

    AcquireSRWLockExclusive(&GivenLock);
    At = NextGiven++ % GIVEN;
    Given[At].MessageId = Message->message_id;
    Given[At].CallbackId = (uint32_t)Message->callback_id;
    Given[At].Count = Parts->handle_count;
    memcpy(Given[At].Handles, Parts->handles, sizeof(Parts->handles));
    ReleaseSRWLockExclusive(&GivenLock);
}

NTSTATUS
LabHandlesReceive(ULONG64 ProcessId, struct lab_parts *Parts, const struct lab_header *Message)
{
    HANDLE Process;

    if ((Parts->valid & LAB_PART_HANDLE) == 0) {
        return 0;
    }
    Process = LabOpenProcess(ProcessId);
    for (ULONG i = 0; i < Parts->handle_count; i++) {
        HANDLE Copy = NULL;
        DWORD Options = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;

        DuplicateHandle(GetCurrentProcess(), (HANDLE)Parts->handles[i].value, Process, &Copy, 0,
                        FALSE, Options);
        Parts->handles[i].value = (ULONG64)Copy;
    }
    if (Process != NULL) {
        CloseHandle(Process);
    }
    Remember(Parts, Message);
    return 0;
}

NTSTATUS
LabHandlesQuery(const struct lab_header *Message, ULONG Index, PALPC_MESSAGE_HANDLE_INFORMATION Out)
{
    NTSTATUS Status = (NTSTATUS)LAB_INVALID_PARAMETER;

    AcquireSRWLockShared(&GivenLock);
    for (ULONG i = 0; i < GIVEN; i++) {
        if (Given[i].MessageId == Message->message_id &&
            Given[i].CallbackId == (uint32_t)Message->callback_id && Index < Given[i].Count) {
            Out->Index = Index;
            Out->Flags = Given[i].Handles[Index].flags;
            Out->Handle = (ULONG)Given[i].Handles[Index].value;
            Out->ObjectType = Given[i].Handles[Index].type;
            Out->GrantedAccess = Given[i].Handles[Index].access;
            Status = 0;
        }
    }
    ReleaseSRWLockShared(&GivenLock);
    return Status;
}
