/* SPDX-License-Identifier: MIT */
#include "base/cursor.h"
#include "base/endian.h"
#include "event/record.h"
#include "event/record_layout.h"

#include <string.h>

/* Where a part lies in its record. */
struct place {
    unsigned number; /* of the part, from 1; 0 before the first */
    size_t header;   /* offset of the part's header */
    uint16_t type;
    uint16_t flags;
    uint32_t original_bytes;
    uint32_t captured_bytes;
};

struct identity {
    uint8_t kind;
    uint32_t source_id;
    uint32_t sequence;
    uint64_t call_id; /* of kinds that have one, which is their first field */
};

/* Leaves the cursor behind the header. */
static struct identity
read_identity(struct atr_cursor *cur)
{
    struct identity identity = {.call_id = 0};
    uint16_t header_bytes;

    if (atr_cursor_u8(cur) != ATR_RECORD_VERSION) {
        atr_cursor_reject(cur);
    }
    identity.kind = atr_cursor_u8(cur);
    header_bytes = atr_cursor_u16(cur);
    identity.source_id = atr_cursor_u32(cur);
    identity.sequence = atr_cursor_u32(cur);
    atr_cursor_skip(cur, 4);
    if (header_bytes < ATR_RECORD_HEADER_BYTES) {
        atr_cursor_reject(cur);
    }
    atr_cursor_seek(cur, header_bytes);
    return identity;
}

/* A cursor at the first part; its status is not OK when the record has none. */
static struct atr_cursor
find_parts(struct atr_bytes record, struct identity *identity)
{
    struct atr_cursor cur = atr_cursor_make(record.data, record.size_bytes);
    const struct atr_layout *layout;

    *identity = read_identity(&cur);
    layout = atr_layout_find(identity->kind);
    if (layout == NULL || !atr_layout_has_parts(layout)) {
        atr_cursor_reject(&cur);
    } else if (identity->kind == ATR_RECORD_ENTER || identity->kind == ATR_RECORD_EXIT) {
        identity->call_id = atr_cursor_u64(&cur);
        atr_cursor_skip(&cur, layout->fixed_bytes - sizeof(identity->call_id));
    } else {
        atr_cursor_skip(&cur, layout->fixed_bytes);
    }
    return cur;
}

static size_t
padding_of(uint32_t size_bytes)
{
    return (4 - size_bytes % 4) % 4;
}

/* The next part that goes on; false when there is none. */
static bool
next_continued(struct atr_cursor *cur, struct place *place)
{
    while (atr_cursor_left(cur) > 0 && place->number < ATR_EVENT_PARTS_MAX) {
        size_t padding;

        place->number++;
        place->header = cur->position;
        place->type = atr_cursor_u16(cur);
        place->flags = atr_cursor_u16(cur);
        place->original_bytes = atr_cursor_u32(cur);
        place->captured_bytes = atr_cursor_u32(cur);
        atr_cursor_skip(cur, place->captured_bytes);
        padding = padding_of(place->captured_bytes);
        atr_cursor_skip(cur, padding < atr_cursor_left(cur) ? padding : atr_cursor_left(cur));
        if (atr_cursor_ok(cur) && (place->flags & ATR_PART_CONTINUED) != 0) {
            return true;
        }
    }
    return false;
}

bool
atr_record_is_continued(struct atr_bytes record)
{
    struct identity identity;
    struct place place = {.number = 0};
    struct atr_cursor cur = find_parts(record, &identity);

    return next_continued(&cur, &place);
}

struct continuation {
    struct identity identity; /* its call id: of the record continued */
    uint8_t kind;             /* continued */
    uint16_t part_type;
    uint64_t offset;
    uint32_t left_bytes;
    struct atr_bytes bytes;
};

static bool
read_continuation(struct atr_bytes record, struct continuation *out)
{
    struct atr_cursor cur = atr_cursor_make(record.data, record.size_bytes);

    out->identity = read_identity(&cur);
    out->identity.call_id = atr_cursor_u64(&cur);
    out->kind = atr_cursor_u8(&cur);
    out->part_type = atr_cursor_u16(&cur);
    out->offset = atr_cursor_u64(&cur);
    out->left_bytes = atr_cursor_u32(&cur);
    out->bytes = atr_cursor_bytes(&cur, atr_cursor_left(&cur));
    return atr_cursor_ok(&cur) && out->identity.kind == ATR_RECORD_CONTINUATION;
}

/* Puts the bytes behind those the part has, and moves what follows. */
static enum atr_status
insert(struct atr_text *record, const struct place *place, const struct continuation *more)
{
    uint32_t captured = place->captured_bytes + (uint32_t)more->bytes.size_bytes;
    size_t end = place->header + ATR_RECORD_PART_HEADER_BYTES + place->captured_bytes;
    size_t old_padding = padding_of(place->captured_bytes);
    size_t next = record->size_bytes - end < old_padding ? record->size_bytes : end + old_padding;
    size_t rest = record->size_bytes - next;
    size_t grown = end + more->bytes.size_bytes + padding_of(captured);
    uint8_t *data;

    if (atr_text_reserve(record, more->bytes.size_bytes + 3) == NULL) {
        return record->status;
    }
    data = (uint8_t *)record->data;
    memmove(data + grown, data + next, rest);
    if (more->bytes.size_bytes > 0) {
        memcpy(data + end, more->bytes.data, more->bytes.size_bytes);
    }
    memset(data + grown - padding_of(captured), 0, padding_of(captured));
    if (more->left_bytes == 0) {
        (void)atr_put_u16(data + place->header + 2,
                          (uint16_t)(place->flags & ~(unsigned)ATR_PART_CONTINUED));
    }
    (void)atr_put_u32(data + place->header + 8, captured);
    record->size_bytes = grown + rest;
    return ATR_OK;
}

enum atr_status
atr_record_join(struct atr_text *record, struct atr_bytes continuation)
{
    struct atr_bytes first = {(const uint8_t *)record->data, record->size_bytes};
    struct continuation more;
    struct identity identity;
    struct place place = {.number = 0};
    struct atr_cursor cur = find_parts(first, &identity);
    enum atr_status status = ATR_ARG;

    if (!read_continuation(continuation, &more) || more.kind != identity.kind ||
        more.identity.source_id != identity.source_id ||
        more.identity.sequence != identity.sequence || more.identity.call_id != identity.call_id) {
        return ATR_ARG;
    }
    do {
        if (!next_continued(&cur, &place)) {
            return status;
        }
        status = place.type == more.part_type ? ATR_MALFORMED : status;
    } while (place.type != more.part_type || place.captured_bytes != more.offset);
    if (more.offset + more.bytes.size_bytes > ATR_PART_MAX) {
        return ATR_LIMIT;
    }
    return insert(record, &place, &more);
}
