/* SPDX-License-Identifier: MIT */
#include "decode/orpc_parts.h"

enum {
    THIS_BYTES = 0x20,
    THIS_MAJOR = 5,
    THIS_MINOR_MAX = 7,
    THIS_FLAGS = 0x1f,
    FLAG_LOCAL = 1,
};

bool
atr_orpc_this_is_plausible(struct atr_bytes ndr)
{
    struct atr_cursor cur = atr_cursor_make(ndr.data, ndr.size_bytes);
    uint16_t major = atr_cursor_u16(&cur);
    uint16_t minor = atr_cursor_u16(&cur);
    uint32_t flags = atr_cursor_u32(&cur);
    uint32_t reserved = atr_cursor_u32(&cur);

    return ndr.size_bytes >= THIS_BYTES && major == THIS_MAJOR && minor <= THIS_MINOR_MAX &&
           flags <= THIS_FLAGS && reserved == 0;
}

/* ORPCTHIS and ORPCTHAT (MS-DCOM 2.2.13); true when extensions follow. */
static bool
start_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers)
{
    uint64_t extensions;

    if (headers->shape.is_response) {
        headers->flags = atr_cursor_u32(cur);
    } else {
        headers->version_major = atr_cursor_u16(cur);
        headers->version_minor = atr_cursor_u16(cur);
        headers->flags = atr_cursor_u32(cur);
        (void)atr_cursor_u32(cur);
        headers->cid = atr_cursor_guid(cur);
    }
    extensions = atr_orpc_word(cur, headers->shape.is_wide);
    headers->has_start = atr_cursor_ok(cur);
    return extensions != 0;
}

static bool
is_local(const struct atr_orpc_headers *headers)
{
    if (headers->shape.local != ATR_ORPC_LOCAL_BY_FLAG) {
        return headers->shape.local == ATR_ORPC_LOCAL_ALWAYS;
    }
    return headers->shape.is_response || (headers->flags & FLAG_LOCAL) != 0;
}

void
atr_orpc_headers_parse(struct atr_bytes ndr, const struct atr_orpc_shape *shape,
                       struct atr_orpc_headers *out)
{
    struct atr_cursor cur = atr_cursor_make(ndr.data, ndr.size_bytes);

    *out =
        (struct atr_orpc_headers){.shape = *shape, .grade = ATR_GRADE_BOUND, .params_known = true};
    if (start_parse(&cur, out)) {
        atr_orpc_extents_parse(&cur, out);
    }
    if (is_local(out)) {
        atr_orpc_local_parse(&cur, out);
    }
    out->status = cur.status;
    out->params_known = out->params_known && atr_cursor_ok(&cur);
    out->params_offset = (uint32_t)cur.position;
}
