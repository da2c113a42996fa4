/* SPDX-License-Identifier: MIT */
#include "recorder/driver_source.h"

#include "platform/device.h"
#include "platform/machine.h"
#include "platform/services.h"
#include "recorder/install.h"
#include "recorder/refusal.h"

struct driver_source {
    struct atr_heap heap;
    struct atr_device *device;
};

static enum atr_status
ask(void *context, struct atr_device_request request, struct atr_error *error)
{
    const struct driver_source *source = context;
    size_t got = 0;
    enum atr_status status = atr_device_control(source->device, &request, &got, error);

    if (status == ATR_OK && got < request.out_bytes) {
        return atr_error_set(error, ATR_MALFORMED,
                             "a driver of another version is loaded (alpctrace driver stop, then "
                             "again)");
    }
    return status;
}

static enum atr_status
driver_hello(void *context, const struct atr_device_hello *hello, struct atr_device_welcome *out,
             struct atr_error *error)
{
    return ask(
        context,
        (struct atr_device_request){ATR_IOCTL_HELLO, hello, sizeof(*hello), out, sizeof(*out)},
        error);
}

static enum atr_status
driver_start(void *context, const struct atr_device_start *start, struct atr_error *error)
{
    return ask(context,
               (struct atr_device_request){ATR_IOCTL_START, start, sizeof(*start), NULL, 0}, error);
}

static enum atr_status
driver_stop(void *context, struct atr_error *error)
{
    return ask(context, (struct atr_device_request){.code = ATR_IOCTL_STOP}, error);
}

static enum atr_status
driver_query(void *context, struct atr_device_status *out, struct atr_error *error)
{
    return ask(context, (struct atr_device_request){ATR_IOCTL_QUERY, NULL, 0, out, sizeof(*out)},
               error);
}

static enum atr_status
driver_clock(void *context, struct atr_device_clock *out, struct atr_error *error)
{
    return ask(context, (struct atr_device_request){ATR_IOCTL_CLOCK, NULL, 0, out, sizeof(*out)},
               error);
}

static uint64_t
driver_counter(void *context)
{
    (void)context;
    return atr_machine_counter();
}

static void
driver_close(void *context)
{
    struct driver_source *source = context;
    struct atr_heap heap = source->heap;

    atr_device_close(source->device);
    atr_heap_free(&heap, source);
}

static const struct atr_recorder_source_ops driver_ops = {
    .hello = driver_hello,
    .start = driver_start,
    .stop = driver_stop,
    .query = driver_query,
    .clock = driver_clock,
    .counter = driver_counter,
    .close = driver_close,
};

enum atr_status
atr_driver_source_open(struct atr_recorder_source *out, const struct atr_heap *heap,
                       struct atr_error *error)
{
    struct driver_source *source = atr_heap_alloc(heap, 1, sizeof(*source));
    enum atr_status status;

    if (source == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    source->heap = *heap;
    status = atr_device_open(&source->device, ATR_DEVICE_PATH, heap, error);
    if (status == ATR_UNSUPPORTED) {
        (void)atr_error_set(error, status,
                            "only Windows can be recorded: run this verb there, or import the log "
                            "of a debugger or DTrace script (alpctrace import --help)");
    } else if (status != ATR_OK) {
        atr_refusal_explain(error);
    }
    if (status != ATR_OK) {
        atr_heap_free(heap, source);
        return status;
    }
    *out = (struct atr_recorder_source){&driver_ops, source};
    return ATR_OK;
}

enum atr_status
atr_driver_source_load(struct atr_recorder_source *out, bool *installed,
                       const struct atr_heap *heap, struct atr_error *error)
{
    enum atr_status status = atr_driver_source_open(out, heap, error);

    *installed = false;
    if (status == ATR_OK || status == ATR_DENIED || status == ATR_UNSUPPORTED) {
        return status;
    }
    status = atr_install_drivers(installed, heap, error);
    if (status == ATR_OK) {
        status = atr_install_start(error);
    }
    if (status == ATR_OK) {
        status = atr_driver_source_open(out, heap, error);
    }
    if (status != ATR_OK && *installed) {
        atr_driver_source_unload();
        *installed = false;
    }
    return status;
}

void
atr_driver_source_unload(void)
{
    if (atr_service_stop(ATR_INSTALL_DRIVER, NULL) == ATR_OK) {
        (void)atr_service_remove(ATR_INSTALL_DRIVER, NULL);
    }
}
