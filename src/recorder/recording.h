/* SPDX-License-Identifier: MIT */
#pragma once

#include "event/event.h"
#include "platform/file.h"
#include "platform/machine.h"
#include "store/writer.h"

/*
 * The trace file, or the ring of them: NAME_00001.EXT, NAME_00002.EXT and so on, of which the
 * newest file_count are kept, those of earlier recordings counted in. Each begins with the
 * manifest; what else must stand in each is the caller's (is_new_file).
 *
 * The first failure sticks. A file that could not be written to its end is cut back to what is
 * whole.
 */
struct atr_recording_plan {
    const char *path;    /* "-": standard output, no ring */
    uint32_t file_count; /* 0: one file, named as path says */
    uint64_t file_bytes; /* a file of the ring ends about there */
    bool sync;
    struct atr_str settings; /* for the manifest */
    uint64_t clock_frequency_hz;
};

struct atr_recording {
    struct atr_heap heap;
    struct atr_recording_plan plan; /* texts borrowed */
    struct atr_machine machine;
    struct atr_guid capture;
    struct atr_file *file;
    struct atr_writer *writer;
    struct atr_text path;  /* of the file now written, with a NUL */
    uint32_t first_number; /* of the ring's files that exist */
    uint32_t next_number;
    uint32_t file_index; /* 1: the first of this recording */
    uint32_t source_id;
    uint32_t sequence;
    uint64_t events;
    uint64_t states;
    uint64_t closed_bytes; /* of files before this one */
    struct atr_error error;
    enum atr_status status;
};

/* time_ns: of the manifest. close it whatever comes. */
ATR_NODISCARD enum atr_status atr_recording_open(struct atr_recording *recording,
                                                 const struct atr_recording_plan *plan,
                                                 uint64_t time_ns, const struct atr_heap *heap);

/* Stamps the event with source and sequence, and writes it. */
enum atr_status atr_recording_put(struct atr_recording *recording, struct atr_event *event);

/* Writes out what is collected. */
enum atr_status atr_recording_flush(struct atr_recording *recording);

bool atr_recording_wants_next(const struct atr_recording *recording);

/* Ends this file and begins the next of the ring. */
ATR_NODISCARD enum atr_status atr_recording_next(struct atr_recording *recording, uint64_t time_ns);

uint64_t atr_recording_bytes(const struct atr_recording *recording);

/* Ends the file in order, unless something failed before. */
void atr_recording_close(struct atr_recording *recording);
