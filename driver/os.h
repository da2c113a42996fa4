/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The one door to the operating system: everything the driver uses of it comes through here, so
 * that the same sources are built for Windows (two compilers), for the test kernel, and natively
 * with fakes under sanitizers (tests/driver).
 *
 * The AtrOs routines are all that the capture half calls. os_*.c implement them for NT 5.2 and
 * later; what a kernel may lack is looked up once, and its absence is a row of AtrOsFeatures.
 */

#ifdef ATR_DRIVER_NATIVE
#include "native_nt.h"
#else
#include <ntifs.h>
#endif

#include "wire/device.h"

#define ATR_USER_LIMIT       0x7fffffff0000ull
#define ATR_PORT_NAME_UNITS  (ATR_CAPTURE_NAME_MAX / sizeof(WCHAR))
#define ATR_OS_STACK_ROOM    0x2000u /* RtlWalkFrameChain wants 0xe30 for user frames */
#define ATR_OS_UNKNOWN_OWNER 0xffffffffu

#include "wire/capture.h"

/* Resolves what the kernel may lack. First of all. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsInit(VOID);

/* One row for each part of the driver that this kernel lets work or not; gives their number. */
_IRQL_requires_max_(APC_LEVEL) ULONG
    AtrOsFeatures(_Out_writes_(ATR_DEVICE_FEATURES_MAX) struct atr_device_feature *Features);

/* Memory: not paged, not executable where the kernel knows the difference, zeroed. */
_IRQL_requires_max_(DISPATCH_LEVEL) PVOID AtrOsAllocate(_In_ SIZE_T Bytes);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AtrOsFree(_In_opt_ PVOID Memory);
_IRQL_requires_(PASSIVE_LEVEL) ULONG64 AtrOsPhysicalBytes(VOID);

/* Time and place. */
ULONG64 AtrOsCounter(VOID);
ULONG64 AtrOsCounterFrequency(VOID);
ULONG64 AtrOsSystemTime(VOID);
ULONG AtrOsCpu(VOID);
_IRQL_requires_(PASSIVE_LEVEL) ULONG AtrOsCpuCount(VOID);

static inline ULONG64
AtrOsTicks(VOID)
{
    return __builtin_ia32_rdtsc();
}

/* Locks. A mutex leaves the level as it is. */
typedef struct _ATR_OS_MUTEX {
    KEVENT Free;
} ATR_OS_MUTEX, *PATR_OS_MUTEX;

_IRQL_requires_max_(DISPATCH_LEVEL) _IRQL_raises_(DISPATCH_LEVEL) KIRQL
    AtrOsSpinAcquire(_Inout_ PKSPIN_LOCK Lock);
_IRQL_requires_(DISPATCH_LEVEL) VOID AtrOsSpinRelease(_Inout_ PKSPIN_LOCK Lock, _In_ KIRQL Irql);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsMutexInit(_Out_ PATR_OS_MUTEX Mutex);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsMutexAcquire(_Inout_ PATR_OS_MUTEX Mutex);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsMutexRelease(_Inout_ PATR_OS_MUTEX Mutex);

/* One thread that makes a turn when woken, and once a second. */
typedef VOID ATR_OS_TURN(VOID);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrOsWorkerStart(_In_ ATR_OS_TURN *Turn);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AtrOsWorkerWake(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsWorkerStop(VOID);

/* Whoever is calling a wrapped service. Process is only compared. */
typedef struct _ATR_OS_CALLER {
    PVOID Process;
    ULONG64 ProcessKey;
    ULONG Pid;
    ULONG Tid;
    BOOLEAN IsKernel;
    BOOLEAN IsWow64;
    BOOLEAN MayFault; /* paged memory of the kernel may be touched */
} ATR_OS_CALLER, *PATR_OS_CALLER;

_IRQL_requires_max_(APC_LEVEL) VOID AtrOsCaller(_Out_ PATR_OS_CALLER Caller);

/*
 * Copies from an address that may be anything; gives how many bytes came before a fault. Kernel
 * addresses only on behalf of a kernel-mode caller: they are not checked.
 */
_IRQL_requires_max_(APC_LEVEL) ULONG
    AtrOsCopy(_Out_writes_bytes_(Bytes) PVOID To, _In_ ULONG64 Address, _In_ ULONG Bytes,
              _In_ const ATR_OS_CALLER *Caller);

/* Frames of this thread, innermost first; of kernel or of user mode. 0 when that is not safe. */
_IRQL_requires_max_(APC_LEVEL) ULONG
    AtrOsWalkFrames(_Out_writes_(Max) PULONG64 Frames, _In_ ULONG Max, _In_ BOOLEAN IsUser);

/* The images whose frames are our own doing: this driver and, once found, the pin. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsAddOurImage(_In_ const VOID *Start, _In_ ULONG Bytes);
BOOLEAN AtrOsIsOurCode(_In_ ULONG64 Address);

/* Processes: a reference, and what is known of the current one. */
_IRQL_requires_(PASSIVE_LEVEL) PVOID AtrOsProcessReference(_Out_ PULONG Pid);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsProcessRelease(_In_ PVOID Process);

/* A section seen from the kernel and from one process. */
typedef struct _ATR_OS_SHARE {
    PVOID Kernel;
    ULONG64 User;
    SIZE_T Bytes;
    PVOID Section;
    PVOID Process;
    PVOID Locks;
} ATR_OS_SHARE, *PATR_OS_SHARE;

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrOsShareCreate(_Out_ PATR_OS_SHARE Share, _In_ SIZE_T Bytes);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrOsShareMap(_Inout_ PATR_OS_SHARE Share, _In_ PVOID Process, _In_ BOOLEAN IsWritable);
/* Accepts what was never created. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsShareDestroy(_Inout_ PATR_OS_SHARE Share);

/* Ports. Identity is 0 and 0 on a kernel whose layout is unknown. */
typedef struct _ATR_OS_PORT_IDENTITY {
    ULONG64 Communication;
    ULONG64 Connection;
} ATR_OS_PORT_IDENTITY, *PATR_OS_PORT_IDENTITY;

typedef struct _ATR_OS_PORT_FACTS {
    PVOID Connection; /* only compared; NULL unknown */
    PVOID Peer;
    ULONG64 OwnerKey;
    ULONG OwnerPid;
    USHORT Kind; /* enum atr_port_kind */
    USHORT NameUnits;
    ULONG NameOriginalBytes;
    WCHAR Name[ATR_PORT_NAME_UNITS];
} ATR_OS_PORT_FACTS, *PATR_OS_PORT_FACTS;

_IRQL_requires_max_(APC_LEVEL) PVOID AtrOsPortReference(_In_ ULONG64 Handle, _In_ BOOLEAN IsKernel);
_IRQL_requires_max_(APC_LEVEL) VOID AtrOsPortRelease(_In_ PVOID Port);
_IRQL_requires_max_(APC_LEVEL) VOID
    AtrOsPortIdentity(_In_ PVOID Port, _Out_ PATR_OS_PORT_IDENTITY Identity);
/* What this kernel lets be read; the rest stays unknown. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsPortFacts(_In_ PVOID Port, _Out_ PATR_OS_PORT_FACTS Facts);

/* What the kernel tells of processes, threads and images. Texts are not terminated. */
typedef struct _ATR_OS_PROCESS_NEWS {
    PVOID Process; /* NULL: not told */
    ULONG64 ProcessKey;
    ULONG Pid;
    ULONG ParentPid;
    ULONG Session;
    ULONG ExitStatus; /* where IsExitKnown */
    BOOLEAN IsEnd;
    BOOLEAN IsExitKnown;
    BOOLEAN IsWow64;
    USHORT NameUnits;
    const WCHAR *Name;
} ATR_OS_PROCESS_NEWS, *PATR_OS_PROCESS_NEWS;

typedef struct _ATR_OS_THREAD_NEWS {
    ULONG64 ProcessKey;
    ULONG64 StartAddress;
    ULONG Pid;
    ULONG Tid;
    BOOLEAN IsEnd;
} ATR_OS_THREAD_NEWS, *PATR_OS_THREAD_NEWS;

typedef struct _ATR_OS_IMAGE_NEWS {
    ULONG64 ProcessKey;
    ULONG64 Base;
    ULONG64 Bytes;
    ULONG Pid; /* 0: the kernel */
    ULONG TimeStamp;
    ULONG Checksum;
    USHORT NameUnits;
    const WCHAR *Name;
} ATR_OS_IMAGE_NEWS, *PATR_OS_IMAGE_NEWS;

typedef struct _ATR_OS_WATCH {
    VOID (*Process)(_In_ const ATR_OS_PROCESS_NEWS *News);
    VOID (*Thread)(_In_ const ATR_OS_THREAD_NEWS *News);
    VOID (*Image)(_In_ const ATR_OS_IMAGE_NEWS *News);
} ATR_OS_WATCH;

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrOsWatchStart(_In_ const ATR_OS_WATCH *Watch);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrOsWatchStop(VOID);

/* Calls Each for every process there is, parents not necessarily first. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
    AtrOsProcessList(_In_ VOID (*Each)(_In_ const ATR_OS_PROCESS_NEWS *News));
