/* SPDX-License-Identifier: MIT */
#include "wire/filter.h"

#include <stddef.h>

enum {
    TYPE_MASK = 0xff,
    DIRECTION_SENT = 1,
    DIRECTION_RECEIVED = 2,
    NOISE_ROWS = 3,
};

/* What a row says about one fact. */
enum match {
    MATCH_NO,
    MATCH_YES,
    MATCH_UNKNOWN,
    MATCH_DOES_NOT_APPLY,
};

/* Rows of one kind, as far as they were looked at. */
struct tally {
    bool is_refused; /* an excluding row matches */
    bool is_unknown;
    bool has_including;
    bool is_included;
};

struct name {
    const uint16_t *text; /* NULL: unknown */
    uint32_t units;
};

static uint16_t
lower(uint16_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? (uint16_t)(unit + ('a' - 'A')) : unit;
}

static struct name
leaf_of(const uint16_t *text, uint32_t units)
{
    uint32_t begin = units;

    if (text == NULL) {
        return (struct name){NULL, 0};
    }
    while (begin > 0 && text[begin - 1] != '\\') {
        begin--;
    }
    return (struct name){text + begin, units - begin};
}

static enum match
match_name(const struct atr_filter_row *row, const struct name *name)
{
    uint32_t units = row->text_units <= ATR_FILTER_TEXT_UNITS ? row->text_units : 0;
    bool is_prefix = units > 0 && row->text[units - 1] == '*';

    if (name->text == NULL) {
        return MATCH_UNKNOWN;
    }
    if (is_prefix) {
        units--;
    }
    if (name->units < units || (!is_prefix && name->units > units)) {
        return MATCH_NO;
    }
    for (uint32_t i = 0; i < units; i++) {
        if (lower(row->text[i]) != lower(name->text[i])) {
            return MATCH_NO;
        }
    }
    return MATCH_YES;
}

static enum match
match_half(const struct atr_filter_row *row, const struct atr_filter_half *half)
{
    bool is_match;

    switch (row->kind) {
    case ATR_FILTER_OPERATION:
        is_match = row->low == half->operation;
        break;
    case ATR_FILTER_TYPE:
        if (!half->is_exit) {
            return MATCH_DOES_NOT_APPLY; /* what a sender left there means nothing */
        }
        if (!half->has_message) {
            return MATCH_UNKNOWN;
        }
        is_match = row->low == (half->message_type & TYPE_MASK);
        break;
    case ATR_FILTER_LENGTH:
        if (!half->has_message) {
            return MATCH_UNKNOWN;
        }
        is_match = row->low <= half->data_length && half->data_length <= row->high;
        break;
    default:
        is_match = row->low == (half->is_exit ? DIRECTION_RECEIVED : DIRECTION_SENT);
        break;
    }
    return is_match ? MATCH_YES : MATCH_NO;
}

static void
count(struct tally *tally, const struct atr_filter_row *row, enum match match)
{
    if (match == MATCH_DOES_NOT_APPLY) {
        return;
    }
    tally->is_unknown = tally->is_unknown || match == MATCH_UNKNOWN;
    if (row->exclude != 0) {
        tally->is_refused = tally->is_refused || match == MATCH_YES;
    } else {
        tally->has_including = true;
        tally->is_included = tally->is_included || match == MATCH_YES;
    }
}

static enum atr_verdict
verdict_of(const struct tally *tally)
{
    if (tally->is_refused) {
        return ATR_VERDICT_REFUSE;
    }
    if (tally->is_unknown) {
        return ATR_VERDICT_UNKNOWN;
    }
    return tally->has_including && !tally->is_included ? ATR_VERDICT_REFUSE : ATR_VERDICT_PASS;
}

/* Both must agree. */
static enum atr_verdict
worse(enum atr_verdict a, enum atr_verdict b)
{
    if (a == ATR_VERDICT_REFUSE || b == ATR_VERDICT_REFUSE) {
        return ATR_VERDICT_REFUSE;
    }
    return a == ATR_VERDICT_UNKNOWN ? a : b;
}

static uint32_t
row_count(const struct atr_filter *filter)
{
    return filter->row_count <= ATR_FILTER_ROWS_MAX ? filter->row_count : 0;
}

static enum atr_verdict
judge_name(const struct atr_filter *filter, uint16_t kind, const struct name *name)
{
    struct tally tally = {0};

    for (uint32_t i = 0; i < row_count(filter); i++) {
        const struct atr_filter_row *row = &filter->rows[i];

        if (row->kind == kind) {
            count(&tally, row, match_name(row, name));
        }
    }
    return verdict_of(&tally);
}

static enum atr_verdict
judge_pid(const struct atr_filter *filter, uint32_t pid)
{
    struct tally tally = {0};

    for (uint32_t i = 0; i < row_count(filter); i++) {
        const struct atr_filter_row *row = &filter->rows[i];

        if (row->kind == ATR_FILTER_PID) {
            count(&tally, row, row->low == pid ? MATCH_YES : MATCH_NO);
        }
    }
    return verdict_of(&tally);
}

enum atr_verdict
atr_filter_process(const struct atr_filter *filter, uint32_t pid, const uint16_t *name,
                   uint32_t units)
{
    struct name leaf = leaf_of(name, units);

    return worse(judge_pid(filter, pid), judge_name(filter, ATR_FILTER_PROCESS_NAME, &leaf));
}

enum atr_verdict
atr_filter_port(const struct atr_filter *filter, const uint16_t *name, uint32_t units)
{
    struct name leaf = leaf_of(name, units);

    return judge_name(filter, ATR_FILTER_PORT_NAME, &leaf);
}

enum atr_verdict
atr_filter_half(const struct atr_filter *filter, const struct atr_filter_half *half)
{
    struct tally tallies[ATR_FILTER_DIRECTION - ATR_FILTER_OPERATION + 1] = {{0}};
    enum atr_verdict verdict = ATR_VERDICT_PASS;

    for (uint32_t i = 0; i < row_count(filter); i++) {
        const struct atr_filter_row *row = &filter->rows[i];

        if (row->kind >= ATR_FILTER_OPERATION && row->kind <= ATR_FILTER_DIRECTION) {
            count(&tallies[row->kind - ATR_FILTER_OPERATION], row, match_half(row, half));
        }
    }
    for (unsigned i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++) {
        verdict = worse(verdict, verdict_of(&tallies[i]));
    }
    return verdict;
}

static bool
is_row_valid(const struct atr_filter_row *row)
{
    bool is_text = row->kind == ATR_FILTER_PROCESS_NAME || row->kind == ATR_FILTER_PORT_NAME;

    if (row->kind < ATR_FILTER_PID || row->kind > ATR_FILTER_DIRECTION || row->exclude > 1 ||
        row->unused != 0 || row->text_units > (is_text ? ATR_FILTER_TEXT_UNITS : 0)) {
        return false;
    }
    switch (row->kind) {
    case ATR_FILTER_LENGTH:
        return row->low <= row->high;
    case ATR_FILTER_DIRECTION:
        return row->low == DIRECTION_SENT || row->low == DIRECTION_RECEIVED;
    default:
        return true;
    }
}

bool
atr_filter_valid(const struct atr_filter *filter)
{
    if (filter->row_count > ATR_FILTER_ROWS_MAX || filter->inherit > 1) {
        return false;
    }
    for (uint32_t i = 0; i < filter->row_count; i++) {
        if (!is_row_valid(&filter->rows[i])) {
            return false;
        }
    }
    return true;
}

void
atr_filter_default(struct atr_filter *filter)
{
    static const struct {
        uint16_t kind;
        char text[14];
    } noise[NOISE_ROWS] = {
        {ATR_FILTER_PROCESS_NAME, "MsMpEng.exe"},
        {ATR_FILTER_PROCESS_NAME, "MpCmdRun.exe"},
        {ATR_FILTER_PORT_NAME, "CoreMessag*"},
    };

    uint8_t *bytes = (uint8_t *)filter;

    for (uint32_t i = 0; i < sizeof(*filter); i++) {
        bytes[i] = 0;
    }
    filter->row_count = NOISE_ROWS;
    for (uint32_t i = 0; i < NOISE_ROWS; i++) {
        struct atr_filter_row *row = &filter->rows[i];

        row->kind = noise[i].kind;
        row->exclude = 1;
        while (noise[i].text[row->text_units] != '\0') {
            row->text[row->text_units] = (uint8_t)noise[i].text[row->text_units];
            row->text_units++;
        }
    }
}
