/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "recorder/merge.h"
#include "recorder/recorder.h"
#include "recorder/recording.h"
#include "recorder/source.h"
#include "recorder/tables.h"
#include "recorder/timeline.h"
#include "wire/ring.h"

/*
 * What the files of the recorder share. One thread.
 *
 *   source ──> drain.c ──> merge.c ──> translate.c ──> define.c ──> recording.c
 *   rings      copies      by time     ids, filter     first uses   files
 *
 * record.c runs them: hello, start, the loop with its ticks (ticks.c), stop, the rest.
 */

/* One ring and what is known of its losses (losses.c). */
struct atr_recorder_ring {
    struct atr_ring_reader reader;
    uint64_t next_sequence;
    uint64_t last_qpc;      /* of its last record */
    uint64_t low_water_qpc; /* nothing earlier comes from it, but for what was late to reserve */
    uint64_t missing;       /* sum of the gaps in its sequence */
    uint64_t told;          /* records told lost, by gaps or by drops records */
    uint64_t told_by_cause[ATR_LOSS_COUNT];
    uint64_t filtered; /* as of the last drops record */
    uint64_t truncated;
};

struct atr_recorder {
    struct atr_heap heap;
    const struct atr_record_options *options;
    struct atr_recorder_source source;
    struct atr_device_welcome welcome;
    struct atr_device_start start;
    struct atr_recorder_ring rings[ATR_DEVICE_RINGS_MAX];
    uint32_t ring_count;
    struct atr_merge merge;
    struct atr_timeline timeline;
    struct atr_tables tables;
    struct atr_recording recording;
    struct atr_arena arena; /* texts and lists of the record being written */
    struct atr_event event; /* being written */
    struct atr_captured captured;
    struct atr_device_status *status; /* the last answer of a query */
    uint64_t window_ticks;            /* a record waits this long for earlier ones */
    uint64_t last_ns;                 /* time of the last record written */
    uint64_t pending_lost;            /* to be told with the next event */
    uint64_t lost;
    uint64_t lost_here; /* by want of memory in the recorder itself */
    uint64_t lost_here_told;
    uint64_t filtered_here;
    uint64_t filtered_here_told;
    uint64_t malformed;
    uint32_t reads_left;   /* image files that may still be read in this round */
    uint32_t lookups_left; /* processes that may still be looked up in this round */
    bool lacks_facts;      /* modules wait for the facts of their files */
    bool source_ended;     /* somebody stopped the driver */
};

/* drain.c: copies what is in the rings; gives how many records. */
size_t atr_recorder_drain(struct atr_recorder *recorder);

/* Writes what is earlier than the low-water mark; all: whatever is there. */
enum atr_status atr_recorder_emit(struct atr_recorder *recorder, bool all);

/* All rings are empty: nothing is busy either. */
bool atr_recorder_is_quiet(struct atr_recorder *recorder);

/* translate.c: writes one record of the driver's, with what it needs. */
enum atr_status atr_recorder_translate(struct atr_recorder *recorder,
                                       const struct atr_merge_record *record);

/* When a record is copied: facts of ports are good for what comes before them, too. */
void atr_recorder_foresee(struct atr_recorder *recorder, struct atr_bytes payload);

/* The UTF-16 name in the arena. */
struct atr_str atr_recorder_name(struct atr_recorder *recorder, struct atr_bytes name);

/* The process of a record, made up when nobody told of it; NULL: pid unknown or no memory. */
struct atr_known_process *atr_recorder_process(struct atr_recorder *recorder, uint32_t pid,
                                               uint64_t key, uint64_t time_ns);

/* define.c: a state record, unless it stands in this file already with a time that fits. */
void atr_define_process(struct atr_recorder *recorder, struct atr_known_process *process,
                        uint64_t time_ns);
void atr_define_module(struct atr_recorder *recorder, struct atr_known_process *process,
                       struct atr_known_module *module, uint64_t time_ns);
void atr_define_port(struct atr_recorder *recorder, struct atr_known_port *port, uint64_t time_ns);
void atr_define_stack(struct atr_recorder *recorder, struct atr_known_process *process,
                      struct atr_known_stack *stack, uint64_t time_ns);

/* The same whether it stands there or not, saying what happened. */
void atr_define_process_life(struct atr_recorder *recorder, struct atr_known_process *process,
                             uint64_t time_ns, enum atr_life life);
void atr_define_module_life(struct atr_recorder *recorder, struct atr_known_process *process,
                            struct atr_known_module *module, uint64_t time_ns, enum atr_life life);
void atr_define_port_life(struct atr_recorder *recorder, struct atr_known_port *port,
                          uint64_t time_ns, enum atr_life life);

/* Starts the event to be written. */
struct atr_event *atr_recorder_event(struct atr_recorder *recorder, enum atr_record_kind kind,
                                     uint32_t flags, uint64_t time_ns);
enum atr_status atr_recorder_put(struct atr_recorder *recorder);

/* snapshot.c: what runs now. known: write it all anew, for the next file of a ring. */
void atr_snapshot_take(struct atr_recorder *recorder, uint64_t time_ns);
void atr_snapshot_write(struct atr_recorder *recorder, uint64_t time_ns);

/* Asks the system about one process that the driver named; NULL: it is gone, or no memory. */
struct atr_known_process *atr_snapshot_process(struct atr_recorder *recorder, uint32_t pid,
                                               uint64_t time_ns);

/* Reads files that were put off, and defines their modules anew. */
void atr_snapshot_catch_up(struct atr_recorder *recorder, uint64_t time_ns);

/* losses.c: a gap of a ring's sequence; what is left for lost_before. */
uint64_t atr_losses_gap(struct atr_recorder_ring *ring, uint64_t missing);

/* A drops record of what recorder->status counts and nobody told yet. */
void atr_losses_tell(struct atr_recorder *recorder, uint64_t time_ns);
