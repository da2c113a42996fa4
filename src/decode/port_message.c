/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"
#include "event/words.h"

/* PORT_MESSAGE (alpc 1 to 4). */
enum {
    HEADER_X64 = 0x28,
    HEADER_X86 = 0x18,
    TYPE_MASK = 0xff,
    TYPE_CLIENT_DIED = 6,
    TYPE_CONNECTION_REQUEST = 10,
};

struct port_message {
    uint16_t data_length;
    uint16_t total_length;
    uint16_t type;
    uint16_t data_info_offset;
    unsigned header_size; /* 0: unknown */
    size_t captured;      /* bytes, header included */
};

static const struct atr_flag_name type_flags[] = {
    {0x1000, "wow64_receiver"},
    {0x2000, "continuation_required"},
    {0x4000, "no_impersonate"},
    {0x8000, "kernel_mode"},
};

enum {
    TYPE_FLAGS_KNOWN = 0xf000
};

static void
put_start(struct atr_fields *fields, const struct port_message *message)
{
    uint16_t type = message->type & TYPE_MASK;
    uint16_t unknown = message->type & (uint16_t) ~(TYPE_FLAGS_KNOWN | TYPE_MASK);
    const char *name = atr_message_type_text(type);

    if (message->header_size != 0) {
        atr_fields_uint(fields, ATR_F_header_size, message->header_size);
    }
    atr_fields_uint(fields, ATR_F_data_length, message->data_length);
    atr_fields_uint(fields, ATR_F_total_length, message->total_length);
    atr_fields_uint(fields, ATR_F_message_type_raw, message->type);
    atr_fields_uint(fields, ATR_F_message_type, type);
    if (name != NULL) {
        atr_fields_string(fields, ATR_F_message_type_name, name);
    }
    atr_layout_flags(fields, ATR_F_message_type_flags, message->type, type_flags,
                     ATR_COUNT(type_flags));
    if (unknown != 0) {
        atr_fields_uint(fields, ATR_F_message_type_unknown, unknown);
    }
    atr_fields_uint(fields, ATR_F_data_info_offset, message->data_info_offset);
}

/* The part whose layout depends on the size of pointers. */
static void
put_ids(struct atr_cursor *cur, const struct port_message *message, struct atr_fields *fields)
{
    unsigned pointer_bytes = message->header_size == HEADER_X86 ? 4 : 8;
    uint64_t pid = atr_cursor_pointer(cur, pointer_bytes);
    uint64_t tid = atr_cursor_pointer(cur, pointer_bytes);
    uint32_t message_id = atr_cursor_u32(cur);
    uint64_t last;

    atr_cursor_align(cur, pointer_bytes);
    last = atr_cursor_pointer(cur, pointer_bytes);
    if (!atr_cursor_ok(cur)) {
        return;
    }
    atr_fields_uint(fields, ATR_F_client_pid, pid);
    atr_fields_uint(fields, ATR_F_client_tid, tid);
    atr_fields_uint(fields, ATR_F_message_id, message_id);
    atr_fields_uint(fields, ATR_F_callback_id, (uint32_t)(last & UINT32_MAX));
    if ((message->type & TYPE_MASK) == TYPE_CONNECTION_REQUEST) {
        atr_fields_uint(fields, ATR_F_client_view_size, last);
    }
}

/* Legacy LPC senders may leave slack behind the payload, so more than the sum is fine. */
static enum atr_status
judge_lengths(const struct port_message *message, struct atr_event *event)
{
    size_t total = message->total_length;

    if (total == 0 && message->data_length == 0) {
        atr_decode_problem(event, "no_message"); /* a receive buffer nobody filled */
        return ATR_OK;
    }
    if (total < message->data_length) {
        atr_decode_problem(event, "total_less_than_data");
        return ATR_MALFORMED;
    }
    if (total - message->data_length < message->header_size) {
        atr_decode_problem(event, "header_size_mismatch");
        return ATR_MALFORMED;
    }
    if (message->captured < total) {
        atr_decode_problem(event, "payload_truncated");
        return ATR_TRUNCATED;
    }
    return ATR_OK;
}

/* cur stands behind the header. */
static void
put_payload(struct atr_cursor *cur, const struct port_message *message, struct atr_event *event)
{
    size_t end =
        message->total_length < message->captured ? message->total_length : message->captured;
    size_t size = end > message->header_size ? end - message->header_size : 0;
    struct atr_cursor payload;
    struct atr_cursor time;

    if (size > message->data_length) {
        size = message->data_length;
    }
    payload = atr_cursor_sub(cur, size);
    time = payload;
    if (size < message->data_length) {
        atr_fields_uint(&event->fields, ATR_F_payload_captured, size);
    }
    if (size > 0) {
        atr_fields_bytes(&event->fields, ATR_F_payload, atr_cursor_bytes(&payload, size));
    }
    if ((message->type & TYPE_MASK) == TYPE_CLIENT_DIED && size >= 8) {
        atr_fields_uint(&event->fields, ATR_F_client_create_time, atr_cursor_u64(&time));
    }
}

/*
 * PORT_DATA_INFORMATION: a count, then {address, size}. Its place is judged by what the message
 * claims, its entries are read from what was captured.
 */
static enum atr_status
put_data_info(struct atr_cursor *cur, const struct port_message *message, struct atr_event *event)
{
    unsigned pointer_bytes = message->header_size == HEADER_X86 ? 4 : 8;
    size_t offset = message->data_info_offset;
    uint32_t count;

    if (offset < message->header_size || offset + pointer_bytes > message->total_length) {
        atr_decode_problem(event, "data_info_outside_message");
        return ATR_MALFORMED;
    }
    atr_cursor_seek(cur, offset);
    count = atr_cursor_u32(cur);
    if (count > (message->total_length - offset - pointer_bytes) / ((size_t)2 * pointer_bytes)) {
        atr_decode_problem(event, "data_info_overrun");
        return ATR_MALFORMED;
    }
    atr_cursor_seek(cur, offset + pointer_bytes);
    atr_fields_begin(&event->fields, ATR_F_data_info);
    for (uint32_t i = 0; i < count && atr_cursor_ok(cur); i++) {
        uint64_t base = atr_cursor_pointer(cur, pointer_bytes);
        uint32_t size = atr_cursor_u32(cur);

        atr_cursor_skip(cur, pointer_bytes - 4);
        if (atr_cursor_ok(cur)) {
            atr_fields_begin(&event->fields, ATR_F_item);
            atr_fields_uint(&event->fields, ATR_F_data_info_base, base);
            atr_fields_uint(&event->fields, ATR_F_data_info_size, size);
            atr_fields_end(&event->fields);
        }
    }
    atr_fields_end(&event->fields);
    return cur->status;
}

/* Derives the header size from an honest sender's lengths (alpc 1). */
static unsigned
header_size_find(const struct atr_decode_context *context, const struct port_message *message)
{
    int difference = message->total_length - message->data_length;

    if (context->pointer_bytes != 0) {
        return context->pointer_bytes == 4 ? HEADER_X86 : HEADER_X64;
    }
    return difference == HEADER_X64 || difference == HEADER_X86 ? (unsigned)difference : 0;
}

/* Nothing behind the first four numbers has a known place; the payload is taken as 64-bit. */
static enum atr_status
decode_unknown_size(struct atr_cursor *cur, const struct port_message *message,
                    struct atr_event *event)
{
    size_t end =
        message->total_length < message->captured ? message->total_length : message->captured;

    if (message->total_length == 0 && message->data_length == 0) {
        atr_decode_problem(event, "no_message");
        return ATR_OK;
    }
    atr_decode_problem(event, "header_size_unknown");
    if (end > HEADER_X64) {
        atr_cursor_seek(cur, HEADER_X64);
        atr_fields_bytes(&event->fields, ATR_F_payload, atr_cursor_bytes(cur, end - HEADER_X64));
        atr_fields_grade(&event->fields, ATR_GRADE_GUESS);
    }
    return ATR_MALFORMED;
}

static enum atr_status
decode(struct atr_cursor *cur, const struct atr_decode_context *context, struct atr_event *event)
{
    struct port_message message = {.captured = atr_cursor_left(cur)};
    struct atr_cursor info = *cur;
    enum atr_status status;

    message.data_length = atr_cursor_u16(cur);
    message.total_length = atr_cursor_u16(cur);
    message.type = atr_cursor_u16(cur);
    message.data_info_offset = atr_cursor_u16(cur);
    if (!atr_cursor_ok(cur)) {
        return atr_decode_error(event, ATR_TRUNCATED, "truncated");
    }
    message.header_size = header_size_find(context, &message);
    put_start(&event->fields, &message);
    if (message.header_size == 0) {
        return decode_unknown_size(cur, &message, event);
    }
    put_ids(cur, &message, &event->fields);
    if (!atr_cursor_ok(cur)) {
        return atr_decode_error(event, ATR_TRUNCATED, "truncated");
    }
    status = judge_lengths(&message, event);
    put_payload(cur, &message, event);
    if (message.data_info_offset != 0 && status != ATR_MALFORMED) {
        enum atr_status info_status = put_data_info(&info, &message, event);

        status = status == ATR_OK ? info_status : status;
    }
    return status;
}

enum atr_status
atr_port_message_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                        struct atr_event *event)
{
    enum atr_status status = decode(cur, context, event);

    return status == ATR_OK && event->arena->exhausted ? ATR_LIMIT : status;
}
