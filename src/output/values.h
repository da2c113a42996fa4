/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/fields.h"

#include <stdbool.h>
#include <stdint.h>

/* The decoded values of an event, written three ways from the same rows. */

/* {"type":0,"call_id":2,...}: exact 64-bit integers, valid UTF-8. */
void atr_values_json(struct atr_text *text, const struct atr_value *root);

/* The members of root as `"key":value,...` without braces. */
void atr_values_json_members(struct atr_text *text, const struct atr_value *root);

/* One value a line, "key: value", objects indented. */
void atr_values_write(struct atr_text *text, const struct atr_value *root, unsigned indent,
                      uint32_t string_max);

/* One value for people: numbers, "text", uuid; no name. */
void atr_value_write(struct atr_text *text, const struct atr_value *value, uint32_t string_max);

/* "2024-05-02 10:02:11.204518" in UTC from 100 ns since 1601. */
void atr_filetime_write(struct atr_text *text, uint64_t time_100ns);
