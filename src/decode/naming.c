/* SPDX-License-Identifier: MIT */
#include "decode/chain.h"
#include "decode/event_rows.h"
#include "names/names.h"

enum {
    LEAF_BYTES_MAX = 256 /* of a module, in a frame */
};

static struct atr_str
frame_text(const struct atr_session *session, struct atr_event *event,
           const struct atr_frame *frame)
{
    struct atr_str text = atr_session_find_string(session, event->source_id, frame->text_string_id);
    const struct atr_module_record *module;
    struct atr_str leaf;

    if (text.data != NULL) {
        return text;
    }
    module = atr_session_find_module(session, event->source_id, frame->module_id);
    if (module == NULL || module->path.data == NULL) {
        return (struct atr_str){NULL, 0};
    }
    leaf = atr_str_leaf(module->path);
    return atr_arena_format(
        event->arena, "%.*s+0x%x",
        (int)(leaf.size_bytes < LEAF_BYTES_MAX ? leaf.size_bytes : LEAF_BYTES_MAX), leaf.data,
        (unsigned)frame->rva);
}

static void
resolve_frames(const struct atr_session *session, struct atr_event *event)
{
    uint32_t count;
    const struct atr_frame *frames =
        atr_session_find_stack(session, event->source_id, event->as.alpc.stack_id, &count);
    struct atr_frame_text *texts;

    if (event->frames != NULL || count == 0) {
        return;
    }
    texts = atr_arena_alloc(event->arena, count, sizeof(*texts));
    if (texts == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        texts[i].address = frames[i].address;
        texts[i].text = frame_text(session, event, &frames[i]);
    }
    event->frames = texts;
    event->frame_count = count;
}

/* "winlogon!WluiDisplayStatus+0xf9" without its offset. */
static struct atr_str
without_offset(struct atr_str frame)
{
    for (size_t i = frame.size_bytes; i > 0; i--) {
        if (frame.data[i - 1] == '+') {
            return atr_str_make(frame.data, i - 1);
        }
    }
    return frame;
}

static bool
is_client_call(struct atr_str frame)
{
    size_t bang = atr_str_find(frame, ATR_STR("!"));

    return atr_str_equal_nocase(atr_str_make(frame.data, bang), ATR_STR("rpcrt4")) &&
           (atr_str_starts(atr_str_skip(frame, bang + 1), ATR_STR("NdrClientCall")) ||
            atr_str_starts(atr_str_skip(frame, bang + 1), ATR_STR("Ndr64AsyncClientCall")) ||
            atr_str_starts(atr_str_skip(frame, bang + 1), ATR_STR("NdrAsyncClientCall")));
}

/* The first frame above rpcrt4's client entry is the stub that was called (lrpc 9). */
static struct atr_str
client_stub(const struct atr_event *event)
{
    for (uint32_t i = 0; i + 1 < event->frame_count; i++) {
        struct atr_str above = event->frames[i + 1].text;

        if (event->frames[i].text.data != NULL && is_client_call(event->frames[i].text) &&
            above.data != NULL && !is_client_call(above)) {
            return without_offset(above);
        }
    }
    return (struct atr_str){NULL, 0};
}

static void
name_by_stub(const struct atr_session *session, struct atr_event *event)
{
    struct atr_str method;
    struct atr_guid uuid;
    size_t bang;

    if (event->as.alpc.stack_id == 0) {
        return;
    }
    resolve_frames(session, event);
    event->meaning.stub = client_stub(event);
    if (event->meaning.stub.data == NULL) {
        return;
    }
    bang = atr_str_find(event->meaning.stub, ATR_STR("!"));
    if (atr_names_procedure_by_stub(atr_str_skip(event->meaning.stub, bang + 1),
                                    event->call->rpc.opnum, &method, &uuid)) {
        event->meaning.method = method;
        event->meaning.method_grade = ATR_GRADE_INFERRED;
    }
}

static void
name_by_interface(const struct atr_session *session, struct atr_decode_memo *memo,
                  struct atr_event *event)
{
    const struct atr_call *call = event->call;
    const struct atr_method_memo *names =
        atr_memo_method(memo, &call->interface.uuid, call->rpc.opnum,
                        atr_session_os_build(session, event->source_id));

    event->meaning.interface = names->interface;
    if (names->method.data != NULL) {
        event->meaning.method = names->method;
        event->meaning.method_grade = names->certain ? call->interface_grade : ATR_GRADE_GUESS;
    }
}

static void
name_status(struct atr_event *event)
{
    const struct atr_call *call = event->call;
    char buffer[ATR_STATUS_NAME_BYTES];
    struct atr_str name = {NULL, 0};

    if (call->bind_refused) {
        name = atr_names_rpc_status(call->bind.status, buffer);
    } else if (call->has_fault) {
        name = atr_names_rpc_status(call->fault_status, buffer);
    } else if (call->has_status && call->status != 0) {
        name = atr_names_ntstatus(call->status);
    } else if (event->meaning.result != NULL && event->meaning.result->as.number != 0) {
        name = atr_names_ntstatus((uint32_t)event->meaning.result->as.number);
    }
    if (name.data != NULL) {
        event->meaning.status = atr_arena_str(event->arena, name);
    }
}

void
atr_name_event(const struct atr_session *session, struct atr_decode_memo *memo,
               struct atr_event *event, bool want_frames)
{
    const struct atr_call *call = event->call;

    if (event->kind != ATR_RECORD_ENTER && event->kind != ATR_RECORD_EXIT) {
        return;
    }
    if (call != NULL && call->kind == ATR_CALL_BIND) {
        struct atr_interface_info info;

        if (atr_names_interface(&call->bind.interface.uuid, &info)) {
            event->meaning.interface = info.name;
        }
    } else if (call != NULL && call->kind == ATR_CALL_RPC && call->has_interface) {
        name_by_interface(session, memo, event);
    } else if (call != NULL && call->kind == ATR_CALL_RPC) {
        name_by_stub(session, event);
    }
    if (call != NULL) {
        name_status(event);
    }
    if (want_frames && event->as.alpc.stack_id != 0) {
        resolve_frames(session, event);
    }
    atr_event_rows_end(event);
}
