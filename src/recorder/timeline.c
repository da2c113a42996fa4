/* SPDX-License-Identifier: MIT */
#include "recorder/timeline.h"

#define EPOCH_100NS  UINT64_C(116444736000000000) /* from 1601 to 1970 */
#define STEP_NS      1e9
#define SLEW_NS      1e10 /* a difference is made up for in ten seconds */
#define SLEW_MAX     5e-4
#define NS_PER_100NS 100

uint64_t
atr_ns_of_filetime(uint64_t time_100ns)
{
    if (time_100ns < EPOCH_100NS || time_100ns - EPOCH_100NS > UINT64_MAX / NS_PER_100NS) {
        return 0;
    }
    return (time_100ns - EPOCH_100NS) * NS_PER_100NS;
}

uint64_t
atr_filetime_of_ns(uint64_t time_ns)
{
    return time_ns / NS_PER_100NS + EPOCH_100NS;
}

/* The wall clock was read between the two. */
static uint64_t
middle(const struct atr_device_clock *clock)
{
    return clock->qpc_before + (clock->qpc_after - clock->qpc_before) / 2;
}

void
atr_timeline_init(struct atr_timeline *line, uint64_t frequency_hz,
                  const struct atr_device_clock *clock)
{
    line->ns_per_tick = frequency_hz == 0 ? 1 : 1e9 / (double)frequency_hz;
    line->ns_per_tick_now = line->ns_per_tick;
    line->anchor_qpc = middle(clock);
    line->anchor_ns = atr_ns_of_filetime(clock->time_100ns);
}

uint64_t
atr_timeline_ns(const struct atr_timeline *line, uint64_t qpc)
{
    if (qpc >= line->anchor_qpc) {
        double span = (double)(qpc - line->anchor_qpc) * line->ns_per_tick_now;

        return span < 9e18 ? line->anchor_ns + (uint64_t)span : line->anchor_ns;
    }
    return line->anchor_ns - atr_timeline_span_ns(line, qpc, line->anchor_qpc);
}

uint64_t
atr_timeline_span_ns(const struct atr_timeline *line, uint64_t from_qpc, uint64_t to_qpc)
{
    double span = to_qpc <= from_qpc ? 0 : (double)(to_qpc - from_qpc) * line->ns_per_tick;

    return span < 9e18 ? (uint64_t)span : 0;
}

void
atr_timeline_learn(struct atr_timeline *line, const struct atr_device_clock *clock)
{
    uint64_t qpc = middle(clock);
    uint64_t told_ns = atr_ns_of_filetime(clock->time_100ns);
    uint64_t held_ns = atr_timeline_ns(line, qpc);
    double ahead = told_ns >= held_ns ? (double)(told_ns - held_ns) : -(double)(held_ns - told_ns);
    double slew = ahead / SLEW_NS;

    if (qpc <= line->anchor_qpc || told_ns == 0) {
        return;
    }
    if (ahead >= STEP_NS || ahead <= -STEP_NS) {
        held_ns = told_ns;
        slew = 0;
    }
    slew = slew > SLEW_MAX ? SLEW_MAX : slew < -SLEW_MAX ? -SLEW_MAX : slew;
    line->ns_per_tick_now = line->ns_per_tick * (1 + slew);
    line->anchor_qpc = qpc;
    line->anchor_ns = held_ns;
}
