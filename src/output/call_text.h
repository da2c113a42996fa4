/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/event.h"
#include "output/printer.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The pieces of a call's line:
 *
 *   winlogon.exe[5624.811] -> LogonUI.exe[2304.12] LRPC-b4cb7c  WluirDisplayStatus(...) = 0 <412
 * us> client                    server               port         what                    result
 *
 * Every piece is rendered from the event that knows it. A guess is marked `?`; what is unknown is
 * said or left out, never invented.
 */

/* "winlogon.exe[5624.811]", "[5624]" without an image, "?" when nobody is known. */
void atr_party_write(struct atr_text *text, const struct atr_party *party,
                     const struct atr_style *style);

/* What the message asks: method and arguments, bind, connect, datagram ... */
void atr_request_write(struct atr_text *text, const struct atr_event *event,
                       const struct atr_style *style);

/* What came back, without `=`. event carries the reply or the failed end of the call. */
void atr_result_write(struct atr_text *text, const struct atr_event *event,
                      const struct atr_style *style);

/* "[cut 4096/9000]", "[lrpc truncated]": a blank before each, nothing when all is well. */
void atr_remarks_write(struct atr_text *text, const struct atr_event *event,
                       const struct atr_style *style);

/* Stack, fields and bytes below a line, as the style wants them; label tells which message. */
void atr_details_write(struct atr_text *text, const struct atr_event *event,
                       const struct atr_style *style, const char *label);
