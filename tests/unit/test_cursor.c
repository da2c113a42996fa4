/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/cursor.h"

#include <string.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void
numbers_are_little_endian(void **state)
{
    struct atr_cursor cur = atr_cursor_make(bytes, sizeof(bytes));

    (void)state;
    CHECK_UINT(atr_cursor_u8(&cur), 0x01);
    CHECK_UINT(atr_cursor_u16(&cur), 0x0302);
    CHECK_UINT(atr_cursor_u32(&cur), 0x07060504);
    CHECK_UINT(atr_cursor_u64(&cur), UINT64_C(0x0f0e0d0c0b0a0908));
    CHECK_UINT(atr_cursor_left(&cur), 1);
    assert_true(atr_cursor_ok(&cur));
    cur = atr_cursor_make(bytes, sizeof(bytes));
    CHECK_UINT(atr_cursor_pointer(&cur, 4), 0x04030201);
    CHECK_UINT(atr_cursor_pointer(&cur, 8), UINT64_C(0x0c0b0a0908070605));
}

static void
read_everything(struct atr_cursor *cur)
{
    CHECK_UINT(atr_cursor_u8(cur), 0);
    CHECK_UINT(atr_cursor_u16(cur), 0);
    CHECK_UINT(atr_cursor_u32(cur), 0);
    CHECK_UINT(atr_cursor_u64(cur), 0);
    CHECK_UINT(atr_cursor_pointer(cur, 4), 0);
    CHECK_UINT(atr_cursor_guid(cur).bytes[0], 0);
    assert_null(atr_cursor_bytes(cur, 1).data);
    CHECK_UINT(atr_cursor_left(cur), 0);
}

static void
a_failure_sticks(void **state)
{
    struct atr_cursor cur = atr_cursor_make(bytes, 3);

    (void)state;
    CHECK_UINT(atr_cursor_u32(&cur), 0);
    CHECK_UINT(cur.status, ATR_TRUNCATED);
    read_everything(&cur);
    atr_cursor_seek(&cur, 0);
    read_everything(&cur);
    atr_cursor_reject(&cur);
    CHECK_UINT(cur.status, ATR_TRUNCATED); /* the first verdict stands */

    cur = atr_cursor_make(bytes, sizeof(bytes));
    atr_cursor_reject(&cur);
    CHECK_UINT(cur.status, ATR_MALFORMED);
    read_everything(&cur);
}

static void
no_read_passes_the_end(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        const uint8_t *guarded = test_guarded(bytes, size);

        for (unsigned reader = 0; reader < 7; reader++) {
            struct atr_cursor cur = atr_cursor_make(guarded, size);

            while (atr_cursor_left(&cur) > 0) {
                switch (reader) {
                case 0:
                    (void)atr_cursor_u8(&cur);
                    break;
                case 1:
                    (void)atr_cursor_u16(&cur);
                    break;
                case 2:
                    (void)atr_cursor_u32(&cur);
                    break;
                case 3:
                    (void)atr_cursor_u64(&cur);
                    break;
                case 4:
                    (void)atr_cursor_guid(&cur);
                    break;
                case 5:
                    (void)atr_cursor_bytes(&cur, 5);
                    break;
                default:
                    atr_cursor_skip(&cur, 3);
                    break;
                }
            }
            assert_true(cur.position <= size);
        }
        test_guarded_free(guarded, size);
    }
}

static void
a_piece_has_its_own_start_and_end(void **state)
{
    struct atr_cursor cur = atr_cursor_make(bytes, sizeof(bytes));
    struct atr_cursor sub;

    (void)state;
    atr_cursor_skip(&cur, 3);
    sub = atr_cursor_sub(&cur, 6);
    CHECK_UINT(cur.position, 9);
    CHECK_UINT(atr_cursor_u8(&sub), 4);
    atr_cursor_align(&sub, 4);
    CHECK_UINT(atr_cursor_u8(&sub), 8); /* aligned to the piece, not to the whole */
    CHECK_UINT(atr_cursor_u16(&sub), 0);
    CHECK_UINT(sub.status, ATR_TRUNCATED);
    assert_true(atr_cursor_ok(&cur));

    sub = atr_cursor_sub(&cur, 100);
    CHECK_UINT(sub.status, ATR_TRUNCATED);
    CHECK_UINT(cur.status, ATR_TRUNCATED);
}

static void
claims_as_large_as_they_come_are_refused(void **state)
{
    struct atr_cursor cur = atr_cursor_make(bytes, sizeof(bytes));

    (void)state;
    (void)atr_cursor_u8(&cur);
    assert_null(atr_cursor_bytes(&cur, SIZE_MAX).data);
    cur = atr_cursor_make(bytes, sizeof(bytes));
    (void)atr_cursor_u8(&cur);
    atr_cursor_skip(&cur, SIZE_MAX);
    CHECK_UINT(cur.status, ATR_TRUNCATED);
    cur = atr_cursor_make(bytes, sizeof(bytes));
    atr_cursor_seek(&cur, SIZE_MAX);
    CHECK_UINT(cur.status, ATR_TRUNCATED);
    cur = atr_cursor_make(bytes, sizeof(bytes));
    atr_cursor_seek(&cur, sizeof(bytes));
    assert_true(atr_cursor_ok(&cur));
}

static void
no_bytes_at_all_are_a_cursor_too(void **state)
{
    struct atr_cursor cur = atr_cursor_make(NULL, 99);

    (void)state;
    CHECK_UINT(atr_cursor_left(&cur), 0);
    assert_non_null(atr_cursor_bytes(&cur, 0).data);
    assert_true(atr_cursor_ok(&cur));
    CHECK_UINT(atr_cursor_u8(&cur), 0);
    CHECK_UINT(cur.status, ATR_TRUNCATED);
}

static void
alignment_skips_to_the_next_multiple(void **state)
{
    (void)state;
    for (size_t alignment = 1; alignment <= 8; alignment *= 2) {
        for (size_t from = 0; from <= 8; from++) {
            struct atr_cursor cur = atr_cursor_make(bytes, sizeof(bytes));

            atr_cursor_skip(&cur, from);
            atr_cursor_align(&cur, alignment);
            CHECK_UINT(cur.position, (from + alignment - 1) / alignment * alignment);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(a_failure_sticks),
        cmocka_unit_test(no_read_passes_the_end),
        cmocka_unit_test(a_piece_has_its_own_start_and_end),
        cmocka_unit_test(claims_as_large_as_they_come_are_refused),
        cmocka_unit_test(no_bytes_at_all_are_a_cursor_too),
        cmocka_unit_test(alignment_skips_to_the_next_multiple),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
