/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "platform/file.h"
#include "store/reader.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Verifies a trace file from end to end: frames, checksums of the seals and what they count, the
 * index, every record. Repair copies what is readable into a fresh file.
 */
enum atr_check_verdict {
    ATR_CHECK_SOUND, /* a missing index or an unsealed end is no damage */
    ATR_CHECK_DAMAGED,
    ATR_CHECK_UNREADABLE, /* nothing of ours in it */
};

struct atr_check_finding {
    uint64_t offset;
    bool is_damage; /* else: worth knowing */
    char text[160]; /* one line */
};

enum {
    ATR_CHECK_FINDINGS_MAX = 64, /* the first ones: more than anyone reads */
    ATR_CHECK_SOURCES_MAX = 64,  /* recordings merged into one file */
};

struct atr_check_report {
    enum atr_check_verdict verdict;
    struct atr_reader_report file;
    uint64_t damages;            /* findings that are damage, kept or not */
    uint64_t findings_left_out;  /* beyond those kept */
    uint64_t unknown_records;    /* kinds or versions from the future */
    uint64_t incomplete_records; /* cut by a tool such as editcap -s */
    uint64_t bad_records;
    uint64_t missing_records; /* gaps in the sequence numbers: lost or filtered out */
    uint32_t source_count;
    uint32_t finding_count;
    struct atr_check_finding findings[ATR_CHECK_FINDINGS_MAX];
};

/* file stands at its start. OK whatever the verdict is; IO or NOMEM when it could not be reached.
 */
ATR_NODISCARD enum atr_status atr_check_file(struct atr_file *file, const struct atr_heap *heap,
                                             struct atr_check_report *report,
                                             struct atr_error *error);

struct atr_repair_report {
    struct atr_reader_report file; /* the damaged one */
    uint64_t copied;
    uint64_t left_out; /* records no packet may hold */
};

/*
 * Writes every readable record of in, unchanged and in order, to out as one section with new seals
 * and index. UNSUPPORTED when in is no trace file; IO or NOMEM.
 */
ATR_NODISCARD enum atr_status atr_repair_file(struct atr_file *in, struct atr_file *out,
                                              const struct atr_heap *heap,
                                              struct atr_repair_report *report,
                                              struct atr_error *error);
