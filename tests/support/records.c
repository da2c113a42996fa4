/* SPDX-License-Identifier: MIT */
#include "support/records.h"

#include "base/attributes.h"
#include "event/record.h"

#include <string.h>

const uint8_t test_kinds[TEST_KINDS] = {
    ATR_RECORD_MANIFEST,  ATR_RECORD_PROCESS, ATR_RECORD_THREAD,       ATR_RECORD_MODULE,
    ATR_RECORD_PORT,      ATR_RECORD_HANDLE,  ATR_RECORD_STRING,       ATR_RECORD_STACK,
    ATR_RECORD_SERVICE,   ATR_RECORD_DROPS,   ATR_RECORD_CLOCK,        ATR_RECORD_MARK,
    ATR_RECORD_INTERFACE, ATR_RECORD_ENTER,   ATR_RECORD_EXIT,         ATR_RECORD_ETW_ALPC,
    ATR_RECORD_RPC,       ATR_RECORD_ETW,     ATR_RECORD_CONTINUATION,
};

static const struct atr_guid guid = {
    {0x9a, 0x5b, 0xdb, 0x3b, 0x36, 0xd7, 0x44, 0x4d, 0x90, 0x74, 0xc1, 0xee, 1, 2, 3, 4}};
static const uint8_t payload[] = "payload of a message, 38 bytes long...";
static const uint8_t attributes[] = {0, 0, 0, 2, 0, 0, 0, 2, 0x34, 0x12, 0, 0, 0x78, 0x56, 0, 0};

static void
fill_alpc(struct atr_event *event, uint32_t number)
{
    event->as.alpc = (struct atr_alpc_record){
        .call_id = UINT64_C(0x0001000000000000) + number,
        .callback_id = 77,
        .duration_ns = event->kind == ATR_RECORD_EXIT ? 1234567 : 0,
        .pid = 600,
        .tid = 604,
        .flags = ATR_ALPC_SYNC_REQUEST,
        .process_id = 3,
        .port_id = 4,
        .handle = 0x1c4,
        .message_id = 5,
        .client_pid = 700,
        .client_tid = 704,
        .attribute_mask = 0x02000000,
        .stack_id = 6,
        .status = event->kind == ATR_RECORD_EXIT ? 0xc0000022 : 0,
        .cpu = 1,
        .operation = ATR_OP_SEND_WAIT_RECEIVE,
        .message_type = 0x2001,
        .data_length = sizeof(payload),
        .total_length = sizeof(payload) + 40,
        .data_info_offset = 8,
    };
    event->parts[0] = (struct atr_part){
        .type = ATR_PART_PAYLOAD, .original_bytes = sizeof(payload), .bytes = {payload, 39}};
    event->parts[1] = (struct atr_part){.type = ATR_PART_ATTRIBUTES,
                                        .original_bytes = sizeof(attributes),
                                        .bytes = {attributes, sizeof(attributes)}};
    event->part_count = 2;
}

static void
fill_etw(struct atr_event *event)
{
    bool is_alpc = event->kind == ATR_RECORD_ETW_ALPC;

    event->as.etw = (struct atr_etw_record){
        .event_id = 33,
        .pid = 600,
        .tid = 604,
        .message_id = is_alpc ? 5 : 0,
        .stack_id = 6,
        .payload = {payload, sizeof(payload)},
    };
    if (!is_alpc) {
        event->as.etw.provider = guid;
        event->as.etw.activity = guid;
    }
}

static void
fill_process(struct atr_event *event, uint32_t number)
{
    event->as.process = (struct atr_process_record){
        .process_id = 1 + number,
        .pid = 4 * number,
        .parent_pid = 8,
        .session = 1,
        .start_time_100ns = UINT64_C(133444736000000000),
        .start_key = 99,
        .flags = ATR_PROCESS_WOW64,
        .exit_status = 3,
        .life = ATR_LIFE_BEGIN,
        .image = ATR_STR("\\Windows\\System32\\winlogon.exe"),
        .command_line = ATR_STR("winlogon.exe -SpecialSession"),
        .sid = ATR_STR("S-1-5-18"),
    };
}

static void
fill_module(struct atr_event *event, uint32_t number)
{
    event->as.module = (struct atr_module_record){
        .module_id = 1 + number,
        .process_id = 3,
        .base = UINT64_C(0x7ff812340000),
        .size_bytes = 0x1f0000,
        .time_stamp = 0x5f000000,
        .checksum = 0x1f1234,
        .pdb_guid = guid,
        .pdb_age = 1,
        .life = ATR_LIFE_SEEN + 1,
        .pdb_name = ATR_STR("rpcrt4.pdb"),
        .path = ATR_STR("C:\\Windows\\System32\\rpcrt4.dll"),
    };
}

static void
fill_manifest(struct atr_event *event)
{
    event->as.manifest = (struct atr_manifest_record){
        .os_build = 17763,
        .os_major = 10,
        .os_minor = 1,
        .architecture = 0x8664,
        .pointer_bytes = 8,
        .redaction = 1,
        .utc_bias_minutes = -120,
        .clock_source = ATR_CLOCK_QPC,
        .clock_frequency_hz = 10000000,
        .boot_time_100ns = UINT64_C(133444736000000000),
        .capture_uuid = guid,
        .schema = ATR_STR("alpctrace/1"),
        .os_name = ATR_STR("Windows 10 Pro"),
        .tool = ATR_STR("test"),
        .settings = ATR_STR("snaplen 65535"),
    };
}

static void
fill_stack(struct atr_event *event, struct atr_arena *arena, uint32_t number)
{
    struct atr_frame *frames = atr_arena_alloc(arena, 3, sizeof(*frames));

    assert_non_null(frames);
    for (uint32_t i = 0; i < 3; i++) {
        frames[i] = (struct atr_frame){UINT64_C(0x7ff800000000) + i, i, 2, 0x1000 + i};
    }
    event->as.stack = (struct atr_stack_record){1 + number, 3, 3, frames};
}

static void
fill_drops(struct atr_event *event, struct atr_arena *arena)
{
    struct atr_drop_counter *counters = atr_arena_alloc(arena, 2, sizeof(*counters));

    assert_non_null(counters);
    counters[0] = (struct atr_drop_counter){ATR_DROP_RING_FULL, 1, 12};
    counters[1] = (struct atr_drop_counter){ATR_DROP_FILTERED, ATR_UNKNOWN_U16, 1000};
    event->as.drops = (struct atr_drops_record){2, counters};
}

static void
fill_state(struct atr_event *event, struct atr_arena *arena, uint32_t number)
{
    switch (event->kind) {
    case ATR_RECORD_MANIFEST:
        fill_manifest(event);
        break;
    case ATR_RECORD_PROCESS:
        fill_process(event, number);
        break;
    case ATR_RECORD_THREAD:
        event->as.thread = (struct atr_thread_record){604, 3, 0x7ff6000, 7, 1, ATR_STR("pump")};
        break;
    case ATR_RECORD_MODULE:
        fill_module(event, number);
        break;
    case ATR_RECORD_PORT:
        event->as.port = (struct atr_port_record){1 + number, 7, 3, 4, 5, 6, 1, 2};
        break;
    case ATR_RECORD_HANDLE:
        event->as.handle = (struct atr_handle_record){3, 0x1c4, 4, 1};
        break;
    case ATR_RECORD_STRING:
        event->as.string = (struct atr_string_record){1 + number, ATR_STR("\\RPC Control\\x")};
        break;
    case ATR_RECORD_STACK:
        fill_stack(event, arena, number);
        break;
    case ATR_RECORD_SERVICE:
        event->as.service = (struct atr_service_record){600, 9, ATR_STR("RpcSs")};
        break;
    case ATR_RECORD_DROPS:
        fill_drops(event, arena);
        break;
    case ATR_RECORD_CLOCK:
        event->as.clock = (struct atr_clock_record){1, 2, 3};
        break;
    case ATR_RECORD_MARK:
        event->as.mark = (struct atr_mark_record){ATR_STR("here")};
        break;
    default:
        event->as.interface = (struct atr_interface_record){4, guid, 1, 2};
        break;
    }
}

void
test_event(struct atr_event *event, struct atr_arena *arena, uint8_t kind, uint32_t number)
{
    atr_event_reset(event, arena, false);
    event->kind = kind;
    event->number = number;
    event->time_ns = TEST_TIME_NS + number * UINT64_C(1000000);
    event->source_id = 0x11223344;
    event->sequence = number;
    if (kind == ATR_RECORD_ENTER || kind == ATR_RECORD_EXIT) {
        fill_alpc(event, number);
    } else if (kind == ATR_RECORD_CONTINUATION) {
        event->as.continuation = (struct atr_continuation_record){
            1, 2, 0, ATR_PART_VIEW, ATR_RECORD_ENTER, {payload, sizeof(payload)}};
    } else if (kind >= ATR_RECORD_ETW_ALPC) {
        fill_etw(event);
    } else {
        fill_state(event, arena, number);
    }
}

void
test_record(struct atr_text *out, const struct atr_event *event)
{
    struct atr_text one;
    uint32_t cut;

    atr_text_init(&one, out->heap);
    assert_int_equal(atr_record_encode(event, &one, &cut), ATR_OK);
    atr_text_put(out, atr_text_view(&one));
    atr_text_fini(&one);
}

void
test_trace(struct atr_text *out, uint32_t count, const struct atr_writer_options *options)
{
    static const struct atr_writer_options none;
    struct atr_heap heap = atr_heap_default();
    struct atr_writer *writer;
    struct atr_file *file;
    struct atr_arena arena;
    struct atr_event event;

    atr_text_init(out, heap);
    atr_arena_init(&arena, heap, 1 << 20);
    assert_int_equal(atr_file_to_memory(&file, out, &heap), ATR_OK);
    assert_int_equal(
        atr_writer_create(&writer, file, options == NULL ? &none : options, &heap, NULL), ATR_OK);
    for (uint32_t i = 0; i < count; i++) {
        test_event(&event, &arena, test_kinds[i % (TEST_KINDS - 1)], i);
        assert_int_equal(atr_writer_event(writer, &event), ATR_OK);
    }
    assert_int_equal(atr_writer_finish(writer, NULL), ATR_OK);
    atr_writer_destroy(writer);
    atr_file_close(file);
    atr_arena_fini(&arena);
}

void
test_read(struct test_read *read, const void *bytes, size_t size,
          const struct atr_reader_options *options)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_bytes all = {bytes, size};
    struct atr_bytes head = {bytes, size < 64 ? size : 64};
    struct atr_reader *reader;
    struct atr_packet packet;
    struct atr_file *file;
    size_t got;
    uint8_t skipped[64];
    enum atr_status status;

    *read = (struct test_read){.packets = 0};
    atr_text_init(&read->records, heap);
    atr_text_init(&read->places, heap);
    assert_int_equal(atr_file_from_memory(&file, all, &heap), ATR_OK);
    assert_int_equal(atr_file_read(file, skipped, head.size_bytes, &got, NULL), ATR_OK);
    assert_int_equal(atr_reader_open(&reader, file, head, options, &heap, NULL), ATR_OK);
    while ((status = atr_reader_next(reader, &packet, NULL)) == ATR_OK) {
        struct test_place place;

        memset(&place, 0, sizeof(place));
        place.file_offset = packet.file_offset;
        place.time_ns = packet.time_ns;
        place.record = read->records.size_bytes;
        place.record_bytes = packet.record.size_bytes;
        place.is_state = packet.is_state;
        place.direction = packet.direction;
        place.lost_before = packet.lost_before;
        place.cut_bytes = packet.cut_bytes;
        atr_text_put(&read->places, atr_str_make((const char *)&place, sizeof(place)));
        atr_text_put(&read->records,
                     atr_str_make((const char *)packet.record.data, packet.record.size_bytes));
        read->packets++;
    }
    assert_int_equal(status, ATR_END);
    assert_int_equal(atr_reader_next(reader, &packet, NULL), ATR_END);
    atr_reader_report(reader, &read->report);
    CHECK_UINT(read->report.packets, read->packets);
    atr_reader_close(reader);
    atr_file_close(file);
}

struct test_place
test_read_place(const struct test_read *read, uint64_t number)
{
    struct test_place place;

    assert_true(number < read->packets);
    memcpy(&place, read->places.data + number * sizeof(place), sizeof(place));
    return place;
}

void
test_read_fini(struct test_read *read)
{
    atr_text_fini(&read->records);
    atr_text_fini(&read->places);
}
