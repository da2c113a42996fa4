/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What the command line has to know about where its output goes. The library calls none of this.
 * Ask before a pager starts: behind it standard output is a pipe, though a person still reads it.
 */
struct atr_terminal_stream {
    bool is_terminal;
    bool wants_colour; /* NO_COLOR, CLICOLOR_FORCE and TERM=dumb are heard, in this order */
    unsigned columns;  /* 0: unknown or no terminal */
    bool mode_changed; /* the rest is for atr_terminal_close */
    uint32_t saved_mode;
};

struct atr_terminal {
    struct atr_terminal_stream out;
    struct atr_terminal_stream err;
    uint32_t saved_code_page; /* 0: not changed */
};

/*
 * Finds out and prepares: on Windows a console then takes UTF-8 and escape sequences, and standard
 * input and output pass bytes as they are, so that output is the same on every system.
 */
void atr_terminal_open(struct atr_terminal *terminal);

/* Gives a console back as it was found. */
void atr_terminal_close(const struct atr_terminal *terminal);

/* The rule behind wants_colour; the texts are the variables' values, NULL when they are not set. */
bool atr_terminal_colour_rule(bool can_show, const char *no_color, const char *clicolor_force,
                              const char *term);
