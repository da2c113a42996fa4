/* SPDX-License-Identifier: MIT */
#include "wire/service_row.h"

#include "wire/service_table.h"

#include <stddef.h>

static uint32_t
on_stack(uint32_t arguments)
{
    return arguments > ATR_REGISTER_ARGUMENTS ? arguments - ATR_REGISTER_ARGUMENTS : 0;
}

/* 0: neither of the row's counts. */
static uint32_t
choose_arguments(const struct atr_row_facts *facts)
{
    if (!facts->has_arguments || facts->stack_arguments == on_stack(facts->arguments)) {
        return facts->arguments;
    }
    return facts->stack_arguments == on_stack(facts->old_arguments) ? facts->old_arguments : 0;
}

static enum atr_row_verdict
judge_number(const struct atr_row_facts *facts)
{
    if (facts->number == UINT32_MAX) {
        return ATR_ROW_NO_SERVICE;
    }
    if (facts->number >= facts->limit) {
        return ATR_ROW_NUMBER_BEYOND;
    }
    if (facts->has_stub && facts->stub_number != facts->number) {
        return ATR_ROW_STUB_DIFFERS;
    }
    return facts->is_code ? ATR_ROW_AGREED : ATR_ROW_NOT_CODE;
}

/* With an absolute table symbols are not needed, but if they are there they must agree. */
static enum atr_row_verdict
judge_rva(const struct atr_row_facts *facts)
{
    if (facts->has_rva && facts->is_image) {
        return facts->by_rva == facts->by_number ? ATR_ROW_AGREED : ATR_ROW_DISAGREE;
    }
    if (facts->is_absolute) {
        return ATR_ROW_NUMBER_ONLY;
    }
    return facts->has_rva ? ATR_ROW_OTHER_IMAGE : ATR_ROW_NO_RVA;
}

enum atr_row_verdict
atr_row_judge(const struct atr_row_facts *facts, uint32_t *arguments)
{
    enum atr_row_verdict verdict = judge_number(facts);

    if (verdict == ATR_ROW_AGREED) {
        verdict = judge_rva(facts);
    }
    if (verdict != ATR_ROW_AGREED && verdict != ATR_ROW_NUMBER_ONLY) {
        return verdict;
    }
    if (choose_arguments(facts) == 0) {
        return ATR_ROW_ARGUMENTS_DIFFER;
    }
    if (facts->is_taken) {
        return ATR_ROW_TAKEN;
    }
    *arguments = choose_arguments(facts);
    return verdict;
}

uint32_t
atr_row_found(const struct atr_row_facts *facts)
{
    uint32_t found = 0;

    if (facts->number < facts->limit) {
        found |= ATR_FOUND_NUMBER;
    }
    if (facts->has_rva && facts->is_image) {
        found |= ATR_FOUND_RVA;
    }
    if (facts->has_stub) {
        found |= ATR_FOUND_STUB;
    }
    return found;
}

const char *
atr_row_reason(enum atr_row_verdict verdict)
{
    static const char *const reasons[ATR_ROW_VERDICT_COUNT] = {
        [ATR_ROW_AGREED] = "",
        [ATR_ROW_NUMBER_ONLY] = "found by its number alone: this kernel keeps absolute addresses",
        [ATR_ROW_NO_SERVICE] = "this system has no such service",
        [ATR_ROW_NUMBER_BEYOND] = "its number is not in the kernel's table: another system's ntdll",
        [ATR_ROW_STUB_DIFFERS] = "ntdll and the kernel's Zw routine give different numbers",
        [ATR_ROW_NO_RVA] = "found by its number only: kernel symbols are missing",
        [ATR_ROW_OTHER_IMAGE] = "the kernel symbols belong to another kernel",
        [ATR_ROW_DISAGREE] = "number and symbols lead to different code: hooked, or wrong symbols",
        [ATR_ROW_NOT_CODE] = "the table's entry does not lead into the kernel's code: hooked",
        [ATR_ROW_ARGUMENTS_DIFFER] = "the kernel passes it another number of arguments",
        [ATR_ROW_TAKEN] = "it begins with a jump: hooked already",
        [ATR_ROW_NO_PLACE] = "no padding within reach for the jump",
        [ATR_ROW_NO_DETOUR] = "its first instruction cannot be replaced in one piece",
        [ATR_ROW_CHANGED] = "it changed while it was being wrapped",
        [ATR_ROW_NO_MEMORY] = "its memory could not be locked and mapped",
        [ATR_ROW_FOREIGN_HOOK] = "somebody else changed it since: left alone",
    };

    return (size_t)verdict < ATR_ROW_VERDICT_COUNT ? reasons[verdict] : "";
}
