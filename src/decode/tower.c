/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "decode/decode.h"
#include "decode/layout.h"
#include "names/names.h"

#include <string.h>

/*
 * Protocol tower (C706, appendix L): floors of two octet strings each, from the interface down to
 * the address. The endpoint mapper answers with one for each binding (lrpc 12).
 */
enum protocol_id {
    ID_IP = 0x09,
    ID_LRPC = 0x0c, /* of the RPC floor */
    ID_UUID = 0x0d,
    ID_TCP = 0x07,
    ID_UDP = 0x08,
    ID_PIPE = 0x0f,
    ID_LOCAL = 0x10, /* of the endpoint floor */
    ID_NETBIOS = 0x11,
    ID_HTTP = 0x1f,
};

struct floor_parts {
    uint8_t id;
    struct atr_cursor left;  /* behind the id */
    struct atr_cursor right; /* address data */
};

static bool
floor_parse(struct atr_cursor *cur, struct floor_parts *out)
{
    out->left = atr_cursor_sub(cur, atr_cursor_u16(cur));
    out->right = atr_cursor_sub(cur, atr_cursor_u16(cur));
    out->id = atr_cursor_u8(&out->left);
    if (atr_cursor_ok(cur) && !atr_cursor_ok(&out->left)) {
        atr_cursor_reject(cur); /* a floor without an id */
    }
    return atr_cursor_ok(cur);
}

static void
version_write(struct atr_event *event, uint16_t major, uint16_t minor)
{
    if (event->fields.arena != NULL) {
        atr_fields_text(&event->fields, ATR_F_tower_version,
                        atr_arena_format(event->arena, "%u.%u", (unsigned)major, (unsigned)minor));
    }
}

static enum atr_syntax
syntax_of(const struct atr_guid *uuid)
{
    static const char *const uuids[ATR_SYNTAX_KINDS] = {
        "8a885d04-1ceb-11c9-9fe8-08002b104860",
        "71710533-beba-4937-8319-b5dbef9ccc36",
        "b4537da9-3d03-4f6b-b594-52b2874ee9d0",
    };

    for (unsigned i = 0; i < ATR_SYNTAX_KINDS; i++) {
        struct atr_guid known;

        if (atr_guid_parse(atr_str_from(uuids[i]), &known) && atr_guid_equal(&known, uuid)) {
            return (enum atr_syntax)(i + 1);
        }
    }
    return ATR_SYNTAX_UNKNOWN;
}

/* Floors 1 and 2: UUID and major version left, minor version right. */
static void
uuid_write(struct atr_event *event, struct floor_parts *floor, bool is_interface)
{
    struct atr_fields *fields = &event->fields;
    struct atr_guid uuid = atr_cursor_guid(&floor->left);
    uint16_t major = atr_cursor_u16(&floor->left);
    uint16_t minor = atr_cursor_u16(&floor->right);
    enum atr_syntax syntax;

    if (!atr_cursor_ok(&floor->left) || !atr_cursor_ok(&floor->right)) {
        atr_decode_problem(event, "floor_too_short");
        return;
    }
    if (is_interface) {
        atr_fields_guid(fields, ATR_F_tower_interface, &uuid);
        version_write(event, major, minor);
        return;
    }
    syntax = syntax_of(&uuid);
    if (syntax == ATR_SYNTAX_UNKNOWN) {
        atr_fields_guid(fields, ATR_F_tower_syntax_uuid, &uuid);
    } else {
        atr_fields_string(fields, ATR_F_tower_syntax, atr_syntax_text(syntax));
    }
}

/* 8-bit text up to its NUL. */
static void
text_write(struct atr_event *event, enum atr_field field, struct atr_cursor *cur)
{
    struct atr_bytes bytes = atr_cursor_bytes(cur, atr_cursor_left(cur));
    const uint8_t *end = bytes.size_bytes == 0 ? NULL : memchr(bytes.data, '\0', bytes.size_bytes);
    size_t size = end == NULL ? bytes.size_bytes : (size_t)(end - bytes.data);

    atr_fields_text(&event->fields, field, atr_str_make((const char *)bytes.data, size));
}

/* Numbers of the Internet are big-endian. */
static void
number_write(struct atr_event *event, struct atr_cursor *cur)
{
    unsigned high = atr_cursor_u8(cur);
    unsigned low = atr_cursor_u8(cur);

    if (atr_cursor_ok(cur) && event->fields.arena != NULL) {
        atr_fields_text(&event->fields, ATR_F_tower_endpoint,
                        atr_arena_format(event->arena, "%u", high << 8 | low));
    }
}

static void
ip_write(struct atr_event *event, struct atr_cursor *cur)
{
    struct atr_bytes ip = atr_cursor_bytes(cur, 4);

    if (ip.data != NULL && event->fields.arena != NULL) {
        atr_fields_text(&event->fields, ATR_F_tower_address,
                        atr_arena_format(event->arena, "%u.%u.%u.%u", (unsigned)ip.data[0],
                                         (unsigned)ip.data[1], (unsigned)ip.data[2],
                                         (unsigned)ip.data[3]));
    }
}

/* From the third floor down: protocols, one of which has a name, and their addresses. */
static void
address_write(struct atr_event *event, struct floor_parts *floor)
{
    switch (floor->id) {
    case ID_TCP:
    case ID_UDP:
    case ID_HTTP:
        number_write(event, &floor->right);
        break;
    case ID_PIPE:
    case ID_LOCAL:
        text_write(event, ATR_F_tower_endpoint, &floor->right);
        break;
    case ID_NETBIOS:
        text_write(event, ATR_F_tower_address, &floor->right);
        break;
    case ID_IP:
        ip_write(event, &floor->right);
        break;
    default:
        return;
    }
}

static const char *
protocol_of(uint8_t id)
{
    return atr_names_tower_protocol(id == ID_LRPC ? ID_LOCAL : id);
}

enum atr_status
atr_tower_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                 struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    uint16_t count = atr_cursor_u16(cur);
    bool has_protocol = false;

    (void)context;
    if (atr_cursor_ok(cur)) {
        atr_fields_uint(fields, ATR_F_tower_floors, count);
    }
    if (count > ATR_TOWER_FLOORS_MAX) {
        return atr_decode_error(event, ATR_MALFORMED, "too_many_floors");
    }
    for (uint16_t i = 0; i < count; i++) {
        struct floor_parts floor;
        const char *protocol;

        if (!floor_parse(cur, &floor)) {
            break;
        }
        if (i < 2 && floor.id == ID_UUID) {
            uuid_write(event, &floor, i == 0);
            continue;
        }
        protocol = protocol_of(floor.id);
        if (protocol != NULL && !has_protocol) {
            has_protocol = true;
            atr_fields_string(fields, ATR_F_tower_protocol, protocol);
        }
        address_write(event, &floor);
    }
    if (cur->status == ATR_MALFORMED) {
        return atr_decode_error(event, ATR_MALFORMED, "malformed");
    }
    return atr_layout_finish(cur, event);
}
