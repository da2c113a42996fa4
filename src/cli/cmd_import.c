/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"

#include <stdio.h>

struct import_values {
    const char *out;
    bool sync;
    bool no_checksum;
};

_Static_assert(sizeof(struct import_values) <= COMMAND_VALUES_BYTES, "no room for the values");

static const struct option options[] = {
    {'o', OPTION_TEXT, "output", "FILE", offsetof(struct import_values, out),
     "the trace file to write ('-': standard output)"},
    {0, OPTION_FLAG, "sync", NULL, offsetof(struct import_values, sync),
     "let every chunk reach the disk before the next"},
    {0, OPTION_FLAG, "no-checksum", NULL, offsetof(struct import_values, no_checksum),
     "seals without CRC32C"},
};

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct import_values *import = values;
    struct atr_import_options import_options = {import->sync, import->no_checksum};
    struct cli cli;

    (void)operand_count;
    if (import->out == NULL) {
        (void)fprintf(stderr, "alpctrace import: -o FILE says where to write\n");
        return ATR_RESULT_USAGE;
    }
    cli_open(&cli, false, true);
    return cli_close(
        &cli, atr_import(operands[0], import->out, &import_options, &cli.output, &cli.words));
}

const struct command command_import = {
    .name = "import",
    .arguments = "INPUT -o FILE",
    .summary = "any input -> a trace file",
    .details =
        "Understands trace files, logs of the WinDbg and DTrace scripts, and hex dumps of LRPC\n"
        "messages. What an input does not tell (times, threads, replies) stays unknown.",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
