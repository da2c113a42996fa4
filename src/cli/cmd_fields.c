/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"

struct fields_values {
    bool json;
};

_Static_assert(sizeof(struct fields_values) <= COMMAND_VALUES_BYTES, "no room for the values");

static const struct option options[] = {
    {0, OPTION_FLAG, "json", NULL, offsetof(struct fields_values, json), "one JSON object a field"},
};

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct fields_values *fields = values;
    struct cli cli;

    (void)operands;
    (void)operand_count;
    cli_open(&cli, true, false);
    return cli_close(&cli, atr_fields(fields->json, &cli.output));
}

const struct command command_fields = {
    .name = "fields",
    .arguments = "",
    .summary = "every decoded field: its filter name, type and meaning",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 0,
    .operands_max = 0,
    .run = run,
};
