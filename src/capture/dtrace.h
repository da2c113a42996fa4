/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"

/*
 * The text log of the DTrace script for NtAlpcSendWaitReceivePort: who called, on which port, who
 * owns it and who is its client. Every call is an ENTER without content; returns are not in it.
 *
 * The script prints a caller's image and the address of its process object, but no pid. The pid is
 * known when just one of owner and client has the caller's image, or once such an event told it.
 */
extern const struct atr_capture_ops atr_dtrace_source;
