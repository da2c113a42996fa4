/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "platform/file.h"
#include "store/packet.h"
#include "store/section.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a trace file (docs/format.md) front to back, through a window of bounded size: files,
 * pipes, several sections, either byte order. Blocks and packets that are not ours are passed over
 * and counted. A damaged place is passed too: what was whole before and behind it comes.
 */
struct atr_reader;

/* Something about the file that its reader may want to know. */
struct atr_reader_finding {
    uint64_t offset;
    bool is_damage;
    const char *text; /* one line, until the call returns */
};

struct atr_reader_options {
    bool verify; /* seals: count them and compare their checksums */

    /* Each may be NULL. on_block sees every block that is no packet, after the reader took it. */
    void (*on_finding)(void *context, const struct atr_reader_finding *finding);
    void (*on_block)(void *context, const struct atr_block *block);
    void *context;
};

/* So far, and final after END. */
struct atr_reader_report {
    bool damaged;
    bool is_cut;             /* the damage is at the end only: nothing came after it */
    uint64_t problem_offset; /* the first damage */
    char problem[160];       /* one line: what is wrong there; empty without damage */
    uint64_t damages;
    uint64_t skipped_bytes;

    uint64_t bytes; /* read */
    uint64_t sections;
    uint64_t interfaces;
    uint64_t packets; /* delivered: events and states */
    uint64_t states;
    uint64_t cut_packets;     /* captured less than there was */
    uint64_t lost;            /* told by drop counts and drops records */
    uint64_t foreign_packets; /* not ours, passed over */
    uint64_t other_blocks;    /* unknown or of no use to us */
    uint64_t seals;
    uint64_t bad_seals;      /* verify: checksum or extent differ */
    uint64_t unsealed_bytes; /* verify: behind the last seal of the file */
    uint64_t indexes;
    bool is_closed; /* the last block is an index: the writer finished */
};

/* How well the first bytes of an input fit: 0 no, 100 a section of ours. */
unsigned atr_reader_probe(struct atr_bytes head);

/*
 * file stands behind head, whose bytes come first; head is copied. UNSUPPORTED when head does not
 * start with a section. options may be NULL. file is borrowed.
 */
ATR_NODISCARD enum atr_status atr_reader_open(struct atr_reader **out, struct atr_file *file,
                                              struct atr_bytes head,
                                              const struct atr_reader_options *options,
                                              const struct atr_heap *heap, struct atr_error *error);

/* The next packet of ours; its bytes stay until the next call. END once all were given. */
ATR_NODISCARD enum atr_status atr_reader_next(struct atr_reader *reader, struct atr_packet *out,
                                              struct atr_error *error);

void atr_reader_report(const struct atr_reader *reader, struct atr_reader_report *out);

/* Of the first section, as far as it was read. */
const struct atr_section_texts *atr_reader_texts(const struct atr_reader *reader);

void atr_reader_close(struct atr_reader *reader); /* NULL is fine; the file stays open */
