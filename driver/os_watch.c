/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "os_nt.h"

#include "wire/record.h"

enum {
    LIST_BYTES_FIRST = 256 * 1024,
    LIST_BYTES_MAX = 8 * 1024 * 1024,
    PE_POINTER = 0x3c,
    PE_SIGNATURE = 0x4550, /* "PE" */
    PE_TIME_STAMP = 8,     /* from the signature: COFF header, then the optional header */
    PE_IMAGE_BYTES = 0x50,
    PE_CHECKSUM = 0x58,
    PE_BYTES = 0x5c,
};

/* SYSTEM_PROCESS_INFORMATION, as far as it is used. */
typedef struct _ATR_OS_PROCESS_ROW {
    ULONG Next;
    ULONG ThreadCount;
    ULONG64 Unused[3];
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER Times[2];
    UNICODE_STRING Name;
    LONG64 Priority;
    HANDLE Pid;
    HANDLE ParentPid;
    ULONG Handles;
    ULONG Session;
} ATR_OS_PROCESS_ROW;

C_ASSERT(offsetof(ATR_OS_PROCESS_ROW, Name) == 0x38 && offsetof(ATR_OS_PROCESS_ROW, Pid) == 0x50);

static const ATR_OS_WATCH *AtrpWatch;
static BOOLEAN AtrpIsEx;

static ULONG
AtrpId(_In_ HANDLE Id)
{
    return (ULONG)(ULONG_PTR)Id;
}

static VOID
AtrpFillProcess(_Inout_ PATR_OS_PROCESS_NEWS News, _In_opt_ PEPROCESS Process)
{
    News->Session = ATR_UNKNOWN_U32;
    if (Process == NULL) {
        return;
    }
    News->Process = Process;
    News->ProcessKey = AtrOsProcessKey(Process);
    News->IsWow64 =
        AtrOsRoutines.Wow64Process != NULL && AtrOsRoutines.Wow64Process(Process) != NULL;
    if (AtrOsRoutines.ProcessSession != NULL) {
        News->Session = AtrOsRoutines.ProcessSession(Process);
    }
    if (News->IsEnd && AtrOsRoutines.ProcessExitStatus != NULL) {
        News->ExitStatus = (ULONG)AtrOsRoutines.ProcessExitStatus(Process);
        News->IsExitKnown = News->ExitStatus != (ULONG)STATUS_PENDING;
    }
}

static VOID
AtrpTellProcess(_Inout_ PATR_OS_PROCESS_NEWS News, _In_opt_ PEPROCESS Process,
                _In_opt_ PCUNICODE_STRING Name)
{
    PUNICODE_STRING Located = NULL;

    AtrpFillProcess(News, Process);
    if (Name == NULL && Process != NULL && AtrOsRoutines.LocateImageName != NULL &&
        NT_SUCCESS(AtrOsRoutines.LocateImageName(Process, &Located))) {
        Name = Located;
    }
    if (Name != NULL) {
        News->Name = Name->Buffer;
        News->NameUnits = Name->Length / sizeof(WCHAR);
    }
    AtrpWatch->Process(News);
    if (Located != NULL) {
        ExFreePoolWithTag(Located, 0);
    }
}

static VOID NTAPI
AtrpProcessEx(_Inout_ PEPROCESS Process, _In_ HANDLE Pid, _Inout_opt_ PPS_CREATE_NOTIFY_INFO Info)
{
    ATR_OS_PROCESS_NEWS News = {
        .Pid = AtrpId(Pid),
        .ParentPid = Info != NULL ? AtrpId(Info->ParentProcessId) : 0,
        .IsEnd = Info == NULL,
    };

    AtrpTellProcess(&News, Process, Info != NULL ? Info->ImageFileName : NULL);
}

static VOID NTAPI
AtrpProcess(_In_ HANDLE ParentPid, _In_ HANDLE Pid, _In_ BOOLEAN IsBegin)
{
    ATR_OS_PROCESS_NEWS News = {
        .Pid = AtrpId(Pid),
        .ParentPid = AtrpId(ParentPid),
        .IsEnd = !IsBegin,
    };
    PEPROCESS Process = NULL;

    if (!NT_SUCCESS(PsLookupProcessByProcessId(Pid, &Process))) {
        Process = NULL;
    }
    AtrpTellProcess(&News, Process, NULL);
    if (Process != NULL) {
        ObDereferenceObject(Process);
    }
}

static ULONG64
AtrpKeyOfPid(_In_ HANDLE Pid)
{
    PEPROCESS Process;
    ULONG64 Key = 0;

    if (NT_SUCCESS(PsLookupProcessByProcessId(Pid, &Process))) {
        Key = AtrOsProcessKey(Process);
        ObDereferenceObject(Process);
    }
    return Key;
}

static VOID NTAPI
AtrpThread(_In_ HANDLE Pid, _In_ HANDLE Tid, _In_ BOOLEAN IsBegin)
{
    ATR_OS_THREAD_NEWS News = {
        .ProcessKey = AtrpKeyOfPid(Pid),
        .Pid = AtrpId(Pid),
        .Tid = AtrpId(Tid),
        .IsEnd = !IsBegin,
    };

    AtrpWatch->Thread(&News);
}

/* Of the headers only what agrees with the size that the kernel told. */
static VOID
AtrpReadHeaders(_Inout_ PATR_OS_IMAGE_NEWS News)
{
    const UCHAR *Base = (const UCHAR *)(ULONG_PTR)News->Base;
    UCHAR Headers[PE_BYTES];
    ULONG Offset;
    ULONG Bytes;

    if (!NT_SUCCESS(AtrGuardedCopy(&Offset, Base + PE_POINTER, sizeof(Offset))) ||
        Offset > News->Bytes || News->Bytes - Offset < sizeof(Headers) ||
        !NT_SUCCESS(AtrGuardedCopy(Headers, Base + Offset, sizeof(Headers)))) {
        return;
    }
    memcpy(&Bytes, Headers + PE_IMAGE_BYTES, sizeof(Bytes));
    memcpy(&Offset, Headers, sizeof(Offset));
    if (Offset != PE_SIGNATURE || Bytes != News->Bytes) {
        return;
    }
    memcpy(&News->TimeStamp, Headers + PE_TIME_STAMP, sizeof(News->TimeStamp));
    memcpy(&News->Checksum, Headers + PE_CHECKSUM, sizeof(News->Checksum));
}

static VOID NTAPI
AtrpImage(_In_opt_ PUNICODE_STRING Name, _In_ HANDLE Pid, _In_ PIMAGE_INFO Info)
{
    ATR_OS_IMAGE_NEWS News = {
        .ProcessKey = Pid != NULL ? AtrpKeyOfPid(Pid) : 0,
        .Base = (ULONG64)(ULONG_PTR)Info->ImageBase,
        .Bytes = Info->ImageSize,
        .Pid = AtrpId(Pid),
        .NameUnits = Name != NULL ? Name->Length / sizeof(WCHAR) : 0,
        .Name = Name != NULL ? Name->Buffer : NULL,
    };

    AtrpReadHeaders(&News);
    AtrpWatch->Image(&News);
}

static NTSTATUS
AtrpWatchProcesses(VOID)
{
    NTSTATUS Status = STATUS_NOT_SUPPORTED;

    if (AtrOsRoutines.ProcessNotifyEx != NULL) {
        Status = AtrOsRoutines.ProcessNotifyEx(AtrpProcessEx, FALSE);
        AtrpIsEx = NT_SUCCESS(Status);
    }
    /* Refused to images without the integrity flag: the old form asks for nothing. */
    return AtrpIsEx ? Status : PsSetCreateProcessNotifyRoutine(AtrpProcess, FALSE);
}

static VOID
AtrpUnwatchProcesses(VOID)
{
    if (AtrpIsEx) {
        (VOID) AtrOsRoutines.ProcessNotifyEx(AtrpProcessEx, TRUE);
    } else {
        (VOID) PsSetCreateProcessNotifyRoutine(AtrpProcess, TRUE);
    }
}

NTSTATUS
AtrOsWatchStart(_In_ const ATR_OS_WATCH *Watch)
{
    NTSTATUS Status;

    AtrpWatch = Watch;
    Status = AtrpWatchProcesses();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsSetCreateThreadNotifyRoutine(AtrpThread);
    if (NT_SUCCESS(Status)) {
        Status = PsSetLoadImageNotifyRoutine(AtrpImage);
        if (!NT_SUCCESS(Status)) {
            PsRemoveCreateThreadNotifyRoutine(AtrpThread);
        }
    }
    if (!NT_SUCCESS(Status)) {
        AtrpUnwatchProcesses();
    }
    return Status;
}

VOID
AtrOsWatchStop(VOID)
{
    PsRemoveLoadImageNotifyRoutine(AtrpImage);
    PsRemoveCreateThreadNotifyRoutine(AtrpThread);
    AtrpUnwatchProcesses();
}

static VOID
AtrpTellRows(_In_ const UCHAR *Rows, _In_ VOID (*Each)(_In_ const ATR_OS_PROCESS_NEWS *News))
{
    const ATR_OS_PROCESS_ROW *Row;

    do {
        Row = (const VOID *)Rows;
        ATR_OS_PROCESS_NEWS News = {
            .ProcessKey = (ULONG64)Row->CreateTime.QuadPart,
            .Pid = AtrpId(Row->Pid),
            .ParentPid = AtrpId(Row->ParentPid),
            .Session = Row->Session,
            .NameUnits = Row->Name.Length / sizeof(WCHAR),
            .Name = Row->Name.Buffer,
        };

        Each(&News);
        Rows += Row->Next;
    } while (Row->Next != 0);
}

NTSTATUS
AtrOsProcessList(_In_ VOID (*Each)(_In_ const ATR_OS_PROCESS_NEWS *News))
{
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    for (ULONG Bytes = LIST_BYTES_FIRST; Bytes <= LIST_BYTES_MAX; Bytes *= 2) {
        PUCHAR Rows = AtrOsAllocate(Bytes);

        if (Rows == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Status = ZwQuerySystemInformation(ATR_OS_PROCESS_INFORMATION, Rows, Bytes, NULL);
        if (NT_SUCCESS(Status)) {
            AtrpTellRows(Rows, Each);
        }
        AtrOsFree(Rows);
        if (Status != STATUS_INFO_LENGTH_MISMATCH) {
            return Status;
        }
    }
    return Status;
}
