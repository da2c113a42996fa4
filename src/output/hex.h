/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"
#include "base/text.h"

#include <stdint.h>

/* Sixteen bytes a line: indent, offset, bytes, printable ASCII. Says when bytes were cut. */
void atr_hex_write(struct atr_text *text, struct atr_bytes bytes, uint64_t original_bytes,
                   unsigned indent);
