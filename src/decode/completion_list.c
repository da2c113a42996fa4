/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/*
 * ALPC_COMPLETION_LIST_HEADER (alpc 10): the fields after AttributeSize stand on cache lines of
 * their own, 128 bytes apart on Windows 7 and 64 since 8.1.
 */
enum {
    SIZE_OLD = 0x300,
    SIZE_NEW = 0x180,
    LIST_OFFSET_AT = 0x0c,
    END_MAGIC_AT_OLD = 0x288,
    LAST_OLD_BUILD = 7601,
    FIRST_NEW_BUILD = 9600,
};

static const struct atr_layout start[] = {
    {ATR_F_clist_start_magic, ATR_LAYOUT_U64, 0},
    {ATR_F_clist_total_size, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_list_offset, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_list_size, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_bitmap_offset, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_bitmap_size, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_data_offset, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_data_size, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_attribute_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_clist_attribute_size, ATR_LAYOUT_U32, 0},
};

#define CLIST_REST(line)                                                                           \
    {ATR_F_clist_last_message_id, ATR_LAYOUT_U32, 0},                                              \
        {ATR_F_clist_last_callback_id, ATR_LAYOUT_U32, 0},                                         \
        {ATR_F_NONE, ATR_LAYOUT_SEEK, 2 * (line)}, {ATR_F_clist_post_count, ATR_LAYOUT_U32, 0},    \
        {ATR_F_NONE, ATR_LAYOUT_SEEK, 3 * (line)}, {ATR_F_clist_return_count, ATR_LAYOUT_U32, 0},  \
        {ATR_F_NONE, ATR_LAYOUT_SEEK, 4 * (line)}, {ATR_F_clist_log_sequence, ATR_LAYOUT_U32, 0},  \
        {ATR_F_NONE, ATR_LAYOUT_SEEK, 5 * (line)}, {ATR_F_clist_user_lock, ATR_LAYOUT_POINTER, 0}, \
    {                                                                                              \
        ATR_F_clist_end_magic, ATR_LAYOUT_U64, 0                                                   \
    }

static const struct atr_layout rest_old[] = {CLIST_REST(0x80)};
static const struct atr_layout rest_new[] = {CLIST_REST(0x40)};

/*
 * The shape follows from the build. Where that is not known the bytes tell: the list lies right
 * behind the header, or the two magics agree at the old place.
 */
static bool
is_old_shape(const struct atr_cursor *cur, uint32_t os_build)
{
    struct atr_cursor at = *cur;
    uint64_t start_magic = atr_cursor_u64(&at);
    uint32_t list_offset;

    if (os_build >= FIRST_NEW_BUILD) {
        return false;
    }
    if (os_build != 0 && os_build <= LAST_OLD_BUILD) {
        return true;
    }
    atr_cursor_seek(&at, LIST_OFFSET_AT);
    list_offset = atr_cursor_u32(&at);
    if (list_offset == SIZE_OLD || list_offset == SIZE_NEW) {
        return list_offset == SIZE_OLD;
    }
    atr_cursor_seek(&at, END_MAGIC_AT_OLD);
    return start_magic != 0 && atr_cursor_u64(&at) == start_magic && atr_cursor_ok(&at);
}

enum atr_status
atr_completion_list_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                           struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    bool is_old = is_old_shape(cur, context->os_build);
    uint64_t state;

    atr_fields_uint(fields, ATR_F_clist_size, is_old ? SIZE_OLD : SIZE_NEW);
    (void)atr_layout_decode(cur, 8, ATR_LAYOUT(start), event);
    atr_cursor_seek(cur, is_old ? 0x80 : 0x40);
    state = atr_cursor_u64(cur);
    if (atr_cursor_ok(cur)) {
        atr_fields_uint(fields, ATR_F_clist_head, state & 0xffffff);
        atr_fields_uint(fields, ATR_F_clist_tail, state >> 24 & 0xffffff);
        atr_fields_uint(fields, ATR_F_clist_active_threads, state >> 48);
    }
    if (is_old) {
        (void)atr_layout_decode(cur, 8, ATR_LAYOUT(rest_old), event);
    } else {
        (void)atr_layout_decode(cur, 8, ATR_LAYOUT(rest_new), event);
    }
    atr_cursor_seek(cur, is_old ? SIZE_OLD : SIZE_NEW);
    return atr_layout_finish(cur, event);
}
