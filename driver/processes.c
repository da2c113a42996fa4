/* SPDX-License-Identifier: MIT */
#include "processes.h"

#include "ports.h"
#include "record.h"

enum {
    WAYS = 8, /* one cache line is looked at */
    SETS = 512,
    PID_SHIFT = 32,
    INHERIT_PASSES = 4, /* generations of processes that were there before the start */
    PROCESS_WOW64 = 1,
    PROCESS_EXIT_KNOWN = 4,
};

/* pid << 32 | verdict; 0: free. Written under the lock, read without. */
typedef struct _ATR_VERDICTS {
    KSPIN_LOCK Lock;
    _Atomic uint64_t Ways[SETS * WAYS];
} ATR_VERDICTS, *PATR_VERDICTS;

static PATR_VERDICTS AtrpVerdicts;

NTSTATUS
AtrProcessesCreate(VOID)
{
    AtrpVerdicts = AtrOsAllocate(sizeof(*AtrpVerdicts));
    return AtrpVerdicts != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID
AtrProcessesDestroy(VOID)
{
    AtrOsFree(AtrpVerdicts);
    AtrpVerdicts = NULL;
}

static _Atomic uint64_t *
AtrpSet(_In_ ULONG Pid)
{
    /* Process ids are multiples of four. */
    return &AtrpVerdicts->Ways[(SIZE_T)(Pid / 4 % SETS) * WAYS];
}

/* The way that holds Pid, or else the first free one; NULL: neither. */
static _Atomic uint64_t *
AtrpFind(_In_ ULONG Pid)
{
    _Atomic uint64_t *Set = AtrpSet(Pid);
    _Atomic uint64_t *Free = NULL;

    for (ULONG i = 0; i < WAYS; i++) {
        uint64_t Value = atomic_load_explicit(&Set[i], memory_order_relaxed);

        if (Value != 0 && Value >> PID_SHIFT == Pid) {
            return &Set[i];
        }
        if (Value == 0 && Free == NULL) {
            Free = &Set[i];
        }
    }
    return Free;
}

enum atr_verdict
AtrProcessesVerdict(_In_ ULONG Pid)
{
    _Atomic uint64_t *Way = AtrpFind(Pid);
    uint64_t Value = Way != NULL ? atomic_load_explicit(Way, memory_order_relaxed) : 0;

    return Value >> PID_SHIFT == Pid ? (enum atr_verdict)(Value & UINT32_MAX) : ATR_VERDICT_UNKNOWN;
}

static VOID
AtrpSetVerdict(_In_ ULONG Pid, _In_ enum atr_verdict Verdict)
{
    KIRQL Irql = AtrOsSpinAcquire(&AtrpVerdicts->Lock);
    _Atomic uint64_t *Way = AtrpFind(Pid);

    if (Way != NULL) {
        *Way = Verdict == ATR_VERDICT_UNKNOWN ? 0 : (uint64_t)Pid << PID_SHIFT | Verdict;
    }
    AtrOsSpinRelease(&AtrpVerdicts->Lock, Irql);
}

static VOID
AtrpJudge(_In_ const ATR_OS_PROCESS_NEWS *News)
{
    const struct atr_filter *Filter = &AtrSessionGet()->Start.filter;
    enum atr_verdict Verdict = atr_filter_process(Filter, News->Pid, News->Name, News->NameUnits);

    if (Verdict == ATR_VERDICT_REFUSE && Filter->inherit != 0 &&
        AtrProcessesVerdict(News->ParentPid) == ATR_VERDICT_PASS) {
        Verdict = ATR_VERDICT_PASS;
    }
    AtrpSetVerdict(News->Pid, Verdict);
}

/* More than once where children inherit: a list need not have parents first. */
VOID
AtrProcessesJudge(_In_ const struct atr_filter *Filter)
{
    ULONG Passes = Filter->inherit != 0 ? INHERIT_PASSES : 1;

    for (ULONG i = 0; i < Passes; i++) {
        (VOID) AtrOsProcessList(AtrpJudge);
    }
}

static VOID
AtrpRecordProcess(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane,
                  _In_ const ATR_OS_PROCESS_NEWS *News)
{
    struct atr_capture_process *Process;
    ATR_RECORD Record;

    AtrCount(&Lane->Tally[ATR_TALLY_STATE].Attempted, 1);
    if (!AtrRecordBegin(&Record, Session, Lane, ATR_TALLY_STATE, sizeof(*Process))) {
        return;
    }
    Process = (PVOID)Record.Bytes;
    *Process = (struct atr_capture_process){
        .head = {.kind = ATR_CAPTURE_PROCESS,
                 .fixed_bytes = sizeof(*Process),
                 .flags = ATR_RECORD_FROM_DRIVER,
                 .time_qpc = AtrOsCounter()},
        .process_key = News->ProcessKey,
        .create_time_100ns = News->ProcessKey,
        .pid = News->Pid,
        .parent_pid = News->ParentPid,
        .session = News->Session,
        .process_flags =
            (News->IsWow64 ? PROCESS_WOW64 : 0u) | (News->IsExitKnown ? PROCESS_EXIT_KNOWN : 0u),
        .exit_status = News->IsExitKnown ? News->ExitStatus : 0,
        .life = News->IsEnd ? ATR_LIFE_END : ATR_LIFE_BEGIN,
        .name_original_bytes = News->NameUnits * (ULONG)sizeof(WCHAR),
    };
    Process->name_bytes = AtrRecordText(&Record, News->Name, News->NameUnits);
    (VOID) AtrRecordEnd(&Record);
}

static VOID
AtrpRecordThread(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane,
                 _In_ const ATR_OS_THREAD_NEWS *News)
{
    struct atr_capture_thread *Thread;
    ATR_RECORD Record;

    AtrCount(&Lane->Tally[ATR_TALLY_STATE].Attempted, 1);
    if (!AtrRecordBegin(&Record, Session, Lane, ATR_TALLY_STATE, sizeof(*Thread))) {
        return;
    }
    Thread = (PVOID)Record.Bytes;
    *Thread = (struct atr_capture_thread){
        .head = {.kind = ATR_CAPTURE_THREAD,
                 .fixed_bytes = sizeof(*Thread),
                 .flags = ATR_RECORD_FROM_DRIVER,
                 .time_qpc = AtrOsCounter()},
        .process_key = News->ProcessKey,
        .start_address = News->StartAddress,
        .pid = News->Pid,
        .tid = News->Tid,
        .life = News->IsEnd ? ATR_LIFE_END : ATR_LIFE_BEGIN,
    };
    (VOID) AtrRecordEnd(&Record);
}

static VOID
AtrpRecordImage(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane, _In_ const ATR_OS_IMAGE_NEWS *News)
{
    struct atr_capture_image *Image;
    ATR_RECORD Record;

    AtrCount(&Lane->Tally[ATR_TALLY_STATE].Attempted, 1);
    if (!AtrRecordBegin(&Record, Session, Lane, ATR_TALLY_STATE, sizeof(*Image))) {
        return;
    }
    Image = (PVOID)Record.Bytes;
    *Image = (struct atr_capture_image){
        .head = {.kind = ATR_CAPTURE_IMAGE,
                 .fixed_bytes = sizeof(*Image),
                 .flags = ATR_RECORD_FROM_DRIVER,
                 .time_qpc = AtrOsCounter()},
        .process_key = News->ProcessKey,
        .base = News->Base,
        .size_bytes = News->Bytes,
        .pid = News->Pid,
        .time_stamp = News->TimeStamp,
        .checksum = News->Checksum,
        .name_original_bytes = News->NameUnits * (ULONG)sizeof(WCHAR),
        .life = ATR_LIFE_BEGIN,
    };
    Image->name_bytes = AtrRecordText(&Record, News->Name, News->NameUnits);
    (VOID) AtrRecordEnd(&Record);
}

/* The session is bound to its owner: not every system tells that a handle went with its process. */
static VOID
AtrpOwnerGone(_In_ ULONG Pid)
{
    AtrSessionLock();
    if (AtrSessionGet()->Owner != NULL && AtrSessionGet()->OwnerPid == Pid) {
        AtrSessionEnd();
    }
    AtrSessionUnlock();
}

static VOID
AtrpOnProcess(_In_ const ATR_OS_PROCESS_NEWS *News)
{
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);

    if (Session != NULL) {
        if (News->IsEnd) {
            AtrpSetVerdict(News->Pid, ATR_VERDICT_UNKNOWN);
            AtrPortsForget(Session, AtrSessionLane(Session, Cpu), News->Pid);
        } else if (Session->State == ATR_DEVICE_RUNNING) {
            AtrpJudge(News);
        }
        AtrpRecordProcess(Session, AtrSessionLane(Session, Cpu), News);
        AtrSessionLeave(Cpu);
    }
    if (News->IsEnd) {
        AtrpOwnerGone(News->Pid);
    }
}

static VOID
AtrpOnThread(_In_ const ATR_OS_THREAD_NEWS *News)
{
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);

    if (Session != NULL) {
        AtrpRecordThread(Session, AtrSessionLane(Session, Cpu), News);
        AtrSessionLeave(Cpu);
    }
}

static VOID
AtrpOnImage(_In_ const ATR_OS_IMAGE_NEWS *News)
{
    ULONG Cpu = AtrOsCpu();
    PATR_SESSION Session = AtrSessionEnter(Cpu);

    if (Session != NULL) {
        AtrpRecordImage(Session, AtrSessionLane(Session, Cpu), News);
        AtrSessionLeave(Cpu);
    }
}

static const ATR_OS_WATCH AtrpWatch = {
    .Process = AtrpOnProcess,
    .Thread = AtrpOnThread,
    .Image = AtrpOnImage,
};

NTSTATUS
AtrProcessesWatch(VOID)
{
    return AtrOsWatchStart(&AtrpWatch);
}

VOID
AtrProcessesUnwatch(VOID)
{
    AtrOsWatchStop();
}
