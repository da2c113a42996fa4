/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the pin calls before and after each wrapped service, inside a critical region: judges,
 * counts and records the two halves of a call. Never waits, never allocates, and whatever fails
 * costs the record, not the call.
 */

#include "pin.h"

ATR_PIN_PRE AtrCapturePre;
ATR_PIN_POST AtrCapturePost;
