/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"

/*
 * Trace files (docs/format.md), also after other pcapng tools had them: without seals, index and
 * statistics, with folded interfaces, or cut out of a longer one. Several sections in one file are
 * several captures: times are compared within a section only.
 */
extern const struct atr_capture_ops atr_trace_file_source;
