/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a service may be wrapped: what two independent ways found, judged (kernel-decisions.md 6
 * and 7). Pure.
 *
 *   by number  the service number from ntdll's stub, through the kernel's own table
 *   by RVA     the kernel's symbols, when they belong to this very image
 */

enum atr_row_verdict {
    ATR_ROW_AGREED,      /* both ways lead to the same code */
    ATR_ROW_NUMBER_ONLY, /* NT 5.2: one way serves */
    ATR_ROW_NO_SERVICE,
    ATR_ROW_NUMBER_BEYOND,
    ATR_ROW_STUB_DIFFERS,
    ATR_ROW_NO_RVA,
    ATR_ROW_OTHER_IMAGE,
    ATR_ROW_DISAGREE,
    ATR_ROW_NOT_CODE,
    ATR_ROW_ARGUMENTS_DIFFER,
    ATR_ROW_TAKEN,
    ATR_ROW_NO_PLACE,
    ATR_ROW_NO_DETOUR,
    ATR_ROW_CHANGED,
    ATR_ROW_NO_MEMORY,
    ATR_ROW_FOREIGN_HOOK,
    ATR_ROW_VERDICT_COUNT,
};

struct atr_row_facts {
    uint32_t number; /* all ones: ntdll has no such service */
    uint32_t limit;  /* services in the table */
    bool has_stub;   /* the kernel exports a Zw routine that says its number */
    uint32_t stub_number;
    bool is_absolute;   /* the table of an NT 5.2 kernel */
    bool is_code;       /* the target lies in the kernel's code */
    bool is_taken;      /* and begins with a jump */
    bool has_arguments; /* the kernel says how many arguments it copies */
    bool has_rva;       /* symbols name the service */
    bool is_image;      /* symbols are this image's */
    uint64_t by_number; /* target */
    uint64_t by_rva;    /* target */
    uint32_t stack_arguments;
    uint32_t arguments;     /* of the row, all */
    uint32_t old_arguments; /* before Windows 8 */
};

/* Bits of atr_device_row.found. */
enum atr_row_found {
    ATR_FOUND_NUMBER = 1,
    ATR_FOUND_RVA = 2,
    ATR_FOUND_STUB = 4,
};

/* arguments: how many the thunk passes on; filled when the row may be wrapped. */
enum atr_row_verdict atr_row_judge(const struct atr_row_facts *facts, uint32_t *arguments);

uint32_t atr_row_found(const struct atr_row_facts *facts);

/* ASCII, shorter than ATR_DEVICE_REASON_CHARS; empty when there is nothing to say. */
const char *atr_row_reason(enum atr_row_verdict verdict);
