/* SPDX-License-Identifier: MIT */
#include "trace/trace.h"

#include "decode/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PROGRESS_EVERY = 16384
};

enum atr_status
atr_trace_open(struct atr_trace *trace, const char *path, struct atr_error *error)
{
    enum atr_status status;

    *trace = (struct atr_trace){.heap = atr_heap_default()};
    atr_arena_init(&trace->arena, trace->heap, ATR_EVENT_ARENA_BYTES);
    status = atr_capture_open(&trace->capture, path, &trace->heap, error);
    if (status == ATR_OK) {
        status = atr_session_create(&trace->session, &trace->heap);
    }
    if (status == ATR_NOMEM) {
        (void)atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    return status;
}

void
atr_trace_close(struct atr_trace *trace)
{
    atr_prefetch_stop(trace->prefetch);
    atr_capture_close(trace->capture);
    atr_session_destroy(trace->session);
    atr_arena_fini(&trace->arena);
}

static enum atr_status
understand(struct atr_trace *trace)
{
    struct atr_event *event = trace->event;
    enum atr_status status;

    event->need = trace->needs == NULL ? ATR_NEED_ALL : trace->needs(trace->needs_context, event);
    if (event->need <= ATR_NEED_PARTIES) {
        atr_session_introduce(trace->session, event);
    }
    if (event->need == ATR_NEED_ALL) {
        atr_decode_event(trace->session, &trace->memo, event);
        status = atr_session_learn(trace->session, event);
        if (status != ATR_OK) {
            return status;
        }
    }
    if (event->need == ATR_NEED_ALL || trace->want_frames) {
        atr_name_event(trace->session, &trace->memo, event, trace->want_frames);
    }
    return ATR_OK;
}

/* What is decoded goes into the trace's arena, whoever read the event. */
static enum atr_status
next_event(struct atr_trace *trace, struct atr_error *error)
{
    enum atr_status status;

    if (trace->prefetch == NULL) {
        trace->event = &trace->own_event;
        trace->event->arena = &trace->arena;
        trace->event->fields.arena = trace->want_fields ? &trace->arena : NULL;
        return atr_capture_next(trace->capture, trace->event, error);
    }
    status = atr_prefetch_next(trace->prefetch, &trace->event, error);
    if (status == ATR_OK) {
        atr_arena_reset(&trace->arena);
        trace->event->arena = &trace->arena;
        atr_fields_init(&trace->event->fields, trace->want_fields ? &trace->arena : NULL);
    }
    return status;
}

enum atr_status
atr_trace_next(struct atr_trace *trace, struct atr_error *error)
{
    enum atr_status status = next_event(trace, error);
    struct atr_event *event = trace->event;

    if (status != ATR_OK) {
        return status;
    }
    status = atr_session_apply(trace->session, event);
    if (status == ATR_OK) {
        status = understand(trace);
    }
    if (status == ATR_OK) {
        return ATR_OK;
    }
    return atr_error_set(error, status, "event %" PRIu64 ": %s", event->number,
                         atr_status_text(status));
}

void
atr_trace_progress(const struct atr_trace *trace, const struct atr_output *output, uint64_t count)
{
    struct atr_capture_report report;

    if (output->progress != NULL && count % PROGRESS_EVERY == PROGRESS_EVERY - 1) {
        if (trace->prefetch != NULL) {
            report = *atr_prefetch_report(trace->prefetch);
        } else {
            atr_capture_report(trace->capture, &report);
        }
        output->progress(output->context, report.input_bytes, report.input_size_bytes,
                         report.events);
    }
}

enum atr_status
atr_trace_walk(struct atr_trace *trace, const struct atr_output *output, atr_trace_fn *each,
               void *context, struct atr_error *error)
{
    uint64_t count = 0;
    enum atr_status status;

    if (atr_capture_can_run_ahead(trace->capture) &&
        atr_prefetch_start(&trace->prefetch, trace->capture, &trace->heap) != ATR_OK) {
        trace->prefetch = NULL; /* one thread does it, too */
    }
    do {
        status = atr_trace_next(trace, error);
        if (status == ATR_OK) {
            status = each(context, trace);
        }
        atr_trace_progress(trace, output, count++);
    } while (status == ATR_OK);
    atr_prefetch_stop(trace->prefetch);
    trace->prefetch = NULL;
    return status == ATR_END ? ATR_OK : status;
}

enum atr_status
atr_trace_sink(void *context, struct atr_str text)
{
    const struct atr_output *output = context;

    return output->write(output->context, text.data, text.size_bytes) ? ATR_OK : ATR_END;
}

enum atr_result
atr_trace_fail(enum atr_result result, const struct atr_error *error, struct atr_words *words)
{
    if (words != NULL) {
        (void)snprintf(words->text, sizeof(words->text), "%s", error->text);
    }
    return result;
}

static void
say(struct atr_words *words, const char *path, const char *what, uint64_t count, const char *unit)
{
    if (words != NULL) {
        (void)snprintf(words->text, sizeof(words->text), "%s: %s%" PRIu64 "%s", path, what, count,
                       unit);
    }
}

/* What, where, and what to do. */
static void
say_damage(const struct atr_trace *trace, const char *path, const struct atr_capture_report *report,
           struct atr_words *words)
{
    bool is_trace = strcmp(atr_capture_source_name(trace->capture), "trace file") == 0;

    if (words != NULL) {
        (void)snprintf(words->text, sizeof(words->text), "%s: byte %" PRIu64 ": %s%s", path,
                       report->problem_offset, report->problem.text,
                       is_trace ? " (alpctrace check tells more; --repair OUT keeps the rest)"
                                : "");
    }
}

enum atr_result
atr_trace_result(const struct atr_trace *trace, const char *path, enum atr_status status,
                 const struct atr_error *error, struct atr_words *words)
{
    struct atr_capture_report report;

    if (status != ATR_OK && trace->capture == NULL) {
        return atr_trace_fail(ATR_RESULT_NOTHING, error, words);
    }
    atr_capture_report(trace->capture, &report);
    if (status != ATR_OK) {
        return atr_trace_fail(report.events > 0 ? ATR_RESULT_DAMAGED : ATR_RESULT_NOTHING, error,
                              words);
    }
    if (report.damaged) {
        say_damage(trace, path, &report, words);
        return report.records == 0 ? ATR_RESULT_NOTHING : ATR_RESULT_DAMAGED;
    }
    if (report.records == 0) {
        say(words, path, "no record of a trace is in it; ", report.skipped, " things were skipped");
        return ATR_RESULT_NOTHING;
    }
    if (report.lost_events != 0) {
        say(words, path, "the recording lost ", report.lost_events,
            " events; what was lost stands where it happened");
        return ATR_RESULT_DAMAGED;
    }
    if (report.late_events != 0) {
        say(words, path, "", report.late_events,
            " records came too late to be sorted in; they stand where they were found");
        return ATR_RESULT_DAMAGED;
    }
    return ATR_RESULT_OK;
}
