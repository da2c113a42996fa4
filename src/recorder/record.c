/* SPDX-License-Identifier: MIT */
#include "recorder/record.h"

#include "base/limits.h"
#include "platform/clock.h"
#include "platform/interrupt.h"
#include "recorder/internal.h"
#include "recorder/refusal.h"
#include "recorder/service_names.h"
#include "recorder/settings.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    IDLE_MS = 10,
    HELLO_MS = 1000,
    QUIET_MS = 5000,      /* a busy record is a copy in progress: microseconds */
    WINDOW_MS = 50,       /* names of ports come within it */
    READS_PER_ROUND = 16, /* image files: a millisecond each */
    LOOKUPS_PER_ROUND = 4,
};

#define TICK_NS       UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)
#define MS_PER_SECOND 1000

/* The recording as it goes. */
struct run {
    struct atr_recorder *recorder;
    struct atr_child *child;
    struct atr_record_report *report;
    uint64_t started_ns; /* of the monotonic clock */
    uint64_t ticked_ns;
    uint32_t unwrapped; /* services */
    bool is_started;
};

static void
say_stop(struct run *run, const char *why)
{
    (void)snprintf(run->report->stop, sizeof(run->report->stop), "%s", why);
}

static enum atr_status
fail(struct run *run, enum atr_status status, const struct atr_error *error)
{
    if (status != ATR_OK && run->report->status == ATR_OK) {
        run->report->status = status;
        run->report->error = *error;
    }
    return status;
}

/* Before the hooks. */

static bool
is_sound(const struct atr_device_welcome *welcome)
{
    return welcome->magic == ATR_DEVICE_MAGIC && welcome->version == ATR_DEVICE_VERSION &&
           welcome->ring_count > 0 && welcome->ring_count <= ATR_DEVICE_RINGS_MAX &&
           welcome->ring_bytes >= ATR_RING_BYTES_MIN &&
           (welcome->ring_bytes & (welcome->ring_bytes - 1)) == 0 &&
           welcome->producer_address != 0 && welcome->consumer_address != 0 &&
           welcome->qpc_frequency != 0;
}

/* The kernel gives addresses of this process as numbers. */
static void *
pointer_of(uint64_t address)
{
    uintptr_t number = (uintptr_t)address;
    void *pointer;

    memcpy(&pointer, &number, sizeof(pointer));
    return pointer;
}

static void
map_rings(struct atr_recorder *recorder)
{
    const struct atr_device_welcome *welcome = &recorder->welcome;
    const uint8_t *producer = pointer_of(welcome->producer_address);
    const struct atr_ring_producer *lines = pointer_of(welcome->producer_address);
    struct atr_ring_consumer *consumer = pointer_of(welcome->consumer_address);

    recorder->ring_count = welcome->ring_count;
    for (uint32_t i = 0; i < recorder->ring_count; i++) {
        atr_ring_reader_init(&recorder->rings[i].reader,
                             producer + welcome->data_offset + (size_t)i * welcome->ring_bytes,
                             welcome->ring_bytes, &lines[i], &consumer[i]);
    }
}

/* A killed recorder's session ends a little after it: what may pass is asked again for a while. */
static enum atr_status
ask_for_session(const struct atr_recorder *recorder, const struct atr_device_hello *hello,
                struct atr_device_welcome *welcome, struct atr_error *error)
{
    const struct atr_recorder_source *source = &recorder->source;
    uint64_t until_ns = atr_clock_monotonic_ns() + HELLO_MS * NS_PER_MS;
    enum atr_status status;
    bool may_pass;

    do {
        *error = (struct atr_error){.status = ATR_OK};
        status = source->ops->hello(source->context, hello, welcome, error);
        may_pass = status != ATR_OK &&
                   (error->os_code == ATR_REFUSAL_ENDING || error->os_code == ATR_REFUSAL_TAKEN);
        if (may_pass) {
            atr_machine_sleep_ms(IDLE_MS);
        }
    } while (may_pass && atr_clock_monotonic_ns() < until_ns);
    return status;
}

static enum atr_status
say_hello(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    const struct atr_recorder_source *source = &recorder->source;
    struct atr_device_hello hello = {.magic = ATR_DEVICE_MAGIC,
                                     .version = ATR_DEVICE_VERSION,
                                     .ring_bytes = recorder->options->ring_bytes};
    struct atr_device_clock clock;
    struct atr_error error = {.status = ATR_OK};
    enum atr_status status = ask_for_session(recorder, &hello, &recorder->welcome, &error);

    if (status != ATR_OK) {
        atr_refusal_explain(&error);
        return fail(run, status, &error);
    }
    if (!is_sound(&recorder->welcome)) {
        status = atr_error_set(&error, ATR_MALFORMED,
                               "the driver is of another version (alpctrace driver remove, then "
                               "start again)");
        return fail(run, status, &error);
    }
    map_rings(recorder);
    status = source->ops->clock(source->context, &clock, &error);
    if (status == ATR_OK) {
        atr_timeline_init(&recorder->timeline, recorder->welcome.qpc_frequency, &clock);
        recorder->last_ns = atr_ns_of_filetime(clock.time_100ns);
        recorder->window_ticks = recorder->welcome.qpc_frequency * WINDOW_MS / MS_PER_SECOND;
    }
    return fail(run, status, &error);
}

static void
put_clock(struct atr_recorder *recorder)
{
    struct atr_device_clock clock;
    struct atr_event *event;

    if (recorder->source.ops->clock(recorder->source.context, &clock, NULL) != ATR_OK) {
        return;
    }
    event = atr_recorder_event(recorder, ATR_RECORD_CLOCK, 0,
                               atr_timeline_ns(&recorder->timeline, clock.qpc_before));
    event->as.clock = (struct atr_clock_record){
        clock.qpc_before + (clock.qpc_after - clock.qpc_before) / 2, clock.time_100ns, clock.tsc};
    (void)atr_recorder_put(recorder);
    atr_timeline_learn(&recorder->timeline, &clock);
}

static enum atr_status
open_recording(struct run *run, struct atr_text *settings)
{
    struct atr_recorder *recorder = run->recorder;
    struct atr_recording_plan plan = {
        .path = recorder->options->path,
        .file_count = recorder->options->file_count,
        .file_bytes = recorder->options->file_bytes,
        .sync = recorder->options->sync,
        .clock_frequency_hz = recorder->welcome.qpc_frequency,
    };
    enum atr_status status;

    atr_settings_describe(&recorder->start, settings);
    plan.settings = atr_text_view(settings);
    status = atr_recording_open(&recorder->recording, &plan, recorder->last_ns, &recorder->heap);
    if (status == ATR_OK) {
        put_clock(recorder);
        atr_snapshot_take(recorder, recorder->last_ns);
        status = recorder->recording.status;
    }
    return fail(run, status, &recorder->recording.error);
}

/* What goes through a service that is there but not wrapped is missing: the trace says so itself.
 */
static void
tell_unwrapped(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    struct atr_device_status *device = recorder->status;

    if (recorder->source.ops->query(recorder->source.context, device, NULL) != ATR_OK) {
        return;
    }
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        struct atr_device_row *row = &device->rows[i];
        struct atr_event *event;
        char text[ATR_DEVICE_REASON_CHARS + 96];
        int size;

        if (row->state != ATR_ROW_REFUSED && row->state != ATR_ROW_FOREIGN) {
            continue;
        }
        row->reason[ATR_DEVICE_REASON_CHARS - 1] = '\0';
        size = snprintf(text, sizeof(text), "%s is not recorded: %s", atr_service_names[i],
                        row->reason[0] == '\0' ? "no reason given" : row->reason);
        event = atr_recorder_event(recorder, ATR_RECORD_MARK, 0, recorder->last_ns);
        event->as.mark.text = atr_str_make(text, (size_t)size);
        (void)atr_recorder_put(recorder);
        run->unwrapped++;
    }
}

/* The gate's own words are better than a status. */
static enum atr_status
start_source(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    const struct atr_recorder_source *source = &recorder->source;
    struct atr_error error = {.status = ATR_OK};
    enum atr_status status = source->ops->start(source->context, &recorder->start, &error);

    if (status == ATR_OK) {
        run->is_started = true;
        tell_unwrapped(run);
        return ATR_OK;
    }
    atr_refusal_explain(&error);
    if (source->ops->query(source->context, recorder->status, NULL) == ATR_OK) {
        char *reason = recorder->status->gate_reason;

        reason[ATR_DEVICE_REASON_CHARS - 1] = '\0';
        if (reason[0] != '\0') {
            (void)atr_error_set(&error, status, "cannot record: %s", reason);
        }
    }
    return fail(run, status, &error);
}

/* While it runs. */

static void
tell_progress(const struct run *run, uint64_t now_ns, bool is_first)
{
    const struct atr_recorder *recorder = run->recorder;
    const struct atr_record_options *options = recorder->options;
    struct atr_record_progress progress = {
        .elapsed_ns = now_ns - run->started_ns,
        .events = recorder->recording.events,
        .lost = recorder->lost,
        .bytes = atr_recording_bytes(&recorder->recording),
        .unwrapped = run->unwrapped,
        .is_first = is_first,
    };

    if (options->progress != NULL) {
        options->progress(options->context, &progress);
    }
}

/* Once a second: clocks, losses, and what is collected goes out. */
static void
tick(struct run *run, uint64_t now_ns)
{
    struct atr_recorder *recorder = run->recorder;
    const struct atr_recorder_source *source = &recorder->source;

    put_clock(recorder);
    if (source->ops->query(source->context, recorder->status, NULL) == ATR_OK) {
        atr_losses_tell(recorder, recorder->last_ns);
    }
    (void)atr_recording_flush(&recorder->recording);
    tell_progress(run, now_ns, false);
    run->ticked_ns = now_ns;
}

static bool
is_over(struct run *run, uint64_t now_ns)
{
    const struct atr_recorder *recorder = run->recorder;
    const struct atr_record_options *options = recorder->options;
    uint32_t exit_code = 0;

    if (recorder->recording.status != ATR_OK) {
        return true;
    }
    if (atr_interrupt_seen()) {
        say_stop(run, "stopped");
    } else if (recorder->source_ended) {
        say_stop(run, "somebody stopped the driver");
    } else if (options->duration_ns != 0 && now_ns - run->started_ns >= options->duration_ns) {
        say_stop(run, "the time is over");
    } else if (options->max_bytes != 0 &&
               atr_recording_bytes(&recorder->recording) >= options->max_bytes) {
        say_stop(run, "the size limit is reached");
    } else if (run->child != NULL && atr_child_has_ended(run->child, &exit_code)) {
        (void)snprintf(run->report->stop, sizeof(run->report->stop),
                       "the program has ended with %" PRIu32, exit_code);
    } else {
        return false;
    }
    return true;
}

static void
round_of(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    size_t records;

    recorder->reads_left = READS_PER_ROUND;
    recorder->lookups_left = LOOKUPS_PER_ROUND;
    records = atr_recorder_drain(recorder);
    (void)atr_recorder_emit(recorder, false);
    atr_snapshot_catch_up(recorder, recorder->last_ns);
    if (records == 0) {
        atr_machine_sleep_ms(IDLE_MS);
    }
}

static void
loop(struct run *run)
{
    uint64_t now_ns = atr_clock_monotonic_ns();

    run->started_ns = now_ns;
    run->ticked_ns = now_ns;
    tell_progress(run, now_ns, true);
    while (!is_over(run, now_ns)) {
        round_of(run);
        now_ns = atr_clock_monotonic_ns();
        if (now_ns - run->ticked_ns >= TICK_NS) {
            tick(run, now_ns);
        }
    }
}

/* After the hooks. */

static void
drain_rest(struct atr_recorder *recorder)
{
    uint64_t until_ns = atr_clock_monotonic_ns() + QUIET_MS * NS_PER_MS;

    recorder->reads_left = UINT32_MAX;
    do {
        (void)atr_recorder_drain(recorder);
        (void)atr_recorder_emit(recorder, false);
        if (atr_recorder_is_quiet(recorder)) {
            break;
        }
        atr_machine_sleep_ms(1);
    } while (recorder->recording.status == ATR_OK && atr_clock_monotonic_ns() < until_ns);
}

static void
stop_source(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    const struct atr_recorder_source *source = &recorder->source;

    if (run->is_started) {
        (void)source->ops->stop(source->context, NULL);
        drain_rest(recorder);
        atr_machine_sleep_ms(IDLE_MS); /* somebody may have been between two instructions */
        drain_rest(recorder);
        (void)atr_recorder_emit(recorder, true);
        atr_snapshot_catch_up(recorder, recorder->last_ns);
        if (source->ops->query(source->context, recorder->status, NULL) == ATR_OK) {
            atr_losses_tell(recorder, recorder->last_ns);
        }
        put_clock(recorder);
    }
    source->ops->close(source->context);
}

static void
close_recording(struct run *run)
{
    struct atr_recorder *recorder = run->recorder;
    struct atr_record_report *report = run->report;
    struct atr_recording *recording = &recorder->recording;
    bool is_empty = !run->is_started && recording->path.size_bytes > 0;

    report->events = recording->events;
    report->lost = recorder->lost;
    report->malformed = recorder->malformed;
    report->files = recording->file_index;
    report->has_recorded = run->is_started && recording->events + recording->states > 0;
    if (is_empty && strcmp(recording->path.data, "-") != 0) {
        atr_file_close(recording->file);
        recording->file = NULL;
        (void)atr_file_delete(recording->path.data, &recorder->heap, NULL);
        atr_writer_destroy(recording->writer);
        recording->writer = NULL;
    }
    atr_recording_close(recording);
    report->bytes = atr_recording_bytes(recording);
    (void)fail(run, recording->status, &recording->error);
}

static struct atr_recorder *
recorder_create(const struct atr_recorder_source *source, const struct atr_device_start *start,
                const struct atr_record_options *options, const struct atr_heap *heap)
{
    struct atr_recorder *recorder = atr_heap_alloc(heap, 1, sizeof(*recorder));

    if (recorder == NULL) {
        return NULL;
    }
    recorder->heap = *heap;
    recorder->options = options;
    recorder->source = *source;
    recorder->start = *start;
    recorder->status = atr_heap_alloc(heap, 1, sizeof(*recorder->status));
    atr_arena_init(&recorder->arena, *heap, ATR_EVENT_ARENA_BYTES);
    atr_merge_init(&recorder->merge, heap);
    atr_tables_init(&recorder->tables, heap);
    return recorder;
}

static void
recorder_destroy(struct atr_recorder *recorder)
{
    struct atr_heap heap = recorder->heap;

    atr_tables_fini(&recorder->tables);
    atr_merge_fini(&recorder->merge);
    atr_arena_fini(&recorder->arena);
    atr_heap_free(&heap, recorder->status);
    atr_heap_free(&heap, recorder);
}

static void
record(struct run *run)
{
    struct atr_text settings;
    struct atr_error error = {.status = ATR_OK};

    atr_text_init(&settings, run->recorder->heap);
    if (say_hello(run) == ATR_OK && open_recording(run, &settings) == ATR_OK &&
        start_source(run) == ATR_OK &&
        (run->child == NULL || fail(run, atr_child_resume(run->child, &error), &error) == ATR_OK)) {
        loop(run);
    }
    stop_source(run);
    close_recording(run);
    atr_text_fini(&settings);
}

void
atr_record_from(const struct atr_recorder_source *source, const struct atr_device_start *start,
                struct atr_child *child, const struct atr_record_options *options,
                const struct atr_heap *heap, struct atr_record_report *report)
{
    struct run run = {.child = child, .report = report};

    *report = (struct atr_record_report){.status = ATR_OK};
    run.recorder = recorder_create(source, start, options, heap);
    if (run.recorder == NULL || run.recorder->status == NULL) {
        report->status = atr_error_set(&report->error, ATR_NOMEM, "out of memory");
        source->ops->close(source->context);
    } else {
        record(&run);
    }
    if (run.recorder != NULL) {
        recorder_destroy(run.recorder);
    }
}
