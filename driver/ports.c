/* SPDX-License-Identifier: MIT */
#include "ports.h"

#include "parts.h"

enum {
    WAYS = 4,
    SETS = 1024,
    LOCKS = 64,
    QUEUE = 256,
    HINT_UNITS = 96, /* of a name that a call told */
};

enum {
    ENTRY_FREE,
    ENTRY_NEW, /* has a generation; nobody asks for its facts yet */
    ENTRY_ASKED,
    ENTRY_KNOWN,
};

typedef struct _ATR_PORT {
    PVOID Object; /* not referenced */
    ULONG64 Generation;
    ULONG64 LastUse;
    ATR_OS_PORT_IDENTITY Identity;
    ULONG OwnerPid;
    USHORT Verdict; /* enum atr_verdict */
    USHORT State;
} ATR_PORT, *PATR_PORT;

/* What the call that made a port tells of it. */
typedef struct _ATR_PORT_HINT {
    PVOID Connection;
    ULONG64 OwnerKey;
    ULONG OwnerPid;
    ULONG NameOriginalBytes;
    USHORT Kind;
    USHORT NameUnits;
    WCHAR Name[HINT_UNITS];
} ATR_PORT_HINT, *PATR_PORT_HINT;

typedef struct _ATR_PORT_WANTED {
    PVOID Object; /* referenced */
    ULONG64 Generation;
    ATR_PORT_HINT Hint;
} ATR_PORT_WANTED, *PATR_PORT_WANTED;

typedef struct _ATR_PORTS {
    KSPIN_LOCK Locks[LOCKS];
    KSPIN_LOCK QueueLock;
    ULONG QueueFirst;
    ULONG QueueCount;
    _Atomic uint64_t Clock; /* of LastUse */
    ATR_PORT Entries[SETS * WAYS];
    ATR_PORT_WANTED Queue[QUEUE];
    ATR_PORT_WANTED Working; /* the worker's */
    ATR_OS_PORT_FACTS Facts;
} ATR_PORTS, *PATR_PORTS;

static PATR_PORTS AtrpPorts;

/* Goes on over sessions: a generation never means two ports. */
static _Atomic uint64_t AtrpGeneration;

NTSTATUS
AtrPortsCreate(VOID)
{
    AtrpPorts = AtrOsAllocate(sizeof(*AtrpPorts));
    return AtrpPorts != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static BOOLEAN
AtrpDequeue(_Out_ PATR_PORT_WANTED Wanted)
{
    KIRQL Irql = AtrOsSpinAcquire(&AtrpPorts->QueueLock);
    BOOLEAN HasOne = AtrpPorts->QueueCount != 0;

    if (HasOne) {
        *Wanted = AtrpPorts->Queue[AtrpPorts->QueueFirst];
        AtrpPorts->QueueFirst = (AtrpPorts->QueueFirst + 1) % QUEUE;
        AtrpPorts->QueueCount--;
    }
    AtrOsSpinRelease(&AtrpPorts->QueueLock, Irql);
    return HasOne;
}

VOID
AtrPortsDestroy(VOID)
{
    if (AtrpPorts == NULL) {
        return;
    }
    while (AtrpDequeue(&AtrpPorts->Working)) {
        AtrOsPortRelease(AtrpPorts->Working.Object);
    }
    AtrOsFree(AtrpPorts);
    AtrpPorts = NULL;
}

static ULONG
AtrpSetOf(_In_ PVOID Object)
{
    ULONG64 Address = (ULONG64)(ULONG_PTR)Object;

    return (ULONG)((Address >> 4 ^ Address >> 14) % SETS);
}

static KIRQL
AtrpLock(_In_ PVOID Object)
{
    return AtrOsSpinAcquire(&AtrpPorts->Locks[AtrpSetOf(Object) % LOCKS]);
}

static VOID
AtrpUnlock(_In_ PVOID Object, _In_ KIRQL Irql)
{
    AtrOsSpinRelease(&AtrpPorts->Locks[AtrpSetOf(Object) % LOCKS], Irql);
}

/* These under the set's lock. */
static PATR_PORT
AtrpFind(_In_ PVOID Object)
{
    PATR_PORT Set = &AtrpPorts->Entries[(SIZE_T)AtrpSetOf(Object) * WAYS];

    for (ULONG i = 0; i < WAYS; i++) {
        if (Set[i].State != ENTRY_FREE && Set[i].Object == Object) {
            return &Set[i];
        }
    }
    return NULL;
}

static PATR_PORT
AtrpFindSame(_In_ PVOID Object, _In_ ULONG64 Generation)
{
    PATR_PORT Entry = AtrpFind(Object);

    return Entry != NULL && Entry->Generation == Generation ? Entry : NULL;
}

/* The least recently used of the object's set, emptied for it. */
static PATR_PORT
AtrpEvict(_In_ PVOID Object)
{
    PATR_PORT Set = &AtrpPorts->Entries[(SIZE_T)AtrpSetOf(Object) * WAYS];
    PATR_PORT Oldest = Set;

    for (ULONG i = 1; i < WAYS; i++) {
        if (Set[i].LastUse < Oldest->LastUse) {
            Oldest = &Set[i];
        }
    }
    *Oldest = (ATR_PORT){.Object = Object};
    return Oldest;
}

static VOID
AtrpRenew(_Inout_ PATR_PORT Entry, _In_ const ATR_OS_PORT_IDENTITY *Identity)
{
    *Entry = (ATR_PORT){
        .Object = Entry->Object,
        .Generation = atomic_fetch_add(&AtrpGeneration, 1) + 1,
        .Identity = *Identity,
        .OwnerPid = ATR_OS_UNKNOWN_OWNER,
        .State = ENTRY_NEW,
    };
}

/* Whoever was met only as another port's relation, is seen now. */
static VOID
AtrpAdopt(_Inout_ PULONG64 Before, _In_ ULONG64 Now)
{
    if (*Before == 0) {
        *Before = Now;
    }
}

/* Both must be told to disagree: a port loses its relations when the other side goes. */
static BOOLEAN
AtrpDiffers(_In_ ULONG64 Before, _In_ ULONG64 Now)
{
    return Before != 0 && Now != 0 && Before != Now;
}

static PATR_PORT
AtrpUse(_In_ PVOID Object, _In_ const ATR_OS_PORT_IDENTITY *Identity)
{
    PATR_PORT Entry = AtrpFind(Object);

    if (Entry == NULL) {
        Entry = AtrpEvict(Object);
        AtrpRenew(Entry, Identity);
    } else if (AtrpDiffers(Entry->Identity.Communication, Identity->Communication) ||
               AtrpDiffers(Entry->Identity.Connection, Identity->Connection)) {
        AtrpRenew(Entry, Identity);
    }
    AtrpAdopt(&Entry->Identity.Communication, Identity->Communication);
    AtrpAdopt(&Entry->Identity.Connection, Identity->Connection);
    Entry->LastUse = atomic_fetch_add_explicit(&AtrpPorts->Clock, 1, memory_order_relaxed) + 1;
    return Entry;
}

/* Takes the reference over, or leaves it when the queue is full. */
static BOOLEAN
AtrpAsk(_In_ PVOID Object, _In_ ULONG64 Generation, _In_opt_ const ATR_PORT_HINT *Hint)
{
    KIRQL Irql = AtrOsSpinAcquire(&AtrpPorts->QueueLock);
    BOOLEAN HasRoom = AtrpPorts->QueueCount < QUEUE;

    if (HasRoom) {
        PATR_PORT_WANTED Wanted =
            &AtrpPorts->Queue[(AtrpPorts->QueueFirst + AtrpPorts->QueueCount) % QUEUE];

        AtrpPorts->QueueCount++;
        Wanted->Object = Object;
        Wanted->Generation = Generation;
        memset(&Wanted->Hint, 0, sizeof(Wanted->Hint));
        Wanted->Hint.OwnerPid = ATR_OS_UNKNOWN_OWNER;
        if (Hint != NULL) {
            Wanted->Hint = *Hint;
        }
    }
    AtrOsSpinRelease(&AtrpPorts->QueueLock, Irql);
    if (HasRoom) {
        AtrOsWorkerWake();
    }
    return HasRoom;
}

static VOID
AtrpSetState(_In_ PVOID Object, _In_ ULONG64 Generation, _In_ USHORT State)
{
    KIRQL Irql = AtrpLock(Object);
    PATR_PORT Entry = AtrpFindSame(Object, Generation);

    if (Entry != NULL) {
        Entry->State = State;
    }
    AtrpUnlock(Object, Irql);
}

/* Moves the caller's reference to the queue, or gives it back. */
static VOID
AtrpAskOnce(_In_ PVOID Object, _In_ ULONG64 Generation, _In_opt_ const ATR_PORT_HINT *Hint)
{
    if (!AtrpAsk(Object, Generation, Hint)) {
        AtrpSetState(Object, Generation, ENTRY_NEW);
        AtrOsPortRelease(Object);
    }
}

enum atr_verdict
AtrPortsResolve(_Inout_ PATR_HALF Half)
{
    ATR_OS_PORT_IDENTITY Identity;
    enum atr_verdict Verdict;
    BOOLEAN IsNew;
    PATR_PORT Entry;
    PVOID Object;
    KIRQL Irql;

    Object = Half->Call->Handle != 0 ? AtrOsPortReference(Half->Call->Handle, Half->Caller.IsKernel)
                                     : NULL;
    if (Object == NULL) {
        return ATR_VERDICT_UNKNOWN;
    }
    AtrOsPortIdentity(Object, &Identity);
    Irql = AtrpLock(Object);
    Entry = AtrpUse(Object, &Identity);
    IsNew = Entry->State == ENTRY_NEW;
    if (IsNew) {
        Entry->State = ENTRY_ASKED;
    }
    Half->IsPortKnown = Entry->State == ENTRY_KNOWN;
    Verdict = (enum atr_verdict)Entry->Verdict;
    Half->Call->PortKey = (ULONG64)(ULONG_PTR)Object;
    Half->Call->PortGeneration = Entry->Generation;
    AtrpUnlock(Object, Irql);
    if (IsNew) {
        AtrpAskOnce(Object, Half->Call->PortGeneration, NULL);
    } else {
        AtrOsPortRelease(Object);
    }
    return Verdict;
}

enum atr_verdict
AtrPortsJudge(_Inout_ PATR_HALF Half)
{
    PVOID Object = (PVOID)(ULONG_PTR)Half->Call->PortKey;
    enum atr_verdict Verdict = ATR_VERDICT_UNKNOWN;
    PATR_PORT Entry;
    KIRQL Irql;

    if (Object == NULL) {
        return ATR_VERDICT_UNKNOWN;
    }
    Irql = AtrpLock(Object);
    Entry = AtrpFindSame(Object, Half->Call->PortGeneration);
    if (Entry != NULL) {
        Half->IsPortKnown = Entry->State == ENTRY_KNOWN;
        Verdict = (enum atr_verdict)Entry->Verdict;
    }
    AtrpUnlock(Object, Irql);
    return Verdict;
}

static VOID
AtrpHint(_In_ const ATR_HALF *Half, _Out_ PATR_PORT_HINT Hint)
{
    ULONG Bytes = sizeof(Hint->Name);

    memset(Hint, 0, sizeof(*Hint));
    Hint->Connection =
        Half->Kind->OutKind == ATR_PORT_SERVER ? (PVOID)(ULONG_PTR)Half->Call->PortKey : NULL;
    Hint->OwnerKey = Half->Caller.ProcessKey;
    Hint->OwnerPid = Half->Caller.Pid;
    Hint->Kind = Half->Kind->OutKind;
    Hint->NameOriginalBytes =
        AtrPartsName(Half, Half->Kind->Name, Half->Kind->NameFetch, Hint->Name, &Bytes);
    Hint->NameUnits = (USHORT)(Bytes / sizeof(WCHAR));
}

VOID
AtrPortsMade(_Inout_ PATR_HALF Half)
{
    ULONG64 Address = AtrHalfArgument(Half, Half->Kind->OutHandle);
    ATR_OS_PORT_IDENTITY Identity;
    ATR_PORT_HINT Hint;
    ULONG64 Generation;
    ULONG64 Handle = 0;
    PATR_PORT Entry;
    PVOID Object;
    KIRQL Irql;

    if (AtrOsCopy(&Handle, Address, sizeof(Handle), &Half->Caller) != sizeof(Handle)) {
        return;
    }
    Object = AtrOsPortReference(Handle, Half->Caller.IsKernel);
    if (Object == NULL) {
        return;
    }
    AtrpHint(Half, &Hint);
    AtrOsPortIdentity(Object, &Identity);
    Irql = AtrpLock(Object);
    Entry = AtrpUse(Object, &Identity);
    AtrpRenew(Entry, &Identity);
    Entry->State = ENTRY_ASKED;
    Generation = Entry->Generation;
    AtrpUnlock(Object, Irql);
    AtrpAskOnce(Object, Generation, &Hint);
}

/* The generation of a related port, which need not have been met yet. */
static ULONG64
AtrpGenerationOf(_In_opt_ PVOID Object)
{
    static const ATR_OS_PORT_IDENTITY None;
    ULONG64 Generation;
    KIRQL Irql;

    if (Object == NULL) {
        return 0;
    }
    Irql = AtrpLock(Object);
    Generation = AtrpUse(Object, &None)->Generation;
    AtrpUnlock(Object, Irql);
    return Generation;
}

static VOID
AtrpMerge(_Inout_ PATR_OS_PORT_FACTS Facts, _In_ const ATR_PORT_HINT *Hint)
{
    if (Facts->Kind == ATR_PORT_UNKNOWN) {
        Facts->Kind = Hint->Kind;
    }
    if (Facts->OwnerPid == ATR_OS_UNKNOWN_OWNER) {
        Facts->OwnerPid = Hint->OwnerPid;
        Facts->OwnerKey = Hint->OwnerKey;
    }
    if (Facts->Connection == NULL) {
        Facts->Connection = Hint->Connection;
    }
    if (Facts->NameUnits == 0) {
        Facts->NameUnits = Hint->NameUnits;
        Facts->NameOriginalBytes = Hint->NameOriginalBytes;
        memcpy(Facts->Name, Hint->Name, Hint->NameUnits * sizeof(WCHAR));
    }
}

static VOID
AtrpLearn(_In_ PATR_SESSION Session, _In_ const ATR_PORT_WANTED *Wanted,
          _In_ const ATR_OS_PORT_FACTS *Facts, _In_ BOOLEAN IsWritten)
{
    const WCHAR *Name = Facts->NameUnits != 0 ? Facts->Name : NULL;
    enum atr_verdict Verdict = atr_filter_port(&Session->Start.filter, Name, Facts->NameUnits);
    KIRQL Irql = AtrpLock(Wanted->Object);
    PATR_PORT Entry = AtrpFindSame(Wanted->Object, Wanted->Generation);

    if (Entry != NULL) {
        Entry->Verdict = (USHORT)Verdict;
        Entry->OwnerPid = Facts->OwnerPid;
        /* Facts that were dropped are asked for again. */
        Entry->State = IsWritten ? ENTRY_KNOWN : ENTRY_NEW;
    }
    AtrpUnlock(Wanted->Object, Irql);
}

static BOOLEAN
AtrpWritePort(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane, _In_ const ATR_PORT_WANTED *Wanted,
              _In_ const ATR_OS_PORT_FACTS *Facts)
{
    struct atr_capture_port *Port;
    ATR_RECORD Record;

    AtrCount(&Lane->Tally[ATR_TALLY_STATE].Attempted, 1);
    if (!AtrRecordBegin(&Record, Session, Lane, ATR_TALLY_STATE, sizeof(*Port))) {
        return FALSE;
    }
    Port = (PVOID)Record.Bytes;
    *Port = (struct atr_capture_port){
        .head = {.kind = ATR_CAPTURE_PORT,
                 .fixed_bytes = sizeof(*Port),
                 .flags = ATR_RECORD_FROM_DRIVER,
                 .time_qpc = AtrOsCounter()},
        .port_key = (ULONG64)(ULONG_PTR)Wanted->Object,
        .port_generation = Wanted->Generation,
        .connection_key = (ULONG64)(ULONG_PTR)Facts->Connection,
        .connection_generation = AtrpGenerationOf(Facts->Connection),
        .peer_key = (ULONG64)(ULONG_PTR)Facts->Peer,
        .peer_generation = AtrpGenerationOf(Facts->Peer),
        .owner_process_key = Facts->OwnerKey,
        .owner_pid = Facts->OwnerPid,
        .name_original_bytes = Facts->NameOriginalBytes,
        .port_kind = Facts->Kind,
        .life = Wanted->Hint.Kind != ATR_PORT_UNKNOWN ? ATR_LIFE_BEGIN : ATR_LIFE_SEEN,
    };
    Port->name_bytes = AtrRecordText(&Record, Facts->Name, Facts->NameUnits);
    return AtrRecordEnd(&Record);
}

VOID
AtrPortsTurn(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane)
{
    PATR_PORT_WANTED Wanted = &AtrpPorts->Working;
    PATR_OS_PORT_FACTS Facts = &AtrpPorts->Facts;

    while (AtrpDequeue(Wanted)) {
        AtrOsPortFacts(Wanted->Object, Facts);
        AtrpMerge(Facts, &Wanted->Hint);
        AtrpLearn(Session, Wanted, Facts, AtrpWritePort(Session, Lane, Wanted, Facts));
        AtrOsPortRelease(Wanted->Object);
    }
}

static VOID
AtrpWriteEnd(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane, _In_ const ATR_PORT *Entry)
{
    struct atr_capture_port *Port;
    ATR_RECORD Record;

    AtrCount(&Lane->Tally[ATR_TALLY_STATE].Attempted, 1);
    if (!AtrRecordBegin(&Record, Session, Lane, ATR_TALLY_STATE, sizeof(*Port))) {
        return;
    }
    Port = (PVOID)Record.Bytes;
    *Port = (struct atr_capture_port){
        .head = {.kind = ATR_CAPTURE_PORT,
                 .fixed_bytes = sizeof(*Port),
                 .flags = ATR_RECORD_FROM_DRIVER,
                 .time_qpc = AtrOsCounter()},
        .port_key = (ULONG64)(ULONG_PTR)Entry->Object,
        .port_generation = Entry->Generation,
        .owner_pid = Entry->OwnerPid,
        .life = ATR_LIFE_END,
    };
    (VOID) AtrRecordEnd(&Record);
}

VOID
AtrPortsForget(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane, _In_ ULONG OwnerPid)
{
    for (ULONG i = 0; i < SETS * WAYS; i++) {
        PATR_PORT Entry = &AtrpPorts->Entries[i];
        PKSPIN_LOCK Lock = &AtrpPorts->Locks[i / WAYS % LOCKS];
        KIRQL Irql = AtrOsSpinAcquire(Lock);
        ATR_PORT Gone = {.State = ENTRY_FREE};

        if (Entry->State == ENTRY_KNOWN && Entry->OwnerPid == OwnerPid) {
            Gone = *Entry;
            memset(Entry, 0, sizeof(*Entry));
        }
        AtrOsSpinRelease(Lock, Irql);
        if (Gone.State != ENTRY_FREE) {
            AtrpWriteEnd(Session, Lane, &Gone);
        }
    }
}
