/* SPDX-License-Identifier: MIT */
/* Threads that make the clients' calls; handing over costs no call to the wineserver. */
#include "kernel.h"

#include <stdlib.h>

typedef struct _LAB_WORKER {
    struct _LAB_WORKER *Next;
    volatile uint32_t Go;
    VOID (*Routine)(PVOID);
    PVOID Context;
} LAB_WORKER, *PLAB_WORKER;

static PLAB_WORKER Idle;
static SRWLOCK IdleLock = SRWLOCK_INIT;
static NTSTATUS(NTAPI *WaitAddress)(const VOID *, const VOID *, SIZE_T, const LARGE_INTEGER *);
static VOID(NTAPI *WakeAddress)(const VOID *);

BOOLEAN
LabWorkersInit(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    WaitAddress =
        (NTSTATUS(NTAPI *)(const VOID *, const VOID *, SIZE_T,
                           const LARGE_INTEGER *))GetProcAddress(Ntdll, "RtlWaitOnAddress");
    WakeAddress = (VOID(NTAPI *)(const VOID *))GetProcAddress(Ntdll, "RtlWakeAddressAll");
    return WaitAddress != NULL && WakeAddress != NULL;
}

/* Until the word is not zero; TRUE: time is out. Zeroes it. */
BOOLEAN
LabWaitAddress(volatile uint32_t *Address, int64_t Wait100ns)
{
    LARGE_INTEGER Timeout = {.QuadPart = -Wait100ns};
    uint32_t Zero = 0;
    BOOLEAN IsOut = FALSE;

    while (*Address == 0 && !IsOut) {
        IsOut = WaitAddress((const VOID *)Address, &Zero, sizeof(Zero),
                            Wait100ns < 0 ? NULL : &Timeout) == WAIT_TIMEOUT;
    }
    InterlockedExchange((volatile LONG *)Address, 0);
    return IsOut;
}

VOID
LabWakeAddress(volatile uint32_t *Address)
{
    InterlockedExchange((volatile LONG *)Address, 1);
    WakeAddress((const VOID *)Address);
}

static DWORD WINAPI
Work(LPVOID Context)
{
    PLAB_WORKER Worker = Context;

    for (;;) {
        LabWaitAddress(&Worker->Go, LAB_WAIT_FOREVER);
        Worker->Routine(Worker->Context);
        AcquireSRWLockExclusive(&IdleLock);
        Worker->Next = Idle;
        Idle = Worker;
        ReleaseSRWLockExclusive(&IdleLock);
    }
    return 0;
}

static PLAB_WORKER
NewWorker(void)
{
    PLAB_WORKER Worker = calloc(1, sizeof(*Worker));
    HANDLE Thread = Worker != NULL ? CreateThread(NULL, 1 << 20, Work, Worker, 0, NULL) : NULL;

    if (Thread == NULL) {
        free(Worker);
        return NULL;
    }
    CloseHandle(Thread);
    return Worker;
}

BOOLEAN
LabQueue(VOID (*Routine)(PVOID), PVOID Context)
{
    PLAB_WORKER Worker;

    AcquireSRWLockExclusive(&IdleLock);
    Worker = Idle;
    if (Worker != NULL) {
        Idle = Worker->Next;
    }
    ReleaseSRWLockExclusive(&IdleLock);
    if (Worker == NULL) {
        Worker = NewWorker();
    }
    if (Worker == NULL) {
        return FALSE;
    }
    Worker->Routine = Routine;
    Worker->Context = Context;
    LabWakeAddress(&Worker->Go);
    return TRUE;
}
