/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/cursor.h"
#include "base/limits.h"
#include "decode/decode.h"
#include "decode/objref.h"
#include "event/event.h"
#include "event/ndr_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the files behind orpc.h share; nobody else includes it. */

/* Whether LOCALTHIS or LOCALTHAT is there. */
enum atr_orpc_local {
    ATR_ORPC_LOCAL_BY_FLAG, /* of a request; a response is taken for local */
    ATR_ORPC_LOCAL_ALWAYS,  /* an explicit parameter */
    ATR_ORPC_LOCAL_NEVER,
};

/* Which headers to expect. */
struct atr_orpc_shape {
    bool is_response;
    bool is_wide; /* marshalled as NDR64 */
    enum atr_orpc_local local;
    uint32_t os_build;  /* 0: choose the layout that fits */
    uint32_t this_size; /* of a response: size of its request's LOCALTHIS, 0 unknown */
};

/* What they say. Offsets count from the first NDR byte. */
struct atr_orpc_headers {
    struct atr_orpc_shape shape;
    enum atr_status status; /* of the bytes */
    enum atr_grade grade;   /* of the layout that was used */
    bool has_start;         /* ORPCTHIS or ORPCTHAT was read */
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t flags;
    struct atr_guid cid;

    uint32_t extent_count;
    struct atr_guid extent_ids[ATR_ORPC_EXTENTS_MAX];

    bool has_local;        /* the block was read */
    uint32_t local_offset; /* of LOCALTHIS, LOCALTHAT */
    uint32_t local_size;   /* 0: none */
    uint32_t client_thread;
    uint64_t marshaling_set;
    struct atr_guid passthrough_activity;
    struct atr_guid call_activity;
    struct atr_guid async_operation;

    bool params_known;
    uint32_t params_offset;
};

/* ORPCTHIS as far as it never changes (orpc 1). */
bool atr_orpc_this_is_plausible(struct atr_bytes ndr);

void atr_orpc_headers_parse(struct atr_bytes ndr, const struct atr_orpc_shape *shape,
                            struct atr_orpc_headers *out);

/* Parts of the above: the cursor stands where ORPC_EXTENT_ARRAY, LOCALTHIS or LOCALTHAT begins. */
void atr_orpc_extents_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers);
void atr_orpc_local_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers);

/* IRemUnknown and its successors: true when the call is one of theirs. */
bool atr_rem_unknown_request(const struct atr_decode_context *context, struct atr_event *event,
                             const struct atr_ndr_view *view, uint32_t opnum);

/* asked: the parameters of the request, NULL when they are not at hand. */
bool atr_rem_unknown_response(const struct atr_decode_context *context, struct atr_event *event,
                              const struct atr_ndr_view *view, uint32_t opnum,
                              const struct atr_ndr_view *asked);

/* Activation properties: rows of a custom OBJREF's data; nothing when it is another class. */
void atr_activation_write(struct atr_event *event, const struct atr_objref *objref);

/* The UUIDs of COM itself: 0000nnnn-0000-0000-c000-000000000046. */
#define ATR_COM_GUID(n)                                                          \
    {                                                                            \
        {                                                                        \
            (n) & 0xff, (n) >> 8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 \
        }                                                                        \
    }

/* A count or referent id: u32 or, in NDR64, u64, aligned to itself. */
static inline uint64_t
atr_orpc_word(struct atr_cursor *cur, bool is_wide)
{
    atr_cursor_align(cur, is_wide ? 8 : 4);
    return atr_cursor_pointer(cur, is_wide ? 8 : 4);
}
