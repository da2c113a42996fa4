/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The file between bridge.exe and the scenario "bridge": an array of these, in call order. */
enum {
    PAIRS_MAX = 16,
    PAIRS_EXPECTED = 5,
    PAIR_STUB_BYTES = 1024,
};

struct pair {
    uint32_t call_id;
    uint32_t opnum;
    uint32_t request_bytes;
    uint32_t reply_bytes;
    uint32_t is_answered;
    uint8_t request[PAIR_STUB_BYTES];
    uint8_t reply[PAIR_STUB_BYTES];
};
