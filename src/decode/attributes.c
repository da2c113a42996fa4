/* SPDX-License-Identifier: MIT */
#include "event/attributes.h"

#include "decode/decode.h"
#include "decode/layout.h"
#include "names/names.h"

/* ALPC_MESSAGE_ATTRIBUTES and what belongs to passed handles (alpc 7). */
enum {
    HANDLE_ENTRY_BYTES = 16
};

static const struct atr_flag_name security_flags[] = {
    {0x10000, "release"},
    {0x20000, "create_handle"},
    {0x40000, "no_section_handle"},
};

/* 0x40000 is "not secure" to one source and "secure" to another; LRPC clients always set it. */
static const struct atr_flag_name view_flags[] = {
    {0x10000, "release"},
    {0x20000, "auto_release"},
    {0x40000, "not_secure"},
};

static const struct atr_flag_name handle_flags[] = {
    {0x10000, "same_access"},
    {0x20000, "same_attributes"},
    {0x40000, "indirect"},
    {0x80000, "inherit"},
};

static void
put_flags(struct atr_fields *fields, enum atr_field field, uint32_t flags,
          const struct atr_flag_name *names, size_t count)
{
    atr_fields_uint(fields, field, flags);
    atr_layout_flags(fields, ATR_F_attr_flag_names, flags, names, count);
}

static void
put_object_type(struct atr_fields *fields, uint32_t object_type)
{
    const char *name = atr_names_object_type(object_type);

    atr_fields_uint(fields, ATR_F_attr_object_type, object_type);
    if (name != NULL) {
        atr_fields_string(fields, ATR_F_attr_object_type_name, name);
    }
}

static void
put_security(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_security);
    put_flags(fields, ATR_F_attr_security_flags, attributes->security.flags,
              ATR_LAYOUT(security_flags));
    atr_fields_uint(fields, ATR_F_attr_security_qos, attributes->security.qos);
    atr_fields_uint(fields, ATR_F_attr_security_context, attributes->security.context_handle);
    atr_fields_end(fields);
}

static void
put_view(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_view);
    put_flags(fields, ATR_F_attr_view_flags, attributes->view.flags, ATR_LAYOUT(view_flags));
    atr_fields_uint(fields, ATR_F_attr_view_section, attributes->view.section_handle);
    atr_fields_uint(fields, ATR_F_attr_view_base, attributes->view.base);
    atr_fields_uint(fields, ATR_F_attr_view_size, attributes->view.size_bytes);
    atr_fields_end(fields);
}

static void
put_context(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_context);
    atr_fields_uint(fields, ATR_F_attr_port_context, attributes->context.port_context);
    atr_fields_uint(fields, ATR_F_attr_message_context, attributes->context.message_context);
    atr_fields_uint(fields, ATR_F_attr_sequence, attributes->context.sequence);
    atr_fields_uint(fields, ATR_F_attr_message_id, attributes->context.message_id);
    atr_fields_uint(fields, ATR_F_attr_callback_id, attributes->context.callback_id);
    atr_fields_end(fields);
}

/*
 * Three forms: one handle, the address of an array, or, filled by the kernel, a handle and how many
 * were delivered. Of received flags the low bits are dirty, so that single bits are tested.
 */
static void
put_handle(struct atr_fields *fields, const struct atr_attributes *attributes, bool is_received)
{
    bool indirect = (attributes->handle.flags & ATR_HANDLE_INDIRECT) != 0;

    atr_fields_begin(fields, ATR_F_attr_handle);
    put_flags(fields, ATR_F_attr_handle_flags, attributes->handle.flags, ATR_LAYOUT(handle_flags));
    atr_fields_bool(fields, ATR_F_attr_handle_indirect, indirect);
    if (indirect && !is_received) {
        atr_fields_uint(fields, ATR_F_attr_handle_array, attributes->handle.handle);
        atr_fields_uint(fields, ATR_F_attr_handle_count, attributes->handle.object_type);
    } else {
        atr_fields_uint(fields, ATR_F_attr_handle_value, attributes->handle.handle);
        if (is_received) {
            atr_fields_uint(fields, ATR_F_attr_handle_delivered, attributes->handle.object_type);
        } else {
            put_object_type(fields, attributes->handle.object_type);
        }
        atr_fields_uint(fields, ATR_F_attr_handle_access, attributes->handle.access);
    }
    atr_fields_end(fields);
}

static void
put_token(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_token);
    atr_fields_uint(fields, ATR_F_attr_token_id, attributes->token.token_id);
    atr_fields_uint(fields, ATR_F_attr_authentication_id, attributes->token.authentication_id);
    atr_fields_uint(fields, ATR_F_attr_modified_id, attributes->token.modified_id);
    atr_fields_end(fields);
}

static void
put_direct(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_direct);
    atr_fields_uint(fields, ATR_F_attr_direct_event, attributes->direct.event);
    atr_fields_end(fields);
}

static void
put_work_on_behalf(struct atr_fields *fields, const struct atr_attributes *attributes)
{
    atr_fields_begin(fields, ATR_F_attr_work_on_behalf);
    atr_fields_uint(fields, ATR_F_attr_behalf_thread_id, attributes->work_on_behalf.thread_id);
    atr_fields_uint(fields, ATR_F_attr_behalf_creation_time,
                    attributes->work_on_behalf.creation_time_low);
    atr_fields_end(fields);
}

static void
put_all(struct atr_fields *fields, const struct atr_attributes *attributes, bool is_received)
{
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_SECURITY)) {
        put_security(fields, attributes);
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_VIEW)) {
        put_view(fields, attributes);
        atr_fields_bool(fields, ATR_F_attr_is_release, atr_attributes_is_release(attributes));
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_CONTEXT)) {
        put_context(fields, attributes);
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_HANDLE)) {
        put_handle(fields, attributes, is_received);
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_TOKEN)) {
        put_token(fields, attributes);
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_DIRECT)) {
        put_direct(fields, attributes);
    }
    if (atr_attributes_has(attributes, ATR_ATTRIBUTE_WORK_ON_BEHALF)) {
        put_work_on_behalf(fields, attributes);
    }
}

enum atr_status
atr_attributes_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                      struct atr_event *event)
{
    struct atr_attributes attributes;
    bool has_masks = atr_cursor_left(cur) >= 8;

    (void)atr_attributes_parse(cur, context->pointer_bytes == 4 ? 4 : 8, &attributes);
    if (has_masks) {
        atr_fields_uint(&event->fields, ATR_F_attr_size, attributes.size_bytes);
        atr_fields_uint(&event->fields, ATR_F_attr_allocated, attributes.allocated);
        atr_fields_uint(&event->fields, ATR_F_attr_valid, attributes.valid);
        put_all(&event->fields, &attributes, context->is_received);
    }
    return atr_layout_finish(cur, event);
}

/* Elements of the array an indirect HANDLE attribute names; the same on x86 (alpc 7.5). */
enum atr_status
atr_handle_array_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                        struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    size_t count = atr_cursor_left(cur) / HANDLE_ENTRY_BYTES;

    (void)context;
    if (count > ATR_HANDLES_MAX) {
        atr_decode_problem(event, "too_many_handles");
        count = ATR_HANDLES_MAX;
    }
    atr_fields_uint(fields, ATR_F_handle_count, count);
    atr_fields_begin(fields, ATR_F_handle_entries);
    for (size_t i = 0; i < count; i++) {
        uint32_t flags = atr_cursor_u32(cur);
        uint32_t handle = atr_cursor_u32(cur);
        uint32_t object_type = atr_cursor_u32(cur);

        atr_fields_begin(fields, ATR_F_item);
        put_flags(fields, ATR_F_attr_handle_flags, flags, ATR_LAYOUT(handle_flags));
        atr_fields_uint(fields, ATR_F_attr_handle_value, handle);
        put_object_type(fields, object_type);
        atr_fields_uint(fields, ATR_F_attr_handle_access, atr_cursor_u32(cur));
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
    if (count < ATR_HANDLES_MAX && atr_cursor_left(cur) > 0) {
        atr_cursor_skip(cur, HANDLE_ENTRY_BYTES); /* part of an entry: TRUNCATED */
    }
    return atr_layout_finish(cur, event);
}

/* ALPC_MESSAGE_HANDLE_INFORMATION (alpc 7.7). */
enum atr_status
atr_handle_information_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                              struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    uint32_t index = atr_cursor_u32(cur);
    uint32_t flags = atr_cursor_u32(cur);
    uint32_t handle = atr_cursor_u32(cur);
    uint32_t object_type = atr_cursor_u32(cur);
    uint32_t access = atr_cursor_u32(cur);

    (void)context;
    if (atr_cursor_ok(cur)) {
        atr_fields_uint(fields, ATR_F_attr_handle_index, index);
        put_flags(fields, ATR_F_attr_handle_flags, flags, ATR_LAYOUT(handle_flags));
        atr_fields_uint(fields, ATR_F_attr_handle_value, handle);
        put_object_type(fields, object_type);
        atr_fields_uint(fields, ATR_F_attr_handle_access, access);
    }
    return atr_layout_finish(cur, event);
}
