/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/ndr_view.h"

#include <stddef.h>

/*
 * The arguments on one line, for people: <NDR64? 120 B "Please wait...">. The syntax, with ? when
 * it was judged by the bytes; the size; the values, at most 8; how much was captured when not all
 * was. Guesses of little trust are left out. Strings are cut after string_max characters (0:
 * never). No bytes at all give no text.
 */
void atr_ndr_text(struct atr_text *out, const struct atr_ndr_view *view, size_t string_max);
