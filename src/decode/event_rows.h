/* SPDX-License-Identifier: MIT */
#pragma once

#include "event/event.h"

/* The rows every enter and exit has: before its message is decoded, and after the session learnt.
 */
void atr_event_rows_begin(struct atr_event *event);
void atr_event_rows_end(struct atr_event *event);
