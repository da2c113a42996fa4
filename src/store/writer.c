/* SPDX-License-Identifier: MIT */
#include "store/writer.h"

#include "base/crc32c.h"
#include "base/endian.h"
#include "base/limits.h"
#include "store/writer_internal.h"
#include "wire/record.h"

#include <string.h>

enum {
    PACKET_HEADER_BYTES = 28,
    FLAGS_OPTION_BYTES = 8,
    DROPCOUNT_OPTION_BYTES = 12,
    END_OPTION_BYTES = 4,
    RECORD_BYTES_MAX = ATR_PACKET_MAX - ATR_TAGS_BYTES,
};

#define SECOND_NS           UINT64_C(1000000000)
#define STATISTICS_EVERY_NS (10 * SECOND_NS)

static enum atr_status
fail(struct atr_writer *writer, enum atr_status status)
{
    if (writer->status == ATR_OK) {
        writer->status = status;
        writer->error.status = status;
    }
    return writer->status;
}

static void
remember_chunk(struct atr_writer *writer)
{
    const struct atr_seal *seal = &writer->seal;

    if (writer->chunk_count == ATR_INDEX_CHUNKS_MAX) {
        writer->chunk_count = atr_chunks_merge(writer->chunks, writer->chunk_count);
    }
    writer->chunks[writer->chunk_count++] = (struct atr_chunk){
        .first_ns = seal->first_ns,
        .offset = seal->offset,
        .size_bytes = seal->size_bytes,
        .events = seal->events,
        .state_offset = writer->chunk_state,
        .state_bytes = writer->chunk_state_end - writer->chunk_state,
    };
}

static enum atr_status
write_buffer(struct atr_writer *writer)
{
    enum atr_status status =
        atr_file_write(writer->file, writer->buffer, writer->used, &writer->error);

    if (status == ATR_OK && writer->sync) {
        status = atr_file_sync(writer->file, &writer->error);
    }
    if (status != ATR_OK) {
        /* Half a chunk would be damage: the file ends behind the last whole one. */
        if (atr_file_can_seek(writer->file)) {
            (void)atr_file_cut(writer->file, writer->buffer_offset, NULL);
        }
        return fail(writer, status);
    }
    writer->buffer_offset += writer->used;
    writer->used = 0;
    return ATR_OK;
}

/* Ends the chunk: its seal behind it, and both to the file. */
static enum atr_status
seal_chunk(struct atr_writer *writer)
{
    struct atr_seal *seal = &writer->seal;
    enum atr_status status;

    if (writer->status != ATR_OK || writer->used == 0) {
        return writer->status;
    }
    seal->offset = writer->buffer_offset;
    seal->size_bytes = (uint32_t)writer->used;
    seal->flags = writer->with_checksum ? 0 : ATR_SEAL_WITHOUT_CRC;
    seal->crc32c = writer->with_checksum ? atr_crc32c(0, writer->buffer, writer->used) : 0;
    (void)atr_seal_put(writer->buffer + writer->used, seal);
    writer->used += ATR_SEAL_BYTES;
    status = write_buffer(writer);
    if (status == ATR_OK) {
        remember_chunk(writer);
        *seal = (struct atr_seal){
            .previous_seal = seal->offset + seal->size_bytes,
            .last_state = writer->last_state,
            .lost = seal->lost,
        };
        writer->chunk_start_ns = 0;
        writer->chunk_state = 0;
        writer->chunk_state_end = 0;
    }
    return status;
}

uint8_t *
atr_writer_room(struct atr_writer *writer, size_t size_bytes)
{
    if (writer->used + size_bytes > ATR_CHUNK_BYTES) {
        (void)seal_chunk(writer);
    }
    return writer->status == ATR_OK ? writer->buffer + writer->used : NULL;
}

enum atr_status
atr_writer_create(struct atr_writer **out, struct atr_file *file,
                  const struct atr_writer_options *options, const struct atr_heap *heap,
                  struct atr_error *error)
{
    struct atr_writer *writer = atr_heap_alloc(heap, 1, sizeof(*writer));
    unsigned digits = options->time_digits == 0 ? 9 : options->time_digits;

    if (writer == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    writer->heap = *heap;
    writer->file = file;
    writer->with_checksum = !options->without_checksum;
    writer->sync = options->sync;
    writer->application = options->application;
    writer->tick_ns = 1;
    for (; digits < 9; digits++) {
        writer->tick_ns *= 10;
    }
    atr_text_init(&writer->scratch, *heap);
    writer->buffer = atr_heap_resize(heap, NULL, ATR_CHUNK_BYTES + ATR_SEAL_BYTES, 1);
    writer->chunks = atr_heap_resize(heap, NULL, ATR_INDEX_CHUNKS_MAX, sizeof(*writer->chunks));
    if (writer->buffer == NULL || writer->chunks == NULL) {
        atr_writer_destroy(writer);
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    *out = writer;
    return atr_writer_put_start(writer, options);
}

static size_t
option_bytes(const struct atr_packet *packet)
{
    size_t flags = packet->direction != ATR_PACKET_NO_DIRECTION ? FLAGS_OPTION_BYTES : 0;
    size_t dropcount = packet->lost_before != 0 ? DROPCOUNT_OPTION_BYTES : 0;

    return flags + dropcount == 0 ? 0 : flags + dropcount + END_OPTION_BYTES;
}

static uint8_t *
put_options(uint8_t *at, const struct atr_packet *packet)
{
    if (packet->direction != ATR_PACKET_NO_DIRECTION) {
        at = atr_put_u32(at, ATR_OPTION_PACKET_FLAGS | 4U << 16);
        at = atr_put_u32(at, packet->direction & 3U);
    }
    if (packet->lost_before != 0) {
        at = atr_put_u32(at, ATR_OPTION_PACKET_DROPCOUNT | 8U << 16);
        at = atr_put_u64(at, packet->lost_before);
    }
    return atr_put_u32(at, 0);
}

static uint8_t *
put_block(uint8_t *at, const struct atr_packet *packet, uint64_t ticks, uint32_t block_bytes)
{
    uint32_t record_bytes = (uint32_t)packet->record.size_bytes;
    uint32_t captured = ATR_TAGS_BYTES + record_bytes;
    uint32_t cut =
        packet->cut_bytes < UINT32_MAX - captured ? packet->cut_bytes : UINT32_MAX - captured;
    uint8_t *end = at + block_bytes;

    at = atr_put_u32(at, ATR_BLOCK_PACKET);
    at = atr_put_u32(at, block_bytes);
    at = atr_put_u32(at, packet->is_state ? ATR_INTERFACE_STATE : ATR_INTERFACE_EVENTS);
    at = atr_put_u32(at, (uint32_t)(ticks >> 32));
    at = atr_put_u32(at, (uint32_t)(ticks & UINT32_MAX));
    at = atr_put_u32(at, captured);
    at = atr_put_u32(at, captured + cut);
    memcpy(at, ATR_TAGS, ATR_TAGS_BYTES);
    at += ATR_TAGS_BYTES;
    memcpy(at, packet->record.data, record_bytes);
    at += record_bytes;
    memset(at, 0, (4 - record_bytes % 4) % 4);
    at += (4 - record_bytes % 4) % 4;
    if ((size_t)(end - at) > 4) {
        (void)put_options(at, packet);
    }
    (void)atr_put_u32(end - 4, block_bytes);
    return end;
}

static void
widen(bool is_first, uint64_t *first_ns, uint64_t *last_ns, uint64_t time_ns)
{
    if (is_first || time_ns < *first_ns) {
        *first_ns = time_ns;
    }
    if (is_first || time_ns > *last_ns) {
        *last_ns = time_ns;
    }
}

/* The books of the chunk and of the interface. */
static void
count_packet(struct atr_writer *writer, const struct atr_packet *packet, uint64_t time_ns,
             size_t block_bytes)
{
    struct atr_writer_interface *interface = &writer->interfaces[packet->is_state];
    uint64_t offset = writer->buffer_offset + writer->used;

    widen(interface->delivered == 0, &interface->first_ns, &interface->last_ns, time_ns);
    widen(writer->seal.events + writer->seal.states == 0, &writer->seal.first_ns,
          &writer->seal.last_ns, time_ns);
    interface->delivered++;
    if (packet->is_state || packet->lost_before != 0) {
        uint64_t lost = atr_packet_lost(packet);

        interface->lost += lost;
        writer->seal.lost += lost;
    }
    if (!packet->is_state) {
        writer->seal.events++;
        return;
    }
    writer->seal.states++;
    writer->last_state = offset;
    if (writer->chunk_state_end == 0) {
        writer->chunk_state = offset;
    }
    writer->chunk_state_end = offset + block_bytes;
}

/*
 * Ends the chunk a second after its first event and writes statistics in time. State packets have
 * no say: a snapshot carries times of long ago.
 */
static void
keep_time(struct atr_writer *writer, uint64_t time_ns)
{
    if (writer->chunk_start_ns == 0) {
        writer->chunk_start_ns = time_ns;
    } else if (time_ns > writer->chunk_start_ns && time_ns - writer->chunk_start_ns >= SECOND_NS) {
        (void)seal_chunk(writer);
        writer->chunk_start_ns = time_ns;
    }
    if (writer->statistics_due_ns == 0) {
        writer->statistics_due_ns = time_ns + STATISTICS_EVERY_NS;
    } else if (time_ns >= writer->statistics_due_ns) {
        writer->statistics_due_ns = time_ns + STATISTICS_EVERY_NS;
        (void)atr_writer_put_statistics(writer, time_ns);
    }
}

enum atr_status
atr_writer_put(struct atr_writer *writer, const struct atr_packet *packet)
{
    uint64_t ticks = writer->tick_ns == 1 ? packet->time_ns : packet->time_ns / writer->tick_ns;
    size_t record_bytes = packet->record.size_bytes;
    size_t block_bytes;
    uint8_t *at;

    if (record_bytes < ATR_RECORD_HEADER_BYTES || record_bytes > RECORD_BYTES_MAX) {
        return ATR_ARG;
    }
    if (!packet->is_state) {
        keep_time(writer, packet->time_ns);
    }
    block_bytes = PACKET_HEADER_BYTES + ATR_TAGS_BYTES + (record_bytes + 3) / 4 * 4 +
                  option_bytes(packet) + 4;
    at = atr_writer_room(writer, block_bytes);
    if (at == NULL) {
        return writer->status;
    }
    (void)put_block(at, packet, ticks, (uint32_t)block_bytes);
    count_packet(writer, packet, ticks * writer->tick_ns, block_bytes);
    atr_writer_add(writer, block_bytes);
    return ATR_OK;
}

enum atr_status
atr_writer_flush(struct atr_writer *writer)
{
    return seal_chunk(writer);
}

static enum atr_status
write_index(struct atr_writer *writer)
{
    const struct atr_writer_interface *events = &writer->interfaces[ATR_INTERFACE_EVENTS];
    const struct atr_writer_interface *states = &writer->interfaces[ATR_INTERFACE_STATE];
    struct atr_index_totals totals = {
        .events = events->delivered,
        .states = states->delivered,
        .lost = events->lost + states->lost,
        .first_ns = events->first_ns,
        .last_ns = events->last_ns,
        .index_offset = writer->buffer_offset,
    };

    if (states->delivered > 0) {
        widen(events->delivered == 0, &totals.first_ns, &totals.last_ns, states->first_ns);
        widen(false, &totals.first_ns, &totals.last_ns, states->last_ns);
    }
    (void)atr_index_put(writer->buffer, writer->chunks, writer->chunk_count, &totals,
                        writer->application);
    writer->used = atr_index_bytes(writer->chunks, writer->chunk_count, writer->application);
    return write_buffer(writer);
}

enum atr_status
atr_writer_finish(struct atr_writer *writer, struct atr_error *error)
{
    uint64_t now_ns = writer->interfaces[ATR_INTERFACE_EVENTS].last_ns;

    if (writer->interfaces[ATR_INTERFACE_STATE].last_ns > now_ns) {
        now_ns = writer->interfaces[ATR_INTERFACE_STATE].last_ns;
    }
    if (atr_writer_put_statistics(writer, now_ns) == ATR_OK && seal_chunk(writer) == ATR_OK) {
        (void)write_index(writer);
    }
    if (writer->status != ATR_OK && error != NULL) {
        *error = writer->error;
    }
    return writer->status;
}

uint64_t
atr_writer_records(const struct atr_writer *writer)
{
    return writer->interfaces[ATR_INTERFACE_EVENTS].delivered +
           writer->interfaces[ATR_INTERFACE_STATE].delivered;
}

uint64_t
atr_writer_bytes(const struct atr_writer *writer)
{
    return writer->buffer_offset + writer->used;
}

void
atr_writer_destroy(struct atr_writer *writer)
{
    if (writer != NULL) {
        struct atr_heap heap = writer->heap;

        atr_text_fini(&writer->scratch);
        atr_heap_free(&heap, writer->buffer);
        atr_heap_free(&heap, writer->chunks);
        atr_heap_free(&heap, writer);
    }
}
