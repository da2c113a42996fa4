/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the driver's sources need of Windows' headers, for a native build: plain types, statuses
 * and annotations. The routines behind driver/os.h are faked by fake_os.c.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VOID void

typedef char CHAR, *PCHAR;
typedef uint8_t UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, KIRQL;
typedef uint16_t USHORT, *PUSHORT, WCHAR, *PWCHAR;
typedef int32_t LONG, *PLONG, NTSTATUS;
typedef uint32_t ULONG, *PULONG;
typedef int64_t LONG64, *PLONG64;
typedef uint64_t ULONG64, *PULONG64;
typedef size_t SIZE_T, *PSIZE_T;
typedef uintptr_t ULONG_PTR;
typedef void *PVOID, *HANDLE;

typedef _Atomic ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

typedef struct _KEVENT {
    _Atomic int IsSignaled;
} KEVENT, *PKEVENT;

#define NTAPI
#define FALSE                             0
#define TRUE                              1
#define C_ASSERT(Holds)                   _Static_assert(Holds, #Holds)
#define UNREFERENCED_PARAMETER(Parameter) (void)(Parameter)
#define NT_SUCCESS(Status)                ((NTSTATUS)(Status) >= 0)

#define STATUS_SUCCESS                 ((NTSTATUS)0)
#define STATUS_TIMEOUT                 ((NTSTATUS)0x00000102)
#define STATUS_REVISION_MISMATCH       ((NTSTATUS)0xc0000059)
#define STATUS_INFO_LENGTH_MISMATCH    ((NTSTATUS)0xc0000004)
#define STATUS_INVALID_PARAMETER       ((NTSTATUS)0xc000000d)
#define STATUS_INVALID_DEVICE_REQUEST  ((NTSTATUS)0xc0000010)
#define STATUS_ACCESS_DENIED           ((NTSTATUS)0xc0000022)
#define STATUS_PORT_CONNECTION_REFUSED ((NTSTATUS)0xc0000041)
#define STATUS_SHARING_VIOLATION       ((NTSTATUS)0xc0000043)
#define STATUS_INSUFFICIENT_RESOURCES  ((NTSTATUS)0xc000009a)
#define STATUS_DEVICE_NOT_READY        ((NTSTATUS)0xc00000a3)
#define STATUS_NOT_SUPPORTED           ((NTSTATUS)0xc00000bb)
#define STATUS_INVALID_DEVICE_STATE    ((NTSTATUS)0xc0000184)
#define STATUS_DEVICE_BUSY             ((NTSTATUS)0x80000011)

#define _In_
#define _In_opt_
#define _In_reads_(Count)
#define _In_reads_bytes_(Bytes)
#define _In_reads_bytes_opt_(Bytes)
#define _Inout_
#define _Inout_updates_bytes_(Bytes)
#define _Out_
#define _Out_opt_
#define _Out_writes_(Count)
#define _Out_writes_bytes_(Bytes)
#define _Outptr_
#define _Must_inspect_result_
#define _IRQL_requires_(Level)
#define _IRQL_requires_max_(Level)
#define _IRQL_raises_(Level)
#define _Requires_lock_held_(Lock)
