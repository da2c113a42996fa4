/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/*
 * A pager between us and the person: $PAGER, else less. For the command line only, while it has no
 * other child process. Windows has none.
 */
struct atr_pager {
    int process; /* 0: no pager runs */
    int saved_output;
};

/*
 * When standard output is a terminal and a pager is to be had, sends standard output through it.
 * False: output stays as it was. From here on a pager that quits makes writing give END instead of
 * killing us, and Ctrl-C waits until the person has left the pager.
 */
bool atr_pager_start(struct atr_pager *pager);

/* Flushes, waits until the pager is left, and puts standard output back. */
void atr_pager_stop(struct atr_pager *pager);
