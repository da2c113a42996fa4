/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* One Enhanced Packet Block of a trace file, seen from inside: our record and what pcapng adds. */
enum atr_packet_direction {
    ATR_PACKET_NO_DIRECTION = 0,
    ATR_PACKET_INBOUND = 1,  /* received */
    ATR_PACKET_OUTBOUND = 2, /* sent */
};

struct atr_packet {
    uint64_t file_offset;    /* of the block */
    uint64_t time_ns;        /* since 1970 UTC */
    struct atr_bytes record; /* behind the upper-PDU tags */
    uint32_t cut_bytes;      /* original length minus captured length */
    uint64_t lost_before;    /* epb_dropcount */
    uint8_t direction;       /* enum atr_packet_direction */
    bool is_state;           /* its kind is below 0x10: for interface 1 */
};

/* Records lost by this packet's account: just before it, or counted by the drops record it is. */
uint64_t atr_packet_lost(const struct atr_packet *packet);
