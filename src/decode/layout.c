/* SPDX-License-Identifier: MIT */
#include "decode/layout.h"

#include "base/utf.h"
#include "decode/decode.h"

static const uint8_t number_bytes[] = {
    [ATR_LAYOUT_U8] = 1,
    [ATR_LAYOUT_U16] = 2,
    [ATR_LAYOUT_U32] = 4,
    [ATR_LAYOUT_U64] = 8,
};

static uint64_t
read_number(struct atr_cursor *cur, size_t size)
{
    atr_cursor_align(cur, size);
    switch (size) {
    case 1:
        return atr_cursor_u8(cur);
    case 2:
        return atr_cursor_u16(cur);
    case 4:
        return atr_cursor_u32(cur);
    default:
        return atr_cursor_u64(cur);
    }
}

static void
put_number(struct atr_cursor *cur, struct atr_event *event, unsigned field, uint64_t value)
{
    if (atr_cursor_ok(cur) && field != ATR_F_NONE) {
        atr_fields_uint(&event->fields, (enum atr_field)field, value);
    }
}

static void
put_unicode(struct atr_cursor *cur, unsigned pointer_bytes, unsigned field, struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    uint16_t length;
    uint16_t maximum;
    uint64_t buffer;

    atr_cursor_align(cur, pointer_bytes);
    length = atr_cursor_u16(cur);
    maximum = atr_cursor_u16(cur);
    buffer = read_number(cur, pointer_bytes);
    if (!atr_cursor_ok(cur)) {
        return;
    }
    atr_fields_begin(fields, (enum atr_field)field);
    atr_fields_uint(fields, ATR_F_unicode_length, length);
    atr_fields_uint(fields, ATR_F_unicode_maximum, maximum);
    atr_fields_uint(fields, ATR_F_unicode_buffer, buffer);
    atr_fields_end(fields);
}

/* Bytes before the first UTF-16 NUL. */
static size_t
wide_length(struct atr_bytes room)
{
    size_t at = 0;

    while (at + 1 < room.size_bytes && (room.data[at] != 0 || room.data[at + 1] != 0)) {
        at += 2;
    }
    return at;
}

/* What was captured of the room is read even when the rest of it is not there. */
static void
put_text(struct atr_cursor *cur, const struct atr_layout *row, uint64_t length,
         struct atr_event *event)
{
    size_t unit = row->kind == ATR_LAYOUT_ATEXT_LEN ? 1 : 2;
    size_t room_bytes = row->extra * unit;
    size_t left = atr_cursor_left(cur);
    struct atr_bytes room;
    struct atr_str text;

    if (!atr_cursor_ok(cur)) {
        return;
    }
    if (row->kind != ATR_LAYOUT_WTEXT && length > room_bytes) {
        atr_decode_problem(event, "string_overrun");
    }
    room = atr_cursor_bytes(cur, left < room_bytes ? left : room_bytes);
    if (row->kind == ATR_LAYOUT_WTEXT) {
        room.size_bytes = wide_length(room);
    } else if (length < room.size_bytes) {
        room.size_bytes = (size_t)length;
    }
    text = unit == 1 ? atr_str_make((const char *)room.data, room.size_bytes)
                     : atr_utf16_to_utf8(event->arena, room);
    if (text.data != NULL) {
        atr_fields_text(&event->fields, (enum atr_field)row->field, text);
    }
    if (left < room_bytes) {
        atr_cursor_skip(cur, room_bytes - left);
    }
}

/* Returns the number read, for the text whose length it may be. */
static uint64_t
decode_one(struct atr_cursor *cur, unsigned pointer_bytes, const struct atr_layout *row,
           uint64_t before, struct atr_event *event)
{
    uint64_t value = 0;
    struct atr_bytes bytes;

    switch (row->kind) {
    case ATR_LAYOUT_SEEK:
        atr_cursor_seek(cur, row->extra);
        break;
    case ATR_LAYOUT_UNICODE:
        put_unicode(cur, pointer_bytes, row->field, event);
        break;
    case ATR_LAYOUT_WTEXT:
    case ATR_LAYOUT_WTEXT_LEN:
    case ATR_LAYOUT_ATEXT_LEN:
        put_text(cur, row, before, event);
        break;
    case ATR_LAYOUT_BYTES:
        bytes = atr_cursor_bytes(cur, row->extra);
        if (bytes.data != NULL) {
            atr_fields_bytes(&event->fields, (enum atr_field)row->field, bytes);
        }
        break;
    case ATR_LAYOUT_POINTER:
        value = read_number(cur, pointer_bytes);
        put_number(cur, event, row->field, value);
        break;
    case ATR_LAYOUT_TAGGED:
        value = read_number(cur, pointer_bytes);
        put_number(cur, event, row->field, value & ~(uint64_t)3);
        put_number(cur, event, row->extra, value & 3);
        break;
    default:
        value = read_number(cur, number_bytes[row->kind]);
        put_number(cur, event, row->field, value);
        break;
    }
    return value;
}

enum atr_status
atr_layout_decode(struct atr_cursor *cur, unsigned pointer_bytes, const struct atr_layout *table,
                  size_t count, struct atr_event *event)
{
    unsigned pointer = pointer_bytes == 4 ? 4 : 8;
    uint64_t before = 0;

    for (size_t i = 0; i < count && atr_cursor_ok(cur); i++) {
        before = decode_one(cur, pointer, &table[i], before, event);
    }
    return cur->status;
}

void
atr_layout_flags(struct atr_fields *fields, enum atr_field list, uint32_t value,
                 const struct atr_flag_name *names, size_t count)
{
    atr_fields_begin(fields, list);
    for (size_t i = 0; i < count; i++) {
        if ((value & names[i].bit) != 0) {
            atr_fields_string(fields, ATR_F_item, names[i].name);
        }
    }
    atr_fields_end(fields);
}

enum atr_status
atr_layout_finish(struct atr_cursor *cur, struct atr_event *event)
{
    size_t left = atr_cursor_left(cur);
    enum atr_status status = cur->status;

    if (left > 0) {
        atr_fields_bytes(&event->fields, ATR_F_trailing, atr_cursor_bytes(cur, left));
    }
    if (status == ATR_TRUNCATED) {
        status = atr_decode_error(event, status, "truncated");
    }
    return status == ATR_OK && event->arena->exhausted ? ATR_LIMIT : status;
}
