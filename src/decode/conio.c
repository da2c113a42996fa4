/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/* The console server of editions without a desktop (other-protocols 8): a type, then a union at 4.
 */
enum {
    UNION_AT = 4
};

static const struct atr_layout map_virtual_key[] = {
    {ATR_F_conio_code, ATR_LAYOUT_U32, 0},
    {ATR_F_conio_map_type, ATR_LAYOUT_U32, 0},
    {ATR_F_conio_result, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout vk_key_scan[] = {
    {ATR_F_conio_character, ATR_LAYOUT_U16, 0},
    {ATR_F_conio_result, ATR_LAYOUT_U16, 0},
};

static const struct atr_layout get_key_state[] = {
    {ATR_F_conio_code, ATR_LAYOUT_U32, 0},
    {ATR_F_conio_result, ATR_LAYOUT_U16, 0},
};

static const struct atr_layout get_size[] = {
    {ATR_F_conio_width, ATR_LAYOUT_U32, 0},
    {ATR_F_conio_height, ATR_LAYOUT_U32, 0},
    {ATR_F_conio_status, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout set_cursor[] = {
    {ATR_F_conio_row, ATR_LAYOUT_U16, 0},    {ATR_F_conio_column, ATR_LAYOUT_U16, 0},
    {ATR_F_conio_height, ATR_LAYOUT_U32, 0}, {ATR_F_conio_visible, ATR_LAYOUT_U8, 0},
    {ATR_F_conio_status, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout update_display[] = {
    {ATR_F_conio_row, ATR_LAYOUT_U16, 0},
    {ATR_F_conio_status, ATR_LAYOUT_U32, 0},
};

/* By type. */
static const struct {
    const char *name;
    const struct atr_layout *members;
    size_t member_count;
} messages[] = {
    {"map_virtual_key", ATR_LAYOUT(map_virtual_key)}, {"vk_key_scan", ATR_LAYOUT(vk_key_scan)},
    {"get_key_state", ATR_LAYOUT(get_key_state)},     {"get_display_size", ATR_LAYOUT(get_size)},
    {"get_font_size", ATR_LAYOUT(get_size)},          {"set_cursor", ATR_LAYOUT(set_cursor)},
    {"update_display", ATR_LAYOUT(update_display)},
};

enum atr_status
atr_conio_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                 struct atr_event *event)
{
    uint8_t type = atr_cursor_u8(cur);
    bool is_known = type < ATR_COUNT(messages);
    enum atr_status status;

    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    event->meaning.protocol = "conio";
    atr_fields_uint(&event->fields, ATR_F_conio_type, type);
    if (is_known) {
        atr_fields_string(&event->fields, ATR_F_conio_name, messages[type].name);
        event->meaning.method = atr_str_from(messages[type].name);
        atr_cursor_seek(cur, UNION_AT);
        (void)atr_layout_decode(cur, context->pointer_bytes, messages[type].members,
                                messages[type].member_count, event);
    }
    status = atr_layout_finish(cur, event);
    return status == ATR_OK && !is_known ? ATR_UNSUPPORTED : status;
}
