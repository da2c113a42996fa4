/* SPDX-License-Identifier: MIT */
#include "base/endian.h"
#include "event/record.h"
#include "event/record_layout.h"

#include <string.h>

enum {
    /* Fields of fixed size of a kind with texts: 70 at most. */
    FIXED_ROOM = 256,
    /* Bytes of a continuation around those of the part. */
    CONTINUATION_BYTES = ATR_RECORD_HEADER_BYTES + 8 + 1 + 2 + 8 + 4,
};

static uint32_t
minimum(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t
padded(uint32_t size_bytes)
{
    return (size_bytes + 3) & ~UINT32_C(3);
}

static uint32_t
add_capped(uint32_t a, uint64_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

static struct atr_str
field_text(const struct atr_layout_field *field, const struct atr_event *event)
{
    struct atr_str text;

    memcpy(&text, (const uint8_t *)event + field->offset, sizeof(text));
    return text;
}

/* Room for one text, so that all texts of the record fit together. */
static uint32_t
text_room(const struct atr_layout *layout)
{
    uint32_t texts = 0;

    for (size_t i = 0; i < layout->field_count; i++) {
        texts += layout->fields[i].type == ATR_LAYOUT_STR;
    }
    return (ATR_RECORD_BYTES_MAX - FIXED_ROOM) / (texts == 0 ? 1 : texts);
}

/* Bytes of a text that are stored: cut before a character, not inside one. */
static uint32_t
kept_text_bytes(struct atr_str text, uint32_t room)
{
    uint32_t kept = room;

    if (text.size_bytes <= room) {
        return (uint32_t)text.size_bytes;
    }
    while (kept > room - 3 && ((uint8_t)text.data[kept] & 0xc0) == 0x80) {
        kept--;
    }
    return kept;
}

static uint32_t
rest_bytes(const struct atr_event *event)
{
    size_t size_bytes = event->as.continuation.bytes.size_bytes;
    const uint32_t room = ATR_RECORD_BYTES_MAX - CONTINUATION_BYTES;

    return size_bytes < room ? (uint32_t)size_bytes : room;
}

static size_t
field_bytes(const struct atr_layout_field *field, const struct atr_event *event, uint32_t room)
{
    switch (field->type) {
    case ATR_LAYOUT_STR:
        return 4 + kept_text_bytes(field_text(field, event), room);
    case ATR_LAYOUT_FRAMES:
        return 4 + (size_t)ATR_LAYOUT_FRAME_BYTES *
                       minimum(event->as.stack.frame_count, ATR_FRAMES_MAX);
    case ATR_LAYOUT_COUNTERS:
        return 4 + (size_t)ATR_LAYOUT_COUNTER_BYTES *
                       minimum(event->as.drops.counter_count, ATR_DROP_COUNTERS_MAX);
    case ATR_LAYOUT_REST:
        return rest_bytes(event);
    default:
        return field->size_bytes;
    }
}

static uint8_t *
put_bytes(uint8_t *at, const void *bytes, size_t size_bytes)
{
    if (size_bytes > 0) {
        memcpy(at, bytes, size_bytes);
    }
    return at + size_bytes;
}

static uint8_t *
put_frames(uint8_t *at, const struct atr_stack_record *stack)
{
    uint32_t count = minimum(stack->frame_count, ATR_FRAMES_MAX);

    at = atr_put_u32(at, count);
    for (uint32_t i = 0; i < count; i++) {
        at = atr_put_u64(at, stack->frames[i].address);
        at = atr_put_u32(at, stack->frames[i].text_string_id);
        at = atr_put_u32(at, stack->frames[i].module_id);
        at = atr_put_u32(at, stack->frames[i].rva);
    }
    return at;
}

static uint8_t *
put_counters(uint8_t *at, const struct atr_drops_record *drops)
{
    uint32_t count = minimum(drops->counter_count, ATR_DROP_COUNTERS_MAX);

    at = atr_put_u32(at, count);
    for (uint32_t i = 0; i < count; i++) {
        at = atr_put_u16(at, drops->counters[i].cause);
        at = atr_put_u16(at, drops->counters[i].cpu);
        at = atr_put_u64(at, drops->counters[i].count);
    }
    return at;
}

static uint8_t *
put_number(uint8_t *at, uint8_t size_bytes, const uint8_t *from)
{
    uint16_t value16;
    uint32_t value32;
    uint64_t value64;

    switch (size_bytes) {
    case 2:
        memcpy(&value16, from, sizeof(value16));
        return atr_put_u16(at, value16);
    case 4:
        memcpy(&value32, from, sizeof(value32));
        return atr_put_u32(at, value32);
    case 8:
        memcpy(&value64, from, sizeof(value64));
        return atr_put_u64(at, value64);
    default: /* one byte, or a GUID, which is bytes */
        return put_bytes(at, from, size_bytes);
    }
}

static uint8_t *
put_field(uint8_t *at, const struct atr_layout_field *field, const struct atr_event *event,
          uint32_t room)
{
    if (field->type == ATR_LAYOUT_STR) {
        struct atr_str text = field_text(field, event);
        uint32_t kept = kept_text_bytes(text, room);

        return put_bytes(atr_put_u32(at, kept), text.data, kept);
    }
    if (field->type == ATR_LAYOUT_FRAMES) {
        return put_frames(at, &event->as.stack);
    }
    if (field->type == ATR_LAYOUT_COUNTERS) {
        return put_counters(at, &event->as.drops);
    }
    if (field->type == ATR_LAYOUT_REST) {
        return put_bytes(at, event->as.continuation.bytes.data, rest_bytes(event));
    }
    return put_number(at, field->size_bytes, (const uint8_t *)event + field->offset);
}

static uint8_t *
put_header(uint8_t *at, const struct atr_event *event, uint8_t kind, uint32_t flags)
{
    at = atr_put_u8(at, ATR_RECORD_VERSION);
    at = atr_put_u8(at, kind);
    at = atr_put_u16(at, ATR_RECORD_HEADER_BYTES);
    at = atr_put_u32(at, event->source_id);
    at = atr_put_u32(at, event->sequence);
    return atr_put_u32(at, flags);
}

static uint8_t *
put_part(uint8_t *at, const struct atr_part *part, uint32_t inline_bytes)
{
    bool is_continued = inline_bytes < part->bytes.size_bytes;
    uint32_t padding = padded(inline_bytes) - inline_bytes;

    at = atr_put_u16(at, part->type);
    at = atr_put_u16(at, (uint16_t)((part->flags & ~(unsigned)ATR_PART_CONTINUED) |
                                    (is_continued ? ATR_PART_CONTINUED : 0U)));
    at = atr_put_u32(at, part->original_bytes);
    at = atr_put_u32(at, inline_bytes);
    at = put_bytes(at, part->bytes.data, inline_bytes);
    memset(at, 0, padding);
    return at + padding;
}

/* Texts and lists that are stored in part: what is missing. */
static uint32_t
cut_field_bytes(const struct atr_layout *layout, const struct atr_event *event, uint32_t room)
{
    uint32_t cut = 0;

    for (size_t i = 0; i < layout->field_count; i++) {
        const struct atr_layout_field *field = &layout->fields[i];

        if (field->type == ATR_LAYOUT_STR) {
            struct atr_str text = field_text(field, event);

            cut = add_capped(cut, text.size_bytes - kept_text_bytes(text, room));
        } else if (field->type == ATR_LAYOUT_FRAMES &&
                   event->as.stack.frame_count > ATR_FRAMES_MAX) {
            cut = add_capped(cut, (uint64_t)ATR_LAYOUT_FRAME_BYTES *
                                      (event->as.stack.frame_count - ATR_FRAMES_MAX));
        } else if (field->type == ATR_LAYOUT_COUNTERS &&
                   event->as.drops.counter_count > ATR_DROP_COUNTERS_MAX) {
            cut = add_capped(cut, (uint64_t)ATR_LAYOUT_COUNTER_BYTES *
                                      (event->as.drops.counter_count - ATR_DROP_COUNTERS_MAX));
        } else if (field->type == ATR_LAYOUT_REST) {
            cut = add_capped(cut, event->as.continuation.bytes.size_bytes - rest_bytes(event));
        }
    }
    return cut;
}

static uint32_t
cut_part_bytes(const struct atr_record_encoder *encoder)
{
    uint32_t cut = 0;

    for (uint32_t i = 0; i < encoder->part_count; i++) {
        cut = add_capped(cut, (uint64_t)encoder->parts[i].original_bytes -
                                  encoder->parts[i].bytes.size_bytes);
    }
    return cut;
}

/* The parts that are stored: no longer than ATR_PART_MAX, no longer than they say they were. */
static void
take_part(struct atr_record_encoder *encoder, struct atr_part part)
{
    if (encoder->part_count == ATR_EVENT_PARTS_MAX) {
        return;
    }
    if (part.bytes.size_bytes > part.original_bytes) {
        part.original_bytes =
            part.bytes.size_bytes < UINT32_MAX ? (uint32_t)part.bytes.size_bytes : UINT32_MAX;
    }
    if (part.bytes.size_bytes > ATR_PART_MAX) {
        part.bytes.size_bytes = ATR_PART_MAX;
    }
    encoder->parts[encoder->part_count++] = part;
}

/* How much of each part fits the first record: the first parts first. */
static void
share_room(struct atr_record_encoder *encoder, const struct atr_layout *layout)
{
    uint32_t room = ATR_RECORD_BYTES_MAX - ATR_RECORD_HEADER_BYTES - layout->fixed_bytes -
                    encoder->part_count * (ATR_RECORD_PART_HEADER_BYTES + 3);

    for (uint32_t i = 0; i < encoder->part_count; i++) {
        encoder->inline_bytes[i] = minimum((uint32_t)encoder->parts[i].bytes.size_bytes, room);
        room -= encoder->inline_bytes[i];
    }
}

void
atr_record_encoder_init(struct atr_record_encoder *encoder, const struct atr_event *event)
{
    const struct atr_layout *layout = atr_layout_find(event->kind);

    *encoder = (struct atr_record_encoder){.event = event};
    if (layout == NULL || !atr_layout_has_parts(layout)) {
        return;
    }
    for (uint32_t i = 0; i < event->part_count; i++) {
        take_part(encoder, event->parts[i]);
    }
    if (event->kind != ATR_RECORD_ENTER && event->kind != ATR_RECORD_EXIT &&
        event->as.etw.payload.size_bytes > 0 &&
        atr_event_part_find(event, ATR_PART_PAYLOAD) == NULL) {
        take_part(encoder,
                  (struct atr_part){.type = ATR_PART_PAYLOAD, .bytes = event->as.etw.payload});
    }
    share_room(encoder, layout);
}

static enum atr_status
encode_first(struct atr_record_encoder *encoder, struct atr_text *out, uint32_t *cut_bytes)
{
    const struct atr_event *event = encoder->event;
    const struct atr_layout *layout = atr_layout_find(event->kind);
    size_t size_bytes = ATR_RECORD_HEADER_BYTES;
    uint32_t room;
    uint32_t cut;
    uint8_t *at;

    if (layout == NULL) {
        return ATR_UNSUPPORTED;
    }
    room = text_room(layout);
    for (size_t i = 0; i < layout->field_count; i++) {
        size_bytes += field_bytes(&layout->fields[i], event, room);
    }
    for (uint32_t i = 0; i < encoder->part_count; i++) {
        size_bytes += ATR_RECORD_PART_HEADER_BYTES + padded(encoder->inline_bytes[i]);
    }
    at = (uint8_t *)atr_text_reserve(out, size_bytes);
    if (at == NULL) {
        return out->status;
    }
    cut = add_capped(cut_field_bytes(layout, event, room), cut_part_bytes(encoder));
    at = put_header(at, event, event->kind, event->flags | (cut > 0 ? ATR_RECORD_TRUNCATED : 0U));
    for (size_t i = 0; i < layout->field_count; i++) {
        at = put_field(at, &layout->fields[i], event, room);
    }
    for (uint32_t i = 0; i < encoder->part_count; i++) {
        at = put_part(at, &encoder->parts[i], encoder->inline_bytes[i]);
    }
    out->size_bytes += size_bytes;
    *cut_bytes = cut;
    return ATR_OK;
}

/* Moves to the next bytes that are in no record yet; false when there are none. */
static bool
find_rest(struct atr_record_encoder *encoder)
{
    for (; encoder->part < encoder->part_count; encoder->part++, encoder->offset = 0) {
        if (encoder->offset == 0) {
            encoder->offset = encoder->inline_bytes[encoder->part];
        }
        if (encoder->offset < encoder->parts[encoder->part].bytes.size_bytes) {
            return true;
        }
    }
    return false;
}

static enum atr_status
encode_continuation(struct atr_record_encoder *encoder, struct atr_text *out)
{
    const struct atr_event *event = encoder->event;
    const struct atr_part *part = &encoder->parts[encoder->part];
    bool has_call = event->kind == ATR_RECORD_ENTER || event->kind == ATR_RECORD_EXIT;
    uint32_t left = (uint32_t)part->bytes.size_bytes - encoder->offset;
    uint32_t some = minimum(left, ATR_RECORD_BYTES_MAX - CONTINUATION_BYTES);
    uint8_t *at = (uint8_t *)atr_text_reserve(out, CONTINUATION_BYTES + some);

    if (at == NULL) {
        return out->status;
    }
    at = put_header(at, event, ATR_RECORD_CONTINUATION, event->flags);
    at = atr_put_u64(at, has_call ? event->as.alpc.call_id : 0);
    at = atr_put_u8(at, event->kind);
    at = atr_put_u16(at, part->type);
    at = atr_put_u64(at, encoder->offset);
    at = atr_put_u32(at, left - some);
    (void)put_bytes(at, part->bytes.data + encoder->offset, some);
    out->size_bytes += CONTINUATION_BYTES + some;
    encoder->offset += some;
    return ATR_OK;
}

enum atr_status
atr_record_encoder_next(struct atr_record_encoder *encoder, struct atr_text *out,
                        uint32_t *cut_bytes)
{
    atr_text_clear(out);
    if (!encoder->started) {
        encoder->started = true;
        return encode_first(encoder, out, cut_bytes);
    }
    if (!find_rest(encoder)) {
        return ATR_END;
    }
    *cut_bytes = 0;
    return encode_continuation(encoder, out);
}

enum atr_status
atr_record_encode(const struct atr_event *event, struct atr_text *out, uint32_t *cut_bytes)
{
    struct atr_record_encoder encoder;

    atr_record_encoder_init(&encoder, event);
    for (uint32_t i = 0; i < encoder.part_count; i++) {
        encoder.parts[i].bytes.size_bytes = encoder.inline_bytes[i];
    }
    return atr_record_encoder_next(&encoder, out, cut_bytes);
}
