/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is known of ports. In the path: a reference, a look-up by address, the reference given back.
 * A port seen for the first time keeps its reference in a bounded queue, and the worker asks for
 * its facts and writes them as a record.
 *
 * A key (an address) is one port only together with its generation: it starts anew with every
 * create, connect or accept that gives an object at that address, and when what the object points
 * at no longer agrees with what was seen. The cache holds no references.
 */

#include "half.h"

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AtrPortsCreate(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrPortsDestroy(VOID);

/* Key, generation and verdict of the port behind Call->Handle, into Half. */
_IRQL_requires_max_(APC_LEVEL) enum atr_verdict AtrPortsResolve(_Inout_ PATR_HALF Half);

/* Verdict on a port met before; sets IsPortKnown. */
_IRQL_requires_max_(APC_LEVEL) enum atr_verdict AtrPortsJudge(_Inout_ PATR_HALF Half);

/* The service succeeded and gave a port: a new generation, with what the call itself tells. */
_IRQL_requires_max_(APC_LEVEL) VOID AtrPortsMade(_Inout_ PATR_HALF Half);

/* Worker: asks for the facts of what is queued and writes them. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AtrPortsTurn(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane);

/* Forgets the ports of a process that is gone, and tells of their end. */
_IRQL_requires_max_(APC_LEVEL) VOID
    AtrPortsForget(_In_ PATR_SESSION Session, _In_ PATR_LANE Lane, _In_ ULONG OwnerPid);
