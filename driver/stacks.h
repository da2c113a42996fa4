/* SPDX-License-Identifier: MIT */
#pragma once

#include "half.h"

/* Frames of the calling thread, as the session wants them, right behind the call's struct. */
_IRQL_requires_max_(APC_LEVEL) VOID AtrStacksAdd(_Inout_ PATR_HALF Half);
