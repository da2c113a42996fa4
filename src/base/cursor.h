/* SPDX-License-Identifier: MIT */
#pragma once

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

static inline size_t
atr_cursor_left(const struct atr_cursor *cur)
{
    return cur->status == ATR_OK ? cur->size_bytes - cur->position : 0;
}

static inline bool
atr_cursor_ok(const struct atr_cursor *cur)
{
    return cur->status == ATR_OK;
}

uint8_t atr_cursor_u8(struct atr_cursor *cur);
uint16_t atr_cursor_u16(struct atr_cursor *cur);
uint32_t atr_cursor_u32(struct atr_cursor *cur);
uint64_t atr_cursor_u64(struct atr_cursor *cur);
struct atr_guid atr_cursor_guid(struct atr_cursor *cur);

/* 4 or 8 bytes as pointer_bytes says. */
uint64_t atr_cursor_pointer(struct atr_cursor *cur, unsigned pointer_bytes);

/* The next size_bytes bytes, borrowed; {NULL, 0} when they are not all there. */
struct atr_bytes atr_cursor_bytes(struct atr_cursor *cur, size_t size_bytes);

/* A cursor over the next size_bytes bytes; this cursor moves past them. A short rest fails both. */
struct atr_cursor atr_cursor_sub(struct atr_cursor *cur, size_t size_bytes);

void atr_cursor_skip(struct atr_cursor *cur, size_t size_bytes);
void atr_cursor_seek(struct atr_cursor *cur, size_t position); /* from the start of this cursor */

/* Moves to the next multiple of alignment (a power of two). */
void atr_cursor_align(struct atr_cursor *cur, size_t alignment);

/* The bytes contradict themselves: status becomes MALFORMED unless it failed before. */
void atr_cursor_reject(struct atr_cursor *cur);
