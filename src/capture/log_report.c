/* SPDX-License-Identifier: MIT */
#include "capture/log_report.h"

#include <inttypes.h>

void
atr_log_trouble_add(struct atr_log_trouble *trouble, const struct atr_text_line *line,
                    const char *what)
{
    if (trouble->count++ == 0) {
        trouble->line = line->number;
        trouble->offset = line->offset;
        trouble->what = what;
    }
}

void
atr_log_report(const struct atr_log_health *health, const struct atr_log_state *log,
               const struct atr_text_input *input, struct atr_capture_report *report)
{
    bool is_damaged = health->damage.count > 0;
    const struct atr_log_trouble *first = is_damaged ? &health->damage : &health->skipped;

    *report = (struct atr_capture_report){
        .damaged = is_damaged,
        .records = log->records,
        .events = log->events,
        .cut_events = health->cut_events,
        .skipped = health->skipped.count,
        .unpaired = health->unpaired,
        .input_bytes = input->offset,
    };
    if (first->count > 0) {
        report->problem_offset = first->offset;
        (void)atr_error_set(&report->problem, is_damaged ? ATR_MALFORMED : ATR_UNSUPPORTED,
                            "line %" PRIu64 ": %s", first->line, first->what);
    }
}
