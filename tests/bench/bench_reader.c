/* SPDX-License-Identifier: MIT */
/* A trace of packets of 300 bytes read, decoded and verified; beside fread of the same file. */
#include "event/record.h"
#include "store/reader.h"
#include "store/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RECORDS = 2000000,
    PAYLOAD_BYTES = 200,
    READ_BYTES = 256 * 1024,
};

#define START_NS UINT64_C(1700000000000000000)

static double
now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
make_trace(const char *path)
{
    static const struct atr_writer_options options;
    struct atr_heap heap = atr_heap_default();
    struct atr_writer *writer = NULL;
    struct atr_file *file = NULL;
    uint8_t payload[PAYLOAD_BYTES];
    struct atr_arena arena;
    struct atr_event event;
    bool ok = atr_file_create(&file, path, &heap, NULL) == ATR_OK &&
              atr_writer_create(&writer, file, &options, &heap, NULL) == ATR_OK;

    memset(payload, 'x', sizeof(payload));
    atr_arena_init(&arena, heap, 1 << 20);
    atr_event_reset(&event, &arena, false);
    event.as.alpc.total_length = PAYLOAD_BYTES + 40;
    event.parts[0] = (struct atr_part){.type = ATR_PART_PAYLOAD,
                                       .original_bytes = PAYLOAD_BYTES,
                                       .bytes = {payload, PAYLOAD_BYTES}};
    event.part_count = 1;
    for (uint32_t i = 0; i < RECORDS && ok; i++) {
        event.kind = i % 2 == 0 ? ATR_RECORD_ENTER : ATR_RECORD_EXIT;
        event.sequence = i;
        event.time_ns = START_NS + (uint64_t)i * 1000;
        ok = atr_writer_event(writer, &event) == ATR_OK;
    }
    ok = ok && atr_writer_finish(writer, NULL) == ATR_OK;
    atr_writer_destroy(writer);
    atr_file_close(file);
    atr_arena_fini(&arena);
    return ok;
}

static void
report(const char *name, double seconds)
{
    printf("%-24s %6.1f ns a packet\n", name, seconds * 1e9 / RECORDS);
}

static bool
bench(const char *name, const char *path, bool decode, bool verify)
{
    const struct atr_reader_options options = {.verify = verify};
    struct atr_heap heap = atr_heap_default();
    struct atr_reader *reader = NULL;
    struct atr_file *file = NULL;
    struct atr_packet packet;
    struct atr_arena arena;
    struct atr_event event;
    uint8_t head[64];
    size_t got = 0;
    uint32_t count = 0;
    double start = now_s();
    bool ok = atr_file_open(&file, path, &heap, NULL) == ATR_OK &&
              atr_file_read(file, head, sizeof(head), &got, NULL) == ATR_OK &&
              atr_reader_open(&reader, file, (struct atr_bytes){head, got}, &options, &heap,
                              NULL) == ATR_OK;

    atr_arena_init(&arena, heap, ATR_EVENT_ARENA_BYTES);
    while (ok && atr_reader_next(reader, &packet, NULL) == ATR_OK) {
        if (decode) {
            atr_event_reset(&event, &arena, false);
            ok = atr_record_decode(packet.record, &event) == ATR_OK;
        }
        count++;
    }
    report(name, now_s() - start);
    atr_reader_close(reader);
    atr_file_close(file);
    atr_arena_fini(&arena);
    return ok && count == RECORDS;
}

static bool
bench_peer(const char *path)
{
    static uint8_t bytes[READ_BYTES];
    FILE *file = fopen(path, "rb");
    double start = now_s();

    if (file == NULL) {
        return false;
    }
    while (fread(bytes, 1, sizeof(bytes), file) > 0) {
    }
    report("peer: fread", now_s() - start);
    return fclose(file) == 0;
}

int
main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "bench_reader.tmp";
    bool ok = make_trace(path) && bench("read", path, false, false) &&
              bench("read and verify", path, false, true) &&
              bench("read and decode", path, true, false) && bench_peer(path);

    (void)remove(path);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
