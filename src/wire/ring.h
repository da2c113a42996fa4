/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One ring of records from one processor of the kernel to one reading process. Freestanding: the
 * driver, the recorder and the tests compile the same file.
 *
 *   producer (kernel)                                consumer (recorder)
 *   reserve: header BUSY, head moves on  ──────────> reads below head, stops at a BUSY header
 *   copy the payload
 *   commit:  header READY  ────────────────────────> copies the record out, then moves tail on
 *
 * Positions count bytes since the start and never wrap; position % size is the place. A record
 * never wraps: where it would, a PAD record fills the rest of the ring.
 *
 * The producer trusts nothing it shares: it reads one number of the consumer's, the tail, once per
 * reserve, and every index and length it uses is its own copy. A tail outside [last tail, head]
 * breaks the ring for good.
 *
 * reserve and skip: the caller holds the ring's lock. commit: no lock. The consumer: one thread.
 */

enum {
    ATR_RING_ALIGN = 16,
    ATR_RING_HEADER_BYTES = 16,
    ATR_RING_RECORD_MAX = 160 * 1024, /* header included */
    ATR_RING_BYTES_MIN = 8 * ATR_RING_RECORD_MAX,
    ATR_RING_BYTES_DEFAULT = 4 * 1024 * 1024, /* sizes are powers of two */
    ATR_RING_LINE_BYTES = 128, /* two cache lines: adjacent ones are fetched together */
};

enum atr_ring_state {
    ATR_RING_BUSY = 1,  /* reserved, being filled */
    ATR_RING_READY = 2, /* committed */
    ATR_RING_PAD = 3,   /* nothing in it: go on behind it */
};

/* In front of each record; size_bytes covers header and payload, a multiple of ATR_RING_ALIGN. */
struct atr_ring_header {
    uint32_t size_bytes;
    _Atomic uint32_t state; /* enum atr_ring_state */
    uint64_t sequence;      /* of the ring; goes on for records that were dropped */
};

/* The producer's line: the consumer sees it read-only, as it does the data. */
struct atr_ring_producer {
    _Atomic uint64_t head;
    _Atomic uint32_t stopping; /* not 0: nothing new begins */
    _Atomic uint32_t broken; /* not 0: the consumer's line held nonsense, nothing comes any more */
    uint8_t unused[ATR_RING_LINE_BYTES - 16];
};

/* The consumer's line: all it may write. */
struct atr_ring_consumer {
    _Atomic uint64_t tail;
    uint8_t unused[ATR_RING_LINE_BYTES - 8];
};

_Static_assert(sizeof(struct atr_ring_header) == ATR_RING_HEADER_BYTES, "shared layout");
_Static_assert(sizeof(struct atr_ring_producer) == ATR_RING_LINE_BYTES, "shared layout");
_Static_assert(sizeof(struct atr_ring_consumer) == ATR_RING_LINE_BYTES, "shared layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "shared between worlds");

/* The producer's own side. */
struct atr_ring {
    uint8_t *data;
    uint32_t size_bytes;
    bool is_broken;
    uint64_t head;
    uint64_t tail; /* the last the consumer told that made sense */
    uint64_t sequence;
    struct atr_ring_producer *shared;
    const struct atr_ring_consumer *consumer;
};

enum atr_ring_result {
    ATR_RING_OK,
    ATR_RING_FULL,
    ATR_RING_TOO_LARGE,
    ATR_RING_BAD_CONSUMER,
};

/* A reserved record; payload holds what was asked for, rounded up; the rounding is zeroed. */
struct atr_ring_slot {
    struct atr_ring_header *header;
    uint8_t *payload;
};

/* All memory is zeroed, aligned to ATR_RING_LINE_BYTES and outlives the ring. size: a power of two.
 */
void atr_ring_init(struct atr_ring *ring, uint8_t *data, uint32_t size_bytes,
                   struct atr_ring_producer *shared, const struct atr_ring_consumer *consumer);

/* Every result moves the sequence on by one; slot is filled with OK only. */
enum atr_ring_result atr_ring_reserve(struct atr_ring *ring, uint32_t payload_bytes,
                                      struct atr_ring_slot *slot);

/* A record was dropped before it came to a reserve: the gap shows. */
void atr_ring_skip(struct atr_ring *ring);

void atr_ring_commit(struct atr_ring_slot *slot);

/* The consumer's own side. */
struct atr_ring_reader {
    const uint8_t *data;
    uint32_t size_bytes;
    uint32_t pending_bytes; /* of the record given out last */
    uint64_t position;
    const struct atr_ring_producer *shared;
    struct atr_ring_consumer *consumer;
};

enum atr_ring_read {
    ATR_RING_READ_RECORD,
    ATR_RING_READ_EMPTY,
    ATR_RING_READ_BUSY,    /* the next record is being filled */
    ATR_RING_READ_DAMAGED, /* no record a producer could have written */
};

struct atr_ring_view {
    const uint8_t *payload;
    uint32_t payload_bytes; /* rounded up to ATR_RING_ALIGN */
    uint64_t sequence;
};

void atr_ring_reader_init(struct atr_ring_reader *reader, const uint8_t *data, uint32_t size_bytes,
                          const struct atr_ring_producer *shared,
                          struct atr_ring_consumer *consumer);

/* Pads are passed over. The payload stays until the release; reading again gives the same record.
 */
enum atr_ring_read atr_ring_read(struct atr_ring_reader *reader, struct atr_ring_view *out);

/* Gives the room of the record back. */
void atr_ring_release(struct atr_ring_reader *reader);
