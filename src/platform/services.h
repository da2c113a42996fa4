/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Services of the system: kernel drivers and programs. UNSUPPORTED where there are none. */

enum atr_service_kind {
    ATR_SERVICE_DRIVER,
    ATR_SERVICE_PROGRAM,
};

struct atr_service_plan {
    const char *name;
    const char *title;
    const char *command; /* path of a driver; command line of a program */
    const char *group;   /* load-order group, or NULL */
    enum atr_service_kind kind;
    bool from_boot; /* starts by itself */
};

enum atr_service_state {
    ATR_SERVICE_ABSENT,
    ATR_SERVICE_STOPPED,
    ATR_SERVICE_CHANGING, /* starting or stopping */
    ATR_SERVICE_RUNNING,
};

/* Creates it, or brings the one of that name up to date. *created may be NULL. */
ATR_NODISCARD enum atr_status atr_service_create(const struct atr_service_plan *plan, bool *created,
                                                 struct atr_error *error);

/* Starts it and waits until it runs; fine when it does already. error->os_code: the cause. */
ATR_NODISCARD enum atr_status atr_service_start(const char *name, struct atr_error *error);

/* Stops it and waits; fine when it does not run or is not there. */
ATR_NODISCARD enum atr_status atr_service_stop(const char *name, struct atr_error *error);

/* Fine when it is not there. A driver that cannot be stopped stays until the machine restarts. */
enum atr_status atr_service_remove(const char *name, struct atr_error *error);

ATR_NODISCARD enum atr_status atr_service_query(const char *name, enum atr_service_state *state,
                                                struct atr_error *error);

typedef int atr_service_run(void *context);

/*
 * For a process that the system started as the service `name`: run is its work, done when it
 * returns; a wish to stop comes as an interrupt (platform/interrupt.h). ARG when the system did not
 * start us so.
 */
ATR_NODISCARD enum atr_status atr_service_serve(const char *name, atr_service_run *run,
                                                void *context, struct atr_error *error);
