/* SPDX-License-Identifier: MIT */
#include "event/attributes.h"

#include "base/attributes.h"

/*
 * Bytes each structure takes, x64 and x86, highest bit first (alpc.md 7.1). WORK_ON_BEHALF is
 * placed without 8-byte alignment on x86, which no source proves.
 */
static const struct {
    uint32_t bit;
    uint8_t size_x64;
    uint8_t size_x86;
} layout[] = {
    {0x80000000, 0x18, 0x0c}, {0x40000000, 0x20, 0x10}, {0x20000000, 0x20, 0x14},
    {0x10000000, 0x18, 0x10}, {0x08000000, 0x18, 0x18}, {0x04000000, 0x08, 0x04},
    {0x02000000, 0x08, 0x08},
};

/* A u32 that the x64 layout pads to pointer size. */
static uint32_t
padded_u32(struct atr_cursor *cur, unsigned pointer_bytes)
{
    uint32_t value = atr_cursor_u32(cur);

    atr_cursor_skip(cur, pointer_bytes - 4);
    return value;
}

static void
parse_one(struct atr_cursor *cur, uint32_t bit, unsigned pointer_bytes, struct atr_attributes *out)
{
    switch (bit) {
    case 0x80000000:
        out->security.flags = padded_u32(cur, pointer_bytes);
        out->security.qos = atr_cursor_pointer(cur, pointer_bytes);
        out->security.context_handle = atr_cursor_pointer(cur, pointer_bytes);
        break;
    case 0x40000000:
        out->view.flags = padded_u32(cur, pointer_bytes);
        out->view.section_handle = atr_cursor_pointer(cur, pointer_bytes);
        out->view.base = atr_cursor_pointer(cur, pointer_bytes);
        out->view.size_bytes = atr_cursor_pointer(cur, pointer_bytes);
        break;
    case 0x20000000:
        out->context.port_context = atr_cursor_pointer(cur, pointer_bytes);
        out->context.message_context = atr_cursor_pointer(cur, pointer_bytes);
        out->context.sequence = atr_cursor_u32(cur);
        out->context.message_id = atr_cursor_u32(cur);
        out->context.callback_id = atr_cursor_u32(cur);
        break;
    case 0x10000000:
        out->handle.flags = padded_u32(cur, pointer_bytes);
        out->handle.handle = atr_cursor_pointer(cur, pointer_bytes);
        out->handle.object_type = atr_cursor_u32(cur);
        out->handle.access = atr_cursor_u32(cur);
        break;
    case 0x08000000:
        out->token.token_id = atr_cursor_u64(cur);
        out->token.authentication_id = atr_cursor_u64(cur);
        out->token.modified_id = atr_cursor_u64(cur);
        break;
    case 0x04000000:
        out->direct.event = atr_cursor_pointer(cur, pointer_bytes);
        break;
    default:
        out->work_on_behalf.thread_id = atr_cursor_u32(cur);
        out->work_on_behalf.creation_time_low = atr_cursor_u32(cur);
        break;
    }
}

enum atr_status
atr_attributes_parse(struct atr_cursor *cur, unsigned pointer_bytes, struct atr_attributes *out)
{
    *out = (struct atr_attributes){.allocated = atr_cursor_u32(cur), .valid = 0};
    out->valid = atr_cursor_u32(cur);
    out->size_bytes = 8;
    for (size_t i = 0; i < ATR_COUNT(layout); i++) {
        uint32_t size = pointer_bytes == 4 ? layout[i].size_x86 : layout[i].size_x64;
        struct atr_cursor one;

        if ((out->allocated & layout[i].bit) == 0) {
            continue;
        }
        out->size_bytes += size;
        one = atr_cursor_sub(cur, size);
        if ((out->valid & layout[i].bit) != 0 && atr_cursor_ok(&one)) {
            parse_one(&one, layout[i].bit, pointer_bytes, out);
            out->present |= layout[i].bit;
        }
    }
    return cur->status;
}

bool
atr_attributes_is_release(const struct atr_attributes *attributes)
{
    return atr_attributes_has(attributes, ATR_ATTRIBUTE_VIEW) &&
           (attributes->view.flags & ATR_VIEW_RELEASE) != 0;
}
