/* SPDX-License-Identifier: MIT */
#include "support/com.h"

#include "decode/objref.h"
#include "support/support.h"

enum {
    MEOW = 0x574f454d,
    LRPC_REQUEST_BYTES = 0x40
};

const uint8_t test_ipid[ATR_GUID_BYTES] = {1,    0x0c, 0,    0,    0x40, 0x1f, 0x8c, 0x0d,
                                           0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf1};

void
test_put_objref_head(struct test_bytes *bytes, uint32_t kind)
{
    test_put_u32(bytes, MEOW);
    test_put_u32(bytes, kind);
    test_put_com_guid(bytes, TEST_IID);
}

void
test_put_std_objref(struct test_bytes *bytes)
{
    test_put_u32(bytes, 0x1000);
    test_put_u32(bytes, 5);
    test_put_u64(bytes, TEST_OXID);
    test_put_u64(bytes, TEST_OID);
    test_put(bytes, test_ipid, sizeof(test_ipid));
}

void
test_put_bindings(struct test_bytes *bytes)
{
    static const uint16_t units[] = {9, 4, 7, 'a', 0, 0, 10, 0xffff, 'p', 0, 0};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        test_put_u16(bytes, units[i]);
    }
}

void
test_put_standard_objref(struct test_bytes *bytes)
{
    test_put_objref_head(bytes, ATR_OBJREF_STANDARD);
    test_put_std_objref(bytes);
    test_put_bindings(bytes);
}

void
test_put_custom_head(struct test_bytes *bytes, uint16_t clsid, uint32_t size_bytes)
{
    test_put_objref_head(bytes, ATR_OBJREF_CUSTOM);
    test_put_com_guid(bytes, clsid);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, size_bytes);
}

void
test_put_marshaled(struct test_bytes *bytes)
{
    size_t at = bytes->size;

    test_put_u32(bytes, 0);
    test_put_standard_objref(bytes);
    test_poke_u32(bytes, at, (uint32_t)(bytes->size - at - 4));
}

void
test_put_orpc_this(struct test_bytes *ndr, uint32_t flags, uint64_t extensions, bool is_wide)
{
    test_put_u16(ndr, 5);
    test_put_u16(ndr, 7);
    test_put_u32(ndr, flags);
    test_put_u32(ndr, 0);
    test_put(ndr, test_ipid, sizeof(test_ipid));
    test_put_word(ndr, extensions, is_wide);
}

void
test_put_local_this(struct test_bytes *ndr, size_t size)
{
    test_put_align(ndr, 8);
    test_put_u32(ndr, 0);
    test_put_u32(ndr, TEST_THREAD);
    test_put_zeros(ndr, size - 8);
}

void
test_put_orpc_request(struct test_bytes *ndr, size_t local_size)
{
    test_put_orpc_this(ndr, TEST_ORPC_LOCAL, 0, false);
    test_put_local_this(ndr, local_size);
}

void
test_put_lrpc_request(struct test_bytes *message, const struct test_bytes *ndr)
{
    test_put_u64(message, 0);
    test_put_u32(message, 1);
    test_put_zeros(message, LRPC_REQUEST_BYTES - 12);
    test_put(message, ndr->data, ndr->size);
}

const struct atr_value *
test_value(const struct atr_event *event, enum atr_field field)
{
    const struct atr_value *found = atr_fields_find(&event->fields, field);

    if (found == NULL) {
        fail_msg("no value %s", atr_field_row_get(field)->filter);
    }
    return found;
}

bool
test_has_value(const struct atr_event *event, enum atr_field field)
{
    return atr_fields_find(&event->fields, field) != NULL;
}

unsigned
test_fact_count(const struct atr_event *event)
{
    unsigned count = 0;

    for (const struct atr_fact *fact = event->facts; fact != NULL; fact = fact->next) {
        count++;
    }
    return count;
}
