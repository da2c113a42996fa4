/* SPDX-License-Identifier: MIT */
#include "base/cursor.h"

static const uint8_t *
take(struct atr_cursor *cur, size_t size_bytes)
{
    if (size_bytes > atr_cursor_left(cur)) {
        if (cur->status == ATR_OK) {
            cur->status = ATR_TRUNCATED;
        }
        return NULL;
    }

    const uint8_t *at = cur->base + cur->position;

    cur->position += size_bytes;
    return at;
}

struct atr_cursor
atr_cursor_make(const void *base, size_t size_bytes)
{
    static const uint8_t nothing;

    return (struct atr_cursor){.base = base == NULL ? &nothing : base,
                               .size_bytes = base == NULL ? 0 : size_bytes};
}

uint8_t
atr_cursor_u8(struct atr_cursor *cur)
{
    const uint8_t *at = take(cur, 1);

    return at == NULL ? 0 : at[0];
}

uint16_t
atr_cursor_u16(struct atr_cursor *cur)
{
    const uint8_t *at = take(cur, 2);

    return at == NULL ? 0 : (uint16_t)(at[0] | at[1] << 8);
}

uint32_t
atr_cursor_u32(struct atr_cursor *cur)
{
    const uint8_t *at = take(cur, 4);

    return at == NULL ? 0
                      : (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                            (uint32_t)at[3] << 24;
}

uint64_t
atr_cursor_u64(struct atr_cursor *cur)
{
    uint64_t low = atr_cursor_u32(cur);
    uint64_t high = atr_cursor_u32(cur);

    return cur->status == ATR_OK ? low | high << 32 : 0;
}

uint64_t
atr_cursor_pointer(struct atr_cursor *cur, unsigned pointer_bytes)
{
    return pointer_bytes == 4 ? atr_cursor_u32(cur) : atr_cursor_u64(cur);
}

struct atr_guid
atr_cursor_guid(struct atr_cursor *cur)
{
    struct atr_guid guid = {{0}};
    const uint8_t *at = take(cur, ATR_GUID_BYTES);

    if (at != NULL) {
        memcpy(guid.bytes, at, ATR_GUID_BYTES);
    }
    return guid;
}

struct atr_bytes
atr_cursor_bytes(struct atr_cursor *cur, size_t size_bytes)
{
    const uint8_t *at = take(cur, size_bytes);

    return (struct atr_bytes){at, at == NULL ? 0 : size_bytes};
}

struct atr_cursor
atr_cursor_sub(struct atr_cursor *cur, size_t size_bytes)
{
    const uint8_t *at = take(cur, size_bytes);
    struct atr_cursor sub = atr_cursor_make(at, at == NULL ? 0 : size_bytes);

    sub.status = cur->status;
    return sub;
}

void
atr_cursor_skip(struct atr_cursor *cur, size_t size_bytes)
{
    (void)take(cur, size_bytes);
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
    (void)take(cur, (alignment - cur->position % alignment) % alignment);
}

void
atr_cursor_reject(struct atr_cursor *cur)
{
    if (cur->status == ATR_OK) {
        cur->status = ATR_MALFORMED;
    }
}
