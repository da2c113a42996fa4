/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"
#include "recorder/recorder.h"

#include <stdio.h>
#include <string.h>

struct driver_values {
    bool json;
};

_Static_assert(sizeof(struct driver_values) <= COMMAND_VALUES_BYTES, "no room for the values");

static const struct option options[] = {
    {0, OPTION_FLAG, "json", NULL, offsetof(struct driver_values, json),
     "the status as one JSON object"},
};

static void
write_line(void *context, const char *text, size_t size_bytes)
{
    const struct atr_output *output = context;

    (void)output->write(output->context, text, size_bytes);
}

static enum atr_status
act(const char *action, bool json, struct cli *cli, struct atr_error *error)
{
    struct atr_heap heap = atr_heap_default();

    if (strcmp(action, "install") == 0) {
        return atr_driver_install(&heap, error);
    }
    if (strcmp(action, "start") == 0) {
        return atr_driver_start(&heap, error);
    }
    if (strcmp(action, "stop") == 0) {
        return atr_driver_stop(&heap, error);
    }
    if (strcmp(action, "remove") == 0) {
        return atr_driver_remove(&heap, error);
    }
    return atr_driver_status(json, write_line, &cli->output, &heap, error);
}

static bool
is_action(const char *text)
{
    static const char *const actions[] = {"install", "start", "stop", "remove", "status"};

    for (size_t i = 0; i < ATR_COUNT(actions); i++) {
        if (strcmp(text, actions[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct driver_values *driver = values;
    struct atr_error error = {.status = ATR_OK};
    struct cli cli;
    enum atr_result result = ATR_RESULT_OK;

    (void)operand_count;
    if (!is_action(operands[0])) {
        (void)fprintf(stderr,
                      "alpctrace driver: install, start, stop, remove or status, not '%.60s'\n",
                      operands[0]);
        return ATR_RESULT_USAGE;
    }
    cli_open(&cli, false, true);
    if (act(operands[0], driver->json, &cli, &error) != ATR_OK) {
        (void)snprintf(cli.words.text, sizeof(cli.words.text), "%s", error.text);
        result = ATR_RESULT_NOTHING;
    } else if (strcmp(operands[0], "remove") == 0) {
        (void)fprintf(stderr,
                      "alpctrace: removed; alpcpin.sys leaves memory with the next restart\n");
    }
    return cli_close(&cli, result);
}

const struct command command_driver = {
    .name = "driver",
    .arguments = "install|start|stop|remove|status",
    .summary = "the capture driver: load it, unload it, what it does (Windows)",
    .details =
        "`record` does by itself what is needed. stop ends a recording, whoever makes it. status\n"
        "tells for every wrapped service how it was found or why not, what this Windows lets the\n"
        "driver do, and the counters.",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
