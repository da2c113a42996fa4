/* SPDX-License-Identifier: MIT */
#pragma once

/* What the hook half and the pin use of Windows beside tests/driver/native_nt.h; kernel.c fakes it.
 */

#include "driver/native_nt.h"

typedef int64_t LONGLONG;
typedef const void *PCVOID;

typedef union _LARGE_INTEGER {
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCHAR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef struct _IO_STATUS_BLOCK {
    NTSTATUS Status;
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef struct _MDL {
    PUCHAR Address;
    ULONG Bytes;
    BOOLEAN IsLocked;
    BOOLEAN IsMapped;
} MDL, *PMDL;

typedef enum _LOCK_OPERATION {
    IoReadAccess
} LOCK_OPERATION;

typedef struct _IO_STACK_LOCATION {
    struct {
        struct {
            ULONG OutputBufferLength;
            ULONG IoControlCode;
        } DeviceIoControl;
    } Parameters;
} IO_STACK_LOCATION, *PIO_STACK_LOCATION;

typedef struct _IRP {
    IO_STATUS_BLOCK IoStatus;
    CHAR RequestorMode;
    PVOID UserBuffer;
    IO_STACK_LOCATION Stack;
} IRP, *PIRP;

typedef struct _DEVICE_OBJECT {
    struct _DRIVER_OBJECT *DriverObject;
    ULONG Flags;
} DEVICE_OBJECT, *PDEVICE_OBJECT;

typedef struct _FILE_OBJECT {
    LONG References;
} FILE_OBJECT, *PFILE_OBJECT;

typedef NTSTATUS DRIVER_DISPATCH(PDEVICE_OBJECT Device, PIRP Irp);

enum {
    IRP_MJ_CREATE = 0,
    IRP_MJ_CLOSE = 2,
    IRP_MJ_INTERNAL_DEVICE_CONTROL = 15,
    IRP_MJ_CLEANUP = 18,
    IRP_MJ_COUNT = 28,
};

typedef struct _DRIVER_OBJECT {
    DRIVER_DISPATCH *MajorFunction[IRP_MJ_COUNT];
    VOID (*DriverUnload)(struct _DRIVER_OBJECT *Driver);
    PVOID DriverStart;
    ULONG DriverSize;
} DRIVER_OBJECT, *PDRIVER_OBJECT;

typedef NTSTATUS DRIVER_INITIALIZE(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath);

enum {
    KernelMode = 0,
    UserMode = 1,
    MmCached = 1,
    NormalPagePriority = 16,
    PAGE_READWRITE = 4,
    PAGE_SIZE = 4096,
    PagedPool = 1,
    FILE_READ_DATA = 1,
    FILE_DEVICE_UNKNOWN = 0x22,
    FILE_DEVICE_SECURE_OPEN = 0x100,
    DO_DEVICE_INITIALIZING = 0x80,
    IO_NO_INCREMENT = 0,
    NotificationEvent = 0,
    Executive = 0,
};

#define STATUS_PENDING           ((NTSTATUS)0x00000103)
#define STATUS_UNSUCCESSFUL      ((NTSTATUS)0xc0000001)
#define STATUS_ACCESS_VIOLATION  ((NTSTATUS)0xc0000005)
#define STATUS_NOT_FOUND         ((NTSTATUS)0xc0000225)
#define STATUS_DEBUGGER_INACTIVE ((NTSTATUS)0xc0000354)

#define NTSYSAPI
#define _In_z_
#define _Use_decl_annotations_
#define FIELD_OFFSET(type, field)    offsetof(type, field)
#define RTL_NUMBER_OF(array)         (sizeof(array) / sizeof((array)[0]))
#define RtlZeroMemory(at, bytes)     memset((at), 0, (bytes))
#define RtlCopyMemory(to, at, bytes) memcpy((to), (at), (bytes))
#define min(a, b)                    ((a) < (b) ? (a) : (b))
#define max(a, b)                    ((a) > (b) ? (a) : (b))

#define KD_DEBUGGER_ENABLED FakeDebuggerEnabled
extern BOOLEAN FakeDebuggerEnabled;

static inline LONG
InterlockedCompareExchange(volatile void *At, LONG To, LONG From)
{
    return __sync_val_compare_and_swap((volatile LONG *)At, From, To);
}

static inline LONG64
InterlockedCompareExchange64(volatile void *At, LONG64 To, LONG64 From)
{
    return __sync_val_compare_and_swap((volatile LONG64 *)At, From, To);
}

static inline SIZE_T
RtlCompareMemory(const void *Left, const void *Right, SIZE_T Bytes)
{
    SIZE_T Same = 0;

    while (Same < Bytes && ((const UCHAR *)Left)[Same] == ((const UCHAR *)Right)[Same]) {
        Same++;
    }
    return Same;
}

VOID RtlInitUnicodeString(PUNICODE_STRING Out, const WCHAR *Text);
PVOID ExAllocatePoolWithTag(ULONG Pool, SIZE_T Bytes, ULONG Tag);
VOID ExFreePoolWithTag(PVOID Memory, ULONG Tag);
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING Name);
BOOLEAN MmIsAddressValid(PVOID Address);
PMDL IoAllocateMdl(PVOID Address, ULONG Bytes, BOOLEAN Secondary, BOOLEAN Quota, PIRP Irp);
VOID IoFreeMdl(PMDL Mdl);
VOID MmUnlockPages(PMDL Mdl);
PVOID MmMapLockedPagesSpecifyCache(PMDL Mdl, int Mode, int Cache, PVOID Base, ULONG BugCheck,
                                   int Priority);
VOID MmUnmapLockedPages(PVOID Base, PMDL Mdl);
NTSTATUS MmProtectMdlSystemAddress(PMDL Mdl, ULONG Protection);
VOID KeInitializeEvent(PKEVENT Event, int Type, BOOLEAN State);
NTSTATUS KeWaitForSingleObject(PVOID Object, int Reason, int Mode, BOOLEAN Alertable,
                               PLARGE_INTEGER Timeout);
NTSTATUS KeDelayExecutionThread(int Mode, BOOLEAN Alertable, PLARGE_INTEGER Interval);
VOID KeEnterCriticalRegion(VOID);
VOID KeLeaveCriticalRegion(VOID);
HANDLE PsGetCurrentProcessId(VOID);
HANDLE PsGetCurrentThreadId(VOID);
VOID ObDereferenceObject(PVOID Object);
NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING Name, ULONG Access, PFILE_OBJECT *File,
                                  PDEVICE_OBJECT *Device);
PIRP IoBuildDeviceIoControlRequest(ULONG Code, PDEVICE_OBJECT Device, PVOID In, ULONG InBytes,
                                   PVOID Out, ULONG OutBytes, BOOLEAN IsInternal, PKEVENT Event,
                                   PIO_STATUS_BLOCK IoStatus);
NTSTATUS IoCallDriver(PDEVICE_OBJECT Device, PIRP Irp);
VOID IoCompleteRequest(PIRP Irp, int Boost);
PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP Irp);
NTSTATUS IoCreateDevice(PDRIVER_OBJECT Driver, ULONG Bytes, PUNICODE_STRING Name, ULONG Type,
                        ULONG Characteristics, BOOLEAN IsExclusive, PDEVICE_OBJECT *Device);
