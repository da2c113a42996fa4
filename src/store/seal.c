/* SPDX-License-Identifier: MIT */
#include "store/seal.h"

#include "base/crc32c.h"
#include "base/cursor.h"
#include "base/endian.h"

#include <string.h>

enum {
    CHUNK_BYTES = 32,
    RANGE_BYTES = 16,
    TOTALS_BYTES = 48,
    TOOL_BYTES_MAX = 255,
};

static uint8_t *
begin_block(uint8_t *at, uint32_t type, uint32_t size_bytes)
{
    return atr_put_u32(atr_put_u32(at, type), size_bytes);
}

uint8_t *
atr_seal_put(uint8_t *at, const struct atr_seal *seal)
{
    at = begin_block(at, ATR_BLOCK_SEAL, ATR_SEAL_BYTES);
    at = atr_put_u64(at, seal->previous_seal);
    at = atr_put_u64(at, seal->offset);
    at = atr_put_u32(at, seal->size_bytes);
    at = atr_put_u64(at, seal->first_ns);
    at = atr_put_u64(at, seal->last_ns);
    at = atr_put_u32(at, seal->events);
    at = atr_put_u32(at, seal->states);
    at = atr_put_u64(at, seal->last_state);
    at = atr_put_u32(at, seal->crc32c);
    at = atr_put_u64(at, seal->lost);
    at = atr_put_u32(at, seal->flags);
    return atr_put_u32(at, ATR_SEAL_BYTES);
}

enum atr_status
atr_seal_parse(struct atr_bytes body, struct atr_seal *seal)
{
    struct atr_cursor cur = atr_cursor_make(body.data, body.size_bytes);
    struct atr_seal got = {.previous_seal = atr_cursor_u64(&cur)};

    got.offset = atr_cursor_u64(&cur);
    got.size_bytes = atr_cursor_u32(&cur);
    got.first_ns = atr_cursor_u64(&cur);
    got.last_ns = atr_cursor_u64(&cur);
    got.events = atr_cursor_u32(&cur);
    got.states = atr_cursor_u32(&cur);
    got.last_state = atr_cursor_u64(&cur);
    got.crc32c = atr_cursor_u32(&cur);
    got.lost = atr_cursor_u64(&cur);
    got.flags = atr_cursor_u32(&cur);
    if (atr_cursor_ok(&cur)) {
        *seal = got;
    }
    return cur.status;
}

static bool
has_packets(const struct atr_chunk *chunk)
{
    return chunk->events != 0 || chunk->state_bytes != 0;
}

static struct atr_chunk
merge(const struct atr_chunk *a, const struct atr_chunk *b)
{
    struct atr_chunk both = *a;

    if (!has_packets(a) || (has_packets(b) && b->first_ns < a->first_ns)) {
        both.first_ns = b->first_ns;
    }
    both.size_bytes = b->offset + b->size_bytes - a->offset;
    both.events = a->events + b->events;
    if (a->state_bytes == 0) {
        both.state_offset = b->state_offset;
        both.state_bytes = b->state_bytes;
    } else if (b->state_bytes != 0) {
        both.state_bytes = b->state_offset + b->state_bytes - a->state_offset;
    }
    return both;
}

size_t
atr_chunks_merge(struct atr_chunk *chunks, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        chunks[i / 2] = merge(&chunks[i], &chunks[i + 1]);
    }
    if (count % 2 != 0) {
        chunks[count / 2] = chunks[count - 1];
    }
    return (count + 1) / 2;
}

static uint32_t
count_ranges(const struct atr_chunk *chunks, size_t count)
{
    uint32_t ranges = 0;

    for (size_t i = 0; i < count; i++) {
        ranges += chunks[i].state_bytes != 0;
    }
    return ranges;
}

static struct atr_str
short_tool(struct atr_str tool)
{
    return atr_str_make(tool.data,
                        tool.size_bytes < TOOL_BYTES_MAX ? tool.size_bytes : TOOL_BYTES_MAX);
}

size_t
atr_index_bytes(const struct atr_chunk *chunks, size_t count, struct atr_str tool)
{
    size_t tool_bytes = (short_tool(tool).size_bytes + 3) / 4 * 4;

    return ATR_BLOCK_FRAME_BYTES + 4 + count * CHUNK_BYTES + 4 +
           (size_t)count_ranges(chunks, count) * RANGE_BYTES + TOTALS_BYTES + 4 + tool_bytes + 4;
}

static uint8_t *
put_tool(uint8_t *at, struct atr_str tool)
{
    size_t padding = (4 - tool.size_bytes % 4) % 4;

    at = atr_put_u32(at, (uint32_t)tool.size_bytes);
    if (tool.size_bytes > 0) {
        memcpy(at, tool.data, tool.size_bytes);
    }
    memset(at + tool.size_bytes, 0, padding);
    return at + tool.size_bytes + padding;
}

uint8_t *
atr_index_put(uint8_t *at, const struct atr_chunk *chunks, size_t count,
              const struct atr_index_totals *totals, struct atr_str tool)
{
    uint32_t size_bytes = (uint32_t)atr_index_bytes(chunks, count, tool);
    const uint8_t *body;

    at = begin_block(at, ATR_BLOCK_INDEX, size_bytes);
    body = at;
    at = atr_put_u32(at, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        at = atr_put_u64(at, chunks[i].first_ns);
        at = atr_put_u64(at, chunks[i].offset);
        at = atr_put_u64(at, chunks[i].size_bytes);
        at = atr_put_u64(at, chunks[i].events);
    }
    at = atr_put_u32(at, count_ranges(chunks, count));
    for (size_t i = 0; i < count; i++) {
        if (chunks[i].state_bytes != 0) {
            at = atr_put_u64(at, chunks[i].state_offset);
            at = atr_put_u64(at, chunks[i].state_bytes);
        }
    }
    at = atr_put_u64(at, totals->events);
    at = atr_put_u64(at, totals->states);
    at = atr_put_u64(at, totals->lost);
    at = atr_put_u64(at, totals->first_ns);
    at = atr_put_u64(at, totals->last_ns);
    at = atr_put_u64(at, totals->index_offset);
    at = put_tool(at, short_tool(tool));
    at = atr_put_u32(at, atr_crc32c(0, body, (size_t)(at - body)));
    return atr_put_u32(at, size_bytes);
}

/* Chunks and ranges lie one behind the other. */
static void
parse_chunks(struct atr_cursor *cur, struct atr_index_summary *out)
{
    uint32_t count = atr_cursor_u32(cur);

    if (count > atr_cursor_left(cur) / CHUNK_BYTES) {
        atr_cursor_reject(cur);
    }
    for (out->chunks = 0; out->chunks < count && atr_cursor_ok(cur); out->chunks++) {
        uint64_t offset;
        uint64_t size_bytes;

        atr_cursor_skip(cur, 8);
        offset = atr_cursor_u64(cur);
        size_bytes = atr_cursor_u64(cur);
        out->chunk_events += atr_cursor_u64(cur);
        if (offset < out->end || size_bytes > UINT64_MAX - offset) {
            atr_cursor_reject(cur);
        }
        out->end = offset + size_bytes;
    }
}

static void
parse_ranges(struct atr_cursor *cur, uint64_t limit)
{
    uint32_t count = atr_cursor_u32(cur);
    uint64_t end = 0;

    if (count > atr_cursor_left(cur) / RANGE_BYTES) {
        atr_cursor_reject(cur);
    }
    for (uint32_t i = 0; i < count && atr_cursor_ok(cur); i++) {
        uint64_t offset = atr_cursor_u64(cur);
        uint64_t size_bytes = atr_cursor_u64(cur);

        if (offset < end || offset > limit || size_bytes > limit - offset) {
            atr_cursor_reject(cur);
        }
        end = offset + size_bytes;
    }
}

enum atr_status
atr_index_parse(struct atr_bytes body, struct atr_index_summary *summary)
{
    struct atr_cursor cur = atr_cursor_make(body.data, body.size_bytes);
    struct atr_bytes tool;
    size_t covered;

    *summary = (struct atr_index_summary){0};
    parse_chunks(&cur, summary);
    parse_ranges(&cur, summary->end);
    summary->totals.events = atr_cursor_u64(&cur);
    summary->totals.states = atr_cursor_u64(&cur);
    summary->totals.lost = atr_cursor_u64(&cur);
    summary->totals.first_ns = atr_cursor_u64(&cur);
    summary->totals.last_ns = atr_cursor_u64(&cur);
    summary->totals.index_offset = atr_cursor_u64(&cur);
    tool = atr_cursor_bytes(&cur, atr_cursor_u32(&cur));
    summary->tool = atr_str_make((const char *)tool.data, tool.size_bytes);
    atr_cursor_skip(&cur, (4 - tool.size_bytes % 4) % 4);
    covered = cur.position;
    summary->crc_ok =
        atr_cursor_u32(&cur) == atr_crc32c(0, body.data, covered) && atr_cursor_ok(&cur);
    if (summary->chunk_events != summary->totals.events) {
        atr_cursor_reject(&cur);
    }
    return cur.status;
}
