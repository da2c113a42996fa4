/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"

#include <stdint.h>

/*
 * The tables that tools/gen-names compiles from data/. Constant, and free of pointers, so that they
 * cost nothing before they are read: a name is an offset into a pool of NUL-terminated texts. The
 * pools are arrays of chunks for the sake of the compiler's string literals; no text crosses a
 * chunk. Offset 0 is the absent text.
 */
enum {
    ATR_NAMES_CHUNK_BYTES = 4096
};

static inline const char *
atr_names_text(const char pool[][ATR_NAMES_CHUNK_BYTES], uint32_t offset)
{
    return &pool[offset / ATR_NAMES_CHUNK_BYTES][offset % ATR_NAMES_CHUNK_BYTES];
}

/* Row i goes with atr_names_uuids[i]; its procedures end where those of row i + 1 begin. */
struct atr_names_interface {
    uint32_t name;
    uint32_t first_procedure;
    uint16_t module;
    uint16_t service;
    uint8_t kind;   /* enum atr_interface_kind */
    uint8_t builds; /* union over its procedures */
};

/* Sorted by the text form of the UUID. One row more than the count ends the last range. */
extern const uint32_t atr_names_interface_count;
extern const uint8_t atr_names_uuids[][ATR_GUID_BYTES];
extern const struct atr_names_interface atr_names_interfaces[];
extern const uint32_t atr_names_interface_from[257]; /* first row by the text's first two digits */
extern const char atr_names_interface_pool[][ATR_NAMES_CHUNK_BYTES];

/* Builds of Windows whose names we have, oldest first. */
struct atr_names_build {
    uint32_t build;
    char label[16];
};

extern const uint32_t atr_names_build_count;
extern const struct atr_names_build atr_names_builds[];

enum atr_names_flag {
    ATR_NAMES_FOLDED = 1, /* the linker merged this function with others: the name may be theirs */
};

/*
 * Within an interface by opnum; names of one opnum: the preferred one, then those that are not
 * folded, then the newest.
 */
struct atr_names_procedure {
    uint32_t name;
    uint16_t opnum;
    uint8_t builds; /* bit n: seen in atr_names_builds[n] */
    uint8_t flags;  /* enum atr_names_flag */
};

extern const uint32_t atr_names_procedure_count;
extern const struct atr_names_procedure atr_names_procedures[];
extern const uint32_t atr_names_procedures_by_name[]; /* rows, sorted by name */
extern const char atr_names_procedure_pool[][ATR_NAMES_CHUNK_BYTES];

/* Sorted by code. */
struct atr_names_status {
    uint32_t code;
    uint32_t name;
};

extern const uint32_t atr_names_status_count;
extern const struct atr_names_status atr_names_statuses[];
extern const char atr_names_status_pool[][ATR_NAMES_CHUNK_BYTES];
