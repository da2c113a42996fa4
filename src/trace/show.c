/* SPDX-License-Identifier: MIT */
#include "output/printer.h"
#include "trace/trace.h"

#include <string.h>

struct shower {
    const struct atr_printer_ops *ops;
    void *printer;
};

static const struct atr_printer_ops *
printer_for(const struct atr_show_options *options)
{
    if (options->json) {
        return &atr_json_printer;
    }
    switch (options->form) {
    case ATR_SHOW_EVENTS:
        return &atr_event_printer;
    case ATR_SHOW_TREE:
        return &atr_tree_printer;
    default:
        return &atr_call_printer;
    }
}

static struct atr_style
style_of(const struct atr_show_options *options, const char *path)
{
    return (struct atr_style){
        .time = (enum atr_time_form)options->time,
        .hex = options->hex,
        .fields = options->fields,
        .stacks = options->stacks,
        .hide_latency = options->hide_latency,
        .color = options->color,
        .prompt = strcmp(path, "-") == 0,
        .string_max = options->string_max,
    };
}

static enum atr_status
show_event(void *context, const struct atr_trace *trace)
{
    const struct shower *shower = context;

    return shower->ops->event(shower->printer, trace->event);
}

enum atr_result
atr_show(const char *path, const struct atr_show_options *options, const struct atr_output *output,
         struct atr_words *words)
{
    struct shower shower = {.ops = printer_for(options)};
    struct atr_output sink_output = *output;
    struct atr_sink sink = {atr_trace_sink, &sink_output};
    struct atr_style style = style_of(options, path);
    struct atr_error error = {.status = ATR_OK};
    struct atr_trace trace;
    enum atr_result result;
    enum atr_status status = atr_trace_open(&trace, path, &error);

    trace.want_fields = options->fields || shower.ops->wants_fields;
    trace.want_frames = options->stacks || shower.ops->wants_fields;
    if (status == ATR_OK) {
        status = shower.ops->create(&shower.printer, &style, sink, &trace.heap);
        trace.needs = shower.ops->needs;
        trace.needs_context = shower.printer;
    }
    if (status == ATR_OK) {
        status = atr_trace_walk(&trace, output, show_event, &shower, &error);
    }
    if (shower.printer != NULL) {
        /* What was read before a failure is shown, too. */
        enum atr_status finished = shower.ops->finish(shower.printer);

        status = status == ATR_OK && finished != ATR_END ? finished : status;
    }
    result = atr_trace_result(&trace, path, status, &error, words);
    shower.ops->destroy(shower.printer);
    atr_trace_close(&trace);
    return result;
}
