/* SPDX-License-Identifier: MIT */
#include "decode/sid.h"

#include "base/cursor.h"

#include <inttypes.h>
#include <stdio.h>

/* "S-255-0x......" and 15 numbers of up to 10 digits. */
enum {
    TEXT_BYTES = 224
};

static uint64_t
read_authority(struct atr_cursor *cur)
{
    uint64_t authority = 0;

    for (unsigned i = 0; i < 6; i++) {
        authority = authority << 8 | atr_cursor_u8(cur);
    }
    return authority;
}

static size_t
put_number(char text[TEXT_BYTES], size_t at, uint64_t number)
{
    int size = snprintf(text + at, TEXT_BYTES - at, "-%" PRIu64, number);

    return size > 0 ? at + (size_t)size : at;
}

struct atr_str
atr_sid_text(struct atr_arena *arena, struct atr_bytes sid)
{
    struct atr_cursor cur = atr_cursor_make(sid.data, sid.size_bytes);
    unsigned revision = atr_cursor_u8(&cur);
    unsigned count = atr_cursor_u8(&cur);
    char text[TEXT_BYTES] = "S";
    size_t at = 1;

    if (count > ATR_SID_PARTS_MAX || sid.size_bytes != ATR_SID_HEAD_BYTES + (size_t)count * 4) {
        return (struct atr_str){NULL, 0};
    }
    at = put_number(text, at, revision);
    at = put_number(text, at, read_authority(&cur));
    for (unsigned i = 0; i < count; i++) {
        at = put_number(text, at, atr_cursor_u32(&cur));
    }
    return atr_arena_str(arena, atr_str_make(text, at));
}
