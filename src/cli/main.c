/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"
#include "platform/args.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_show,  &command_tree,   &command_ports,  &command_import,
    &command_check, &command_decode, &command_fields,
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

int
main(int argc, char **argv)
{
    const struct command *command;

    if (atr_args_utf8(&argc, &argv) != ATR_OK) {
        (void)fprintf(stderr, "alpctrace: the arguments cannot be read\n");
        return ATR_RESULT_USAGE;
    }
    if (argc < 2) {
        print_help(stderr);
        return ATR_RESULT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("alpctrace %s\n", atr_version());
        return ATR_RESULT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        command = argc > 2 ? find_command(argv[2]) : NULL;
        if (command != NULL) {
            command_help(command);
        } else {
            print_help(stdout);
        }
        return ATR_RESULT_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL) {
        (void)fprintf(stderr, "alpctrace: no such verb: '%s' (see alpctrace --help)\n", argv[1]);
        return ATR_RESULT_USAGE;
    }
    return command_run(command, argc - 2, argv + 2);
}
