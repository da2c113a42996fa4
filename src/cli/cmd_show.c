/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/str.h"
#include "cli/cli.h"

#include <stdio.h>

/* `show` and `tree`: the same lines, in a list or indented. */
struct show_values {
    bool events;
    bool json;
    bool hex;
    bool fields;
    bool stacks;
    bool hide_latency;
    bool since_last;
    bool no_pager;
    unsigned time_forms;
    const char *string_max;
    const char *color;
};

_Static_assert(sizeof(struct show_values) <= COMMAND_VALUES_BYTES, "no room for the values");

enum {
    STRING_MAX_DEFAULT = 64
};

#define AT(member) offsetof(struct show_values, member)

static const struct option options[] = {
    {'x', OPTION_FLAG, "hex", NULL, AT(hex), "message bytes under each line"},
    {'v', OPTION_FLAG, "verbose", NULL, AT(fields), "all decoded fields under each line"},
    {'k', OPTION_FLAG, "stack", NULL, AT(stacks), "call stack under each line"},
    {'t', OPTION_COUNT, "time", NULL, AT(time_forms),
     "seconds since the start; -tt: date and time"},
    {'r', OPTION_FLAG, "relative", NULL, AT(since_last), "seconds since the line before"},
    {'T', OPTION_FLAG, "no-latency", NULL, AT(hide_latency), "leave <latency> out"},
    {'s', OPTION_TEXT, "string-size", "N", AT(string_max),
     "cut strings after N characters (default 64; 0: never)"},
    {0, OPTION_TEXT, "color", "WHEN", AT(color), "auto, always or never (NO_COLOR is heard)"},
    {0, OPTION_FLAG, "no-pager", NULL, AT(no_pager), "do not use a pager on a terminal"},
    {0, OPTION_FLAG, "events", NULL, AT(events), "one line an enter or exit, as recorded"},
    {0, OPTION_FLAG, "json", NULL, AT(json), "one JSON object an enter or exit"},
};

enum {
    SHOW_ONLY = 2 /* the last ones mean nothing to a tree */
};

static bool
parse_string_max(const char *text, uint32_t *out)
{
    uint64_t value = STRING_MAX_DEFAULT;

    if (text != NULL && (!atr_str_to_u64(atr_str_from(text), 10, &value) || value > UINT32_MAX)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static enum atr_show_time
time_form(const struct show_values *values)
{
    if (values->since_last) {
        return ATR_SHOW_SINCE_LAST;
    }
    return values->time_forms == 0   ? ATR_SHOW_CLOCK
           : values->time_forms == 1 ? ATR_SHOW_SINCE_START
                                     : ATR_SHOW_DATE;
}

static int
refuse(const char *verb, const char *option, const char *wanted, const char *value)
{
    (void)fprintf(stderr, "alpctrace %s: %s wants %s, not '%.40s'\n", verb, option, wanted, value);
    return ATR_RESULT_USAGE;
}

static int
run(const struct show_values *values, const char *verb, const char *path, enum atr_show_form form)
{
    struct atr_show_options show = {
        .form = form,
        .time = time_form(values),
        .hex = values->hex,
        .fields = values->fields,
        .json = values->json,
        .stacks = values->stacks,
        .hide_latency = values->hide_latency,
    };
    struct cli cli;

    if (!parse_string_max(values->string_max, &show.string_max)) {
        return refuse(verb, "-s", "a number", values->string_max);
    }
    if (!cli_color_fits(values->color)) {
        return refuse(verb, "--color", "auto, always or never", values->color);
    }
    cli_open(&cli, !values->json, values->no_pager);
    show.color = cli_color(&cli, values->color);
    return cli_close(&cli, atr_show(path, &show, &cli.output, &cli.words));
}

static int
run_show(const void *values, char **operands, size_t operand_count)
{
    const struct show_values *show = values;

    (void)operand_count;
    return run(show, "show", operands[0], show->events ? ATR_SHOW_EVENTS : ATR_SHOW_CALLS);
}

static int
run_tree(const void *values, char **operands, size_t operand_count)
{
    (void)operand_count;
    return run(values, "tree", operands[0], ATR_SHOW_TREE);
}

const struct command command_show = {
    .name = "show",
    .arguments = "FILE",
    .summary = "one line a call: who called whom, which method, what came back, how long it took",
    .details = "A line:  time client[pid.tid] -> server[pid.tid] port  method(arguments) = result "
               "<latency>\n"
               "A '?' marks a guess or an inference; <NDR64? 120 B \"text\"> are arguments whose "
               "types are\n"
               "unknown, with what was found in them. What was not seen or not captured is said.",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 1,
    .run = run_show,
};

const struct command command_tree = {
    .name = "tree",
    .arguments = "FILE",
    .summary = "calls indented under the call that caused them, across processes",
    .details = "A call made by a thread while it serves another call stands below that one.",
    .options = options,
    .option_count = ATR_COUNT(options) - SHOW_ONLY,
    .operands_min = 1,
    .operands_max = 1,
    .run = run_tree,
};
