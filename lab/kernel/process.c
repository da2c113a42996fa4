/* SPDX-License-Identifier: MIT */
/* What a driver asks about a process. */
#include "kernel.h"

#include <string.h>

enum {
    NAMES = 256,
    NAME_BYTES = 1100,
    TIMES = 256,
};

__declspec(dllimport) NTSTATUS NTAPI
    NtQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);

static HANDLE
OpenFor(PVOID Process)
{
    return LabOpenProcess((ULONG64)PsGetProcessId(Process));
}

NTSTATUS KERNELAPI
SeLocateProcessImageName(PVOID Process, PUNICODE_STRING *Name)
{
    HANDLE Handle = OpenFor(Process);
    PUNICODE_STRING Buffer;
    ULONG Length;
    NTSTATUS Status;

    *Name = NULL;
    if (Handle == NULL) {
        return (NTSTATUS)0xc000010a; /* STATUS_PROCESS_IS_TERMINATING */
    }
    Buffer = ExAllocatePoolWithTag(0, NAME_BYTES, 0x4e616d65);
    Status = Buffer == NULL ? (NTSTATUS)LAB_NO_MEMORY
                            : NtQueryInformationProcess(Handle, ProcessImageFileName, Buffer,
                                                        NAME_BYTES, &Length);
    CloseHandle(Handle);
    if (Status != 0 && Buffer != NULL) {
        ExFreePoolWithTag(Buffer, 0);
        return Status;
    }
    *Name = Buffer;
    return Status;
}

/* The last component, 15 characters, kept for as long as the kernel runs. */
static VOID
LastName(PSTR To, const UNICODE_STRING *Path)
{
    ULONG End = Path->Length / (ULONG)sizeof(WCHAR);
    ULONG Start = End;
    ULONG Length = 0;

    while (Start > 0 && Path->Buffer[Start - 1] != L'\\') {
        Start--;
    }
    while (Length < 15 && Start + Length < End) {
        To[Length] = (CHAR)Path->Buffer[Start + Length];
        Length++;
    }
    To[Length] = 0;
}

PSTR KERNELAPI
PsGetProcessImageFileName(PVOID Process)
{
    static struct {
        ULONG64 ProcessId;
        CHAR Name[16];
    } Names[NAMES];

    static CHAR Unknown[] = "?";
    static ULONG Next;
    static SRWLOCK Lock = SRWLOCK_INIT;
    ULONG64 ProcessId = (ULONG64)PsGetProcessId(Process);
    PUNICODE_STRING Path = NULL;
    ULONG At;

    AcquireSRWLockExclusive(&Lock);
    for (At = 0; At < NAMES && Names[At].ProcessId != ProcessId; At++) {
    }
    if (At == NAMES && SeLocateProcessImageName(Process, &Path) == 0 && Path != NULL) {
        At = Next++ % NAMES;
        LastName(Names[At].Name, Path);
        Names[At].ProcessId = ProcessId;
        ExFreePoolWithTag(Path, 0);
    }
    ReleaseSRWLockExclusive(&Lock);
    return At < NAMES ? Names[At].Name : Unknown;
}

static LONGLONG
CreateTimeOf(PVOID Process)
{
    HANDLE Handle = OpenFor(Process);
    FILETIME Created = {0, 0}, Exited, Kernel, User;

    if (Handle != NULL) {
        GetProcessTimes(Handle, &Created, &Exited, &Kernel, &User);
        CloseHandle(Handle);
    }
    return (LONGLONG)((ULONG64)Created.dwHighDateTime << 32 | Created.dwLowDateTime);
}

/* A field of EPROCESS on Windows, read in every call: asked of Wine once a process. */
static struct {
    PVOID volatile Process;
    ULONG64 ProcessId;
    LONGLONG Time;
} CreateTimes[TIMES];

static SRWLOCK CreateTimesLock = SRWLOCK_INIT;

LONGLONG KERNELAPI
PsGetProcessCreateTimeQuadPart(PVOID Process)
{
    ULONG64 ProcessId = (ULONG64)PsGetProcessId(Process);
    ULONG At = (ULONG)(ProcessId / 4) % TIMES;
    LONGLONG Time = 0;

    AcquireSRWLockShared(&CreateTimesLock);
    if (CreateTimes[At].Process == Process && CreateTimes[At].ProcessId == ProcessId) {
        Time = CreateTimes[At].Time;
    }
    ReleaseSRWLockShared(&CreateTimesLock);
    if (Time == 0) {
        Time = CreateTimeOf(Process);
        AcquireSRWLockExclusive(&CreateTimesLock);
        CreateTimes[At].Process = Process;
        CreateTimes[At].ProcessId = ProcessId;
        CreateTimes[At].Time = Time;
        ReleaseSRWLockExclusive(&CreateTimesLock);
    }
    return Time;
}

/* The id may come again with another process. */
VOID
LabForgetProcess(ULONG64 ProcessId)
{
    AcquireSRWLockExclusive(&CreateTimesLock);
    CreateTimes[(ULONG)(ProcessId / 4) % TIMES].Process = NULL;
    ReleaseSRWLockExclusive(&CreateTimesLock);
}

/* Unique for every process ever: here pid and creation time together. */
ULONG64 KERNELAPI
PsGetProcessStartKey(PVOID Process)
{
    return (ULONG64)PsGetProcessCreateTimeQuadPart(Process) << 16 |
           ((ULONG64)PsGetProcessId(Process) & 0xffff);
}

PVOID KERNELAPI
PsGetProcessPeb(PVOID Process)
{
    HANDLE Handle = OpenFor(Process);
    PROCESS_BASIC_INFORMATION Basic;
    ULONG Length;
    PVOID Peb = NULL;

    if (Handle != NULL) {
        if (NtQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic),
                                      &Length) == 0) {
            Peb = Basic.PebBaseAddress;
        }
        CloseHandle(Handle);
    }
    return Peb;
}

HANDLE KERNELAPI
PsGetProcessInheritedFromUniqueProcessId(PVOID Process)
{
    HANDLE Handle = OpenFor(Process);
    PROCESS_BASIC_INFORMATION Basic;
    ULONG Length;
    HANDLE Parent = NULL;

    if (Handle != NULL) {
        if (NtQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic),
                                      &Length) == 0) {
            Parent = (HANDLE)Basic.InheritedFromUniqueProcessId;
        }
        CloseHandle(Handle);
    }
    return Parent;
}

ULONG KERNELAPI
PsGetProcessSessionId(PVOID Process)
{
    (void)Process;
    return 1;
}

ULONG KERNELAPI
PsGetProcessSessionIdEx(PVOID Process)
{
    return PsGetProcessSessionId(Process);
}

PVOID KERNELAPI
PsGetProcessWow64Process(PVOID Process)
{
    (void)Process;
    return NULL;
}

BOOLEAN KERNELAPI
PsIsProtectedProcess(PVOID Process)
{
    (void)Process;
    return FALSE;
}

BOOLEAN KERNELAPI
PsIsProtectedProcessLight(PVOID Process)
{
    (void)Process;
    return FALSE;
}
