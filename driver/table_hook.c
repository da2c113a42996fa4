/* SPDX-License-Identifier: MIT */

/*
 * The main way to wrap a service: its entry in the kernel's table is exchanged, one aligned store.
 * A 32-bit entry reaches 128 MiB, so it leads to an island in the kernel's own padding, which jumps
 * to the pin's thunk; a 64-bit one holds the thunk's address.
 */

#include "hook_internal.h"

/* 128 MiB, less an image's worth of care about the signs at both ends. */
#define ATRP_TABLE_REACH 0x7ff0000ull

static ULONG
AtrpEntryBytes(_In_ const ATR_KERNEL *Kernel)
{
    return Kernel->IsAbsolute ? sizeof(ULONG64) : sizeof(ULONG);
}

static PUCHAR
AtrpEntryAddress(_In_ const ATR_HOOK *Hook, _In_ ULONG Row)
{
    return Hook->Kernel.Table +
           (SIZE_T)Hook->Rows[Row].Facts.number * AtrpEntryBytes(&Hook->Kernel);
}

static ULONG64
AtrpReadEntry(_In_ const ATR_HOOK *Hook, _In_ ULONG Row)
{
    const UCHAR *Address = AtrpEntryAddress(Hook, Row);

    if (Hook->Kernel.IsAbsolute) {
        return *(const volatile ULONG64 *)(const VOID *)Address;
    }
    return *(const volatile ULONG *)(const VOID *)Address;
}

static BOOLEAN
AtrpExchangeEntry(_In_ const ATR_HOOK *Hook, _In_ ULONG Row, _In_ ULONG64 From, _In_ ULONG64 To)
{
    PVOID Writable = AtrAliasAt(&Hook->TableAlias, AtrpEntryAddress(Hook, Row));

    if (Hook->Kernel.IsAbsolute) {
        return (ULONG64)InterlockedCompareExchange64(Writable, (LONG64)To, (LONG64)From) == From;
    }
    return (ULONG)InterlockedCompareExchange(Writable, (LONG)To, (LONG)From) == (ULONG)From;
}

static BOOLEAN
AtrpOpenTable(_Inout_ PATR_HOOK Hook)
{
    const ULONG Bytes = Hook->Kernel.Limit * AtrpEntryBytes(&Hook->Kernel);

    return Hook->TableAlias.Mdl != NULL ||
           NT_SUCCESS(AtrAliasOpen(&Hook->TableAlias, Hook->Kernel.Table, Bytes));
}

/* The entry that leads to the thunk, if one can be made. */
static BOOLEAN
AtrpMakeEntry(_In_ const ATR_HOOK *Hook, _In_ ULONG Row, _Out_ PULONG64 Entry)
{
    const ULONG64 Table = (ULONG_PTR)Hook->Kernel.Table;
    const ULONG64 Low = Table - ATRP_TABLE_REACH;
    const ULONG64 High = Table + ATRP_TABLE_REACH;
    PVOID Island;
    uint32_t Relative;

    if (Hook->Kernel.IsAbsolute) {
        *Entry = (ULONG_PTR)Hook->Pin.Table.Thunk(Row);
        return TRUE;
    }
    Island = Hook->Pin.Table.Island(Row, (PVOID)(ULONG_PTR)Low, (PVOID)(ULONG_PTR)High, NULL);
    if (Island == NULL) {
        PVOID Place = AtrpFindPadding(&Hook->Kernel, Low, High);

        Island = Hook->Pin.Table.Island(Row, Place, (PUCHAR)Place + 1, Place);
    }
    if (Island == NULL || !atr_entry_make(Table, (ULONG_PTR)Island,
                                          Hook->Rows[Row].Facts.stack_arguments, &Relative)) {
        return FALSE;
    }
    *Entry = Relative;
    return TRUE;
}

_Use_decl_annotations_ enum atr_row_verdict
AtrpTableArm(PATR_HOOK Hook, ULONG Row)
{
    const PATR_HOOK_ROW This = &Hook->Rows[Row];

    if (!AtrpOpenTable(Hook)) {
        return ATR_ROW_NO_MEMORY;
    }
    if (!NT_SUCCESS(Hook->Pin.Table.SetTarget(Row, This->Target, This->ArgumentCount)) ||
        !AtrpMakeEntry(Hook, Row, &This->After)) {
        return ATR_ROW_NO_PLACE;
    }
    This->Before = AtrpReadEntry(Hook, Row);
    if ((Hook->Kernel.IsAbsolute
             ? This->Before
             : atr_entry_target((ULONG_PTR)Hook->Kernel.Table, (ULONG)This->Before)) !=
            This->Facts.by_number ||
        !AtrpExchangeEntry(Hook, Row, This->Before, This->After)) {
        return ATR_ROW_CHANGED;
    }
    This->State = ATR_ROW_TABLE;
    return This->Verdict;
}

_Use_decl_annotations_ BOOLEAN
AtrpTableIsOurs(const ATR_HOOK *Hook, ULONG Row)
{
    return AtrpReadEntry(Hook, Row) == Hook->Rows[Row].After;
}

_Use_decl_annotations_ BOOLEAN
AtrpTableRestore(PATR_HOOK Hook, ULONG Row)
{
    return AtrpExchangeEntry(Hook, Row, Hook->Rows[Row].After, Hook->Rows[Row].Before);
}
