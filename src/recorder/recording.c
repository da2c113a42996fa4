/* SPDX-License-Identifier: MIT */
#include "recorder/recording.h"

#include "base/cursor.h"
#include "recorder/file_ring.h"

static enum atr_status
fail(struct atr_recording *recording, enum atr_status status)
{
    if (recording->status == ATR_OK && status != ATR_OK) {
        recording->status = status;
    }
    return recording->status;
}

static enum atr_status
put_manifest(struct atr_recording *recording, uint64_t time_ns)
{
    const struct atr_machine *machine = &recording->machine;
    struct atr_event event = {
        .kind = ATR_RECORD_MANIFEST, .flags = ATR_RECORD_FROM_DRIVER, .time_ns = time_ns};

    event.as.manifest = (struct atr_manifest_record){
        .os_build = machine->os_build,
        .os_major = machine->os_major,
        .os_minor = machine->os_minor,
        .architecture = machine->architecture,
        .pointer_bytes = sizeof(uint64_t),
        .utc_bias_minutes = machine->utc_bias_minutes,
        .clock_source = ATR_CLOCK_QPC,
        .clock_frequency_hz = recording->plan.clock_frequency_hz,
        .boot_time_100ns = machine->boot_100ns,
        .capture_uuid = recording->capture,
        .schema = ATR_STR("alpctrace/1"),
        .os_name = atr_str_from(machine->os_name),
        .tool = ATR_STR("alpctrace " ATR_VERSION),
        .settings = recording->plan.settings,
    };
    return atr_recording_put(recording, &event);
}

static enum atr_status
begin_file(struct atr_recording *recording, uint64_t time_ns)
{
    struct atr_writer_options options = {
        .os = atr_str_from(recording->machine.os_name),
        .application = ATR_STR("alpctrace " ATR_VERSION),
        .filter = recording->plan.settings,
        .sync = recording->plan.sync,
    };
    enum atr_status status = atr_file_ring_name(recording);

    if (status == ATR_OK) {
        status = atr_file_create(&recording->file, recording->path.data, &recording->heap,
                                 &recording->error);
    }
    if (status == ATR_OK) {
        status = atr_writer_create(&recording->writer, recording->file, &options, &recording->heap,
                                   &recording->error);
    }
    if (status != ATR_OK) {
        return fail(recording, status);
    }
    recording->file_index++;
    return put_manifest(recording, time_ns);
}

static void
end_file(struct atr_recording *recording)
{
    if (recording->writer != NULL) {
        if (recording->status == ATR_OK) {
            fail(recording, atr_writer_finish(recording->writer, &recording->error));
        }
        recording->closed_bytes += atr_writer_bytes(recording->writer);
    }
    atr_writer_destroy(recording->writer);
    atr_file_close(recording->file);
    recording->writer = NULL;
    recording->file = NULL;
}

/* A UUID of random bytes (RFC 9562, version 4). */
static enum atr_status
make_ids(struct atr_recording *recording)
{
    uint8_t bytes[ATR_GUID_BYTES + 4];

    if (atr_machine_random(bytes, sizeof(bytes)) != ATR_OK) {
        return atr_error_set(&recording->error, ATR_IO, "the system gives no random numbers");
    }
    memcpy(recording->capture.bytes, bytes, ATR_GUID_BYTES);
    recording->capture.bytes[7] = (uint8_t)((bytes[7] & 0x0f) | 0x40);
    recording->capture.bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    recording->source_id = atr_get_u32(bytes + ATR_GUID_BYTES);
    return ATR_OK;
}

enum atr_status
atr_recording_open(struct atr_recording *recording, const struct atr_recording_plan *plan,
                   uint64_t time_ns, const struct atr_heap *heap)
{
    *recording = (struct atr_recording){.heap = *heap, .plan = *plan};
    atr_text_init(&recording->path, *heap);
    atr_machine_look(&recording->machine);
    fail(recording, make_ids(recording));
    if (recording->status == ATR_OK) {
        fail(recording, atr_file_ring_look(recording));
    }
    return recording->status == ATR_OK ? begin_file(recording, time_ns) : recording->status;
}

enum atr_status
atr_recording_put(struct atr_recording *recording, struct atr_event *event)
{
    enum atr_status status;

    if (recording->status != ATR_OK) {
        return recording->status;
    }
    event->source_id = recording->source_id;
    event->sequence = recording->sequence++;
    status = atr_writer_event(recording->writer, event);
    if (status != ATR_OK) {
        (void)fail(recording, status);
        return fail(recording, atr_writer_finish(recording->writer, &recording->error));
    }
    recording->events += !atr_event_is_state(event);
    recording->states += atr_event_is_state(event);
    return ATR_OK;
}

enum atr_status
atr_recording_flush(struct atr_recording *recording)
{
    if (recording->status == ATR_OK) {
        fail(recording, atr_writer_flush(recording->writer));
        if (recording->status != ATR_OK) {
            fail(recording, atr_writer_finish(recording->writer, &recording->error));
        }
    }
    return recording->status;
}

bool
atr_recording_wants_next(const struct atr_recording *recording)
{
    return recording->plan.file_count != 0 && recording->writer != NULL &&
           atr_writer_bytes(recording->writer) >= recording->plan.file_bytes;
}

enum atr_status
atr_recording_next(struct atr_recording *recording, uint64_t time_ns)
{
    end_file(recording);
    return recording->status == ATR_OK ? begin_file(recording, time_ns) : recording->status;
}

uint64_t
atr_recording_bytes(const struct atr_recording *recording)
{
    return recording->closed_bytes +
           (recording->writer == NULL ? 0 : atr_writer_bytes(recording->writer));
}

void
atr_recording_close(struct atr_recording *recording)
{
    end_file(recording);
    atr_text_fini(&recording->path);
}
