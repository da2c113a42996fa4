/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "base/utf.h"
#include "decode/decode.h"
#include "decode/lrpc_parts.h"

/*
 * Extended error information: type serialization version 1 (MS-RPCE 2.2.6) of a chain of
 * ExtendedErrorInfo (MS-EERR 2.2.1.8). `Next` is the first member, so that the bodies of the whole
 * chain come first and then, from the last record to the first, the texts they point to.
 */
enum {
    BLOB_VERSION = 1,
    BLOB_LITTLE_ENDIAN = 0x10,
    BLOB_HEADER_BYTES = 8,
    NAME_PRESENT = 1,
    NAME_ABSENT = 2,
};

enum param_type {
    PARAM_ANSI = 1,
    PARAM_UNICODE = 2,
    PARAM_LONG = 3,
    PARAM_SHORT = 4,
    PARAM_HYPER = 5,
    PARAM_NONE = 6,
    PARAM_BLOB = 7,
};

struct param {
    uint16_t type; /* enum param_type */
    uint32_t referent;
    uint64_t number;
    struct atr_bytes bytes; /* behind the referent */
};

struct record {
    struct record *next;
    struct record *previous;
    uint32_t next_referent;
    struct param name; /* UNICODE when there is one */
    uint32_t pid;
    uint64_t time;
    uint32_t component;
    uint32_t status;
    uint16_t location;
    uint16_t flags;
    uint32_t param_count;
    struct param params[ATR_EEINFO_PARAMS_MAX];
};

/* EEAString, EEUString, BinaryEEInfo: i16 length and a pointer. */
static void
counted_parse(struct atr_cursor *cur, struct param *out)
{
    atr_cursor_align(cur, 4);
    (void)atr_cursor_u16(cur); /* the referent has the same count */
    atr_cursor_align(cur, 4);
    out->referent = atr_cursor_u32(cur);
}

/* The discriminant is there twice: a member, and of the union. */
static uint16_t
tag_parse(struct atr_cursor *cur)
{
    uint16_t type = atr_cursor_u16(cur);

    if (atr_cursor_u16(cur) != type) {
        atr_cursor_reject(cur);
    }
    return type;
}

static void
param_parse(struct atr_cursor *cur, size_t alignment, struct param *out)
{
    atr_cursor_align(cur, alignment);
    *out = (struct param){.type = tag_parse(cur)};
    switch (out->type) {
    case PARAM_ANSI:
    case PARAM_UNICODE:
    case PARAM_BLOB:
        counted_parse(cur, out);
        break;
    case PARAM_LONG:
        atr_cursor_align(cur, 4);
        out->number = atr_cursor_u32(cur);
        break;
    case PARAM_SHORT:
        out->number = atr_cursor_u16(cur);
        break;
    case PARAM_HYPER:
        atr_cursor_align(cur, 8);
        out->number = atr_cursor_u64(cur);
        break;
    case PARAM_NONE:
        break;
    default:
        atr_cursor_reject(cur);
        break;
    }
}

/*
 * A parameter's union holds a 64-bit arm. Whether that aligns each element of the array is not
 * documented: the alignment whose tags make sense is taken.
 */
static void
params_parse(struct atr_cursor *cur, struct record *out)
{
    static const uint8_t alignments[] = {8, 4, 2};
    struct atr_cursor start = *cur;
    struct atr_cursor failed = *cur;

    for (size_t i = 0; i < sizeof(alignments); i++) {
        *cur = start;
        for (uint32_t at = 0; at < out->param_count; at++) {
            param_parse(cur, alignments[i], &out->params[at]);
        }
        if (atr_cursor_ok(cur)) {
            return;
        }
        failed = i == 0 ? *cur : failed;
    }
    *cur = failed;
}

/* The count of the conformant array at the end stands in front of the structure. */
static void
record_parse(struct atr_cursor *cur, struct record *out)
{
    uint32_t count = atr_cursor_u32(cur);
    uint16_t name;

    atr_cursor_align(cur, 8);
    out->next_referent = atr_cursor_u32(cur);
    name = tag_parse(cur);
    if (name == NAME_PRESENT) {
        out->name.type = PARAM_UNICODE;
        counted_parse(cur, &out->name);
    } else if (name != NAME_ABSENT) {
        atr_cursor_reject(cur);
    }
    atr_cursor_align(cur, 4);
    out->pid = atr_cursor_u32(cur);
    atr_cursor_align(cur, 8);
    out->time = atr_cursor_u64(cur);
    out->component = atr_cursor_u32(cur);
    out->status = atr_cursor_u32(cur);
    out->location = atr_cursor_u16(cur);
    out->flags = atr_cursor_u16(cur);
    if (atr_cursor_u16(cur) != count || count > ATR_EEINFO_PARAMS_MAX) {
        atr_cursor_reject(cur);
        return;
    }
    out->param_count = count;
    params_parse(cur, out);
}

/* What a pointer of that kind points to: a conformant array. */
static void
referent_parse(struct atr_cursor *cur, struct param *param)
{
    size_t unit = param->type == PARAM_UNICODE ? 2 : 1;
    uint32_t count;

    if (param->referent == 0) {
        return;
    }
    atr_cursor_align(cur, 4);
    count = atr_cursor_u32(cur);
    if (count > atr_cursor_left(cur) / unit) {
        atr_cursor_reject(cur);
        return;
    }
    param->bytes = atr_cursor_bytes(cur, count * unit);
}

static void
referents_parse(struct atr_cursor *cur, struct record *last)
{
    for (struct record *record = last; record != NULL; record = record->previous) {
        referent_parse(cur, &record->name);
        for (uint32_t i = 0; i < record->param_count; i++) {
            referent_parse(cur, &record->params[i]);
        }
    }
}

/* The chain as far as it could be read; NULL none. */
static struct record *
chain_parse(struct atr_cursor *cur, struct atr_arena *arena)
{
    struct record *first = NULL;
    struct record *last = NULL;
    uint32_t referent = atr_cursor_u32(cur);

    for (uint32_t count = 0; referent != 0; count++) {
        struct record *record =
            count < ATR_EEINFO_RECORDS_MAX ? atr_arena_alloc(arena, 1, sizeof(*record)) : NULL;

        if (record == NULL) {
            atr_cursor_reject(cur);
            return first;
        }
        atr_cursor_align(cur, 4);
        record_parse(cur, record);
        if (!atr_cursor_ok(cur)) {
            return first;
        }
        record->previous = last;
        if (last == NULL) {
            first = record;
        } else {
            last->next = record;
        }
        last = record;
        referent = record->next_referent;
    }
    referents_parse(cur, last);
    return first;
}

/* Texts end with a NUL that belongs to their count. */
static struct atr_str
text_make(struct atr_arena *arena, const struct param *param)
{
    struct atr_bytes bytes = param->bytes;
    size_t size = bytes.size_bytes;

    if (param->type == PARAM_ANSI) {
        bytes.size_bytes -= size > 0 && bytes.data[size - 1] == 0;
        return atr_str_make((const char *)bytes.data, bytes.size_bytes);
    }
    bytes.size_bytes -= size > 1 && bytes.data[size - 1] == 0 && bytes.data[size - 2] == 0 ? 2 : 0;
    return atr_utf16_to_utf8(arena, bytes);
}

static void
value_write(struct atr_event *event, const struct param *param)
{
    struct atr_fields *fields = &event->fields;
    bool is_pointer =
        param->type == PARAM_ANSI || param->type == PARAM_UNICODE || param->type == PARAM_BLOB;

    if (param->type == PARAM_NONE || (is_pointer && param->bytes.data == NULL)) {
        atr_fields_null(fields, ATR_F_eeinfo_param_value);
    } else if (param->type == PARAM_BLOB) {
        atr_fields_bytes(fields, ATR_F_eeinfo_param_value, param->bytes);
    } else if (is_pointer) {
        atr_fields_text(fields, ATR_F_eeinfo_param_value, text_make(event->arena, param));
    } else if (param->type == PARAM_SHORT) {
        atr_fields_int(fields, ATR_F_eeinfo_param_value, (int16_t)param->number);
    } else {
        atr_fields_uint(fields, ATR_F_eeinfo_param_value, param->number);
    }
}

static void
record_write(struct atr_event *event, const struct record *record)
{
    struct atr_fields *fields = &event->fields;
    struct atr_str status_name = atr_lrpc_status_name(event, record->status);

    atr_fields_begin(fields, ATR_F_item);
    if (record->name.bytes.data != NULL) {
        atr_fields_text(fields, ATR_F_eeinfo_computer, text_make(event->arena, &record->name));
    }
    atr_fields_uint(fields, ATR_F_eeinfo_pid, record->pid);
    atr_fields_uint(fields, ATR_F_eeinfo_time, record->time);
    atr_fields_uint(fields, ATR_F_eeinfo_component, record->component);
    atr_fields_uint(fields, ATR_F_eeinfo_status, record->status);
    if (status_name.data != NULL) {
        atr_fields_text(fields, ATR_F_eeinfo_status_name, status_name);
    }
    atr_fields_uint(fields, ATR_F_eeinfo_location, record->location);
    atr_fields_uint(fields, ATR_F_eeinfo_flags, record->flags);
    atr_fields_begin(fields, ATR_F_eeinfo_params);
    for (uint32_t i = 0; i < record->param_count; i++) {
        atr_fields_begin(fields, ATR_F_item);
        atr_fields_uint(fields, ATR_F_eeinfo_param_type, record->params[i].type);
        value_write(event, &record->params[i]);
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
    atr_fields_end(fields);
}

/* The serialization header; what follows is NDR20 with its own alignment. */
static struct atr_cursor
blob_open(struct atr_cursor *cur)
{
    uint8_t version = atr_cursor_u8(cur);
    uint8_t endian = atr_cursor_u8(cur);
    uint16_t header_bytes = atr_cursor_u16(cur);
    uint32_t object_bytes;
    size_t left;

    atr_cursor_skip(cur, 4);
    object_bytes = atr_cursor_u32(cur);
    atr_cursor_skip(cur, 4);
    if (atr_cursor_ok(cur) && (version != BLOB_VERSION || endian != BLOB_LITTLE_ENDIAN ||
                               header_bytes != BLOB_HEADER_BYTES)) {
        atr_cursor_reject(cur);
    }
    left = atr_cursor_left(cur);
    return atr_cursor_sub(cur, object_bytes < left ? object_bytes : left);
}

enum atr_status
atr_lrpc_error_info_decode(struct atr_lrpc_message *message)
{
    struct atr_event *event = message->event;
    struct atr_cursor ndr = blob_open(message->cur);
    const struct record *first = chain_parse(&ndr, event->arena);
    bool is_cut = message->original_bytes > message->cur->size_bytes;

    if (event->fields.arena != NULL) {
        atr_fields_begin(&event->fields, ATR_F_eeinfo_records);
        for (const struct record *record = first; record != NULL; record = record->next) {
            record_write(event, record);
        }
        atr_fields_end(&event->fields);
    }
    if (atr_cursor_ok(&ndr)) {
        return ATR_OK;
    }
    if (event->arena->exhausted) {
        return ATR_LIMIT;
    }
    if (is_cut && ndr.status == ATR_TRUNCATED) {
        return ATR_TRUNCATED;
    }
    atr_decode_problem(event, "extended_error_malformed");
    return ATR_MALFORMED;
}
