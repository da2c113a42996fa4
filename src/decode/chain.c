/* SPDX-License-Identifier: MIT */
#include "decode/chain.h"

#include "base/utf.h"
#include "decode/decode.h"
#include "decode/event_rows.h"
#include "decode/lrpc_detect.h"
#include "names/names.h"

static const struct atr_part *
message_part(const struct atr_event *event)
{
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_PAYLOAD);

    return part != NULL ? part : atr_event_part_find(event, ATR_PART_CONNECTION);
}

static bool
is_answer(enum atr_role role)
{
    return role == ATR_ROLE_REPLY_SENT || role == ATR_ROLE_REPLY_RECEIVED;
}

static bool
is_request(enum atr_role role)
{
    return role == ATR_ROLE_REQUEST_SENT || role == ATR_ROLE_REQUEST_RECEIVED ||
           role == ATR_ROLE_DATAGRAM_SENT || role == ATR_ROLE_DATAGRAM_RECEIVED;
}

static bool
was_received(const struct atr_event *event)
{
    return event->kind == ATR_RECORD_EXIT;
}

static enum atr_direction
direction_of(const struct atr_event *event)
{
    return is_answer(event->role)    ? ATR_DIRECTION_ANSWER
           : is_request(event->role) ? ATR_DIRECTION_REQUEST
                                     : ATR_DIRECTION_UNKNOWN;
}

static void
decode_attributes(struct atr_event *event, const struct atr_decode_context *context)
{
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_ATTRIBUTES);
    struct atr_cursor cur;

    if (part == NULL || event->fields.arena == NULL) {
        return;
    }
    cur = atr_cursor_make(part->bytes.data, part->bytes.size_bytes);
    atr_fields_begin(&event->fields, ATR_F_event_attributes);
    atr_event_note(event, "attributes", atr_attributes_decode(&cur, context, event));
    atr_fields_end(&event->fields);
}

/* LRPC's request header as far as the choice of the binding needs it (lrpc 3). */
enum {
    LRPC_TYPE_REQUEST = 0,
    LRPC_FLAGS_OFFSET = 0x08,
    LRPC_HAS_OBJECT = 1,
    LRPC_BINDING_ID_OFFSET = 0x10,
    LRPC_OBJECT_OFFSET = 0x30,
};

static void
know_binding(const struct atr_session *session, const struct atr_event *event,
             struct atr_bytes payload, struct atr_decode_context *context)
{
    struct atr_cursor cur = atr_cursor_make(payload.data, payload.size_bytes);
    struct atr_binding binding;
    struct atr_guid object;
    uint32_t type = atr_cursor_u32(&cur);
    uint32_t binding_id;
    uint32_t flags;

    atr_cursor_seek(&cur, LRPC_FLAGS_OFFSET);
    flags = atr_cursor_u32(&cur);
    atr_cursor_seek(&cur, LRPC_BINDING_ID_OFFSET);
    binding_id = atr_cursor_u32(&cur);
    if (!atr_cursor_ok(&cur) || type != LRPC_TYPE_REQUEST) {
        return;
    }
    if (atr_session_find_binding(session, event, binding_id, &binding)) {
        context->has_interface = true;
        context->interface = binding.interface;
        context->interface_grade = binding.grade;
        context->syntax = binding.syntax;
        context->syntax_grade =
            binding.syntax == ATR_SYNTAX_UNKNOWN ? ATR_GRADE_NONE : binding.grade;
        return;
    }
    atr_cursor_seek(&cur, LRPC_OBJECT_OFFSET);
    object = atr_cursor_guid(&cur);
    if (atr_cursor_ok(&cur) && (flags & LRPC_HAS_OBJECT) != 0 &&
        atr_session_find_ipid(session, event->source_id, &object, &context->interface.uuid)) {
        context->has_interface = true;
        context->interface_grade = ATR_GRADE_INFERRED;
    }
}

static void
know_request(const struct atr_call *call, struct atr_decode_context *context)
{
    if (call == NULL || call->kind != ATR_CALL_RPC) {
        return;
    }
    context->has_request = true;
    context->request = call->rpc;
    context->has_interface = call->has_interface;
    context->interface = call->interface;
    context->interface_grade = call->interface_grade;
    context->syntax = call->syntax;
    context->syntax_grade = call->syntax_grade;
}

static void
context_fill(struct atr_decode_context *context, const struct atr_session *session,
             const struct atr_event *event, const struct atr_part *payload)
{
    const struct atr_part *view = atr_event_part_find(event, ATR_PART_VIEW);

    *context = (struct atr_decode_context){
        .pointer_bytes = (event->flags & ATR_RECORD_WOW64) != 0 ? 4 : 8,
        .os_build = atr_session_os_build(session, event->source_id),
        .port_name = event->port_name,
        .direction = direction_of(event),
        .is_received = was_received(event),
    };
    if (atr_attributes_has(&event->attributes, ATR_ATTRIBUTE_VIEW)) {
        context->view_size = event->attributes.view.size_bytes;
    }
    if (view != NULL) {
        context->view = view->bytes;
    }
    if (payload == NULL) {
        return;
    }
    context->original_bytes = payload->original_bytes;
    if (context->direction == ATR_DIRECTION_ANSWER) {
        know_request(event->call, context);
    } else {
        know_binding(session, event, payload->bytes, context);
    }
}

static bool
is_lrpc(const struct atr_event *event, const struct atr_part *payload,
        const struct atr_port_rule *rule)
{
    const struct atr_call *call = event->call;
    struct atr_lrpc_probe probe = {
        .bytes = payload->bytes,
        .original_bytes = payload->original_bytes,
        .port = rule != NULL ? ATR_LRPC_PORT_OTHER : ATR_LRPC_PORT_UNKNOWN,
        .has_header = (event->flags & ATR_RECORD_NO_HEADER) == 0,
        .message_type = event->as.alpc.message_type,
        .is_received = was_received(event),
        .request_seen = call != NULL && (call->kind == ATR_CALL_RPC || call->kind == ATR_CALL_BIND),
    };

    return atr_lrpc_detect(&probe) == ATR_LRPC_YES;
}

/* Connection data have layouts of their own. */
static const struct {
    const char *message;
    const char *connect;
} connect_kinds[] = {
    {"csr64", "csr_connect64"},
    {"sb64", "sb_connect"},
    {"lsa64", "lsa_connect"},
};

static const struct atr_decoder *
connect_decoder(const char *message)
{
    for (size_t i = 0; i < ATR_COUNT(connect_kinds); i++) {
        if (strcmp(message, connect_kinds[i].message) == 0) {
            return atr_decoder_find(atr_str_from(connect_kinds[i].connect));
        }
    }
    return NULL;
}

static bool
is_connect(const struct atr_event *event, const struct atr_part *payload)
{
    return payload->type == ATR_PART_CONNECTION || event->role == ATR_ROLE_CONNECT_SENT ||
           event->role == ATR_ROLE_CONNECT_RECEIVED ||
           event->role == ATR_ROLE_CONNECT_ANSWER_SENT ||
           event->role == ATR_ROLE_CONNECT_ANSWER_RECEIVED;
}

enum {
    MESSAGE_TYPE_ERROR_EVENT = 9
};

/* The port's name decides; without one the content may (other-protocols 1). */
static const struct atr_decoder *
choose_decoder(struct atr_decode_memo *memo, const struct atr_event *event,
               const struct atr_part *payload, bool *by_name)
{
    const struct atr_port_memo *port = atr_memo_port(memo, event->port_name);
    const struct atr_port_rule *rule = port->rule;

    *by_name = rule != NULL && rule->decoder != NULL;
    if (is_connect(event, payload)) {
        return *by_name ? connect_decoder(rule->decoder) : NULL;
    }
    if (event->role == ATR_ROLE_OTHER &&
        (event->as.alpc.message_type & 0xff) == MESSAGE_TYPE_ERROR_EVENT) {
        *by_name = true; /* told by the kernel's message type */
        return atr_decoder_find(ATR_STR("hard_error64"));
    }
    if (*by_name) {
        return port->decoder;
    }
    if (rule == NULL && is_lrpc(event, payload, rule)) {
        return atr_decoder_find(ATR_STR("lrpc"));
    }
    return NULL;
}

static bool
has_key(const struct atr_value *value, const char *key)
{
    return strcmp(atr_field_row_get((enum atr_field)value->field)->key, key) == 0;
}

/*
 * Protocols told by their rows alone: the parameters stand behind `name`, and what a reply returns
 * is the status in the header before it.
 */
static void
summarize(struct atr_event *event, const struct atr_value *first)
{
    for (const struct atr_value *value = first; value != NULL; value = value->next) {
        if (has_key(value, "name") && event->meaning.summary == NULL) {
            event->meaning.summary = value->next;
        }
        if (has_key(value, "return_value") || has_key(value, "status")) {
            event->meaning.result = value;
            if (event->meaning.summary == value) {
                event->meaning.summary = value->next;
            }
        }
    }
}

static void
decode_payload(const struct atr_decoder *decoder, const struct atr_part *payload,
               const struct atr_decode_context *context, struct atr_event *event)
{
    struct atr_cursor cur = atr_cursor_make(payload->bytes.data, payload->bytes.size_bytes);
    bool is_rpc = decoder->decode == atr_lrpc_decode;
    struct atr_value *message;
    enum atr_status status;

    if (!is_rpc) {
        event->fields.arena = event->arena;
    }
    atr_fields_begin(&event->fields, ATR_F_event_message);
    message = event->fields.depth > 0 ? event->fields.open[event->fields.depth - 1] : NULL;
    status = decoder->decode(&cur, context, event);
    atr_fields_end(&event->fields);
    event->meaning.protocol =
        event->meaning.protocol != NULL ? event->meaning.protocol : decoder->kind;
    if (!is_rpc && event->meaning.method_grade == ATR_GRADE_NONE) {
        event->meaning.method_grade = ATR_GRADE_BOUND;
    }
    if (!is_rpc && message != NULL) {
        summarize(event, message->as.children.first);
    }
    atr_event_note(event, event->meaning.protocol, status);
}

/* A connect that never reached a port still said which one it wanted. */
static void
name_by_argument(struct atr_event *event)
{
    const struct atr_part *name = atr_event_part_find(event, ATR_PART_OBJECT_NAME);

    if (name != NULL && name->bytes.size_bytes <= ATR_NAME_BYTES_MAX) {
        event->port_name = atr_utf16_to_utf8(event->arena, name->bytes);
    }
}

void
atr_decode_event(const struct atr_session *session, struct atr_decode_memo *memo,
                 struct atr_event *event)
{
    const struct atr_part *payload = message_part(event);
    const struct atr_decoder *decoder;
    struct atr_decode_context context;
    bool by_name;

    if (event->kind != ATR_RECORD_ENTER && event->kind != ATR_RECORD_EXIT) {
        return;
    }
    if (event->fields.arena != NULL) {
        atr_event_rows_begin(event);
    }
    if (event->port_name.size_bytes == 0) {
        name_by_argument(event);
    }
    context_fill(&context, session, event, payload);
    decode_attributes(event, &context);
    if (payload == NULL || payload->type != ATR_PART_PAYLOAD || event->role == ATR_ROLE_NONE ||
        event->role == ATR_ROLE_RELEASE || payload->original_bytes == 0) {
        return;
    }
    decoder = choose_decoder(memo, event, payload, &by_name);
    if (decoder != NULL) {
        if (decoder->pointer_bytes != 0) {
            context.pointer_bytes = decoder->pointer_bytes;
        }
        event->meaning.protocol_grade = by_name ? ATR_GRADE_BOUND : ATR_GRADE_INFERRED;
        decode_payload(decoder, payload, &context, event);
    }
}
