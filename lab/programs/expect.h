/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The expectation file: one JSON object a line, written by many processes, each line whole and on
 * disk before the next thing happens. tests/lab/check_recording.py reads it.
 */
enum {
    EXPECT_LINE_MAX = 512 * 1024
};

struct expect {
    char *line; /* being built */
    size_t used;
    bool is_first; /* of the object's members */
    const char *path;
};

/* Starts a line. path NULL: all calls do nothing. */
void expect_begin(struct expect *expect, const char *path);
void expect_text(struct expect *expect, const char *key, const char *text);
void expect_number(struct expect *expect, const char *key, uint64_t number);
void expect_numbers(struct expect *expect, const char *key, const uint32_t *numbers, size_t count);
/* Hex digits; bytes NULL: null. */
void expect_bytes(struct expect *expect, const char *key, const void *bytes, size_t size_bytes);
/* Appends the line; ends the program when it cannot. */
void expect_end(struct expect *expect);
