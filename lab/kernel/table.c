/* SPDX-License-Identifier: MIT */
/* Fills the service tables and calls through them. */
#include "kernel.h"

/* Of services.S. */
#ifdef LAB_LPC_ONLY
extern ULONG64 KiServiceTable[];
#else
extern LONG KiServiceTable[];
#endif
extern UCHAR KiArgumentTable[];
extern ULONG64 KeServiceDescriptorTable[];
extern ULONG64 KeServiceDescriptorTableShadow[];
extern const UCHAR LabNoService[];

#define LAB_SERVICE(name, number, arguments) extern const UCHAR name##Entry[] __asm__(#name);
#ifdef LAB_LPC_ONLY
#undef LAB_SERVICE
#define LAB_SERVICE(name, number, arguments)
#define LAB_LEGACY(name, number, arguments) extern const UCHAR name##Entry[] __asm__(#name);
#endif
#include "services.def"

static const struct {
    ULONG Number;
    ULONG Arguments;
    const UCHAR *Entry;
} Services[] = {

#define LAB_SERVICE(name, number, arguments) {number, arguments, name##Entry},
#ifdef LAB_LPC_ONLY
#undef LAB_SERVICE
#define LAB_SERVICE(name, number, arguments)
#define LAB_LEGACY(name, number, arguments) {number, arguments, name##Entry},
#endif
#include "services.def"
};

static VOID
SetEntry(ULONG Number, const UCHAR *Entry, ULONG Arguments)
{
#ifdef LAB_LPC_ONLY
    KiServiceTable[Number] = (ULONG64)Entry;
#else
    ULONG OnStack = Arguments > 4 ? Arguments - 4 : 0;

    KiServiceTable[Number] =
        (LONG)(((ULONG)(Entry - (const UCHAR *)KiServiceTable) << 4) | OnStack);
#endif
    KiArgumentTable[Number] = (UCHAR)(Arguments * 4);
}

static PVOID
Target(ULONG Number, PULONG OnStack)
{
#ifdef LAB_LPC_ONLY
    ULONG Arguments = KiArgumentTable[Number] / 4;

    *OnStack = Arguments > 4 ? Arguments - 4 : 0;
    return (PVOID)((volatile ULONG64 *)KiServiceTable)[Number];
#else
    LONG Entry = ((volatile LONG *)KiServiceTable)[Number];

    *OnStack = (ULONG)Entry & 15;
    return (PUCHAR)KiServiceTable + (Entry >> 4);
#endif
}

BOOLEAN
LabServicesInit(void)
{
    SIZE_T Bytes = LAB_SERVICES * (sizeof(KiServiceTable[0]) + 1);
    DWORD Old;

    if (!VirtualProtect(KiServiceTable, Bytes, PAGE_READWRITE, &Old)) {
        return FALSE;
    }
    for (ULONG i = 0; i < LAB_SERVICES; i++) {
        SetEntry(i, LabNoService, 0);
    }
    for (ULONG i = 0; i < sizeof(Services) / sizeof(*Services); i++) {
        SetEntry(Services[i].Number, Services[i].Entry, Services[i].Arguments);
    }
    VirtualProtect(KiServiceTable, Bytes, PAGE_READONLY, &Old);
    KeServiceDescriptorTable[0] = (ULONG64)KiServiceTable;
    KeServiceDescriptorTable[2] = LAB_SERVICES;
    KeServiceDescriptorTable[3] = (ULONG64)KiArgumentTable;
    KeServiceDescriptorTableShadow[0] = KeServiceDescriptorTable[0];
    KeServiceDescriptorTableShadow[2] = KeServiceDescriptorTable[2];
    KeServiceDescriptorTableShadow[3] = KeServiceDescriptorTable[3];
    return TRUE;
}

/* As the dispatcher does: whatever the entry says now is called, with as many arguments. */
NTSTATUS
LabService(ULONG Number, const ULONG64 *Arguments)
{
    PVOID Routine;
    ULONG OnStack;

    if (Number >= LAB_SERVICES) {
        return (NTSTATUS)0xc000001c; /* STATUS_INVALID_SYSTEM_SERVICE */
    }
    Routine = Target(Number, &OnStack);
    return (NTSTATUS)LabCall(Routine, Arguments, OnStack);
}

NTSTATUS NTAPI
LabLabNoService(void)
{
    return (NTSTATUS)0xc0000002; /* STATUS_NOT_IMPLEMENTED */
}
