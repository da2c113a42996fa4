/* SPDX-License-Identifier: MIT */
#include "platform/clock.h"

#include <time.h>

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t
atr_clock_monotonic_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

uint64_t
atr_clock_wall_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}
