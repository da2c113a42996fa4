/* SPDX-License-Identifier: MIT */
#include "support/support.h"

/* The command line is no part of the library: its parts are compiled into their test. */
#include "cli/cli.c"
#include "cli/options.c"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct values {
    bool flag;
    bool other;
    unsigned count;
    const char *text;
    uint64_t number;
};

static struct values got;
static char *got_operands[2];
static size_t got_count;

static int
remember(const void *values, char **operands, size_t operand_count)
{
    memcpy(&got, values, sizeof(got));
    got_count = operand_count;
    for (size_t i = 0; i < operand_count; i++) {
        got_operands[i] = operands[i];
    }
    return 42;
}

static const struct option options[] = {
    {'x', OPTION_FLAG, "flag", NULL, offsetof(struct values, flag), "a flag"},
    {'k', OPTION_FLAG, NULL, NULL, offsetof(struct values, other), "a letter only"},
    {'t', OPTION_COUNT, "time", NULL, offsetof(struct values, count), "counted"},
    {'s', OPTION_TEXT, "string", "TEXT", offsetof(struct values, text), "with a value"},
    {0, OPTION_NUMBER, "number", "N", offsetof(struct values, number), "a number"},
};

static const struct command command = {
    .name = "test",
    .arguments = "FILE [FILE]",
    .summary = "for the test",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 1,
    .operands_max = 2,
    .run = remember,
};

/* Sends a standard stream to a file; gives what brings it back. */
static int
redirect(int stream, const char *path)
{
    int saved = dup(stream);
    int file = open(path, O_WRONLY);

    assert_true(saved >= 0 && file >= 0);
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_int_equal(dup2(file, stream), stream);
    (void)close(file);
    return saved;
}

static void
restore(int stream, int saved)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_int_equal(dup2(saved, stream), stream);
    (void)close(saved);
}

/* Words of a line, blanks between them; "" inside stands for an empty word. */
static int
run(const char *line)
{
    char words[256];
    char *argv[16];
    int argc = 0;
    int saved_out = redirect(STDOUT_FILENO, "/dev/null");
    int saved_err = redirect(STDERR_FILENO, "/dev/null");
    int result;

    got = (struct values){0};
    got_count = 0;
    (void)snprintf(words, sizeof(words), "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = strcmp(word, "\"\"") == 0 ? strchr(word, '\0') : word;
    }
    result = command_run(&command, argc, argv);
    if (result == 42 && got.text != NULL) {
        static char text[64];

        (void)snprintf(text, sizeof(text), "%s", got.text);
        got.text = text;
    }
    restore(STDOUT_FILENO, saved_out);
    restore(STDERR_FILENO, saved_err);
    return result;
}

static void
flags_stand_alone_or_together(void **state)
{
    (void)state;
    CHECK_INT(run("-x -k file"), 42);
    assert_true(got.flag && got.other);
    CHECK_INT(run("-xk file"), 42);
    assert_true(got.flag && got.other);
    CHECK_INT(run("file -tt --flag -t"), 42);
    assert_true(got.flag && !got.other);
    CHECK_UINT(got.count, 3);
}

static void
values_stand_behind_or_apart(void **state)
{
    static const char *const lines[] = {"-s0 f",        "-s 0 f",       "-xs0 f",
                                        "--string=0 f", "--string 0 f", "f -xks 0"};

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(lines); i++) {
        CHECK_INT(run(lines[i]), 42);
        assert_string_equal(got.text, "0");
    }
    CHECK_INT(run("--string= f"), 42);
    assert_string_equal(got.text, "");
    CHECK_INT(run("-s a -s b f"), 42); /* the last one counts */
    assert_string_equal(got.text, "b");
    CHECK_INT(run("-s -x f"), 42); /* a value is a value, whatever it looks like */
    assert_string_equal(got.text, "-x");
    assert_false(got.flag);
}

static void
numbers_are_decimal_or_hex(void **state)
{
    (void)state;
    CHECK_INT(run("--number 18446744073709551615 f"), 42);
    CHECK_UINT(got.number, UINT64_MAX);
    CHECK_INT(run("--number=0xFFFF f"), 42);
    CHECK_UINT(got.number, 0xffff);
    CHECK_INT(run("--number 18446744073709551616 f"), ATR_RESULT_USAGE);
    CHECK_INT(run("--number -1 f"), ATR_RESULT_USAGE);
    CHECK_INT(run("--number 5x f"), ATR_RESULT_USAGE);
    CHECK_INT(run("--number 0x f"), ATR_RESULT_USAGE);
    CHECK_INT(run("--number= f"), ATR_RESULT_USAGE);
}

static void
operands_stand_anywhere(void **state)
{
    (void)state;
    CHECK_INT(run("a -x b"), 42);
    CHECK_UINT(got_count, 2);
    CHECK_INT(run("-"), 42); /* standard input */
    CHECK_UINT(got_count, 1);
    CHECK_INT(run("-x -- -x"), 42);
    CHECK_UINT(got_count, 1);
    CHECK_INT(run("-- --"), 42);
    CHECK_UINT(got_count, 1);
    CHECK_INT(run("\"\""), 42);
    CHECK_UINT(got_count, 1);
}

static void
what_does_not_fit_is_a_usage_error(void **state)
{
    static const char *const lines[] = {
        "",    "-x",     "a b c",      "-q f",        "-xq f",   "--nope f", "--fla f",
        "-s",  "f -xs",  "f --string", "--flag=1 f",  "-x5 f",   "-t=5 f",   "--number",
        "-- ", "--=5 f", "---x f",     "--string5 f", "-\xc3 f",
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(lines); i++) {
        if (run(lines[i]) != ATR_RESULT_USAGE) {
            fail_msg("'%s'", lines[i]);
        }
    }
}

static void
help_is_heard_before_anything_is_missing(void **state)
{
    (void)state;
    CHECK_INT(run("--help"), ATR_RESULT_OK);
    CHECK_INT(run("-h"), ATR_RESULT_OK);
    CHECK_INT(run("-xh"), ATR_RESULT_OK);
    CHECK_INT(run("a b c --help"), ATR_RESULT_OK);
    CHECK_INT(run("-- --help"), 42);
    CHECK_INT(run("-s --help f"), 42);
}

/* Writes through the output of a command; gives its exit status. */
static int
write_to(const char *path, enum atr_result result)
{
    struct cli cli;
    int saved_err = redirect(STDERR_FILENO, "/dev/null");
    int saved_out = redirect(STDOUT_FILENO, path);
    int status;

    cli_open(&cli, true, true);
    (void)cli.output.write(cli.output.context, "text\n", 5);
    status = cli_close(&cli, result);
    restore(STDOUT_FILENO, saved_out);
    restore(STDERR_FILENO, saved_err);
    return status;
}

static void
output_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    CHECK_INT(write_to("/dev/null", ATR_RESULT_OK), ATR_RESULT_OK);
    CHECK_INT(write_to("/dev/null", ATR_RESULT_DAMAGED), ATR_RESULT_DAMAGED);
    if (access("/dev/full", W_OK) != 0) {
        print_message("no /dev/full here: a full disk is not tested\n");
        skip();
    }
    CHECK_INT(write_to("/dev/full", ATR_RESULT_OK), ATR_RESULT_NOTHING);
}

static void
colour_is_asked_for_by_three_words(void **state)
{
    struct cli cli = {.terminal = {.out = {.wants_colour = true}}};

    (void)state;
    assert_true(cli_color_fits(NULL) && cli_color_fits("auto") && cli_color_fits("always"));
    assert_true(cli_color_fits("never"));
    assert_false(cli_color_fits("") || cli_color_fits("Always") || cli_color_fits("blue"));
    assert_true(cli_color(&cli, NULL) && cli_color(&cli, "auto") && cli_color(&cli, "always"));
    assert_false(cli_color(&cli, "never"));
    cli.terminal.out.wants_colour = false;
    assert_false(cli_color(&cli, NULL) || cli_color(&cli, "auto"));
    assert_true(cli_color(&cli, "always"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stand_alone_or_together),
        cmocka_unit_test(values_stand_behind_or_apart),
        cmocka_unit_test(numbers_are_decimal_or_hex),
        cmocka_unit_test(operands_stand_anywhere),
        cmocka_unit_test(what_does_not_fit_is_a_usage_error),
        cmocka_unit_test(help_is_heard_before_anything_is_missing),
        cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(colour_is_asked_for_by_three_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
