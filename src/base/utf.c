/* SPDX-License-Identifier: MIT */
#include "base/utf.h"

#include "base/attributes.h"
#include "base/endian.h"

size_t
atr_utf8_put(char out[ATR_UTF8_MAX], uint32_t code_point)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(uint8_t)(0xc0 | code_point >> 6);
        out[1] = (char)(uint8_t)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(uint8_t)(0xe0 | code_point >> 12);
        out[1] = (char)(uint8_t)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(uint8_t)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(uint8_t)(0xf0 | (code_point >> 18 & 7));
    out[1] = (char)(uint8_t)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(uint8_t)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(uint8_t)(0x80 | (code_point & 0x3f));
    return 4;
}

size_t
atr_utf8_get(const char *data, size_t size_bytes, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)data;
    uint32_t value;
    size_t length;

    if (size_bytes == 0) {
        return 0;
    }
    if (at[0] < 0x80) {
        *code_point = at[0];
        return 1;
    }
    if (at[0] >= 0xc2 && at[0] < 0xe0) {
        length = 2;
        value = at[0] & 0x1fU;
    } else if (at[0] >= 0xe0 && at[0] < 0xf0) {
        length = 3;
        value = at[0] & 0x0fU;
    } else if (at[0] >= 0xf0 && at[0] < 0xf5) {
        length = 4;
        value = at[0] & 0x07U;
    } else {
        return 0;
    }
    if (length > size_bytes) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3fU);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return 0;
    }
    *code_point = value;
    return length;
}

bool
atr_utf8_is_valid(struct atr_str text)
{
    for (size_t at = 0; at < text.size_bytes;) {
        uint32_t code_point;
        size_t length = atr_utf8_get(text.data + at, text.size_bytes - at, &code_point);

        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

bool
atr_code_point_is_unsafe(uint32_t code_point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
        {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < ATR_COUNT(ranges) && code_point >= ranges[i].first; i++) {
        if (code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static uint32_t
unit_at(struct atr_bytes units, size_t index)
{
    return (uint32_t)(units.data[2 * index] | units.data[2 * index + 1] << 8);
}

/* Most texts are ASCII: copies four units at a time as long as they are. Returns the units. */
static size_t
copy_ascii(struct atr_bytes units, size_t count, char *out)
{
    size_t done = 0;

    while (count - done >= 4) {
        uint64_t four = atr_get_u64(units.data + 2 * done);

        if ((four & UINT64_C(0xff80ff80ff80ff80)) != 0) {
            break;
        }
        four = (four | four >> 8) & UINT64_C(0x0000ffff0000ffff);
        (void)atr_put_u32((uint8_t *)out + done, (uint32_t)((four | four >> 16) & UINT32_MAX));
        done += 4;
    }
    return done;
}

struct atr_str
atr_utf16_to_utf8(struct atr_arena *arena, struct atr_bytes units)
{
    size_t count = units.size_bytes / 2;
    char *out = atr_arena_take(arena, count * 3 + 1, 1); /* a pair of units needs 4 of its 6 */
    size_t size;

    if (out == NULL) {
        return (struct atr_str){NULL, 0};
    }
    size = copy_ascii(units, count, out);
    for (size_t i = size; i < count; i++) {
        uint32_t code_point = unit_at(units, i);

        if (code_point >= 0xd800 && code_point < 0xe000) {
            uint32_t low = i + 1 < count ? unit_at(units, i + 1) : 0;

            if (code_point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
                code_point = 0x10000 + ((code_point & 0x3ff) << 10) + (low & 0x3ff);
                i++;
            } else {
                code_point = 0xfffd;
            }
        }
        size += atr_utf8_put(out + size, code_point);
    }
    return atr_str_make(out, size);
}
