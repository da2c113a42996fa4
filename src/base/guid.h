/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ATR_GUID_BYTES = 16,
    ATR_GUID_TEXT_BYTES = 37
}; /* text with its NUL */

/* A UUID as Windows lays it out in memory: u32, u16, u16 little-endian, then 8 bytes. */
struct atr_guid {
    uint8_t bytes[ATR_GUID_BYTES];
};

bool atr_guid_equal(const struct atr_guid *a, const struct atr_guid *b);
bool atr_guid_is_null(const struct atr_guid *guid);

/* Order of the text form, which is the order of the name tables. */
int atr_guid_compare(const struct atr_guid *a, const struct atr_guid *b);

/* Writes "3bdb59a0-d736-4d44-9074-c1ee00000003" and a NUL. */
void atr_guid_format(const struct atr_guid *guid, char out[ATR_GUID_TEXT_BYTES]);

/* Accepts the form above, either case, with or without braces; false when text is no GUID. */
bool atr_guid_parse(struct atr_str text, struct atr_guid *out);
