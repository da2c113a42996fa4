/* SPDX-License-Identifier: MIT */
/*
 * What the driver concludes from bytes its caller wrote. Whatever they are, what it would copy
 * stays within the snap length, the buffer told at entry and user memory. Input: layout, snap
 * length, room, then a header or attributes.
 */
#include "wire/message.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define USER_LIMIT 0x7fffffff0000U

enum {
    FIRST_BYTES = 16,
    VIEW_SNAP = 65536
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static void
check_range(uint64_t address, const struct atr_message_extent *extent, uint32_t most)
{
    check(extent->captured_bytes <= most);
    check(extent->captured_bytes <= extent->original_bytes);
    check(extent->captured_bytes == 0 ||
          (address != 0 && address < USER_LIMIT && extent->captured_bytes <= USER_LIMIT - address));
}

static void
check_attributes(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout)
{
    struct atr_message_attributes attributes;
    struct atr_message_extent extent;

    if (!atr_message_attributes_decode(bytes, size, layout, &attributes)) {
        return;
    }
    check(attributes.size_bytes >= ATR_MESSAGE_ATTRIBUTES_HEADER &&
          attributes.size_bytes <= ATR_MESSAGE_ATTRIBUTES_MAX);
    check((attributes.valid & ~attributes.allocated) == 0);
    extent = atr_message_view_extent(&attributes.view, VIEW_SNAP, USER_LIMIT);
    check_range(attributes.view.base, &extent, VIEW_SNAP);
    extent = atr_message_handles_extent(&attributes.handles, USER_LIMIT);
    check_range(attributes.handles.handle, &extent,
                ATR_MESSAGE_HANDLES_MAX * ATR_MESSAGE_HANDLE_BYTES);
}

static void
check_message(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout, uint32_t snap,
              uint64_t room)
{
    struct atr_message_shape shape;
    struct atr_message_extent extent;

    if (!atr_message_decode(bytes, size, layout, &shape)) {
        return;
    }
    check(layout == ATR_MESSAGE_LAYOUT_UNKNOWN || shape.layout == layout);
    extent = atr_message_payload(&shape, snap, room);
    check(extent.captured_bytes <= snap && extent.captured_bytes <= extent.original_bytes);
    check(extent.original_bytes <= ATR_MESSAGE_BYTES_MAX);
    check(extent.captured_bytes == 0 || extent.offset + (uint64_t)extent.captured_bytes <= room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_message_deferred deferred;
    enum atr_message_layout layout;
    uint32_t snap;
    uint64_t room;
    uint8_t *bytes;

    if (size < FIRST_BYTES) {
        return 0;
    }
    layout = (enum atr_message_layout)(data[0] % 3);
    memcpy(&snap, data + 4, sizeof(snap));
    memcpy(&room, data + 8, sizeof(room));
    size -= FIRST_BYTES;
    bytes = malloc(size == 0 ? 1 : size); /* exactly its size, so that a read past it is seen */
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data + FIRST_BYTES, size);
    check_message(bytes, (uint32_t)size, layout, snap, room);
    check_attributes(bytes, (uint32_t)size, layout);
    if (size >= ATR_MESSAGE_DEFERRED_BYTES) {
        (void)atr_message_deferred_decode(bytes, &deferred);
    }
    free(bytes);
    return 0;
}
