/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/* The unnamed port between the audio service and a client's endpoint (other-protocols 8). */
enum atr_status
atr_audio_control_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                         struct atr_event *event)
{
    static const struct atr_layout members[] = {
        {ATR_F_audio_opcode, ATR_LAYOUT_U32, 0},
        {ATR_F_audio_status, ATR_LAYOUT_U32, 0},
    };

    event->meaning.protocol = "audio_control";
    (void)atr_layout_decode(cur, context->pointer_bytes, ATR_LAYOUT(members), event);
    return atr_layout_finish(cur, event);
}
