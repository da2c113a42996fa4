/* SPDX-License-Identifier: MIT */
/*
 * A ring as the recorder might find it: whatever the data and the positions are, reading stays
 * inside and ends. Input: how far head is (16 bits), where the reader stands (16 bits), then data.
 */
#include "wire/ring.h"

#include <stdlib.h>
#include <string.h>

enum {
    RING_BYTES = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct atr_ring_producer producer;
    static struct atr_ring_consumer consumer;
    uint8_t *ring; /* of its own, so that a sanitizer sees the ends */
    struct atr_ring_reader reader;
    struct atr_ring_view view;
    uint64_t start;
    unsigned records = 0;

    if (size < 4) {
        return 0;
    }
    ring = aligned_alloc(ATR_RING_LINE_BYTES, RING_BYTES);
    if (ring == NULL) {
        return 0;
    }
    memset(ring, 0, RING_BYTES);
    memcpy(ring, data + 4, size - 4 < RING_BYTES ? size - 4 : RING_BYTES);
    start = (uint64_t)(data[2] | data[3] << 8) * ATR_RING_ALIGN;
    atr_ring_reader_init(&reader, ring, RING_BYTES, &producer, &consumer);
    reader.position = start;
    atomic_store(&consumer.tail, start);
    atomic_store(&producer.head, start + (uint64_t)(data[0] | data[1] << 8));
    while (atr_ring_read(&reader, &view) == ATR_RING_READ_RECORD) {
        volatile uint8_t sink = 0;

        for (uint32_t i = 0; i < view.payload_bytes; i++) {
            sink ^= view.payload[i];
        }
        (void)sink;
        atr_ring_release(&reader);
        if (++records > RING_BYTES / ATR_RING_HEADER_BYTES ||
            atomic_load(&consumer.tail) > atomic_load(&producer.head)) {
            abort();
        }
    }
    free(ring);
    return 0;
}
