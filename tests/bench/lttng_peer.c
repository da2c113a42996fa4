/* SPDX-License-Identifier: MIT */
#include "bench/lttng_peer.h"

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench/lttng_provider.h"

bool
lttng_peer_is_on(void)
{
    return lttng_ust_tracepoint_enabled(alpctrace_bench, record) != 0;
}

void
lttng_peer_write(const uint8_t bytes[LTTNG_PEER_BYTES], uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        lttng_ust_tracepoint(alpctrace_bench, record, bytes);
    }
}
