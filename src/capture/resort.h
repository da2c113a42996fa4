/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/limits.h"
#include "base/status.h"
#include "store/packet.h"

#include <stdbool.h>

/*
 * Puts the packets of a trace file into the order of their times, over a bounded window
 * (limits.h: ATR_RESORT_...). What is in order already costs a copy and little more.
 *
 *   put                                      take
 *   ----> events in order ---- ring  ---+
 *         events that are late - heap  -+--> the earliest; of equal times the first of the file
 *         state records ------ queue ---+
 *
 * State records keep their order among each other, and none moves behind an event that follows it
 * in the file: that event may need it. But for the end of a life: what has an earlier time than
 * the end of its process still belongs to it, so ends go where their times say.
 *
 * Continuation records are joined to the record they go on from while that is in the window.
 */
struct atr_resort;

ATR_NODISCARD enum atr_status atr_resort_create(struct atr_resort **out,
                                                const struct atr_heap *heap);
void atr_resort_destroy(struct atr_resort *resort); /* NULL is fine */

/* Copies the packet; only while atr_resort_wants_more. OK or NOMEM. */
ATR_NODISCARD enum atr_status atr_resort_put(struct atr_resort *resort,
                                             const struct atr_packet *packet);

/* Adds a continuation to its record. ARG: that is not here; MALFORMED, LIMIT, NOMEM as in join. */
ATR_NODISCARD enum atr_status atr_resort_join(struct atr_resort *resort,
                                              const struct atr_packet *continuation);

/* The window is not full: what take would give now may have to wait for packets not put yet. */
bool atr_resort_wants_more(const struct atr_resort *resort);

/*
 * The next packet, or NULL when there is none. Its bytes stay valid until the next take. *is_late:
 * an event before it had a later time.
 */
const struct atr_packet *atr_resort_take(struct atr_resort *resort, bool *is_late);

/* What comes from here on has times of its own: a new section of the file. */
void atr_resort_restart(struct atr_resort *resort);
