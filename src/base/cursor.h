/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/endian.h"
#include "base/guid.h"
#include "base/status.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded reader over bytes that an enemy may have written; the only way decoders touch them.
 *
 * Little-endian. A read past the end gives zero, sets status and sticks: every later read gives
 * zero too, so a decoder reads straight through and asks once, at the end. The first verdict
 * stands. TRUNCATED: the bytes ended. MALFORMED: atr_cursor_reject was called because they
 * contradict themselves.
 *
 * Positions count from the start of this cursor, so alignment inside a sub cursor is relative to
 * the sub cursor's own start, as NDR wants it.
 */
struct atr_cursor {
    const uint8_t *base;
    size_t size_bytes;
    size_t position;
    enum atr_status status;
};

struct atr_cursor atr_cursor_make(const void *base, size_t size_bytes);

static ATR_INLINE size_t
atr_cursor_left(const struct atr_cursor *cur)
{
    return cur->status == ATR_OK ? cur->size_bytes - cur->position : 0;
}

static ATR_INLINE bool
atr_cursor_ok(const struct atr_cursor *cur)
{
    return cur->status == ATR_OK;
}

/*
 * The next size_bytes bytes, borrowed; NULL when they are not all there. The reads below are this
 * and no more: they stand here so that each costs one comparison.
 */
static ATR_INLINE const uint8_t *
atr_cursor_take(struct atr_cursor *cur, size_t size_bytes)
{
    const uint8_t *at;

    if (size_bytes > atr_cursor_left(cur)) {
        cur->status = cur->status == ATR_OK ? ATR_TRUNCATED : cur->status;
        return NULL;
    }
    at = cur->base + cur->position;
    cur->position += size_bytes;
    return at;
}

static ATR_INLINE uint8_t
atr_cursor_u8(struct atr_cursor *cur)
{
    const uint8_t *at = atr_cursor_take(cur, 1);

    return at == NULL ? 0 : at[0];
}

static ATR_INLINE uint16_t
atr_cursor_u16(struct atr_cursor *cur)
{
    const uint8_t *at = atr_cursor_take(cur, 2);

    return at == NULL ? 0 : atr_get_u16(at);
}

static ATR_INLINE uint32_t
atr_cursor_u32(struct atr_cursor *cur)
{
    const uint8_t *at = atr_cursor_take(cur, 4);

    return at == NULL ? 0 : atr_get_u32(at);
}

static ATR_INLINE uint64_t
atr_cursor_u64(struct atr_cursor *cur)
{
    const uint8_t *at = atr_cursor_take(cur, 8);

    return at == NULL ? 0 : atr_get_u64(at);
}

static ATR_INLINE struct atr_guid
atr_cursor_guid(struct atr_cursor *cur)
{
    const uint8_t *at = atr_cursor_take(cur, ATR_GUID_BYTES);
    struct atr_guid guid = {{0}};

    if (at != NULL) {
        memcpy(guid.bytes, at, ATR_GUID_BYTES);
    }
    return guid;
}

/* 4 or 8 bytes as pointer_bytes says. */
uint64_t atr_cursor_pointer(struct atr_cursor *cur, unsigned pointer_bytes);

/* The next size_bytes bytes, borrowed; {NULL, 0} when they are not all there. */
static ATR_INLINE struct atr_bytes
atr_cursor_bytes(struct atr_cursor *cur, size_t size_bytes)
{
    const uint8_t *at = atr_cursor_take(cur, size_bytes);

    return (struct atr_bytes){at, at == NULL ? 0 : size_bytes};
}

/* A cursor over the next size_bytes bytes; this cursor moves past them. A short rest fails both. */
struct atr_cursor atr_cursor_sub(struct atr_cursor *cur, size_t size_bytes);

static ATR_INLINE void
atr_cursor_skip(struct atr_cursor *cur, size_t size_bytes)
{
    (void)atr_cursor_take(cur, size_bytes);
}

void atr_cursor_seek(struct atr_cursor *cur, size_t position); /* from the start of this cursor */

/* Moves to the next multiple of alignment (a power of two). */
void atr_cursor_align(struct atr_cursor *cur, size_t alignment);

/* The bytes contradict themselves: status becomes MALFORMED unless it failed before. */
void atr_cursor_reject(struct atr_cursor *cur);
