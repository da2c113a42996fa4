/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/event.h"
#include "store/reader.h"
#include "store/writer.h"
#include "support/support.h"

/* Events, records and whole trace files for the tests of the trace file. */

enum {
    TEST_KINDS = 19
};

extern const uint8_t test_kinds[TEST_KINDS]; /* every record kind */

/* A time inside 2023; test events are a millisecond apart. */
#define TEST_TIME_NS UINT64_C(1700000000000000000)

/*
 * Fills event (reset first) with an event of that kind, different for each number: every field has
 * a value that is not its unknown one. Texts are constant, lists lie in the arena.
 */
void test_event(struct atr_event *event, struct atr_arena *arena, uint8_t kind, uint32_t number);

/* Appends the event's own record to out. */
void test_record(struct atr_text *out, const struct atr_event *event);

/*
 * A trace in memory: a manifest, then events of all kinds in turn, `count` records in all. options
 * may be NULL.
 */
void test_trace(struct atr_text *out, uint32_t count, const struct atr_writer_options *options);

/* What a reader makes of a trace in memory. */
struct test_read {
    struct atr_reader_report report;
    uint64_t packets;
    struct atr_text records; /* all of them, one after the other; test_read_fini */
    struct atr_text places;  /* struct test_place of each */
};

struct test_place {
    uint64_t file_offset;
    uint64_t time_ns;
    size_t record; /* offset in records */
    size_t record_bytes;
    bool is_state;
    uint8_t direction;
    uint64_t lost_before;
    uint32_t cut_bytes;
};

void test_read(struct test_read *read, const void *bytes, size_t size,
               const struct atr_reader_options *options);
struct test_place test_read_place(const struct test_read *read, uint64_t number);
void test_read_fini(struct test_read *read);
