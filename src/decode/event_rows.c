/* SPDX-License-Identifier: MIT */
#include "decode/event_rows.h"

#include "event/words.h"
#include "names/names.h"

/* 100 ns from 1601 to 1970. */
#define UNIX_EPOCH_100NS UINT64_C(116444736000000000)

static void
text_row(struct atr_fields *fields, enum atr_field field, struct atr_str text)
{
    if (text.size_bytes > 0) {
        atr_fields_text(fields, field, text);
    }
}

static void
number_row(struct atr_fields *fields, enum atr_field field, uint32_t number)
{
    if (number != ATR_UNKNOWN_U32) {
        atr_fields_uint(fields, field, number);
    }
}

static void
party_rows(struct atr_fields *fields, const struct atr_party *party, enum atr_field image,
           enum atr_field pid, enum atr_field tid)
{
    if (party->known) {
        text_row(fields, image, party->image);
        number_row(fields, pid, party->pid);
        number_row(fields, tid, party->tid);
    }
}

void
atr_event_rows_begin(struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    struct atr_fields *fields = &event->fields;

    atr_fields_uint(fields, ATR_F_event_number, event->number);
    if ((event->flags & ATR_RECORD_TIME_UNKNOWN) == 0) {
        atr_fields_uint(fields, ATR_F_event_time, event->time_ns / 100 + UNIX_EPOCH_100NS);
    }
    atr_fields_string(fields, ATR_F_event_kind, event->kind == ATR_RECORD_ENTER ? "enter" : "exit");
    atr_fields_string(fields, ATR_F_event_service, atr_operation_text(alpc->operation));
    number_row(fields, ATR_F_event_pid, alpc->pid);
    number_row(fields, ATR_F_event_tid, alpc->tid);
    party_rows(fields, &event->client, ATR_F_event_client, ATR_F_event_client_pid,
               ATR_F_event_client_tid);
    party_rows(fields, &event->server, ATR_F_event_server, ATR_F_event_server_pid,
               ATR_F_event_server_tid);
    text_row(fields, ATR_F_event_port, event->port_name);
    number_row(fields, ATR_F_event_handle, alpc->handle);
    atr_fields_uint(fields, ATR_F_event_flags_source, event->flags);
    if ((event->flags & ATR_RECORD_NO_HEADER) == 0) {
        atr_fields_uint(fields, ATR_F_event_flags, alpc->flags);
        atr_fields_uint(fields, ATR_F_message_id, alpc->message_id);
        atr_fields_uint(fields, ATR_F_callback_id, alpc->callback_id);
        atr_fields_uint(fields, ATR_F_message_type_raw, alpc->message_type);
        atr_fields_uint(fields, ATR_F_data_length, alpc->data_length);
    }
    if (event->kind == ATR_RECORD_EXIT && (event->flags & ATR_RECORD_DEFERRED) == 0) {
        atr_fields_uint(fields, ATR_F_event_status, alpc->status);
        text_row(fields, ATR_F_event_status_name, atr_names_ntstatus(alpc->status));
        atr_fields_uint(fields, ATR_F_event_duration, alpc->duration_ns);
    }
    if (alpc->stack_id != 0) {
        atr_fields_uint(fields, ATR_F_event_stack_id, alpc->stack_id);
    }
    if (event->lost_before != 0) {
        atr_fields_uint(fields, ATR_F_event_lost, event->lost_before);
    }
}

static void
call_rows(struct atr_event *event)
{
    const struct atr_call *call = event->call;
    const struct atr_call_side *side = call->client.seen ? &call->client : &call->server;
    struct atr_fields *fields = &event->fields;

    atr_fields_uint(fields, ATR_F_event_call, call->id);
    if (call->parent_id != 0) {
        atr_fields_uint(fields, ATR_F_event_parent, call->parent_id);
    }
    if (call->reply_seen) {
        atr_fields_string(fields, ATR_F_event_reply_pairing, atr_pairing_text(call->reply_pairing));
    }
    if (call->client.seen && call->server.seen) {
        atr_fields_string(fields, ATR_F_event_side_pairing, atr_pairing_text(call->side_pairing));
    }
    if (side->end_ns > side->begin_ns && (event->flags & ATR_RECORD_TIME_UNKNOWN) == 0) {
        atr_fields_uint(fields, ATR_F_event_latency, side->end_ns - side->begin_ns);
    }
    if (call->kind == ATR_CALL_RPC) {
        atr_fields_string(fields, ATR_F_event_interface_grade,
                          atr_grade_text(call->interface_grade));
    }
}

void
atr_event_rows_end(struct atr_event *event)
{
    const struct atr_meaning *meaning = &event->meaning;
    struct atr_fields *fields = &event->fields;

    if (fields->arena == NULL) {
        return;
    }
    atr_fields_string(fields, ATR_F_event_role, atr_role_text(event->role));
    if (event->call != NULL) {
        call_rows(event);
    }
    text_row(fields, ATR_F_event_interface, meaning->interface);
    if (meaning->method.size_bytes > 0) {
        atr_fields_text(fields, ATR_F_event_method, meaning->method);
        atr_fields_string(fields, ATR_F_event_method_grade, atr_grade_text(meaning->method_grade));
    }
    text_row(fields, ATR_F_event_stub, meaning->stub);
    if (event->note_count > 0) {
        atr_fields_begin(fields, ATR_F_event_notes);
        for (uint32_t i = 0; i < event->note_count; i++) {
            atr_fields_text(fields, ATR_F_event_note,
                            atr_arena_format(event->arena, "%s %s", event->notes[i].decoder,
                                             atr_status_text(event->notes[i].status)));
        }
        atr_fields_end(fields);
    }
}
