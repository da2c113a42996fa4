/* SPDX-License-Identifier: MIT */
#include "event/record.h"
#include "store/writer.h"
#include "store/writer_internal.h"

/* Enters send, exits receive, when a message goes with them. */
static uint8_t
direction_of(const struct atr_event *event)
{
    bool is_enter = event->kind == ATR_RECORD_ENTER;

    if (!is_enter && event->kind != ATR_RECORD_EXIT) {
        return ATR_PACKET_NO_DIRECTION;
    }
    if (event->as.alpc.total_length == 0 && atr_event_part_find(event, ATR_PART_PAYLOAD) == NULL) {
        return ATR_PACKET_NO_DIRECTION;
    }
    return is_enter ? ATR_PACKET_OUTBOUND : ATR_PACKET_INBOUND;
}

enum atr_status
atr_writer_event(struct atr_writer *writer, const struct atr_event *event)
{
    struct atr_packet packet = {
        .time_ns = event->time_ns,
        .lost_before = event->lost_before,
        .direction = direction_of(event),
        .is_state = atr_event_is_state(event),
    };
    struct atr_record_encoder encoder;
    enum atr_status status;

    atr_record_encoder_init(&encoder, event);
    while ((status = atr_record_encoder_next(&encoder, &writer->scratch, &packet.cut_bytes)) ==
           ATR_OK) {
        packet.record =
            (struct atr_bytes){(const uint8_t *)writer->scratch.data, writer->scratch.size_bytes};
        status = atr_writer_put(writer, &packet);
        if (status != ATR_OK) {
            return status;
        }
        packet.lost_before = 0;
    }
    return status == ATR_END ? ATR_OK : status;
}
