/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"

/*
 * The text log of the WinDbg script that stops at NtAlpcSendWaitReceivePort: who called, on which
 * port, the message as a hex dump, the call stack. A call's start is an ENTER, its return an EXIT
 * with the status unknown (flag DEFERRED). An exit paired with its entry by nothing but the order
 * of the log is DERIVED and counts as unpaired. A call the script skipped on purpose is REDACTED.
 *
 * The log names no thread and no time; flags of the call and PORT_MESSAGE are not in it.
 */
extern const struct atr_capture_ops atr_windbg_source;
