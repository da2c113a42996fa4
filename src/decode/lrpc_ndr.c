/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"
#include "decode/lrpc_parts.h"
#include "decode/ndr.h"
#include "decode/ndr_guess.h"
#include "decode/objref.h"
#include "decode/orpc.h"

/*
 * From LRPC to the arguments: find the NDR bytes, let ORPC take its headers off, then read the
 * values by a given list of types or guess them.
 */

enum {
    ORPCTHIS_BYTES = 0x20,
};

/* How the bytes of the NDR are, before anybody looks into them. */
static enum atr_status
bytes_status(const struct atr_ndr_view *view)
{
    return view->bytes.size_bytes < view->original_bytes ? ATR_TRUNCATED : ATR_OK;
}

/* LargeDataSize, a claim about the view; 4 bytes of padding follow it (lrpc 3, 4). */
static enum atr_status
find_in_view(struct atr_lrpc_message *message, struct atr_ndr_view *view)
{
    const struct atr_decode_context *context = message->context;
    struct atr_cursor *cur = message->cur;
    uint32_t size_bytes = atr_lrpc_u32(message, ATR_F_rpc_large_size);

    if (!atr_cursor_ok(cur)) {
        return atr_decode_error(message->event, ATR_TRUNCATED, "truncated");
    }
    if (atr_cursor_left(cur) >= sizeof(uint32_t)) {
        atr_cursor_skip(cur, sizeof(uint32_t));
    }
    view->original_bytes = size_bytes;
    view->bytes = context->view;
    if (view->bytes.size_bytes > size_bytes) {
        view->bytes.size_bytes = size_bytes;
    }
    if (context->view_size != 0 && size_bytes > context->view_size) {
        atr_decode_problem(message->event, "large_data_exceeds_view");
        return ATR_MALFORMED;
    }
    if (view->bytes.data == NULL && size_bytes != 0) {
        atr_decode_problem(message->event, "view_not_captured");
        return ATR_TRUNCATED;
    }
    return bytes_status(view);
}

static enum atr_status
find_in_message(struct atr_lrpc_message *message, struct atr_ndr_view *view)
{
    struct atr_cursor *cur = message->cur;
    size_t offset = cur->position;

    view->bytes = atr_cursor_bytes(cur, atr_cursor_left(cur));
    view->original_bytes = message->original_bytes - offset;
    atr_fields_uint(&message->event->fields, ATR_F_rpc_ndr_offset, offset);
    return bytes_status(view);
}

static void
place_write(struct atr_fields *fields, const struct atr_ndr_view *view)
{
    atr_fields_bool(fields, ATR_F_rpc_ndr_in_view, view->in_view);
    atr_fields_uint(fields, ATR_F_rpc_ndr_length, view->original_bytes);
    if (view->bytes.size_bytes < view->original_bytes) {
        atr_fields_uint(fields, ATR_F_rpc_ndr_captured, view->bytes.size_bytes);
    }
}

/* A response is COM if its request was; a request says so itself, once its bytes are at hand. */
static bool
is_orpc(struct atr_lrpc_message *message, const struct atr_ndr_view *view,
        const struct atr_rpc_fact *rpc, enum atr_direction direction)
{
    const struct atr_decode_context *context = message->context;
    bool found = direction == ATR_DIRECTION_ANSWER
                     ? context->has_request && context->request.is_orpc
                     : atr_orpc_is_request(view->bytes, rpc);
    bool known = direction == ATR_DIRECTION_ANSWER
                     ? context->has_request
                     : !rpc->has_object || found || bytes_status(view) == ATR_OK ||
                           view->bytes.size_bytes >= ORPCTHIS_BYTES;

    if (known) {
        atr_fields_bool(&message->event->fields, ATR_F_is_orpc, found);
    }
    return found;
}

/* Headers in front of the parameters; most calls have none. */
static void
orpc_decode(struct atr_lrpc_message *message, struct atr_ndr_view *view,
            const struct atr_rpc_fact *rpc, enum atr_direction direction)
{
    const struct atr_decode_context *context = message->context;
    bool is_answer = direction == ATR_DIRECTION_ANSWER;
    const struct atr_rpc_fact *request = is_answer ? &context->request : rpc;
    enum atr_status status;

    if (rpc->is_orpc) {
        status = is_answer ? atr_orpc_response_decode(context, message->event, view, request)
                           : atr_orpc_request_decode(context, message->event, view, request);
        atr_event_note(message->event, "orpc", status);
    } else if (!is_answer || context->has_request) {
        status = atr_orpc_explicit_decode(context, message->event, view, request, direction);
        if (status != ATR_UNSUPPORTED) {
            atr_event_note(message->event, "orpc", status);
        }
    }
}

/* What the bytes alone say of the syntax, beside what was agreed: a check for whoever doubts. */
static void
judge_syntax(struct atr_event *event, const struct atr_ndr_view *view,
             const struct atr_ndr_guess_options *agreed)
{
    struct atr_ndr_guess_options options = *agreed;
    struct atr_ndr_view judged = *view;

    options.syntax = ATR_SYNTAX_UNKNOWN;
    options.words = false;
    atr_ndr_guess(event->arena, &judged, &options);
    if (judged.syntax != ATR_SYNTAX_UNKNOWN) {
        atr_fields_string(&event->fields, ATR_F_ndr_syntax_guess, atr_syntax_text(judged.syntax));
        atr_fields_grade(&event->fields, ATR_GRADE_GUESS);
    }
}

/*
 * Arguments that begin with the counts of a string, the maximum and the actual one equal as stubs
 * write them, which the message has no room for: somebody lies about a string.
 */
static bool
has_lying_string(const struct atr_ndr_view *view)
{
    struct atr_cursor cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    unsigned count_bytes = view->syntax == ATR_SYNTAX_NDR20 ? 4 : 8;
    uint64_t limit = count_bytes == 4 ? UINT32_MAX : UINT64_MAX;
    uint64_t max;
    uint64_t offset;
    uint64_t actual;

    atr_cursor_seek(&cur, view->params_offset);
    max = atr_cursor_pointer(&cur, count_bytes);
    offset = atr_cursor_pointer(&cur, count_bytes);
    actual = atr_cursor_pointer(&cur, count_bytes);
    if (!atr_cursor_ok(&cur) || max != actual || actual == 0 ||
        view->bytes.size_bytes < view->original_bytes) {
        return false;
    }
    return offset > limit - actual || (offset == 0 && actual > atr_cursor_left(&cur));
}

static void
values_decode(struct atr_lrpc_message *message, struct atr_ndr_view *view,
              enum atr_direction direction)
{
    const struct atr_decode_context *context = message->context;
    struct atr_event *event = message->event;
    struct atr_ndr_guess_options options = {
        .syntax = context->syntax,
        .syntax_grade = context->syntax_grade,
        .params_offset = view->params_offset,
        .pointer_bytes = context->pointer_bytes,
        .is_response = direction == ATR_DIRECTION_ANSWER,
        .words = event->fields.arena != NULL,
    };

    if (context->params != NULL) {
        atr_event_note(
            event, "ndr",
            atr_ndr_params_read(event->arena, view, context->params, context->param_count));
    } else {
        atr_ndr_guess(event->arena, view, &options);
    }
    for (uint32_t i = 0; i < view->item_count && view->params_offset == 0; i++) {
        if (view->items[i].kind == ATR_NDR_OBJREF) {
            atr_interface_pointers_decode(event, view->bytes, 0); /* ORPC does its own */
            break;
        }
    }
    if (event->fields.arena != NULL) {
        if (view->error == NULL && context->syntax_grade == ATR_GRADE_BOUND &&
            has_lying_string(view)) {
            view->error = "string_overrun";
        }
        atr_ndr_fields(event, view);
        if (context->syntax != ATR_SYNTAX_UNKNOWN) {
            judge_syntax(event, view, &options);
        }
    }
}

enum atr_status
atr_lrpc_ndr_decode(struct atr_lrpc_message *message, struct atr_rpc_fact *rpc, bool in_view,
                    enum atr_direction direction)
{
    struct atr_event *event = message->event;
    struct atr_ndr_view *view = atr_arena_alloc(event->arena, 1, sizeof(*view));
    struct atr_fact *fact = atr_event_fact_add(
        event, direction == ATR_DIRECTION_ANSWER ? ATR_FACT_RPC_RESPONSE : ATR_FACT_RPC_REQUEST);
    enum atr_status status;

    if (view == NULL || fact == NULL) {
        return ATR_LIMIT;
    }
    *view = (struct atr_ndr_view){
        .syntax = message->context->syntax,
        .syntax_grade = message->context->syntax_grade,
        .in_view = in_view,
    };
    status = in_view ? find_in_view(message, view) : find_in_message(message, view);
    fact->as.rpc = *rpc;
    if (in_view && !atr_cursor_ok(message->cur)) {
        return status;
    }
    place_write(&event->fields, view);
    rpc->is_orpc = is_orpc(message, view, rpc, direction);
    fact->as.rpc.is_orpc = rpc->is_orpc;
    event->meaning.ndr = view;
    orpc_decode(message, view, rpc, direction);
    values_decode(message, view, direction);
    if (atr_cursor_left(message->cur) > 0) {
        (void)atr_layout_finish(message->cur, event);
    }
    return status;
}
