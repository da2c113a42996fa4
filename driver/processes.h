/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Verdicts on processes, made once when one is first seen and looked up without a lock; records of
 * processes, threads and images that come and go; and the end of the session's owner.
 */

#include "session.h"

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrProcessesCreate(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrProcessesDestroy(VOID);

/* Watches for the driver's whole life. */
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrProcessesWatch(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrProcessesUnwatch(VOID);

/* Judges everybody there is. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrProcessesJudge(_In_ const struct atr_filter *Filter);

/* By what was judged; a process nobody has seen begin is unknown. */
_IRQL_requires_max_(APC_LEVEL) enum atr_verdict AtrProcessesVerdict(_In_ ULONG Pid);
