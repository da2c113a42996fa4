/* SPDX-License-Identifier: MIT */
/*
 * A filter as it comes from user mode, and the names it judges. Input: the facts of half a call
 * (16 bytes), how many bytes of a name (one byte), the name, then the filter.
 */
#include "wire/filter.h"

#include <stdlib.h>
#include <string.h>

enum {
    FACT_BYTES = 16
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct atr_filter_half
half_of(const uint8_t facts[FACT_BYTES])
{
    struct atr_filter_half half = {
        .has_message = (facts[0] & 1) != 0,
        .is_exit = (facts[0] & 2) != 0,
    };

    memcpy(&half.operation, facts + 2, 2);
    memcpy(&half.message_type, facts + 4, 2);
    memcpy(&half.data_length, facts + 8, 4);
    return half;
}

/* A verdict from a filter that is not valid may be anything, but it has to be one. */
static void
check(enum atr_verdict verdict)
{
    if (verdict != ATR_VERDICT_PASS && verdict != ATR_VERDICT_REFUSE &&
        verdict != ATR_VERDICT_UNKNOWN) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_filter *filter;
    struct atr_filter_half half;
    uint16_t *name;
    uint32_t units;

    if (size < FACT_BYTES + 1 || size - FACT_BYTES - 1 < data[FACT_BYTES]) {
        return 0;
    }
    half = half_of(data);
    units = data[FACT_BYTES] / 2U;
    filter = calloc(1, sizeof(*filter));
    name = malloc(units == 0 ? 1 : 2 * (size_t)units);
    if (filter != NULL && name != NULL) {
        size_t rest = size - FACT_BYTES - 1 - data[FACT_BYTES];

        memcpy(name, data + FACT_BYTES + 1, 2 * (size_t)units);
        memcpy(filter, data + size - rest, rest < sizeof(*filter) ? rest : sizeof(*filter));
        (void)atr_filter_valid(filter);
        check(atr_filter_process(filter, half.data_length, name, units));
        check(atr_filter_process(filter, half.data_length, NULL, units));
        check(atr_filter_port(filter, name, units));
        check(atr_filter_half(filter, &half));
    }
    free(name);
    free(filter);
    return 0;
}
