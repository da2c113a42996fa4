/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "capture/capture.h"
#include "platform/clock.h"
#include "recorder/record.h"
#include "recorder/settings.h"
#include "recorder/tables.h"
#include "support/fake_driver.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One recording from a fake driver, and its trace read back. */

enum {
    EVENTS_MAX = 4096,
    PID = 4711,
    KEY = 9001,
    TID = 4712,
    PORT = 0x8000,
};

#define MS ((uint64_t)FAKE_FREQUENCY / 1000)

struct fixture {
    struct fake_driver fake;
    struct atr_record_options options;
    struct atr_record_report report;
    char folder[64];
    char path[128];
};

/* What stands in a trace, as much of it as these tests look at. */
struct seen {
    struct atr_event events[EVENTS_MAX];
    struct atr_arena arenas[EVENTS_MAX];
    size_t count;
};

static int
setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/atr-recorder-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/a.atr", fixture->folder);
    fake_driver_open(&fixture->fake, 2);
    fixture->options = (struct atr_record_options){
        .path = fixture->path, .snap_message = 65535, .snap_view = 65536};
    *state = fixture;
    return 0;
}

static void
remove_name(void *context, const char *name)
{
    char path[512];

    if (name[0] != '.') {
        (void)snprintf(path, sizeof(path), "%s/%s", (const char *)context, name);
        (void)remove(path);
    }
}

static int
teardown(void **state)
{
    struct fixture *fixture = *state;
    struct atr_heap heap = atr_heap_default();
    struct atr_error error;

    fake_driver_close(&fixture->fake);
    (void)atr_folder_list(fixture->folder, remove_name, fixture->folder, &heap, &error);
    (void)rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static void
record(struct fixture *fixture)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_device_start start;
    struct atr_error error;

    CHECK_UINT(atr_settings_start(&fixture->options, UINT32_MAX, &start, &error), ATR_OK);
    atr_record_from(&fixture->fake.source, &start, NULL, &fixture->options, &heap,
                    &fixture->report);
    CHECK_UINT(fixture->fake.closes, 1);
    CHECK_UINT(fixture->fake.stops, fixture->fake.start_status == ATR_OK &&
                                            fixture->fake.hello_status == ATR_OK &&
                                            fixture->fake.starts == 1
                                        ? 1
                                        : 0);
}

/* Reads as every verb reads: sorted again. */
static struct seen *
read_back(const char *path)
{
    struct atr_heap heap = atr_heap_default();
    struct seen *seen = calloc(1, sizeof(*seen));
    struct atr_capture *capture = NULL;
    struct atr_error error;
    enum atr_status status;

    assert_non_null(seen);
    CHECK_UINT(atr_capture_open(&capture, path, &heap, &error), ATR_OK);
    do {
        assert_true(seen->count < EVENTS_MAX);
        atr_arena_init(&seen->arenas[seen->count], heap, 1 << 20);
        atr_event_reset(&seen->events[seen->count], &seen->arenas[seen->count], false);
        status = atr_capture_next(capture, &seen->events[seen->count], &error);
        seen->count++;
    } while (status == ATR_OK);
    CHECK_UINT(status, ATR_END);
    atr_arena_fini(&seen->arenas[--seen->count]);
    atr_capture_close(capture);
    return seen;
}

static void
free_seen(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++) {
        atr_arena_fini(&seen->arenas[i]);
    }
    free(seen);
}

/* The nth record of a kind, from 0. Texts of it are gone: only numbers may be looked at. */
static const struct atr_event *
nth(const struct seen *seen, uint8_t kind, size_t n)
{
    const struct atr_event *found = NULL;

    for (size_t i = 0; i < seen->count && found == NULL; i++) {
        if (seen->events[i].kind == kind && n-- == 0) {
            found = &seen->events[i];
        }
    }
    assert_non_null(found);
    return found;
}

static size_t
count_of(const struct seen *seen, uint8_t kind)
{
    size_t count = 0;

    for (size_t i = 0; i < seen->count; i++) {
        count += seen->events[i].kind == kind;
    }
    return count;
}

static struct fake_call
enter(const struct fixture *fixture, uint64_t ms, uint64_t call_id)
{
    return (struct fake_call){
        .kind = ATR_CAPTURE_ENTER,
        .qpc = fixture->fake.now_qpc + ms * MS,
        .call_id = call_id,
        .pid = PID,
        .process_key = KEY,
        .tid = TID,
        .payload = "hello",
        .payload_bytes = 5,
    };
}

static void
put_enter(struct fixture *fixture, uint32_t ring, uint64_t ms, uint64_t call_id)
{
    struct fake_call call = enter(fixture, ms, call_id);

    fake_put_call(&fixture->fake, ring, &call);
}

static void
a_call_is_recorded_with_its_process_time_and_duration(void **state)
{
    struct fixture *fixture = *state;
    struct fake_call call = enter(fixture, 10, 77);
    struct seen *seen;
    const struct atr_event *event;

    fake_put_process(&fixture->fake, 0, fixture->fake.now_qpc, PID, KEY, "\\a\\b.exe",
                     ATR_LIFE_BEGIN);
    fake_put_call(&fixture->fake, 0, &call);
    call.kind = ATR_CAPTURE_EXIT;
    call.enter_qpc = call.qpc;
    call.qpc += 3 * MS;
    call.status = 0xc0000022;
    fake_put_call(&fixture->fake, 1, &call);
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_OK);
    CHECK_UINT(fixture->report.events, 2);
    assert_string_equal(fixture->report.stop, "somebody stopped the driver");

    seen = read_back(fixture->path);
    CHECK_UINT(seen->events[0].kind, ATR_RECORD_MANIFEST);
    event = nth(seen, ATR_RECORD_PROCESS, 0);
    CHECK_UINT(event->as.process.pid, PID);
    CHECK_UINT(event->as.process.life, ATR_LIFE_BEGIN);
    event = nth(seen, ATR_RECORD_EXIT, 0);
    CHECK_UINT(event->as.alpc.call_id, 77);
    CHECK_UINT(event->as.alpc.duration_ns, 3000000);
    CHECK_UINT(event->as.alpc.status, 0xc0000022);
    CHECK_UINT(event->as.alpc.process_id, nth(seen, ATR_RECORD_PROCESS, 0)->as.process.process_id);
    event = nth(seen, ATR_RECORD_ENTER, 0);
    CHECK_UINT(event->time_ns, (133500000000000000 - 116444736000000000) * 100 + 10 * 1000000);
    CHECK_UINT(event->flags, ATR_RECORD_FROM_DRIVER);
    CHECK_UINT(event->as.alpc.total_length, 45);
    CHECK_UINT(event->parts[0].original_bytes, 5);
    free_seen(seen);
}

static void
records_of_all_rings_stand_in_the_order_of_their_times(void **state)
{
    struct fixture *fixture = *state;
    struct seen *seen;

    for (uint64_t i = 0; i < 100; i++) {
        put_enter(fixture, (uint32_t)(i / 7 % 2), i, i + 1);
    }
    record(fixture);
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_ENTER), 100);
    for (size_t i = 0; i < 100; i++) {
        CHECK_UINT(nth(seen, ATR_RECORD_ENTER, i)->as.alpc.call_id, i + 1);
    }
    free_seen(seen);
}

static void
a_gap_is_told_once_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct seen *seen;

    put_enter(fixture, 0, 1, 1);
    fake_drop(&fixture->fake, 0, ATR_LOSS_RING_FULL);
    fake_drop(&fixture->fake, 0, ATR_LOSS_RING_FULL);
    put_enter(fixture, 0, 2, 2);
    record(fixture);
    CHECK_UINT(fixture->report.lost, 2);
    seen = read_back(fixture->path);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->lost_before, 0);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 1)->lost_before, 2);
    CHECK_UINT(count_of(seen, ATR_RECORD_DROPS), 0);
    free_seen(seen);
}

static void
what_was_dropped_last_is_told_by_the_counters(void **state)
{
    struct fixture *fixture = *state;
    const struct atr_drops_record *drops;
    struct seen *seen;

    fake_drop(&fixture->fake, 0, ATR_LOSS_RING_FULL);
    put_enter(fixture, 0, 1, 1);
    fake_drop(&fixture->fake, 0, ATR_LOSS_NO_STAGING);
    fake_drop(&fixture->fake, 1, ATR_LOSS_TOO_LARGE);
    fixture->fake.status.rings[0].tally[ATR_TALLY_EXIT].filtered = 9;
    record(fixture);
    CHECK_UINT(fixture->report.lost, 3);
    seen = read_back(fixture->path);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->lost_before, 1);
    drops = &nth(seen, ATR_RECORD_DROPS, 0)->as.drops;
    CHECK_UINT(drops->counter_count, 3);
    CHECK_UINT(drops->counters[0].cause, ATR_DROP_NO_STAGING);
    CHECK_UINT(drops->counters[0].count, 1);
    CHECK_UINT(drops->counters[1].cause, ATR_DROP_FILTERED);
    CHECK_UINT(drops->counters[1].count, 9);
    CHECK_UINT(drops->counters[2].cause, ATR_DROP_TOO_LARGE);
    CHECK_UINT(drops->counters[2].cpu, 1);
    free_seen(seen);
}

static void
one_pid_of_two_processes_is_two_processes(void **state)
{
    struct fixture *fixture = *state;
    struct fake_call call = enter(fixture, 5, 2);
    struct seen *seen;
    uint64_t now = fixture->fake.now_qpc;

    fake_put_process(&fixture->fake, 0, now, PID, KEY, "a.exe", ATR_LIFE_BEGIN);
    put_enter(fixture, 0, 1, 1);
    fake_put_process(&fixture->fake, 0, now + 2 * MS, PID, KEY, NULL, ATR_LIFE_END);
    fake_put_process(&fixture->fake, 0, now + 4 * MS, PID, KEY + 1, "b.exe", ATR_LIFE_BEGIN);
    call.process_key = KEY + 1;
    fake_put_call(&fixture->fake, 0, &call);
    record(fixture);
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_PROCESS), 3);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->as.alpc.process_id, 1);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 1)->as.alpc.process_id, 2);
    CHECK_UINT(nth(seen, ATR_RECORD_PROCESS, 1)->as.process.life, ATR_LIFE_END);
    free_seen(seen);
}

static void
facts_of_a_port_stand_before_its_first_use_though_they_come_later(void **state)
{
    struct fixture *fixture = *state;
    struct atr_capture_port port = {.port_key = PORT,
                                    .port_generation = 1,
                                    .connection_key = PORT + 16,
                                    .connection_generation = 1,
                                    .owner_pid = PID,
                                    .owner_process_key = KEY,
                                    .port_kind = ATR_PORT_CLIENT,
                                    .life = ATR_LIFE_SEEN};
    struct fake_call call = enter(fixture, 1, 1);
    const struct atr_event *event;
    struct seen *seen;

    call.port_key = PORT;
    call.port_generation = 1;
    fake_put_call(&fixture->fake, 0, &call);
    fake_put_port(&fixture->fake, 1, fixture->fake.now_qpc + 20 * MS, &port,
                  "\\RPC Control\\ntsvcs");
    port.port_generation = 2; /* the object's memory is another port's now */
    port.owner_pid = UINT32_MAX;
    fake_put_port(&fixture->fake, 1, fixture->fake.now_qpc + 30 * MS, &port,
                  "\\RPC Control\\other");
    call = enter(fixture, 25, 2);
    call.port_key = PORT;
    call.port_generation = 2;
    fake_put_call(&fixture->fake, 0, &call);
    record(fixture);

    seen = read_back(fixture->path);
    event = nth(seen, ATR_RECORD_PORT, 0);
    CHECK_UINT(event->as.port.kind, ATR_PORT_CONNECTION);
    assert_true(event->as.port.name_string_id != 0);
    assert_true(event->time_ns <= nth(seen, ATR_RECORD_ENTER, 0)->time_ns);
    CHECK_UINT(nth(seen, ATR_RECORD_PORT, 1)->as.port.connection_port_id, event->as.port.port_id);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->as.alpc.port_id,
               nth(seen, ATR_RECORD_PORT, 1)->as.port.port_id);
    assert_true(nth(seen, ATR_RECORD_ENTER, 1)->as.alpc.port_id !=
                nth(seen, ATR_RECORD_ENTER, 0)->as.alpc.port_id);
    free_seen(seen);
}

static void
equal_stacks_are_stored_once_with_the_modules_they_go_through(void **state)
{
    static const uint64_t frames[] = {0xfffff80000001000, 0x180001234, 0x7000};
    struct fixture *fixture = *state;
    struct fake_call call = enter(fixture, 2, 1);
    const struct atr_event *stack;
    struct seen *seen;

    fake_put_image(&fixture->fake, 0, fixture->fake.now_qpc, PID, KEY, 0x180000000, 0x10000,
                   "\\Device\\HarddiskVolume1\\x.dll");
    call.frames = frames;
    call.frame_count = 3;
    call.kernel_frame_count = 1;
    for (unsigned i = 0; i < 5; i++) {
        fake_put_call(&fixture->fake, 0, &call);
        call.qpc += MS;
        call.call_id++;
    }
    record(fixture);
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_STACK), 1);
    CHECK_UINT(count_of(seen, ATR_RECORD_MODULE), 1);
    stack = nth(seen, ATR_RECORD_STACK, 0);
    CHECK_UINT(stack->as.stack.frame_count, 3);
    CHECK_UINT(stack->as.stack.frames[0].module_id, 0);
    CHECK_UINT(stack->as.stack.frames[1].module_id,
               nth(seen, ATR_RECORD_MODULE, 0)->as.module.module_id);
    CHECK_UINT(stack->as.stack.frames[1].rva, 0x1234);
    CHECK_UINT(stack->as.stack.frames[2].module_id, 0);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 4)->as.alpc.stack_id, stack->as.stack.stack_id);
    free_seen(seen);
}

/* Where a busy record stands, nothing behind it is read; it is not lost either. */
static struct atr_ring_slot held;

static void
hold_one(struct fake_driver *fake, void *context)
{
    struct fixture *fixture = context;
    struct atr_capture_call call = {
        .head = {.kind = ATR_CAPTURE_ENTER,
                 .fixed_bytes = sizeof(call),
                 .used_bytes = sizeof(call),
                 .time_qpc = fake->now_qpc + MS},
        .call_id = 1,
        .pid = PID,
        .tid = TID,
    };

    held = fake_reserve(fake, 0, &call, sizeof(call));
    put_enter(fixture, 1, 2, 2);
    fake->now_qpc += 1000 * MS;
}

static void
release_it(struct fake_driver *fake, void *context)
{
    (void)context;
    if (held.header != NULL) {
        atr_ring_commit(&held);
        held.header = NULL;
        for (uint32_t i = 0; i < fake->ring_count; i++) {
            atomic_store(&fake->producers[i].stopping, 1);
        }
    }
}

static void
nothing_passes_a_record_that_is_still_being_filled(void **state)
{
    struct fixture *fixture = *state;
    struct seen *seen;

    fixture->fake.on_start = hold_one;
    fixture->fake.on_query = release_it;
    fixture->fake.context = fixture;
    fixture->fake.goes_on = true;
    record(fixture);
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_ENTER), 2);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->as.alpc.call_id, 1);
    assert_true(nth(seen, ATR_RECORD_ENTER, 0)->sequence <
                nth(seen, ATR_RECORD_ENTER, 1)->sequence);
    free_seen(seen);
}

static void
a_refusal_leaves_no_file_and_says_what_helps(void **state)
{
    struct fixture *fixture = *state;

    fixture->fake.start_status = ATR_IO;
    fixture->fake.refusal = 0xc0000354;
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_IO);
    assert_false(fixture->report.has_recorded);
    assert_non_null(strstr(fixture->report.error.text, "kernel debugging is off"));
    assert_int_not_equal(access(fixture->path, F_OK), 0);
}

static bool
file_holds(const char *path, const char *text)
{
    static char bytes[65536];
    FILE *file = fopen(path, "rb");
    size_t length = strlen(text);
    size_t size;

    assert_non_null(file);
    size = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(bytes + i, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static void
a_service_that_cannot_be_recorded_is_told_in_the_trace(void **state)
{
    struct fixture *fixture = *state;
    struct atr_device_row *row = &fixture->fake.status.rows[ATR_SERVICE_LPC_REPLY];
    struct seen *seen;

    row->state = ATR_ROW_REFUSED;
    (void)snprintf(row->reason, sizeof(row->reason), "its two ways disagree");
    record(fixture);
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_MARK), 1);
    free_seen(seen);
    assert_true(file_holds(fixture->path, "NtReplyPort is not recorded: its two ways disagree"));
}

static void
a_session_that_is_just_ending_is_waited_for(void **state)
{
    struct fixture *fixture = *state;

    fixture->fake.hello_refusals = 3;
    fixture->fake.refusal = 0x80000011;
    put_enter(fixture, 0, 1, 1);
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_OK);
    CHECK_UINT(fixture->fake.hellos, 4);
    CHECK_UINT(fixture->report.events, 1);
}

static void
who_records_keeps_the_session_and_is_not_waited_for_long(void **state)
{
    struct fixture *fixture = *state;
    uint64_t begin_ns = atr_clock_monotonic_ns();

    fixture->fake.hello_status = ATR_IO;
    fixture->fake.refusal = 0xc0000043;
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_IO);
    assert_non_null(strstr(fixture->report.error.text, "somebody else records"));
    assert_true(atr_clock_monotonic_ns() - begin_ns >= UINT64_C(1000000000));
    assert_int_not_equal(access(fixture->path, F_OK), 0);
}

static void
another_refusal_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;

    fixture->fake.hello_status = ATR_IO;
    fixture->fake.refusal = 0xc000009a;
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_IO);
    CHECK_UINT(fixture->fake.hellos, 1);
}

static void
the_gates_own_reason_is_told(void **state)
{
    struct fixture *fixture = *state;

    fixture->fake.start_status = ATR_IO;
    fixture->fake.refusal = 0xc00000bb;
    (void)snprintf(fixture->fake.status.gate_reason, ATR_DEVICE_REASON_CHARS, "memory integrity");
    record(fixture);
    assert_string_equal(fixture->report.error.text, "cannot record: memory integrity");
}

static void
a_full_disk_ends_it_and_says_so(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.path = "/dev/full";
    put_enter(fixture, 0, 1, 1);
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_FULL);
    assert_non_null(strstr(fixture->report.error.text, "the disk is full"));
}

static void
each_file_of_a_ring_stands_alone(void **state)
{
    static uint8_t payload[60000];
    struct fixture *fixture = *state;
    struct fake_call call = enter(fixture, 1, 1);
    char path[160];
    struct seen *seen;

    fixture->options.file_count = 2;
    fixture->options.file_bytes = 300000;
    call.payload = payload;
    call.payload_bytes = sizeof(payload);
    fake_put_process(&fixture->fake, 0, fixture->fake.now_qpc, PID, KEY, "a.exe", ATR_LIFE_BEGIN);
    for (unsigned i = 0; i < 23; i++) {
        fake_put_call(&fixture->fake, 0, &call);
        call.qpc += MS;
        call.call_id++;
    }
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_OK);
    assert_true(fixture->report.files >= 4);
    (void)snprintf(path, sizeof(path), "%s/a_00001.atr", fixture->folder);
    assert_int_not_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s/a_%05u.atr", fixture->folder, fixture->report.files);
    seen = read_back(path);
    CHECK_UINT(seen->events[0].kind, ATR_RECORD_MANIFEST);
    CHECK_UINT(nth(seen, ATR_RECORD_PROCESS, 0)->as.process.process_id, 1);
    assert_true((nth(seen, ATR_RECORD_PROCESS, 0)->flags & ATR_RECORD_SNAPSHOT) != 0);
    CHECK_UINT(nth(seen, ATR_RECORD_ENTER, 0)->as.alpc.process_id, 1);
    free_seen(seen);
}

static void
what_makes_no_sense_is_left_out_and_counted(void **state)
{
    struct fixture *fixture = *state;
    struct atr_capture_head head = {
        .kind = ATR_CAPTURE_ENTER, .fixed_bytes = 24, .used_bytes = 4096};

    fake_put(&fixture->fake, 0, &head, sizeof(head));
    fake_put(&fixture->fake, 0, &head, 3);
    put_enter(fixture, 0, 1, 1);
    record(fixture);
    CHECK_UINT(fixture->report.malformed, 2);
    CHECK_UINT(fixture->report.events, 1);
}

static void
a_port_that_is_not_wanted_is_left_out_as_soon_as_its_name_is_known(void **state)
{
    struct fixture *fixture = *state;
    struct atr_capture_port port = {.port_key = PORT,
                                    .port_generation = 1,
                                    .owner_pid = UINT32_MAX,
                                    .port_kind = ATR_PORT_CONNECTION};
    struct fake_call call = enter(fixture, 1, 1);

    call.port_key = PORT;
    call.port_generation = 1;
    call.flags = ATR_RECORD_PORT_UNRESOLVED;
    fake_put_call(&fixture->fake, 0, &call);
    fake_put_port(&fixture->fake, 0, fixture->fake.now_qpc + 2 * MS, &port,
                  "\\BaseNamedObjects\\CoreMessagingRegistrar");
    put_enter(fixture, 0, 3, 2);
    record(fixture);
    CHECK_UINT(fixture->report.events, 1);
    CHECK_UINT(fixture->report.lost, 0);
}

/* Records whose every byte may lie; the recorder is trusted with none of them. */
static void
hostile_records_do_no_harm(void **state)
{
    struct fixture *fixture = *state;
    struct test_random random = {.state = 99};
    uint64_t frames[3] = {1, 2, 3};
    struct fake_call call = enter(fixture, 1, 1);
    uint8_t *data = (uint8_t *)fixture->fake.producers + 4096;
    size_t used;

    call.frames = frames;
    call.frame_count = 3;
    call.port_key = PORT;
    for (unsigned i = 0; i < 200; i++) {
        struct atr_capture_port port = {.port_key = PORT + i % 4, .peer_key = PORT + i % 3};

        fake_put_call(&fixture->fake, 0, &call);
        fake_put_process(&fixture->fake, 0, call.qpc, PID + i % 5, KEY, "x.exe",
                         (enum atr_life)(i % 3));
        fake_put_image(&fixture->fake, 0, call.qpc, PID, KEY, i % 7 * 0x8000, 0x10000, "\\x");
        fake_put_port(&fixture->fake, 0, call.qpc, &port, "\\name");
        call.qpc += MS;
    }
    used = (size_t)fixture->fake.rings[0].head;
    for (size_t at = 0; at < used;) {
        struct atr_ring_header header;

        memcpy(&header, data + at, sizeof(header));
        for (unsigned flip = 0; flip < 3; flip++) {
            uint32_t offset = test_random_below(&random, header.size_bytes - 16);

            data[at + 16 + offset] = (uint8_t)test_random_below(&random, 256);
        }
        at += header.size_bytes;
    }
    record(fixture);
    CHECK_UINT(fixture->report.status, ATR_OK);
    assert_true(fixture->report.malformed > 0);
    free_seen(read_back(fixture->path));
}

static void
a_ring_goes_on_behind_the_files_of_an_earlier_recording(void **state)
{
    struct fixture *fixture = *state;
    char path[160];

    fixture->options.file_count = 2;
    fixture->options.file_bytes = 1 << 20;
    for (unsigned i = 0; i < 3; i++) {
        fake_driver_close(&fixture->fake);
        fake_driver_open(&fixture->fake, 2);
        put_enter(fixture, 0, 1, 1);
        record(fixture);
        CHECK_UINT(fixture->report.files, 1);
    }
    (void)snprintf(path, sizeof(path), "%s/a_00001.atr", fixture->folder);
    assert_int_not_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s/a_00003.atr", fixture->folder);
    assert_int_equal(access(path, F_OK), 0);
}

/* What is on the disk stays readable when the recorder is killed. */
static void
a_killed_recorder_leaves_a_readable_file(void **state)
{
    struct fixture *fixture = *state;
    struct seen *seen;
    pid_t child;
    int status;

    fixture->fake.goes_on = true;
    put_enter(fixture, 0, 1, 1);
    fixture->fake.now_qpc += 1000 * MS;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        record(fixture);
        _exit(1);
    }
    (void)usleep(1300 * 1000); /* past the flush of the first second */
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    seen = read_back(fixture->path);
    CHECK_UINT(count_of(seen, ATR_RECORD_ENTER), 1);
    free_seen(seen);
}

static void
each_allocation_may_fail(void **state)
{
    struct fixture *fixture = *state;
    struct atr_device_start start;
    struct atr_error error;

    CHECK_UINT(atr_settings_start(&fixture->options, UINT32_MAX, &start, &error), ATR_OK);
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap heap;

        fake_driver_close(&fixture->fake);
        fake_driver_open(&fixture->fake, 1);
        fake_put_process(&fixture->fake, 0, fixture->fake.now_qpc, PID, KEY, "a.exe",
                         ATR_LIFE_BEGIN);
        put_enter(fixture, 0, 1, 1);
        test_failing_heap_init(&heap, n);
        atr_record_from(&fixture->fake.source, &start, NULL, &fixture->options, &heap.heap,
                        &fixture->report);
        CHECK_UINT(heap.live_blocks, 0);
        CHECK_UINT(fixture->fake.closes, 1);
        CHECK_UINT(fixture->fake.stops, fixture->fake.starts);
        if (!heap.failed) {
            break;
        }
    }
    CHECK_UINT(fixture->report.events, 1);
}

static void
sizes_and_times_have_units(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_true(atr_record_parse_size("64K", &value));
    CHECK_UINT(value, 65536);
    assert_true(atr_record_parse_size("2g", &value));
    CHECK_UINT(value, UINT64_C(2) << 30);
    assert_true(atr_record_parse_duration("90", &value));
    CHECK_UINT(value, UINT64_C(90000000000));
    assert_true(atr_record_parse_duration("2h", &value));
    CHECK_UINT(value, UINT64_C(7200000000000));
    assert_false(atr_record_parse_size("0", &value));
    assert_false(atr_record_parse_size("m", &value));
    assert_false(atr_record_parse_size("1.5G", &value));
    assert_false(atr_record_parse_size("99999999999999999999", &value));
    assert_false(atr_record_parse_duration("5w", &value));
    assert_true(atr_record_parse_duration("200ms", &value));
    CHECK_UINT(value, 200000000);
    assert_false(atr_record_parse_duration("5hd", &value));
    assert_false(atr_record_parse_duration("ms", &value));
    assert_false(atr_record_parse_size("5km", &value));
}

static void
what_ended_stays_until_the_record_is_done(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_tables tables;

    (void)state;
    atr_tables_init(&tables, &heap);
    for (uint32_t i = 1; i <= ATR_ENDED_MAX + 1; i++) {
        struct atr_known_process *process = atr_tables_process_add(&tables, 4 * i, i);
        struct atr_known_port *port = atr_tables_port(&tables, (struct atr_key){i, 1});

        assert_non_null(process);
        assert_non_null(port);
        atr_tables_process_end(&tables, process);
        atr_tables_port_end(&tables, port);
    }
    assert_non_null(atr_tables_process(&tables, 4, 1));
    assert_non_null(atr_map_find(&tables.ports, (struct atr_key){1, 1}));
    atr_tables_trim(&tables);
    assert_null(atr_tables_process(&tables, 4, 1));
    assert_null(atr_map_find(&tables.ports, (struct atr_key){1, 1}));
    assert_non_null(atr_tables_process(&tables, 8, 2));
    atr_tables_fini(&tables);
}

static void
conditions_on_messages_become_filter_rows(void **state)
{
    struct fixture *fixture = *state;
    struct atr_device_start start;
    struct atr_error error = {.status = ATR_OK};

    fixture->options.no_default_filter = true;
    fixture->options.types[0] = 3;
    fixture->options.type_count = 1;
    fixture->options.direction = ATR_RECORD_RECEIVED_ONLY;
    fixture->options.min_length = 100;
    CHECK_UINT(atr_settings_start(&fixture->options, UINT32_MAX, &start, &error), ATR_OK);
    assert_true(atr_filter_valid(&start.filter));
    CHECK_UINT(start.filter.row_count, 3);
    CHECK_UINT(start.filter.rows[0].kind, ATR_FILTER_TYPE);
    CHECK_UINT(start.filter.rows[0].low, 3);
    CHECK_UINT(start.filter.rows[1].kind, ATR_FILTER_DIRECTION);
    CHECK_UINT(start.filter.rows[1].low, 2);
    CHECK_UINT(start.filter.rows[2].low, 100);
    CHECK_UINT(start.filter.rows[2].high, 65535);
    fixture->options.max_length = 50;
    CHECK_UINT(atr_settings_start(&fixture->options, UINT32_MAX, &start, &error), ATR_ARG);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_recorded_with_its_process_time_and_duration),
        TEST(records_of_all_rings_stand_in_the_order_of_their_times),
        TEST(a_gap_is_told_once_where_it_is),
        TEST(what_was_dropped_last_is_told_by_the_counters),
        TEST(one_pid_of_two_processes_is_two_processes),
        TEST(facts_of_a_port_stand_before_its_first_use_though_they_come_later),
        TEST(equal_stacks_are_stored_once_with_the_modules_they_go_through),
        TEST(nothing_passes_a_record_that_is_still_being_filled),
        TEST(a_refusal_leaves_no_file_and_says_what_helps),
        TEST(a_service_that_cannot_be_recorded_is_told_in_the_trace),
        TEST(a_session_that_is_just_ending_is_waited_for),
        TEST(who_records_keeps_the_session_and_is_not_waited_for_long),
        TEST(another_refusal_is_told_at_once),
        TEST(the_gates_own_reason_is_told),
        TEST(a_full_disk_ends_it_and_says_so),
        TEST(each_file_of_a_ring_stands_alone),
        TEST(what_makes_no_sense_is_left_out_and_counted),
        TEST(a_port_that_is_not_wanted_is_left_out_as_soon_as_its_name_is_known),
        TEST(hostile_records_do_no_harm),
        TEST(a_ring_goes_on_behind_the_files_of_an_earlier_recording),
        TEST(a_killed_recorder_leaves_a_readable_file),
        TEST(each_allocation_may_fail),
        TEST(what_ended_stays_until_the_record_is_done),
        TEST(sizes_and_times_have_units),
        TEST(conditions_on_messages_become_filter_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
