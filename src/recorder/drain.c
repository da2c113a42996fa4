/* SPDX-License-Identifier: MIT */
#include "recorder/internal.h"

enum {
    /* Of one ring in one round, so that the others are looked at, too. */
    ROUND_RECORDS = 4096,
    ROUND_BYTES = 8 * 1024 * 1024,
};

/* The payload's head is enough to sort it; translate.c judges the rest. */
static uint64_t
time_of(struct atr_bytes payload, uint64_t otherwise)
{
    struct atr_capture_head head;

    if (payload.size_bytes < sizeof(head)) {
        return otherwise;
    }
    memcpy(&head, payload.data, sizeof(head));
    return head.time_qpc;
}

static void
take_in(struct atr_recorder *recorder, struct atr_recorder_ring *ring, uint32_t index,
        const struct atr_ring_view *view)
{
    struct atr_merge_record *record = atr_merge_make(&recorder->merge, view->payload_bytes);
    uint64_t missing =
        view->sequence > ring->next_sequence ? view->sequence - ring->next_sequence : 0;
    uint64_t lost = atr_losses_gap(ring, missing);

    ring->next_sequence = view->sequence + 1;
    recorder->lost += lost;
    if (record == NULL) {
        recorder->lost_here++;
        recorder->pending_lost += lost;
        return;
    }
    memcpy(record->bytes, view->payload, view->payload_bytes);
    record->time_qpc =
        time_of((struct atr_bytes){record->bytes, record->size_bytes}, ring->last_qpc);
    record->sequence = view->sequence;
    record->lost_before = lost;
    record->ring = index;
    ring->last_qpc = record->time_qpc;
    atr_recorder_foresee(recorder, (struct atr_bytes){record->bytes, record->size_bytes});
    if (atr_merge_put(&recorder->merge, record) != ATR_OK) {
        recorder->lost_here++;
        recorder->pending_lost += lost;
    }
}

static size_t
drain_ring(struct atr_recorder *recorder, uint32_t index)
{
    struct atr_recorder_ring *ring = &recorder->rings[index];
    uint64_t now_qpc = recorder->source.ops->counter(recorder->source.context);
    size_t records = 0;
    size_t bytes = 0;

    while (records < ROUND_RECORDS && bytes < ROUND_BYTES) {
        struct atr_ring_view view;
        enum atr_ring_read read = atr_ring_read(&ring->reader, &view);

        if (read == ATR_RING_READ_EMPTY) {
            ring->low_water_qpc = now_qpc;
            return records;
        }
        if (read == ATR_RING_READ_BUSY) {
            break;
        }
        if (read == ATR_RING_READ_DAMAGED) {
            recorder->recording.status =
                atr_error_set(&recorder->recording.error, ATR_MALFORMED,
                              "the driver's ring %u is damaged", (unsigned)index);
            return records;
        }
        take_in(recorder, ring, index, &view);
        atr_ring_release(&ring->reader);
        records++;
        bytes += view.payload_bytes;
    }
    /* What is still in the ring is about as old as what came last. */
    if (ring->last_qpc > ring->low_water_qpc) {
        ring->low_water_qpc = ring->last_qpc;
    }
    return records;
}

size_t
atr_recorder_drain(struct atr_recorder *recorder)
{
    size_t records = 0;

    for (uint32_t i = 0; i < recorder->ring_count; i++) {
        const struct atr_ring_producer *shared = recorder->rings[i].reader.shared;

        records += drain_ring(recorder, i);
        if (atomic_load_explicit(&shared->stopping, memory_order_acquire) != 0 ||
            atomic_load_explicit(&shared->broken, memory_order_acquire) != 0) {
            recorder->source_ended = true;
        }
    }
    return records;
}

bool
atr_recorder_is_quiet(struct atr_recorder *recorder)
{
    for (uint32_t i = 0; i < recorder->ring_count; i++) {
        struct atr_ring_view view;

        if (atr_ring_read(&recorder->rings[i].reader, &view) != ATR_RING_READ_EMPTY) {
            return false;
        }
    }
    return true;
}

static uint64_t
low_water(const struct atr_recorder *recorder)
{
    uint64_t low = UINT64_MAX;

    for (uint32_t i = 0; i < recorder->ring_count; i++) {
        if (recorder->rings[i].low_water_qpc < low) {
            low = recorder->rings[i].low_water_qpc;
        }
    }
    return low > recorder->window_ticks ? low - recorder->window_ticks : 0;
}

enum atr_status
atr_recorder_emit(struct atr_recorder *recorder, bool all)
{
    uint64_t low = all ? UINT64_MAX : low_water(recorder);
    struct atr_merge_record *record;
    enum atr_status status = recorder->recording.status;

    while (status == ATR_OK && (record = atr_merge_take(&recorder->merge, low)) != NULL) {
        status = atr_recorder_translate(recorder, record);
        atr_merge_free(&recorder->merge, record);
        if (status == ATR_OK && atr_recording_wants_next(&recorder->recording)) {
            status = atr_recording_next(&recorder->recording, recorder->last_ns);
            atr_snapshot_write(recorder, recorder->last_ns);
        }
    }
    return status == ATR_OK ? recorder->recording.status : status;
}
