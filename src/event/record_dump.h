/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/event.h"

/*
 * A record as JSON members, field by field as docs/format.md names them and as they are stored:
 * `"kind":5,"name":"port",...,"fields":{...},"parts":[...]`. For comparing readers, not for people.
 * Unknown kinds give `"kind":N,"size":N`.
 */
void atr_record_dump_header(struct atr_text *text, const struct atr_event *event);
void atr_record_dump_fields(struct atr_text *text, const struct atr_event *event);
bool atr_record_dump_is_known(const struct atr_event *event);
