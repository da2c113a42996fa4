/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "recorder/internal.h"

/*
 * A loss is told once (docs/format.md 4). A gap in a ring's sequence tells where, the driver's
 * counters tell why: what gaps have told is taken off the counters, and what the counters told
 * first is taken off a later gap.
 */

static const uint16_t causes[ATR_LOSS_COUNT] = {
    [ATR_LOSS_RING_FULL] = ATR_DROP_RING_FULL, [ATR_LOSS_NO_STAGING] = ATR_DROP_NO_STAGING,
    [ATR_LOSS_TOO_LARGE] = ATR_DROP_TOO_LARGE, [ATR_LOSS_BAD_CONSUMER] = ATR_DROP_BAD_CONSUMER,
    [ATR_LOSS_MEMORY] = ATR_DROP_NO_MEMORY,
};

enum {
    COUNTERS_PER_RING = ATR_LOSS_COUNT + 2,
    COUNTERS_MAX = ATR_DEVICE_RINGS_MAX * COUNTERS_PER_RING + 2,
};

struct counters {
    struct atr_drop_counter rows[COUNTERS_MAX];
    uint32_t count;
};

uint64_t
atr_losses_gap(struct atr_recorder_ring *ring, uint64_t missing)
{
    uint64_t fresh;

    ring->missing += missing;
    if (ring->missing <= ring->told) {
        return 0;
    }
    fresh = ring->missing - ring->told;
    ring->told = ring->missing;
    return fresh;
}

static void
add(struct counters *counters, uint16_t cause, uint16_t cpu, uint64_t count)
{
    if (count != 0 && counters->count < COUNTERS_MAX) {
        counters->rows[counters->count++] = (struct atr_drop_counter){cause, cpu, count};
    }
}

static uint64_t
dropped(const struct atr_device_ring *ring, uint32_t cause)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < ATR_TALLY_COUNT; i++) {
        sum += ring->tally[i].dropped[cause];
    }
    return sum;
}

/* Of the causes' counts as much as gaps have not told; returns the sum. */
static uint64_t
tell_causes(struct atr_recorder_ring *ring, const struct atr_device_ring *counted, uint16_t cpu,
            struct counters *counters)
{
    uint64_t known = 0;
    uint64_t left;
    uint64_t told = 0;

    for (uint32_t cause = 0; cause < ATR_LOSS_COUNT; cause++) {
        known += dropped(counted, cause);
    }
    left = known > ring->told ? known - ring->told : 0;
    ring->told += left;
    for (uint32_t cause = ATR_LOSS_COUNT; cause-- > 0;) {
        uint64_t fresh = dropped(counted, cause) - ring->told_by_cause[cause];
        uint64_t now = fresh < left ? fresh : left;

        ring->told_by_cause[cause] += fresh;
        left -= now;
        told += now;
        add(counters, causes[cause], cpu, now);
    }
    /* A gap took some other cause's share before: the number is right, the cause is the usual. */
    add(counters, ATR_DROP_RING_FULL, cpu, left);
    return told + left;
}

static void
tell_ring(struct atr_recorder *recorder, uint32_t index, struct counters *counters)
{
    struct atr_recorder_ring *ring = &recorder->rings[index];
    const struct atr_device_ring *counted = &recorder->status->rings[index];
    uint64_t filtered = 0;

    for (uint32_t i = 0; i < ATR_TALLY_COUNT; i++) {
        filtered += counted->tally[i].filtered;
    }
    recorder->lost += tell_causes(ring, counted, (uint16_t)index, counters);
    add(counters, ATR_DROP_FILTERED, (uint16_t)index, filtered - ring->filtered);
    add(counters, ATR_DROP_TRUNCATED, (uint16_t)index, counted->truncated - ring->truncated);
    ring->filtered = filtered;
    ring->truncated = counted->truncated;
}

void
atr_losses_tell(struct atr_recorder *recorder, uint64_t time_ns)
{
    struct counters counters = {.count = 0};
    struct atr_event *event;

    for (uint32_t i = 0; i < recorder->ring_count; i++) {
        tell_ring(recorder, i, &counters);
    }
    add(&counters, ATR_DROP_FILTERED, ATR_UNKNOWN_U16,
        recorder->filtered_here - recorder->filtered_here_told);
    add(&counters, ATR_DROP_WRITER_QUEUE, ATR_UNKNOWN_U16,
        recorder->lost_here - recorder->lost_here_told);
    recorder->lost += recorder->lost_here - recorder->lost_here_told;
    recorder->filtered_here_told = recorder->filtered_here;
    recorder->lost_here_told = recorder->lost_here;
    if (counters.count == 0) {
        return;
    }
    event = atr_recorder_event(recorder, ATR_RECORD_DROPS, 0, time_ns);
    event->as.drops = (struct atr_drops_record){counters.count, counters.rows};
    (void)atr_recorder_put(recorder);
}
