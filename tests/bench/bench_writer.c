/* SPDX-License-Identifier: MIT */
/*
 * Records of 200 bytes payload to a file, with and without checksum, and from whole events; beside
 * fwrite of the same bytes, a block a call, through a buffer of the same size.
 */
#include "event/record.h"
#include "store/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RECORDS = 1000000,
    ROUNDS = 5, /* the best one counts: the disk has its moods */
    PAYLOAD_BYTES = 200,
    BLOCK_BYTES = 368, /* what a record of that payload takes in the file */
    BUFFER_BYTES = 1024 * 1024,
};

#define START_NS UINT64_C(1700000000000000000)

static double
now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
lesser(double a, double b)
{
    return a < b ? a : b;
}

static void
report(const char *name, double seconds)
{
    printf("%-24s %6.1f ns a record %6.1f M records/s %6.0f MB/s\n", name, seconds * 1e9 / RECORDS,
           RECORDS / seconds / 1e6, (double)RECORDS * BLOCK_BYTES / seconds / 1e6);
}

static void
fill_event(struct atr_event *event, struct atr_arena *arena, const uint8_t *payload)
{
    atr_event_reset(event, arena, false);
    event->kind = ATR_RECORD_ENTER;
    event->source_id = 1;
    event->as.alpc.total_length = PAYLOAD_BYTES + 40;
    event->parts[0] = (struct atr_part){.type = ATR_PART_PAYLOAD,
                                        .original_bytes = PAYLOAD_BYTES,
                                        .bytes = {payload, PAYLOAD_BYTES}};
    event->part_count = 1;
}

static bool
put_records(struct atr_writer *writer, const struct atr_event *event, bool whole_events)
{
    struct atr_event one = *event;
    struct atr_text record;
    uint32_t cut;
    bool ok;

    atr_text_init(&record, atr_heap_default());
    ok = atr_record_encode(event, &record, &cut) == ATR_OK;

    struct atr_packet packet = {
        .record = {(const uint8_t *)record.data, record.size_bytes},
        .direction = ATR_PACKET_OUTBOUND,
    };

    for (uint64_t i = 0; i < RECORDS && ok; i++) {
        one.time_ns = START_NS + i * 200;
        packet.time_ns = one.time_ns;
        ok = (whole_events ? atr_writer_event(writer, &one) : atr_writer_put(writer, &packet)) ==
             ATR_OK;
    }
    atr_text_fini(&record);
    return ok;
}

/* Seconds; below 0 when it failed. */
static double
write_once(const char *path, const struct atr_event *event, bool whole_events, bool with_checksum)
{
    const struct atr_writer_options options = {.without_checksum = !with_checksum};
    struct atr_heap heap = atr_heap_default();
    struct atr_error error = {ATR_OK, 0, ""};
    struct atr_writer *writer = NULL;
    struct atr_file *file = NULL;
    double start = now_s();
    bool ok = atr_file_create(&file, path, &heap, &error) == ATR_OK &&
              atr_writer_create(&writer, file, &options, &heap, &error) == ATR_OK &&
              put_records(writer, event, whole_events) &&
              atr_writer_finish(writer, &error) == ATR_OK;
    double seconds = now_s() - start;

    if (!ok) {
        fprintf(stderr, "bench_writer: %s\n", error.text);
    }
    atr_writer_destroy(writer);
    atr_file_close(file);
    return ok ? seconds : -1;
}

static double
peer_once(const char *path)
{
    static char buffer[BUFFER_BYTES];
    uint8_t block[BLOCK_BYTES];
    FILE *file = fopen(path, "wb");
    double start = now_s();
    bool ok = file != NULL && setvbuf(file, buffer, _IOFBF, sizeof(buffer)) == 0;

    memset(block, 'x', sizeof(block));
    for (uint32_t i = 0; i < RECORDS && ok; i++) {
        ok = fwrite(block, sizeof(block), 1, file) == 1;
    }
    ok = file != NULL && fclose(file) == 0 && ok;
    return ok ? now_s() - start : -1;
}

int
main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "bench_writer.tmp";
    uint8_t payload[PAYLOAD_BYTES];
    struct atr_arena arena;
    struct atr_event event;
    double best[4] = {1e9, 1e9, 1e9, 1e9};

    memset(payload, 'x', sizeof(payload));
    atr_arena_init(&arena, atr_heap_default(), 1 << 20);
    fill_event(&event, &arena, payload);
    for (unsigned round = 0; round < ROUNDS; round++) {
        best[0] = lesser(best[0], write_once(path, &event, false, false));
        best[1] = lesser(best[1], write_once(path, &event, false, true));
        best[2] = lesser(best[2], write_once(path, &event, true, true));
        best[3] = lesser(best[3], peer_once(path));
    }
    report("records", best[0]);
    report("records, checksum", best[1]);
    report("events, checksum", best[2]);
    report("peer: fwrite", best[3]);
    (void)remove(path);
    atr_arena_fini(&arena);
    return best[0] > 0 && best[1] > 0 && best[2] > 0 && best[3] > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
