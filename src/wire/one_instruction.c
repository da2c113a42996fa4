/* SPDX-License-Identifier: MIT */
#include "wire/one_instruction.h"

#include <string.h>

/* How an opcode goes on (Intel SDM volume 2, appendix A). */
enum form {
    UNKNOWN = 0,
    PLAIN, /* nothing follows */
    MODRM,
    MODRM_8,  /* ModRM, then imm8 */
    MODRM_32, /* ModRM, then imm32, imm16 with 66 */
    IMM_8,
    IMM_32, /* imm32, imm16 with 66 */
    IMM_V,  /* imm32, imm16 with 66, imm64 with REX.W */
    BRANCH_8,
    BRANCH_32,
    GROUP_3_8, /* ModRM, imm8 only when its reg field says TEST */
    GROUP_3,   /* the same with imm32 */
    GROUP_5,   /* ModRM; some reg fields are calls and jumps */
};

#define X UNKNOWN
#define P PLAIN
#define M MODRM
/* clang-format off */
static const uint8_t one_byte[256] = {
    /* 00 */ M, M, M, M, IMM_8, IMM_32, X, X, M, M, M, M, IMM_8, IMM_32, X, X,
    /* 10 */ M, M, M, M, IMM_8, IMM_32, X, X, M, M, M, M, IMM_8, IMM_32, X, X,
    /* 20 */ M, M, M, M, IMM_8, IMM_32, X, X, M, M, M, M, IMM_8, IMM_32, X, X,
    /* 30 */ M, M, M, M, IMM_8, IMM_32, X, X, M, M, M, M, IMM_8, IMM_32, X, X,
    /* 40: REX is eaten before */
    /* 40 */ X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    /* 50 */ P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P,
    /* 60 */ X, X, X, M, X, X, X, X, IMM_32, MODRM_32, IMM_8, MODRM_8, X, X, X, X,
    /* 70 */ BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8,
    /* 78 */ BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8,
    /* 80 */ MODRM_8, MODRM_32, X, MODRM_8, M, M, M, M, M, M, M, M, X, M, X, X,
    /* 90 */ P, P, P, P, P, P, P, P, P, P, X, X, P, P, X, X,
    /* a0 */ X, X, X, X, P, P, P, P, IMM_8, IMM_32, P, P, P, P, P, P,
    /* b0 */ IMM_8, IMM_8, IMM_8, IMM_8, IMM_8, IMM_8, IMM_8, IMM_8,
    /* b8 */ IMM_V, IMM_V, IMM_V, IMM_V, IMM_V, IMM_V, IMM_V, IMM_V,
    /* c0 */ MODRM_8, MODRM_8, X, X, X, X, MODRM_8, MODRM_32, X, X, X, X, X, X, X, X,
    /* d0 */ M, M, M, M, X, X, X, X, X, X, X, X, X, X, X, X,
    /* e0 */ BRANCH_8, BRANCH_8, BRANCH_8, BRANCH_8, X, X, X, X,
    /* e8 */ BRANCH_32, BRANCH_32, X, BRANCH_8, X, X, X, X,
    /* f0 */ X, X, X, X, X, P, GROUP_3_8, GROUP_3, P, P, X, X, P, P, MODRM, GROUP_5,
};

/* After 0F. */
static const uint8_t two_byte[256] = {
    /* 00 */ X, X, X, X, X, X, X, X, X, X, X, P, X, M, X, X,
    /* 10 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 20 */ X, X, X, X, X, X, X, X, M, M, M, M, M, M, M, M,
    /* 30 */ X, P, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    /* 40 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 50 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 60 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 70 */ MODRM_8, X, X, X, M, M, M, X, X, X, X, X, M, M, M, M,
    /* 80 */ BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32,
    /* 88 */ BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32, BRANCH_32,
    /* 90 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* a0 */ X, X, P, M, MODRM_8, M, X, X, X, X, X, M, MODRM_8, M, M, M,
    /* b0 */ M, M, X, M, X, X, M, M, M, X, MODRM_8, M, M, M, M, M,
    /* c0 */ M, M, MODRM_8, M, MODRM_8, MODRM_8, MODRM_8, M, P, P, P, P, P, P, P, P,
    /* d0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* e0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* f0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, X,
};
/* clang-format on */
#undef X
#undef P
#undef M

struct prefixes {
    size_t length;
    bool has_16;
    bool has_rex_w;
};

/* Legacy prefixes, then at most one REX directly before the opcode. */
static struct prefixes
read_prefixes(const uint8_t *code, size_t size)
{
    struct prefixes found = {0, false, false};

    while (found.length < size) {
        const uint8_t byte = code[found.length];

        if (byte == 0x66) {
            found.has_16 = true;
        } else if (byte != 0x65 && byte != 0xf2 && byte != 0xf3) {
            break;
        }
        found.length++;
    }
    if (found.length < size && (code[found.length] & 0xf0) == 0x40) {
        found.has_rex_w = (code[found.length] & 8) != 0;
        found.length++;
    }
    return found;
}

/* Length of ModRM, SIB and displacement; 0 when cut off. */
static size_t
operand_bytes(const uint8_t *modrm, size_t size, bool *is_relative)
{
    size_t length = 1;

    if (size == 0) {
        return 0;
    }
    const unsigned mode = modrm[0] >> 6;
    const unsigned base = modrm[0] & 7u;

    if (mode == 3) {
        return length;
    }
    if (base == 4) {
        if (size < 2) {
            return 0;
        }
        length++;
        if (mode == 0 && (modrm[1] & 7u) == 5) {
            length += 4;
        }
    } else if (mode == 0 && base == 5) {
        length += 4;
        *is_relative = true;
    }
    if (mode == 1) {
        length += 1;
    } else if (mode == 2) {
        length += 4;
    }
    return length;
}

/* Bytes of immediate behind the operand. */
static size_t
immediate_bytes(enum form form, const struct prefixes *prefixes, unsigned reg)
{
    const size_t full = prefixes->has_16 ? 2 : 4;

    switch (form) {
    case MODRM_8:
    case IMM_8:
        return 1;
    case MODRM_32:
    case IMM_32:
        return full;
    case IMM_V:
        return prefixes->has_rex_w ? 8 : full;
    case GROUP_3_8:
        return reg < 2 ? 1 : 0;
    case GROUP_3:
        return reg < 2 ? full : 0;
    case BRANCH_8:
        return 1;
    case BRANCH_32:
        return 4;
    default:
        return 0;
    }
}

static bool
has_modrm(enum form form)
{
    return form == MODRM || form == MODRM_8 || form == MODRM_32 || form == GROUP_3_8 ||
           form == GROUP_3 || form == GROUP_5;
}

bool
atr_instruction_decode(const uint8_t *code, size_t size, struct atr_instruction *out)
{
    const struct prefixes prefixes = read_prefixes(code, size);
    size_t length = prefixes.length;
    unsigned reg = 0;
    bool is_relative = false;

    if (length >= size) {
        return false;
    }
    enum form form = (enum form)one_byte[code[length]];
    if (code[length] == 0x0f) {
        length++;
        form = length < size ? (enum form)two_byte[code[length]] : UNKNOWN;
    }
    length++;
    if (form == UNKNOWN) {
        return false;
    }
    if (has_modrm(form)) {
        const size_t operand = operand_bytes(code + length, size - length, &is_relative);

        if (operand == 0) {
            return false;
        }
        reg = (code[length] >> 3) & 7u;
        length += operand;
    }
    length += immediate_bytes(form, &prefixes, reg);
    if (form == BRANCH_8 || form == BRANCH_32 || (form == GROUP_5 && reg >= 2 && reg <= 5)) {
        is_relative = true;
    }
    if (length > size || length > ATR_INSTRUCTION_MAX || (form == GROUP_5 && reg == 7)) {
        return false;
    }
    out->length = (uint8_t)length;
    out->is_relative = is_relative;
    return true;
}

static bool
is_taken(const uint8_t *code, size_t size)
{
    return size >= 2 && (code[0] == 0xe9 || code[0] == 0xeb || code[0] == 0xcc ||
                         (code[0] == 0xff && code[1] == 0x25));
}

enum atr_patch_result
atr_patch_plan(uint64_t address, const uint8_t *code, size_t size, struct atr_patch *out)
{
    struct atr_instruction instruction;

    if (is_taken(code, size)) {
        return ATR_PATCH_TAKEN;
    }
    if (!atr_instruction_decode(code, size, &instruction)) {
        return ATR_PATCH_UNKNOWN;
    }
    if (instruction.is_relative) {
        return ATR_PATCH_RELATIVE;
    }
    if (instruction.length < ATR_SHORT_BYTES) {
        return ATR_PATCH_SHORT;
    }
    const uint8_t jump =
        instruction.length < ATR_NEAR_BYTES ? (uint8_t)ATR_SHORT_BYTES : (uint8_t)ATR_NEAR_BYTES;
    if (address % ATR_PATCH_UNIT + jump > ATR_PATCH_UNIT) {
        return ATR_PATCH_UNALIGNED;
    }
    out->instruction_bytes = instruction.length;
    out->jump_bytes = jump;
    return ATR_PATCH_OK;
}

void
atr_patch_reach(uint64_t address, const struct atr_patch *patch, uint64_t *low, uint64_t *high)
{
    const bool is_near = patch->jump_bytes == ATR_NEAR_BYTES;
    const uint64_t next = address + patch->jump_bytes;
    const uint64_t back = is_near ? 0x80000000u : 0x80u;
    const uint64_t ahead = is_near ? 0x7fffffffu : 0x7fu;

    *low = next > back ? next - back : 0;
    *high = next < UINT64_MAX - ahead ? next + ahead : UINT64_MAX;
}

bool
atr_patch_apply(uint64_t address, const struct atr_patch *patch, uint64_t to,
                uint8_t unit[ATR_PATCH_UNIT])
{
    const size_t at = (size_t)(address % ATR_PATCH_UNIT);
    uint64_t low;
    uint64_t high;

    atr_patch_reach(address, patch, &low, &high);
    if (to < low || to > high || at + patch->jump_bytes > ATR_PATCH_UNIT) {
        return false;
    }
    const uint32_t distance = (uint32_t)(to - (address + patch->jump_bytes));

    unit[at] = patch->jump_bytes == ATR_NEAR_BYTES ? 0xe9 : 0xeb;
    unit[at + 1] = (uint8_t)distance;
    if (patch->jump_bytes == ATR_NEAR_BYTES) {
        unit[at + 2] = (uint8_t)(distance >> 8);
        unit[at + 3] = (uint8_t)(distance >> 16);
        unit[at + 4] = (uint8_t)(distance >> 24);
    }
    return true;
}

void
atr_jump_make(uint64_t to, uint8_t out[ATR_JUMP_BYTES])
{
    static const uint8_t jump[6] = {0xff, 0x25};

    memcpy(out, jump, sizeof(jump));
    for (size_t i = 0; i < 8; i++) {
        out[sizeof(jump) + i] = (uint8_t)(to >> (8 * i));
    }
}

uint32_t
atr_trampoline_make(uint64_t address, const uint8_t *code, const struct atr_patch *patch,
                    uint8_t out[ATR_TRAMPOLINE_MAX])
{
    memcpy(out, code, patch->instruction_bytes);
    atr_jump_make(address + patch->instruction_bytes, out + patch->instruction_bytes);
    return (uint32_t)patch->instruction_bytes + ATR_JUMP_BYTES;
}
