/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/cursor.h"
#include "base/status.h"
#include "event/event.h"

#include <stddef.h>
#include <stdint.h>

/*
 * C structures as tables: one row a member, read in order, each at its natural alignment as the
 * compilers of Windows place it. The same table thus serves 64-bit and 32-bit senders. Alignment
 * counts from the start of the cursor.
 */
enum atr_layout_kind {
    ATR_LAYOUT_U8,
    ATR_LAYOUT_U16,
    ATR_LAYOUT_U32,
    ATR_LAYOUT_U64,
    ATR_LAYOUT_POINTER,   /* also handles, sizes and ids as wide as pointers */
    ATR_LAYOUT_TAGGED,    /* a handle; extra: row of its two low bits */
    ATR_LAYOUT_UNICODE,   /* UNICODE_STRING, an object row */
    ATR_LAYOUT_WTEXT,     /* UTF-16 in room for extra units, up to a NUL */
    ATR_LAYOUT_WTEXT_LEN, /* the same, as long as the number before it says, in bytes */
    ATR_LAYOUT_ATEXT_LEN, /* 8-bit characters in room for extra */
    ATR_LAYOUT_BYTES,     /* extra bytes */
    ATR_LAYOUT_SEEK,      /* go to offset extra; no row */
};

struct atr_layout {
    uint16_t field; /* enum atr_field; NONE reads without writing */
    uint8_t kind;
    uint16_t extra;
};

/* Both spellings of a table in an argument list. */
#define ATR_LAYOUT(table) (table), ATR_COUNT(table)

/*
 * Writes a row for every member, up to the first that is not all there. Returns the cursor's
 * status; a text longer than its room is cut and told as a problem.
 */
enum atr_status atr_layout_decode(struct atr_cursor *cur, unsigned pointer_bytes,
                                  const struct atr_layout *table, size_t count,
                                  struct atr_event *event);

/* Bits and their names; bits without one are left out of the list. */
struct atr_flag_name {
    uint32_t bit;
    const char *name;
};

void atr_layout_flags(struct atr_fields *fields, enum atr_field list, uint32_t value,
                      const struct atr_flag_name *names, size_t count);

/*
 * The end of every decoder here: writes the rest of the bytes as `trailing`, tells a cut as
 * `error`, and turns a full arena into LIMIT.
 */
enum atr_status atr_layout_finish(struct atr_cursor *cur, struct atr_event *event);
