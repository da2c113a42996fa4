/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"

struct ports_values {
    bool json;
    bool no_pager;
};

_Static_assert(sizeof(struct ports_values) <= COMMAND_VALUES_BYTES, "no room for the values");

static const struct option options[] = {
    {0, OPTION_FLAG, "json", NULL, offsetof(struct ports_values, json), "one JSON object a port"},
    {0, OPTION_FLAG, "no-pager", NULL, offsetof(struct ports_values, no_pager),
     "do not use a pager on a terminal"},
};

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct ports_values *ports = values;
    struct cli cli;

    (void)operand_count;
    cli_open(&cli, !ports->json, ports->no_pager);
    return cli_close(&cli, atr_ports(operands[0], ports->json, cli.terminal.out.columns,
                                     &cli.output, &cli.words));
}

const struct command command_ports = {
    .name = "ports",
    .arguments = "FILE",
    .summary = "who owns which port, and who is connected to it",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
