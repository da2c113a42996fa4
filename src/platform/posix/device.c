/* SPDX-License-Identifier: MIT */
#include "platform/device.h"

/* There is no driver for this system. */

enum atr_status
atr_device_open(struct atr_device **out, const char *path, const struct atr_heap *heap,
                struct atr_error *error)
{
    (void)out;
    (void)heap;
    return atr_error_set(error, ATR_UNSUPPORTED, "%s is a device of Windows", path);
}

enum atr_status
atr_device_control(const struct atr_device *device, const struct atr_device_request *request,
                   size_t *got, struct atr_error *error)
{
    (void)device;
    (void)request;
    *got = 0;
    return atr_error_set(error, ATR_UNSUPPORTED, "no device of Windows");
}

void
atr_device_close(struct atr_device *device)
{
    (void)device;
}
