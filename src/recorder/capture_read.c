/* SPDX-License-Identifier: MIT */
#include "recorder/capture_read.h"

#include "base/cursor.h"

#include <string.h>

/* Bytes of the kind's struct as we know it; 0: no such kind. */
static size_t
fixed_bytes(uint16_t kind)
{
    switch (kind) {
    case ATR_CAPTURE_ENTER:
    case ATR_CAPTURE_EXIT:
        return sizeof(struct atr_capture_call);
    case ATR_CAPTURE_PROCESS:
        return sizeof(struct atr_capture_process);
    case ATR_CAPTURE_THREAD:
        return sizeof(struct atr_capture_thread);
    case ATR_CAPTURE_IMAGE:
        return sizeof(struct atr_capture_image);
    case ATR_CAPTURE_PORT:
        return sizeof(struct atr_capture_port);
    default:
        return 0;
    }
}

/* Parts past what an event holds are left out; those that lie about their length end it. */
static void
read_parts(struct atr_cursor *cur, struct atr_captured *out)
{
    uint32_t count = out->as.call.part_count;

    if (count > ATR_EVENT_PARTS_MAX) {
        atr_cursor_reject(cur);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct atr_part part = {.type = atr_cursor_u16(cur), .flags = atr_cursor_u16(cur)};
        uint32_t captured;

        part.original_bytes = atr_cursor_u32(cur);
        captured = atr_cursor_u32(cur);
        atr_cursor_skip(cur, 4);
        part.bytes = atr_cursor_bytes(cur, captured);
        atr_cursor_align(cur, 8);
        if (!atr_cursor_ok(cur) || captured > part.original_bytes) {
            atr_cursor_reject(cur);
            return;
        }
        out->parts[out->part_count++] = part;
    }
}

static void
read_call(struct atr_cursor *cur, struct atr_captured *out)
{
    size_t frames = (size_t)out->as.call.kernel_frames + out->as.call.user_frames;

    if (frames > ATR_CAPTURE_FRAMES_MAX) {
        atr_cursor_reject(cur);
        return;
    }
    out->frames = atr_cursor_bytes(cur, frames * sizeof(uint64_t));
    read_parts(cur, out);
}

static void
read_name(struct atr_cursor *cur, uint16_t name_bytes, struct atr_captured *out)
{
    if (name_bytes > ATR_CAPTURE_NAME_MAX || name_bytes % 2 != 0) {
        atr_cursor_reject(cur);
        return;
    }
    out->name = atr_cursor_bytes(cur, name_bytes);
}

static void
read_rest(struct atr_cursor *cur, struct atr_captured *out)
{
    switch (out->as.head.kind) {
    case ATR_CAPTURE_ENTER:
    case ATR_CAPTURE_EXIT:
        read_call(cur, out);
        break;
    case ATR_CAPTURE_PROCESS:
        read_name(cur, out->as.process.name_bytes, out);
        break;
    case ATR_CAPTURE_IMAGE:
        read_name(cur, out->as.image.name_bytes, out);
        break;
    case ATR_CAPTURE_PORT:
        read_name(cur, out->as.port.name_bytes, out);
        break;
    default:
        break;
    }
}

enum atr_status
atr_capture_read(struct atr_bytes payload, struct atr_captured *out)
{
    struct atr_captured read = {.part_count = 0};
    struct atr_cursor cur;
    size_t known;

    if (payload.size_bytes < sizeof(read.as.head)) {
        return ATR_MALFORMED;
    }
    memcpy(&read.as.head, payload.data, sizeof(read.as.head));
    known = fixed_bytes(read.as.head.kind);
    if (known == 0) {
        return ATR_UNSUPPORTED;
    }
    if (read.as.head.used_bytes > payload.size_bytes || read.as.head.fixed_bytes < known ||
        read.as.head.fixed_bytes > read.as.head.used_bytes || read.as.head.fixed_bytes % 8 != 0) {
        return ATR_MALFORMED;
    }
    memcpy(&read.as, payload.data, known);
    cur = atr_cursor_make(payload.data, read.as.head.used_bytes);
    atr_cursor_seek(&cur, read.as.head.fixed_bytes);
    read_rest(&cur, &read);
    if (!atr_cursor_ok(&cur)) {
        return ATR_MALFORMED;
    }
    *out = read;
    return ATR_OK;
}
