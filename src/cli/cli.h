/* SPDX-License-Identifier: MIT */
#pragma once

#include "alpctrace/alpctrace.h"
#include "cli/options.h"
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
    struct atr_output output; /* writes to standard output */
    struct atr_words words;
};

/* pages: long text for people; a pager may be used. no_pager is the user's word. */
void cli_open(struct cli *cli, bool pages, bool no_pager);

/* Flushes, ends the pager, prints words when result asks for them; gives the exit status. */
int cli_close(struct cli *cli, enum atr_result result);

/* auto, always, never; NULL is auto. False: neither (words say so). */
bool cli_color(const struct cli *cli, const char *when, bool *wanted);

/* One table of verbs, one file a verb. */
extern const struct command command_show;
extern const struct command command_tree;
extern const struct command command_ports;
extern const struct command command_import;
extern const struct command command_check;
extern const struct command command_decode;
extern const struct command command_fields;
