/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "store/blocks.h"
#include "store/packet.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What the section and interface blocks say: which interfaces are ours, and what their time stamps
 * mean. An interface that is not ours by name may still carry our packets under the upper-PDU link
 * type: mergecap folds interfaces and some tools drop names.
 */
struct atr_interface {
    bool is_ours;     /* by name or link type */
    bool has_tags;    /* upper-PDU tags say which packets are ours; false: the record is bare */
    bool is_binary;   /* a tick is 2^-digits s, else 10^-digits s */
    uint8_t digits;   /* of if_tsresol: 6 when it is absent */
    uint64_t factor;  /* fast path of decimal ticks up to 9 digits: ns a tick; else 0 */
    int64_t offset_s; /* if_tsoffset */
};

/* Interfaces of one section: mergecap makes two a file; those past it are guessed. */
enum {
    ATR_READER_INTERFACES_MAX = 256
};

/* Texts of the first section, for people. Absent when the file has none. */
struct atr_section_texts {
    struct atr_str hardware;
    struct atr_str os;
    struct atr_str application;
    struct atr_str filter;
};

struct atr_section {
    uint64_t offset;      /* in the file */
    bool is_unsupported;  /* of another major version: nothing in it can be read */
    uint32_t block_count; /* interface blocks, past the maximum too */
    struct atr_interface interfaces[ATR_READER_INTERFACES_MAX];
    struct atr_interface guess; /* for packets of all others */
};

/* Before the first section, whose header may be damaged. */
void atr_section_init(struct atr_section *section);

/* A section starts. texts may be NULL: not wanted. */
void atr_section_begin(struct atr_section *section, const struct atr_block *block,
                       struct atr_section_texts *texts, struct atr_arena *arena);

/* Adds an interface; false when its block is too short: then its number has nothing to tell. */
bool atr_section_add_interface(struct atr_section *section, const struct atr_block *block,
                               struct atr_section_texts *texts, struct atr_arena *arena);

/*
 * The interface of that number. Of one that was never described (its block is damaged) the best
 * guess: times like those of the last one, with tags.
 */
const struct atr_interface *atr_section_interface(const struct atr_section *section,
                                                  uint32_t number);

/* ns since 1970 UTC; what does not fit becomes the nearest that does. */
uint64_t atr_interface_time_ns(const struct atr_interface *interface, uint64_t ticks);

/* The record behind the upper-PDU tags; false when the tags are not ours or not whole. */
bool atr_tags_strip(struct atr_bytes packet, struct atr_bytes *record);
