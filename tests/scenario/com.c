/* SPDX-License-Identifier: MIT */
#include "scenario/com.h"

#include "base/attributes.h"

#include <stdio.h>
#include <string.h>

enum {
    MEOW = 0x574f454d,
    OBJREF_STANDARD = 1,
    OBJREF_CUSTOM = 4,
    IID_PROPERTIES_IN = 0x1a2,
    IID_PROPERTIES_OUT = 0x1a3,
    CLASS_PROPERTIES_IN = 0x338,
    CLASS_PROPERTIES_OUT = 0x339,
    PROPERTIES_MAX = 8,
    COM_VERSION = 0x00070005,
    BINDINGS_BYTES_MAX = 256,
};

/* One causality: all calls of a script belong to one activity of its client. */
static const char causality[] = "6d1f0f2e-93a4-4d0b-8a57-0f2f6cc1d8a4";
static const char activity[] = "2b7e1516-28ae-4d2a-abf7-158809cf4f3c";

static void
put_this_start(struct message *message)
{
    message_u32(message, COM_VERSION);
    message_u32(message, 1);
    message_u32(message, 0);
    message_guid(message, causality);
}

/* Up to the pointers at the end, which are null: 0x58 bytes. */
static void
put_local_this(struct message *message, uint32_t client_thread)
{
    message_u32(message, 0);
    message_u32(message, client_thread);
    message_zeros(message, 16);
    message_guid(message, activity);
    message_zeros(message, 0x30);
}

void
com_put_this(struct message *message, size_t ndr, uint32_t client_thread)
{
    put_this_start(message);
    message_u32(message, 0);
    message_align(message, ndr, 8);
    put_local_this(message, client_thread);
    message_u64(message, 0);
}

void
com_put_this64(struct message *message, size_t ndr, uint32_t client_thread)
{
    put_this_start(message);
    message_align(message, ndr, 8);
    message_u64(message, 0);
    put_local_this(message, client_thread);
    message_u64(message, 0);
    message_u64(message, 0);
}

void
com_put_that(struct message *message, size_t ndr)
{
    message_u64(message, 0);
    message_align(message, ndr, 8);
    message_zeros(message, 0x18);
}

void
com_put_that64(struct message *message, size_t ndr)
{
    message_u64(message, 0);
    message_u64(message, 0);
    message_align(message, ndr, 8);
    message_zeros(message, 0x28);
}

void
com_put_std_objref(struct message *message, const struct com_object *object, uint32_t refs)
{
    message_u32(message, 0);
    message_u32(message, refs);
    message_u64(message, object->oxid);
    message_u64(message, object->oid);
    message_guid(message, object->ipid);
}

/* DUALSTRINGARRAY of a local apartment: its address as plain text, one way to authenticate. */
static void
put_bindings(struct message *message, const struct com_object *object)
{
    char address[BINDINGS_BYTES_MAX];
    size_t start;
    size_t security;

    (void)snprintf(address, sizeof(address), "ncalrpc:[%s]", object->endpoint);
    message_u32(message, 0);
    start = message->size_bytes;
    message_utf16(message, address, true);
    message_u16(message, 0);
    security = message->size_bytes;
    message_u16(message, 10);
    message_u16(message, 0xffff);
    message_u16(message, 0);
    message_u16(message, 0);
    message_poke_u32(message, start - 4,
                     (uint32_t)((message->size_bytes - start) / 2 | (security - start) / 2 << 16));
}

/* A value in type serialization version 1 (MS-RPCE 2.2.6) is put between these two. */
static size_t
serial_begin(struct message *message)
{
    size_t start = message->size_bytes;

    message_u32(message, 0x00081001);
    message_u32(message, 0xcccccccc);
    message_u64(message, 0);
    return start;
}

static void
serial_end(struct message *message, size_t start)
{
    message_align(message, start, 8);
    message_poke_u32(message, start + 8, (uint32_t)(message->size_bytes - start - 16));
}

/* The properties, first built one behind the other (MS-DCOM 2.2.22). */
struct properties {
    struct message bytes;
    uint32_t count;
    uint16_t clsids[PROPERTIES_MAX];
    uint32_t sizes[PROPERTIES_MAX];
    size_t begin;
};

static struct message *
property_begin(struct properties *properties, uint16_t clsid)
{
    properties->clsids[properties->count] = clsid;
    properties->begin = serial_begin(&properties->bytes);
    return &properties->bytes;
}

static void
property_end(struct properties *properties)
{
    serial_end(&properties->bytes, properties->begin);
    properties->sizes[properties->count++] =
        (uint32_t)(properties->bytes.size_bytes - properties->begin);
}

static void
put_instantiation(struct properties *properties, const struct com_activation *asked)
{
    struct message *bytes = property_begin(properties, 0x1ab);

    message_guid(bytes, asked->class_id);
    message_u32(bytes, 0x404); /* CLSCTX_LOCAL_SERVER, no custom marshal */
    message_zeros(bytes, 8);   /* activation flags, no surrogate */
    message_u32(bytes, 1);     /* one interface */
    message_u32(bytes, 0);
    message_u32(bytes, 0x20000);
    message_u32(bytes, 0x48);
    message_u32(bytes, COM_VERSION);
    message_u32(bytes, 1);
    message_guid(bytes, asked->iid);
    property_end(properties);
}

static void
put_special(struct properties *properties, const struct com_activation *asked)
{
    struct message *bytes = property_begin(properties, 0x1b9);

    message_u32(bytes, asked->session_id);
    message_zeros(bytes, 12);
    message_u32(bytes, 2); /* authentication level */
    message_zeros(bytes, 20);
    message_u32(bytes, 0x404);
    message_u32(bytes, 2);
    message_zeros(bytes, 32);
    property_end(properties);
}

static void
put_location(struct properties *properties, const struct com_activation *asked)
{
    struct message *bytes = property_begin(properties, 0x1a4);

    message_u32(bytes, 0x20000);
    message_zeros(bytes, 12);
    message_ndr20_string(bytes, properties->begin, asked->machine);
    property_end(properties);
}

static void
put_scm_request(struct properties *properties)
{
    struct message *bytes = property_begin(properties, 0x1aa);

    message_u32(bytes, 0);
    message_u32(bytes, 0x20000);
    message_u32(bytes, 3); /* impersonation level */
    message_u32(bytes, 1);
    message_u32(bytes, 0x20004);
    message_u32(bytes, 1);
    message_u16(bytes, 0x10); /* ncalrpc */
    property_end(properties);
}

static void
put_scm_reply(struct properties *properties, const struct com_object *object)
{
    struct message *bytes = property_begin(properties, 0x1b6);
    size_t count;

    message_u32(bytes, 0);
    message_u32(bytes, 0x20000);
    message_u64(bytes, object->oxid);
    message_u32(bytes, 0x20004);
    message_guid(bytes, object->rem_unknown_ipid);
    message_u32(bytes, 2);
    message_u32(bytes, COM_VERSION);
    count = bytes->size_bytes;
    message_u32(bytes, 0);
    put_bindings(bytes, object);
    message_poke_u32(bytes, count, (uint32_t)(bytes->size_bytes - count - 8) / 2);
    property_end(properties);
}

/* The interface pointer: its length, then a standard OBJREF. */
static void
put_props_out(struct properties *properties, const struct com_object *object)
{
    struct message *bytes = property_begin(properties, CLASS_PROPERTIES_OUT);
    size_t start;

    message_u32(bytes, 1);
    message_u32(bytes, 0x20000);
    message_u32(bytes, 0x20004);
    message_u32(bytes, 0x20008);
    message_u32(bytes, 1);
    message_guid(bytes, object->iid);
    message_u32(bytes, 1);
    message_u32(bytes, 0); /* HRESULT */
    message_u32(bytes, 1);
    message_u32(bytes, 0x2000c);
    start = bytes->size_bytes;
    message_u64(bytes, 0);
    message_u32(bytes, MEOW);
    message_u32(bytes, OBJREF_STANDARD);
    message_guid(bytes, object->iid);
    com_put_std_objref(bytes, object, 5);
    put_bindings(bytes, object);
    message_poke_u32(bytes, start, (uint32_t)(bytes->size_bytes - start - 8));
    message_poke_u32(bytes, start + 4, (uint32_t)(bytes->size_bytes - start - 8));
    property_end(properties);
}

/* CustomHeader: where the properties are. */
static void
put_header(struct message *message, const struct properties *properties)
{
    size_t start = serial_begin(message);
    size_t sizes = message->size_bytes;

    message_u64(message, 0);
    message_u32(message, 0);
    message_u32(message, 0); /* this machine */
    message_u32(message, properties->count);
    message_zeros(message, 16);
    message_u32(message, 0x20000);
    message_u32(message, 0x20004);
    message_u32(message, 0);
    message_u32(message, properties->count);
    for (uint32_t i = 0; i < properties->count; i++) {
        message_com_guid(message, properties->clsids[i]);
    }
    message_u32(message, properties->count);
    for (uint32_t i = 0; i < properties->count; i++) {
        message_u32(message, properties->sizes[i]);
    }
    serial_end(message, start);
    message_poke_u32(message, sizes,
                     (uint32_t)(message->size_bytes - start + properties->bytes.size_bytes));
    message_poke_u32(message, sizes + 4, (uint32_t)(message->size_bytes - start));
}

/* MInterfacePointer with a custom OBJREF around the properties. */
static void
put_custom(struct message *message, size_t ndr, bool is_in, const struct properties *properties)
{
    size_t start;
    size_t data;

    message_align(message, ndr, 8);
    message_u64(message, 0x20000);
    start = message->size_bytes;
    message_u64(message, 0);
    message_u32(message, 0);
    message_u32(message, MEOW);
    message_u32(message, OBJREF_CUSTOM);
    message_com_guid(message, is_in ? IID_PROPERTIES_IN : IID_PROPERTIES_OUT);
    message_com_guid(message, is_in ? CLASS_PROPERTIES_IN : CLASS_PROPERTIES_OUT);
    message_u64(message, 0);
    data = message->size_bytes;
    message_u64(message, 0);
    put_header(message, properties);
    message_put(message, properties->bytes.bytes, properties->bytes.size_bytes);
    message_poke_u32(message, data - 4, (uint32_t)(message->size_bytes - data));
    message_poke_u32(message, data, (uint32_t)(message->size_bytes - data - 8));
    message_poke_u32(message, start, (uint32_t)(message->size_bytes - start - 12));
    message_poke_u32(message, start + 8, (uint32_t)(message->size_bytes - start - 12));
}

void
com_put_activation_in(struct message *message, size_t ndr, const struct com_activation *asked)
{
    struct properties properties = {.count = 0};

    put_special(&properties, asked);
    put_instantiation(&properties, asked);
    put_location(&properties, asked);
    put_scm_request(&properties);
    put_custom(message, ndr, true, &properties);
}

void
com_put_activation_out(struct message *message, size_t ndr, const struct com_object *object)
{
    struct properties properties = {.count = 0};

    put_scm_reply(&properties, object);
    put_props_out(&properties, object);
    put_custom(message, ndr, false, &properties);
}
