/* SPDX-License-Identifier: MIT */
/* What a driver asks about the machine: debugger, code integrity, modules, the LSTAR register. */
#include "kernel.h"

#include "object.h"
#include "switches.h"

#include <string.h>
#include <tlhelp32.h>

enum {
    SYSTEM_MODULES = 11,
    SYSTEM_CODE_INTEGRITY = 0x67,
    MODULE_ENTRY = 296, /* RTL_PROCESS_MODULE_INFORMATION */
    CODE_INTEGRITY_ENABLED = 0x1,
    CODE_INTEGRITY_TESTSIGN = 0x2,
};

#define IA32_LSTAR 0xc0000082u

/* Exported variables. */
BOOLEAN KdDebuggerEnabled = TRUE;
BOOLEAN KdDebuggerNotPresent = FALSE;
ULONG64 MmUserProbeAddress = LAB_USER_END;
ULONG64 MmHighestUserAddress = LAB_USER_END - 1;
ULONG64 MmSystemRangeStart = 0xffff080000000000ull;
CHAR KeNumberProcessors;
#ifdef LAB_LPC_ONLY
ULONG NtBuildNumber = 0xf0000000u | 3790;
#else
ULONG NtBuildNumber = 0xf0000000u | 19045;
#endif

struct lab_switches LabSwitches = {.CodeOptions = CODE_INTEGRITY_ENABLED | CODE_INTEGRITY_TESTSIGN};

extern const UCHAR KiSystemCall64[];

/* What a privileged instruction looks like: Wine takes some for an access to no address. */
static BOOLEAN
IsPrivileged(const EXCEPTION_RECORD *Record)
{
    return Record->ExceptionCode == STATUS_PRIVILEGED_INSTRUCTION ||
           (Record->ExceptionCode == STATUS_ACCESS_VIOLATION && Record->NumberParameters == 2 &&
            Record->ExceptionInformation[1] == ~0ull);
}

/* rdmsr of LSTAR. Wine's own handler is asked after this one. */
static LONG CALLBACK
OnException(PEXCEPTION_POINTERS Exception)
{
    PCONTEXT Context = Exception->ContextRecord;
    const UCHAR *Code = (const UCHAR *)Context->Rip;

    if (!IsPrivileged(Exception->ExceptionRecord) || Code[0] != 0x0f || Code[1] != 0x32 ||
        (ULONG)Context->Rcx != IA32_LSTAR) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Context->Rax = (ULONG)(ULONG64)KiSystemCall64;
    Context->Rdx = (ULONG64)KiSystemCall64 >> 32;
    Context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

VOID
LabSystemInit(void)
{
    SYSTEM_INFO Info;

    GetSystemInfo(&Info);
    KeNumberProcessors = (CHAR)Info.dwNumberOfProcessors;
    LabObjectsInit();
    AddVectoredExceptionHandler(1, OnException);
}

NTSTATUS
LabSwitch(ULONG Switch, ULONG64 Value)
{
    switch (Switch) {
    case LAB_SWITCH_DEBUGGER:
        KdDebuggerEnabled = Value != 0;
        KdDebuggerNotPresent = Value == 0;
        return 0;
    case LAB_SWITCH_CODE_OPTIONS:
        LabSwitches.CodeOptions = Value;
        return 0;
    case LAB_SWITCH_UNPRIVILEGED:
        LabSwitches.Unprivileged = Value;
        return 0;
    default:
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
}

static BOOLEAN
IsKernelModule(const WCHAR *Name)
{
    SIZE_T Length = wcslen(Name);

    return _wcsicmp(Name, L"ntoskrnl.exe") == 0 || _wcsicmp(Name, L"hal.dll") == 0 ||
           (Length > 4 && _wcsicmp(Name + Length - 4, L".sys") == 0);
}

static VOID
FillModule(PUCHAR Entry, const MODULEENTRY32W *Module, ULONG Index)
{
    PSTR Path = (PSTR)Entry + 0x28;

    memset(Entry, 0, MODULE_ENTRY);
    memcpy(Entry + 0x10, &Module->modBaseAddr, sizeof(PVOID));
    memcpy(Entry + 0x18, &Module->modBaseSize, sizeof(ULONG));
    memcpy(Entry + 0x20, &Index, sizeof(USHORT));
    WideCharToMultiByte(CP_ACP, 0, Module->szExePath, -1, Path, 255, NULL, NULL);
    if (strrchr(Path, '\\') != NULL) {
        USHORT Offset = (USHORT)(strrchr(Path, '\\') + 1 - Path);

        memcpy(Entry + 0x26, &Offset, sizeof(Offset));
    }
}

/* The kernel first, then what else of winedevice is a kernel module. */
static NTSTATUS
QueryModules(PUCHAR Buffer, ULONG Length, PULONG Needed)
{
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);
    MODULEENTRY32W Module = {.dwSize = sizeof(Module)};
    ULONG Count = 0;

    for (int Pass = 0; Pass < 2; Pass++) {
        for (BOOL IsMore = Module32FirstW(Snapshot, &Module); IsMore;
             IsMore = Module32NextW(Snapshot, &Module)) {
            BOOLEAN IsKernel = _wcsicmp(Module.szModule, L"ntoskrnl.exe") == 0;

            if (IsKernelModule(Module.szModule) && IsKernel == (Pass == 0)) {
                if (8 + (Count + 1) * MODULE_ENTRY <= Length) {
                    FillModule(Buffer + 8 + Count * MODULE_ENTRY, &Module, Count);
                }
                Count++;
            }
        }
    }
    CloseHandle(Snapshot);
    if (Needed != NULL) {
        *Needed = 8 + Count * MODULE_ENTRY;
    }
    if (Length < 8 + Count * MODULE_ENTRY) {
        return (NTSTATUS)0xc0000004; /* STATUS_INFO_LENGTH_MISMATCH */
    }
    memset(Buffer, 0, 8);
    memcpy(Buffer, &Count, sizeof(Count));
    return 0;
}

#ifndef LAB_LPC_ONLY
static NTSTATUS
QueryCodeIntegrity(PULONG Buffer, ULONG Length, PULONG Needed)
{
    if (Needed != NULL) {
        *Needed = 8;
    }
    if (Length < 8 || Buffer[0] != 8) {
        return (NTSTATUS)0xc0000004;
    }
    Buffer[1] = (ULONG)LabSwitches.CodeOptions;
    return 0;
}
#endif

NTSTATUS KERNELAPI
ZwQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG Needed)
{
    switch (Class) {
    case SYSTEM_MODULES:
        return QueryModules(Buffer, Length, Needed);
    case SYSTEM_CODE_INTEGRITY:
#ifdef LAB_LPC_ONLY
        return (NTSTATUS)0xc0000002; /* STATUS_NOT_IMPLEMENTED */
#else
        return QueryCodeIntegrity(Buffer, Length, Needed);
#endif
    default:
        return NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)Class, Buffer, Length, Needed);
    }
}

#ifdef LAB_LPC_ONLY
NTSTATUS KERNELAPI
RtlGetVersion(PRTL_OSVERSIONINFOW Version)
{
    Version->dwMajorVersion = 5;
    Version->dwMinorVersion = 2;
    Version->dwBuildNumber = 3790;
    Version->dwPlatformId = VER_PLATFORM_WIN32_NT;
    Version->szCSDVersion[0] = 0;
    return 0;
}

BOOLEAN KERNELAPI
PsGetVersion(PULONG Major, PULONG Minor, PULONG Build, PUNICODE_STRING Text)
{
    if (Major != NULL) {
        *Major = 5;
    }
    if (Minor != NULL) {
        *Minor = 2;
    }
    if (Build != NULL) {
        *Build = 3790;
    }
    if (Text != NULL) {
        memset(Text, 0, sizeof(*Text));
    }
    return FALSE;
}
#endif
