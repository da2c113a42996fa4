/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "cli/cli.h"

#include <stdio.h>

struct decode_values {
    const char *kind;
    const char *direction;
    const char *port;
    const char *view;
    const char *answers;
    const char *interface;
    const char *syntax;
    const char *params;
    uint64_t view_size;
    uint64_t bits;
    uint64_t os_build;
    bool json;
    bool kinds;
};

_Static_assert(sizeof(struct decode_values) <= COMMAND_VALUES_BYTES, "no room for the values");

#define AT(member) offsetof(struct decode_values, member)

static const struct option options[] = {
    {'K', OPTION_TEXT, "kind", "K", AT(kind), "what the bytes are (--kinds lists them)"},
    {0, OPTION_FLAG, "kinds", NULL, AT(kinds), "list the kinds"},
    {0, OPTION_FLAG, "json", NULL, AT(json), "JSON instead of text"},
    {0, OPTION_NUMBER, "bits", "32|64", AT(bits), "layout of a 32-bit or 64-bit caller"},
    {0, OPTION_TEXT, "direction", "D", AT(direction),
     "request, answer, or receive (filled by the kernel)"},
    {0, OPTION_TEXT, "answers", "HEX", AT(answers), "the request that these bytes answer"},
    {0, OPTION_TEXT, "port", "NAME", AT(port), "name of the connection port"},
    {0, OPTION_TEXT, "view", "HEX", AT(view), "content of the section view"},
    {0, OPTION_NUMBER, "view-size", "N", AT(view_size), "size of the view, when more than given"},
    {0, OPTION_TEXT, "interface", "UUID[:V.V]", AT(interface), "the RPC interface"},
    {0, OPTION_TEXT, "syntax", "S", AT(syntax), "ndr20 or ndr64, when known"},
    {0, OPTION_TEXT, "params", "LIST", AT(params),
     "types of the parameters: ptr,wstring,u32,bytes:24 ..."},
    {0, OPTION_NUMBER, "os-build", "N", AT(os_build), "Windows build, such as 19044"},
};

static int
run(const void *values, char **operands, size_t operand_count)
{
    const struct decode_values *decode = values;
    struct atr_decode_options decode_options = {
        .kind = decode->kind,
        .bits = (unsigned)decode->bits,
        .direction = decode->direction,
        .port_name = decode->port,
        .view_hex = decode->view,
        .view_size = decode->view_size,
        .answers_hex = decode->answers,
        .interface = decode->interface,
        .syntax = decode->syntax,
        .params = decode->params,
        .os_build = (uint32_t)decode->os_build,
        .json = decode->json,
    };
    struct cli cli;

    if (!decode->kinds && (decode->kind == NULL || operand_count == 0)) {
        (void)fprintf(stderr, "alpctrace decode: --kind K and the bytes are needed "
                              "(see alpctrace decode --help)\n");
        return ATR_RESULT_USAGE;
    }
    if (decode->bits != 0 && decode->bits != 32 && decode->bits != 64) {
        (void)fprintf(stderr, "alpctrace decode: --bits is 32 or 64\n");
        return ATR_RESULT_USAGE;
    }
    if (decode->os_build > UINT32_MAX) {
        (void)fprintf(stderr, "alpctrace decode: --os-build is a Windows build such as 19044\n");
        return ATR_RESULT_USAGE;
    }
    cli_open(&cli, false, true);
    if (decode->kinds) {
        return cli_close(&cli, atr_kinds(decode->json, &cli.output));
    }
    return cli_close(&cli, atr_decode(operands[0], &decode_options, &cli.output, &cli.words));
}

const struct command command_decode = {
    .name = "decode",
    .arguments = "HEX|FILE|-",
    .summary = "bytes pasted from anywhere -> meaning",
    .details =
        "The bytes: hex digits, or a file (or standard input) with hex digits, a hex dump, or "
        "the bytes\nthemselves. Exit status 3: shown as far as they go, but truncated or "
        "malformed.",
    .options = options,
    .option_count = ATR_COUNT(options),
    .operands_min = 0,
    .operands_max = 1,
    .run = run,
};
