/* SPDX-License-Identifier: MIT */
#pragma once

#include "port.h"

#include <stdbool.h>
#include <stdint.h>

/* ALPC traffic of known content: a server, and clients that check every reply. */
enum {
    TRAFFIC_THREADS_MAX = 64
};

enum traffic_mode {
    TRAFFIC_SYNC,     /* one call a round trip */
    TRAFFIC_ASYNC,    /* send, then receive the reply in a call of its own */
    TRAFFIC_DATAGRAM, /* nobody answers */
};

struct traffic_options {
    const char *port;
    const char *expect; /* file, NULL none */
    enum traffic_mode mode;
    bool with_attributes; /* views and handles with the requests */
    bool is_deferred;     /* the server leaves its replies to the worker factory */
    uint32_t threads;
    uint32_t count; /* round trips of each thread */
    uint32_t size;  /* of the payload; 0: it varies */
    uint32_t kill_after_ms;
};

const char *traffic_mode_name(enum traffic_mode mode);

/* Set when the server of that port is to end. */
HANDLE traffic_stop_event(const char *port);

/* Exit codes. */
int traffic_serve(const struct traffic_options *options);
int traffic_call(const struct traffic_options *options);
