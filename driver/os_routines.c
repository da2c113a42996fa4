/* SPDX-License-Identifier: MIT */
#include "os_nt.h"

ATR_OS_ROUTINES AtrOsRoutines;
ULONG AtrOsBuild;

/* What may be missing; a row with a feature says what then does not work. */
typedef struct _ATR_OS_LOOKUP {
    const WCHAR *Name;
    ULONG Offset; /* of its pointer in ATR_OS_ROUTINES */
    const char *Feature;
    const char *Reason;
} ATR_OS_LOOKUP;

#define LOOKUP(field, name, feature, reason)                          \
    {                                                                 \
        (name), offsetof(ATR_OS_ROUTINES, field), (feature), (reason) \
    }

/* clang-format off */
static const ATR_OS_LOOKUP AtrpLookups[] = {
    LOOKUP(AllocatePool2, L"ExAllocatePool2", NULL, NULL),
    LOOKUP(CurrentProcessor, L"KeGetCurrentProcessorNumberEx", NULL, NULL),
    LOOKUP(ActiveProcessors, L"KeQueryActiveProcessorCountEx", NULL, NULL),
    LOOKUP(SystemTimePrecise, L"KeQuerySystemTimePrecise", "precise-clock",
           "no KeQuerySystemTimePrecise: clock pairs are as exact as the timer tick"),
    LOOKUP(DereferenceDeferDelete, L"ObDereferenceObjectDeferDelete", NULL, NULL),
    LOOKUP(ReferenceSafe, L"ObReferenceObjectSafe", NULL, NULL),
    LOOKUP(Wow64Process, L"PsGetProcessWow64Process", "wow64",
           "no PsGetProcessWow64Process: legacy calls count as 64-bit"),
    LOOKUP(ProcessCreateTime, L"PsGetProcessCreateTimeQuadPart", "process-keys",
           "no PsGetProcessCreateTimeQuadPart: processes are told apart by pid only"),
    LOOKUP(CurrentThread, L"PsGetCurrentThread", NULL, NULL),
    LOOKUP(ThreadTeb, L"PsGetThreadTeb", NULL, NULL),
    LOOKUP(StackLimits, L"IoGetStackLimits", NULL, NULL),
    LOOKUP(ProcessSession, L"PsGetProcessSessionId", NULL, NULL),
    LOOKUP(ProcessExitStatus, L"PsGetProcessExitStatus", "exit-statuses",
           "no PsGetProcessExitStatus: processes end with an unknown status"),
    LOOKUP(LockShared, L"ExfAcquirePushLockShared", NULL, NULL),
    LOOKUP(UnlockShared, L"ExfReleasePushLockShared", NULL, NULL),
    LOOKUP(ProcessNotifyEx, L"PsSetCreateProcessNotifyRoutineEx", "process-names",
           "no PsSetCreateProcessNotifyRoutineEx: new processes are named later"),
    LOOKUP(LocateImageName, L"SeLocateProcessImageName", NULL, NULL),
    LOOKUP(UserProbeAddress, L"MmUserProbeAddress", NULL, NULL),
};

/* clang-format on */

static PVOID *
AtrpField(_In_ const ATR_OS_LOOKUP *Lookup)
{
    return (PVOID *)((PUCHAR)&AtrOsRoutines + Lookup->Offset);
}

static ULONG
AtrpBuild(VOID)
{
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};

    return NT_SUCCESS(RtlGetVersion(&Version)) ? Version.dwBuildNumber : 0;
}

VOID
AtrOsInit(VOID)
{
    for (ULONG i = 0; i < sizeof(AtrpLookups) / sizeof(AtrpLookups[0]); i++) {
        UNICODE_STRING Name;

        RtlInitUnicodeString(&Name, AtrpLookups[i].Name);
        *AtrpField(&AtrpLookups[i]) = MmGetSystemRoutineAddress(&Name);
    }
    AtrOsBuild = AtrpBuild();
}

static VOID
AtrpText(_Out_writes_(Room) PCHAR To, _In_ ULONG Room, _In_ const char *From)
{
    ULONG i = 0;

    for (; i + 1 < Room && From[i] != 0; i++) {
        To[i] = From[i];
    }
    To[i] = 0;
}

static VOID
AtrpFeature(_Out_ struct atr_device_feature *Feature, _In_ const char *Name, _In_ BOOLEAN IsOn,
            _In_ const char *Reason)
{
    Feature->is_on = IsOn;
    AtrpText(Feature->name, sizeof(Feature->name), Name);
    AtrpText(Feature->reason, sizeof(Feature->reason), IsOn ? "" : Reason);
}

ULONG
AtrOsFeatures(_Out_writes_(ATR_DEVICE_FEATURES_MAX) struct atr_device_feature *Features)
{
    ULONG Count = 0;

    AtrpFeature(&Features[Count++], "port-owners", AtrOsCanReadPorts(),
                "port objects of an unknown layout: facts come from create, connect and accept");
    for (ULONG i = 0; i < sizeof(AtrpLookups) / sizeof(AtrpLookups[0]); i++) {
        if (AtrpLookups[i].Feature != NULL && Count < ATR_DEVICE_FEATURES_MAX) {
            AtrpFeature(&Features[Count++], AtrpLookups[i].Feature,
                        *AtrpField(&AtrpLookups[i]) != NULL, AtrpLookups[i].Reason);
        }
    }
    return Count;
}
