/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The one session: rings made for one process, and everything that serves them.
 *
 *   IDLE ──HELLO──> READY ──START──> RUNNING ──STOP──> STOPPING
 *     ^               │                 │                 │
 *     │               └──── close, or end of the owner ───┘
 *     └── nobody is inside any more ── ENDING
 *
 * Whoever touches rings stands inside: AtrSessionEnter fails once the session ends, and its memory
 * goes when the last one has left. Nobody waits for that: the worker looks again every turn.
 */

#include "hook.h"
#include "os.h"

/* Ring of one processor, its staging buffers' home, and its counters: written mostly from there. */
typedef struct _ATR_TALLY {
    _Atomic uint64_t Attempted;
    _Atomic uint64_t Written;
    _Atomic uint64_t Filtered;
    _Atomic uint64_t Dropped[ATR_LOSS_COUNT];
} ATR_TALLY, *PATR_TALLY;

typedef struct _ATR_LANE {
    KSPIN_LOCK Lock;
    struct atr_ring Ring; /* by Lock */
    ATR_TALLY Tally[ATR_TALLY_COUNT];
    _Atomic uint64_t Bytes;
    _Atomic uint64_t Faults;
    _Atomic uint64_t Truncated;
    _Atomic uint64_t Unresolved;
    _Atomic uint64_t PreTicks;
    _Atomic uint64_t PostTicks;
    _Atomic uint64_t TimedCalls;
    _Atomic uint64_t CallCount;
    _Atomic uint32_t StackTurn;
    UCHAR Unused[ATR_RING_LINE_BYTES];
} ATR_LANE, *PATR_LANE;

enum {
    ATR_STAGING_PER_LANE = 2,
    ATR_STAGING_MAX = ATR_STAGING_PER_LANE * ATR_DEVICE_RINGS_MAX,
    ATR_STAGING_WORDS = ATR_STAGING_MAX / 64,
    ATR_STATE_ENDING = 0x100, /* beside enum atr_device_state: memory is still in use */
};

typedef struct _ATR_SESSION {
    _Atomic uint32_t State; /* enum atr_device_state; calls are recorded while RUNNING */
    ULONG LaneCount;
    ULONG RingBytes;
    ULONG OwnerPid;
    ULONG64 Number; /* never reused */
    ULONG64 Generation;
    PVOID Owner; /* referenced process */
    const void *OwnerClient;
    PATR_LANE Lanes;
    PUCHAR Staging; /* StagingCount buffers of a maximum record each */
    ULONG StagingCount;
    _Atomic uint64_t StagingTaken[ATR_STAGING_WORDS];
    _Atomic uint32_t IsConsumerBad;
    ATR_OS_SHARE Data;     /* producer lines, then rings */
    ATR_OS_SHARE Consumer; /* consumer lines */
    struct atr_device_start Start;
} ATR_SESSION, *PATR_SESSION;

/* For the control side: one request, notification or worker's turn at a time. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSessionInit(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSessionLock(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSessionUnlock(VOID);

/* The session itself, whatever its state: fields that the lock guards. */
PATR_SESSION AtrSessionGet(VOID);

/* Under the lock. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrSessionBegin(_In_ const void *Client, _In_ ULONG RingBytes,
                    _Out_ struct atr_device_welcome *Welcome);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrSessionStart(_In_ const struct atr_device_start *Start);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrSessionStop(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSessionEnd(VOID);
/* Frees an ended session when nobody is inside; TRUE: there is nothing left. */
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrSessionReap(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSessionStatus(_Inout_ struct atr_device_status *Status);

/* NULL: no session. Else Leave must follow, with the same number. */
_IRQL_requires_max_(APC_LEVEL) PATR_SESSION AtrSessionEnter(_In_ ULONG Cpu);
_IRQL_requires_max_(APC_LEVEL) VOID AtrSessionLeave(_In_ ULONG Cpu);

static inline PATR_LANE
AtrSessionLane(_In_ PATR_SESSION Session, _In_ ULONG Cpu)
{
    return &Session->Lanes[Cpu % Session->LaneCount];
}

static inline VOID
AtrCount(_Inout_ _Atomic uint64_t *Counter, _In_ ULONG64 Add)
{
    atomic_fetch_add_explicit(Counter, Add, memory_order_relaxed);
}
