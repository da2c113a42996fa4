/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "decode/memo.h"
#include "event/event.h"
#include "session/session.h"

#include <stdbool.h>

/*
 * The decode chain for events of a trace. Between the two calls the session learns the facts:
 *
 *   atr_session_apply -> atr_decode_event -> atr_session_learn -> atr_name_event
 */

/* Picks the decoders by port name and content, and runs them over the parts of the event. */
void atr_decode_event(const struct atr_session *session, struct atr_decode_memo *memo,
                      struct atr_event *event);

/*
 * Names what is known by now: interface, method, statuses; the client stub of the call stack when
 * the interface is unknown. want_frames also resolves the stack for printing.
 */
void atr_name_event(const struct atr_session *session, struct atr_decode_memo *memo,
                    struct atr_event *event, bool want_frames);
