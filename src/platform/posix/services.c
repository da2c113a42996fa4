/* SPDX-License-Identifier: MIT */
#include "platform/services.h"

/* Services in this sense are Windows' own. */

static enum atr_status
refuse(struct atr_error *error)
{
    return atr_error_set(error, ATR_UNSUPPORTED, "there are no Windows services here");
}

enum atr_status
atr_service_create(const struct atr_service_plan *plan, bool *created, struct atr_error *error)
{
    (void)plan;
    if (created != NULL) {
        *created = false;
    }
    return refuse(error);
}

enum atr_status
atr_service_start(const char *name, struct atr_error *error)
{
    (void)name;
    return refuse(error);
}

enum atr_status
atr_service_stop(const char *name, struct atr_error *error)
{
    (void)name;
    return refuse(error);
}

enum atr_status
atr_service_remove(const char *name, struct atr_error *error)
{
    (void)name;
    return refuse(error);
}

enum atr_status
atr_service_query(const char *name, enum atr_service_state *state, struct atr_error *error)
{
    (void)name;
    *state = ATR_SERVICE_ABSENT;
    return refuse(error);
}

enum atr_status
atr_service_serve(const char *name, atr_service_run *run, void *context, struct atr_error *error)
{
    (void)name;
    (void)run;
    (void)context;
    return refuse(error);
}
