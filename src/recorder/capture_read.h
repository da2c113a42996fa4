/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "base/str.h"
#include "event/event.h"
#include "wire/capture.h"

#include <stdint.h>

/*
 * One record of the driver's, taken apart. The driver is ours, but its records carry lengths that
 * came from everywhere: each is held against the payload.
 */
struct atr_captured {
    union {
        struct atr_capture_head head;
        struct atr_capture_call call;
        struct atr_capture_process process;
        struct atr_capture_thread thread;
        struct atr_capture_image image;
        struct atr_capture_port port;
    } as;
    struct atr_bytes name;   /* UTF-16LE: processes, images, ports */
    struct atr_bytes frames; /* u64 each: kernel's, then user's */
    uint32_t part_count;
    struct atr_part parts[ATR_EVENT_PARTS_MAX]; /* flags: PART_FAULT only */
};

/*
 * Name, frames and parts are borrowed from payload. MALFORMED: lengths that contradict each other;
 * UNSUPPORTED: a kind of a later driver.
 */
ATR_NODISCARD enum atr_status atr_capture_read(struct atr_bytes payload, struct atr_captured *out);
