/* SPDX-License-Identifier: MIT */

/*
 * Code that is written once and stays: trampolines in a stretch of the pin's own code (room.S),
 * islands in the padding of the kernel's. Both through an alias; no section is writable and
 * executable.
 */

#include "pin_internal.h"

#include "code_alias.h"

#include "wire/one_instruction.h"

#define PINP_PLACE_BYTES 32
#define PINP_PLACES      (PINP_ROOM_BYTES / PINP_PLACE_BYTES)
#define PINP_ISLANDS     64

_Static_assert(ATR_TRAMPOLINE_MAX <= PINP_PLACE_BYTES, "one trampoline a place");

static struct {
    PVOID Target;
    ULONG Bytes;
} PinpPlaces[PINP_PLACES];

static struct {
    ULONG Row;
    PVOID Thunk;
    ATR_CODE_ALIAS Alias; /* never closed */
} PinpIslands[PINP_ISLANDS];

static ULONG PinpPlaceCount;
static ULONG PinpIslandCount;

/* Whoever comes back to a target must want the same code: a sleeping thread may stand in it. */
static NTSTATUS
PinpSameTrampoline(_In_ ULONG Place, _In_reads_bytes_(Bytes) const UCHAR *Code, _In_ ULONG Bytes,
                   _Outptr_ PVOID *Trampoline)
{
    UCHAR *Room = PinpRoom + (SIZE_T)Place * PINP_PLACE_BYTES;

    if (PinpPlaces[Place].Bytes != Bytes || RtlCompareMemory(Room, Code, Bytes) != Bytes) {
        return STATUS_REVISION_MISMATCH;
    }
    *Trampoline = Room;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS NTAPI
PinpTrampoline(PVOID Target, const UCHAR *Code, ULONG Bytes, PVOID *Trampoline)
{
    ATR_CODE_ALIAS Alias;
    NTSTATUS Status;
    UCHAR *Room;

    if (Bytes == 0 || Bytes > PINP_PLACE_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < PinpPlaceCount; i++) {
        if (PinpPlaces[i].Target == Target) {
            return PinpSameTrampoline(i, Code, Bytes, Trampoline);
        }
    }
    if (PinpPlaceCount == PINP_PLACES) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Room = PinpRoom + (SIZE_T)PinpPlaceCount * PINP_PLACE_BYTES;
    Status = AtrAliasOpen(&Alias, Room, Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlCopyMemory(Alias.Alias, Code, Bytes);
    AtrAliasClose(&Alias);
    PinpPlaces[PinpPlaceCount].Target = Target;
    PinpPlaces[PinpPlaceCount].Bytes = Bytes;
    PinpPlaceCount++;
    *Trampoline = Room;
    return STATUS_SUCCESS;
}

static BOOLEAN
PinpIsPadding(_In_ const UCHAR *Bytes)
{
    for (ULONG i = 0; i < ATR_JUMP_BYTES; i++) {
        if (Bytes[i] != 0xcc) {
            return FALSE;
        }
    }
    return TRUE;
}

static PVOID
PinpFindIsland(_In_ ULONG Row, _In_ const VOID *Low, _In_ const VOID *High)
{
    for (ULONG i = 0; i < PinpIslandCount; i++) {
        UCHAR *Address = PinpIslands[i].Alias.Address;

        if (PinpIslands[i].Row == Row && PinpIslands[i].Thunk == PinpThunk(Row) &&
            Address >= (const UCHAR *)Low && Address < (const UCHAR *)High) {
            return Address;
        }
    }
    return NULL;
}

_Use_decl_annotations_ PVOID NTAPI
PinpIsland(ULONG Row, const VOID *Low, const VOID *High, PVOID Place)
{
    UCHAR Jump[ATR_JUMP_BYTES];
    PATR_CODE_ALIAS Alias;
    PVOID Found;

    if (PinpThunk(Row) == NULL) {
        return NULL;
    }
    Found = PinpFindIsland(Row, Low, High);
    if (Found != NULL || Place == NULL || PinpIslandCount == PINP_ISLANDS) {
        return Found;
    }
    Alias = &PinpIslands[PinpIslandCount].Alias;
    if (!NT_SUCCESS(AtrAliasOpen(Alias, Place, ATR_JUMP_BYTES))) {
        return NULL;
    }
    if (!PinpIsPadding(Alias->Alias)) {
        AtrAliasClose(Alias);
        return NULL;
    }
    atr_jump_make((ULONG_PTR)PinpThunk(Row), Jump);
    RtlCopyMemory(Alias->Alias, Jump, sizeof(Jump));
    PinpIslands[PinpIslandCount].Row = Row;
    PinpIslands[PinpIslandCount].Thunk = PinpThunk(Row);
    PinpIslandCount++;
    return Place;
}
