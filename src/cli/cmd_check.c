/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"

struct check_values {
    const char *repair;
    bool json;
    bool dump;
};

_Static_assert(sizeof(struct check_values) <= COMMAND_VALUES_BYTES, "no room for the values");

static const struct option options[] = {
    {0, OPTION_TEXT, "repair", "OUT", offsetof(struct check_values, repair),
     "write what is readable to a sound file OUT"},
    {0, OPTION_FLAG, "json", NULL, offsetof(struct check_values, json), "the report as JSON"},
    {0, OPTION_FLAG, "dump", NULL, offsetof(struct check_values, dump),
     "the stored records as JSON lines instead"},
};

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct check_values *check = values;
    struct cli cli;

    (void)operand_count;
    cli_open(&cli, false, true);
    if (check->dump) {
        return cli_close(&cli, atr_dump(operands[0], &cli.output, &cli.words));
    }
    return cli_close(&cli,
                     atr_check(operands[0], check->repair, check->json, &cli.output, &cli.words));
}

const struct command command_check = {
    .name = "check",
    .arguments = "FILE",
    .summary = "verify a trace file, tell what is damaged, repair it",
    .details = "Exit status: 0 sound, 3 damaged but readable, 2 unreadable. A missing index or an\n"
               "unsealed end is no damage: the recorder may have been stopped.",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
