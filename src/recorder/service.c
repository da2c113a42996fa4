/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "platform/machine.h"
#include "platform/services.h"
#include "recorder/recorder.h"
#include "recorder/refusal.h"

enum atr_status
atr_recorder_service_install(const char *options, const struct atr_heap *heap,
                             struct atr_error *error)
{
    char *program = atr_machine_program(heap);
    struct atr_service_plan plan = {
        .name = ATR_RECORDER_SERVICE,
        .title = "alpctrace recorder",
        .kind = ATR_SERVICE_PROGRAM,
        .from_boot = true,
    };
    struct atr_text line;
    enum atr_status status = ATR_NOMEM;

    atr_text_init(&line, *heap);
    if (program != NULL) {
        atr_text_putc(&line, '"');
        atr_text_puts(&line, program);
        atr_text_puts(&line, "\" service run");
        atr_text_puts(&line, options);
        atr_text_putc(&line, '\0');
        status = line.status;
    }
    if (status == ATR_OK) {
        plan.command = line.data;
        status = atr_service_create(&plan, NULL, error);
        if (status != ATR_OK) {
            atr_refusal_explain(error);
        }
    } else {
        (void)atr_error_set(error, status, "out of memory");
    }
    atr_text_fini(&line);
    atr_heap_free(heap, program);
    return status;
}

enum atr_status
atr_recorder_service_start(struct atr_error *error)
{
    return atr_service_start(ATR_RECORDER_SERVICE, error);
}

enum atr_status
atr_recorder_service_stop(struct atr_error *error)
{
    return atr_service_stop(ATR_RECORDER_SERVICE, error);
}

enum atr_status
atr_recorder_service_remove(struct atr_error *error)
{
    enum atr_status status = atr_service_stop(ATR_RECORDER_SERVICE, error);

    return status == ATR_OK ? atr_service_remove(ATR_RECORDER_SERVICE, error) : status;
}

enum atr_status
atr_recorder_service_state(const char **state, struct atr_error *error)
{
    static const char *const words[] = {
        [ATR_SERVICE_ABSENT] = "not installed",
        [ATR_SERVICE_STOPPED] = "stopped",
        [ATR_SERVICE_CHANGING] = "starting or stopping",
        [ATR_SERVICE_RUNNING] = "running",
    };
    enum atr_service_state found = ATR_SERVICE_ABSENT;
    enum atr_status status = atr_service_query(ATR_RECORDER_SERVICE, &found, error);

    if (status == ATR_OK) {
        *state = words[found];
    }
    return status;
}

enum atr_status
atr_recorder_service_run(int (*run)(void *context), void *context, struct atr_error *error)
{
    return atr_service_serve(ATR_RECORDER_SERVICE, run, context, error);
}
