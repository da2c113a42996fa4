/* SPDX-License-Identifier: MIT */

/*
 * For tests/e2e/same-as-objdump: code as hex, one instruction a line with what follows it; prints
 * its length as the driver's detours take it, with r when it cannot be moved, or 0.
 */

#include "wire/one_instruction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t
read_bytes(const char *line, uint8_t *bytes, size_t room)
{
    size_t size = 0;

    while (size < room && line[0] != '\0' && line[0] != '\n') {
        const char digits[] = {line[0], line[1], '\0'};

        bytes[size] = (uint8_t)strtoul(digits, NULL, 16);
        size++;
        line += 2;
    }
    return size;
}

int
main(void)
{
    char line[128];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        struct atr_instruction found = {0, false};
        uint8_t bytes[ATR_INSTRUCTION_MAX];
        const size_t size = read_bytes(line, bytes, sizeof(bytes));

        if (!atr_instruction_decode(bytes, size, &found)) {
            found.length = 0;
        }
        (void)printf("%u%s\n", found.length, found.is_relative ? "r" : "");
    }
    return 0;
}
