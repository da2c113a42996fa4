/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/record_options.h"
#include "platform/machine.h"

#include <stdio.h>
#include <string.h>

static const char ring_default[] = "files:10,size:100M";

static void
say(struct cli *cli, const struct atr_error *error)
{
    (void)snprintf(cli->words.text, sizeof(cli->words.text), "%s", error->text);
}

/* The service starts in another folder: its paths are made whole. */
static enum atr_status
install(const struct record_values *record, struct atr_error *error)
{
    struct atr_heap heap = atr_heap_default();
    struct record_values values = *record;
    struct atr_record_options unused;
    uint32_t pids[OPTION_LIST_MAX];
    struct atr_text line;
    char *path = NULL;
    enum atr_status status;

    if (values.ring_of_files == NULL) {
        values.ring_of_files = ring_default;
    }
    if (!record_options_fill(&unused, &values, pids, "service")) {
        return ATR_ARG;
    }
    path = atr_machine_full_path(&heap, values.out);
    if (path == NULL) {
        return atr_error_set(error, ATR_ARG, "'%.60s' is no path", values.out);
    }
    values.out = path;
    atr_text_init(&line, heap);
    option_line(record_option_rows, RECORD_OPTION_COUNT, &values, &line);
    atr_text_putc(&line, '\0');
    status = line.status == ATR_OK ? atr_recorder_service_install(line.data, &heap, error)
                                   : atr_error_set(error, line.status, "out of memory");
    atr_text_fini(&line);
    atr_heap_free(&heap, path);
    return status;
}

static int
record_as_service(void *context)
{
    const struct record_values *values = context;
    struct atr_heap heap = atr_heap_default();
    struct atr_record_options options;
    struct atr_record_report report;
    uint32_t pids[OPTION_LIST_MAX];

    if (!record_options_fill(&options, values, pids, "service")) {
        return ATR_RESULT_USAGE;
    }
    atr_record(&options, &heap, &report);
    return report.status == ATR_OK ? ATR_RESULT_OK : ATR_RESULT_NOTHING;
}

static enum atr_status
show_status(struct atr_error *error)
{
    const char *state = NULL;
    enum atr_status status = atr_recorder_service_state(&state, error);

    if (status == ATR_OK) {
        (void)printf("%s: %s\n", ATR_RECORDER_SERVICE, state);
    }
    return status;
}

/* ARG without words: usage was printed. */
static enum atr_status
act(const char *action, const struct record_values *record, struct atr_error *error)
{
    struct record_values values = *record;

    if (strcmp(action, "install") == 0) {
        return install(record, error);
    }
    if (strcmp(action, "start") == 0) {
        return atr_recorder_service_start(error);
    }
    if (strcmp(action, "stop") == 0) {
        return atr_recorder_service_stop(error);
    }
    if (strcmp(action, "remove") == 0) {
        return atr_recorder_service_remove(error);
    }
    if (strcmp(action, "status") == 0) {
        return show_status(error);
    }
    if (strcmp(action, "run") == 0) {
        return atr_recorder_service_run(record_as_service, &values, error);
    }
    (void)fprintf(
        stderr, "alpctrace service: install, start, stop, remove or status, not '%.60s'\n", action);
    return ATR_ARG;
}

static int
run(const void *values, char **operands, size_t operand_count)
{
    struct atr_error error = {.status = ATR_OK};
    struct cli cli;
    enum atr_status status;

    (void)operand_count;
    cli_open(&cli, false, true);
    status = act(operands[0], values, &error);
    if (status != ATR_OK) {
        say(&cli, &error);
    }
    return cli_close(&cli, status == ATR_OK                             ? ATR_RESULT_OK
                           : status == ATR_ARG && error.text[0] == '\0' ? ATR_RESULT_USAGE
                                                                        : ATR_RESULT_NOTHING);
}

const struct command command_service = {
    .name = "service",
    .arguments = "install|start|stop|remove|status",
    .summary = "always-on recording into a ring of files, from boot (Windows)",
    .details =
        "install takes the options of `record`; without -b it keeps 10 files of 100 MB. The\n"
        "service starts with the machine.",
    .options = record_option_rows,
    .option_count = RECORD_OPTION_COUNT,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
