/* SPDX-License-Identifier: MIT */
/* Who the current thread is: a worker acts for the client whose call it makes. */
#include "kernel.h"

static DWORD Slot;
static HANDLE(NTAPI *WineProcessId)(void);
static HANDLE(NTAPI *WineThreadId)(void);
static PVOID(NTAPI *WineThread)(void);
static PVOID(NTAPI *WineProcess)(void);

BOOLEAN
LabIdentityInit(void)
{
    Slot = TlsAlloc();
    WineProcessId = (HANDLE(NTAPI *)(void))LabWine("PsGetCurrentProcessId");
    WineThreadId = (HANDLE(NTAPI *)(void))LabWine("PsGetCurrentThreadId");
    WineThread = (PVOID(NTAPI *)(void))LabWine("KeGetCurrentThread");
    WineProcess = (PVOID(NTAPI *)(void))LabWine("IoGetCurrentProcess");
    return Slot != TLS_OUT_OF_INDEXES && WineProcessId != NULL && WineThreadId != NULL &&
           WineThread != NULL && WineProcess != NULL;
}

PLAB_IDENTITY
LabMe(void)
{
    return TlsGetValue(Slot);
}

struct lab_caller
LabCaller(void)
{
    PLAB_IDENTITY Me = LabMe();
    struct lab_caller Caller = {.pid = 4, .tid = GetCurrentThreadId()};

    if (Me != NULL) {
        Caller.pid = Me->ProcessId;
        Caller.tid = Me->ThreadId;
        Caller.cancel = &Me->Cancel;
    }
    return Caller;
}

/* What PsGetCurrentThread of the headers reads. */
static VOID
SetGs188(PVOID Thread)
{
    __asm__ volatile("movq %0, %%gs:0x188" ::"r"(Thread));
}

VOID
LabEnter(PLAB_IDENTITY Identity)
{
    TlsSetValue(Slot, Identity);
    SetGs188(Identity->Thread);
}

VOID
LabLeave(void)
{
    TlsSetValue(Slot, NULL);
    SetGs188(NULL);
}

HANDLE KERNELAPI
PsGetCurrentProcessId(void)
{
    PLAB_IDENTITY Me = LabMe();

    return Me != NULL ? (HANDLE)Me->ProcessId : WineProcessId();
}

HANDLE KERNELAPI
PsGetCurrentThreadId(void)
{
    PLAB_IDENTITY Me = LabMe();

    return Me != NULL ? (HANDLE)Me->ThreadId : WineThreadId();
}

PVOID KERNELAPI
KeGetCurrentThread(void)
{
    PLAB_IDENTITY Me = LabMe();

    return Me != NULL ? Me->Thread : WineThread();
}

PVOID KERNELAPI
PsGetCurrentThread(void)
{
    return KeGetCurrentThread();
}

PVOID KERNELAPI
IoGetCurrentProcess(void)
{
    PLAB_IDENTITY Me = LabMe();

    return Me != NULL ? Me->Process : WineProcess();
}

PVOID KERNELAPI
PsGetCurrentProcess(void)
{
    return IoGetCurrentProcess();
}

CHAR KERNELAPI
ExGetPreviousMode(void)
{
    return LabMe() != NULL ? 1 : 0;
}

/* A client's thread has a TEB as far as anybody can tell; a system thread has none. */
PVOID KERNELAPI
PsGetThreadTeb(PVOID Thread)
{
    PLAB_IDENTITY Me = LabMe();

    return Me != NULL && Me->Thread == Thread ? NtCurrentTeb() : NULL;
}

PVOID KERNELAPI
PsGetCurrentThreadTeb(void)
{
    return LabMe() != NULL ? (PVOID)NtCurrentTeb() : NULL;
}

BOOLEAN KERNELAPI
PsIsSystemThread(PVOID Thread)
{
    (void)Thread;
    return LabMe() == NULL;
}

BOOLEAN KERNELAPI
PsIsThreadTerminating(PVOID Thread)
{
    (void)Thread;
    return FALSE;
}

/* PROCESSOR_NUMBER: group, number, reserved. */
ULONG KERNELAPI
KeGetCurrentProcessorNumberEx(PVOID Number)
{
    ULONG Cpu = GetCurrentProcessorNumber();

    if (Number != NULL) {
        *(PULONG)Number = Cpu << 16;
    }
    return Cpu;
}

/* Bit 0 of Flags: the client's frames, which came with its call. */
ULONG KERNELAPI
RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    PLAB_IDENTITY Me = LabMe();
    ULONG Walked = 0;

    if ((Flags & 1) == 0) { /* behind the last frame Wine adds a zero and what lies there */
        Count = RtlCaptureStackBackTrace(1 + ((Flags >> 8) & 0xff), Count, Callers, NULL);
        while (Walked < Count && Callers[Walked] != NULL) {
            Walked++;
        }
        return Walked;
    }
    while (Me != NULL && Walked < Me->FrameCount && Walked < Count) {
        Callers[Walked] = (PVOID)Me->Frames[Walked];
        Walked++;
    }
    return Walked;
}
