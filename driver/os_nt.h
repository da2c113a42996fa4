/* SPDX-License-Identifier: MIT */
#pragma once

/* Between the os_*.c files: routines that a kernel may lack, NULL where it does. */

#include "os.h"

typedef struct _ATR_OS_ROUTINES {
    PVOID(NTAPI *AllocatePool2)(ULONG64 Flags, SIZE_T Bytes, ULONG Tag);
    ULONG(NTAPI *CurrentProcessor)(PVOID Number);
    ULONG(NTAPI *ActiveProcessors)(USHORT Group);
    VOID(NTAPI *SystemTimePrecise)(PLARGE_INTEGER Time);
    VOID(NTAPI *DereferenceDeferDelete)(PVOID Object);
    BOOLEAN(NTAPI *ReferenceSafe)(PVOID Object);
    PVOID(NTAPI *Wow64Process)(PEPROCESS Process);
    LONGLONG(NTAPI *ProcessCreateTime)(PEPROCESS Process);
    PETHREAD(NTAPI *CurrentThread)(VOID); /* the headers' inline form reads what Wine lacks */
    PVOID(NTAPI *ThreadTeb)(PETHREAD Thread);
    VOID(NTAPI *StackLimits)(PULONG_PTR Low, PULONG_PTR High);
    ULONG(NTAPI *ProcessSession)(PEPROCESS Process);
    NTSTATUS(NTAPI *ProcessExitStatus)(PEPROCESS Process);
    VOID(NTAPI *LockShared)(PVOID Lock);
    VOID(NTAPI *UnlockShared)(PVOID Lock);
    NTSTATUS(NTAPI *ProcessNotifyEx)(PCREATE_PROCESS_NOTIFY_ROUTINE_EX Routine, BOOLEAN Remove);
    NTSTATUS(NTAPI *LocateImageName)(PEPROCESS Process, PUNICODE_STRING *Name);
    const ULONG64 *UserProbeAddress; /* user space ends here: at 8 TiB before 6.3 */
} ATR_OS_ROUTINES;

/* Not in the headers; classes and structures as in phnt's ntexapi.h. */
enum {
    ATR_OS_BASIC_INFORMATION = 0,
    ATR_OS_PROCESS_INFORMATION = 5,
};

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Bytes,
                                                 PULONG Returned);

extern ATR_OS_ROUTINES AtrOsRoutines;

/* Build number, 3790 for NT 5.2. */
extern ULONG AtrOsBuild;

ULONG64 AtrOsProcessKey(_In_ PEPROCESS Process);

/* Whether port objects have the layout that os_port.c knows, and can be read safely. */
BOOLEAN AtrOsCanReadPorts(VOID);
