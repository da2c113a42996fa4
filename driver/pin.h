/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The contract between alpctrace.sys and alpcpin.sys (kernel-decisions.md 9).
 *
 * The pin stays loaded until the machine restarts: its code is what a thread returns through that
 * slept in a wrapped service while alpctrace.sys came and went. It owns the thunks (one a row of
 * wire/services.def), the trampolines, the rundown and the counters.
 *
 *   service table ─> island ─> thunk (pin):  count in, rundown in ─> Pre (main) ─> rundown out
 *                                            the original service, however long it sleeps
 *                                            rundown in ─> Post (main) ─> rundown out, count out
 *
 * Pre and Post run inside a critical region and are not called when no main is attached. A call
 * that returns when its main is gone is only counted.
 */

#include "os.h"

#include "wire/device.h"

#define ATR_PIN_MAGIC         0x4e495041u /* "APIN" */
#define ATR_PIN_VERSION       2u
#define ATR_PIN_ARGUMENTS_MAX 11
#define ATR_PIN_CONTEXT_WORDS 24

/* Lives on the thunk's stack, one per call. */
typedef struct _ATR_PIN_FRAME {
    ULONG64 Generation; /* of the main that saw the enter; 0: none did */
    ULONG Row;
    ULONG ArgumentCount;
    ULONG64 Arguments[ATR_PIN_ARGUMENTS_MAX];
    ULONG64 Context[ATR_PIN_CONTEXT_WORDS]; /* main's, zeroed before Pre */
} ATR_PIN_FRAME, *PATR_PIN_FRAME;

typedef VOID NTAPI ATR_PIN_PRE(_Inout_ PATR_PIN_FRAME Frame);
typedef VOID NTAPI ATR_PIN_POST(_Inout_ PATR_PIN_FRAME Frame, _In_ NTSTATUS Status);

/* Of the generation attached last; its Enters = Exits + Stale + InFlight, also when it is gone. */
typedef struct _ATR_PIN_COUNTERS {
    ULONG64 InFlight;
    ULONG64 Enters;
    ULONG64 Exits;
    ULONG64 Stale;                    /* returned after the detach */
    ULONG64 Calls[ATR_SERVICE_COUNT]; /* since the pin was loaded */
} ATR_PIN_COUNTERS, *PATR_PIN_COUNTERS;

/* Got by IRP_MJ_INTERNAL_DEVICE_CONTROL, ATR_PIN_IOCTL_TABLE, from kernel mode only. */
typedef struct _ATR_PIN_TABLE {
    ULONG Magic;
    ULONG Version;
    ULONG Size;
    ULONG Unused;
    /* Makes Pre and Post be called from now on; gives the new generation. One main at a time. */
    NTSTATUS(NTAPI *Attach)
    (_In_ ATR_PIN_PRE *Pre, _In_ ATR_PIN_POST *Post, _Out_ PULONG64 Generation);
    /* No Pre or Post begins afterwards; waits for those running, WaitMs at most: TIMEOUT then. */
    NTSTATUS(NTAPI *Detach)(_In_ ULONG WaitMs);
    /* The original is called through Target: the service itself or a trampoline. */
    NTSTATUS(NTAPI *SetTarget)(_In_ ULONG Row, _In_ PVOID Target, _In_ ULONG ArgumentCount);
    PVOID(NTAPI *Thunk)(_In_ ULONG Row);
    /* Room for Bytes of code that stays for ever, one per target and written once; NULL: full. */
    NTSTATUS(NTAPI *Trampoline)
    (_In_ PVOID Target, _In_reads_bytes_(Bytes) const UCHAR *Code, _In_ ULONG Bytes,
     _Outptr_ PVOID *Trampoline);
    /*
     * An absolute jump to the row's thunk in [Low, High): one made before, or a new one in the
     * padding at Place. Its page stays locked and the jump stays for ever: a thread may stand on
     * it. NULL: none.
     */
    PVOID(NTAPI *Island)
    (_In_ ULONG Row, _In_ const VOID *Low, _In_ const VOID *High, _In_opt_ PVOID Place);
    VOID(NTAPI *Counters)(_Out_ PATR_PIN_COUNTERS Counters);
    /* Who is still inside a Pre or Post: for the words of a refused unload. */
    BOOLEAN(NTAPI *Inside)(_Out_ PULONG Pid, _Out_ PULONG Tid);
} ATR_PIN_TABLE, *PATR_PIN_TABLE;

#define ATR_PIN_IOCTL_TABLE ((0x22u << 16) | (3u << 14) | (0x8b0u << 2) | 3u)
