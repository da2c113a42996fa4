/* SPDX-License-Identifier: MIT */
#include "capture/text_scan.h"

#include "wire/record.h"

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool
atr_scan_eat(struct atr_str *at, struct atr_str literal)
{
    if (!atr_str_starts(*at, literal)) {
        return false;
    }
    *at = atr_str_skip(*at, literal.size_bytes);
    return true;
}

void
atr_scan_blanks(struct atr_str *at)
{
    size_t blanks = 0;

    while (blanks < at->size_bytes && is_blank(at->data[blanks])) {
        blanks++;
    }
    *at = atr_str_skip(*at, blanks);
}

struct atr_str
atr_scan_token(struct atr_str *at)
{
    struct atr_str token;

    atr_scan_blanks(at);
    token = atr_str_make(at->data, 0);
    while (token.size_bytes < at->size_bytes && !is_blank(at->data[token.size_bytes])) {
        token.size_bytes++;
    }
    *at = atr_str_skip(*at, token.size_bytes);
    return token;
}

bool
atr_scan_until(struct atr_str *at, struct atr_str separator, struct atr_str *out)
{
    size_t found = atr_str_find(*at, separator);

    if (found == at->size_bytes) {
        return false;
    }
    *out = atr_str_make(at->data, found);
    *at = atr_str_skip(*at, found + separator.size_bytes);
    return true;
}

bool
atr_scan_last(struct atr_str *at, struct atr_str separator, struct atr_str *behind)
{
    for (size_t from = at->size_bytes; from >= separator.size_bytes; from--) {
        struct atr_str head = {at->data, from};

        if (atr_str_ends(head, separator)) {
            *behind = atr_str_skip(*at, from);
            at->size_bytes = from - separator.size_bytes;
            return true;
        }
    }
    return false;
}

bool
atr_scan_hex(struct atr_str text, uint64_t *out)
{
    uint64_t high = 0;
    uint64_t low;
    struct atr_str half;

    if (!atr_scan_eat(&text, ATR_STR("0x"))) {
        (void)atr_scan_eat(&text, ATR_STR("0X"));
    }
    if (!atr_scan_until(&text, ATR_STR("`"), &half)) {
        return atr_str_to_u64(text, 16, out);
    }
    if (text.size_bytes != 8 || !atr_str_to_u64(half, 16, &high) || high > UINT32_MAX ||
        !atr_str_to_u64(text, 16, &low)) {
        return false;
    }
    *out = high << 32 | low;
    return true;
}

bool
atr_scan_process(struct atr_str text, struct atr_scan_process *out)
{
    struct atr_str digits;
    uint64_t pid;

    text = atr_str_trim(text);
    if (!atr_str_ends(text, ATR_STR(")"))) {
        return false;
    }
    text.size_bytes--;
    if (!atr_scan_last(&text, ATR_STR("("), &digits) || text.size_bytes == 0 ||
        !atr_str_to_u64(digits, 10, &pid)) {
        return false;
    }
    out->image = atr_str_trim(text);
    out->pid = pid < ATR_UNKNOWN_U32 ? (uint32_t)pid : ATR_UNKNOWN_U32;
    return true;
}
