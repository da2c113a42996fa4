/* SPDX-License-Identifier: MIT */
#include "recorder/install.h"

#include "platform/device.h"
#include "platform/file.h"
#include "platform/machine.h"
#include "platform/services.h"
#include "recorder/driver_source.h"
#include "recorder/recorder.h"
#include "recorder/refusal.h"

#define GROUP "AlpcTrace"

enum {
    POLL_MS = 20,
    READER_WAIT_MS = 3000,
};

static enum atr_status
install_one(const char *name, const char *title, const char *file_name, bool *created,
            const struct atr_heap *heap, struct atr_error *error)
{
    char *path = atr_machine_beside_program(heap, file_name);
    struct atr_service_plan plan = {
        .name = name,
        .title = title,
        .command = path,
        .group = GROUP,
        .kind = ATR_SERVICE_DRIVER,
    };
    struct atr_file *file = NULL;
    enum atr_status status = path == NULL ? atr_error_set(error, ATR_NOMEM, "out of memory")
                                          : atr_file_open(&file, path, heap, error);

    atr_file_close(file);
    if (status == ATR_OK) {
        status = atr_service_create(&plan, created, error);
        if (status != ATR_OK) {
            atr_refusal_explain(error);
        }
    }
    atr_heap_free(heap, path);
    return status;
}

enum atr_status
atr_install_drivers(bool *installed, const struct atr_heap *heap, struct atr_error *error)
{
    enum atr_status status =
        install_one(ATR_INSTALL_PIN, "alpctrace: resident part", "alpcpin.sys", NULL, heap, error);

    return status != ATR_OK ? status
                            : install_one(ATR_INSTALL_DRIVER, "alpctrace: capture driver",
                                          "alpctrace.sys", installed, heap, error);
}

enum atr_status
atr_install_start(struct atr_error *error)
{
    enum atr_status status = atr_service_start(ATR_INSTALL_PIN, error);

    if (status == ATR_OK) {
        status = atr_service_start(ATR_INSTALL_DRIVER, error);
    }
    if (status != ATR_OK) {
        atr_refusal_explain(error);
    }
    return status;
}

enum atr_status
atr_driver_install(const struct atr_heap *heap, struct atr_error *error)
{
    return atr_install_drivers(NULL, heap, error);
}

enum atr_status
atr_driver_start(const struct atr_heap *heap, struct atr_error *error)
{
    enum atr_status status = atr_install_drivers(NULL, heap, error);

    return status == ATR_OK ? atr_install_start(error) : status;
}

/* OK when nobody has a session any more; its rings are mapped into its owner until then. */
static enum atr_status
wait_for_reader(const struct atr_recorder_source *source, const struct atr_heap *heap,
                struct atr_error *error)
{
    struct atr_device_status *device = atr_heap_alloc(heap, 1, sizeof(*device));
    enum atr_status status = ATR_OK;
    bool is_idle = false;

    if (device == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    for (uint32_t waited_ms = 0; status == ATR_OK && !is_idle; waited_ms += POLL_MS) {
        status = source->ops->query(source->context, device, error);
        is_idle = status == ATR_OK && device->state == ATR_DEVICE_IDLE;
        if (status == ATR_OK && !is_idle && waited_ms >= READER_WAIT_MS) {
            status = atr_error_set(error, ATR_IO,
                                   "recording is stopped, but process %u still reads what was "
                                   "recorded (let it end, then stop again)",
                                   device->owner_pid);
        }
        if (status == ATR_OK && !is_idle) {
            atr_machine_sleep_ms(POLL_MS);
        }
    }
    atr_heap_free(heap, device);
    return status;
}

/* Ends a recording first, whoever made it: the driver does not unload while it is in use. */
enum atr_status
atr_driver_stop(const struct atr_heap *heap, struct atr_error *error)
{
    struct atr_recorder_source source;
    enum atr_status status = ATR_OK;

    if (atr_driver_source_open(&source, heap, error) == ATR_OK) {
        (void)source.ops->stop(source.context, NULL);
        status = wait_for_reader(&source, heap, error);
        source.ops->close(source.context);
    }
    if (status != ATR_OK) {
        return status;
    }
    status = atr_service_stop(ATR_INSTALL_DRIVER, error);
    if (status != ATR_OK) {
        atr_refusal_explain(error);
    }
    return status;
}

enum atr_status
atr_driver_remove(const struct atr_heap *heap, struct atr_error *error)
{
    enum atr_status status = atr_driver_stop(heap, error);

    if (status == ATR_OK) {
        status = atr_service_remove(ATR_INSTALL_DRIVER, error);
    }
    if (status == ATR_OK) {
        status = atr_service_remove(ATR_INSTALL_PIN, error);
    }
    if (status != ATR_OK) {
        atr_refusal_explain(error);
    }
    return status;
}
