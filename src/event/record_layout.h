/* SPDX-License-Identifier: MIT */
#pragma once

#include "event/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fields of every record kind in order, for the files of this module only. */
enum atr_layout_type {
    ATR_LAYOUT_U8,
    ATR_LAYOUT_U16,
    ATR_LAYOUT_U32,
    ATR_LAYOUT_U64,
    ATR_LAYOUT_GUID,
    ATR_LAYOUT_STR,      /* u32 size, bytes */
    ATR_LAYOUT_FRAMES,   /* u32 count, frames */
    ATR_LAYOUT_COUNTERS, /* u32 count, drop counters */
    ATR_LAYOUT_REST,     /* all bytes up to the end */
};

/* What a field is when the record ends before it. */
enum atr_layout_missing {
    ATR_LAYOUT_ZERO,
    ATR_LAYOUT_ONES,
    ATR_LAYOUT_MIN, /* of a signed number */
};

struct atr_layout_field {
    uint16_t offset;    /* in struct atr_event */
    uint8_t type;       /* enum atr_layout_type */
    uint8_t size_bytes; /* on the wire; 0 for the types without a fixed size */
    uint8_t missing;    /* enum atr_layout_missing */
    const char *name;
};

struct atr_layout {
    const struct atr_layout_field *fields;
    uint8_t field_count;
    uint8_t fixed_bytes; /* of a kind with parts: all fields, which have fixed sizes; else 0 */
};

enum {
    ATR_LAYOUT_U8_BYTES = 1,
    ATR_LAYOUT_U16_BYTES = 2,
    ATR_LAYOUT_U32_BYTES = 4,
    ATR_LAYOUT_U64_BYTES = 8,
    ATR_LAYOUT_GUID_BYTES = 16,
    ATR_LAYOUT_STR_BYTES = 0,
    ATR_LAYOUT_FRAMES_BYTES = 0,
    ATR_LAYOUT_COUNTERS_BYTES = 0,
    ATR_LAYOUT_REST_BYTES = 0,

    ATR_LAYOUT_FRAME_BYTES = 20,
    ATR_LAYOUT_COUNTER_BYTES = 12,
};

/* NULL: unknown kind. */
const struct atr_layout *atr_layout_find(uint8_t kind);

static inline bool
atr_layout_has_parts(const struct atr_layout *layout)
{
    return layout->fixed_bytes != 0;
}
