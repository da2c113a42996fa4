/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/device.h"

#include <stdint.h>

/*
 * From the counter that stamps records (QPC) to time. Follows the wall clock by changing its speed
 * by half a thousandth at most, so that times never go back; a step of the clock by a second or
 * more is taken over as it is.
 */
struct atr_timeline {
    double ns_per_tick; /* what the frequency says */
    double ns_per_tick_now;
    uint64_t anchor_qpc;
    uint64_t anchor_ns; /* since 1970 */
};

void atr_timeline_init(struct atr_timeline *line, uint64_t frequency_hz,
                       const struct atr_device_clock *clock);

/* One more look at both clocks, about once a second. */
void atr_timeline_learn(struct atr_timeline *line, const struct atr_device_clock *clock);

uint64_t atr_timeline_ns(const struct atr_timeline *line, uint64_t qpc);

/* A span of the counter. */
uint64_t atr_timeline_span_ns(const struct atr_timeline *line, uint64_t from_qpc, uint64_t to_qpc);

/* FILETIME to ns since 1970, and back; what does not fit is 0. */
uint64_t atr_ns_of_filetime(uint64_t time_100ns);
uint64_t atr_filetime_of_ns(uint64_t time_ns);
