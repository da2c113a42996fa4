/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "decode/decode.h"
#include "decode/layout.h"
#include "decode/lrpc_parts.h"
#include "names/names.h"

/* Bind and its answer have one layout (lrpc 2); how far it reaches varies. */
enum {
    BIND_IDS_END = 0x2a,
    BIND_BYTES = 0x48,
};

static const uint16_t id_fields[ATR_SYNTAX_KINDS] = {ATR_F_rpc_id_ndr20, ATR_F_rpc_id_ndr64,
                                                     ATR_F_rpc_id_test};

static enum atr_direction
role_direction(enum atr_role role)
{
    switch (role) {
    case ATR_ROLE_REQUEST_SENT:
    case ATR_ROLE_REQUEST_RECEIVED:
        return ATR_DIRECTION_REQUEST;
    case ATR_ROLE_REPLY_SENT:
    case ATR_ROLE_REPLY_RECEIVED:
        return ATR_DIRECTION_ANSWER;
    default:
        return ATR_DIRECTION_UNKNOWN;
    }
}

/* Nothing in a bind tells which it is, but for a status that refuses. */
static enum atr_direction
bind_direction(const struct atr_lrpc_message *message, uint32_t status)
{
    if (message->context->direction != ATR_DIRECTION_UNKNOWN) {
        return message->context->direction;
    }
    if (status != 0 || message->context->has_request) {
        return ATR_DIRECTION_ANSWER;
    }
    return role_direction(message->event->role);
}

static void
interface_write(struct atr_event *event, const struct atr_rpc_interface *interface)
{
    struct atr_fields *fields = &event->fields;
    struct atr_interface_info info;

    if (fields->arena == NULL) {
        return;
    }
    atr_fields_guid(fields, ATR_F_rpc_interface_uuid, &interface->uuid);
    if (atr_names_interface(&interface->uuid, &info) && info.name.data != NULL) {
        atr_fields_text(fields, ATR_F_rpc_interface_name, info.name);
    }
    atr_fields_text(fields, ATR_F_rpc_interface_version,
                    atr_arena_format(event->arena, "%u.%u", (unsigned)interface->version_major,
                                     (unsigned)interface->version_minor));
}

static void
ids_write(struct atr_fields *fields, const struct atr_bind_fact *bind)
{
    atr_fields_begin(fields, ATR_F_rpc_binding_ids);
    for (unsigned i = 0; i < ATR_SYNTAX_KINDS; i++) {
        atr_fields_uint(fields, (enum atr_field)id_fields[i], bind->binding_ids[i]);
    }
    atr_fields_end(fields);
}

/* What exists afterwards (lrpc 2.1). */
static void
effect_write(struct atr_fields *fields, const struct atr_bind_fact *bind)
{
    atr_fields_begin(fields, ATR_F_rpc_effect);
    for (unsigned i = 0; i < ATR_SYNTAX_KINDS && bind->status == 0; i++) {
        if ((bind->syntax_set & 1U << i) != 0) {
            atr_fields_begin(fields, ATR_F_item);
            atr_fields_uint(fields, ATR_F_rpc_binding_id, bind->binding_ids[i]);
            atr_fields_string(fields, ATR_F_rpc_syntax, atr_syntax_text((enum atr_syntax)(i + 1)));
            atr_fields_end(fields);
        }
    }
    atr_fields_end(fields);
}

static void
put_bool(struct atr_lrpc_message *message, enum atr_field field)
{
    uint32_t value = atr_cursor_u32(message->cur);

    if (atr_cursor_ok(message->cur)) {
        atr_fields_bool(&message->event->fields, field, value != 0);
    }
}

/* Behind the ids: as much of it as the sender sent. */
static void
rest_decode(struct atr_lrpc_message *message)
{
    struct atr_cursor *cur = message->cur;
    uint64_t flow_id;

    atr_cursor_skip(cur, 2);
    put_bool(message, ATR_F_rpc_multiple);
    put_bool(message, ATR_F_rpc_use_flow);
    atr_cursor_skip(cur, 4);
    flow_id = atr_cursor_u64(cur);
    if (atr_cursor_ok(cur)) {
        atr_fields_uint(&message->event->fields, ATR_F_rpc_flow_id, flow_id);
    }
    (void)atr_lrpc_u32(message, ATR_F_rpc_context_id);
    atr_cursor_skip(cur, 4);
}

static void
tell(struct atr_event *event, const struct atr_bind_fact *bind, enum atr_direction direction)
{
    enum atr_fact_kind kind = direction != ATR_DIRECTION_ANSWER ? ATR_FACT_BIND_OFFERED
                              : bind->status == 0               ? ATR_FACT_BIND_ACCEPTED
                                                                : ATR_FACT_BIND_REFUSED;
    struct atr_fact *fact = atr_event_fact_add(event, kind);

    if (fact != NULL) {
        fact->as.bind = *bind;
    }
}

enum atr_status
atr_lrpc_bind_decode(struct atr_lrpc_message *message)
{
    struct atr_cursor *cur = message->cur;
    struct atr_fields *fields = &message->event->fields;
    struct atr_bind_fact bind = {.status = atr_cursor_u32(cur)};
    enum atr_direction direction = bind_direction(message, bind.status);

    bind.interface.uuid = atr_cursor_guid(cur);
    bind.interface.version_major = atr_cursor_u16(cur);
    bind.interface.version_minor = atr_cursor_u16(cur);
    bind.syntax_set = atr_cursor_u32(cur);
    for (unsigned i = 0; i < ATR_SYNTAX_KINDS; i++) {
        bind.binding_ids[i] = atr_cursor_u16(cur);
    }
    if (!atr_cursor_ok(cur)) {
        return atr_decode_error(message->event, ATR_TRUNCATED, "truncated");
    }
    tell(message->event, &bind, direction);
    atr_fields_bool(fields, ATR_F_rpc_answer, direction == ATR_DIRECTION_ANSWER);
    if (direction == ATR_DIRECTION_UNKNOWN) {
        atr_fields_grade(fields, ATR_GRADE_GUESS);
    }
    atr_lrpc_status_write(message, bind.status);
    interface_write(message->event, &bind.interface);
    atr_fields_uint(fields, ATR_F_rpc_syntax_set, bind.syntax_set);
    ids_write(fields, &bind);
    if (direction == ATR_DIRECTION_ANSWER) {
        effect_write(fields, &bind);
    }
    rest_decode(message);
    if (atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, message->event);
    }
    /* A short bind is one all the same, unless the capture cut it. */
    return message->original_bytes > cur->size_bytes && cur->size_bytes < BIND_BYTES ? ATR_TRUNCATED
                                                                                     : ATR_OK;
}
