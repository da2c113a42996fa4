/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"
#include "platform/args.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_record, &command_show,   &command_tree,   &command_ports,  &command_import,
    &command_check,  &command_decode, &command_fields, &command_driver, &command_service,
};

static void
print_help(FILE *to)
{
    (void)fprintf(to, "alpctrace shows what Windows processes say to each other over ALPC.\n\n"
                      "alpctrace VERB [OPTIONS] ...\n\n");
    for (size_t i = 0; i < ATR_COUNT(commands); i++) {
        (void)fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fprintf(to, "\nalpctrace VERB --help tells more. Inputs are recognised by content: trace "
                      "files, WinDbg and\nDTrace script logs, hex dumps; '-' is standard input.\n"
                      "Exit status: 0 fine, 1 usage, 2 nothing could be shown, 3 shown, but the "
                      "input is damaged,\nwas cut, or records losses.\n");
}

static const struct command *
find_command(const char *name)
{
    for (size_t i = 0; i < ATR_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int
run(const char *verb, int argc, char **argv)
{
    const struct command *command = find_command(verb);

    if (command == NULL) {
        (void)fprintf(stderr, "alpctrace: no such verb: '%s' (see alpctrace --help)\n", verb);
        return ATR_RESULT_USAGE;
    }
    return command_run(command, argc, argv);
}

static bool
is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

static int
run_any(int argc, char **argv)
{
    static char help[] = "--help";
    char *verb_help[] = {help};

    if (argc < 2) {
        print_help(stderr);
        return ATR_RESULT_USAGE;
    }
    if (is_one_of(argv[1], "--version", "-V", "version")) {
        (void)printf("alpctrace %s\n", atr_version());
        return ATR_RESULT_OK;
    }
    if (!is_one_of(argv[1], "--help", "-h", "help")) {
        return run(argv[1], argc - 2, argv + 2);
    }
    if (argc > 2) {
        return run(argv[2], 1, verb_help);
    }
    print_help(stdout);
    return ATR_RESULT_OK;
}

int
main(int argc, char **argv)
{
    int result;

    if (atr_args_utf8(&argc, &argv) != ATR_OK) {
        (void)fprintf(stderr, "alpctrace: the arguments cannot be read\n");
        return ATR_RESULT_USAGE;
    }
    result = run_any(argc, argv);
    if (fflush(stdout) != 0 && result == ATR_RESULT_OK) {
        (void)fprintf(stderr, "alpctrace: cannot write standard output\n");
        result = ATR_RESULT_NOTHING;
    }
    return result;
}
