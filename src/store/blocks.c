/* SPDX-License-Identifier: MIT */
#include "store/blocks.h"

#include <string.h>

enum {
    READ_BYTES = 256 * 1024,
    WINDOW_BYTES = ATR_BLOCK_BYTES_MAX + READ_BYTES,
    HEAD_BYTES_MAX = 64 * 1024,
    SECTION_BYTES_MIN = 28,
};

enum atr_status
atr_blocks_init(struct atr_blocks *blocks, struct atr_file *file, struct atr_bytes head,
                const struct atr_heap *heap)
{
    *blocks = (struct atr_blocks){.heap = *heap, .file = file};
    if (head.size_bytes > HEAD_BYTES_MAX) {
        return ATR_ARG;
    }
    blocks->window = atr_heap_resize(heap, NULL, WINDOW_BYTES, 1);
    if (blocks->window == NULL) {
        return ATR_NOMEM;
    }
    if (head.size_bytes > 0) {
        memcpy(blocks->window, head.data, head.size_bytes);
    }
    blocks->end = head.size_bytes;
    return ATR_OK;
}

void
atr_blocks_fini(struct atr_blocks *blocks)
{
    atr_heap_free(&blocks->heap, blocks->window);
    blocks->window = NULL;
}

static size_t
held(const struct atr_blocks *blocks)
{
    return blocks->end - blocks->position;
}

static const uint8_t *
here(const struct atr_blocks *blocks)
{
    return blocks->window + blocks->position;
}

static void
advance(struct atr_blocks *blocks, size_t size_bytes)
{
    blocks->position += size_bytes;
    blocks->offset += size_bytes;
}

/*
 * Brings size_bytes (at most ATR_BLOCK_BYTES_MAX) from the position into the window, if the file
 * has them. Each time it moves what the window holds it reads READ_BYTES on top, so that moving
 * costs no more than a few times reading, whatever is asked.
 */
static enum atr_status
fill(struct atr_blocks *blocks, size_t size_bytes, struct atr_error *error)
{
    size_t have = held(blocks);
    size_t room = have + READ_BYTES < size_bytes ? size_bytes : have + READ_BYTES;
    enum atr_status status = ATR_OK;

    if (have >= size_bytes || blocks->is_drained) {
        return ATR_OK;
    }
    memmove(blocks->window, here(blocks), have);
    blocks->position = 0;
    blocks->end = have;
    while (status == ATR_OK && blocks->end < size_bytes) {
        size_t got = 0;

        status = atr_file_read_some(blocks->file, blocks->window + blocks->end, room - blocks->end,
                                    &got, error);
        blocks->end += got;
    }
    blocks->is_drained = status == ATR_END;
    return status == ATR_END ? ATR_OK : status;
}

/* The bytes of a section header tell its own byte order; 0 when they do not. */
static uint32_t
section_magic(const uint8_t *at, bool *is_big_endian)
{
    *is_big_endian = atr_load_u32(at + 8, false) != ATR_BYTE_ORDER_MAGIC;
    return atr_load_u32(at + 8, *is_big_endian);
}

struct frame {
    uint32_t type;
    uint32_t size_bytes;
    bool is_big_endian;
};

/* Needs 12 bytes at the position. Gives NULL, or what is wrong. */
static const char *
read_frame(const struct atr_blocks *blocks, struct frame *frame)
{
    const uint8_t *at = here(blocks);

    frame->is_big_endian = blocks->is_big_endian;
    frame->type = atr_load_u32(at, frame->is_big_endian);
    if (frame->type == ATR_BLOCK_SECTION &&
        section_magic(at, &frame->is_big_endian) != ATR_BYTE_ORDER_MAGIC) {
        return "section header without byte-order magic";
    }
    frame->size_bytes = atr_load_u32(at + 4, frame->is_big_endian);
    if (frame->size_bytes % 4 != 0 || frame->size_bytes < ATR_BLOCK_FRAME_BYTES ||
        (frame->type == ATR_BLOCK_SECTION && frame->size_bytes < SECTION_BYTES_MIN)) {
        return "impossible block length";
    }
    return frame->size_bytes > ATR_BLOCK_SKIP_MAX ? "block too long to be true" : NULL;
}

static bool
is_known(uint32_t type)
{
    return type == ATR_BLOCK_PACKET || type == ATR_BLOCK_SECTION || type == ATR_BLOCK_INTERFACE ||
           type == ATR_BLOCK_STATISTICS || type == ATR_BLOCK_SEAL || type == ATR_BLOCK_INDEX;
}

static bool
ends_right(const struct atr_blocks *blocks, const struct frame *frame)
{
    return atr_load_u32(here(blocks) + frame->size_bytes - 4, frame->is_big_endian) ==
           frame->size_bytes;
}

/* A whole block of a type of ours at the position, while searching. */
static enum atr_status
is_plausible(struct atr_blocks *blocks, bool *plausible, struct atr_error *error)
{
    struct frame frame;
    enum atr_status status = ATR_OK;

    *plausible = false;
    if (read_frame(blocks, &frame) == NULL && is_known(frame.type) &&
        frame.size_bytes <= ATR_BLOCK_BYTES_MAX) {
        status = fill(blocks, frame.size_bytes, error);
        *plausible =
            status == ATR_OK && frame.size_bytes <= held(blocks) && ends_right(blocks, &frame);
    }
    return status;
}

/*
 * Writes down the damage from start to the position and moves to the next block behind it, or to
 * the end.
 */
static enum atr_status
resync(struct atr_blocks *blocks, uint64_t start, const char *what, struct atr_error *error)
{
    bool found = false;

    while (!found) {
        enum atr_status status;

        advance(blocks, held(blocks) < 4 ? held(blocks) : 4);
        status = fill(blocks, ATR_BLOCK_FRAME_BYTES, error);
        if (status == ATR_OK && held(blocks) < ATR_BLOCK_FRAME_BYTES) {
            advance(blocks, held(blocks));
            break;
        }
        if (status == ATR_OK) {
            status = is_plausible(blocks, &found, error);
        }
        if (status != ATR_OK) {
            return status;
        }
    }
    blocks->damage = (struct atr_damage){
        .offset = start,
        .skipped_bytes = blocks->offset - start,
        .is_tail = !found,
        .what = what,
    };
    return ATR_MALFORMED;
}

/* Passes a block that is larger than the window. Its frame was read. */
static enum atr_status
skip_large(struct atr_blocks *blocks, const struct frame *frame, struct atr_error *error)
{
    uint64_t start = blocks->offset;
    size_t left = frame->size_bytes - 4;

    while (left > 0) {
        enum atr_status status = fill(blocks, left < READ_BYTES ? left : READ_BYTES, error);
        size_t some = held(blocks) < left ? held(blocks) : left;

        if (status != ATR_OK) {
            return status;
        }
        if (some == 0) {
            break;
        }
        advance(blocks, some);
        left -= some;
    }
    if (fill(blocks, 4, error) == ATR_OK && held(blocks) >= 4 &&
        atr_load_u32(here(blocks), frame->is_big_endian) == frame->size_bytes) {
        advance(blocks, 4);
        return ATR_OK;
    }
    return resync(blocks, start, "end of a large block is not where its length says", error);
}

enum atr_status
atr_blocks_next(struct atr_blocks *blocks, struct atr_block *out, struct atr_error *error)
{
    struct frame frame;
    const char *wrong;
    enum atr_status status = fill(blocks, ATR_BLOCK_FRAME_BYTES, error);

    if (status != ATR_OK) {
        return status;
    }
    if (held(blocks) < ATR_BLOCK_FRAME_BYTES) {
        return held(blocks) == 0 ? ATR_END
                                 : resync(blocks, blocks->offset, "cut inside a block", error);
    }
    wrong = read_frame(blocks, &frame);
    if (wrong == NULL && frame.size_bytes > ATR_BLOCK_BYTES_MAX && is_known(frame.type)) {
        wrong = "block too long to be true";
    }
    if (wrong != NULL) {
        return resync(blocks, blocks->offset, wrong, error);
    }
    *out = (struct atr_block){.offset = blocks->offset,
                              .type = frame.type,
                              .size_bytes = frame.size_bytes,
                              .is_big_endian = frame.is_big_endian};
    if (frame.size_bytes > ATR_BLOCK_BYTES_MAX) {
        return skip_large(blocks, &frame, error);
    }
    status = fill(blocks, frame.size_bytes, error);
    if (status != ATR_OK) {
        return status;
    }
    if (frame.size_bytes > held(blocks)) {
        return resync(blocks, blocks->offset, "cut inside a block", error);
    }
    if (!ends_right(blocks, &frame)) {
        return resync(blocks, blocks->offset, "the two lengths of a block differ", error);
    }
    out->bytes = (struct atr_bytes){here(blocks), frame.size_bytes};
    blocks->is_big_endian = frame.is_big_endian;
    advance(blocks, frame.size_bytes);
    return ATR_OK;
}

static bool
next_option(struct atr_options *options, uint16_t *code, struct atr_bytes *value)
{
    size_t size_bytes;

    if (options->left.size_bytes < 4) {
        return false;
    }
    *code = atr_load_u16(options->left.data, options->is_big_endian);
    size_bytes = atr_load_u16(options->left.data + 2, options->is_big_endian);
    if (*code == ATR_OPTION_END || size_bytes > options->left.size_bytes - 4) {
        return false;
    }
    *value = (struct atr_bytes){options->left.data + 4, size_bytes};
    size_bytes = 4 + (size_bytes + 3) / 4 * 4;
    if (size_bytes > options->left.size_bytes) {
        size_bytes = options->left.size_bytes;
    }
    options->left.data += size_bytes;
    options->left.size_bytes -= size_bytes;
    return true;
}

bool
atr_options_next(struct atr_options *options, uint16_t *code, struct atr_bytes *value)
{
    while (next_option(options, code, value)) {
        uint32_t bit = *code < 32 ? UINT32_C(1) << *code : 0;

        if ((options->seen & bit) == 0) {
            options->seen |= bit;
            return true;
        }
    }
    return false;
}
