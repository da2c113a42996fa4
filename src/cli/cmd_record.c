/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/str.h"
#include "cli/record_options.h"
#include "recorder/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the status line needs beside the options. */
struct watch {
    struct cli cli;
    const char *path;
    bool quiet;
    uint64_t last_events;
    uint64_t last_ns;
};

#define NS_PER_SECOND UINT64_C(1000000000)

/* One line that is rewritten: for a person. A log gets the last one only. */
static void
show_progress(void *context, const struct atr_record_progress *progress)
{
    struct watch *watch = context;
    uint64_t span_ns = progress->elapsed_ns - watch->last_ns;
    uint64_t per_second =
        span_ns == 0 ? 0 : (progress->events - watch->last_events) * 1000 / (span_ns / 1000000 + 1);

    watch->last_ns = progress->elapsed_ns;
    watch->last_events = progress->events;
    if (watch->quiet) {
        return;
    }
    if (progress->is_first) {
        (void)fprintf(stderr, "alpctrace: recording to %s (Ctrl-C ends it)\n", watch->path);
        if (progress->unwrapped != 0) {
            (void)fprintf(stderr,
                          "alpctrace: %" PRIu32 " services cannot be recorded here "
                          "(alpctrace driver status tells why)\n",
                          progress->unwrapped);
        }
    } else if (watch->cli.terminal.err.is_terminal) {
        (void)fprintf(stderr,
                      "\r%" PRIu64 " s  %" PRIu64 " events  %" PRIu64 "/s  %" PRIu64
                      " lost  %.1f MB\033[K",
                      progress->elapsed_ns / NS_PER_SECOND, progress->events, per_second,
                      progress->lost, (double)progress->bytes / 1e6);
    }
    (void)fflush(stderr);
    watch->cli.progress_shown = !progress->is_first && watch->cli.terminal.err.is_terminal;
}

static void
show_summary(const struct atr_record_report *report)
{
    if (report->stop[0] != '\0') {
        (void)fprintf(stderr, "alpctrace: %s: ", report->stop);
    } else {
        (void)fprintf(stderr, "alpctrace: ");
    }
    (void)fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " lost, %.1f MB", report->events,
                  report->lost, (double)report->bytes / 1e6);
    if (report->files > 1) {
        (void)fprintf(stderr, " in %u files", (unsigned)report->files);
    }
    (void)fprintf(stderr, "\n");
}

/* A reader that went away has had enough: no failure. */
static enum atr_result
result_of(const struct atr_record_report *report, struct cli *cli)
{
    if (report->status != ATR_OK && report->status != ATR_END) {
        (void)snprintf(cli->words.text, sizeof(cli->words.text), "%s", report->error.text);
        if (report->status == ATR_FULL && report->has_recorded) {
            (void)snprintf(cli->words.text, sizeof(cli->words.text),
                           "%.300s; what was recorded before is readable", report->error.text);
        }
        return report->has_recorded ? ATR_RESULT_DAMAGED : ATR_RESULT_NOTHING;
    }
    if (report->malformed != 0) {
        (void)snprintf(cli->words.text, sizeof(cli->words.text),
                       "%" PRIu64 " records of the driver made no sense and were left out",
                       report->malformed);
        return ATR_RESULT_DAMAGED;
    }
    if (report->lost != 0) {
        (void)snprintf(cli->words.text, sizeof(cli->words.text),
                       "%" PRIu64 " events were lost (try a larger --ring-size, a filter, or "
                       "--stacks none)",
                       report->lost);
        return ATR_RESULT_DAMAGED;
    }
    return ATR_RESULT_OK;
}

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct record_values *record = values;
    struct atr_heap heap = atr_heap_default();
    struct atr_record_options options;
    struct atr_record_report report;
    uint32_t pids[OPTION_LIST_MAX];
    struct watch watch = {.quiet = record->quiet};

    if (!record_options_fill(&options, record, pids, "record")) {
        return ATR_RESULT_USAGE;
    }
    options.program = operands;
    options.program_words = operand_count;
    options.progress = show_progress;
    options.context = &watch;
    cli_open(&watch.cli, false, true);
    watch.path = strcmp(options.path, "-") == 0 ? "standard output" : options.path;
    atr_record(&options, &heap, &report);
    if (report.has_recorded && !record->quiet) {
        if (watch.cli.progress_shown) {
            (void)fputs("\r\033[K", stderr);
            watch.cli.progress_shown = false;
        }
        show_summary(&report);
    }
    return cli_close(&watch.cli, result_of(&report, &watch.cli));
}

const struct command command_record = {
    .name = "record",
    .arguments = "-o FILE [-- PROGRAM ARGS]",
    .summary = "record what processes say to each other now (Windows)",
    .details =
        "Needs an administrator and a machine that is prepared (docs/howto/windows.md). Loads the\n"
        "driver when it is not loaded. Options of one kind are alternatives; of two kinds both\n"
        "must fit. A TYPE is request, reply, datagram, lost-reply, port-closed, client-died,\n"
        "connection-request, canceled or a number. With a PROGRAM, it and its children are\n"
        "recorded until it ends. Left out unless --no-default-filter: MsMpEng.exe,\n"
        "MpCmdRun.exe, ports CoreMessag*.",
    .options = record_option_rows,
    .option_count = RECORD_OPTION_COUNT,
    .operands_min = 0,
    .operands_max = SIZE_MAX,
    .run = run,
};
