/* SPDX-License-Identifier: MIT */
/*
 * Process, thread and image notifications: Wine takes the registration and never calls. Here a
 * thread compares what there is with what there was; the gate asks for a comparison before a
 * process's first call, so that news come before traffic.
 */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

enum {
    ROUTINES = 8,
    PROCESSES = 512,
    THREADS = 4096,
    IMAGES = 8192,
    POLL_MS = 20,
    IMAGE_POLLS = 25, /* modules of the processes with images told: every half second */
};

typedef enum _LAB_NEWS {
    NewsProcess,
    NewsProcessEx,
    NewsThread,
    NewsImage,
    NEWS_KINDS,
} LAB_NEWS;

typedef struct _LAB_CREATE_INFO {
    SIZE_T Size;
    ULONG Flags;
    HANDLE ParentProcessId;
    CLIENT_ID Creator;
    PVOID FileObject;
    PUNICODE_STRING ImageFileName;
    PUNICODE_STRING CommandLine;
    NTSTATUS CreationStatus;
} LAB_CREATE_INFO, *PLAB_CREATE_INFO;

typedef struct _LAB_IMAGE_INFO {
    ULONG Properties;
    PVOID ImageBase;
    ULONG ImageSelector;
    SIZE_T ImageSize;
    ULONG ImageSectionNumber;
} LAB_IMAGE_INFO, *PLAB_IMAGE_INFO;

typedef VOID(NTAPI *PROCESS_ROUTINE)(HANDLE Parent, HANDLE Id, BOOLEAN IsCreate);
typedef VOID(NTAPI *PROCESS_ROUTINE_EX)(PVOID Process, HANDLE Id, PLAB_CREATE_INFO Info);
typedef VOID(NTAPI *THREAD_ROUTINE)(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN IsCreate);
typedef VOID(NTAPI *IMAGE_ROUTINE)(PUNICODE_STRING Name, HANDLE ProcessId, PLAB_IMAGE_INFO Info);

/* One row of SystemProcessInformation, as far as needed. */
typedef struct _LAB_PROCESS_ROW {
    ULONG NextEntryOffset;
    ULONG ThreadCount;
    ULONG64 Unused[3];
    ULONG64 CreateTime;
    ULONG64 UserTime;
    ULONG64 KernelTime;
    UNICODE_STRING ImageName;
    ULONG64 Priority;
    ULONG64 ProcessId;
    ULONG64 ParentId;
} LAB_PROCESS_ROW, *PLAB_PROCESS_ROW;

enum {
    ROW_THREADS = 0x100,
    THREAD_ROW = 0x50,
    THREAD_ID = 0x30,
};

C_ASSERT(FIELD_OFFSET(LAB_PROCESS_ROW, ImageName) == 0x38);
C_ASSERT(FIELD_OFFSET(LAB_PROCESS_ROW, ProcessId) == 0x50);

static PVOID volatile Routines[NEWS_KINDS][ROUTINES];
static volatile LONG IsPolling;
static CRITICAL_SECTION PollLock;
static volatile LONG IsLockMade;

static struct {
    struct {
        ULONG64 Id;
        ULONG64 Parent;
        BOOLEAN IsSeen;
        BOOLEAN HasImages;
    } Processes[PROCESSES];

    struct {
        ULONG64 Id;
        ULONG64 Process;
        BOOLEAN IsSeen;
    } Threads[THREADS];

    struct {
        ULONG64 Process;
        ULONG64 Base;
    } Images[IMAGES];

    ULONG ProcessCount;
    ULONG ThreadCount;
    ULONG ImageCount;
    BOOLEAN IsPrimed; /* the first look tells nothing */
} Known;

static VOID
TellProcess(ULONG64 Id, ULONG64 Parent, const UNICODE_STRING *Name)
{
    LAB_CREATE_INFO Info = {.Size = sizeof(Info), .ParentProcessId = (HANDLE)Parent};
    PUNICODE_STRING Full = NULL;
    UNICODE_STRING Short = *Name;
    PVOID Process = NULL;

    NTSTATUS KERNELAPI SeLocateProcessImageName(PVOID, PUNICODE_STRING *);
    VOID KERNELAPI ObfDereferenceObject(PVOID);

    if (PsLookupProcessByProcessId((HANDLE)Id, &Process) != 0) {
        return;
    }
    SeLocateProcessImageName(Process, &Full);
    Info.Creator.UniqueProcess = (HANDLE)Parent;
    Info.ImageFileName = Full != NULL && Full->Length != 0 ? Full : &Short;
    for (ULONG i = 0; i < ROUTINES; i++) {
        PROCESS_ROUTINE Plain = (PROCESS_ROUTINE)Routines[NewsProcess][i];
        PROCESS_ROUTINE_EX Extended = (PROCESS_ROUTINE_EX)Routines[NewsProcessEx][i];

        if (Plain != NULL) {
            Plain((HANDLE)Parent, (HANDLE)Id, TRUE);
        }
        if (Extended != NULL) {
            Extended(Process, (HANDLE)Id, &Info);
        }
    }
    if (Full != NULL) {
        ExFreePoolWithTag(Full, 0);
    }
    ObfDereferenceObject(Process);
}

static VOID
TellProcessGone(ULONG64 Id, ULONG64 Parent)
{
    PVOID Process = NULL;

    VOID KERNELAPI ObfDereferenceObject(PVOID);

    PsLookupProcessByProcessId((HANDLE)Id, &Process);
    for (ULONG i = 0; i < ROUTINES; i++) {
        PROCESS_ROUTINE Plain = (PROCESS_ROUTINE)Routines[NewsProcess][i];
        PROCESS_ROUTINE_EX Extended = (PROCESS_ROUTINE_EX)Routines[NewsProcessEx][i];

        if (Plain != NULL) {
            Plain((HANDLE)Parent, (HANDLE)Id, FALSE);
        }
        if (Extended != NULL) {
            Extended(Process, (HANDLE)Id, NULL);
        }
    }
    if (Process != NULL) {
        ObfDereferenceObject(Process);
    }
}

static VOID
TellThread(ULONG64 Process, ULONG64 Thread, BOOLEAN IsCreate)
{
    for (ULONG i = 0; i < ROUTINES; i++) {
        THREAD_ROUTINE Routine = (THREAD_ROUTINE)Routines[NewsThread][i];

        if (Routine != NULL) {
            Routine((HANDLE)Process, (HANDLE)Thread, IsCreate);
        }
    }
}

static VOID
SeeThread(ULONG64 Process, ULONG64 Thread)
{
    for (ULONG i = 0; i < Known.ThreadCount; i++) {
        if (Known.Threads[i].Id == Thread && Known.Threads[i].Process == Process) {
            Known.Threads[i].IsSeen = TRUE;
            return;
        }
    }
    if (Known.ThreadCount == THREADS) {
        return;
    }
    Known.Threads[Known.ThreadCount].Id = Thread;
    Known.Threads[Known.ThreadCount].Process = Process;
    Known.Threads[Known.ThreadCount].IsSeen = TRUE;
    Known.ThreadCount++;
    if (Known.IsPrimed) {
        TellThread(Process, Thread, TRUE);
    }
}

/* Wine lists a process before it has a name; its creation time is memory nobody has written to. */
static BOOLEAN
HasBegun(const LAB_PROCESS_ROW *Row)
{
    return Row->CreateTime != 0x5555555555555555u && Row->CreateTime != 0;
}

static VOID
SeeProcess(const LAB_PROCESS_ROW *Row)
{
    ULONG At = 0;

    while (At < Known.ProcessCount && Known.Processes[At].Id != Row->ProcessId) {
        At++;
    }
    if (At == PROCESSES || (At == Known.ProcessCount && !HasBegun(Row))) {
        return;
    }
    if (At == Known.ProcessCount) {
        Known.ProcessCount++;
        Known.Processes[At].Id = Row->ProcessId;
        Known.Processes[At].Parent = Row->ParentId;
        Known.Processes[At].HasImages = FALSE;
        if (Known.IsPrimed) {
            TellProcess(Row->ProcessId, Row->ParentId, &Row->ImageName);
        }
    }
    Known.Processes[At].IsSeen = TRUE;
    for (ULONG i = 0; i < Row->ThreadCount; i++) {
        const UCHAR *Thread = (const UCHAR *)Row + ROW_THREADS + i * THREAD_ROW;
        ULONG64 Id;

        memcpy(&Id, Thread + THREAD_ID, sizeof(Id));
        SeeThread(Row->ProcessId, Id);
    }
}

static VOID
ForgetImages(ULONG64 Process)
{
    for (ULONG i = 0; i < Known.ImageCount;) {
        if (Known.Images[i].Process == Process) {
            Known.Images[i] = Known.Images[--Known.ImageCount];
        } else {
            i++;
        }
    }
}

static VOID
TellGone(void)
{
    for (ULONG i = 0; i < Known.ThreadCount;) {
        if (!Known.Threads[i].IsSeen) {
            TellThread(Known.Threads[i].Process, Known.Threads[i].Id, FALSE);
            Known.Threads[i] = Known.Threads[--Known.ThreadCount];
        } else {
            Known.Threads[i++].IsSeen = FALSE;
        }
    }
    for (ULONG i = 0; i < Known.ProcessCount;) {
        if (!Known.Processes[i].IsSeen) {
            TellProcessGone(Known.Processes[i].Id, Known.Processes[i].Parent);
            ForgetImages(Known.Processes[i].Id);
            LabForgetProcess(Known.Processes[i].Id);
            Known.Processes[i] = Known.Processes[--Known.ProcessCount];
        } else {
            Known.Processes[i++].IsSeen = FALSE;
        }
    }
}

static VOID
TellImage(ULONG64 Process, const MODULEENTRY32W *Module)
{
    LAB_IMAGE_INFO Info = {.Properties = 3, .ImageBase = Module->modBaseAddr};
    WCHAR Path[8 + MAX_PATH] = L"\\??\\";
    UNICODE_STRING Name;

    wcsncat(Path, Module->szExePath, MAX_PATH);
    RtlInitUnicodeString(&Name, Path);
    Info.ImageSize = Module->modBaseSize;
    for (ULONG i = 0; i < ROUTINES; i++) {
        IMAGE_ROUTINE Routine = (IMAGE_ROUTINE)Routines[NewsImage][i];

        if (Routine != NULL) {
            Routine(&Name, (HANDLE)Process, &Info);
        }
    }
}

static VOID
SeeImages(ULONG64 Process)
{
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, (DWORD)Process);
    MODULEENTRY32W Module = {.dwSize = sizeof(Module)};

    if (Snapshot == INVALID_HANDLE_VALUE) {
        return;
    }
    for (BOOL IsMore = Module32FirstW(Snapshot, &Module); IsMore;
         IsMore = Module32NextW(Snapshot, &Module)) {
        ULONG64 Base = (ULONG64)Module.modBaseAddr;
        ULONG At = 0;

        while (At < Known.ImageCount &&
               (Known.Images[At].Process != Process || Known.Images[At].Base != Base)) {
            At++;
        }
        if (At == Known.ImageCount && At < IMAGES) {
            Known.Images[At].Process = Process;
            Known.Images[At].Base = Base;
            Known.ImageCount++;
            TellImage(Process, &Module);
        }
    }
    CloseHandle(Snapshot);
}

static VOID
Look(void)
{
    static UCHAR *Buffer;
    static ULONG Bytes = 0x10000;
    ULONG Needed = 0;
    PLAB_PROCESS_ROW Row;

    if (Buffer == NULL) {
        Buffer = malloc(Bytes);
    }
    while (Buffer != NULL &&
           NtQuerySystemInformation(SystemProcessInformation, Buffer, Bytes, &Needed) != 0) {
        free(Buffer);
        Bytes = Needed > Bytes ? Needed + 0x4000 : Bytes * 2;
        Buffer = malloc(Bytes);
    }
    if (Buffer == NULL) {
        return;
    }
    for (Row = (PLAB_PROCESS_ROW)Buffer;;
         Row = (PLAB_PROCESS_ROW)((PUCHAR)Row + Row->NextEntryOffset)) {
        SeeProcess(Row);
        if (Row->NextEntryOffset == 0) {
            break;
        }
    }
    TellGone();
    Known.IsPrimed = TRUE;
}

VOID
LabNotifyPoll(void)
{
    if (IsLockMade == 0 || !IsPolling) {
        return;
    }
    EnterCriticalSection(&PollLock);
    Look();
    LeaveCriticalSection(&PollLock);
}

/* Everything about a process that is about to make its first call. */
VOID
LabNotifyProcess(ULONG64 ProcessId)
{
    if (IsLockMade == 0 || !IsPolling) {
        return;
    }
    EnterCriticalSection(&PollLock);
    Look();
    for (ULONG i = 0; i < Known.ProcessCount; i++) {
        if (Known.Processes[i].Id == ProcessId) {
            Known.Processes[i].HasImages = TRUE;
            SeeImages(ProcessId);
        }
    }
    LeaveCriticalSection(&PollLock);
}

VOID
LabProcessSeen(ULONG64 ProcessId)
{
    LabNotifyProcess(ProcessId);
}

static DWORD WINAPI
Poll(LPVOID Context)
{
    (void)Context;
    for (ULONG Turn = 0;; Turn++) {
        LabNotifyPoll();
        if (Turn % IMAGE_POLLS == 0) {
            EnterCriticalSection(&PollLock);
            for (ULONG i = 0; i < Known.ProcessCount; i++) {
                if (Known.Processes[i].HasImages) {
                    SeeImages(Known.Processes[i].Id);
                }
            }
            LeaveCriticalSection(&PollLock);
        }
        Sleep(POLL_MS);
    }
    return 0;
}

static VOID
StartPolling(void)
{
    if (InterlockedExchange(&IsPolling, 1) != 0) {
        return;
    }
    InitializeCriticalSection(&PollLock);
    InterlockedExchange(&IsLockMade, 1);
    LabNotifyPoll();
    CloseHandle(CreateThread(NULL, 0, Poll, NULL, 0, NULL));
}

static NTSTATUS
Register(LAB_NEWS Kind, PVOID Routine, BOOLEAN IsRemove)
{
    PVOID From = IsRemove ? Routine : NULL;
    PVOID To = IsRemove ? NULL : Routine;

    StartPolling();
    for (ULONG i = 0; i < ROUTINES; i++) {
        if (InterlockedCompareExchangePointer(&Routines[Kind][i], To, From) == From) {
            EnterCriticalSection(&PollLock); /* nobody is inside a removed routine any more */
            LeaveCriticalSection(&PollLock);
            return 0;
        }
    }
    return (NTSTATUS)LAB_INVALID_PARAMETER;
}

NTSTATUS KERNELAPI
PsSetCreateProcessNotifyRoutine(PVOID Routine, BOOLEAN IsRemove)
{
    return Register(NewsProcess, Routine, IsRemove);
}

NTSTATUS KERNELAPI
PsSetCreateProcessNotifyRoutineEx(PVOID Routine, BOOLEAN IsRemove)
{
    return Register(NewsProcessEx, Routine, IsRemove);
}

NTSTATUS KERNELAPI
PsSetCreateProcessNotifyRoutineEx2(int Type, PVOID Routine, BOOLEAN IsRemove)
{
    (void)Type;
    return Register(NewsProcessEx, Routine, IsRemove);
}

NTSTATUS KERNELAPI
PsSetCreateThreadNotifyRoutine(PVOID Routine)
{
    return Register(NewsThread, Routine, FALSE);
}

NTSTATUS KERNELAPI
PsSetCreateThreadNotifyRoutineEx(int Type, PVOID Routine)
{
    (void)Type;
    return Register(NewsThread, Routine, FALSE);
}

NTSTATUS KERNELAPI
PsRemoveCreateThreadNotifyRoutine(PVOID Routine)
{
    return Register(NewsThread, Routine, TRUE);
}

NTSTATUS KERNELAPI
PsSetLoadImageNotifyRoutine(PVOID Routine)
{
    return Register(NewsImage, Routine, FALSE);
}

NTSTATUS KERNELAPI
PsSetLoadImageNotifyRoutineEx(PVOID Routine, ULONG64 Flags)
{
    (void)Flags;
    return Register(NewsImage, Routine, FALSE);
}

NTSTATUS KERNELAPI
PsRemoveLoadImageNotifyRoutine(PVOID Routine)
{
    return Register(NewsImage, Routine, TRUE);
}
