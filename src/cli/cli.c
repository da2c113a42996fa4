/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "platform/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

static void
clear_progress(struct cli *cli)
{
    if (cli->progress_shown) {
        (void)fputs("\r\033[K", stderr);
        cli->progress_shown = false;
    }
}

static bool
write_stdout(void *context, const char *text, size_t size_bytes)
{
    struct cli *cli = context;
    struct atr_error error;
    enum atr_status status;

    if (cli->terminal.out.is_terminal) {
        clear_progress(cli);
    }
    if (cli->out == NULL) {
        return false;
    }
    status = atr_file_write(cli->out, text, size_bytes, &error);
    if (status != ATR_OK && status != ATR_END) {
        cli->failure = error;
    }
    return status == ATR_OK;
}

static void
show_progress(void *context, uint64_t done_bytes, uint64_t total_bytes, uint64_t events)
{
    struct cli *cli = context;
    uint64_t now_ns = atr_clock_monotonic_ns();

    if (!cli->terminal.err.is_terminal || cli->paging || now_ns - cli->started_ns < NS_PER_SECOND ||
        now_ns - cli->told_ns < NS_PER_SECOND / 5) {
        return;
    }
    cli->told_ns = now_ns;
    if (total_bytes != 0) {
        (void)fprintf(stderr, "\r%3" PRIu64 " %%  %" PRIu64 " events\033[K",
                      done_bytes * 100 / total_bytes, events);
    } else {
        (void)fprintf(stderr, "\r%" PRIu64 " MB  %" PRIu64 " events\033[K", done_bytes / 1000000,
                      events);
    }
    (void)fflush(stderr);
    cli->progress_shown = true;
}

void
cli_open(struct cli *cli, bool pages, bool no_pager)
{
    struct atr_heap heap = atr_heap_default();

    *cli = (struct cli){.output = {write_stdout, show_progress, NULL}};
    cli->output.context = cli;
    cli->started_ns = atr_clock_monotonic_ns();
    atr_terminal_open(&cli->terminal);
    if (pages && !no_pager && cli->terminal.out.is_terminal) {
        cli->paging = atr_pager_start(&cli->pager);
    }
    if (atr_file_create(&cli->out, "-", &heap, &cli->failure) != ATR_OK) {
        cli->out = NULL;
    }
}

int
cli_close(struct cli *cli, enum atr_result result)
{
    clear_progress(cli);
    atr_file_close(cli->out);
    if (cli->paging) {
        atr_pager_stop(&cli->pager);
    }
    if (cli->failure.status != ATR_OK) {
        result = ATR_RESULT_NOTHING;
        (void)snprintf(cli->words.text, sizeof(cli->words.text), "%s", cli->failure.text);
    }
    if (result != ATR_RESULT_OK && cli->words.text[0] != '\0') {
        (void)fprintf(stderr, "alpctrace: %s\n", cli->words.text);
    }
    atr_terminal_close(&cli->terminal);
    return (int)result;
}

bool
cli_color_fits(const char *when)
{
    return when == NULL || strcmp(when, "auto") == 0 || strcmp(when, "always") == 0 ||
           strcmp(when, "never") == 0;
}

bool
cli_color(const struct cli *cli, const char *when)
{
    return when == NULL || strcmp(when, "auto") == 0 ? cli->terminal.out.wants_colour
                                                     : strcmp(when, "always") == 0;
}
