/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"

#include "base/text.h"
#include "capture/dtrace.h"
#include "capture/hex.h"
#include "capture/trace_file.h"
#include "capture/windbg.h"

enum {
    CERTAIN = 100 /* what a probe says when no other source can be meant */
};

static const struct atr_capture_ops *const sources[] = {
    &atr_trace_file_source,
    &atr_windbg_source,
    &atr_dtrace_source,
    &atr_hex_source,
};

/* Files people try that we do not read, and what to do about it. */
static const struct {
    struct atr_str magic;
    const char *advice;
} foreign_files[] = {
    {{"\x1f\x8b", 2}, "it is packed with gzip (unpack it first)"},
    {{"\x28\xb5\x2f\xfd", 4}, "it is packed with zstd (unpack it first)"},
    {{"\x04\x22\x4d\x18", 4}, "it is packed with lz4 (unpack it first)"},
    {{"PK\x03\x04", 4}, "it is a zip archive (unpack it first)"},
    {{"\xd4\xc3\xb2\xa1", 4}, "it is a classic pcap file, which cannot hold a trace"},
    {{"\x4d\x3c\xb2\xa1", 4}, "it is a classic pcap file, which cannot hold a trace"},
    {{"MZ", 2}, "it is a Windows program, no trace"},
};

struct atr_capture {
    struct atr_heap heap;
    struct atr_file *file;
    const struct atr_capture_ops *ops;
    void *state;
    uint8_t *head;
    uint64_t input_size_bytes;
    uint64_t records;
    uint64_t events;
    bool has_ended;
};

const struct atr_capture_ops *const *
atr_capture_sources(size_t *count)
{
    *count = ATR_COUNT(sources);
    return sources;
}

/* The source that fits best; *fit says how well. */
static const struct atr_capture_ops *
find_source(struct atr_bytes head, unsigned *best_fit)
{
    const struct atr_capture_ops *best = NULL;

    *best_fit = 0;
    for (size_t i = 0; i < ATR_COUNT(sources); i++) {
        unsigned fit = sources[i]->probe(head);

        if (fit > *best_fit) {
            *best_fit = fit;
            best = sources[i];
        }
    }
    return best;
}

/* "trace file, WinDbg log, hex text" */
static void
list_sources(char *out, size_t room)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < ATR_COUNT(sources); i++) {
        size_t length = strlen(sources[i]->name) + (i == 0 ? 0 : 2);

        if (length >= room - used) {
            break;
        }
        memcpy(out + used, ", ", 2);
        memcpy(out + used + length - strlen(sources[i]->name), sources[i]->name,
               strlen(sources[i]->name) + 1);
        used += length;
    }
}

static enum atr_status
refuse(const struct atr_file *file, struct atr_bytes head, struct atr_error *error)
{
    struct atr_str text = {(const char *)head.data, head.size_bytes};
    char understood[128];

    for (size_t i = 0; i < ATR_COUNT(foreign_files); i++) {
        if (atr_str_starts(text, foreign_files[i].magic)) {
            return atr_error_set(error, ATR_UNSUPPORTED, "cannot read %s: %s", atr_file_label(file),
                                 foreign_files[i].advice);
        }
    }
    list_sources(understood, sizeof(understood));
    return atr_error_set(
        error, ATR_UNSUPPORTED, "cannot read %s: %s (give one of: %s)", atr_file_label(file),
        head.size_bytes == 0 ? "it is empty" : "its content is unknown", understood);
}

/* Of a pipe no more is waited for once its content is certain: events are to be seen live. */
static enum atr_status
read_head(struct atr_capture *capture, struct atr_bytes *head, const struct atr_capture_ops **ops,
          struct atr_error *error)
{
    enum atr_status status = ATR_OK;
    unsigned fit = 0;

    capture->head = atr_heap_alloc(&capture->heap, ATR_PROBE_BYTES, 1);
    if (capture->head == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    *head = (struct atr_bytes){capture->head, 0};
    while (status == ATR_OK && fit < CERTAIN && head->size_bytes < ATR_PROBE_BYTES) {
        size_t got = 0;

        status = atr_file_read_some(capture->file, capture->head + head->size_bytes,
                                    ATR_PROBE_BYTES - head->size_bytes, &got, error);
        head->size_bytes += got;
        *ops = find_source(*head, &fit);
    }
    return status == ATR_END ? ATR_OK : status;
}

static enum atr_status
open_source(struct atr_capture *capture, struct atr_error *error)
{
    struct atr_bytes head = {NULL, 0};
    const struct atr_capture_ops *ops = NULL;
    enum atr_status status = read_head(capture, &head, &ops, error);

    if (status != ATR_OK) {
        return status;
    }
    if (ops == NULL) {
        return refuse(capture->file, head, error);
    }
    if (atr_file_can_seek(capture->file) &&
        atr_file_size(capture->file, &capture->input_size_bytes, NULL) != ATR_OK) {
        capture->input_size_bytes = 0;
    }
    status = ops->open(&capture->state, capture->file, head, &capture->heap, error);
    if (status == ATR_OK) {
        capture->ops = ops;
    }
    return status;
}

enum atr_status
atr_capture_open_file(struct atr_capture **out, struct atr_file *file, const struct atr_heap *heap,
                      struct atr_error *error)
{
    struct atr_capture *capture = atr_heap_alloc(heap, 1, sizeof(*capture));
    enum atr_status status;

    if (capture == NULL) {
        atr_file_close(file);
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    capture->heap = *heap;
    capture->file = file;
    status = open_source(capture, error);
    if (status != ATR_OK) {
        atr_capture_close(capture);
        return status;
    }
    *out = capture;
    return ATR_OK;
}

enum atr_status
atr_capture_open(struct atr_capture **out, const char *path, const struct atr_heap *heap,
                 struct atr_error *error)
{
    struct atr_file *file = NULL;
    enum atr_status status = atr_file_open(&file, path, heap, error);

    return status == ATR_OK ? atr_capture_open_file(out, file, heap, error) : status;
}

enum atr_status
atr_capture_next(struct atr_capture *capture, struct atr_event *event, struct atr_error *error)
{
    enum atr_status status = ATR_END;

    atr_event_reset(event, event->arena, event->fields.arena != NULL);
    if (!capture->has_ended) {
        status = capture->ops->next(capture->state, event, error);
    }
    if (status == ATR_OK) {
        event->number = ++capture->records;
        capture->events += !atr_event_is_state(event);
    } else {
        capture->has_ended = true;
    }
    return status;
}

bool
atr_capture_can_run_ahead(const struct atr_capture *capture)
{
    return capture->ops->can_pin && capture->input_size_bytes >= ATR_RUN_AHEAD_BYTES;
}

const char *
atr_capture_source_name(const struct atr_capture *capture)
{
    return capture->ops->name;
}

void
atr_capture_report(const struct atr_capture *capture, struct atr_capture_report *out)
{
    *out = (struct atr_capture_report){0};
    capture->ops->report(capture->state, out);
    out->records = capture->records;
    out->events = capture->events;
    out->input_size_bytes = capture->input_size_bytes;
}

void
atr_capture_close(struct atr_capture *capture)
{
    if (capture == NULL) {
        return;
    }

    struct atr_heap heap = capture->heap;

    if (capture->ops != NULL) {
        capture->ops->close(capture->state);
    }
    atr_file_close(capture->file);
    atr_heap_free(&heap, capture->head);
    atr_heap_free(&heap, capture);
}
