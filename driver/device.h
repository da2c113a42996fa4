/* SPDX-License-Identifier: MIT */
#pragma once

/* The requests of wire/device.h, freed of IRPs: one buffer in and out, every length checked. */

#include "os.h"

/* One open handle. */
typedef struct _ATR_CLIENT {
    BOOLEAN IsAdmin;
} ATR_CLIENT, *PATR_CLIENT;

typedef struct _ATR_REQUEST {
    const ATR_CLIENT *Client;
    PVOID Process; /* of the caller; only compared */
    ULONG Code;
    ULONG InBytes;
    ULONG OutBytes;
    PVOID Buffer; /* input; output goes to the same place */
    ULONG_PTR Written;
} ATR_REQUEST, *PATR_REQUEST;

/*
 * STATUS_INVALID_DEVICE_REQUEST  no such request
 * STATUS_ACCESS_DENIED           not an administrator, or not the session's owner
 * STATUS_INFO_LENGTH_MISMATCH    a buffer of another size than the request's
 * STATUS_REVISION_MISMATCH       another version of tool, driver or pin
 * STATUS_INVALID_PARAMETER       a value that makes no sense
 * STATUS_INVALID_DEVICE_STATE    not now: START twice, STOP of nothing
 * STATUS_SHARING_VIOLATION       there is a session: its owner has it alone
 * STATUS_DEVICE_BUSY             the last session is ending
 * STATUS_DEVICE_NOT_READY        no pin
 * STATUS_INSUFFICIENT_RESOURCES  no memory
 * or why AtrHookArm would not wrap.
 */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrDeviceControl(_Inout_ PATR_REQUEST Request);

/* The handle is gone, and with it the session if it was this one's. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrDeviceClosed(_In_ const ATR_CLIENT *Client);

/* The worker's turn: once a second, and when woken. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrDeviceTurn(VOID);
