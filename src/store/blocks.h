/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/endian.h"
#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "platform/file.h"
#include "store/pcapng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The frames of a pcapng file, one after the other, through a window of bounded size. Works on
 * pipes. Knows lengths and byte order, not what blocks mean.
 *
 * Damage does not end the walk: the bytes after it are searched, once, for the next thing that
 * looks like a block of ours from end to end.
 */
struct atr_block {
    uint64_t offset; /* in the file */
    uint32_t type;
    uint32_t size_bytes;    /* with its frame */
    struct atr_bytes bytes; /* whole block; none when it is too large to hold and was skipped */
    bool is_big_endian;
};

/* A place where the file is not what it should be. */
struct atr_damage {
    uint64_t offset;
    uint64_t skipped_bytes;
    bool is_tail;     /* nothing readable came after it */
    const char *what; /* constant: "block length 7 is impossible" without the number */
};

struct atr_blocks {
    struct atr_heap heap;
    struct atr_file *file;
    uint8_t *window;
    size_t position; /* in the window: the next block */
    size_t end;      /* of the bytes in the window */
    uint64_t offset; /* in the file, of position */
    bool is_big_endian;
    bool is_drained; /* the file has no more bytes */
    struct atr_damage damage;
};

/* head: bytes of the file that were read already. NOMEM, or ARG when head is larger than 64 KiB. */
ATR_NODISCARD enum atr_status atr_blocks_init(struct atr_blocks *blocks, struct atr_file *file,
                                              struct atr_bytes head, const struct atr_heap *heap);
void atr_blocks_fini(struct atr_blocks *blocks);

/*
 * The next block; its bytes stay until the next call. END; MALFORMED: blocks->damage tells, and the
 * next call goes on behind it; or what reading gave.
 */
ATR_NODISCARD enum atr_status atr_blocks_next(struct atr_blocks *blocks, struct atr_block *out,
                                              struct atr_error *error);

/* Numbers of the section's byte order. The caller knows that the bytes are there. */
static inline uint16_t
atr_load_u16(const uint8_t *at, bool is_big_endian)
{
    return (uint16_t)(is_big_endian ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static inline uint32_t
atr_load_u32(const uint8_t *at, bool is_big_endian)
{
    if (is_big_endian) {
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    return atr_get_u32(at);
}

static inline uint64_t
atr_load_u64(const uint8_t *at, bool is_big_endian)
{
    if (is_big_endian) {
        return (uint64_t)atr_load_u32(at, true) << 32 | atr_load_u32(at + 4, true);
    }
    return atr_get_u64(at);
}

/* Walks the options in what is left of a block. */
struct atr_options {
    struct atr_bytes left;
    bool is_big_endian;
    uint32_t seen; /* codes below 32 */
};

/*
 * False at the end; options that do not fit end the walk too. One that comes again is passed over:
 * the first counts.
 */
bool atr_options_next(struct atr_options *options, uint16_t *code, struct atr_bytes *value);
