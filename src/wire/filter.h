/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What is worth recording, judged in the kernel: a fixed table of conditions, no program. Rows of
 * one kind are alternatives, kinds must all agree, an excluding row that matches refuses. A kind
 * without including rows lets everything pass. Unknown facts pass: the recorder judges again.
 *
 * Names are compared without case for ASCII only; other letters must be equal.
 *
 * Verdicts on processes and ports are made once, when the object is first seen, and kept with it.
 */

enum {
    ATR_FILTER_ROWS_MAX = 64,
    ATR_FILTER_TEXT_UNITS = 64, /* UTF-16 */
};

enum atr_filter_kind {
    ATR_FILTER_PID = 1,          /* low */
    ATR_FILTER_PROCESS_NAME = 2, /* leaf; a trailing '*' makes it a prefix */
    ATR_FILTER_PORT_NAME = 3,    /* last component; a trailing '*' makes it a prefix */
    ATR_FILTER_OPERATION = 4,    /* low: enum atr_operation */
    ATR_FILTER_TYPE = 5,         /* low: message type & 0xff; received messages only */
    ATR_FILTER_LENGTH = 6,       /* low..high: data length */
    ATR_FILTER_DIRECTION = 7,    /* low: 1 sent (enter), 2 received (exit) */
};

struct atr_filter_row {
    uint16_t kind; /* enum atr_filter_kind */
    uint16_t exclude;
    uint32_t low;
    uint32_t high;
    uint16_t text_units;
    uint16_t unused;
    uint16_t text[ATR_FILTER_TEXT_UNITS];
};

struct atr_filter {
    uint32_t row_count;
    uint32_t inherit; /* children of a recorded process are recorded */
    struct atr_filter_row rows[ATR_FILTER_ROWS_MAX];
};

_Static_assert(sizeof(struct atr_filter_row) == 144, "shared layout");
_Static_assert(sizeof(struct atr_filter) == 8 + 64 * 144, "shared layout");

enum atr_verdict {
    ATR_VERDICT_UNKNOWN, /* a fact is missing: record, mark, judge again later */
    ATR_VERDICT_PASS,
    ATR_VERDICT_REFUSE,
};

/* One half of a call, as far as it is known before anything is copied. */
struct atr_filter_half {
    uint16_t operation;
    uint16_t message_type;
    uint32_t data_length;
    bool has_message; /* type and length are facts */
    bool is_exit;
};

/* What a listing of everything drowns in: the virus scanner and the input stack. Rows to show. */
void atr_filter_default(struct atr_filter *filter);

/*
 * False: not a filter this version understands (counts, kinds, text lengths). The
 * judges below are bounded whatever is in the filter.
 */
bool atr_filter_valid(const struct atr_filter *filter);

/* Names are UTF-16, NULL when unknown; a path is judged by what follows its last backslash. */
enum atr_verdict atr_filter_process(const struct atr_filter *filter, uint32_t pid,
                                    const uint16_t *name, uint32_t units);
enum atr_verdict atr_filter_port(const struct atr_filter *filter, const uint16_t *name,
                                 uint32_t units);
enum atr_verdict atr_filter_half(const struct atr_filter *filter,
                                 const struct atr_filter_half *half);
