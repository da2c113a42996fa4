/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "wire/device.h"

/*
 * Where the recorder's records come from: the driver's device (driver_source.c), or a stand-in of
 * the tests. The requests of wire/device.h, one to one. The rings that a hello gives are mapped
 * into this process and stay until close.
 *
 * error->os_code holds the NTSTATUS of a refusal.
 */
struct atr_recorder_source_ops {
    enum atr_status (*hello)(void *context, const struct atr_device_hello *hello,
                             struct atr_device_welcome *out, struct atr_error *error);
    enum atr_status (*start)(void *context, const struct atr_device_start *start,
                             struct atr_error *error);
    enum atr_status (*stop)(void *context, struct atr_error *error);
    enum atr_status (*query)(void *context, struct atr_device_status *out, struct atr_error *error);
    enum atr_status (*clock)(void *context, struct atr_device_clock *out, struct atr_error *error);
    uint64_t (*counter)(void *context); /* what stamps the records, now */
    void (*close)(void *context);
};

struct atr_recorder_source {
    const struct atr_recorder_source_ops *ops;
    void *context;
};
