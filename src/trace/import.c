/* SPDX-License-Identifier: MIT */
#include "store/writer.h"
#include "trace/trace.h"

struct importer {
    struct atr_trace *trace;
    struct atr_writer *writer;
    const struct atr_output *output;
};

/* A source that says nothing about itself still gets a manifest: readers expect one first. */
static enum atr_status
write_manifest(const struct importer *importer)
{
    const struct atr_event *first = &importer->trace->own_event;
    struct atr_event manifest = {.kind = ATR_RECORD_MANIFEST,
                                 .time_ns = first->time_ns,
                                 .source_id = first->source_id,
                                 .flags = first->flags & ATR_RECORD_TIME_UNKNOWN};

    manifest.as.manifest = (struct atr_manifest_record){
        .utc_bias_minutes = INT32_MIN,
        .clock_source = ATR_CLOCK_NONE,
        .schema = ATR_STR("alpctrace/1"),
        .tool = ATR_STR("alpctrace " ATR_VERSION),
        .settings = atr_str_from(atr_capture_source_name(importer->trace->capture)),
    };
    return atr_writer_event(importer->writer, &manifest);
}

/* Records as they come: nothing is decoded on the way. */
static enum atr_status
copy_events(const struct importer *importer, struct atr_error *error)
{
    struct atr_trace *trace = importer->trace;
    enum atr_status status = ATR_OK;

    for (uint64_t count = 0; status == ATR_OK; count++) {
        atr_event_reset(&trace->own_event, &trace->arena, false);
        status = atr_capture_next(trace->capture, &trace->own_event, error);
        if (status == ATR_OK && count == 0 && trace->own_event.kind != ATR_RECORD_MANIFEST) {
            status = write_manifest(importer);
        }
        if (status == ATR_OK) {
            status = atr_writer_event(importer->writer, &trace->own_event);
        }
        atr_trace_progress(trace, importer->output, count);
    }
    return status == ATR_END ? ATR_OK : status;
}

static enum atr_status
import_all(struct atr_trace *trace, struct atr_file *file, const struct atr_import_options *options,
           const struct atr_output *output, struct atr_error *error)
{
    struct atr_writer_options writer_options = {.application = ATR_STR("alpctrace " ATR_VERSION),
                                                .sync = options->sync,
                                                .without_checksum = options->no_checksum};
    struct importer importer = {.trace = trace, .output = output};
    enum atr_status status =
        atr_writer_create(&importer.writer, file, &writer_options, &trace->heap, error);

    if (status == ATR_OK) {
        status = copy_events(&importer, error);
    }
    if (importer.writer != NULL) {
        enum atr_status finished = atr_writer_finish(importer.writer, error);

        status = status == ATR_OK ? finished : status;
    }
    atr_writer_destroy(importer.writer);
    return status;
}

enum atr_result
atr_import(const char *path, const char *out_path, const struct atr_import_options *options,
           const struct atr_output *output, struct atr_words *words)
{
    struct atr_error error = {.status = ATR_OK};
    struct atr_file *file = NULL;
    struct atr_trace trace;
    enum atr_result result;
    enum atr_status status;

    if (atr_file_is_same(path, out_path)) {
        (void)atr_error_set(&error, ATR_ARG,
                            "%s: input and output are the same file; choose another output",
                            out_path);
        return atr_trace_fail(ATR_RESULT_USAGE, &error, words);
    }
    status = atr_trace_open(&trace, path, &error);
    if (status == ATR_OK) {
        status = atr_file_create(&file, out_path, &trace.heap, &error);
    }
    if (status == ATR_OK) {
        status = import_all(&trace, file, options, output, &error);
    }
    result = atr_trace_result(&trace, path, status, &error, words);
    atr_file_close(file);
    atr_trace_close(&trace);
    return result;
}
