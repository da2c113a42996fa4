/* SPDX-License-Identifier: MIT */
#pragma once

#include "os.h"

/* RtlWalkFrameChain, which may fault on a damaged stack: 0 frames then. */
_IRQL_requires_max_(APC_LEVEL) ULONG NTAPI
    AtrGuardedWalkFrames(_Out_writes_(Max) PULONG64 Frames, _In_ ULONG Max, _In_ ULONG Flags);
