/* SPDX-License-Identifier: MIT */
#include "scenario/big_endian.h"

#include "base/crc32c.h"
#include "base/endian.h"
#include "store/pcapng.h"

/* One block; seals are summed up again, because their CRC covers bytes that changed. */
struct block {
    uint8_t *bytes;
    uint32_t type;
    uint32_t size_bytes;
};

static void
swap(uint8_t *at, size_t width)
{
    for (size_t i = 0; i < width / 2; i++) {
        uint8_t byte = at[i];

        at[i] = at[width - 1 - i];
        at[width - 1 - i] = byte;
    }
}

static void
swap_each(uint8_t *at, size_t width, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        swap(at + i * width, width);
    }
}

/* Numbers among the option values: width of one, 0 for texts and single bytes. */
static size_t
value_width(uint32_t type, uint16_t code)
{
    switch (type) {
    case ATR_BLOCK_INTERFACE:
        return code == ATR_OPTION_IF_TSOFFSET ? 8 : 0;
    case ATR_BLOCK_PACKET:
        return code == ATR_OPTION_PACKET_FLAGS ? 4 : code == ATR_OPTION_PACKET_DROPCOUNT ? 8 : 0;
    case ATR_BLOCK_STATISTICS:
        return code <= ATR_OPTION_STATISTICS_END ? 4 : 8;
    default:
        return 0;
    }
}

static void
swap_options(const struct block *block, size_t at)
{
    size_t end = block->size_bytes - 4;

    while (at + 4 <= end) {
        uint16_t code = atr_get_u16(block->bytes + at);
        uint16_t size = atr_get_u16(block->bytes + at + 2);
        size_t width = value_width(block->type, code);

        swap_each(block->bytes + at, 2, 2);
        if (code == 0 || size > end - at - 4) {
            return;
        }
        if (width != 0) {
            swap_each(block->bytes + at + 4, width, size / width);
        }
        at += 4 + ((size_t)size + 3) / 4 * 4;
    }
}

static void
swap_block(const struct block *block)
{
    uint8_t *bytes = block->bytes;
    uint32_t captured;

    switch (block->type) {
    case ATR_BLOCK_SECTION:
        swap(bytes + 8, 4);
        swap_each(bytes + 12, 2, 2);
        swap(bytes + 16, 8);
        swap_options(block, 24);
        break;
    case ATR_BLOCK_INTERFACE:
        swap_each(bytes + 8, 2, 2);
        swap(bytes + 12, 4);
        swap_options(block, 16);
        break;
    case ATR_BLOCK_PACKET:
        captured = atr_get_u32(bytes + 20);
        swap_each(bytes + 8, 4, 5);
        swap_options(block, 28 + (captured + 3) / 4 * 4);
        break;
    case ATR_BLOCK_STATISTICS:
        swap_each(bytes + 8, 4, 3);
        swap_options(block, 20);
        break;
    default:
        break;
    }
    swap_each(bytes, 4, 2);
    swap(bytes + block->size_bytes - 4, 4);
}

enum {
    SEAL_FIRST_OFFSET = 16,
    SEAL_COVERED_OFFSET = 24,
    SEAL_CRC_OFFSET = 60,
};

static bool
seal_again(uint8_t *file, size_t at, const struct block *seal)
{
    uint32_t first = atr_get_u32(seal->bytes + SEAL_FIRST_OFFSET);
    uint32_t covered = atr_get_u32(seal->bytes + SEAL_COVERED_OFFSET);

    if (seal->size_bytes != ATR_SEAL_BYTES || first > at || covered > at - first) {
        return false;
    }
    (void)atr_put_u32(seal->bytes + SEAL_CRC_OFFSET, atr_crc32c(0, file + first, covered));
    return true;
}

bool
big_endian_convert(uint8_t *bytes, size_t size_bytes)
{
    size_t at = 0;

    while (size_bytes - at >= 12) {
        struct block block = {bytes + at, atr_get_u32(bytes + at), atr_get_u32(bytes + at + 4)};

        if (block.size_bytes < 12 || block.size_bytes % 4 != 0 ||
            block.size_bytes > size_bytes - at) {
            return false;
        }
        if (block.type == ATR_BLOCK_SEAL && !seal_again(bytes, at, &block)) {
            return false;
        }
        swap_block(&block);
        at += block.size_bytes;
    }
    return at == size_bytes;
}
