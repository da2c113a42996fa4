/* SPDX-License-Identifier: MIT */
#include "fake_os.h"

#include "wire/record.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PAGE = 4096,
};

struct fake_os fake_os;
static _Thread_local struct fake_caller this_caller;
static _Thread_local int copy_pipe[2] = {-1, -1};

struct fake_caller *
fake_caller(void)
{
    return &this_caller;
}

void
fake_os_reset(void)
{
    memset(&fake_os, 0, sizeof(fake_os));
    fake_os.cpu_count = 2;
    fake_os.physical_bytes = (ULONG64)8 << 30;
    this_caller = (struct fake_caller){
        .caller =
            {.Process = &this_caller, .ProcessKey = 77, .Pid = 100, .Tid = 104, .MayFault = TRUE},
    };
}

ULONG64
fake_port_handle(ULONG index)
{
    return 4ULL * (index + 1);
}

static bool
is_refused(void)
{
    return ++fake_os.requests == fake_os.fail_at;
}

PVOID
AtrOsAllocate(_In_ SIZE_T Bytes)
{
    PVOID Memory = is_refused() ? NULL : calloc(1, Bytes);

    fake_os.live_blocks += Memory != NULL;
    return Memory;
}

VOID
AtrOsFree(_In_opt_ PVOID Memory)
{
    fake_os.live_blocks -= Memory != NULL;
    free(Memory);
}

ULONG64
AtrOsPhysicalBytes(VOID)
{
    return fake_os.physical_bytes;
}

ULONG64
AtrOsCounter(VOID)
{
    return fake_os.copies_plainly ? AtrOsTicks() : ++fake_os.counter;
}

ULONG64
AtrOsCounterFrequency(VOID)
{
    return 10000000;
}

ULONG64
AtrOsSystemTime(VOID)
{
    return 133000000000000000ULL;
}

ULONG
AtrOsCpu(VOID)
{
    return this_caller.cpu;
}

ULONG
AtrOsCpuCount(VOID)
{
    return fake_os.cpu_count;
}

KIRQL
AtrOsSpinAcquire(_Inout_ PKSPIN_LOCK Lock)
{
    while (atomic_exchange_explicit(Lock, 1, memory_order_acquire) != 0) {
        (void)sched_yield();
    }
    return 0;
}

VOID
AtrOsSpinRelease(_Inout_ PKSPIN_LOCK Lock, _In_ KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Irql);
    atomic_store_explicit(Lock, 0, memory_order_release);
}

VOID
AtrOsMutexInit(_Out_ PATR_OS_MUTEX Mutex)
{
    Mutex->Free.IsSignaled = 1;
}

VOID
AtrOsMutexAcquire(_Inout_ PATR_OS_MUTEX Mutex)
{
    while (atomic_exchange(&Mutex->Free.IsSignaled, 0) == 0) {
        (void)sched_yield();
    }
}

VOID
AtrOsMutexRelease(_Inout_ PATR_OS_MUTEX Mutex)
{
    atomic_store(&Mutex->Free.IsSignaled, 1);
}

NTSTATUS
AtrOsWorkerStart(_In_ ATR_OS_TURN *Turn)
{
    UNREFERENCED_PARAMETER(Turn);
    return STATUS_SUCCESS;
}

VOID
AtrOsWorkerWake(VOID)
{
    fake_os.wakes++;
}

VOID
AtrOsWorkerStop(VOID)
{
}

VOID
AtrOsCaller(_Out_ PATR_OS_CALLER Caller)
{
    *Caller = this_caller.caller;
}

/* Through a pipe: there the kernel says whether memory can be read. */
static bool
copy_page(PUCHAR To, ULONG64 Address, ULONG Bytes)
{
    if (copy_pipe[0] < 0 && pipe(copy_pipe) != 0) {
        abort();
    }
    return syscall(SYS_write, copy_pipe[1], (uintptr_t)Address, (size_t)Bytes) == (long)Bytes &&
           read(copy_pipe[0], To, Bytes) == (ssize_t)Bytes;
}

ULONG
AtrOsCopy(_Out_writes_bytes_(Bytes) PVOID To, _In_ ULONG64 Address, _In_ ULONG Bytes,
          _In_ const ATR_OS_CALLER *Caller)
{
    ULONG Done = 0;

    if (fake_os.copies_plainly) {
        memcpy(To, (const void *)(uintptr_t)Address, Bytes);
        return Bytes;
    }
    if (++fake_os.copies == fake_os.fault_at || !Caller->MayFault || Address >= ATR_USER_LIMIT ||
        Bytes > ATR_USER_LIMIT - Address) {
        return 0;
    }
    while (Done < Bytes) {
        ULONG64 From = Address + Done;
        ULONG Left = (ULONG)(PAGE - From % PAGE);
        ULONG Chunk = Bytes - Done < Left ? Bytes - Done : Left;

        if (!copy_page((PUCHAR)To + Done, From, Chunk)) {
            break;
        }
        Done += Chunk;
    }
    return Done;
}

ULONG
AtrOsWalkFrames(_Out_writes_(Max) PULONG64 Frames, _In_ ULONG Max, _In_ BOOLEAN IsUser)
{
    ULONG Count = (ULONG)fake_os.frames < Max ? (ULONG)fake_os.frames : Max;

    for (ULONG i = 0; i < Count; i++) {
        Frames[i] = (IsUser ? FAKE_USER_CODE : FAKE_KERNEL_CODE) + i;
        if (!IsUser && i < (ULONG)fake_os.our_frames) {
            Frames[i] = FAKE_OUR_CODE + i;
        }
        if (i + 1 == (ULONG)fake_os.zero_frame) {
            Frames[i] = 0;
        }
    }
    return Count;
}

BOOLEAN
AtrOsIsOurCode(_In_ ULONG64 Address)
{
    return Address - FAKE_OUR_CODE < 0x1000;
}

PVOID
AtrOsProcessReference(_Out_ PULONG Pid)
{
    *Pid = this_caller.caller.Pid;
    fake_os.live_blocks++;
    return this_caller.caller.Process;
}

VOID
AtrOsProcessRelease(_In_ PVOID Process)
{
    UNREFERENCED_PARAMETER(Process);
    fake_os.live_blocks--;
}

NTSTATUS
AtrOsShareCreate(_Out_ PATR_OS_SHARE Share, _In_ SIZE_T Bytes)
{
    *Share = (ATR_OS_SHARE){.Bytes = Bytes};
    if (is_refused()) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Share->Kernel = aligned_alloc(PAGE, Bytes);
    if (Share->Kernel == NULL) {
        abort();
    }
    memset(Share->Kernel, 0, Bytes);
    fake_os.live_blocks++;
    return STATUS_SUCCESS;
}

NTSTATUS
AtrOsShareMap(_Inout_ PATR_OS_SHARE Share, _In_ PVOID Process, _In_ BOOLEAN IsWritable)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(IsWritable);
    if (is_refused()) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Share->User = (ULONG64)(uintptr_t)Share->Kernel;
    return STATUS_SUCCESS;
}

VOID
AtrOsShareDestroy(_Inout_ PATR_OS_SHARE Share)
{
    fake_os.live_blocks -= Share->Kernel != NULL;
    free(Share->Kernel);
    *Share = (ATR_OS_SHARE){0};
}

PVOID
AtrOsPortReference(_In_ ULONG64 Handle, _In_ BOOLEAN IsKernel)
{
    UNREFERENCED_PARAMETER(IsKernel);
    if (Handle % 4 != 0 || Handle == 0 || Handle > 4ULL * FAKE_PORTS) {
        return NULL;
    }
    fake_os.ports[Handle / 4 - 1].references++;
    return &fake_os.ports[Handle / 4 - 1];
}

VOID
AtrOsPortRelease(_In_ PVOID Port)
{
    ((struct fake_port *)Port)->references--;
}

VOID
AtrOsPortIdentity(_In_ PVOID Port, _Out_ PATR_OS_PORT_IDENTITY Identity)
{
    *Identity = ((struct fake_port *)Port)->identity;
}

VOID
AtrOsPortFacts(_In_ PVOID Port, _Out_ PATR_OS_PORT_FACTS Facts)
{
    *Facts = ((struct fake_port *)Port)->facts;
    if (Facts->OwnerPid == 0) {
        Facts->OwnerPid = ATR_OS_UNKNOWN_OWNER;
    }
}

NTSTATUS
AtrOsWatchStart(_In_ const ATR_OS_WATCH *Watch)
{
    fake_os.watch = Watch;
    return STATUS_SUCCESS;
}

VOID
AtrOsWatchStop(VOID)
{
    fake_os.watch = NULL;
}

NTSTATUS
AtrOsProcessList(_In_ VOID (*Each)(_In_ const ATR_OS_PROCESS_NEWS *News))
{
    for (ULONG i = 0; i < FAKE_PROCESSES && fake_os.processes[i].pid != 0; i++) {
        const struct fake_process *process = &fake_os.processes[i];
        ATR_OS_PROCESS_NEWS News = {
            .Pid = process->pid,
            .ParentPid = process->parent_pid,
            .NameUnits = process->units,
            .Name = process->name,
        };

        Each(&News);
    }
    return STATUS_SUCCESS;
}

ULONG
AtrOsFeatures(_Out_writes_(ATR_DEVICE_FEATURES_MAX) struct atr_device_feature *Features)
{
    Features[0].is_on = 1;
    return 1;
}
