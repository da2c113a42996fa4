/* SPDX-License-Identifier: MIT */
#include "wire/ring.h"

static uint32_t
record_max(uint32_t ring_bytes)
{
    return ring_bytes / 8 < ATR_RING_RECORD_MAX ? ring_bytes / 8 : ATR_RING_RECORD_MAX;
}

void
atr_ring_init(struct atr_ring *ring, uint8_t *data, uint32_t size_bytes,
              struct atr_ring_producer *shared, const struct atr_ring_consumer *consumer)
{
    *ring = (struct atr_ring){.size_bytes = size_bytes, .shared = shared, .consumer = consumer};
    ring->data = data;
}

/* The one look at what the consumer wrote; false: nonsense. */
static bool
take_tail(struct atr_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->consumer->tail, memory_order_acquire);

    if (tail < ring->tail || tail > ring->head) {
        return false;
    }
    ring->tail = tail;
    return true;
}

static struct atr_ring_header *
put_header(const struct atr_ring *ring, uint64_t position, uint32_t size_bytes,
           enum atr_ring_state state)
{
    struct atr_ring_header *header =
        (struct atr_ring_header *)(void *)(ring->data + (position & (ring->size_bytes - 1)));

    header->size_bytes = size_bytes;
    header->sequence = ring->sequence - 1;
    atomic_store_explicit(&header->state, (uint32_t)state, memory_order_relaxed);
    return header;
}

enum atr_ring_result
atr_ring_reserve(struct atr_ring *ring, uint32_t payload_bytes, struct atr_ring_slot *slot)
{
    uint32_t most = record_max(ring->size_bytes) - ATR_RING_HEADER_BYTES;
    uint32_t room_to_end = ring->size_bytes - (uint32_t)(ring->head & (ring->size_bytes - 1));
    uint32_t padded = (payload_bytes + ATR_RING_ALIGN - 1) & ~(ATR_RING_ALIGN - 1U);
    uint32_t size = ATR_RING_HEADER_BYTES + padded;
    uint32_t pad = size > room_to_end ? room_to_end : 0;

    ring->sequence++;
    if (ring->is_broken) {
        return ATR_RING_BAD_CONSUMER;
    }
    if (payload_bytes > most || size - ATR_RING_HEADER_BYTES > most) {
        return ATR_RING_TOO_LARGE;
    }
    if (!take_tail(ring)) {
        ring->is_broken = true;
        atomic_store_explicit(&ring->shared->broken, 1, memory_order_release);
        return ATR_RING_BAD_CONSUMER;
    }
    if (pad + size > ring->size_bytes - (ring->head - ring->tail)) {
        return ATR_RING_FULL;
    }
    if (pad > 0) {
        (void)put_header(ring, ring->head, pad, ATR_RING_PAD);
    }
    slot->header = put_header(ring, ring->head + pad, size, ATR_RING_BUSY);
    slot->payload = (uint8_t *)slot->header + ATR_RING_HEADER_BYTES;
    for (uint32_t i = payload_bytes; i < padded; i++) {
        slot->payload[i] = 0;
    }
    ring->head += pad + size;
    atomic_store_explicit(&ring->shared->head, ring->head, memory_order_release);
    return ATR_RING_OK;
}

void
atr_ring_skip(struct atr_ring *ring)
{
    ring->sequence++;
}

void
atr_ring_commit(struct atr_ring_slot *slot)
{
    atomic_store_explicit(&slot->header->state, ATR_RING_READY, memory_order_release);
}

void
atr_ring_reader_init(struct atr_ring_reader *reader, const uint8_t *data, uint32_t size_bytes,
                     const struct atr_ring_producer *shared, struct atr_ring_consumer *consumer)
{
    *reader = (struct atr_ring_reader){
        .data = data,
        .size_bytes = size_bytes,
        .shared = shared,
        .consumer = consumer,
    };
}

static const struct atr_ring_header *
header_at(const struct atr_ring_reader *reader)
{
    uint64_t place = reader->position & (reader->size_bytes - 1);

    return (const struct atr_ring_header *)(const void *)(reader->data + place);
}

/* Whether a producer writes such a record there, with so many bytes below head. */
static bool
is_possible(const struct atr_ring_reader *reader, uint32_t state, uint32_t size,
            uint64_t below_head)
{
    uint64_t to_end = reader->size_bytes - (reader->position & (reader->size_bytes - 1));

    return size >= ATR_RING_HEADER_BYTES && size % ATR_RING_ALIGN == 0 &&
           size <= record_max(reader->size_bytes) && size <= below_head && size <= to_end &&
           (state != ATR_RING_PAD || size == to_end);
}

enum atr_ring_read
atr_ring_read(struct atr_ring_reader *reader, struct atr_ring_view *out)
{
    uint64_t head = atomic_load_explicit(&reader->shared->head, memory_order_acquire);

    reader->pending_bytes = 0;
    if (head - reader->position > reader->size_bytes || head % ATR_RING_ALIGN != 0) {
        return ATR_RING_READ_DAMAGED;
    }
    while (reader->position != head) { /* each round takes a pad of at least its header off */
        const struct atr_ring_header *header = header_at(reader);
        uint32_t state = atomic_load_explicit(&header->state, memory_order_acquire);
        uint32_t size = *(const volatile uint32_t *)&header->size_bytes; /* judged as used */

        if (!is_possible(reader, state, size, head - reader->position)) {
            return ATR_RING_READ_DAMAGED;
        }
        switch (state) {
        case ATR_RING_BUSY:
            return ATR_RING_READ_BUSY;
        case ATR_RING_READY:
            reader->pending_bytes = size;
            out->payload = (const uint8_t *)header + ATR_RING_HEADER_BYTES;
            out->payload_bytes = size - ATR_RING_HEADER_BYTES;
            out->sequence = header->sequence;
            return ATR_RING_READ_RECORD;
        case ATR_RING_PAD:
            reader->position += size;
            break;
        default:
            return ATR_RING_READ_DAMAGED;
        }
    }
    return ATR_RING_READ_EMPTY;
}

void
atr_ring_release(struct atr_ring_reader *reader)
{
    reader->position += reader->pending_bytes;
    reader->pending_bytes = 0;
    atomic_store_explicit(&reader->consumer->tail, reader->position, memory_order_release);
}
