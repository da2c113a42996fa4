/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"

#include <stddef.h>

/* UTF-8 to what the system's W functions take and back; NULL when it is no UTF-8 or out of memory.
 */
wchar_t *atr_wide_from_utf8(const struct atr_heap *heap, const char *text);
char *atr_wide_to_utf8(const struct atr_heap *heap, const wchar_t *wide);
