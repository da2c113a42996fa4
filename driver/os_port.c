/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "os_nt.h"

#include "wire/record.h"

/*
 * What may be read of a port object (kernel-capture.md 1.1): constant from 9600 to 29530. Before,
 * the lock of the communication info is unknown; after, the layout changed.
 */
enum {
    BUILD_FIRST = 9600,
    BUILD_END = 29531,
    PORT_COMMUNICATION = 0x10,
    PORT_OWNER = 0x18,
    PORT_LOCK_FIRST = 0x148, /* 9600 */
    PORT_LOCK = 0x160,       /* 10240 to 28000 */
    BUILD_PORT_LOCK = 10240,
    BUILD_PORT_LOCK_END = 28001,
    OWNER_GONE = 1, /* bit 0 of the owner */
    COMMUNICATION_LOCK = -0x10,
    NAME_BYTES = sizeof(OBJECT_NAME_INFORMATION) + ATR_CAPTURE_NAME_MAX + sizeof(WCHAR),
};

/* _ALPC_COMMUNICATION_INFO, as far as it never moved. */
typedef struct _ATR_OS_COMMUNICATION {
    PVOID Connection;
    PVOID Server;
    PVOID Client;
} ATR_OS_COMMUNICATION;

__declspec(dllimport) extern POBJECT_TYPE LpcPortObjectType;

static BOOLEAN
AtrpIsLayoutKnown(VOID)
{
    return AtrOsBuild >= BUILD_FIRST && AtrOsBuild < BUILD_END;
}

BOOLEAN
AtrOsCanReadPorts(VOID)
{
    return AtrpIsLayoutKnown() && AtrOsRoutines.ReferenceSafe != NULL &&
           AtrOsRoutines.LockShared != NULL && AtrOsRoutines.UnlockShared != NULL;
}

static PVOID
AtrpPointer(_In_ PVOID Object, _In_ ULONG Offset)
{
    PVOID Pointer;

    return NT_SUCCESS(AtrGuardedCopy(&Pointer, (PUCHAR)Object + Offset, sizeof(Pointer))) &&
                   ((ULONG_PTR)Pointer & ~(ULONG_PTR)OWNER_GONE) % sizeof(PVOID) == 0
               ? Pointer
               : NULL;
}

PVOID
AtrOsPortReference(_In_ ULONG64 Handle, _In_ BOOLEAN IsKernel)
{
    PVOID Port;
    NTSTATUS Status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)Handle, 0, LpcPortObjectType,
                                                IsKernel ? KernelMode : UserMode, &Port, NULL);

    return NT_SUCCESS(Status) ? Port : NULL;
}

VOID
AtrOsPortRelease(_In_ PVOID Port)
{
    if (AtrOsRoutines.DereferenceDeferDelete != NULL) {
        AtrOsRoutines.DereferenceDeferDelete(Port);
    } else {
        ObDereferenceObject(Port);
    }
}

VOID
AtrOsPortIdentity(_In_ PVOID Port, _Out_ PATR_OS_PORT_IDENTITY Identity)
{
    PVOID Communication = AtrpIsLayoutKnown() ? AtrpPointer(Port, PORT_COMMUNICATION) : NULL;

    Identity->Communication = (ULONG64)(ULONG_PTR)Communication;
    Identity->Connection =
        Communication != NULL ? (ULONG64)(ULONG_PTR)AtrpPointer(Communication, 0) : 0;
}

/* Under the lock, for the three are not referenced by it; the connection port comes out referenced
 */
static BOOLEAN
AtrpRelations(_In_ PVOID Port, _Out_ ATR_OS_COMMUNICATION *Relations)
{
    PUCHAR Communication = AtrpPointer(Port, PORT_COMMUNICATION);

    if (Communication == NULL) {
        return FALSE;
    }
    KeEnterCriticalRegion();
    AtrOsRoutines.LockShared(Communication + COMMUNICATION_LOCK);
    *Relations = *(const ATR_OS_COMMUNICATION *)(const VOID *)Communication;
    if (Relations->Connection != NULL && !AtrOsRoutines.ReferenceSafe(Relations->Connection)) {
        Relations->Connection = NULL;
    }
    AtrOsRoutines.UnlockShared(Communication + COMMUNICATION_LOCK);
    KeLeaveCriticalRegion();
    return TRUE;
}

/* Under the port's lock, for it holds no reference to its owner; the owner comes out referenced. */
static PVOID
AtrpReferenceOwner(_In_ PVOID Port)
{
    PUCHAR Lock = (PUCHAR)Port + (AtrOsBuild < BUILD_PORT_LOCK ? PORT_LOCK_FIRST : PORT_LOCK);
    PVOID Owner;

    if (AtrOsBuild >= BUILD_PORT_LOCK_END) {
        return NULL; /* where its lock lies is not known */
    }
    KeEnterCriticalRegion();
    AtrOsRoutines.LockShared(Lock);
    Owner = AtrpPointer(Port, PORT_OWNER);
    if (Owner != NULL &&
        (((ULONG_PTR)Owner & OWNER_GONE) != 0 || !AtrOsRoutines.ReferenceSafe(Owner))) {
        Owner = NULL;
    }
    AtrOsRoutines.UnlockShared(Lock);
    KeLeaveCriticalRegion();
    return Owner;
}

static VOID
AtrpOwner(_In_ PVOID Port, _Inout_ PATR_OS_PORT_FACTS Facts)
{
    PVOID Owner = AtrpReferenceOwner(Port);

    if (Owner == NULL) {
        return;
    }
    Facts->OwnerPid = (ULONG)(ULONG_PTR)PsGetProcessId(Owner);
    Facts->OwnerKey = AtrOsProcessKey(Owner);
    ObDereferenceObject(Owner);
}

static VOID
AtrpName(_In_ PVOID Port, _Inout_ PATR_OS_PORT_FACTS Facts)
{
    POBJECT_NAME_INFORMATION Name = AtrOsAllocate(NAME_BYTES);
    ULONG Bytes = 0;

    if (Name == NULL) {
        return;
    }
    if (NT_SUCCESS(ObQueryNameString(Port, Name, NAME_BYTES, &Bytes))) {
        USHORT Kept = Name->Name.Length < ATR_CAPTURE_NAME_MAX ? Name->Name.Length
                                                               : (USHORT)ATR_CAPTURE_NAME_MAX;

        memcpy(Facts->Name, Name->Name.Buffer, Kept);
        Facts->NameUnits = Kept / sizeof(WCHAR);
        Facts->NameOriginalBytes = Name->Name.Length;
    }
    AtrOsFree(Name);
}

static VOID
AtrpRelatedFacts(_In_ PVOID Port, _In_ const ATR_OS_COMMUNICATION *Relations,
                 _Inout_ PATR_OS_PORT_FACTS Facts)
{
    if (Port == Relations->Connection) {
        Facts->Kind = ATR_PORT_CONNECTION;
    } else if (Port == Relations->Server) {
        Facts->Kind = ATR_PORT_SERVER;
        Facts->Peer = Relations->Client;
    } else if (Port == Relations->Client) {
        Facts->Kind = ATR_PORT_CLIENT;
        Facts->Peer = Relations->Server;
    } else {
        return; /* not the layout we know: believe nothing of it */
    }
    Facts->Connection = Relations->Connection;
    AtrpOwner(Port, Facts);
    if (Relations->Connection != NULL) {
        AtrpName(Relations->Connection, Facts);
    }
}

VOID
AtrOsPortFacts(_In_ PVOID Port, _Out_ PATR_OS_PORT_FACTS Facts)
{
    ATR_OS_COMMUNICATION Relations = {0};

    memset(Facts, 0, sizeof(*Facts));
    Facts->OwnerPid = ATR_OS_UNKNOWN_OWNER;
    if (AtrOsCanReadPorts() && AtrpRelations(Port, &Relations)) {
        AtrpRelatedFacts(Port, &Relations, Facts);
        if (Relations.Connection != NULL) {
            ObDereferenceObject(Relations.Connection);
        }
        return;
    }
    AtrpName(Port, Facts);
    if (Facts->NameUnits != 0) {
        Facts->Kind = ATR_PORT_CONNECTION;
    }
}
