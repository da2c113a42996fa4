/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"
#include "capture/log_report.h"
#include "capture/windbg_line.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The lines of one record put together: what follows a "[SendWait] Start" or "[SendWait] Ret" up
 * to the next of them.
 *
 *   Start, process, call, port, skip | note, dump, stack          Ret, note, dump
 *
 * Any of them may be missing. Where the first line itself is missing, a line that cannot belong to
 * the record before it begins a new one.
 */
struct atr_windbg_frame {
    uint64_t address; /* 0: unknown */
    struct atr_str site;
};

struct atr_windbg_record {
    struct atr_arena names; /* of the texts below */
    struct atr_arena sites; /* of the frames */
    struct atr_text payload;
    bool is_open;
    bool is_exit;
    bool is_headless; /* begun without Start or Ret */
    bool has_process;
    bool has_call;
    bool has_port;
    bool has_note;
    bool has_skip;
    bool is_cut;         /* the dump has a hole; payload is what comes before it */
    uint64_t dump_bytes; /* how far the dump reached, payload and what was lost */
    struct atr_scan_process process;
    struct atr_scan_process client;
    struct atr_scan_process owner;
    struct atr_str port_name;
    struct atr_str skip_reason;
    struct atr_str note_text;
    enum atr_windbg_note note;
    struct atr_text_line note_line; /* where; without its text */
    uint32_t request_id;            /* of the note */
    uint64_t handle;                /* UINT64_MAX: not printed; so send_message */
    uint64_t send_message;
    struct atr_windbg_frame frames[ATR_FRAMES_MAX];
    uint32_t frame_count;
    uint32_t next_index;
    uint64_t return_address; /* of the frame before */
};

void atr_windbg_record_init(struct atr_windbg_record *record, const struct atr_heap *heap);
void atr_windbg_record_fini(struct atr_windbg_record *record);
void atr_windbg_record_clear(struct atr_windbg_record *record);

/* Whether the line begins another record than the one in hand. */
bool atr_windbg_record_ends(const struct atr_windbg_record *record,
                            const struct atr_windbg_line *line);

/* Adds a line, or counts it in health. NOMEM is the one failure. */
ATR_NODISCARD enum atr_status atr_windbg_record_add(struct atr_windbg_record *record,
                                                    const struct atr_windbg_line *line,
                                                    const struct atr_text_line *where,
                                                    struct atr_log_health *health);
