/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/limits.h"
#include "decode/ndr_guess.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Inside the guesser: one pass over the aligned words hands words that may begin something to its
 * detector. A detector that is sure adds a find and says where the pass goes on.
 */
enum {
    ATR_NDR_IN_20 = 1,
    ATR_NDR_IN_64 = 2,
    ATR_NDR_IN_BOTH = 3
};

struct atr_ndr_find {
    uint32_t offset;
    uint32_t end;
    uint32_t body; /* characters, SID, OBJREF, GUID: behind the counts */
    uint8_t kind;  /* enum atr_ndr_kind */
    uint8_t trust;
    uint8_t syntaxes; /* that read these bytes so: ATR_NDR_IN_* */
};

/* Referent ids seen so far, as one syntax reads them. */
struct atr_ndr_ids {
    uint32_t steps; /* of the sequence 0x00020000, 0x00020004, ... */
    uint32_t count;
};

struct atr_ndr_scan {
    const uint8_t *data;
    uint32_t size_bytes;
    uint32_t start; /* 4-aligned; nothing before it is looked at */
    uint64_t original_bytes;
    uint32_t search_left; /* words that may still be searched backwards */
    struct atr_ndr_ids ids_20;
    struct atr_ndr_ids ids_64;
    uint32_t count;
    struct atr_ndr_find finds[ATR_NDR_ITEMS_MAX];
};

/*
 * The word at that offset, 0 where there is none. The pass runs over every message of a listing:
 * this is a cursor's bound check without a cursor's state.
 */
static inline uint32_t
atr_ndr_word(const struct atr_ndr_scan *scan, size_t at)
{
    const uint8_t *byte = scan->data + at;

    if (scan->size_bytes < 4 || at > scan->size_bytes - 4) {
        return 0;
    }
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
           (uint32_t)byte[3] << 24;
}

/* Drops the find when the table is full. */
void atr_ndr_find_add(struct atr_ndr_scan *scan, struct atr_ndr_find find);

/*
 * Detectors. at: where the word lies that called them. They return the end of what they found, 0
 * for nothing, or for something the pass need not skip.
 */
uint32_t atr_ndr_find_string(struct atr_ndr_scan *scan, uint32_t at); /* maximum count */
uint32_t atr_ndr_find_bstr(struct atr_ndr_scan *scan, uint32_t at);   /* "User" */
uint32_t atr_ndr_find_sid(struct atr_ndr_scan *scan, uint32_t at);    /* revision 1 */
uint32_t atr_ndr_find_objref(struct atr_ndr_scan *scan, uint32_t at); /* "MEOW" */
uint32_t atr_ndr_find_guid(struct atr_ndr_scan *scan, uint32_t at);   /* a possible GUID's start */
void atr_ndr_find_context_handle(struct atr_ndr_scan *scan, bool is_response);
void atr_ndr_find_return(struct atr_ndr_scan *scan);

/* Could be a UUID made by an algorithm: variant, version, and not full of zeros. */
bool atr_ndr_is_uuid_like(const struct atr_ndr_scan *scan, uint32_t at);

void atr_ndr_find_fill(struct atr_arena *arena, const struct atr_ndr_scan *scan,
                       const struct atr_ndr_find *find, struct atr_ndr_item *out);
