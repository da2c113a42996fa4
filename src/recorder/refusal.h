/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"

/* The driver's NTSTATUS when it has no session to give: both may pass. */
#define ATR_REFUSAL_TAKEN  0xc0000043u
#define ATR_REFUSAL_ENDING 0x80000011u

/*
 * Replaces what the system said by what it means here and what helps, when error->os_code is a
 * known refusal of the driver (an NTSTATUS) or of the system (a Win32 error).
 */
void atr_refusal_explain(struct atr_error *error);
