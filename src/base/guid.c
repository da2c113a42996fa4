/* SPDX-License-Identifier: MIT */
#include "base/guid.h"

#include <string.h>

/* Index into bytes[] of each pair of digits of the text form. */
static const uint8_t text_order[ATR_GUID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                   8, 9, 10, 11, 12, 13, 14, 15};

static bool
dash_after(size_t pair)
{
    return pair == 3 || pair == 5 || pair == 7 || pair == 9;
}

bool
atr_guid_equal(const struct atr_guid *a, const struct atr_guid *b)
{
    return memcmp(a->bytes, b->bytes, ATR_GUID_BYTES) == 0;
}

bool
atr_guid_is_null(const struct atr_guid *guid)
{
    static const struct atr_guid null_guid;

    return atr_guid_equal(guid, &null_guid);
}

int
atr_guid_compare(const struct atr_guid *a, const struct atr_guid *b)
{
    for (size_t i = 0; i < ATR_GUID_BYTES; i++) {
        uint8_t left = a->bytes[text_order[i]];
        uint8_t right = b->bytes[text_order[i]];

        if (left != right) {
            return left < right ? -1 : 1;
        }
    }
    return 0;
}

void
atr_guid_format(const struct atr_guid *guid, char out[ATR_GUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < ATR_GUID_BYTES; i++) {
        uint8_t byte = guid->bytes[text_order[i]];

        out[at++] = digits[byte >> 4];
        out[at++] = digits[byte & 15];
        if (dash_after(i)) {
            out[at++] = '-';
        }
    }
    out[at] = '\0';
}

bool
atr_guid_parse(struct atr_str text, struct atr_guid *out)
{
    struct atr_guid guid;
    size_t at = 0;

    if (text.size_bytes == 38 && text.data[0] == '{' && text.data[37] == '}') {
        text = atr_str_make(text.data + 1, 36);
    }
    if (text.size_bytes != 36) {
        return false;
    }
    for (size_t i = 0; i < ATR_GUID_BYTES; i++) {
        uint64_t byte;

        if (!atr_str_to_u64(atr_str_make(text.data + at, 2), 16, &byte)) {
            return false;
        }
        guid.bytes[text_order[i]] = (uint8_t)byte;
        at += 2;
        if (dash_after(i) && text.data[at++] != '-') {
            return false;
        }
    }
    *out = guid;
    return true;
}
