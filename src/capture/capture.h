/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "event/event.h"
#include "platform/file.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Where events come from. Every input is opened by its content, never by its name. A source gives
 * state records (processes, ports, strings, stacks ...) before the events that use them, whatever
 * its own format is, so that later stages never know where an event came from.
 */
struct atr_capture;

/* Health of the input so far; final after END or an error. */
struct atr_capture_report {
    bool damaged;             /* something could not be read: problem says where and what */
    struct atr_error problem; /* the first one */
    uint64_t problem_offset;  /* byte offset in the input */
    uint64_t records;         /* delivered, events and state */
    uint64_t events;
    uint64_t lost_events;      /* counted by the recorder: drop records and lost_before */
    uint64_t cut_events;       /* with a part that was cut */
    uint64_t late_events;      /* came later than the re-sort window could mend */
    uint64_t skipped;          /* records or lines of unknown kinds, skipped */
    uint64_t unpaired;         /* text logs: exits without entry and the like */
    uint64_t input_bytes;      /* read so far */
    uint64_t input_size_bytes; /* 0: unknown (a pipe) */
};

struct atr_capture_ops {
    const char *name;    /* "trace file", "WinDbg log" */
    const char *summary; /* one line for documents */
    bool can_pin;        /* next copies into a pinned arena what would else be borrowed */

    /* How well the first bytes of an input (up to ATR_PROBE_BYTES) fit: 0 no, 100 certainly. */
    unsigned (*probe)(struct atr_bytes head);

    /*
     * file is positioned behind head; its bytes come first again through head. The source takes
     * neither: both live longer than it does. *state is the source's own.
     */
    enum atr_status (*open)(void **state, struct atr_file *file, struct atr_bytes head,
                            const struct atr_heap *heap, struct atr_error *error);

    /* Fills an event that was reset. OK, END once at the end, or a failure of the program (IO,
     * NOMEM). */
    enum atr_status (*next)(void *state, struct atr_event *event, struct atr_error *error);

    void (*report)(const void *state, struct atr_capture_report *report);
    void (*close)(void *state);
};

enum {
    ATR_PROBE_BYTES = 65536
};

/* All sources, in the order they are asked. */
const struct atr_capture_ops *const *atr_capture_sources(size_t *count);

/*
 * Opens path ("-": standard input). UNSUPPORTED when no source knows the content, with words that
 * name what is understood.
 */
ATR_NODISCARD enum atr_status atr_capture_open(struct atr_capture **out, const char *path,
                                               const struct atr_heap *heap,
                                               struct atr_error *error);

/* The same for a file that is open already; takes it, also on failure. */
ATR_NODISCARD enum atr_status atr_capture_open_file(struct atr_capture **out, struct atr_file *file,
                                                    const struct atr_heap *heap,
                                                    struct atr_error *error);

/*
 * Resets event (its arena too) and fills it with the next record. Its bytes stay valid until the
 * next call. END once, after the last. A damaged input is no failure: what was readable comes, then
 * END, and the report tells.
 */
ATR_NODISCARD enum atr_status atr_capture_next(struct atr_capture *capture, struct atr_event *event,
                                               struct atr_error *error);

/*
 * Whether events may be gathered in a pinned arena, and reading ahead pays: a large file whose
 * source copies what it gives.
 */
bool atr_capture_can_run_ahead(const struct atr_capture *capture);

const char *atr_capture_source_name(const struct atr_capture *capture);
void atr_capture_report(const struct atr_capture *capture, struct atr_capture_report *out);
void atr_capture_close(struct atr_capture *capture); /* NULL is fine */
