/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Small steps through a line of a text log. `at` is what is left of the line. */

/* Steps over literal when the line goes on with it. */
bool atr_scan_eat(struct atr_str *at, struct atr_str literal);

void atr_scan_blanks(struct atr_str *at); /* spaces and tabs */

/* The next run without blanks; empty at the end. Blanks before it are stepped over. */
struct atr_str atr_scan_token(struct atr_str *at);

/* The text before the next separator; steps over both. False (nothing moved) without one. */
bool atr_scan_until(struct atr_str *at, struct atr_str separator, struct atr_str *out);

/* The same with the last separator of the line: `at` keeps what is before it. */
bool atr_scan_last(struct atr_str *at, struct atr_str separator, struct atr_str *behind);

/* Hexadecimal number with or without 0x, a "`" of the debugger inside or not. */
bool atr_scan_hex(struct atr_str text, uint64_t *out);

/* A process as the scripts print it: "winlogon.exe(5624)" or "winlogon.exe (5624)". */
struct atr_scan_process {
    struct atr_str image; /* absent: none was printed */
    uint32_t pid;         /* ATR_UNKNOWN_U32: no number that fits */
};

bool atr_scan_process(struct atr_str text, struct atr_scan_process *out);
