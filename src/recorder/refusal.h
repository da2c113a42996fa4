/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"

/*
 * Replaces what the system said by what it means here and what helps, when error->os_code is a
 * known refusal of the driver (an NTSTATUS) or of the system (a Win32 error).
 */
void atr_refusal_explain(struct atr_error *error);
