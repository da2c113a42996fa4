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

/* Ends a recording first, whoever made it: the driver does not unload while it is in use. */
enum atr_status
atr_driver_stop(const struct atr_heap *heap, struct atr_error *error)
{
    struct atr_recorder_source source;
    enum atr_status status;

    if (atr_driver_source_open(&source, heap, error) == ATR_OK) {
        (void)source.ops->stop(source.context, NULL);
        source.ops->close(source.context);
    }
    status = atr_service_stop(ATR_INSTALL_DRIVER, error);
    if (status != ATR_OK) {
        atr_refusal_explain(error);
    }
    return status;
}

enum atr_status
atr_driver_remove(struct atr_error *error)
{
    enum atr_status status = atr_service_stop(ATR_INSTALL_DRIVER, error);

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
