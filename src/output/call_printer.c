/* SPDX-License-Identifier: MIT */
#include "event/words.h"
#include "output/call_text.h"
#include "output/queue.h"

#include <string.h>

/*
 * One line a call (`show`), or the same lines indented under the call that caused them (`tree`).
 */

/* Lines without a time: losses and marks. */
static enum atr_status
add_notice(struct atr_queue *queue, const struct atr_event *event, uint64_t lost)
{
    struct atr_held *held = atr_queue_add(queue, 0, 0);

    if (held == NULL) {
        return ATR_NOMEM;
    }
    held->is_notice = true;
    if (lost != 0) {
        atr_text_printf(&held->left, "-- lost %llu events --\n", (unsigned long long)lost);
    } else {
        atr_notice_write(&held->left, event);
    }
    atr_queue_complete(queue, held);
    return ATR_OK;
}

/* A message of the server's own that answers no call we know. */
static bool
from_server(const struct atr_event *event)
{
    return event->role == ATR_ROLE_REPLY_SENT || event->role == ATR_ROLE_REPLY_RECEIVED ||
           (event->role == ATR_ROLE_SENT && event->server.pid == event->as.alpc.pid &&
            event->client.pid != event->as.alpc.pid);
}

static void
render_left(struct atr_queue *queue, struct atr_held *held, const struct atr_event *event)
{
    held->time_ns = event->time_ns;
    held->time_known = (event->flags & ATR_RECORD_TIME_UNKNOWN) == 0;
    atr_party_memo_write(&queue->parties, &held->left, &event->client, &queue->style);
    atr_text_puts(&held->left, event->call == NULL && from_server(event) ? " <- " : " -> ");
}

static void
render_server(struct atr_queue *queue, struct atr_held *held, const struct atr_event *event)
{
    atr_text_clear(&held->server);
    atr_party_memo_write(&queue->parties, &held->server, &event->server, &queue->style);
}

/* An id nobody defined (a slice, a late start) stays a number. */
static void
write_port(struct atr_text *text, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;

    if (event->port_name.size_bytes > 0) {
        atr_text_name(text, event->port_name);
    } else if (alpc->port_id != 0) {
        atr_text_printf(text, "port#%u", (unsigned)alpc->port_id);
    } else if (alpc->handle != ATR_UNKNOWN_U32) {
        atr_text_printf(text, "handle 0x%x", (unsigned)alpc->handle);
    } else {
        atr_text_putc(text, '?');
    }
}

static void
render_request(struct atr_queue *queue, struct atr_held *held, const struct atr_event *event)
{
    bool is_connect = event->call != NULL && event->call->kind == ATR_CALL_CONNECT;

    atr_text_putc(&held->right, ' ');
    if (!is_connect) {
        write_port(&held->right, event);
        atr_text_puts(&held->right, "  ");
    }
    atr_request_write(&held->right, event, &queue->style);
}

static void
render_right(struct atr_queue *queue, struct atr_held *held, const struct atr_event *event)
{
    render_request(queue, held, event);
    atr_remarks_write(&held->right, event, &queue->style);
}

/* A line that waits for nothing. */
static enum atr_status
add_plain(struct atr_queue *queue, const struct atr_event *event, uint64_t parent_id)
{
    struct atr_held *held = atr_queue_add(queue, 0, parent_id);

    if (held == NULL) {
        return ATR_NOMEM;
    }
    render_left(queue, held, event);
    render_server(queue, held, event);
    render_right(queue, held, event);
    atr_details_write(&held->details, event, &queue->style, "message");
    atr_queue_complete(queue, held);
    return ATR_OK;
}

/*
 * Most messages of a recording are seen twice, where they were sent and where they arrived. Once
 * one was decoded from a whole view, another view of the same bytes has nothing to add.
 */
static const struct atr_part *
whole_payload(const struct atr_event *event)
{
    if (event->note_count > 0 ||
        (event->flags & (ATR_RECORD_TRUNCATED | ATR_RECORD_PART_FAULT)) != 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < event->part_count; i++) {
        if (event->parts[i].original_bytes > event->parts[i].bytes.size_bytes) {
            return NULL;
        }
    }
    return atr_event_part_find(event, ATR_PART_PAYLOAD);
}

static bool
is_wow64(const struct atr_event *event)
{
    return (event->flags & ATR_RECORD_WOW64) != 0;
}

static bool
is_again(const struct atr_message_copy *seen, const struct atr_event *event)
{
    const struct atr_part *payload = seen->size_bytes == 0 ? NULL : whole_payload(event);

    return payload != NULL && payload->bytes.size_bytes == seen->size_bytes &&
           seen->is_wow64 == is_wow64(event) &&
           memcmp(payload->bytes.data, seen->bytes, seen->size_bytes) == 0;
}

/* Of an RPC message, of which every value is on the line, and none lies elsewhere. */
static void
remember(struct atr_message_copy *copy, const struct atr_event *event)
{
    const struct atr_ndr_view *ndr = event->meaning.ndr;
    const struct atr_part *payload;

    copy->size_bytes = 0;
    if (event->call->kind != ATR_CALL_RPC || ndr == NULL || ndr->in_view) {
        return;
    }
    payload = whole_payload(event);
    if (payload != NULL && payload->bytes.size_bytes <= ATR_COPY_BYTES_MAX) {
        copy->size_bytes = (uint32_t)payload->bytes.size_bytes;
        copy->is_wow64 = is_wow64(event);
        memcpy(copy->bytes, payload->bytes.data, copy->size_bytes);
    }
}

static enum atr_status
begin_call(struct atr_queue *queue, const struct atr_event *event)
{
    struct atr_held *held = atr_queue_add(queue, event->call->id, event->call->parent_id);

    if (held == NULL) {
        return ATR_NOMEM;
    }
    held->wants_result = true;
    render_left(queue, held, event);
    render_server(queue, held, event);
    render_right(queue, held, event);
    atr_details_write(&held->details, event, &queue->style, "request");
    remember(&held->request, event);
    atr_queue_count(queue, held);
    return ATR_OK;
}

static bool
is_reply(const struct atr_event *event)
{
    return event->role == ATR_ROLE_REPLY_SENT || event->role == ATR_ROLE_REPLY_RECEIVED ||
           event->role == ATR_ROLE_CONNECT_ANSWER_RECEIVED || event->role == ATR_ROLE_NONE;
}

static void
set_latency(struct atr_held *held, const struct atr_event *event)
{
    const struct atr_call *call = event->call;
    const struct atr_call_side *side = call->client.seen ? &call->client : &call->server;

    if (held->time_known && side->end_ns >= side->begin_ns && side->end_ns != 0) {
        held->has_latency = true;
        held->latency_ns = side->end_ns - side->begin_ns;
    }
}

static enum atr_status
continue_call(struct atr_queue *queue, const struct atr_event *event, struct atr_held *held)
{
    const struct atr_call *call = event->call;

    if (event->role == ATR_ROLE_REQUEST_RECEIVED || event->role == ATR_ROLE_CONNECT_RECEIVED) {
        render_server(queue, held, event);
        return ATR_OK;
    }
    if (!is_reply(event)) {
        return ATR_OK;
    }
    /* Both ends saw the reply: the client's view is the later one and counts. */
    if (call->kind == ATR_CALL_BIND) {
        atr_text_clear(&held->right);
        render_request(queue, held, event); /* the syntax that was agreed */
    }
    if (event->need == ATR_NEED_ALL) {
        atr_text_clear(&held->result);
        atr_result_write(&held->result, event, &queue->style);
        remember(&held->reply, event);
    }
    atr_remarks_write(&held->result, event, &queue->style);
    if (call->ended || !call->client.seen) {
        atr_details_write(&held->details, event, &queue->style, "reply");
        set_latency(held, event);
    }
    if (call->ended) {
        atr_queue_complete(queue, held);
    } else {
        atr_queue_count(queue, held);
    }
    return ATR_OK;
}

/* Its line left the queue long ago, without the reply. */
static enum atr_status
resume_call(struct atr_queue *queue, const struct atr_event *event)
{
    struct atr_held *held = atr_queue_add(queue, 0, 0);

    if (held == NULL) {
        return ATR_NOMEM;
    }
    render_left(queue, held, event);
    render_server(queue, held, event);
    atr_text_puts(&held->right, " <... ");
    if (event->meaning.method.size_bytes > 0) {
        atr_text_name(&held->right, event->meaning.method);
        atr_text_putc(&held->right, ' ');
    }
    atr_text_puts(&held->right, "resumed>");
    atr_result_write(&held->result, event, &queue->style);
    atr_remarks_write(&held->result, event, &queue->style);
    set_latency(held, event);
    atr_details_write(&held->details, event, &queue->style, "reply");
    atr_queue_complete(queue, held);
    return ATR_OK;
}

static enum atr_status
call_event(struct atr_queue *queue, const struct atr_event *event)
{
    const struct atr_call *call = event->call;
    struct atr_held *held = atr_queue_find(queue, call->id);

    if (call->kind == ATR_CALL_DATAGRAM) {
        bool is_first = event->role == ATR_ROLE_DATAGRAM_SENT || !call->client.seen;

        return is_first ? add_plain(queue, event, call->parent_id) : ATR_OK;
    }
    if (held != NULL) {
        return continue_call(queue, event, held);
    }
    if (event->role == ATR_ROLE_REQUEST_SENT || event->role == ATR_ROLE_CONNECT_SENT ||
        (event->role == ATR_ROLE_REQUEST_RECEIVED && !call->client.seen)) {
        return begin_call(queue, event);
    }
    return is_reply(event) && call->ended ? resume_call(queue, event) : ATR_OK;
}

/* Messages that belong to no call we know of. */
static bool
is_worth_a_line(const struct atr_event *event)
{
    return event->role != ATR_ROLE_NONE && event->role != ATR_ROLE_RELEASE &&
           event->role != ATR_ROLE_CONNECT_ANSWER_SENT;
}

static enum atr_status
queue_event(struct atr_queue *queue, const struct atr_event *event)
{
    enum atr_status status = ATR_OK;

    if (event->lost_before > 0) {
        status = add_notice(queue, event, event->lost_before);
    }
    if (status != ATR_OK) {
        return status;
    }
    switch (event->kind) {
    case ATR_RECORD_MANIFEST:
        queue->time.utc_bias_minutes = event->as.manifest.utc_bias_minutes;
        return ATR_OK;
    case ATR_RECORD_DROPS:
    case ATR_RECORD_MARK:
        return add_notice(queue, event, 0);
    case ATR_RECORD_ENTER:
    case ATR_RECORD_EXIT:
        if (event->call != NULL) {
            return call_event(queue, event);
        }
        return is_worth_a_line(event) ? add_plain(queue, event, 0) : ATR_OK;
    default:
        return ATR_OK;
    }
}

/* What the request said of its interface stands: nothing better is to come from another view. */
static bool
is_settled(const struct atr_call *call)
{
    return call->has_interface && call->interface_grade == ATR_GRADE_BOUND &&
           call->syntax_grade == ATR_GRADE_BOUND;
}

static enum atr_need
printer_needs(const void *state, const struct atr_event *event)
{
    const struct atr_queue *queue = state;
    const struct atr_call *call = event->call;
    const struct atr_held *held;

    if (queue->style.fields) {
        return ATR_NEED_ALL;
    }
    if (call == NULL) {
        return is_worth_a_line(event) ? ATR_NEED_ALL : ATR_NEED_RECORD;
    }
    held = call->kind == ATR_CALL_RPC && call->client.seen ? atr_queue_find(queue, call->id) : NULL;
    if (held == NULL) {
        return ATR_NEED_ALL;
    }
    if (event->role == ATR_ROLE_REQUEST_RECEIVED) {
        return is_settled(call) && is_again(&held->request, event) ? ATR_NEED_PARTIES
                                                                   : ATR_NEED_ALL;
    }
    return event->role == ATR_ROLE_REPLY_RECEIVED && (!call->has_status || call->status == 0) &&
                   is_again(&held->reply, event)
               ? ATR_NEED_RECORD
               : ATR_NEED_ALL;
}

static enum atr_status
printer_create(void **state, const struct atr_style *style, struct atr_sink sink,
               const struct atr_heap *heap, bool is_tree)
{
    struct atr_queue *queue = atr_heap_alloc(heap, 1, sizeof(*queue));

    if (queue == NULL) {
        return ATR_NOMEM;
    }
    atr_queue_init(queue, style, sink, heap, is_tree);
    *state = queue;
    return ATR_OK;
}

static enum atr_status
list_create(void **state, const struct atr_style *style, struct atr_sink sink,
            const struct atr_heap *heap)
{
    return printer_create(state, style, sink, heap, false);
}

static enum atr_status
tree_create(void **state, const struct atr_style *style, struct atr_sink sink,
            const struct atr_heap *heap)
{
    return printer_create(state, style, sink, heap, true);
}

static enum atr_status
printer_event(void *state, const struct atr_event *event)
{
    enum atr_status status = queue_event(state, event);

    return status == ATR_OK && atr_queue_is_due(state) ? atr_queue_flush(state, false) : status;
}

static enum atr_status
printer_finish(void *state)
{
    return atr_queue_flush(state, true);
}

static void
printer_destroy(void *state)
{
    struct atr_queue *queue = state;

    if (queue != NULL) {
        struct atr_heap heap = queue->heap;

        atr_queue_fini(queue);
        atr_heap_free(&heap, queue);
    }
}

const struct atr_printer_ops atr_call_printer = {
    .name = "calls",
    .create = list_create,
    .event = printer_event,
    .needs = printer_needs,
    .finish = printer_finish,
    .destroy = printer_destroy,
};

const struct atr_printer_ops atr_tree_printer = {
    .name = "tree",
    .create = tree_create,
    .event = printer_event,
    .needs = printer_needs,
    .finish = printer_finish,
    .destroy = printer_destroy,
};
