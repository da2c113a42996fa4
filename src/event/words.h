/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/event.h"

#include <stdint.h>

/* Words for the numbers every stage prints. */

/* "NtAlpcSendWaitReceivePort"; "unknown service" for numbers we do not know. */
const char *atr_operation_text(uint16_t operation);

/* "request", "reply", ... for the low byte of PORT_MESSAGE.Type; NULL unknown. */
const char *atr_message_type_text(uint16_t type);

const char *atr_role_text(enum atr_role role);

/* "ring full"; "unknown cause" for numbers we do not know. */
const char *atr_drop_cause_text(uint16_t cause);

/* "-- lost 12 events (ring full) --" and marks, one line each; nothing for counters of 0. */
void atr_notice_write(struct atr_text *text, const struct atr_event *event);
