/* SPDX-License-Identifier: MIT */
#pragma once

#include "alpctrace/alpctrace.h"
#include "base/status.h"
#include "cli/options.h"
#include "platform/file.h"
#include "platform/pager.h"
#include "platform/terminal.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What every verb shares: standard output with its terminal, colours and pager; the progress line
 * on standard error for work that takes over a second; one line of words at the end.
 */
struct cli {
    struct atr_terminal terminal;
    struct atr_pager pager;
    bool paging;
    uint64_t started_ns;
    uint64_t told_ns;
    bool progress_shown;
    struct atr_file *out;     /* standard output, behind the pager */
    struct atr_error failure; /* of writing to it; a reader that went away is none */
    struct atr_output output; /* writes to out */
    struct atr_words words;
};

/* pages: long text for people; a pager may be used. no_pager is the user's word. */
void cli_open(struct cli *cli, bool pages, bool no_pager);

/*
 * Ends the pager, prints words when result asks for them; gives the exit status. Output that could
 * not be written makes that ATR_RESULT_NOTHING.
 */
int cli_close(struct cli *cli, enum atr_result result);

/* auto, always, never; NULL is auto. Before cli_open: false when it is none of them. */
bool cli_color_fits(const char *when);
bool cli_color(const struct cli *cli, const char *when);

/* One table of verbs, one file a verb. */
extern const struct command command_show;
extern const struct command command_tree;
extern const struct command command_ports;
extern const struct command command_import;
extern const struct command command_check;
extern const struct command command_decode;
extern const struct command command_fields;
extern const struct command command_record;
extern const struct command command_driver;
extern const struct command command_service;
