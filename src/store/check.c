/* SPDX-License-Identifier: MIT */
#include "store/check.h"

#include "base/limits.h"
#include "event/record.h"
#include "store/seal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD_BYTES = 4096
};

/* The sequence numbers of one recording. They may come out of order, and wrap. */
struct source {
    uint32_t id;
    uint32_t first;
    int32_t lowest; /* relative to first */
    int32_t highest;
    uint64_t count;
};

struct counts {
    uint64_t events;
    uint64_t states;
};

struct check {
    struct atr_check_report *report;
    struct atr_arena arena;
    struct atr_event event;
    uint64_t section_offset;
    struct counts section; /* packets since the section's start, and since the last seal */
    struct counts chunk;
    bool is_chunk_bad; /* something was told about it: its counts cannot fit */
    struct source sources[ATR_CHECK_SOURCES_MAX];
};

static void
add_finding(struct atr_check_report *report, uint64_t offset, bool is_damage, const char *text)
{
    struct atr_check_finding *finding;

    report->damages += is_damage;
    if (report->finding_count == ATR_CHECK_FINDINGS_MAX) {
        report->findings_left_out++;
        return;
    }
    finding = &report->findings[report->finding_count++];
    finding->offset = offset;
    finding->is_damage = is_damage;
    (void)snprintf(finding->text, sizeof(finding->text), "%s", text);
}

static void find(struct check *check, uint64_t offset, bool is_damage, const char *format, ...)
    ATR_PRINTF(4, 5);

static void
find(struct check *check, uint64_t offset, bool is_damage, const char *format, ...)
{
    char text[sizeof(check->report->findings[0].text)];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    add_finding(check->report, offset, is_damage, text);
}

static void
on_finding(void *context, const struct atr_reader_finding *finding)
{
    struct check *check = context;

    check->is_chunk_bad |= finding->is_damage;
    add_finding(check->report, finding->offset, finding->is_damage, finding->text);
}

static struct atr_bytes
body_of(const struct atr_block *block)
{
    return (struct atr_bytes){block->bytes.data + 8,
                              block->bytes.size_bytes - ATR_BLOCK_FRAME_BYTES};
}

/* The reader has judged extent and checksum. */
static void
check_seal(struct check *check, const struct atr_block *block)
{
    struct atr_seal seal;

    if (!check->is_chunk_bad && atr_seal_parse(body_of(block), &seal) == ATR_OK &&
        (seal.events != check->chunk.events || seal.states != check->chunk.states)) {
        find(check, block->offset, true,
             "seal counts %" PRIu32 " events and %" PRIu32 " state records, the chunk has %" PRIu64
             " and %" PRIu64,
             seal.events, seal.states, check->chunk.events, check->chunk.states);
    }
    check->chunk = (struct counts){0, 0};
    check->is_chunk_bad = false;
}

static void
check_index(struct check *check, const struct atr_block *block)
{
    uint64_t offset = block->offset - check->section_offset;
    struct atr_index_summary summary;
    enum atr_status status = atr_index_parse(body_of(block), &summary);

    if (status != ATR_OK) {
        find(check, block->offset, true, "index is %s", atr_status_text(status));
    } else if (!summary.crc_ok) {
        find(check, block->offset, true, "checksum of the index differs");
    } else if (summary.totals.index_offset != offset || summary.end > offset) {
        find(check, block->offset, true, "index belongs to another place");
    } else if (check->report->damages == 0 && (summary.totals.events != check->section.events ||
                                               summary.totals.states != check->section.states)) {
        find(check, block->offset, true,
             "index counts %" PRIu64 " events and %" PRIu64 " state records, there are %" PRIu64
             " and %" PRIu64,
             summary.totals.events, summary.totals.states, check->section.events,
             check->section.states);
    }
}

static void
on_block(void *context, const struct atr_block *block)
{
    struct check *check = context;

    if (block->type == ATR_BLOCK_SECTION) {
        check->section_offset = block->offset;
        check->section = (struct counts){0, 0};
        check->chunk = (struct counts){0, 0};
        check->is_chunk_bad = false;
    } else if (block->type == ATR_BLOCK_SEAL) {
        check_seal(check, block);
    } else if (block->type == ATR_BLOCK_INDEX) {
        check_index(check, block);
    }
}

static struct source *
find_source(struct check *check, uint32_t id, uint32_t sequence)
{
    struct atr_check_report *report = check->report;

    for (uint32_t i = 0; i < report->source_count; i++) {
        if (check->sources[i].id == id) {
            return &check->sources[i];
        }
    }
    if (report->source_count == ATR_CHECK_SOURCES_MAX) {
        return NULL;
    }
    check->sources[report->source_count] = (struct source){.id = id, .first = sequence};
    return &check->sources[report->source_count++];
}

/* A step of half the number range or more is taken as a step back. */
static void
count_sequence(struct check *check)
{
    struct source *source = find_source(check, check->event.source_id, check->event.sequence);
    uint32_t distance;
    int32_t relative;

    if (source == NULL) {
        return;
    }
    distance = check->event.sequence - source->first;
    relative = distance <= INT32_MAX ? (int32_t)distance : -(int32_t)(UINT32_MAX - distance) - 1;
    source->count++;
    source->lowest = relative < source->lowest ? relative : source->lowest;
    source->highest = relative > source->highest ? relative : source->highest;
}

static void
count_missing(struct check *check)
{
    for (uint32_t i = 0; i < check->report->source_count; i++) {
        const struct source *source = &check->sources[i];
        uint64_t span = (uint64_t)((int64_t)source->highest - source->lowest) + 1;

        if (span > source->count) {
            check->report->missing_records += span - source->count;
            find(check, 0, false,
                 "source %08" PRIx32 ": %" PRIu64 " of %" PRIu64
                 " records are not in the file (lost or filtered out)",
                 source->id, span - source->count, span);
        }
    }
}

static void
judge_record(struct check *check, const struct atr_packet *packet, enum atr_status status)
{
    struct atr_check_report *report = check->report;

    if (status == ATR_UNSUPPORTED) {
        if (report->unknown_records++ == 0) {
            find(check, packet->file_offset, false, "record of unknown kind 0x%02x or version",
                 check->event.kind);
        }
    } else if (status == ATR_TRUNCATED && packet->cut_bytes != 0) {
        if (report->incomplete_records++ == 0) {
            find(check, packet->file_offset, false, "record was cut after recording");
        }
    } else if (status != ATR_OK) {
        report->bad_records++;
        find(check, packet->file_offset, true, "record of kind 0x%02x is %s", check->event.kind,
             atr_status_text(status));
    }
}

static void
check_packet(struct check *check, const struct atr_packet *packet)
{
    enum atr_status status;

    check->section.events += !packet->is_state;
    check->section.states += packet->is_state;
    check->chunk.events += !packet->is_state;
    check->chunk.states += packet->is_state;
    atr_event_reset(&check->event, &check->arena, false);
    status = atr_record_decode(packet->record, &check->event);
    judge_record(check, packet, status);
    if (packet->record.size_bytes >= ATR_RECORD_HEADER_BYTES &&
        check->event.kind != ATR_RECORD_CONTINUATION) {
        count_sequence(check);
    }
}

static void
judge_file(struct check *check)
{
    struct atr_check_report *report = check->report;

    count_missing(check);
    if (!report->file.is_closed && report->file.seals > 0) {
        find(check, report->file.bytes, false,
             "the recording was not closed; %" PRIu64 " bytes at the end have no seal",
             report->file.unsealed_bytes);
    }
    if (report->damages > 0) {
        report->verdict = ATR_CHECK_DAMAGED;
    }
    if (report->file.packets == 0 &&
        (report->damages > 0 || report->file.interfaces == 0 || report->file.foreign_packets > 0)) {
        report->verdict = ATR_CHECK_UNREADABLE;
        find(check, 0, true, "no record of ours in the file");
    }
}

static enum atr_status
read_all(struct check *check, struct atr_reader *reader, struct atr_error *error)
{
    struct atr_packet packet;
    enum atr_status status;

    while ((status = atr_reader_next(reader, &packet, error)) == ATR_OK) {
        check_packet(check, &packet);
        if (check->arena.exhausted) {
            return atr_error_set(error, ATR_NOMEM, "out of memory");
        }
    }
    return status == ATR_END ? ATR_OK : status;
}

enum atr_status
atr_check_file(struct atr_file *file, const struct atr_heap *heap, struct atr_check_report *report,
               struct atr_error *error)
{
    struct check *check = atr_heap_alloc(heap, 1, sizeof(*check));
    struct atr_reader *reader = NULL;
    uint8_t head[HEAD_BYTES];
    size_t got = 0;
    enum atr_status status;

    memset(report, 0, sizeof(*report));
    if (check == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    check->report = report;
    atr_arena_init(&check->arena, *heap, ATR_EVENT_ARENA_BYTES);
    status = atr_file_read(file, head, sizeof(head), &got, error);
    if (status == ATR_OK || status == ATR_END) {
        const struct atr_reader_options options = {
            .verify = true, .on_finding = on_finding, .on_block = on_block, .context = check};

        status =
            atr_reader_open(&reader, file, (struct atr_bytes){head, got}, &options, heap, error);
    }
    if (status == ATR_OK) {
        status = read_all(check, reader, error);
        atr_reader_report(reader, &report->file);
        judge_file(check);
    } else if (status == ATR_UNSUPPORTED) {
        report->verdict = ATR_CHECK_UNREADABLE;
        find(check, 0, true, "not a trace file: no pcapng section header");
        status = ATR_OK;
    }
    atr_reader_close(reader);
    atr_arena_fini(&check->arena);
    atr_heap_free(heap, check);
    return status;
}
