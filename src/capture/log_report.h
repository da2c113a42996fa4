/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"
#include "capture/log_state.h"
#include "capture/text_input.h"

#include <stdint.h>

/* What a text log's source says about the health of its input. Zeroed: nothing to complain of. */
struct atr_log_trouble {
    uint64_t count;
    uint64_t line;    /* the first one */
    uint64_t offset;  /* of that line */
    const char *what; /* constant text */
};

struct atr_log_health {
    struct atr_log_trouble skipped; /* lines nobody understood: noise of a console, mostly */
    struct atr_log_trouble damage;  /* lines that contradict their neighbours, or were cut */
    uint64_t unpaired;
    uint64_t cut_events;
};

void atr_log_trouble_add(struct atr_log_trouble *trouble, const struct atr_text_line *line,
                         const char *what);

/*
 * A damaged log has the first damage in report->problem. One that is sound but for lines that were
 * skipped has the first of those there, and damaged stays false.
 */
void atr_log_report(const struct atr_log_health *health, const struct atr_log_state *log,
                    const struct atr_text_input *input, struct atr_capture_report *report);
