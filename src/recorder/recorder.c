/* SPDX-License-Identifier: MIT */
#include "recorder/recorder.h"

#include "platform/interrupt.h"
#include "recorder/driver_source.h"
#include "recorder/record.h"
#include "recorder/services_of_image.h"
#include "recorder/settings.h"

#include <string.h>

/* What the driver is told, out of options and files. */
static enum atr_status
prepare(const struct atr_record_options *options, const struct atr_child *child,
        struct atr_device_start *start, const struct atr_heap *heap, struct atr_error *error)
{
    uint32_t pid = child == NULL ? UINT32_MAX : atr_child_pid(child);
    enum atr_status status = atr_settings_start(options, pid, start, error);

    if (status == ATR_OK) {
        status = atr_services_by_number(start->services, options->services_from, heap, error);
    }
    if (status == ATR_OK) {
        status = atr_services_by_rva(start, options->kernel_symbols, heap, error);
    }
    return status;
}

/* With the driver at hand: the program, the recording. */
static enum atr_status
record_loaded(const struct atr_recorder_source *source, struct atr_device_start *start,
              const struct atr_record_options *options, const struct atr_heap *heap,
              struct atr_record_report *report)
{
    struct atr_child *child = NULL;
    struct atr_error error = {.status = ATR_OK};
    enum atr_status status = ATR_OK;

    if (options->program_words > 0) {
        struct atr_child_plan plan = {options->program, options->program_words,
                                      strcmp(options->path, "-") == 0};

        status = atr_child_start(&child, &plan, heap, &error);
    }
    if (status == ATR_OK) {
        status = prepare(options, child, start, heap, &error);
    }
    if (status == ATR_OK) {
        atr_record_from(source, start, child, options, heap, report);
    } else {
        source->ops->close(source->context);
        report->error = error;
    }
    atr_child_close(child);
    return status;
}

void
atr_record(const struct atr_record_options *options, const struct atr_heap *heap,
           struct atr_record_report *report)
{
    struct atr_device_start *start = atr_heap_alloc(heap, 1, sizeof(*start));
    struct atr_recorder_source source;
    bool installed = false;
    enum atr_status status;

    *report = (struct atr_record_report){.status = ATR_OK};
    if (start == NULL) {
        report->status = atr_error_set(&report->error, ATR_NOMEM, "out of memory");
        return;
    }
    status = atr_driver_source_load(&source, &installed, heap, &report->error);
    if (status == ATR_OK) {
        atr_interrupt_watch();
        status = record_loaded(&source, start, options, heap, report);
        atr_interrupt_unwatch();
    }
    if (installed) {
        atr_driver_source_unload();
    }
    if (status != ATR_OK) {
        report->status = status;
    }
    atr_heap_free(heap, start);
}
