/* SPDX-License-Identifier: MIT */
#include "store/packet.h"

#include "base/cursor.h"
#include "wire/record.h"

static bool
is_loss(uint16_t cause)
{
    return cause != ATR_DROP_FILTERED && cause != ATR_DROP_TRUNCATED &&
           cause != ATR_DROP_NOT_CLOSED;
}

uint64_t
atr_packet_lost(const struct atr_packet *packet)
{
    struct atr_cursor cur = atr_cursor_make(packet->record.data, packet->record.size_bytes);
    uint64_t lost = packet->lost_before;
    uint32_t left;

    atr_cursor_skip(&cur, 1);
    if (atr_cursor_u8(&cur) != ATR_RECORD_DROPS) {
        return lost;
    }
    atr_cursor_seek(&cur, atr_cursor_u16(&cur));
    for (left = atr_cursor_u32(&cur); left > 0 && atr_cursor_ok(&cur); left--) {
        uint16_t cause = atr_cursor_u16(&cur);
        uint64_t count;

        atr_cursor_skip(&cur, 2);
        count = atr_cursor_u64(&cur);
        if (is_loss(cause)) {
            lost = count > UINT64_MAX - lost ? UINT64_MAX : lost + count;
        }
    }
    return lost;
}
