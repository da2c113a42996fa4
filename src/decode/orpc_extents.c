/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "decode/orpc_parts.h"

/* ORPC_EXTENT (MS-DCOM 2.2.21): as long as its conformance says, of which `size` bytes count. */
static void
extent_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers)
{
    uint64_t room = atr_orpc_word(cur, headers->shape.is_wide);
    struct atr_guid id = atr_cursor_guid(cur);
    uint32_t size_bytes = atr_cursor_u32(cur);

    if (size_bytes > room) {
        atr_cursor_reject(cur);
    }
    atr_cursor_skip(cur, room > SIZE_MAX ? SIZE_MAX : (size_t)room);
    if (atr_cursor_ok(cur)) {
        headers->extent_ids[headers->extent_count++] = id;
    }
}

/*
 * ORPC_EXTENT_ARRAY (MS-DCOM 2.2.21). The array of pointers has room for an even number; only
 * those that are not null have an extent behind the array.
 */
void
atr_orpc_extents_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers)
{
    bool is_wide = headers->shape.is_wide;
    unsigned present = 0;
    uint32_t size;
    uint64_t count;

    atr_cursor_align(cur, is_wide ? 8 : 4);
    size = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur);
    if (atr_orpc_word(cur, is_wide) == 0) {
        return;
    }
    count = atr_orpc_word(cur, is_wide);
    if (size > count || count > ATR_ORPC_EXTENTS_MAX) {
        atr_cursor_reject(cur);
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (atr_orpc_word(cur, is_wide) != 0) {
            present++;
        }
    }
    for (unsigned i = 0; i < present && atr_cursor_ok(cur); i++) {
        extent_parse(cur, headers);
    }
}
