/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "platform/file.h"
#include "store/packet.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes a trace file (docs/format.md), front to back; nothing is patched afterwards.
 *
 *   create   section and interface blocks
 *   put      packets, collected into chunks; a chunk ends at 1 MiB or after 1 s of event time,
 *            gets its seal and goes to the file in one write
 *   finish   last seal, index
 *
 * The first failure sticks: later calls return it and do nothing. A file that could not be written
 * to its end is cut back to its last whole chunk. One thread.
 */
struct atr_writer;
struct atr_event;

/* All zero is a good start. Texts are copied into the file by create and not kept. */
struct atr_writer_options {
    struct atr_str hardware;
    struct atr_str os;          /* product and build, no computer name */
    struct atr_str application; /* tool and version; kept until finish, for the index */
    struct atr_str filter;      /* the recorder's, as text */
    unsigned time_digits;       /* of a second, in time stamps: 1 to 9; 0 means 9 */
    bool without_checksum;
    bool sync; /* every chunk reaches the disk before the next one starts */
};

/* file is borrowed and outlives the writer. NOMEM, or what writing gave. */
ATR_NODISCARD enum atr_status atr_writer_create(struct atr_writer **out, struct atr_file *file,
                                                const struct atr_writer_options *options,
                                                const struct atr_heap *heap,
                                                struct atr_error *error);

/*
 * Adds one record; file_offset is not looked at. ARG, which does not stick, for a record no packet
 * may hold: shorter than a header or longer than ATR_RECORD_BYTES_MAX.
 */
ATR_NODISCARD enum atr_status atr_writer_put(struct atr_writer *writer,
                                             const struct atr_packet *packet);

/*
 * Adds an event: its record and the continuations it needs. UNSUPPORTED, which does not stick, for
 * an event whose kind has no record.
 */
ATR_NODISCARD enum atr_status atr_writer_event(struct atr_writer *writer,
                                               const struct atr_event *event);

/* Seals and writes what is pending: for a recorder that waits, or a reader behind a pipe. */
ATR_NODISCARD enum atr_status atr_writer_flush(struct atr_writer *writer);

/* Ends the file. error gets the first failure, if there was one. */
ATR_NODISCARD enum atr_status atr_writer_finish(struct atr_writer *writer, struct atr_error *error);

/* Records and bytes so far, for a progress line. */
uint64_t atr_writer_records(const struct atr_writer *writer);
uint64_t atr_writer_bytes(const struct atr_writer *writer);

/* Without finish the file ends at its last seal. NULL is fine. */
void atr_writer_destroy(struct atr_writer *writer);
