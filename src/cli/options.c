/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include "alpctrace/alpctrace.h"
#include "base/attributes.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the parser is. */
struct parse {
    const struct command *command;
    char **argv;
    int argc;
    int at;
    unsigned char *values;
    char **operands;
    size_t operand_count;
    bool only_operands; /* behind "--" */
    bool wants_help;
};

static bool
usage(const struct command *command, const char *what, const char *which)
{
    (void)fprintf(stderr, "alpctrace %s: %s '%s' (see alpctrace %s --help)\n", command->name, what,
                  which, command->name);
    return false;
}

static const struct option *
find_letter(const struct command *command, char letter)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].letter == letter) {
            return &command->options[i];
        }
    }
    return NULL;
}

static const struct option *
find_name(const struct command *command, const char *name, size_t size)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const char *candidate = command->options[i].name;

        if (candidate != NULL && strlen(candidate) == size && memcmp(candidate, name, size) == 0) {
            return &command->options[i];
        }
    }
    return NULL;
}

static bool
store_number(const struct parse *parse, const char *text, uint64_t *out)
{
    struct atr_str digits = atr_str_from(text);
    bool is_hex = atr_str_starts(digits, ATR_STR("0x")) || atr_str_starts(digits, ATR_STR("0X"));

    return atr_str_to_u64(is_hex ? atr_str_skip(digits, 2) : digits, is_hex ? 16 : 10, out) ||
           usage(parse->command, "not a number:", text);
}

static bool
store(struct parse *parse, const struct option *option, const char *value)
{
    void *at = parse->values + option->offset;

    switch (option->type) {
    case OPTION_FLAG: {
        bool set = true;

        memcpy(at, &set, sizeof(set));
        return true;
    }
    case OPTION_COUNT: {
        unsigned count;

        memcpy(&count, at, sizeof(count));
        count++;
        memcpy(at, &count, sizeof(count));
        return true;
    }
    case OPTION_TEXT:
        memcpy(at, &value, sizeof(value));
        return true;
    case OPTION_LIST: {
        struct option_list *list = at;

        if (list->count == OPTION_LIST_MAX) {
            return usage(parse->command, "too many of one option at", value);
        }
        list->items[list->count++] = value;
        return true;
    }
    default: {
        uint64_t number;

        if (!store_number(parse, value, &number)) {
            return false;
        }
        memcpy(at, &number, sizeof(number));
        return true;
    }
    }
}

/* The value stands behind the option, or is the next argument. */
static bool
take_value(struct parse *parse, const struct option *option, const char *attached)
{
    if (attached == NULL) {
        if (parse->at >= parse->argc) {
            return usage(parse->command, "a value is missing behind", parse->argv[parse->at - 1]);
        }
        attached = parse->argv[parse->at++];
    }
    return store(parse, option, attached);
}

static bool
parse_long(struct parse *parse, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t size = equals == NULL ? strlen(text) : (size_t)(equals - text);
    const struct option *option = find_name(parse->command, text, size);

    if (size == 4 && memcmp(text, "help", 4) == 0) {
        parse->wants_help = true;
        return true;
    }
    if (option == NULL) {
        return usage(parse->command, "no such option:", parse->argv[parse->at - 1]);
    }
    if (option->value == NULL) {
        return equals == NULL ? store(parse, option, NULL)
                              : usage(parse->command, "this option takes no value:", text);
    }
    return take_value(parse, option, equals == NULL ? NULL : equals + 1);
}

static bool
parse_letters(struct parse *parse, const char *letters)
{
    for (const char *c = letters; *c != '\0'; c++) {
        const struct option *option = find_letter(parse->command, *c);

        if (*c == 'h' && option == NULL) {
            parse->wants_help = true;
            return true;
        }
        if (option == NULL) {
            return usage(parse->command, "no such option:", parse->argv[parse->at - 1]);
        }
        if (option->value != NULL) {
            return take_value(parse, option, c[1] == '\0' ? NULL : c + 1);
        }
        if (!store(parse, option, NULL)) {
            return false;
        }
    }
    return true;
}

static bool
parse_one(struct parse *parse)
{
    const char *text = parse->argv[parse->at++];

    if (parse->only_operands || text[0] != '-' || text[1] == '\0') {
        parse->operands[parse->operand_count++] = parse->argv[parse->at - 1];
        return true;
    }
    if (strcmp(text, "--") == 0) {
        parse->only_operands = true;
        return true;
    }
    return text[1] == '-' ? parse_long(parse, text + 2) : parse_letters(parse, text + 1);
}

static bool
operands_fit(const struct parse *parse)
{
    const struct command *command = parse->command;

    if (parse->operand_count < command->operands_min) {
        (void)fprintf(stderr, "alpctrace %s: what is missing: %s (see alpctrace %s --help)\n",
                      command->name, command->arguments, command->name);
        return false;
    }
    if (parse->operand_count > command->operands_max) {
        return usage(command, "one argument too many:", parse->operands[command->operands_max]);
    }
    return true;
}

int
command_run(const struct command *command, int argc, char **argv)
{
    union {
        unsigned char bytes[COMMAND_VALUES_BYTES];
        void *aligned;
        uint64_t number;
    } values = {{0}};
    struct parse parse = {.command = command, .argv = argv, .argc = argc, .values = values.bytes};

    /* Operands are gathered at the front of argv, whose places they came from. */
    parse.operands = argv;
    while (parse.at < argc) {
        if (!parse_one(&parse)) {
            return ATR_RESULT_USAGE;
        }
        if (parse.wants_help) {
            command_help(command);
            return ATR_RESULT_OK;
        }
    }
    if (!operands_fit(&parse)) {
        return ATR_RESULT_USAGE;
    }
    return command->run(values.bytes, parse.operands, parse.operand_count);
}

static void
put_option(const struct option *option, const char *value, struct atr_text *out)
{
    atr_text_puts(out, " --");
    atr_text_puts(out, option->name);
    if (value != NULL) {
        atr_text_puts(out, " \"");
        atr_text_puts(out, value);
        atr_text_putc(out, '"');
    }
}

static void
put_number(const struct option *option, uint64_t number, struct atr_text *out)
{
    if (number != 0) {
        put_option(option, NULL, out);
        atr_text_putc(out, ' ');
        atr_text_u64(out, number);
    }
}

void
option_line(const struct option *options, size_t option_count, const void *values,
            struct atr_text *out)
{
    const unsigned char *bytes = values;

    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        const void *at = bytes + option->offset;
        const struct option_list *list = at;

        if (option->type == OPTION_FLAG && *(const bool *)at) {
            put_option(option, NULL, out);
        } else if (option->type == OPTION_TEXT && *(const char *const *)at != NULL) {
            put_option(option, *(const char *const *)at, out);
        } else if (option->type == OPTION_NUMBER) {
            put_number(option, *(const uint64_t *)at, out);
        }
        for (size_t item = 0; option->type == OPTION_LIST && item < list->count; item++) {
            put_option(option, list->items[item], out);
        }
    }
}

static void
option_help(const struct option *option)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "%c%c%s%s%s%s%s", option->letter != 0 ? '-' : ' ',
                   option->letter != 0 ? option->letter : ' ',
                   option->letter != 0 && option->name != NULL ? ", " : "  ",
                   option->name != NULL ? "--" : "", option->name != NULL ? option->name : "",
                   option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    (void)printf("  %-26s %s\n", left, option->help);
}

void
command_help(const struct command *command)
{
    (void)printf("alpctrace %s%s %s\n\n%s\n", command->name,
                 command->option_count > 0 ? " [OPTIONS]" : "", command->arguments,
                 command->summary);
    if (command->details != NULL) {
        (void)printf("\n%s\n", command->details);
    }
    (void)printf("\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++) {
        option_help(&command->options[i]);
    }
    (void)printf("  %-26s %s\n", "-h, --help", "this text");
}
