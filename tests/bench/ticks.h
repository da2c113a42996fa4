/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <time.h>

/* The processor's time stamp counter, in which the driver times itself, against the clock. */

enum {
    TICKS_MEASURE_MS = 100
};

static inline double
ticks_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static inline double
ticks_per_us(void)
{
    double began_us = ticks_now_us();
    uint64_t began = __builtin_ia32_rdtsc();
    double now_us = began_us;

    while (now_us - began_us < TICKS_MEASURE_MS * 1e3) {
        now_us = ticks_now_us();
    }
    return (double)(__builtin_ia32_rdtsc() - began) / (now_us - began_us);
}
