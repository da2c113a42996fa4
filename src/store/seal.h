/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "base/str.h"
#include "store/pcapng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Seal and index: the local-use blocks that let a machine check and seek (docs/format.md 6).
 * Offsets count from the first byte of the section, times are ns since 1970 UTC. Always
 * little-endian, also in a big-endian section: only the frame follows the section.
 */

/* Everything between the previous seal (or the section's start) and this seal's own block. */
struct atr_seal {
    uint64_t previous_seal; /* 0: none */
    uint64_t offset;        /* of the first covered block */
    uint32_t size_bytes;    /* covered */
    uint64_t first_ns;      /* earliest and latest packet; 0 without packets */
    uint64_t last_ns;
    uint32_t events;
    uint32_t states;
    uint64_t last_state; /* offset of the last state packet before the chunk; 0: none */
    uint32_t crc32c;     /* of the covered bytes */
    uint64_t lost;       /* since the section's start */
    uint32_t flags;      /* ATR_SEAL_WITHOUT_CRC */
};

/* Writes ATR_SEAL_BYTES: a whole block. Returns the byte behind it. */
uint8_t *atr_seal_put(uint8_t *at, const struct atr_seal *seal);

/* body: the block without its frame. TRUNCATED when it is too short. */
ATR_NODISCARD enum atr_status atr_seal_parse(struct atr_bytes body, struct atr_seal *seal);

/* One chunk, or several merged, in the index. */
struct atr_chunk {
    uint64_t first_ns; /* 0 without packets */
    uint64_t offset;
    uint64_t size_bytes; /* with the seals inside when merged */
    uint64_t events;
    uint64_t state_offset; /* from the first state packet ... */
    uint64_t state_bytes;  /* ... to the end of the last; 0: none */
};

struct atr_index_totals {
    uint64_t events;
    uint64_t states;
    uint64_t lost;
    uint64_t first_ns;
    uint64_t last_ns;
    uint64_t index_offset; /* of the index block itself */
};

/* Merges each two neighbours. Returns the new count. */
size_t atr_chunks_merge(struct atr_chunk *chunks, size_t count);

/* Bytes of the index block, and the block. tool: who wrote it, up to 255 bytes. */
size_t atr_index_bytes(const struct atr_chunk *chunks, size_t count, struct atr_str tool);
uint8_t *atr_index_put(uint8_t *at, const struct atr_chunk *chunks, size_t count,
                       const struct atr_index_totals *totals, struct atr_str tool);

/*
 * What an index claims. MALFORMED: chunks out of order or over one another, or sums that differ.
 * crc_ok says whether its own checksum fits.
 */
struct atr_index_summary {
    struct atr_index_totals totals;
    uint64_t chunks;
    uint64_t chunk_events; /* sum */
    uint64_t end;          /* of the last chunk */
    struct atr_str tool;
    bool crc_ok;
};

ATR_NODISCARD enum atr_status atr_index_parse(struct atr_bytes body,
                                              struct atr_index_summary *summary);
