/* SPDX-License-Identifier: MIT */
#include "platform/clock.h"

#include "platform/win32/win.h"

enum {
    NS_PER_SECOND = 1000000000
};

uint64_t
atr_clock_monotonic_ns(void)
{
    LARGE_INTEGER frequency = {.QuadPart = 1};
    LARGE_INTEGER count = {.QuadPart = 0};
    uint64_t hz;
    uint64_t ticks;

    (void)QueryPerformanceFrequency(&frequency);
    (void)QueryPerformanceCounter(&count);
    hz = (uint64_t)frequency.QuadPart;
    ticks = (uint64_t)count.QuadPart;
    return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
}

uint64_t
atr_clock_wall_ns(void)
{
    static const uint64_t unix_epoch_100ns = UINT64_C(116444736000000000);
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return ((((uint64_t)now.dwHighDateTime << 32) | now.dwLowDateTime) - unix_epoch_100ns) * 100;
}
