/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "base/text.h"
#include "output/printer.h"
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const samples[] = {
    "asynchronous", "attributes", "bind-and-calls", "broken-calls", "com",       "csr",
    "datagrams",    "faults",     "large-view",     "late-joined",  "losses",    "nested-calls",
    "refused",      "reused-ids", "server-only",    "subsystems",   "truncated", "two-sections",
};

struct listing {
    const struct atr_printer_ops *ops;
    void *printer;
    struct atr_text text;
    enum atr_need (*needs)(const void *state, const struct atr_event *event);
    unsigned unread;
};

static enum atr_status
keep_text(void *context, struct atr_str text)
{
    struct listing *listing = context;

    atr_text_put(&listing->text, text);
    return listing->text.status;
}

static enum atr_status
list_event(void *context, const struct atr_trace *trace)
{
    struct listing *listing = context;

    listing->unread += trace->event->need != ATR_NEED_ALL;
    return listing->ops->event(listing->printer, trace->event);
}

static void
list(struct listing *listing, const char *sample)
{
    const struct atr_output output = {NULL, NULL, NULL};
    const struct atr_style style = {.time = ATR_TIME_CLOCK, .string_max = 64};
    struct atr_sink sink = {keep_text, listing};
    struct atr_error error;
    struct atr_trace trace;
    char relative[64];
    char *path;

    (void)snprintf(relative, sizeof(relative), "samples/%s.atr", sample);
    path = test_source_path(relative);
    assert_int_equal(atr_trace_open(&trace, path, &error), ATR_OK);
    assert_int_equal(listing->ops->create(&listing->printer, &style, sink, &trace.heap), ATR_OK);
    trace.needs = listing->needs;
    trace.needs_context = listing->printer;
    assert_int_equal(atr_trace_walk(&trace, &output, list_event, listing, &error), ATR_OK);
    assert_int_equal(listing->ops->finish(listing->printer), ATR_OK);
    listing->ops->destroy(listing->printer);
    atr_trace_close(&trace);
    free(path);
}

static void
check_same(const struct atr_printer_ops *ops, unsigned *unread)
{
    for (size_t i = 0; i < ATR_COUNT(samples); i++) {
        struct listing asking = {.ops = ops, .needs = ops->needs};
        struct listing reading = {.ops = ops};
        struct atr_str asked;
        struct atr_str read;

        atr_text_init(&asking.text, atr_heap_default());
        atr_text_init(&reading.text, atr_heap_default());
        list(&asking, samples[i]);
        list(&reading, samples[i]);
        asked = atr_text_view(&asking.text);
        read = atr_text_view(&reading.text);
        CHECK_UINT(asked.size_bytes, read.size_bytes);
        assert_memory_equal(asked.data, read.data, read.size_bytes);
        CHECK_UINT(reading.unread, 0);
        *unread += asking.unread;
        atr_text_fini(&asking.text);
        atr_text_fini(&reading.text);
    }
}

static void
messages_left_unread_change_no_line(void **state)
{
    unsigned unread = 0;

    (void)state;
    check_same(&atr_call_printer, &unread);
    check_same(&atr_tree_printer, &unread);
    assert_true(unread > 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_left_unread_change_no_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
