/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/cursor.h"
#include "base/status.h"
#include "event/event.h"
#include "event/ndr_view.h"

#include <stdint.h>

/*
 * NDR values of known type, one after the other (ndr 2). The syntax sets the width of counts and
 * referent ids; alignment counts from the first NDR byte, which is where the cursor starts.
 *
 * After a failed read the cursor's status sticks, as ever. TRUNCATED: the value lies in the
 * message, but we captured less. MALFORMED: its counts contradict each other or the message.
 * `error` then says it in one word.
 */
struct atr_ndr_reader {
    struct atr_cursor cur;
    uint64_t original_bytes; /* of the NDR before any cut */
    enum atr_syntax syntax;  /* NDR20; anything else reads as NDR64 */
    struct atr_arena *arena; /* for texts */
    const char *error;       /* "string_overrun", "truncated", "malformed"; NULL: none */
};

/* A type given by hand. */
struct atr_ndr_param {
    enum atr_ndr_kind kind;
    uint32_t size_bytes; /* of BYTES */
};

enum {
    ATR_NDR_PARAMS_MAX = 64
};

/* Starts at the view's parameters. */
struct atr_ndr_reader atr_ndr_reader_make(const struct atr_ndr_view *view, enum atr_syntax syntax,
                                          struct atr_arena *arena);

/* out gets what was read also when the end of a string was cut off by the capture. */
ATR_NODISCARD enum atr_status atr_ndr_read(struct atr_ndr_reader *reader,
                                           struct atr_ndr_param param, struct atr_ndr_item *out);

/*
 * Reads the whole list and makes its values the view's items; values before a failure are kept, and
 * view->error tells it. With no syntax in the view both are tried: the one that reads all of the
 * list, then the one that leaves fewer bytes, is taken and graded a guess.
 */
enum atr_status atr_ndr_params_read(struct atr_arena *arena, struct atr_ndr_view *view,
                                    const struct atr_ndr_param *params, uint32_t count);

/* Parses "ptr,wstring,u16,u32,bytes:24". ARG with words for people, out untouched. */
ATR_NODISCARD enum atr_status atr_ndr_params_parse(struct atr_str text,
                                                   struct atr_ndr_param out[ATR_NDR_PARAMS_MAX],
                                                   uint32_t *count, struct atr_error *error);

/*
 * A BSTR is a FLAGGED_WORD_BLOB: maximum (units), bytes (all ones: null), units, characters
 * (MS-OAUT 2.2.23). Whether these counts can be one's.
 */
bool atr_ndr_bstr_counts_fit(uint64_t max, uint32_t size_bytes, uint32_t units);

/* Writes the view as rows: its syntax, the list of values, the error (ndr_fields.c). */
void atr_ndr_fields(struct atr_event *event, const struct atr_ndr_view *view);
