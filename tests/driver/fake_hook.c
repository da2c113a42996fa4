/* SPDX-License-Identifier: MIT */
#include "fake_os.h"

NTSTATUS
AtrHookInit(VOID)
{
    return fake_os.init_status;
}

NTSTATUS
AtrHookFini(VOID)
{
    AtrHookDisarm();
    return STATUS_SUCCESS;
}

NTSTATUS
AtrHookGate(_In_ ULONG Flags, _Out_writes_(ATR_DEVICE_REASON_CHARS) PCHAR Reason)
{
    UNREFERENCED_PARAMETER(Flags);
    Reason[0] = '\0';
    return STATUS_SUCCESS;
}

NTSTATUS
AtrHookArm(_In_ const struct atr_device_start *Start, _In_ ATR_PIN_PRE *Pre,
           _In_ ATR_PIN_POST *Post, _Out_ PULONG64 Generation)
{
    UNREFERENCED_PARAMETER(Start);
    if (!NT_SUCCESS(fake_os.arm_status)) {
        return fake_os.arm_status;
    }
    fake_os.pre = Pre;
    fake_os.post = Post;
    *Generation = ++fake_os.generation;
    return STATUS_SUCCESS;
}

VOID
AtrHookDisarm(VOID)
{
    fake_os.pre = (ATR_PIN_PRE *)0;
    fake_os.post = (ATR_PIN_POST *)0;
}

VOID
AtrHookCheck(VOID)
{
    fake_os.checks++;
}

VOID
AtrHookStatus(_Inout_ struct atr_device_status *Status)
{
    Status->pin_version = ATR_PIN_VERSION;
}
