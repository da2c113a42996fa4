/* SPDX-License-Identifier: MIT */
/* One tracepoint with 200 bytes, as LTTng-UST wants it described: included more than once. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER alpctrace_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench/lttng_provider.h"

#if !defined(ATR_LTTNG_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define ATR_LTTNG_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(
    alpctrace_bench, record,
    LTTNG_UST_TP_ARGS(const uint8_t *, bytes),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_array(uint8_t, bytes, bytes, 200))
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
