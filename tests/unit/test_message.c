/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "wire/message.h"

#include <string.h>

/* What the driver copies of a message, from headers that tell the truth and from those that lie. */

#define USER_LIMIT 0x7fffffff0000U
#define WOW64_CALL 0x80000000U

static const uint8_t native_header[ATR_MESSAGE_HEADER_NATIVE] = {
    0x68, 0,    0x90, 0,    0x01, 0x20, 0x34, 0x12, /* lengths, type, data info */
    0x11, 0x22, 0x33, 0x44, 0xee, 0xee, 0xee, 0xee, /* pid; above it: anything */
    0x55, 0x66, 0x77, 0x08, 0xee, 0xee, 0xee, 0xee, /* tid */
    0x99, 0xaa, 0xbb, 0x0c, 0xee, 0xee, 0xee, 0xee, /* message id, padding */
    0xdd, 0xcc, 0xbb, 0x0a, 0x04, 0x03, 0x02, 0x01, /* callback id or view size */
};

static const uint8_t wow64_header[ATR_MESSAGE_HEADER_WOW64] = {
    0x68, 0,    0x80, 0,    0x01, 0x30, 0,    0,    /* lengths, type, data info */
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08, /* pid, tid */
    0x99, 0xaa, 0xbb, 0x0c, 0xdd, 0xcc, 0xbb, 0x0a, /* message id, callback id */
};

static void
flags_say_the_layout(void **state)
{
    (void)state;
    CHECK_UINT(atr_message_layout_of_flags(0), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_flags(0x20000), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_flags(0x80020000), ATR_MESSAGE_WOW64);
    CHECK_UINT(atr_message_layout_of_flags(0x40000000), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_flags(0xc0000000), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_flags(0xbfffffff), ATR_MESSAGE_WOW64);
}

static void
lengths_say_the_layout_only_when_they_fit_exactly(void **state)
{
    (void)state;
    CHECK_UINT(atr_message_layout_of_lengths(0, 40), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_lengths(65495, 65535), ATR_MESSAGE_NATIVE);
    CHECK_UINT(atr_message_layout_of_lengths(1, 25), ATR_MESSAGE_WOW64);
    CHECK_UINT(atr_message_layout_of_lengths(0, 0), ATR_MESSAGE_LAYOUT_UNKNOWN);
    CHECK_UINT(atr_message_layout_of_lengths(1, 0), ATR_MESSAGE_LAYOUT_UNKNOWN);
    CHECK_UINT(atr_message_layout_of_lengths(65535, 39), ATR_MESSAGE_LAYOUT_UNKNOWN);
    CHECK_UINT(atr_message_layout_of_lengths(8, 49), ATR_MESSAGE_LAYOUT_UNKNOWN);
}

static void
a_native_header_is_read(void **state)
{
    struct atr_message_shape shape;

    (void)state;
    assert_true(atr_message_decode(native_header, 40, ATR_MESSAGE_NATIVE, &shape));
    CHECK_UINT(shape.layout, ATR_MESSAGE_NATIVE);
    CHECK_UINT(shape.header_bytes, 40);
    CHECK_UINT(shape.data_length, 0x68);
    CHECK_UINT(shape.total_length, 0x90);
    CHECK_UINT(shape.type, 0x2001);
    CHECK_UINT(atr_message_type(shape.type), 1);
    CHECK_UINT(shape.data_info_offset, 0x1234);
    assert_true(shape.has_ids);
    CHECK_UINT(shape.pid, 0x44332211);
    CHECK_UINT(shape.tid, 0x08776655);
    CHECK_UINT(shape.message_id, 0x0cbbaa99);
    CHECK_UINT(shape.callback_id, 0x0abbccdd); /* the upper half is left from anything */
}

static void
a_connection_request_has_a_view_size_instead(void **state)
{
    uint8_t header[ATR_MESSAGE_HEADER_NATIVE];
    struct atr_message_shape shape;

    (void)state;
    memcpy(header, native_header, sizeof(header));
    header[4] = 10;
    assert_true(atr_message_decode(header, 40, ATR_MESSAGE_NATIVE, &shape));
    CHECK_UINT(shape.callback_id, 0x010203040abbccdd);
}

static void
a_wow64_header_is_read(void **state)
{
    struct atr_message_shape shape;

    (void)state;
    assert_true(atr_message_decode(wow64_header, 24, ATR_MESSAGE_WOW64, &shape));
    CHECK_UINT(shape.layout, ATR_MESSAGE_WOW64);
    CHECK_UINT(shape.header_bytes, 24);
    CHECK_UINT(shape.data_length, 0x68);
    assert_true(shape.has_ids);
    CHECK_UINT(shape.pid, 0x44332211);
    CHECK_UINT(shape.tid, 0x08776655);
    CHECK_UINT(shape.message_id, 0x0cbbaa99);
    CHECK_UINT(shape.callback_id, 0x0abbccdd);
}

static void
an_unknown_layout_is_chosen_by_the_lengths(void **state)
{
    uint8_t header[ATR_MESSAGE_HEADER_NATIVE];
    struct atr_message_shape shape;
    struct atr_message_extent extent;

    (void)state;
    CHECK_UINT(atr_message_header_bytes(ATR_MESSAGE_LAYOUT_UNKNOWN), 24);
    assert_true(atr_message_decode(wow64_header, 24, ATR_MESSAGE_LAYOUT_UNKNOWN, &shape));
    CHECK_UINT(shape.layout, ATR_MESSAGE_WOW64);
    assert_true(shape.has_ids);
    assert_true(atr_message_decode(native_header, 24, ATR_MESSAGE_LAYOUT_UNKNOWN, &shape));
    CHECK_UINT(shape.layout, ATR_MESSAGE_NATIVE);
    CHECK_UINT(shape.header_bytes, 40); /* 16 more are wanted */
    assert_false(shape.has_ids);
    CHECK_UINT(shape.pid, 0);
    memcpy(header, native_header, sizeof(header));
    header[0] ^= 1;
    assert_true(atr_message_decode(header, 40, ATR_MESSAGE_LAYOUT_UNKNOWN, &shape));
    CHECK_UINT(shape.layout, ATR_MESSAGE_LAYOUT_UNKNOWN);
    assert_false(shape.has_ids);
    extent = atr_message_payload(&shape, UINT32_MAX, UINT64_MAX);
    CHECK_UINT(extent.offset, 0); /* raw, as it lies there */
    CHECK_UINT(extent.original_bytes, 0x90);
    CHECK_UINT(extent.captured_bytes, 0x90);
}

static void
a_cut_header_is_no_header(void **state)
{
    struct atr_message_shape shape;

    (void)state;
    for (uint32_t size = 0; size < 24; size++) {
        uint8_t *bytes = test_guarded(native_header, size);

        assert_false(atr_message_decode(bytes, size, ATR_MESSAGE_NATIVE, &shape));
        assert_false(atr_message_decode(bytes, size, ATR_MESSAGE_WOW64, &shape));
        assert_false(atr_message_decode(bytes, size, ATR_MESSAGE_LAYOUT_UNKNOWN, &shape));
        test_guarded_free(bytes, size);
    }
    for (uint32_t size = 24; size < 40; size++) {
        uint8_t *bytes = test_guarded(native_header, size);

        assert_true(atr_message_decode(bytes, size, ATR_MESSAGE_NATIVE, &shape));
        assert_false(shape.has_ids);
        test_guarded_free(bytes, size);
    }
}

static struct atr_message_extent
payload(uint16_t data_length, uint32_t snap, uint64_t room)
{
    struct atr_message_shape shape = {
        .layout = ATR_MESSAGE_NATIVE, .header_bytes = 40, .data_length = data_length};

    return atr_message_payload(&shape, snap, room);
}

static void
the_payload_is_bounded_by_length_snap_and_room(void **state)
{
    static const struct {
        uint16_t data_length;
        uint32_t snap;
        uint64_t room;
        uint32_t captured;
    } rows[] = {
        {100, UINT32_MAX, UINT64_MAX, 100},
        {100, 64, UINT64_MAX, 64},
        {100, 0, UINT64_MAX, 0},
        {100, UINT32_MAX, 140, 100},
        {100, UINT32_MAX, 139, 99},
        {100, UINT32_MAX, 41, 1},
        {100, UINT32_MAX, 40, 0},
        {100, UINT32_MAX, 39, 0},
        {100, UINT32_MAX, 0, 0},
        {100, 10, 60, 10},
        {100, 30, 60, 20},
        {UINT16_MAX, UINT32_MAX, UINT64_MAX, UINT16_MAX},
        {0, UINT32_MAX, UINT64_MAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct atr_message_extent extent = payload(rows[i].data_length, rows[i].snap, rows[i].room);

        CHECK_UINT(extent.offset, 40);
        CHECK_UINT(extent.original_bytes, rows[i].data_length);
        CHECK_UINT(extent.captured_bytes, rows[i].captured);
    }
}

static void
only_status_zero_is_a_delivery(void **state)
{
    static const uint32_t others[] = {0xc0,       0x101,      0x102,      0x103,     0x40000030,
                                      0x80000005, 0xc0000023, 0xc0000041, UINT32_MAX};

    (void)state;
    assert_true(atr_message_delivered(0));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(atr_message_delivered(others[i]));
    }
}

static void
attribute_sizes_follow_allocated(void **state)
{
    (void)state;
    CHECK_UINT(atr_message_attributes_bytes(0, ATR_MESSAGE_NATIVE), 8);
    CHECK_UINT(atr_message_attributes_bytes(0xfe000000, ATR_MESSAGE_NATIVE),
               ATR_MESSAGE_ATTRIBUTES_MAX);
    CHECK_UINT(atr_message_attributes_bytes(0xfe000000, ATR_MESSAGE_WOW64), 0x6c);
    CHECK_UINT(atr_message_attributes_bytes(UINT32_MAX, ATR_MESSAGE_NATIVE),
               ATR_MESSAGE_ATTRIBUTES_MAX);
    CHECK_UINT(atr_message_attributes_bytes(0x01ffffff, ATR_MESSAGE_NATIVE), 8);
    CHECK_UINT(atr_message_attributes_bytes(0x40000000, ATR_MESSAGE_NATIVE), 0x28);
    CHECK_UINT(atr_message_attributes_bytes(0x30000000, ATR_MESSAGE_WOW64), 8 + 0x14 + 0x10);
    for (unsigned high = 0; high < 128; high++) {
        assert_true(atr_message_attributes_bytes(high << 25, ATR_MESSAGE_NATIVE) <=
                    ATR_MESSAGE_ATTRIBUTES_MAX);
    }
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void
view_and_handle_are_found_behind_what_is_allocated(void **state)
{
    uint8_t bytes[ATR_MESSAGE_ATTRIBUTES_MAX] = {0};
    struct atr_message_attributes attributes;

    (void)state;
    put_u32(bytes, 0xfe000000);
    put_u32(bytes + 4, 0x50000000);
    put_u32(bytes + 0x20, 0x20000);
    put_u32(bytes + 0x28, 0x5ec);
    put_u32(bytes + 0x30, 0x10000);
    put_u32(bytes + 0x34, 0x7ff0);
    put_u32(bytes + 0x38, 0x3000);
    put_u32(bytes + 0x60, 0x40000);
    put_u32(bytes + 0x68, 0xaaaa);
    put_u32(bytes + 0x70, 3);
    put_u32(bytes + 0x74, 0x1f);
    assert_true(
        atr_message_attributes_decode(bytes, sizeof(bytes), ATR_MESSAGE_NATIVE, &attributes));
    CHECK_UINT(attributes.size_bytes, 0xa0);
    assert_true(attributes.view.is_present);
    CHECK_UINT(attributes.view.flags, 0x20000);
    CHECK_UINT(attributes.view.section_handle, 0x5ec);
    CHECK_UINT(attributes.view.base, 0x7ff000010000);
    CHECK_UINT(attributes.view.size_bytes, 0x3000);
    assert_true(attributes.handles.is_present);
    assert_true(attributes.handles.is_indirect);
    CHECK_UINT(attributes.handles.handle, 0xaaaa);
    CHECK_UINT(attributes.handles.count, 3);
    CHECK_UINT(attributes.handles.access, 0x1f);
}

static void
the_32_bit_layout_has_its_own_places(void **state)
{
    uint8_t bytes[8 + 0x10 + 0x10] = {0};
    struct atr_message_attributes attributes;

    (void)state;
    put_u32(bytes, 0x50000000);
    put_u32(bytes + 4, 0x50000000);
    put_u32(bytes + 8, 1);
    put_u32(bytes + 12, 2);
    put_u32(bytes + 16, 0xfff00000);
    put_u32(bytes + 20, 0x1000);
    put_u32(bytes + 24, 0);
    put_u32(bytes + 28, 0x44);
    put_u32(bytes + 32, 0x20);
    put_u32(bytes + 36, 0x1f);
    assert_true(
        atr_message_attributes_decode(bytes, sizeof(bytes), ATR_MESSAGE_WOW64, &attributes));
    CHECK_UINT(attributes.view.flags, 1);
    CHECK_UINT(attributes.view.section_handle, 2);
    CHECK_UINT(attributes.view.base, 0xfff00000);
    CHECK_UINT(attributes.view.size_bytes, 0x1000);
    assert_false(attributes.handles.is_indirect);
    CHECK_UINT(attributes.handles.handle, 0x44);
    CHECK_UINT(attributes.handles.count, 1);
    CHECK_UINT(attributes.handles.object_type, 0x20);
    CHECK_UINT(attributes.handles.access, 0x1f);
}

static void
valid_without_allocated_means_nothing(void **state)
{
    uint8_t bytes[ATR_MESSAGE_ATTRIBUTES_MAX];
    struct atr_message_attributes attributes;

    (void)state;
    memset(bytes, 0xff, sizeof(bytes));
    put_u32(bytes, 0x10000000);
    assert_true(
        atr_message_attributes_decode(bytes, sizeof(bytes), ATR_MESSAGE_NATIVE, &attributes));
    CHECK_UINT(attributes.valid, 0x10000000);
    assert_false(attributes.view.is_present);
    assert_true(attributes.handles.is_present);
}

static void
a_cut_attribute_is_absent(void **state)
{
    uint8_t full[ATR_MESSAGE_ATTRIBUTES_MAX];
    struct atr_message_attributes attributes;

    (void)state;
    memset(full, 0xff, sizeof(full));
    for (uint32_t size = 0; size <= sizeof(full); size++) {
        uint8_t *bytes = test_guarded(full, size);
        bool is_header =
            atr_message_attributes_decode(bytes, size, ATR_MESSAGE_NATIVE, &attributes);

        assert_int_equal(is_header, size >= 8);
        if (is_header) {
            assert_int_equal(attributes.view.is_present, size >= 0x40);
            assert_int_equal(attributes.handles.is_present, size >= 0x78);
        }
        is_header = atr_message_attributes_decode(bytes, size, ATR_MESSAGE_WOW64, &attributes);
        assert_int_equal(is_header, size >= 8);
        if (is_header) {
            assert_int_equal(attributes.view.is_present, size >= 0x24);
            assert_int_equal(attributes.handles.is_present, size >= 0x48);
        }
        test_guarded_free(bytes, size);
    }
}

static void
user_ranges_neither_wrap_nor_touch_the_limit(void **state)
{
    static const struct {
        uint64_t address;
        uint64_t size;
        bool is_user;
    } rows[] = {
        {0, 0, false},
        {0, 1, false},
        {1, 0, true},
        {0x10000, 0x1000, true},
        {USER_LIMIT - 1, 1, true},
        {USER_LIMIT - 1, 2, false},
        {USER_LIMIT, 0, true},
        {USER_LIMIT, 1, false},
        {USER_LIMIT + 1, 0, false},
        {1, USER_LIMIT - 1, true},
        {1, USER_LIMIT, false},
        {0x10000, UINT64_MAX, false},
        {UINT64_MAX, 1, false},
        {UINT64_MAX, UINT64_MAX, false},
        {0xffff800000000000, 16, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(atr_message_is_user_range(rows[i].address, rows[i].size, USER_LIMIT),
                         rows[i].is_user);
    }
}

static void
a_view_is_copied_wholly_below_the_limit_or_not_at_all(void **state)
{
    static const struct {
        uint64_t base;
        uint64_t size;
        uint32_t original;
        uint32_t captured;
    } rows[] = {
        {0x10000, 0x2000, 0x2000, 0x2000},
        {0x10000, 0x20000, 0x20000, 0x10000},
        {USER_LIMIT - 0x10000, UINT64_MAX, UINT32_MAX, 0x10000}, /* what is copied fits */
        {USER_LIMIT - 0xffff, UINT64_MAX, UINT32_MAX, 0},
        {USER_LIMIT - 0x1000, 0x1001, 0x1001, 0},
        {0, 0x1000, 0x1000, 0},
        {UINT64_MAX - 1, 0x1000, 0x1000, 0},
        {0xfffff80000000000, 0x1000, 0x1000, 0},
        {0x10000, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct atr_message_view view = {
            .is_present = true, .base = rows[i].base, .size_bytes = rows[i].size};
        struct atr_message_extent extent = atr_message_view_extent(&view, 0x10000, USER_LIMIT);

        CHECK_UINT(extent.original_bytes, rows[i].original);
        CHECK_UINT(extent.captured_bytes, rows[i].captured);
        view.is_present = false;
        extent = atr_message_view_extent(&view, 0x10000, USER_LIMIT);
        CHECK_UINT(extent.original_bytes, 0);
        CHECK_UINT(extent.captured_bytes, 0);
    }
}

static void
a_handle_array_has_at_most_512_elements(void **state)
{
    struct atr_message_handles handles = {
        .is_present = true, .is_indirect = true, .handle = 0x10000, .count = 3};
    struct atr_message_extent extent = atr_message_handles_extent(&handles, USER_LIMIT);

    (void)state;
    CHECK_UINT(extent.captured_bytes, 48);
    handles.count = 513;
    extent = atr_message_handles_extent(&handles, USER_LIMIT);
    CHECK_UINT(extent.original_bytes, 513 * 16);
    CHECK_UINT(extent.captured_bytes, 512 * 16);
    handles.count = UINT32_MAX;
    extent = atr_message_handles_extent(&handles, USER_LIMIT);
    CHECK_UINT(extent.original_bytes, UINT32_MAX);
    CHECK_UINT(extent.captured_bytes, 512 * 16);
    handles.handle = USER_LIMIT - 16;
    extent = atr_message_handles_extent(&handles, USER_LIMIT);
    CHECK_UINT(extent.captured_bytes, 0);
    handles.is_indirect = false; /* the attribute holds the handle itself */
    extent = atr_message_handles_extent(&handles, USER_LIMIT);
    CHECK_UINT(extent.original_bytes, 0);
}

static void
deferred_work_sends_only_when_it_says_so(void **state)
{
    uint8_t bytes[ATR_MESSAGE_DEFERRED_BYTES] = {0};
    struct atr_message_deferred deferred;

    (void)state;
    put_u32(bytes, 0x1000);
    put_u32(bytes + 4, 0x7ff0);
    put_u32(bytes + 8, 0x84);
    put_u32(bytes + 16, 0x10000);
    assert_false(atr_message_deferred_decode(bytes, &deferred));
    put_u32(bytes + 20, 3);
    assert_true(atr_message_deferred_decode(bytes, &deferred));
    CHECK_UINT(deferred.message, 0x7ff000001000);
    CHECK_UINT(deferred.port_handle, 0x84);
    CHECK_UINT(deferred.send_flags, 0x10000);
    CHECK_UINT(deferred.flags, 3);
    put_u32(bytes + 16, 0x30000);
    assert_false(atr_message_deferred_decode(bytes, &deferred));
    put_u32(bytes + 16, WOW64_CALL);
    assert_true(atr_message_deferred_decode(bytes, &deferred));
    CHECK_UINT(atr_message_layout_of_flags(deferred.send_flags), ATR_MESSAGE_WOW64);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_say_the_layout),
        cmocka_unit_test(lengths_say_the_layout_only_when_they_fit_exactly),
        cmocka_unit_test(a_native_header_is_read),
        cmocka_unit_test(a_connection_request_has_a_view_size_instead),
        cmocka_unit_test(a_wow64_header_is_read),
        cmocka_unit_test(an_unknown_layout_is_chosen_by_the_lengths),
        cmocka_unit_test(a_cut_header_is_no_header),
        cmocka_unit_test(the_payload_is_bounded_by_length_snap_and_room),
        cmocka_unit_test(only_status_zero_is_a_delivery),
        cmocka_unit_test(attribute_sizes_follow_allocated),
        cmocka_unit_test(view_and_handle_are_found_behind_what_is_allocated),
        cmocka_unit_test(the_32_bit_layout_has_its_own_places),
        cmocka_unit_test(valid_without_allocated_means_nothing),
        cmocka_unit_test(a_cut_attribute_is_absent),
        cmocka_unit_test(user_ranges_neither_wrap_nor_touch_the_limit),
        cmocka_unit_test(a_view_is_copied_wholly_below_the_limit_or_not_at_all),
        cmocka_unit_test(a_handle_array_has_at_most_512_elements),
        cmocka_unit_test(deferred_work_sends_only_when_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
