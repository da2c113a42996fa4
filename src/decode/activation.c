/* SPDX-License-Identifier: MIT */
/*
 * Activation properties (MS-DCOM 2.2.22): the data of a custom OBJREF.
 *
 *   size, reserved | CustomHeader: class ids and sizes of the properties | property | property ...
 *
 * Header and properties each are one NDR20 value in type serialization version 1 (MS-RPCE 2.2.6),
 * with alignment counted from that value's start. OBJREFs inside are left to the scan for those.
 */
#include "base/attributes.h"
#include "base/limits.h"
#include "base/utf.h"
#include "decode/decode.h"
#include "decode/orpc_parts.h"
#include "names/names.h"

enum {
    CLASS_IN = 0x338,
    CLASS_OUT = 0x339,
    BLOB_START_BYTES = 8, /* size, reserved */
    SERIAL_VERSION = 1,
    SERIAL_LITTLE_ENDIAN = 0x10,
};

/* CustomHeader, as far as it tells where the properties are. */
struct custom_header {
    uint32_t header_bytes;
    uint32_t context;
    uint32_t count;
    struct atr_guid clsids[ATR_ACTIVATION_PROPERTIES_MAX];
    uint32_t sizes[ATR_ACTIVATION_PROPERTIES_MAX];
};

/* The value inside a serialized blob; failed when it is in another form. */
static struct atr_cursor
serial_open(struct atr_cursor *blob)
{
    uint8_t version = atr_cursor_u8(blob);
    uint8_t endian = atr_cursor_u8(blob);
    uint32_t size_bytes;

    (void)atr_cursor_u16(blob); /* length of this part of the header, 8 */
    (void)atr_cursor_u32(blob);
    size_bytes = atr_cursor_u32(blob);
    (void)atr_cursor_u32(blob);
    if (version != SERIAL_VERSION || endian != SERIAL_LITTLE_ENDIAN) {
        atr_cursor_reject(blob);
    }
    if (size_bytes > atr_cursor_left(blob)) {
        size_bytes = (uint32_t)atr_cursor_left(blob);
    }
    return atr_cursor_sub(blob, size_bytes);
}

/* The count in front of a pointee array; 0 for a null pointer, and when it is not as announced. */
static uint32_t
array_open(struct atr_cursor *cur, uint32_t referent, uint32_t announced, size_t element_bytes)
{
    uint64_t count;

    if (referent == 0) {
        return 0;
    }
    count = atr_orpc_word(cur, false);
    if (count != announced || count > atr_cursor_left(cur) / element_bytes) {
        atr_cursor_reject(cur);
        return 0;
    }
    return announced;
}

static bool
header_parse(struct atr_cursor *blob, struct custom_header *out)
{
    struct atr_cursor cur = serial_open(blob);
    uint32_t clsids;
    uint32_t sizes;

    *out = (struct custom_header){0};
    (void)atr_cursor_u32(&cur); /* total size */
    out->header_bytes = atr_cursor_u32(&cur);
    (void)atr_cursor_u32(&cur);
    out->context = atr_cursor_u32(&cur);
    out->count = atr_cursor_u32(&cur);
    (void)atr_cursor_guid(&cur);
    clsids = atr_cursor_u32(&cur);
    sizes = atr_cursor_u32(&cur);
    (void)atr_cursor_u32(&cur);
    if (out->count > ATR_ACTIVATION_PROPERTIES_MAX || clsids == 0 || sizes == 0) {
        atr_cursor_reject(&cur);
    }
    if (array_open(&cur, clsids, out->count, ATR_GUID_BYTES) != 0) {
        for (uint32_t i = 0; i < out->count; i++) {
            out->clsids[i] = atr_cursor_guid(&cur);
        }
    }
    if (array_open(&cur, sizes, out->count, 4) != 0) {
        for (uint32_t i = 0; i < out->count; i++) {
            out->sizes[i] = atr_cursor_u32(&cur);
        }
    }
    return atr_cursor_ok(&cur);
}

/* [string] wchar_t *: nothing for a null pointer, else without the NUL. */
static void
string_decode(struct atr_event *event, struct atr_cursor *cur, uint32_t referent,
              enum atr_field field)
{
    uint64_t room;
    uint64_t skipped;
    uint64_t units;
    struct atr_bytes bytes;

    if (referent == 0) {
        return;
    }
    room = atr_orpc_word(cur, false);
    skipped = atr_orpc_word(cur, false);
    units = atr_orpc_word(cur, false);
    if (skipped != 0 || units > room || units > atr_cursor_left(cur) / 2) {
        atr_cursor_reject(cur);
        return;
    }
    bytes = atr_cursor_bytes(cur, (size_t)units * 2);
    if (bytes.size_bytes >= 2) {
        bytes.size_bytes -= 2;
    }
    atr_fields_text(&event->fields, field, atr_utf16_to_utf8(event->arena, bytes));
}

static void
version_decode(struct atr_event *event, struct atr_cursor *cur, enum atr_field field)
{
    uint16_t major = atr_cursor_u16(cur);
    uint16_t minor = atr_cursor_u16(cur);

    if (atr_cursor_ok(cur)) {
        atr_fields_text(&event->fields, field,
                        atr_arena_format(event->arena, "%u.%u", (unsigned)major, (unsigned)minor));
    }
}

static void
flag_decode(struct atr_event *event, struct atr_cursor *cur, enum atr_field field)
{
    uint32_t value = atr_cursor_u32(cur);

    if (atr_cursor_ok(cur)) {
        atr_fields_bool(&event->fields, field, value != 0);
    }
}

static void
number_decode(struct atr_event *event, struct atr_cursor *cur, enum atr_field field)
{
    uint32_t value = atr_cursor_u32(cur);

    if (atr_cursor_ok(cur)) {
        atr_fields_uint(&event->fields, field, value);
    }
}

static void
guid_decode(struct atr_event *event, struct atr_cursor *cur, enum atr_field field)
{
    struct atr_guid guid = atr_cursor_guid(cur);

    if (atr_cursor_ok(cur)) {
        atr_fields_guid(&event->fields, field, &guid);
    }
}

/* MS-DCOM 2.2.22.2.1 */
static void
instantiation_decode(struct atr_event *event, struct atr_cursor *cur)
{
    uint32_t count;
    uint32_t iids;

    guid_decode(event, cur, ATR_F_activation_class_id);
    number_decode(event, cur, ATR_F_activation_class_context);
    number_decode(event, cur, ATR_F_activation_flags);
    flag_decode(event, cur, ATR_F_activation_is_surrogate);
    count = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur); /* instFlag */
    iids = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur); /* thisSize */
    version_decode(event, cur, ATR_F_activation_client_version);
    count = array_open(cur, iids, count, ATR_GUID_BYTES);
    atr_fields_begin(&event->fields, ATR_F_activation_iids);
    for (uint32_t i = 0; i < count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        guid_decode(event, cur, ATR_F_item);
    }
    atr_fields_end(&event->fields);
}

/* MS-DCOM 2.2.22.2.2 */
static void
special_decode(struct atr_event *event, struct atr_cursor *cur)
{
    number_decode(event, cur, ATR_F_activation_session_id);
    flag_decode(event, cur, ATR_F_activation_remote_session);
    flag_decode(event, cur, ATR_F_activation_impersonating);
    (void)atr_cursor_u32(cur); /* fPartitionIDPresent */
    number_decode(event, cur, ATR_F_activation_default_authn);
    (void)atr_cursor_guid(cur); /* guidPartition */
    (void)atr_cursor_u32(cur);  /* dwPRTFlags */
    number_decode(event, cur, ATR_F_activation_original_context);
    number_decode(event, cur, ATR_F_activation_special_flags);
}

/* MS-DCOM 2.2.22.2.3 */
static void
instance_decode(struct atr_event *event, struct atr_cursor *cur)
{
    uint32_t name = atr_cursor_u32(cur);

    number_decode(event, cur, ATR_F_activation_mode);
    (void)atr_cursor_u32(cur); /* ifdROT */
    (void)atr_cursor_u32(cur); /* ifdStg */
    string_decode(event, cur, name, ATR_F_activation_file_name);
}

/* MS-DCOM 2.2.22.2.4 */
static void
scm_request_decode(struct atr_event *event, struct atr_cursor *cur)
{
    struct atr_fields *fields = &event->fields;
    uint32_t reserved = atr_cursor_u32(cur);
    uint32_t request = atr_cursor_u32(cur);
    uint32_t count;
    uint32_t protocols;

    if (reserved != 0) {
        (void)atr_cursor_u32(cur);
    }
    if (request == 0) {
        return;
    }
    number_decode(event, cur, ATR_F_activation_impersonation);
    count = atr_cursor_u16(cur);
    protocols = (uint32_t)atr_orpc_word(cur, false);
    count = array_open(cur, protocols, count, 2);
    atr_fields_begin(fields, ATR_F_activation_protocols);
    for (uint32_t i = 0; i < count && i < ATR_DSA_BINDINGS_MAX; i++) {
        uint16_t tower = atr_cursor_u16(cur);
        const char *name = atr_names_tower_protocol(tower);

        if (name != NULL) {
            atr_fields_string(fields, ATR_F_item, name);
        } else {
            atr_fields_uint(fields, ATR_F_item, tower);
        }
    }
    atr_fields_end(fields);
}

/* MS-DCOM 2.2.22.2.5 */
static void
context_decode(struct atr_event *event, struct atr_cursor *cur)
{
    flag_decode(event, cur, ATR_F_activation_client_ok);
}

/* MS-DCOM 2.2.22.2.6 */
static void
location_decode(struct atr_event *event, struct atr_cursor *cur)
{
    uint32_t name = atr_cursor_u32(cur);

    number_decode(event, cur, ATR_F_activation_pid);
    number_decode(event, cur, ATR_F_activation_apartment_id);
    number_decode(event, cur, ATR_F_activation_context_id);
    string_decode(event, cur, name, ATR_F_activation_machine_name);
}

/* MS-DCOM 2.2.22.2.7 */
static void
security_decode(struct atr_event *event, struct atr_cursor *cur)
{
    uint32_t server;
    uint32_t name;

    number_decode(event, cur, ATR_F_activation_authn_flags);
    server = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur);
    if (server == 0) {
        return;
    }
    (void)atr_cursor_u32(cur);
    name = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur);
    string_decode(event, cur, name, ATR_F_activation_server_name);
}

static void
bindings_decode(struct atr_event *event, struct atr_cursor *cur)
{
    struct atr_dual_string_array bindings;

    (void)atr_orpc_word(cur, false);
    if (atr_dual_string_array_parse(cur, &bindings, event->arena) != ATR_OK) {
        return;
    }
    atr_fields_begin(&event->fields, ATR_F_dsa);
    atr_dual_string_array_write(&event->fields, &bindings);
    atr_fields_end(&event->fields);
}

/* MS-DCOM 2.2.22.2.8 */
static void
scm_reply_decode(struct atr_event *event, struct atr_cursor *cur)
{
    uint32_t reserved = atr_cursor_u32(cur);
    uint32_t reply = atr_cursor_u32(cur);
    uint32_t bindings;
    uint64_t oxid;

    if (reserved != 0) {
        (void)atr_cursor_u32(cur);
    }
    if (reply == 0) {
        return;
    }
    atr_cursor_align(cur, 8);
    oxid = atr_cursor_u64(cur);
    bindings = atr_cursor_u32(cur);
    if (!atr_cursor_ok(cur)) {
        return;
    }
    atr_fields_uint(&event->fields, ATR_F_activation_oxid, oxid);
    guid_decode(event, cur, ATR_F_activation_rem_unknown);
    number_decode(event, cur, ATR_F_activation_authn_hint);
    version_decode(event, cur, ATR_F_activation_server_version);
    if (bindings != 0) {
        bindings_decode(event, cur);
    }
}

/* MS-DCOM 2.2.22.2.9 */
static void
props_out_decode(struct atr_event *event, struct atr_cursor *cur)
{
    struct atr_fields *fields = &event->fields;
    uint32_t announced = atr_cursor_u32(cur);
    uint32_t iids = atr_cursor_u32(cur);
    uint32_t hresults = atr_cursor_u32(cur);
    struct atr_cursor results;
    uint32_t count;

    (void)atr_cursor_u32(cur);
    count = array_open(cur, iids, announced, ATR_GUID_BYTES);
    results = *cur;
    atr_cursor_skip(&results, (size_t)count * ATR_GUID_BYTES);
    if (array_open(&results, hresults, announced, 4) != count || !atr_cursor_ok(&results)) {
        atr_cursor_reject(cur);
        return;
    }
    atr_fields_begin(fields, ATR_F_activation_interfaces);
    for (uint32_t i = 0; i < count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        atr_fields_begin(fields, ATR_F_item);
        guid_decode(event, cur, ATR_F_activation_interface_iid);
        number_decode(event, &results, ATR_F_activation_interface_hresult);
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
}

struct property_row {
    struct atr_guid clsid;
    const char *name;
    void (*decode)(struct atr_event *event, struct atr_cursor *cur);
};

static const struct property_row property_rows[] = {
    {ATR_COM_GUID(0x1a4), "ServerLocationInfo", location_decode},
    {ATR_COM_GUID(0x1a5), "ActivationContextInfo", context_decode},
    {ATR_COM_GUID(0x1a6), "SecurityInfo", security_decode},
    {ATR_COM_GUID(0x1aa), "ScmRequestInfo", scm_request_decode},
    {ATR_COM_GUID(0x1ab), "InstantiationInfo", instantiation_decode},
    {ATR_COM_GUID(0x1ad), "InstanceInfo", instance_decode},
    {ATR_COM_GUID(0x1b6), "ScmReplyInfo", scm_reply_decode},
    {ATR_COM_GUID(0x1b9), "SpecialSystemProperties", special_decode},
    {ATR_COM_GUID(0x339), "PropsOutInfo", props_out_decode},
};

static const struct property_row *
property_find(const struct atr_guid *clsid)
{
    for (size_t i = 0; i < ATR_COUNT(property_rows); i++) {
        if (atr_guid_equal(&property_rows[i].clsid, clsid)) {
            return &property_rows[i];
        }
    }
    return NULL;
}

/* False when the bytes end before the property does. */
static bool
property_decode(struct atr_event *event, struct atr_cursor *data, const struct atr_guid *clsid,
                uint32_t size_bytes)
{
    const struct property_row *row = property_find(clsid);
    struct atr_fields *fields = &event->fields;
    struct atr_cursor blob = atr_cursor_sub(data, size_bytes);
    struct atr_cursor cur;

    atr_fields_begin(fields, ATR_F_item);
    if (row != NULL) {
        atr_fields_string(fields, ATR_F_activation_property, row->name);
    }
    atr_fields_guid(fields, ATR_F_activation_property_clsid, clsid);
    atr_fields_uint(fields, ATR_F_activation_property_size, size_bytes);
    if (row != NULL) {
        cur = serial_open(&blob);
        row->decode(event, &cur);
        if (!atr_cursor_ok(&cur)) {
            atr_decode_problem(event, atr_status_text(cur.status));
        }
    }
    atr_fields_end(fields);
    return atr_cursor_ok(data);
}

static void
properties_decode(struct atr_event *event, const struct atr_objref *objref)
{
    struct atr_cursor data = atr_cursor_make(objref->data.data, objref->data.size_bytes);
    struct atr_fields *fields = &event->fields;
    struct custom_header header;

    atr_cursor_seek(&data, BLOB_START_BYTES);
    if (!header_parse(&data, &header)) {
        atr_decode_problem(event, "malformed");
        return;
    }
    atr_fields_uint(fields, ATR_F_activation_context, header.context);
    data.position = 0;
    atr_cursor_seek(&data, BLOB_START_BYTES);
    atr_cursor_skip(&data, header.header_bytes);
    atr_fields_begin(fields, ATR_F_activation_properties);
    for (uint32_t i = 0; i < header.count; i++) {
        if (!property_decode(event, &data, &header.clsids[i], header.sizes[i])) {
            break;
        }
    }
    atr_fields_end(fields);
}

void
atr_activation_write(struct atr_event *event, const struct atr_objref *objref)
{
    static const struct atr_guid class_in = ATR_COM_GUID(CLASS_IN);
    static const struct atr_guid class_out = ATR_COM_GUID(CLASS_OUT);
    bool is_in = atr_guid_equal(&objref->clsid, &class_in);
    struct atr_fields *fields = &event->fields;

    if (fields->arena == NULL || (!is_in && !atr_guid_equal(&objref->clsid, &class_out))) {
        return;
    }
    atr_fields_begin(fields, ATR_F_activation);
    atr_fields_string(fields, ATR_F_activation_direction, is_in ? "in" : "out");
    properties_decode(event, objref);
    atr_fields_end(fields);
}
