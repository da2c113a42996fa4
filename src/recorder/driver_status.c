/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/str.h"
#include "base/text.h"
#include "recorder/driver_source.h"
#include "recorder/recorder.h"
#include "recorder/service_names.h"

#include <inttypes.h>

/* Texts of the driver end with a NUL, or at their end. */
static struct atr_str
text_of(const char *chars, size_t room)
{
    size_t size = 0;

    while (size < room && chars[size] != '\0') {
        size++;
    }
    return atr_str_make(chars, size);
}

static const char *
state_name(uint32_t state)
{
    static const char *const names[] = {
        [ATR_DEVICE_IDLE] = "idle",
        [ATR_DEVICE_READY] = "ready",
        [ATR_DEVICE_RUNNING] = "recording",
        [ATR_DEVICE_STOPPING] = "stopping",
    };

    return state < ATR_COUNT(names) ? names[state] : "unknown";
}

static const char *
row_state_name(uint32_t state)
{
    static const char *const names[] = {
        [ATR_ROW_IDLE] = "not wrapped", [ATR_ROW_ABSENT] = "absent",
        [ATR_ROW_REFUSED] = "refused",  [ATR_ROW_TABLE] = "table",
        [ATR_ROW_INLINE] = "inline",    [ATR_ROW_FOREIGN] = "changed by others",
    };

    return state < ATR_COUNT(names) ? names[state] : "unknown";
}

static const char *
loss_name(size_t loss)
{
    static const char *const names[ATR_LOSS_COUNT] = {
        [ATR_LOSS_RING_FULL] = "ring full",  [ATR_LOSS_NO_STAGING] = "no staging buffer",
        [ATR_LOSS_TOO_LARGE] = "too large",  [ATR_LOSS_BAD_CONSUMER] = "bad consumer",
        [ATR_LOSS_MEMORY] = "out of memory",
    };

    return names[loss];
}

struct sums {
    uint64_t attempted;
    uint64_t written;
    uint64_t filtered;
    uint64_t dropped[ATR_LOSS_COUNT];
    uint64_t bytes;
    uint64_t faults;
    uint64_t truncated;
    uint64_t unresolved;
};

static void
add_tally(struct sums *sums, const struct atr_device_tally *tally)
{
    sums->attempted += tally->attempted;
    sums->written += tally->written;
    sums->filtered += tally->filtered;
    for (size_t i = 0; i < ATR_LOSS_COUNT; i++) {
        sums->dropped[i] += tally->dropped[i];
    }
}

static struct sums
sum_rings(const struct atr_device_status *status)
{
    struct sums sums = {.attempted = 0};

    for (uint32_t i = 0; i < status->ring_count && i < ATR_DEVICE_RINGS_MAX; i++) {
        const struct atr_device_ring *ring = &status->rings[i];

        for (size_t kind = 0; kind < ATR_TALLY_COUNT; kind++) {
            add_tally(&sums, &ring->tally[kind]);
        }
        sums.bytes += ring->bytes;
        sums.faults += ring->faults;
        sums.truncated += ring->truncated;
        sums.unresolved += ring->unresolved;
    }
    return sums;
}

/* For people. */

static void
put_rows(const struct atr_device_status *status, struct atr_text *out)
{
    atr_text_puts(out, "services:\n");
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        const struct atr_device_row *row = &status->rows[i];
        struct atr_str reason = text_of(row->reason, sizeof(row->reason));

        atr_text_printf(out, "  %-29s %-12s %12" PRIu64 " calls  %s%s%s", atr_service_names[i],
                        row_state_name(row->state), row->calls,
                        (row->found & 1) != 0 ? "number " : "", (row->found & 2) != 0 ? "rva " : "",
                        (row->found & 4) != 0 ? "stub " : "");
        if (reason.size_bytes != 0) {
            atr_text_puts(out, " (");
            atr_text_name(out, reason);
            atr_text_puts(out, ")");
        }
        atr_text_putc(out, '\n');
    }
}

static void
put_features(const struct atr_device_status *status, struct atr_text *out)
{
    atr_text_puts(out, "features:\n");
    for (uint32_t i = 0; i < status->feature_count && i < ATR_DEVICE_FEATURES_MAX; i++) {
        const struct atr_device_feature *feature = &status->features[i];

        atr_text_puts(out, "  ");
        atr_text_name(out, text_of(feature->name, sizeof(feature->name)));
        atr_text_puts(out, feature->is_on != 0 ? ": on" : ": off");
        if (feature->reason[0] != '\0') {
            atr_text_puts(out, " (");
            atr_text_name(out, text_of(feature->reason, sizeof(feature->reason)));
            atr_text_puts(out, ")");
        }
        atr_text_putc(out, '\n');
    }
}

static void
put_counters(const struct atr_device_status *status, struct atr_text *out)
{
    struct sums sums = sum_rings(status);

    atr_text_printf(out,
                    "records: %" PRIu64 " attempted, %" PRIu64 " written, %" PRIu64 " filtered\n",
                    sums.attempted, sums.written, sums.filtered);
    for (size_t i = 0; i < ATR_LOSS_COUNT; i++) {
        if (sums.dropped[i] != 0) {
            atr_text_printf(out, "  %" PRIu64 " lost (%s)\n", sums.dropped[i], loss_name(i));
        }
    }
    atr_text_printf(out,
                    "bytes: %" PRIu64 "; %" PRIu64 " parts unreadable, %" PRIu64 " cut, %" PRIu64
                    " ports unresolved\n",
                    sums.bytes, sums.faults, sums.truncated, sums.unresolved);
    atr_text_printf(out,
                    "calls: %" PRIu64 " entered, %" PRIu64 " returned, %" PRIu64
                    " inside now, %" PRIu64 " returned after the stop\n",
                    status->enters, status->exits, status->in_flight, status->returned_stale);
    if (status->timed_calls != 0) {
        atr_text_printf(out, "own time: %" PRIu64 " ticks a call before, %" PRIu64 " after\n",
                        status->pre_ticks / status->timed_calls,
                        status->post_ticks / status->timed_calls);
    }
    if (status->lost_hooks != 0) {
        atr_text_printf(out, "hooks lost: %" PRIu64 "\n", status->lost_hooks);
    }
}

static void
put_text(const struct atr_device_status *status, struct atr_text *out)
{
    struct atr_str reason = text_of(status->gate_reason, sizeof(status->gate_reason));

    atr_text_printf(out, "driver: version %" PRIu32 ", %s", status->version,
                    state_name(status->state));
    if (status->state != ATR_DEVICE_IDLE) {
        atr_text_printf(out, " for process %" PRIu32 ", session %" PRIu64, status->owner_pid,
                        status->session);
    }
    atr_text_printf(out, "\npin: %s\n", status->pin_version != 0 ? "resident" : "not loaded");
    atr_text_puts(out, "recording here: ");
    if (reason.size_bytes == 0) {
        atr_text_puts(out, "possible\n");
    } else {
        atr_text_puts(out, "refused: ");
        atr_text_name(out, reason);
        atr_text_putc(out, '\n');
    }
    put_rows(status, out);
    put_features(status, out);
    put_counters(status, out);
}

/* For programs. */

static void
put_json_rows(const struct atr_device_status *status, struct atr_text *out)
{
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        const struct atr_device_row *row = &status->rows[i];

        atr_text_puts(out, i == 0 ? "\"services\":[{\"name\":" : ",{\"name\":");
        atr_text_json(out, atr_str_from(atr_service_names[i]));
        atr_text_puts(out, ",\"state\":");
        atr_text_json(out, atr_str_from(row_state_name(row->state)));
        atr_text_printf(out,
                        ",\"found\":%" PRIu32 ",\"number\":%" PRIu32 ",\"rva\":%" PRIu32
                        ",\"calls\":%" PRIu64 ",\"reason\":",
                        row->found, row->number, row->rva, row->calls);
        atr_text_json(out, text_of(row->reason, sizeof(row->reason)));
        atr_text_putc(out, '}');
    }
    atr_text_puts(out, "],\"features\":[");
    for (uint32_t i = 0; i < status->feature_count && i < ATR_DEVICE_FEATURES_MAX; i++) {
        const struct atr_device_feature *feature = &status->features[i];

        atr_text_puts(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        atr_text_json(out, text_of(feature->name, sizeof(feature->name)));
        atr_text_printf(out, ",\"on\":%s,\"reason\":", feature->is_on != 0 ? "true" : "false");
        atr_text_json(out, text_of(feature->reason, sizeof(feature->reason)));
        atr_text_putc(out, '}');
    }
    atr_text_puts(out, "],");
}

static void
put_json_rings(const struct atr_device_status *status, struct atr_text *out)
{
    static const char *const kinds[ATR_TALLY_COUNT] = {"enter", "exit", "state"};

    atr_text_puts(out, "\"rings\":[");
    for (uint32_t i = 0; i < status->ring_count && i < ATR_DEVICE_RINGS_MAX; i++) {
        const struct atr_device_ring *ring = &status->rings[i];

        atr_text_puts(out, i == 0 ? "{" : ",{");
        for (size_t d = 0; d < ATR_TALLY_COUNT; d++) {
            const struct atr_device_tally *tally = &ring->tally[d];

            atr_text_printf(out,
                            "\"%s\":{\"attempted\":%" PRIu64 ",\"written\":%" PRIu64
                            ",\"filtered\":%" PRIu64,
                            kinds[d], tally->attempted, tally->written, tally->filtered);
            for (size_t loss = 0; loss < ATR_LOSS_COUNT; loss++) {
                atr_text_printf(out, ",\"%s\":%" PRIu64, loss_name(loss), tally->dropped[loss]);
            }
            atr_text_puts(out, "},");
        }
        atr_text_printf(out,
                        "\"bytes\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"truncated\":%" PRIu64
                        ",\"unresolved\":%" PRIu64 "}",
                        ring->bytes, ring->faults, ring->truncated, ring->unresolved);
    }
    atr_text_puts(out, "]");
}

static void
put_json(const struct atr_device_status *status, struct atr_text *out)
{
    atr_text_printf(out, "{\"version\":%" PRIu32 ",\"state\":\"%s\",\"owner_pid\":%" PRIu32,
                    status->version, state_name(status->state), status->owner_pid);
    atr_text_printf(out, ",\"session\":%" PRIu64 ",\"pin_version\":%" PRIu32 ",\"gate_reason\":",
                    status->session, status->pin_version);
    atr_text_json(out, text_of(status->gate_reason, sizeof(status->gate_reason)));
    atr_text_printf(out,
                    ",\"in_flight\":%" PRIu64 ",\"enters\":%" PRIu64 ",\"exits\":%" PRIu64
                    ",\"returned_stale\":%" PRIu64 ",\"lost_hooks\":%" PRIu64,
                    status->in_flight, status->enters, status->exits, status->returned_stale,
                    status->lost_hooks);
    atr_text_printf(
        out, ",\"pre_ticks\":%" PRIu64 ",\"post_ticks\":%" PRIu64 ",\"timed_calls\":%" PRIu64 ",",
        status->pre_ticks, status->post_ticks, status->timed_calls);
    put_json_rows(status, out);
    put_json_rings(status, out);
    atr_text_puts(out, "}\n");
}

static enum atr_status
put_status(struct atr_text *out, bool json, const struct atr_heap *heap, struct atr_error *error)
{
    struct atr_device_status *status = atr_heap_alloc(heap, 1, sizeof(*status));
    struct atr_recorder_source source;
    enum atr_status result;

    if (status == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    result = atr_driver_source_open(&source, heap, error);
    if (result == ATR_OK) {
        result = source.ops->query(source.context, status, error);
        source.ops->close(source.context);
    }
    if (result == ATR_OK && json) {
        put_json(status, out);
    } else if (result == ATR_OK) {
        put_text(status, out);
    }
    atr_heap_free(heap, status);
    return result;
}

enum atr_status
atr_driver_status(bool json, atr_driver_line *write, void *context, const struct atr_heap *heap,
                  struct atr_error *error)
{
    struct atr_text text;
    enum atr_status status;

    atr_text_init(&text, *heap);
    status = put_status(&text, json, heap, error);
    if (status == ATR_OK) {
        status = text.status;
        write(context, text.data, text.size_bytes);
    }
    atr_text_fini(&text);
    return status;
}
