/* SPDX-License-Identifier: MIT */
#include "base/cursor.h"

struct atr_cursor
atr_cursor_make(const void *base, size_t size_bytes)
{
    static const uint8_t nothing;

    return (struct atr_cursor){.base = base == NULL ? &nothing : base,
                               .size_bytes = base == NULL ? 0 : size_bytes};
}

uint64_t
atr_cursor_pointer(struct atr_cursor *cur, unsigned pointer_bytes)
{
    return pointer_bytes == 4 ? atr_cursor_u32(cur) : atr_cursor_u64(cur);
}

struct atr_cursor
atr_cursor_sub(struct atr_cursor *cur, size_t size_bytes)
{
    const uint8_t *at = atr_cursor_take(cur, size_bytes);
    struct atr_cursor sub = atr_cursor_make(at, at == NULL ? 0 : size_bytes);

    sub.status = cur->status;
    return sub;
}

void
atr_cursor_seek(struct atr_cursor *cur, size_t position)
{
    if (cur->status != ATR_OK) {
        return;
    }
    if (position > cur->size_bytes) {
        cur->status = ATR_TRUNCATED;
        return;
    }
    cur->position = position;
}

void
atr_cursor_align(struct atr_cursor *cur, size_t alignment)
{
    (void)atr_cursor_take(cur, (alignment - cur->position % alignment) % alignment);
}

void
atr_cursor_reject(struct atr_cursor *cur)
{
    if (cur->status == ATR_OK) {
        cur->status = ATR_MALFORMED;
    }
}
