/* SPDX-License-Identifier: MIT */
#include "base/utf.h"
#include "decode/decode.h"
#include "decode/layout.h"

/* The CoreMessaging registrar (other-protocols 7). */
enum {
    KIND_REPLY = 0,
    KIND_REQUEST = 2,
    METHOD_COREUI_PORT_REPLY = 0x00060000,
    COREUI_PORT_NAME_ITEM = 1,
};

static const struct {
    uint32_t request;
    uint32_t reply;
    const char *name;
} methods[] = {
    {0x00010001, 0x00040000, "register_thread"}, {0x000e0001, 0x00110000, "register_port"},
    {0x000f0001, 0x00120000, "unregister_port"}, {0x00170001, 0x001d0000, "resolve_service"},
    {0x000a0001, 0x000d0000, "open_endpoint"},   {0x00030001, 0x00060000, "query_coreui_port"},
    {0x00100001, 0x00130000, "make_identity"},   {0x00180001, 0x001e0000, "bind_service"},
};

static const struct atr_layout header[] = {
    {ATR_F_NONE, ATR_LAYOUT_SEEK, 0x10}, {ATR_F_cm_kind, ATR_LAYOUT_U32, 0},
    {ATR_F_cm_id, ATR_LAYOUT_U32, 0},    {ATR_F_cm_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_NONE, ATR_LAYOUT_U32, 0},     {ATR_F_cm_nested_size, ATR_LAYOUT_U32, 0},
    {ATR_F_NONE, ATR_LAYOUT_U32, 0},
};

static const char *
method_name(uint32_t method)
{
    for (size_t i = 0; i < ATR_COUNT(methods); i++) {
        if (methods[i].request == method || methods[i].reply == method) {
            return methods[i].name;
        }
    }
    return NULL;
}

/* The digits between mark and ')'. */
static void
put_owner_id(struct atr_fields *fields, enum atr_field field, struct atr_str name,
             struct atr_str mark)
{
    struct atr_str rest = atr_str_skip(name, atr_str_find(name, mark));
    struct atr_str digits = atr_str_skip(rest, mark.size_bytes);
    uint64_t id;

    digits.size_bytes = atr_str_find(digits, ATR_STR(")"));
    if (atr_str_to_u64(digits, 10, &id)) {
        atr_fields_uint(fields, field, id);
    }
}

/* "[CoreUI]-PID(1732)-TID(2216) <guid>": the name of a CoreUI port gives its owner. */
static void
put_owner(struct atr_fields *fields, struct atr_str port_name)
{
    if (port_name.data != NULL) {
        put_owner_id(fields, ATR_F_cm_owner_pid, port_name, ATR_STR("PID("));
        put_owner_id(fields, ATR_F_cm_owner_tid, port_name, ATR_STR("TID("));
    }
}

static void
put_port_name(struct atr_bytes units, struct atr_event *event)
{
    struct atr_str name = atr_utf16_to_utf8(event->arena, units);

    while (name.size_bytes > 0 && name.data[name.size_bytes - 1] == '\0') {
        name.size_bytes--;
    }
    if (name.data != NULL) {
        atr_fields_text(&event->fields, ATR_F_cm_port_name, name);
        put_owner(&event->fields, name);
    }
}

/* An item is a length, that many bytes, and padding to a dword. The last one may lack padding. */
static struct atr_bytes
next_item(struct atr_cursor *items)
{
    uint32_t size = atr_cursor_u32(items);
    struct atr_bytes bytes = {NULL, 0};

    if (size > atr_cursor_left(items)) {
        atr_cursor_reject(items);
        return bytes;
    }
    bytes = atr_cursor_bytes(items, size);
    if (atr_cursor_left(items) > 0) {
        atr_cursor_align(items, 4);
    }
    return bytes;
}

static enum atr_status
put_items(struct atr_cursor items, uint32_t method, struct atr_event *event)
{
    struct atr_cursor again = items;
    struct atr_bytes port_name = {NULL, 0};

    atr_fields_begin(&event->fields, ATR_F_cm_items);
    for (uint32_t i = 0; atr_cursor_left(&items) > 0; i++) {
        struct atr_bytes item = next_item(&items);

        if (atr_cursor_ok(&items)) {
            atr_fields_uint(&event->fields, ATR_F_item, item.size_bytes);
        }
        if (method == METHOD_COREUI_PORT_REPLY && i == COREUI_PORT_NAME_ITEM) {
            port_name = item;
        }
    }
    atr_fields_end(&event->fields);
    if (port_name.data != NULL) {
        put_port_name(port_name, event);
    }
    atr_fields_begin(&event->fields, ATR_F_cm_item_data);
    while (atr_cursor_left(&again) > 0) {
        struct atr_bytes item = next_item(&again);

        if (atr_cursor_ok(&again)) {
            atr_fields_bytes(&event->fields, ATR_F_item, item);
        }
    }
    atr_fields_end(&event->fields);
    if (!atr_cursor_ok(&items)) {
        atr_decode_problem(event, "item_overrun");
        return ATR_MALFORMED;
    }
    return ATR_OK;
}

static enum atr_status
put_body(struct atr_cursor *body, uint32_t kind, struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    size_t size = atr_cursor_left(body);
    uint32_t dwords = atr_cursor_u32(body);
    uint32_t method = atr_cursor_u32(body);
    const char *name = method_name(method);
    enum atr_status status;

    if (!atr_cursor_ok(body)) {
        return body->status;
    }
    atr_fields_uint(fields, ATR_F_cm_dwords, dwords);
    atr_fields_uint(fields, ATR_F_cm_method, method);
    if (kind == KIND_REQUEST || kind == KIND_REPLY) {
        atr_fields_string(fields, ATR_F_direction, kind == KIND_REQUEST ? "request" : "answer");
    }
    if (name != NULL) {
        atr_fields_string(fields, ATR_F_cm_name, name);
        event->meaning.method = atr_str_from(name);
    }
    status = put_items(*body, method, event);
    if (status == ATR_OK && dwords != size / 4) {
        atr_decode_problem(event, "dword_count_mismatch");
        status = ATR_MALFORMED;
    }
    return status == ATR_OK && name == NULL ? ATR_UNSUPPORTED : status;
}

enum atr_status
atr_core_messaging_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                          struct atr_event *event)
{
    struct atr_cursor peek = *cur;
    struct atr_cursor body;
    uint32_t kind;
    uint32_t nested_size;
    size_t left;
    enum atr_status status;
    enum atr_status body_status;

    event->meaning.protocol = "coremessaging";
    if (atr_str_starts(atr_str_leaf(context->port_name), ATR_STR("[CoreUI]"))) {
        put_owner(&event->fields, context->port_name);
        return ATR_UNSUPPORTED; /* only the registrar's messages have a known layout */
    }
    atr_cursor_seek(&peek, 0x10);
    kind = atr_cursor_u32(&peek);
    atr_cursor_seek(&peek, 0x20);
    nested_size = atr_cursor_u32(&peek);
    (void)atr_layout_decode(cur, 8, ATR_LAYOUT(header), event);
    left = atr_cursor_left(cur);
    body = atr_cursor_sub(cur, nested_size < left ? nested_size : left);
    body_status = put_body(&body, kind, event);
    atr_cursor_skip(cur, nested_size > left ? nested_size - left : 0); /* a cut shows */
    status = atr_layout_finish(cur, event);
    return status == ATR_OK ? body_status : status;
}
