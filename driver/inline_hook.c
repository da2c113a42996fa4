/* SPDX-License-Identifier: MIT */

/*
 * The second way to wrap a service: its first instruction becomes a jump to an island, by one store
 * into the aligned 16 bytes around it (wire/one_instruction.h); the instruction itself and a jump
 * behind it go into the pin, where they stay.
 */

#include "hook_internal.h"

#include "guard.h"

static PUCHAR
AtrpUnitOf(_In_ PUCHAR Target)
{
    return (PUCHAR)((ULONG_PTR)Target & ~(ULONG_PTR)(ATR_PATCH_UNIT - 1));
}

static PVOID
AtrpInlineIsland(_In_ const ATR_HOOK *Hook, _In_ ULONG Row)
{
    const ATR_HOOK_ROW *This = &Hook->Rows[Row];
    uint64_t High;
    uint64_t Low;
    PVOID Island;
    PVOID Place;

    atr_patch_reach((ULONG_PTR)This->Target, &This->Patch, &Low, &High);
    Island = Hook->Pin.Table.Island(Row, (PVOID)(ULONG_PTR)Low, (PVOID)(ULONG_PTR)High, NULL);
    if (Island != NULL) {
        return Island;
    }
    Place = AtrpFindPadding(&Hook->Kernel, Low, High);
    return Hook->Pin.Table.Island(Row, Place, (PUCHAR)Place + 1, Place);
}

/* The code as it will be, and the way round it. */
static enum atr_row_verdict
AtrpPlanDetour(_Inout_ PATR_HOOK Hook, _In_ ULONG Row, _In_ const UCHAR *Code)
{
    const PATR_HOOK_ROW This = &Hook->Rows[Row];
    UCHAR Moved[ATR_TRAMPOLINE_MAX];
    PVOID Trampoline;
    PVOID Island;
    ULONG Bytes;

    Bytes = atr_trampoline_make((ULONG_PTR)This->Target, Code, &This->Patch, Moved);
    if (!NT_SUCCESS(Hook->Pin.Table.Trampoline(This->Target, Moved, Bytes, &Trampoline)) ||
        !NT_SUCCESS(Hook->Pin.Table.SetTarget(Row, Trampoline, This->ArgumentCount))) {
        return ATR_ROW_NO_PLACE;
    }
    Island = AtrpInlineIsland(Hook, Row);
    RtlCopyMemory(This->UnitAfter, This->UnitBefore, ATR_PATCH_UNIT);
    if (Island == NULL || !atr_patch_apply((ULONG_PTR)This->Target, &This->Patch, (ULONG_PTR)Island,
                                           This->UnitAfter)) {
        return ATR_ROW_NO_PLACE;
    }
    return This->Verdict;
}

static enum atr_row_verdict
AtrpInlineTry(_Inout_ PATR_HOOK Hook, _In_ ULONG Row)
{
    const PATR_HOOK_ROW This = &Hook->Rows[Row];
    const enum atr_row_verdict Found = This->Verdict;
    UCHAR Code[ATR_INSTRUCTION_MAX];
    enum atr_row_verdict Verdict;

    /* The unit first: if the code changes after it was read, the exchange fails. */
    RtlCopyMemory(This->UnitBefore, This->Alias.Address, ATR_PATCH_UNIT);
    if (!NT_SUCCESS(AtrGuardedCopy(Code, This->Target, sizeof(Code))) ||
        atr_patch_plan((ULONG_PTR)This->Target, Code, sizeof(Code), &This->Patch) != ATR_PATCH_OK) {
        return ATR_ROW_NO_DETOUR;
    }
    Verdict = AtrpPlanDetour(Hook, Row, Code);
    if (Verdict != Found) {
        return Verdict;
    }
    if (!AtrCompareExchange16(This->Alias.Alias, This->UnitBefore, This->UnitAfter)) {
        return ATR_ROW_CHANGED;
    }
    This->State = ATR_ROW_INLINE;
    return Found;
}

_Use_decl_annotations_ enum atr_row_verdict
AtrpInlineArm(PATR_HOOK Hook, ULONG Row)
{
    const PATR_HOOK_ROW This = &Hook->Rows[Row];
    enum atr_row_verdict Verdict;

    if (!NT_SUCCESS(AtrAliasOpen(&This->Alias, AtrpUnitOf(This->Target), ATR_PATCH_UNIT))) {
        return ATR_ROW_NO_MEMORY;
    }
    Verdict = AtrpInlineTry(Hook, Row);
    if (This->State != ATR_ROW_INLINE) {
        AtrAliasClose(&This->Alias);
    }
    return Verdict;
}

_Use_decl_annotations_ BOOLEAN
AtrpInlineIsOurs(const ATR_HOOK *Hook, ULONG Row)
{
    const ATR_HOOK_ROW *This = &Hook->Rows[Row];

    return RtlCompareMemory(This->Alias.Address, This->UnitAfter, ATR_PATCH_UNIT) == ATR_PATCH_UNIT;
}

_Use_decl_annotations_ BOOLEAN
AtrpInlineRestore(PATR_HOOK Hook, ULONG Row)
{
    const PATR_HOOK_ROW This = &Hook->Rows[Row];

    return AtrCompareExchange16(This->Alias.Alias, This->UnitAfter, This->UnitBefore);
}
