/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/str.h"
#include "recorder/recorder.h"

#include <string.h>

/* Numbers with a unit behind them; no fractions. A unit that ends like another comes before it. */

struct unit {
    const char *name; /* lower case; "": none */
    uint64_t factor;
};

static bool
ends_with(struct atr_str text, const char *name)
{
    size_t size = strlen(name);

    if (text.size_bytes <= size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if ((text.data[text.size_bytes - size + i] | 0x20) != name[i]) {
            return false;
        }
    }
    return true;
}

static bool
parse(const char *text, const struct unit *units, size_t unit_count, uint64_t *out)
{
    struct atr_str digits = atr_str_from(text);
    size_t i = 0;
    uint64_t number;

    while (i < unit_count && !ends_with(digits, units[i].name)) {
        i++;
    }
    if (i == unit_count) {
        return false;
    }
    digits.size_bytes -= strlen(units[i].name);
    if (!atr_str_to_u64(digits, 10, &number) || number == 0 ||
        number > UINT64_MAX / units[i].factor) {
        return false;
    }
    *out = number * units[i].factor;
    return true;
}

bool
atr_record_parse_size(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"k", UINT64_C(1) << 10}, {"m", UINT64_C(1) << 20}, {"g", UINT64_C(1) << 30}, {"", 1}};

    return parse(text, units, ATR_COUNT(units), bytes);
}

bool
atr_record_parse_duration(const char *text, uint64_t *ns)
{
    static const struct unit units[] = {
        {"ms", UINT64_C(1000000)},       {"s", UINT64_C(1000000000)},
        {"m", UINT64_C(60000000000)},    {"h", UINT64_C(3600000000000)},
        {"d", UINT64_C(86400000000000)}, {"", UINT64_C(1000000000)}};

    return parse(text, units, ATR_COUNT(units), ns);
}
