/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Detours that replace one instruction of x64 code and no more: a short or near jump over the
 * first one of a routine, stored in one piece, so that no thread can be between its old bytes.
 * Only as much of the instruction set is known as routines begin with; the rest is refused.
 * Pure: bytes in, bytes out.
 */

enum {
    ATR_INSTRUCTION_MAX = 15,
    ATR_JUMP_BYTES = 14, /* FF 25 00000000, address */
    ATR_TRAMPOLINE_MAX = ATR_INSTRUCTION_MAX + ATR_JUMP_BYTES,
    ATR_NEAR_BYTES = 5,  /* E9 rel32 */
    ATR_SHORT_BYTES = 2, /* EB rel8 */
    ATR_PATCH_UNIT = 16, /* what one store can replace, aligned */
};

struct atr_instruction {
    uint8_t length;
    bool is_relative; /* a branch, or an operand found by RIP: means something else elsewhere */
};

/* False: unknown, or longer than size. */
bool atr_instruction_decode(const uint8_t *code, size_t size, struct atr_instruction *out);

enum atr_patch_result {
    ATR_PATCH_OK,
    ATR_PATCH_UNKNOWN,   /* the instruction is not known here */
    ATR_PATCH_RELATIVE,  /* cannot be moved */
    ATR_PATCH_SHORT,     /* smaller than any jump */
    ATR_PATCH_UNALIGNED, /* the jump would cross a unit */
    ATR_PATCH_TAKEN,     /* a jump or a break is there already */
};

struct atr_patch {
    uint8_t instruction_bytes;
    uint8_t jump_bytes; /* 5: reaches 2 GiB; 2: reaches 127 bytes */
};

/* Whether and how the routine of size known bytes at the address can be detoured. */
enum atr_patch_result atr_patch_plan(uint64_t address, const uint8_t *code, size_t size,
                                     struct atr_patch *out);

/* The lowest and highest address a jump of the plan at the address can go to. */
void atr_patch_reach(uint64_t address, const struct atr_patch *patch, uint64_t *low,
                     uint64_t *high);

/* The aligned 16 bytes around the address with the jump in: false when to is out of reach. */
bool atr_patch_apply(uint64_t address, const struct atr_patch *patch, uint64_t to,
                     uint8_t unit[ATR_PATCH_UNIT]);

/* The moved instruction and the jump behind the original; gives its size. */
uint32_t atr_trampoline_make(uint64_t address, const uint8_t *code, const struct atr_patch *patch,
                             uint8_t out[ATR_TRAMPOLINE_MAX]);

void atr_jump_make(uint64_t to, uint8_t out[ATR_JUMP_BYTES]);
