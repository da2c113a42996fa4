/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "decode/decode.h"
#include "decode/layout.h"
#include "decode/lrpc_parts.h"
#include "names/names.h"

/*
 * LRPC, RPC's private framing over ALPC. No document of Microsoft describes it: the layouts are
 * those of public reimplementations and of captured messages (lrpc 1 to 6). A field that none of
 * them explains is kept as a raw row and never a reason to refuse.
 */
enum {
    HEADER_BYTES = 8,
    REQUEST_BYTES = 0x40,
    REQUEST_OPNUM_END = 0x18,
    RESPONSE_BYTES = 0x18,
    FAULT_BYTES = 0x0c,
    FAULT_FLAGS_END = 0x10,
    FLAG_OBJECT = 0x001,
    FLAG_VIEW = 0x004,
    FAULT_EXTENDED = 0x001,
};

static const struct atr_flag_name request_flags[] = {
    {FLAG_OBJECT, "object_uuid"}, {0x002, "part_of_flow"},
    {FLAG_VIEW, "view_present"},  {0x008, "cancel"},
    {0x040, "pipe_request"},      {0x080, "pipe_last_chunk"},
    {0x100, "view_not_secure"},
};

static const struct atr_flag_name response_flags[] = {
    {FLAG_VIEW, "view_present"},
};

enum {
    REQUEST_FLAGS_KNOWN = 0x1cf,
};

/* The runtime's own words; nobody names 6 (lrpc 1). */
static const char *const type_names[] = {
    "request",
    "bind",
    "fault",
    "response",
    "cancel",
    "reserved",
    NULL,
    "callback_ack",
    "callback_nack",
    "callback_request",
    "callback_reply",
    "callback_fault",
    "pipe_pull",
    "pipe_ack",
};

uint32_t
atr_lrpc_u32(struct atr_lrpc_message *message, enum atr_field field)
{
    uint32_t value = atr_cursor_u32(message->cur);

    if (atr_cursor_ok(message->cur)) {
        atr_fields_uint(&message->event->fields, field, value);
    }
    return value;
}

static void
put_if_set(struct atr_lrpc_message *message, enum atr_field field, uint64_t value)
{
    if (value != 0) {
        atr_fields_uint(&message->event->fields, field, value);
    }
}

static void
put_flags(struct atr_lrpc_message *message, uint32_t flags, const struct atr_flag_name *names,
          size_t count, uint32_t known)
{
    struct atr_fields *fields = &message->event->fields;

    if (fields->arena == NULL || flags == 0) {
        return;
    }
    if ((flags & known) != 0) {
        atr_layout_flags(fields, ATR_F_rpc_flag_names, flags, names, count);
    }
    put_if_set(message, ATR_F_rpc_unknown_flags, flags & ~known);
}

struct atr_str
atr_lrpc_status_name(struct atr_event *event, uint32_t status)
{
    char buffer[ATR_STATUS_NAME_BYTES];
    struct atr_str name = atr_names_rpc_status(status, buffer);

    return name.data == buffer ? atr_arena_str(event->arena, name) : name;
}

void
atr_lrpc_status_write(struct atr_lrpc_message *message, uint32_t status)
{
    struct atr_event *event = message->event;

    atr_fields_uint(&event->fields, ATR_F_rpc_status, status);
    if (status == 0) {
        return;
    }
    event->meaning.status = atr_lrpc_status_name(event, status);
    if (event->meaning.status.data != NULL) {
        atr_fields_text(&event->fields, ATR_F_rpc_status_name, event->meaning.status);
    }
}

static enum atr_status
truncated(struct atr_lrpc_message *message)
{
    return atr_decode_error(message->event, ATR_TRUNCATED, "truncated");
}

/* A copy of what was found, for the session. */
static void
tell(struct atr_lrpc_message *message, enum atr_fact_kind kind, const struct atr_rpc_fact *rpc)
{
    struct atr_fact *fact = atr_event_fact_add(message->event, kind);

    if (fact != NULL) {
        fact->as.rpc = *rpc;
    }
}

static void
object_decode(struct atr_lrpc_message *message, struct atr_rpc_fact *rpc)
{
    struct atr_cursor raw = *message->cur;

    rpc->object = atr_cursor_guid(message->cur);
    if (!atr_cursor_ok(message->cur)) {
        return;
    }
    rpc->has_object = (rpc->flags & FLAG_OBJECT) != 0;
    if (rpc->has_object) {
        atr_fields_guid(&message->event->fields, ATR_F_rpc_object, &rpc->object);
    } else if (!atr_guid_is_null(&rpc->object)) {
        atr_fields_bytes(&message->event->fields, ATR_F_rpc_raw_30,
                         atr_cursor_bytes(&raw, ATR_GUID_BYTES));
    }
}

/* lrpc 3 */
static enum atr_status
request_decode(struct atr_lrpc_message *message)
{
    struct atr_cursor *cur = message->cur;
    struct atr_rpc_fact rpc = {0};
    uint64_t words[3];

    rpc.flags = atr_lrpc_u32(message, ATR_F_rpc_flags);
    put_flags(message, rpc.flags, request_flags, ATR_COUNT(request_flags), REQUEST_FLAGS_KNOWN);
    rpc.call_id = atr_lrpc_u32(message, ATR_F_rpc_call_id);
    rpc.binding_id = atr_lrpc_u32(message, ATR_F_rpc_binding_id);
    rpc.opnum = atr_lrpc_u32(message, ATR_F_rpc_opnum);
    for (size_t i = 0; i < ATR_COUNT(words); i++) {
        words[i] = atr_cursor_u64(cur);
    }
    put_if_set(message, ATR_F_rpc_raw_18, words[0]);
    put_if_set(message, ATR_F_rpc_raw_20, words[1]);
    put_if_set(message, ATR_F_rpc_raw_28, words[2]);
    object_decode(message, &rpc);
    if (!atr_cursor_ok(cur)) {
        /* Cut by the capture: what a listing and the pairing need may be there. */
        if (message->original_bytes >= REQUEST_BYTES && cur->size_bytes >= REQUEST_OPNUM_END) {
            tell(message, ATR_FACT_RPC_REQUEST, &rpc);
        }
        return truncated(message);
    }
    return atr_lrpc_ndr_decode(message, &rpc, (rpc.flags & FLAG_VIEW) != 0, ATR_DIRECTION_REQUEST);
}

/* lrpc 4 */
static enum atr_status
response_decode(struct atr_lrpc_message *message)
{
    struct atr_cursor *cur = message->cur;
    struct atr_rpc_fact rpc = {0};
    bool has_call_id;

    rpc.flags = atr_lrpc_u32(message, ATR_F_rpc_flags);
    put_flags(message, rpc.flags, response_flags, ATR_COUNT(response_flags), FLAG_VIEW);
    rpc.call_id = atr_lrpc_u32(message, ATR_F_rpc_call_id);
    has_call_id = atr_cursor_ok(cur);
    put_if_set(message, ATR_F_rpc_raw_10, atr_cursor_u32(cur));
    put_if_set(message, ATR_F_rpc_raw_14, atr_cursor_u32(cur));
    if (!atr_cursor_ok(cur)) {
        if (message->original_bytes >= RESPONSE_BYTES && has_call_id) {
            tell(message, ATR_FACT_RPC_RESPONSE, &rpc);
        }
        return truncated(message);
    }
    return atr_lrpc_ndr_decode(message, &rpc, (rpc.flags & FLAG_VIEW) != 0, ATR_DIRECTION_ANSWER);
}

/* lrpc 5. There is no CallId in a fault; its flags may be missing. */
static enum atr_status
fault_decode(struct atr_lrpc_message *message)
{
    struct atr_cursor *cur = message->cur;
    struct atr_rpc_fact rpc = {.status = atr_cursor_u32(cur)};
    bool is_extended;

    if (!atr_cursor_ok(cur)) {
        return truncated(message);
    }
    atr_lrpc_status_write(message, rpc.status);
    if (message->original_bytes >= FAULT_FLAGS_END) {
        rpc.flags = atr_lrpc_u32(message, ATR_F_rpc_flags);
    }
    is_extended = (rpc.flags & FAULT_EXTENDED) != 0;
    put_if_set(message, ATR_F_rpc_unknown_flags, rpc.flags & ~(uint32_t)FAULT_EXTENDED);
    tell(message, ATR_FACT_RPC_FAULT, &rpc);
    if (!atr_cursor_ok(cur)) {
        return truncated(message);
    }
    atr_fields_bool(&message->event->fields, ATR_F_rpc_extended, is_extended);
    if (is_extended) {
        return atr_lrpc_error_info_decode(message);
    }
    if (atr_cursor_left(cur) >= sizeof(uint32_t)) {
        put_if_set(message, ATR_F_rpc_raw_10, atr_cursor_u32(cur));
    }
    return atr_layout_finish(cur, message->event);
}

/* Only the names are public, and perhaps where a cancel has its CallId (lrpc 6). */
static enum atr_status
other_decode(struct atr_lrpc_message *message, uint32_t type)
{
    struct atr_fields *fields = &message->event->fields;
    struct atr_cursor body = *message->cur;
    size_t left = atr_cursor_left(&body);

    message->event->meaning.method = atr_str_from(type_names[type]);
    message->event->meaning.method_grade = ATR_GRADE_BOUND;
    atr_fields_bool(fields, ATR_F_rpc_body_known, false);
    if (type == ATR_LRPC_CANCEL && left >= 2 * sizeof(uint32_t)) {
        atr_cursor_skip(message->cur, sizeof(uint32_t));
        (void)atr_lrpc_u32(message, ATR_F_rpc_call_id);
        atr_fields_grade(fields, ATR_GRADE_GUESS);
    }
    if (left > 0) {
        atr_fields_bytes(fields, ATR_F_rpc_body, atr_cursor_bytes(&body, left));
    }
    return ATR_OK;
}

static enum atr_status
body_decode(struct atr_lrpc_message *message, uint32_t type)
{
    switch (type) {
    case ATR_LRPC_REQUEST:
        return request_decode(message);
    case ATR_LRPC_BIND:
        return atr_lrpc_bind_decode(message);
    case ATR_LRPC_FAULT:
        return fault_decode(message);
    case ATR_LRPC_RESPONSE:
        return response_decode(message);
    default:
        return other_decode(message, type);
    }
}

enum atr_status
atr_lrpc_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                struct atr_event *event)
{
    struct atr_lrpc_message message = {cur, context, event, context->original_bytes};
    enum atr_status status;
    uint32_t padding;
    uint32_t type;

    event->meaning.protocol = "lrpc";
    if (message.original_bytes < cur->size_bytes) {
        message.original_bytes = cur->size_bytes;
    }
    if (message.original_bytes < HEADER_BYTES) {
        return truncated(&message);
    }
    type = atr_lrpc_u32(&message, ATR_F_rpc_type);
    padding = atr_cursor_u32(cur);
    if (type >= ATR_COUNT(type_names)) {
        return atr_decode_error(event, ATR_UNSUPPORTED, "unknown_type");
    }
    if (!atr_cursor_ok(cur)) {
        return truncated(&message);
    }
    if (type_names[type] != NULL) {
        atr_fields_string(&event->fields, ATR_F_rpc_type_name, type_names[type]);
    }
    put_if_set(&message, ATR_F_rpc_padding, padding);
    status = body_decode(&message, type);
    return status == ATR_OK && event->arena->exhausted ? ATR_LIMIT : status;
}
