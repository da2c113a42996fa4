/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Nanoseconds since some fixed point; never goes back. For measuring spans. */
uint64_t atr_clock_monotonic_ns(void);

/* Nanoseconds since 1970 UTC. */
uint64_t atr_clock_wall_ns(void);
