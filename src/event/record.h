/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "base/text.h"
#include "event/event.h"

/*
 * Event <-> record, as docs/format.md lays records out. One table (record_layout.c) drives both
 * directions, so what is encoded is what is decoded.
 *
 * A part may be larger than a packet of the trace file: then it goes on in continuation records
 * behind the event's own record.
 */

/* Largest record: a packet less the tags in front of it (docs/format.md 3). */
enum {
    ATR_RECORD_BYTES_MAX = ATR_PACKET_MAX - 24
};

/*
 * Fills an event that was reset: kind, flags, ids, the kind's fields, parts and attributes. Texts
 * and parts are borrowed from record; lists lie in the event's arena. Fields the record does not
 * have are unknown. OK; TRUNCATED or MALFORMED (what was read before stays); UNSUPPORTED (version
 * or kind unknown: the header is filled); LIMIT (the arena is full).
 */
enum atr_status atr_record_decode(struct atr_bytes record, struct atr_event *event);

/*
 * The record of an event and its continuations, one after the other. The event stays as it is
 * until the last one is made.
 */
struct atr_record_encoder {
    const struct atr_event *event;
    struct atr_part parts[ATR_EVENT_PARTS_MAX]; /* bytes: all that will be stored */
    uint32_t inline_bytes[ATR_EVENT_PARTS_MAX]; /* of them, in the event's own record */
    uint32_t part_count;
    uint32_t part; /* being continued */
    uint32_t offset;
    bool started;
};

void atr_record_encoder_init(struct atr_record_encoder *encoder, const struct atr_event *event);

/*
 * Replaces out by the next record: the event's own first, then continuations, then END. *cut_bytes:
 * bytes of parts and texts that are in no record. UNSUPPORTED: there is no such kind. NOMEM.
 */
ATR_NODISCARD enum atr_status atr_record_encoder_next(struct atr_record_encoder *encoder,
                                                      struct atr_text *out, uint32_t *cut_bytes);

/* The same for an event whose parts fit one record; what does not fit is cut. */
ATR_NODISCARD enum atr_status atr_record_encode(const struct atr_event *event, struct atr_text *out,
                                                uint32_t *cut_bytes);

/* True when a part of this record goes on in continuation records. */
bool atr_record_is_continued(struct atr_bytes record);

/*
 * Adds the bytes of a continuation to its record. OK; ARG when it belongs to another record or is
 * none; MALFORMED when it does not follow on; LIMIT past ATR_PART_MAX; NOMEM. In every case but OK
 * the record stays as it was.
 */
ATR_NODISCARD enum atr_status atr_record_join(struct atr_text *record,
                                              struct atr_bytes continuation);
