/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "base/utf.h"
#include "decode/decode.h"
#include "decode/objref.h"
#include "names/names.h"

enum {
    TEXT_TOWER = 'n', /* a local resolver gives plain text where the tower id is expected */
    UNIT_BYTES = 2,
};

/* Text up to a NUL, which is consumed; without one the rest of the cursor, and *damaged. */
static struct atr_str
text_read(struct atr_cursor *cur, struct atr_arena *arena, bool *damaged)
{
    struct atr_cursor probe = *cur;
    size_t units = 0;
    struct atr_str text;

    while (atr_cursor_u16(&probe) != 0) {
        units++;
    }
    text = atr_utf16_to_utf8(arena, atr_cursor_bytes(cur, units * UNIT_BYTES));
    if (atr_cursor_ok(&probe)) {
        atr_cursor_skip(cur, UNIT_BYTES);
    } else {
        *damaged = true;
    }
    return text;
}

/* The next tower id or authentication service; 0 at the end, marked or not. */
static uint16_t
service_read(struct atr_cursor *cur)
{
    return atr_cursor_left(cur) < UNIT_BYTES ? 0 : atr_cursor_u16(cur);
}

static void
strings_parse(struct atr_cursor *cur, struct atr_dual_string_array *out, struct atr_arena *arena)
{
    struct atr_string_binding *strings = NULL;

    for (uint32_t i = 0; i < ATR_DSA_BINDINGS_MAX; i++) {
        size_t start = cur->position;
        uint16_t tower = service_read(cur);

        if (tower == 0) {
            break;
        }
        if (strings == NULL) {
            strings = atr_arena_alloc(arena, ATR_DSA_BINDINGS_MAX, sizeof(*strings));
            out->strings = strings;
        }
        if (strings == NULL) {
            return;
        }
        if (tower == TEXT_TOWER) {
            atr_cursor_seek(cur, start);
        }
        strings[i].tower = tower;
        strings[i].address = text_read(cur, arena, &out->damaged);
        out->string_count++;
    }
}

static void
security_parse(struct atr_cursor *cur, struct atr_dual_string_array *out, struct atr_arena *arena)
{
    struct atr_security_binding *security = NULL;

    for (uint32_t i = 0; i < ATR_DSA_BINDINGS_MAX; i++) {
        uint16_t authn = service_read(cur);

        if (authn == 0) {
            break;
        }
        if (security == NULL) {
            security = atr_arena_alloc(arena, ATR_DSA_BINDINGS_MAX, sizeof(*security));
            out->security = security;
        }
        if (security == NULL) {
            return;
        }
        security[i].authn = authn;
        security[i].authz = service_read(cur);
        security[i].principal = text_read(cur, arena, &out->damaged);
        out->security_count++;
    }
}

/* MS-DCOM 2.2.19 */
enum atr_status
atr_dual_string_array_parse(struct atr_cursor *cur, struct atr_dual_string_array *out,
                            struct atr_arena *arena)
{
    uint16_t units = atr_cursor_u16(cur);
    uint16_t security = atr_cursor_u16(cur);
    struct atr_cursor all = atr_cursor_sub(cur, (size_t)units * UNIT_BYTES);

    *out = (struct atr_dual_string_array){0};
    if (!atr_cursor_ok(cur)) {
        return cur->status;
    }
    if (security > units) {
        out->damaged = true;
        security = units;
    }

    struct atr_cursor strings = atr_cursor_sub(&all, (size_t)security * UNIT_BYTES);

    strings_parse(&strings, out, arena);
    security_parse(&all, out, arena);
    return arena->exhausted ? ATR_LIMIT : ATR_OK;
}

static void
string_write(struct atr_fields *fields, const struct atr_string_binding *binding)
{
    const char *protocol = atr_names_tower_protocol(binding->tower);

    atr_fields_begin(fields, ATR_F_item);
    atr_fields_uint(fields, ATR_F_dsa_tower, binding->tower);
    if (protocol != NULL) {
        atr_fields_string(fields, ATR_F_dsa_protocol, protocol);
    }
    atr_fields_text(fields, ATR_F_dsa_address, binding->address);
    atr_fields_end(fields);
}

static void
security_write(struct atr_fields *fields, const struct atr_security_binding *binding)
{
    atr_fields_begin(fields, ATR_F_item);
    atr_fields_uint(fields, ATR_F_dsa_authn, binding->authn);
    atr_fields_uint(fields, ATR_F_dsa_authz, binding->authz);
    atr_fields_text(fields, ATR_F_dsa_principal, binding->principal);
    atr_fields_end(fields);
}

void
atr_dual_string_array_write(struct atr_fields *fields, const struct atr_dual_string_array *array)
{
    atr_fields_begin(fields, ATR_F_dsa_strings);
    for (uint32_t i = 0; i < array->string_count; i++) {
        string_write(fields, &array->strings[i]);
    }
    atr_fields_end(fields);
    atr_fields_begin(fields, ATR_F_dsa_security);
    for (uint32_t i = 0; i < array->security_count; i++) {
        security_write(fields, &array->security[i]);
    }
    atr_fields_end(fields);
}

enum atr_status
atr_dual_string_array_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                             struct atr_event *event)
{
    struct atr_dual_string_array array;
    enum atr_status status = atr_dual_string_array_parse(cur, &array, event->arena);

    (void)context;
    if (status == ATR_TRUNCATED) {
        return atr_decode_error(event, status, "truncated");
    }
    atr_dual_string_array_write(&event->fields, &array);
    if (array.damaged) {
        atr_decode_problem(event, "bindings_damaged");
        status = ATR_MALFORMED;
    }
    return event->arena->exhausted ? ATR_LIMIT : status;
}
