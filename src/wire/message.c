/* SPDX-License-Identifier: MIT */
#include "wire/message.h"

enum {
    TYPE_MASK = 0xff,
    TYPE_CONNECTION_REQUEST = 10,
    HANDLE_INDIRECT = 0x40000,
    DEFERRED_SEND = 1,
    SYNC_REQUEST = 0x20000,
    ATTRIBUTE_VIEW = 0x40000000,
    ATTRIBUTE_HANDLE = 0x10000000,
};

#define FLAG_WOW64     0x80000000U
#define FLAG_NOT_WOW64 0x40000000U

static uint16_t
get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t
get_u32(const uint8_t *bytes)
{
    return (uint32_t)get_u16(bytes) | (uint32_t)get_u16(bytes + 2) << 16;
}

static uint64_t
get_u64(const uint8_t *bytes)
{
    return (uint64_t)get_u32(bytes) | (uint64_t)get_u32(bytes + 4) << 32;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum atr_message_layout
atr_message_layout_of_flags(uint32_t flags)
{
    return (flags & (FLAG_WOW64 | FLAG_NOT_WOW64)) == FLAG_WOW64 ? ATR_MESSAGE_WOW64
                                                                 : ATR_MESSAGE_NATIVE;
}

enum atr_message_layout
atr_message_layout_of_lengths(uint16_t data_length, uint16_t total_length)
{
    switch ((int)total_length - (int)data_length) {
    case ATR_MESSAGE_HEADER_NATIVE:
        return ATR_MESSAGE_NATIVE;
    case ATR_MESSAGE_HEADER_WOW64:
        return ATR_MESSAGE_WOW64;
    default:
        return ATR_MESSAGE_LAYOUT_UNKNOWN;
    }
}

uint32_t
atr_message_header_bytes(enum atr_message_layout layout)
{
    return layout == ATR_MESSAGE_NATIVE ? ATR_MESSAGE_HEADER_NATIVE : ATR_MESSAGE_HEADER_WOW64;
}

static void
decode_ids_native(const uint8_t *bytes, struct atr_message_shape *out)
{
    out->pid = get_u32(bytes + 0x08);
    out->tid = get_u32(bytes + 0x10);
    out->message_id = get_u32(bytes + 0x18);
    /* Of a callback id only the low half is one: what lies above it is left from anything. */
    out->callback_id = (out->type & TYPE_MASK) == TYPE_CONNECTION_REQUEST ? get_u64(bytes + 0x20)
                                                                          : get_u32(bytes + 0x20);
}

static void
decode_ids_wow64(const uint8_t *bytes, struct atr_message_shape *out)
{
    out->pid = get_u32(bytes + 0x08);
    out->tid = get_u32(bytes + 0x0c);
    out->message_id = get_u32(bytes + 0x10);
    out->callback_id = get_u32(bytes + 0x14);
}

bool
atr_message_decode(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout,
                   struct atr_message_shape *out)
{
    if (size < ATR_MESSAGE_HEADER_WOW64) {
        return false;
    }
    *out = (struct atr_message_shape){
        .data_length = get_u16(bytes),
        .total_length = get_u16(bytes + 2),
        .type = get_u16(bytes + 4),
        .data_info_offset = get_u16(bytes + 6),
    };
    if (layout == ATR_MESSAGE_LAYOUT_UNKNOWN) {
        layout = atr_message_layout_of_lengths(out->data_length, out->total_length);
    }
    out->layout = layout;
    if (layout == ATR_MESSAGE_LAYOUT_UNKNOWN) {
        return true;
    }
    out->header_bytes = atr_message_header_bytes(layout);
    out->has_ids = size >= out->header_bytes;
    if (out->has_ids && layout == ATR_MESSAGE_NATIVE) {
        decode_ids_native(bytes, out);
    } else if (out->has_ids) {
        decode_ids_wow64(bytes, out);
    }
    return true;
}

struct atr_message_extent
atr_message_payload(const struct atr_message_shape *shape, uint32_t snap, uint64_t room)
{
    bool is_raw = shape->layout == ATR_MESSAGE_LAYOUT_UNKNOWN;
    struct atr_message_extent extent = {
        .offset = is_raw ? 0 : shape->header_bytes,
        .original_bytes = is_raw ? shape->total_length : shape->data_length,
    };
    uint64_t most = room > extent.offset ? room - extent.offset : 0;

    extent.captured_bytes = (uint32_t)least(least(extent.original_bytes, snap), most);
    return extent;
}

bool
atr_message_delivered(uint32_t status)
{
    return status == 0;
}

uint16_t
atr_message_type(uint16_t type)
{
    return type & TYPE_MASK;
}

/* One structure for each allocated bit, the highest first, without gaps. */
static const struct {
    uint32_t bit;
    uint8_t native_bytes;
    uint8_t wow64_bytes;
} attribute_rows[] = {
    {0x80000000, 0x18, 0x0c},       {ATTRIBUTE_VIEW, 0x20, 0x10}, {0x20000000, 0x20, 0x14},
    {ATTRIBUTE_HANDLE, 0x18, 0x10}, {0x08000000, 0x18, 0x18},     {0x04000000, 0x08, 0x04},
    {0x02000000, 0x08, 0x08},
};

/* Where the structure of a bit lies; of bit 0: the end of all. */
static uint32_t
attribute_offset(uint32_t allocated, uint32_t bit, enum atr_message_layout layout)
{
    uint32_t offset = ATR_MESSAGE_ATTRIBUTES_HEADER;

    for (unsigned i = 0; i < sizeof(attribute_rows) / sizeof(attribute_rows[0]); i++) {
        if (attribute_rows[i].bit == bit) {
            break;
        }
        if ((allocated & attribute_rows[i].bit) != 0) {
            offset += layout == ATR_MESSAGE_WOW64 ? attribute_rows[i].wow64_bytes
                                                  : attribute_rows[i].native_bytes;
        }
    }
    return offset;
}

uint32_t
atr_message_attributes_bytes(uint32_t allocated, enum atr_message_layout layout)
{
    return attribute_offset(allocated, 0, layout);
}

static void
decode_view(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout,
            struct atr_message_attributes *out)
{
    uint32_t at = attribute_offset(out->allocated, ATTRIBUTE_VIEW, layout);
    bool is_wow64 = layout == ATR_MESSAGE_WOW64;

    if ((out->valid & ATTRIBUTE_VIEW) == 0 || size < at || size - at < (is_wow64 ? 0x10 : 0x20)) {
        return;
    }
    out->view = (struct atr_message_view){
        .is_present = true,
        .flags = get_u32(bytes + at),
        .section_handle = is_wow64 ? get_u32(bytes + at + 0x04) : get_u64(bytes + at + 0x08),
        .base = is_wow64 ? get_u32(bytes + at + 0x08) : get_u64(bytes + at + 0x10),
        .size_bytes = is_wow64 ? get_u32(bytes + at + 0x0c) : get_u64(bytes + at + 0x18),
    };
}

static void
decode_handles(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout,
               struct atr_message_attributes *out)
{
    uint32_t at = attribute_offset(out->allocated, ATTRIBUTE_HANDLE, layout);
    bool is_wow64 = layout == ATR_MESSAGE_WOW64;
    struct atr_message_handles *handles = &out->handles;

    if ((out->valid & ATTRIBUTE_HANDLE) == 0 || size < at || size - at < (is_wow64 ? 0x10 : 0x18)) {
        return;
    }
    handles->is_present = true;
    handles->flags = get_u32(bytes + at);
    handles->is_indirect = (handles->flags & HANDLE_INDIRECT) != 0;
    handles->handle = is_wow64 ? get_u32(bytes + at + 0x04) : get_u64(bytes + at + 0x08);
    handles->object_type = get_u32(bytes + at + (is_wow64 ? 0x08 : 0x10));
    handles->access = get_u32(bytes + at + (is_wow64 ? 0x0c : 0x14));
    handles->count = handles->is_indirect ? handles->object_type : 1;
}

bool
atr_message_attributes_decode(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout,
                              struct atr_message_attributes *out)
{
    if (size < ATR_MESSAGE_ATTRIBUTES_HEADER) {
        return false;
    }
    *out = (struct atr_message_attributes){
        .allocated = get_u32(bytes),
        .valid = get_u32(bytes) & get_u32(bytes + 4),
        .size_bytes = atr_message_attributes_bytes(get_u32(bytes), layout),
    };
    decode_view(bytes, size, layout, out);
    decode_handles(bytes, size, layout, out);
    return true;
}

bool
atr_message_is_user_range(uint64_t address, uint64_t size, uint64_t user_limit)
{
    return address != 0 && address <= user_limit && size <= user_limit - address;
}

/* All or nothing: what is not wholly the user's is not touched. */
static struct atr_message_extent
user_extent(uint64_t address, uint64_t original, uint64_t wanted, uint64_t user_limit)
{
    bool is_user = atr_message_is_user_range(address, wanted, user_limit);

    return (struct atr_message_extent){
        .original_bytes = (uint32_t)least(original, UINT32_MAX),
        .captured_bytes = is_user ? (uint32_t)wanted : 0,
    };
}

struct atr_message_extent
atr_message_view_extent(const struct atr_message_view *view, uint32_t snap, uint64_t user_limit)
{
    if (!view->is_present) {
        return (struct atr_message_extent){0};
    }
    return user_extent(view->base, view->size_bytes, least(view->size_bytes, snap), user_limit);
}

struct atr_message_extent
atr_message_handles_extent(const struct atr_message_handles *handles, uint64_t user_limit)
{
    uint64_t original = (uint64_t)handles->count * ATR_MESSAGE_HANDLE_BYTES;
    uint64_t most = (uint64_t)ATR_MESSAGE_HANDLES_MAX * ATR_MESSAGE_HANDLE_BYTES;

    if (!handles->is_present || !handles->is_indirect) {
        return (struct atr_message_extent){0};
    }
    return user_extent(handles->handle, original, least(original, most), user_limit);
}

bool
atr_message_deferred_decode(const uint8_t *bytes, struct atr_message_deferred *out)
{
    *out = (struct atr_message_deferred){
        .message = get_u64(bytes),
        .port_handle = get_u64(bytes + 0x08),
        .send_flags = get_u32(bytes + 0x10),
        .flags = get_u32(bytes + 0x14),
    };
    return (out->flags & DEFERRED_SEND) != 0 && (out->send_flags & SYNC_REQUEST) == 0;
}
