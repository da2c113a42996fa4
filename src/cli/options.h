/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Options as rows: the parser, `--help` and the completion read the same table. A command's values
 * live in a struct of its own; a row says where.
 */
enum option_type {
    OPTION_FLAG,   /* bool: set */
    OPTION_COUNT,  /* unsigned: how often */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* uint64_t, decimal or 0x hex */
    OPTION_LIST,   /* struct option_list: may be given again */
};

enum {
    OPTION_LIST_MAX = 60
};

struct option_list {
    size_t count;
    const char *items[OPTION_LIST_MAX];
};

struct option {
    char letter; /* 0: none */
    enum option_type type;
    const char *name;  /* without dashes; NULL: none */
    const char *value; /* how help names the value; NULL for flags */
    size_t offset;     /* into the command's struct */
    const char *help;
};

/* One verb. */
struct command {
    const char *name;
    const char *arguments; /* "FILE" */
    const char *summary;
    const char *details; /* more lines for its help, or NULL */
    const struct option *options;
    size_t option_count;
    size_t operands_min;
    size_t operands_max;
    int (*run)(const void *values, char **operands, size_t operand_count);
};

enum {
    COMMAND_VALUES_BYTES = 4096
}; /* room for the largest such struct */

/* Parses and runs. Returns the exit status; usage errors print one line and give 1. */
int command_run(const struct command *command, int argc, char **argv);

/* Appends a command line that would give these values: ` --pid "4" --sync`. */
void option_line(const struct option *options, size_t option_count, const void *values,
                 struct atr_text *out);

void command_help(const struct command *command);
