/* SPDX-License-Identifier: MIT */
#include "base/cursor.h"
#include "base/endian.h"
#include "event/record.h"
#include "event/record_layout.h"

#include <string.h>

/* What a record's fields are before it is read: what a record that is too short leaves. */
static void
set_missing(struct atr_event *event, const struct atr_layout *layout)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct atr_layout_field *field = &layout->fields[i];
        uint8_t *at = (uint8_t *)event + field->offset;

        if (field->missing == ATR_LAYOUT_ONES) {
            memset(at, 0xff, field->size_bytes);
        } else if (field->missing == ATR_LAYOUT_MIN) {
            const int32_t lowest = INT32_MIN;

            memcpy(at, &lowest, sizeof(lowest));
        }
    }
}

/* A text that is longer than the record keeps what is there. */
static struct atr_str
decode_str(struct atr_cursor *cur)
{
    size_t claim = atr_cursor_u32(cur);
    size_t left = atr_cursor_left(cur);
    struct atr_bytes bytes = atr_cursor_bytes(cur, claim < left ? claim : left);

    if (claim > left) {
        atr_cursor_skip(cur, claim);
    }
    if (bytes.size_bytes == 0) {
        return (struct atr_str){NULL, 0};
    }
    return atr_str_make((const char *)bytes.data, bytes.size_bytes);
}

/*
 * The elements of a list: as many as are there and as max allows. The cursor moves past all that
 * the list claims to have, so that fields behind it are found.
 */
static struct atr_cursor
decode_list(struct atr_cursor *cur, size_t element_bytes, uint32_t max, uint32_t *count)
{
    uint32_t claim = atr_cursor_u32(cur);
    size_t room = atr_cursor_left(cur) / element_bytes;
    size_t there = claim < room ? claim : room;
    struct atr_cursor list = atr_cursor_sub(cur, there * element_bytes);

    *count = there < max ? (uint32_t)there : max;
    if (claim > room) {
        atr_cursor_skip(cur, SIZE_MAX);
    } else if (claim > max) {
        atr_cursor_reject(cur);
    }
    return list;
}

static void
decode_frames(struct atr_cursor *cur, struct atr_event *event)
{
    uint32_t count;
    struct atr_cursor list = decode_list(cur, ATR_LAYOUT_FRAME_BYTES, ATR_FRAMES_MAX, &count);
    struct atr_frame *frames = atr_arena_alloc(event->arena, count, sizeof(*frames));

    if (frames == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        frames[i].address = atr_cursor_u64(&list);
        frames[i].text_string_id = atr_cursor_u32(&list);
        frames[i].module_id = atr_cursor_u32(&list);
        frames[i].rva = atr_cursor_u32(&list);
    }
    event->as.stack.frames = frames;
    event->as.stack.frame_count = count;
}

static void
decode_counters(struct atr_cursor *cur, struct atr_event *event)
{
    uint32_t count;
    struct atr_cursor list =
        decode_list(cur, ATR_LAYOUT_COUNTER_BYTES, ATR_DROP_COUNTERS_MAX, &count);
    struct atr_drop_counter *counters = atr_arena_alloc(event->arena, count, sizeof(*counters));

    if (counters == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        counters[i].cause = atr_cursor_u16(&list);
        counters[i].cpu = atr_cursor_u16(&list);
        counters[i].count = atr_cursor_u64(&list);
    }
    event->as.drops.counters = counters;
    event->as.drops.counter_count = count;
}

/* A number or GUID of the record to a field of the same size. */
static void
store_number(uint8_t *to, const uint8_t *from, uint8_t size_bytes)
{
    uint16_t value16;
    uint32_t value32;
    uint64_t value64;

    switch (size_bytes) {
    case 2:
        value16 = atr_get_u16(from);
        memcpy(to, &value16, sizeof(value16));
        break;
    case 4:
        value32 = atr_get_u32(from);
        memcpy(to, &value32, sizeof(value32));
        break;
    case 8:
        value64 = atr_get_u64(from);
        memcpy(to, &value64, sizeof(value64));
        break;
    default: /* one byte, or a GUID, which is bytes */
        memcpy(to, from, size_bytes);
        break;
    }
}

/* A number that is not all there leaves the field as it was. */
static void
decode_number(struct atr_cursor *cur, uint8_t size_bytes, uint8_t *to)
{
    struct atr_bytes bytes = atr_cursor_bytes(cur, size_bytes);

    if (bytes.data != NULL) {
        store_number(to, bytes.data, size_bytes);
    }
}

static void
decode_field(struct atr_cursor *cur, const struct atr_layout_field *field, struct atr_event *event)
{
    uint8_t *at = (uint8_t *)event + field->offset;

    if (field->type == ATR_LAYOUT_STR) {
        struct atr_str text = decode_str(cur);

        memcpy(at, &text, sizeof(text));
    } else if (field->type == ATR_LAYOUT_REST) {
        struct atr_bytes rest = atr_cursor_bytes(cur, atr_cursor_left(cur));

        memcpy(at, &rest, sizeof(rest));
    } else if (field->type == ATR_LAYOUT_FRAMES) {
        decode_frames(cur, event);
    } else if (field->type == ATR_LAYOUT_COUNTERS) {
        decode_counters(cur, event);
    } else {
        decode_number(cur, field->size_bytes, at);
    }
}

/* A record may stop after any field: an older writer knew no more. */
static void
decode_fields(struct atr_cursor *cur, const struct atr_layout *layout, struct atr_event *event)
{
    set_missing(event, layout);
    for (size_t i = 0; i < layout->field_count && atr_cursor_left(cur) > 0; i++) {
        decode_field(cur, &layout->fields[i], event);
    }
}

/* The fields of an enter or exit, by far the most frequent records: no table is walked. */
static void
decode_alpc(const uint8_t *at, bool is_exit, struct atr_alpc_record *out)
{
#define GET_U16(at) atr_get_u16(at)
#define GET_U32(at) atr_get_u32(at)
#define GET_U64(at) atr_get_u64(at)
#define ENTER_ROW(type, member, missing, name) \
    out->member = GET_##type(at);              \
    at += ATR_LAYOUT_##type##_BYTES;
#define EXIT_ROW(type, member, missing, name)  \
    if (is_exit) {                             \
        ENTER_ROW(type, member, missing, name) \
    }
#include "event/alpc_fields.def"
#undef ENTER_ROW
#undef EXIT_ROW
}

/* The fields of a kind with parts, which all are there from the start: bounded once. */
static void
decode_fixed(struct atr_cursor *cur, const struct atr_layout *layout, struct atr_event *event)
{
    const uint8_t *at;

    if (atr_cursor_left(cur) < layout->fixed_bytes) {
        decode_fields(cur, layout, event);
        atr_cursor_skip(cur, layout->fixed_bytes);
        return;
    }
    at = atr_cursor_bytes(cur, layout->fixed_bytes).data;
    if (event->kind == ATR_RECORD_ENTER || event->kind == ATR_RECORD_EXIT) {
        decode_alpc(at, event->kind == ATR_RECORD_EXIT, &event->as.alpc);
        return;
    }
    for (size_t i = 0; i < layout->field_count; i++) {
        store_number((uint8_t *)event + layout->fields[i].offset, at, layout->fields[i].size_bytes);
        at += layout->fields[i].size_bytes;
    }
}

/* A part that is cut by the end of the record keeps what is there. */
static void
decode_part(struct atr_cursor *cur, struct atr_event *event)
{
    const uint8_t *header = atr_cursor_bytes(cur, ATR_RECORD_PART_HEADER_BYTES).data;
    size_t left = atr_cursor_left(cur);
    struct atr_part part;
    size_t claim;

    if (header == NULL) {
        return;
    }
    part.type = atr_get_u16(header);
    part.flags = atr_get_u16(header + 2);
    part.original_bytes = atr_get_u32(header + 4);
    claim = atr_get_u32(header + 8);
    part.bytes = atr_cursor_bytes(cur, claim < left ? claim : left);
    if (part.original_bytes < part.bytes.size_bytes) {
        part.original_bytes = (uint32_t)part.bytes.size_bytes;
    }
    if (claim > left) {
        atr_cursor_skip(cur, claim);
    } else if (event->part_count == ATR_EVENT_PARTS_MAX) {
        atr_cursor_reject(cur);
    } else {
        left -= claim;
        atr_cursor_skip(cur, (4 - claim % 4) % 4 < left ? (4 - claim % 4) % 4 : left);
    }
    if (event->part_count < ATR_EVENT_PARTS_MAX) {
        event->parts[event->part_count++] = part;
    }
}

static void
decode_attributes(struct atr_event *event)
{
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_ATTRIBUTES);
    unsigned pointer_bytes = (event->flags & ATR_RECORD_WOW64) != 0 ? 4 : 8;
    struct atr_cursor cur;

    if (part != NULL) {
        cur = atr_cursor_make(part->bytes.data, part->bytes.size_bytes);
        atr_event_note(event, "attributes",
                       atr_attributes_parse(&cur, pointer_bytes, &event->attributes));
    }
}

static void
decode_parts(struct atr_cursor *cur, struct atr_event *event)
{
    while (atr_cursor_left(cur) > 0) {
        decode_part(cur, event);
    }
    if (event->kind == ATR_RECORD_ENTER || event->kind == ATR_RECORD_EXIT) {
        decode_attributes(event);
    } else {
        const struct atr_part *payload = atr_event_part_find(event, ATR_PART_PAYLOAD);

        event->as.etw.payload = payload == NULL ? (struct atr_bytes){NULL, 0} : payload->bytes;
    }
}

/* Gives a cursor behind the header, which may be longer than the one we know. */
static enum atr_status
decode_header(struct atr_cursor *cur, struct atr_event *event)
{
    uint8_t version = atr_cursor_u8(cur);
    uint16_t header_bytes;

    event->kind = atr_cursor_u8(cur);
    header_bytes = atr_cursor_u16(cur);
    event->source_id = atr_cursor_u32(cur);
    event->sequence = atr_cursor_u32(cur);
    event->flags = atr_cursor_u32(cur);
    if (atr_cursor_ok(cur) && version != ATR_RECORD_VERSION) {
        return ATR_UNSUPPORTED;
    }
    if (header_bytes < ATR_RECORD_HEADER_BYTES) {
        atr_cursor_reject(cur);
    }
    atr_cursor_seek(cur, header_bytes);
    return cur->status;
}

enum atr_status
atr_record_decode(struct atr_bytes record, struct atr_event *event)
{
    struct atr_cursor cur = atr_cursor_make(record.data, record.size_bytes);
    enum atr_status status = decode_header(&cur, event);
    const struct atr_layout *layout = atr_layout_find(event->kind);

    if (status == ATR_OK && layout == NULL) {
        status = ATR_UNSUPPORTED;
    }
    if (status != ATR_OK) {
        return status;
    }
    if (atr_layout_has_parts(layout)) {
        decode_fixed(&cur, layout, event);
        decode_parts(&cur, event);
    } else {
        decode_fields(&cur, layout, event);
    }
    return event->arena->exhausted ? ATR_LIMIT : cur.status;
}
