/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A device of the kernel that is spoken to by control requests. UNSUPPORTED where there is no such
 * thing. One thread a device.
 */
struct atr_device;

/* path as the system names it ("\\.\AlpcTrace"). IO when there is no such device, DENIED. */
ATR_NODISCARD enum atr_status atr_device_open(struct atr_device **out, const char *path,
                                              const struct atr_heap *heap, struct atr_error *error);

struct atr_device_request {
    uint32_t code;
    const void *in;
    size_t in_bytes;
    void *out;
    size_t out_bytes;
};

/*
 * One request, answered at once. *got: bytes of the answer. A refusal is IO, or DENIED, with the
 * kernel's own status in error->os_code, for words that know the device.
 */
ATR_NODISCARD enum atr_status atr_device_control(const struct atr_device *device,
                                                 const struct atr_device_request *request,
                                                 size_t *got, struct atr_error *error);

void atr_device_close(struct atr_device *device); /* NULL is fine */
