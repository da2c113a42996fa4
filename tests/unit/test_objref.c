/* SPDX-License-Identifier: MIT */
/* Interface pointers and bindings (MS-DCOM 2.2.18 and 2.2.19). */
#include "support/com.h"
#include "support/support.h"

#include "decode/decode.h"
#include "decode/objref.h"

#include <string.h>

enum {
    VYSN = 0x4e535956
};

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

static void
put_extended(struct test_bytes *bytes, uint32_t count)
{
    test_put_objref_head(bytes, ATR_OBJREF_EXTENDED);
    test_put_std_objref(bytes);
    test_put_u32(bytes, VYSN);
    test_put_u32(bytes, 0);
    test_put_u32(bytes, count);
    test_put_u32(bytes, VYSN);
    test_put_com_guid(bytes, 0x33b);
    test_put_u32(bytes, 4);
    test_put_u32(bytes, 8);
    test_put_u64(bytes, 1);
}

static void
a_standard_pointer_tells_object_apartment_and_address(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    test_put_standard_objref(&bytes);
    CHECK_UINT(decode(&bytes), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_objref_kind)->as.text, "standard");
    CHECK_UINT(test_value(&event, ATR_F_objref_flags)->as.number, 0x1000);
    CHECK_UINT(test_value(&event, ATR_F_objref_oxid)->as.number, TEST_OXID);
    CHECK_UINT(test_value(&event, ATR_F_objref_ipid_pid)->as.number, 8000);
    CHECK_STR(test_value(&event, ATR_F_objref_ipid_apartment)->as.text, "STA 0x0d8c");
    CHECK_UINT(test_value(&event, ATR_F_objref_ipid_apartment)->grade, ATR_GRADE_INFERRED);
    CHECK_STR(test_value(&event, ATR_F_dsa_protocol)->as.text, "ncacn_ip_tcp");
    CHECK_STR(test_value(&event, ATR_F_dsa_address)->as.text, "a");
    CHECK_STR(test_value(&event, ATR_F_dsa_principal)->as.text, "p");
    CHECK_UINT(test_fact_count(&event), 1);
    CHECK_UINT(event.facts->kind, ATR_FACT_INTERFACE_POINTER);
    CHECK_UINT(event.facts->as.pointer.oid, TEST_OID);
    assert_memory_equal(event.facts->as.pointer.ipid.bytes, test_ipid, sizeof(test_ipid));
}

static void
a_handler_pointer_names_its_class_before_the_bindings(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    test_put_objref_head(&bytes, ATR_OBJREF_HANDLER);
    test_put_std_objref(&bytes);
    test_put_com_guid(&bytes, 0x777);
    test_put_bindings(&bytes);
    CHECK_UINT(decode(&bytes), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_objref_kind)->as.text, "handler");
    CHECK_UINT(test_value(&event, ATR_F_objref_clsid)->as.guid.bytes[0], 0x77);
    CHECK_STR(test_value(&event, ATR_F_dsa_address)->as.text, "a");
}

static void
prefixes_are_truncated_and_keep_what_came_before(void **state)
{
    struct test_bytes standard = {.size = 0};
    struct test_bytes extended = {.size = 0};

    (void)state;
    test_put_standard_objref(&standard);
    put_extended(&extended, 1);
    for (size_t size = 0; size < standard.size; size++) {
        CHECK_UINT(decode_with(atr_objref_decode, standard.data, size), ATR_TRUNCATED);
        CHECK_STR(test_value(&event, ATR_F_error)->as.text, "truncated");
        CHECK_UINT(test_has_value(&event, ATR_F_objref_iid), size >= 0x18);
        CHECK_UINT(test_has_value(&event, ATR_F_objref_oid), size >= 0x40);
    }
    for (size_t size = 0; size < extended.size; size++) {
        CHECK_UINT(decode_with(atr_objref_decode, extended.data, size), ATR_TRUNCATED);
    }
    CHECK_UINT(decode(&extended), ATR_OK);
}

static void
what_is_no_pointer_is_told_apart_from_an_unknown_kind(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    test_put_standard_objref(&bytes);
    test_poke_u32(&bytes, 4, 3);
    CHECK_UINT(decode(&bytes), ATR_UNSUPPORTED);
    CHECK_STR(test_value(&event, ATR_F_error)->as.text, "unknown_type");
    test_poke_u32(&bytes, 0, 0x4d454f57);
    CHECK_UINT(decode(&bytes), ATR_MALFORMED);
    CHECK_STR(test_value(&event, ATR_F_error)->as.text, "bad_signature");
    CHECK_UINT(test_fact_count(&event), 0);
}

static void
element_counts_are_claims(void **state)
{
    static const uint32_t claims[] = {17, 0x10000000, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct test_bytes bytes = {.size = 0};

        put_extended(&bytes, claims[i]);
        CHECK_UINT(decode(&bytes), ATR_MALFORMED);
        CHECK_UINT(test_value(&event, ATR_F_objref_oid)->as.number, TEST_OID);
    }
}

static void
custom_data_may_be_counted_with_or_without_eight_more(void **state)
{
    (void)state;
    for (uint32_t more = 0; more <= 8; more += 8) {
        struct test_bytes bytes = {.size = 0};

        test_put_custom_head(&bytes, 0x33b, 16 + more);
        test_put_zeros(&bytes, 16);
        CHECK_UINT(decode(&bytes), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_objref_data_offset)->as.number, 48);
        CHECK_UINT(test_value(&event, ATR_F_objref_data_length)->as.number, 16);
        test_poke_u32(&bytes, 0x2c, 40);
        CHECK_UINT(decode(&bytes), ATR_TRUNCATED);
        CHECK_UINT(test_value(&event, ATR_F_objref_data_length)->as.number, 16);
    }
}

static enum atr_status
decode_units(const uint16_t *units, size_t count)
{
    struct test_bytes bytes = {.size = 0};

    for (size_t i = 0; i < count; i++) {
        test_put_u16(&bytes, units[i]);
    }
    return decode_with(atr_dual_string_array_decode, bytes.data, bytes.size);
}

static void
bindings_that_contradict_themselves_are_shown_as_far_as_they_go(void **state)
{
    static const uint16_t offset_lies[] = {4, 9, 7, 'a', 0, 0};
    static const uint16_t no_end[] = {3, 3, 7, 'a', 'b'};
    static const uint16_t unknown_tower[] = {4, 4, 0x55, 'x', 0, 0};
    static const uint16_t overrun[] = {9, 4, 7, 'a', 0, 0};

    (void)state;
    CHECK_UINT(decode_units(offset_lies, 6), ATR_MALFORMED);
    CHECK_STR(test_value(&event, ATR_F_problem)->as.text, "bindings_damaged");
    CHECK_STR(test_value(&event, ATR_F_dsa_address)->as.text, "a");
    CHECK_UINT(decode_units(no_end, 5), ATR_MALFORMED);
    CHECK_STR(test_value(&event, ATR_F_dsa_address)->as.text, "ab");
    CHECK_UINT(decode_units(unknown_tower, 6), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_dsa_tower)->as.number, 0x55);
    assert_false(test_has_value(&event, ATR_F_dsa_protocol));
    CHECK_UINT(decode_units(overrun, 6), ATR_TRUNCATED);
    assert_false(test_has_value(&event, ATR_F_dsa_strings));
}

static void
no_more_bindings_are_kept_than_the_cap(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    test_put_u16(&bytes, 3000);
    test_put_u16(&bytes, 3000);
    for (unsigned i = 0; i < 1000; i++) {
        test_put_u16(&bytes, 7);
        test_put_u16(&bytes, 'x');
        test_put_u16(&bytes, 0);
    }
    CHECK_UINT(decode_with(atr_dual_string_array_decode, bytes.data, bytes.size), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_dsa_strings)->count, ATR_DSA_BINDINGS_MAX);
}

static void
an_ipid_tells_its_process_and_apartment(void **state)
{
    char text[ATR_APARTMENT_TEXT_BYTES];
    struct atr_guid guid;

    (void)state;
    memcpy(guid.bytes, test_ipid, sizeof(test_ipid));
    CHECK_UINT(atr_ipid_owner_get(&guid).pid, 8000);
    CHECK_UINT(atr_ipid_owner_get(&guid).apartment, 0x0d8c);
    CHECK_STR(atr_apartment_text(0x0d8c, text), "STA 0x0d8c");
    CHECK_STR(atr_apartment_text(0, text), "neutral");
    CHECK_STR(atr_apartment_text(0xffff, text), "MTA");
}

static void
the_scan_finds_pointers_and_nothing_else(void **state)
{
    static const uint32_t lengths_wrong[] = {0, 0x43, 0x100001, 0xffffffff};
    struct test_bytes bytes = {.size = 0};
    struct atr_bytes ndr = {bytes.data, 0};

    (void)state;
    test_put_standard_objref(&bytes); /* no length in front */
    test_put_zeros(&bytes, 3);
    test_put_marshaled(&bytes); /* at no multiple of 4 */
    ndr.size_bytes = bytes.size;

    size_t found = atr_objref_scan(ndr, 0);
    size_t size = atr_objref_at(ndr, found).size_bytes;

    CHECK_UINT(found, bytes.size - size);
    CHECK_UINT(atr_objref_scan(ndr, found + 1), bytes.size);
    CHECK_UINT(atr_objref_scan(ndr, bytes.size + 7), bytes.size);
    CHECK_UINT(atr_objref_scan((struct atr_bytes){NULL, 0}, 0), 0);
    for (size_t i = 0; i < sizeof(lengths_wrong) / sizeof(lengths_wrong[0]); i++) {
        test_poke_u32(&bytes, found - 4, lengths_wrong[i]);
        CHECK_UINT(atr_objref_scan(ndr, 0), bytes.size);
    }
    test_poke_u32(&bytes, found - 4, (uint32_t)size);
    test_poke_u32(&bytes, found + 4, 3);
    CHECK_UINT(atr_objref_scan(ndr, 0), bytes.size);
}

static void
pointers_inside_pointers_come_in_one_flat_list(void **state)
{
    struct test_bytes inner = {.size = 0};
    struct test_bytes outer = {.size = 0};

    (void)state;
    test_put_marshaled(&inner);
    test_put_u32(&outer, 0x30 + (uint32_t)inner.size);
    test_put_custom_head(&outer, 0x33b, (uint32_t)inner.size);
    test_put(&outer, inner.data, inner.size);
    test_put_marshaled(&outer);
    atr_event_reset(&event, &arena, true);
    atr_interface_pointers_decode(&event, (struct atr_bytes){outer.data, outer.size}, 0);

    const struct atr_value *list = test_value(&event, ATR_F_interface_pointers);

    CHECK_UINT(list->count, 3);
    CHECK_UINT(list->as.children.first->as.children.first->as.number, 4);
    CHECK_UINT(test_fact_count(&event), 2);
}

static void
no_more_pointers_are_listed_than_the_cap(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    for (unsigned i = 0; i < ATR_OBJREFS_MAX + 20; i++) {
        test_put_marshaled(&bytes);
    }
    atr_event_reset(&event, &arena, true);
    atr_interface_pointers_decode(&event, (struct atr_bytes){bytes.data, bytes.size}, 0);
    CHECK_UINT(test_value(&event, ATR_F_interface_pointers)->count, ATR_OBJREFS_MAX);
    CHECK_UINT(test_fact_count(&event), ATR_OBJREFS_MAX);
}

static void
facts_come_also_when_nobody_wants_the_rows(void **state)
{
    struct test_bytes bytes = {.size = 0};

    (void)state;
    test_put_marshaled(&bytes);
    atr_event_reset(&event, &arena, false);
    atr_interface_pointers_decode(&event, (struct atr_bytes){bytes.data, bytes.size}, 0);
    CHECK_UINT(test_fact_count(&event), 1);
    CHECK_UINT(event.fields.total, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_standard_pointer_tells_object_apartment_and_address),
        cmocka_unit_test(a_handler_pointer_names_its_class_before_the_bindings),
        cmocka_unit_test(prefixes_are_truncated_and_keep_what_came_before),
        cmocka_unit_test(what_is_no_pointer_is_told_apart_from_an_unknown_kind),
        cmocka_unit_test(element_counts_are_claims),
        cmocka_unit_test(custom_data_may_be_counted_with_or_without_eight_more),
        cmocka_unit_test(bindings_that_contradict_themselves_are_shown_as_far_as_they_go),
        cmocka_unit_test(no_more_bindings_are_kept_than_the_cap),
        cmocka_unit_test(an_ipid_tells_its_process_and_apartment),
        cmocka_unit_test(the_scan_finds_pointers_and_nothing_else),
        cmocka_unit_test(pointers_inside_pointers_come_in_one_flat_list),
        cmocka_unit_test(no_more_pointers_are_listed_than_the_cap),
        cmocka_unit_test(facts_come_also_when_nobody_wants_the_rows),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
