/* SPDX-License-Identifier: MIT */
/* Activation properties: the data of a custom interface pointer (MS-DCOM 2.2.22). */
#include "support/com.h"
#include "support/support.h"

#include "decode/decode.h"
#include "decode/objref.h"

#include <string.h>

static struct atr_arena arena;
static struct atr_event event;

static int
setup(void **state)
{
    (void)state;
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, true);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    atr_arena_fini(&arena);
    return 0;
}

static enum atr_status
decode_with(atr_decode_fn *decode, const void *data, size_t size)
{
    const struct atr_decode_context context = {0};
    uint8_t *guarded = test_guarded(data, size);
    struct atr_cursor cur = atr_cursor_make(guarded, size);
    enum atr_status status;

    atr_event_reset(&event, &arena, true);
    status = decode(&cur, &context, &event);
    test_guarded_free(guarded, size);
    return status;
}

static enum atr_status
decode(const struct test_bytes *bytes)
{
    return decode_with(atr_objref_decode, bytes->data, bytes->size);
}

/* A serialized value is put between these two. */
static size_t
serial_begin(struct test_bytes *bytes)
{
    size_t start = bytes->size;

    test_put_u32(bytes, 0x00081001);
    test_put_u32(bytes, 0xcccccccc);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    return start;
}

static uint32_t
serial_end(struct test_bytes *bytes, size_t start)
{
    test_put_zeros(bytes, (8 - (bytes->size - start) % 8) % 8);
    test_poke_u32(bytes, start + 8, (uint32_t)(bytes->size - start - 16));
    return (uint32_t)(bytes->size - start);
}

static void
put_string(struct test_bytes *bytes, const char *text)
{
    uint32_t units = (uint32_t)strlen(text) + 1;

    test_put_u32(bytes, units);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, units);
    test_put_wide(bytes, text);
}

static uint32_t
put_instantiation(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_com_guid(bytes, 0x6fc0);
    test_put_u32(bytes, 0x15);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 0x58);
    test_put_u32(bytes, 0x00070005);
    test_put_u32(bytes, 2);
    test_put_com_guid(bytes, 0);
    test_put_com_guid(bytes, 0x400);
    return serial_end(bytes, start);
}

static uint32_t
put_location(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 4321);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    put_string(bytes, "BOX");
    return serial_end(bytes, start);
}

static uint32_t
put_scm_request(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, 0x20004);
    test_put_u32(bytes, 2);
    test_put_u16(bytes, 0x10);
    test_put_u16(bytes, 0x77);
    return serial_end(bytes, start);
}

static uint32_t
put_security(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 3);
    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x20004);
    test_put_u64(bytes, 0);
    put_string(bytes, "SRV");
    return serial_end(bytes, start);
}

static uint32_t
put_special(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 0xffffffff);
    test_put_zeros(bytes, 12);
    test_put_u32(bytes, 2);
    test_put_zeros(bytes, 20);
    test_put_u32(bytes, 0x14);
    test_put_u32(bytes, 2);
    test_put_zeros(bytes, 32);
    return serial_end(bytes, start);
}

static uint32_t
put_scm_reply(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x20000);
    test_put_u64(bytes, TEST_OXID);
    test_put_u32(bytes, 0x20004);
    test_put(bytes, test_ipid, sizeof(test_ipid));
    test_put_u32(bytes, 4);
    test_put_u32(bytes, 0x00070005);
    test_put_u32(bytes, 9);
    test_put_bindings(bytes);
    return serial_end(bytes, start);
}

static uint32_t
put_props_out(struct test_bytes *bytes)
{
    size_t start = serial_begin(bytes);

    test_put_u32(bytes, 2);
    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 0x20004);
    test_put_u32(bytes, 0x20008);
    test_put_u32(bytes, 2);
    test_put_com_guid(bytes, 0);
    test_put_com_guid(bytes, 0x400);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x80004002);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, 0x2000c);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0x5a);
    test_put_marshaled(bytes);
    return serial_end(bytes, start);
}

struct property {
    uint16_t clsid;
    uint32_t (*put)(struct test_bytes *bytes);
};

static void
put_activation(struct test_bytes *bytes, uint16_t clsid, const struct property *properties,
               uint32_t count)
{
    struct test_bytes blobs = {.size = 0};
    uint32_t sizes[8];
    size_t at;
    size_t header;

    for (uint32_t i = 0; i < count; i++) {
        sizes[i] = properties[i].put(&blobs);
    }
    test_put_custom_head(bytes, clsid, 0);
    at = bytes->size;
    test_put_u64(bytes, 0);
    header = serial_begin(bytes);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, 2);
    test_put_u32(bytes, count);
    test_put_com_guid(bytes, 0);
    test_put_u32(bytes, 0x20000);
    test_put_u32(bytes, 0x20004);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        test_put_com_guid(bytes, properties[i].clsid);
    }
    test_put_u32(bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        test_put_u32(bytes, sizes[i]);
    }
    test_poke_u32(bytes, header + 20, serial_end(bytes, header));
    test_put(bytes, blobs.data, blobs.size);
    test_poke_u32(bytes, at - 4, (uint32_t)(bytes->size - at));
}

static const struct property properties_in[] = {
    {0x1ab, put_instantiation}, {0x1a4, put_location}, {0x1aa, put_scm_request},
    {0x1a6, put_security},      {0x1b9, put_special},
};

static const struct property properties_out[] = {{0x339, put_props_out}, {0x1b6, put_scm_reply}};

static void
activation_in_tells_class_interfaces_and_machine(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    put_activation(&bytes, 0x338, properties_in, 5);
    CHECK_UINT(decode(&bytes), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_activation_direction)->as.text, "in");
    CHECK_UINT(test_value(&event, ATR_F_activation_context)->as.number, 2);
    CHECK_UINT(test_value(&event, ATR_F_activation_properties)->count, 5);
    CHECK_STR(test_value(&event, ATR_F_activation_property)->as.text, "InstantiationInfo");
    CHECK_UINT(test_value(&event, ATR_F_activation_class_id)->as.guid.bytes[0], 0xc0);
    CHECK_UINT(test_value(&event, ATR_F_activation_class_context)->as.number, 0x15);
    CHECK_STR(test_value(&event, ATR_F_activation_client_version)->as.text, "5.7");
    CHECK_UINT(test_value(&event, ATR_F_activation_iids)->count, 2);
    CHECK_STR(test_value(&event, ATR_F_activation_machine_name)->as.text, "BOX");
    CHECK_UINT(test_value(&event, ATR_F_activation_pid)->as.number, 4321);
    CHECK_STR(test_value(&event, ATR_F_activation_server_name)->as.text, "SRV");
    CHECK_UINT(test_value(&event, ATR_F_activation_impersonation)->as.number, 2);
    CHECK_UINT(test_value(&event, ATR_F_activation_session_id)->as.number, 0xffffffff);
    CHECK_UINT(test_value(&event, ATR_F_activation_original_context)->as.number, 0x14);

    const struct atr_value *protocols = test_value(&event, ATR_F_activation_protocols);

    CHECK_STR(protocols->as.children.first->as.text, "ncalrpc");
    CHECK_UINT(protocols->as.children.last->as.number, 0x77);
    assert_false(test_has_value(&event, ATR_F_problem));
}

static void
activation_out_tells_apartment_and_interfaces(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    put_activation(&bytes, 0x339, properties_out, 2);
    CHECK_UINT(decode(&bytes), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_activation_direction)->as.text, "out");
    CHECK_UINT(test_value(&event, ATR_F_activation_interfaces)->count, 2);
    CHECK_UINT(test_value(&event, ATR_F_activation_interfaces)
                   ->as.children.last->as.children.last->as.number,
               0x80004002);
    CHECK_UINT(test_value(&event, ATR_F_activation_oxid)->as.number, TEST_OXID);
    assert_memory_equal(test_value(&event, ATR_F_activation_rem_unknown)->as.guid.bytes, test_ipid,
                        sizeof(test_ipid));
    CHECK_UINT(test_value(&event, ATR_F_activation_authn_hint)->as.number, 4);
    CHECK_STR(test_value(&event, ATR_F_activation_server_version)->as.text, "5.7");
    CHECK_STR(test_value(&event, ATR_F_dsa_address)->as.text, "a");
    CHECK_UINT(test_value(&event, ATR_F_interface_pointers)->count, 1);
    CHECK_UINT(test_fact_count(&event), 1);
}

static void
damaged_activation_keeps_the_pointer_and_its_other_properties(void **state)
{
    static const uint32_t counts_wrong[] = {0, 4, 17, 0x10000000, 0xffffffff};
    struct test_bytes bytes = {.size = 0};

    (void)state;
    for (size_t i = 0; i < sizeof(counts_wrong) / sizeof(counts_wrong[0]); i++) {
        bytes.size = 0;
        put_activation(&bytes, 0x338, properties_in, 5);
        test_poke_u32(&bytes, 0x30 + 8 + 16 + 16, counts_wrong[i]);
        CHECK_UINT(decode(&bytes), ATR_OK);
        CHECK_STR(test_value(&event, ATR_F_problem)->as.text, "malformed");
        assert_true(test_has_value(&event, ATR_F_objref_data_length));
    }
    bytes.size = 0;
    put_activation(&bytes, 0x338, properties_in, 5);

    uint32_t header = bytes.data[0x30 + 8 + 20];

    test_poke_u32(&bytes, 0x30 + 8 + header + 16 + 28, 0xfffffff0); /* interfaces asked for */
    CHECK_UINT(decode(&bytes), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_problem)->as.text, "malformed");
    CHECK_UINT(test_value(&event, ATR_F_activation_iids)->count, 0);
    CHECK_STR(test_value(&event, ATR_F_activation_machine_name)->as.text, "BOX");
}

static void
flipped_bytes_and_short_ends_never_hurt(void **state)
{
    struct test_random random = {7};
    struct test_bytes bytes = {.size = 0};

    (void)state;
    put_activation(&bytes, 0x339, properties_out, 2);
    for (size_t size = 0; size < bytes.size; size++) {
        CHECK_UINT(decode_with(atr_objref_decode, bytes.data, size),
                   size == bytes.size - 8 ? ATR_OK : ATR_TRUNCATED);
    }
    for (unsigned i = 0; i < 3000; i++) {
        struct test_bytes flipped = bytes;

        for (unsigned n = 0; n < 3; n++) {
            flipped.data[test_random_below(&random, (uint32_t)bytes.size)] =
                (uint8_t)(test_random_u32(&random) & 0xff);
        }
        (void)decode(&flipped);
    }
}

static void
a_heap_that_fails_gives_limit(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    put_activation(&bytes, 0x339, properties_out, 2);
    for (uint64_t n = 1;; n++) {
        const struct atr_decode_context context = {0};
        struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size);
        struct test_failing_heap failing;
        struct atr_arena small;
        enum atr_status status;

        test_failing_heap_init(&failing, n);
        atr_arena_init(&small, failing.heap, ATR_EVENT_ARENA_BYTES);
        atr_event_reset(&event, &small, true);
        status = atr_objref_decode(&cur, &context, &event);
        CHECK_UINT(status, failing.failed ? ATR_LIMIT : ATR_OK);
        atr_arena_fini(&small);
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activation_in_tells_class_interfaces_and_machine),
        cmocka_unit_test(activation_out_tells_apartment_and_interfaces),
        cmocka_unit_test(damaged_activation_keeps_the_pointer_and_its_other_properties),
        cmocka_unit_test(flipped_bytes_and_short_ends_never_hurt),
        cmocka_unit_test(a_heap_that_fails_gives_limit),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
