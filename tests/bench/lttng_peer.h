/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* LTTng-UST's tracepoint as a peer of the ring; its headers want a file of their own. */

enum {
    LTTNG_PEER_BYTES = 200
};

/* Whether a session listens to the tracepoint; without one it costs nothing and says nothing. */
bool lttng_peer_is_on(void);

/* Hits the tracepoint so many times. */
void lttng_peer_write(const uint8_t bytes[LTTNG_PEER_BYTES], uint64_t count);
