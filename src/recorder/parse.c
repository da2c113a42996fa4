/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/str.h"
#include "recorder/recorder.h"

/* Numbers with a unit behind them; no fractions. */

struct unit {
    char letter; /* 0: without one */
    uint64_t factor;
};

static bool
parse(const char *text, const struct unit *units, size_t unit_count, uint64_t *out)
{
    struct atr_str digits = atr_str_from(text);
    uint64_t factor = 0;
    uint64_t number;

    for (size_t i = 0; i < unit_count; i++) {
        if (units[i].letter == 0) {
            factor = factor == 0 ? units[i].factor : factor;
        } else if (digits.size_bytes > 1 &&
                   (digits.data[digits.size_bytes - 1] | 0x20) == (units[i].letter | 0x20)) {
            factor = units[i].factor;
            digits.size_bytes--;
        }
    }
    if (factor == 0 || !atr_str_to_u64(digits, 10, &number) || number == 0 ||
        number > UINT64_MAX / factor) {
        return false;
    }
    *out = number * factor;
    return true;
}

bool
atr_record_parse_size(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        {'k', UINT64_C(1) << 10}, {'m', UINT64_C(1) << 20}, {'g', UINT64_C(1) << 30}, {0, 1}};

    return parse(text, units, ATR_COUNT(units), bytes);
}

bool
atr_record_parse_duration(const char *text, uint64_t *ns)
{
    static const struct unit units[] = {{'s', UINT64_C(1000000000)},
                                        {'m', UINT64_C(60000000000)},
                                        {'h', UINT64_C(3600000000000)},
                                        {'d', UINT64_C(86400000000000)},
                                        {0, UINT64_C(1000000000)}};

    return parse(text, units, ATR_COUNT(units), ns);
}
