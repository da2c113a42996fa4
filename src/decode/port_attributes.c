/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"
#include "names/names.h"

/* ALPC_PORT_ATTRIBUTES (alpc 8). */
static const struct atr_flag_name port_flags[] = {
    {0x1000, "lpc_mode"},
    {0x10000, "allow_impersonation"},
    {0x20000, "allow_lpc_requests"},
    {0x40000, "waitable"},
    {0x80000, "allow_handle_duplication"},
    {0x100000, "system_process"},
    {0x200000, "wake_policy_1"},
    {0x400000, "wake_policy_2"},
    {0x800000, "wake_policy_3"},
    {0x1000000, "direct_messages"},
    {0x2000000, "allow_multi_handle"},
};

static const struct atr_layout qos[] = {
    {ATR_F_port_qos_length, ATR_LAYOUT_U32, 0},
    {ATR_F_port_qos_level, ATR_LAYOUT_U32, 0},
    {ATR_F_port_qos_tracking, ATR_LAYOUT_U8, 0},
    {ATR_F_port_qos_effective, ATR_LAYOUT_U8, 0},
};

static const struct atr_layout limits[] = {
    {ATR_F_port_max_message, ATR_LAYOUT_POINTER, 0},
    {ATR_F_port_bandwidth, ATR_LAYOUT_POINTER, 0},
    {ATR_F_port_max_pool, ATR_LAYOUT_POINTER, 0},
    {ATR_F_port_max_section, ATR_LAYOUT_POINTER, 0},
    {ATR_F_port_max_view, ATR_LAYOUT_POINTER, 0},
    {ATR_F_port_max_total_section, ATR_LAYOUT_POINTER, 0},
};

static void
put_object_types(struct atr_fields *fields, uint32_t types)
{
    atr_fields_uint(fields, ATR_F_port_dup_types, types);
    atr_fields_begin(fields, ATR_F_port_dup_type_names);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        const char *name = (types & bit) == 0 ? NULL : atr_names_object_type(bit);

        if (name != NULL) {
            atr_fields_string(fields, ATR_F_item, name);
        }
    }
    atr_fields_end(fields);
}

enum atr_status
atr_port_attributes_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                           struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    unsigned pointer_bytes = context->pointer_bytes == 4 ? 4 : 8;
    uint32_t flags = atr_cursor_u32(cur);
    uint32_t types;

    if (atr_cursor_ok(cur)) {
        atr_fields_uint(fields, ATR_F_port_flags, flags);
        atr_layout_flags(fields, ATR_F_port_flag_names, flags, port_flags, ATR_COUNT(port_flags));
        atr_fields_begin(fields, ATR_F_port_qos);
        (void)atr_layout_decode(cur, pointer_bytes, ATR_LAYOUT(qos), event);
        atr_fields_end(fields);
    }
    (void)atr_layout_decode(cur, pointer_bytes, ATR_LAYOUT(limits), event);
    types = atr_cursor_u32(cur);
    if (atr_cursor_ok(cur)) {
        put_object_types(fields, types);
    }
    if (pointer_bytes == 8) {
        static const struct atr_layout reserved = {ATR_F_port_reserved, ATR_LAYOUT_U32, 0};

        (void)atr_layout_decode(cur, pointer_bytes, &reserved, 1, event);
    }
    return atr_layout_finish(cur, event);
}
