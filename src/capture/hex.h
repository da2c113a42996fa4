/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"

/*
 * Message payloads as text: hex digits or the output of a dump tool (base/hex.h). A blank line
 * stands between two messages; where the beginning of the file has neither blank lines nor dumps,
 * every line is a message. Each is an ENTER that has a payload and knows nothing else.
 */
extern const struct atr_capture_ops atr_hex_source;
