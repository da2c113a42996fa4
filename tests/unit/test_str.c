/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/str.h"

static const struct atr_str absent = {NULL, 0};

static void
texts_are_equal_by_their_bytes(void **state)
{
    (void)state;
    assert_true(atr_str_equal(ATR_STR("a\0b"), ATR_STR("a\0b")));
    assert_false(atr_str_equal(ATR_STR("a\0b"), ATR_STR("a\0c")));
    assert_false(atr_str_equal(ATR_STR("a"), ATR_STR("ab")));
    assert_true(atr_str_equal(absent, ATR_STR("")));
    assert_true(atr_str_equal_nocase(ATR_STR("RpcRt4"), ATR_STR("rpcrt4")));
    assert_false(atr_str_equal_nocase(ATR_STR("RpcRt4"), ATR_STR("rpcrt5")));
    assert_false(atr_str_equal_nocase(ATR_STR("\xc3\x84"), ATR_STR("\xc3\xa4"))); /* ASCII only */
}

static void
beginnings_and_ends_are_found(void **state)
{
    (void)state;
    assert_true(atr_str_starts(ATR_STR("abc"), ATR_STR("ab")));
    assert_false(atr_str_starts(ATR_STR("abc"), ATR_STR("abcd")));
    assert_true(atr_str_ends(ATR_STR("abc"), ATR_STR("bc")));
    assert_false(atr_str_ends(ATR_STR("abc"), ATR_STR("abcd")));
    assert_true(atr_str_starts(absent, ATR_STR("")));
    assert_true(atr_str_ends(absent, ATR_STR("")));
    assert_false(atr_str_starts(absent, ATR_STR("a")));
    assert_false(atr_str_ends(absent, ATR_STR("a")));
}

static void
a_needle_is_found_where_it_first_stands(void **state)
{
    (void)state;
    CHECK_UINT(atr_str_find(ATR_STR("aab"), ATR_STR("ab")), 1);
    CHECK_UINT(atr_str_find(ATR_STR("aab"), ATR_STR("b")), 2);
    CHECK_UINT(atr_str_find(ATR_STR("aab"), ATR_STR("abc")), 3);
    CHECK_UINT(atr_str_find(ATR_STR("aab"), ATR_STR("")), 0);
    CHECK_UINT(atr_str_find(absent, ATR_STR("a")), 0);
    CHECK_UINT(atr_str_find(ATR_STR("a"), ATR_STR("ab")), 1);
}

static void
searching_stays_within_the_text(void **state)
{
    static const char text[] = "xxab";

    (void)state;
    for (size_t size = 0; size <= 4; size++) {
        const uint8_t *guarded = test_guarded(text, size);
        struct atr_str value = {(const char *)guarded, size};

        CHECK_UINT(atr_str_find(value, ATR_STR("ab")), size < 4 ? size : 2);
        (void)atr_str_trim(value);
        (void)atr_str_leaf(value);
        assert_false(atr_str_starts(value, ATR_STR("xxabc")));
        test_guarded_free(guarded, size);
    }
}

static void
pieces_are_cut_off(void **state)
{
    (void)state;
    CHECK_STR(atr_str_skip(ATR_STR("abc"), 1), "bc");
    CHECK_STR(atr_str_skip(ATR_STR("abc"), 9), "");
    CHECK_STR(atr_str_skip(absent, 3), NULL);
    CHECK_STR(atr_str_trim(ATR_STR(" \ta b\r\n")), "a b");
    CHECK_STR(atr_str_trim(ATR_STR(" \n")), "");
    CHECK_STR(atr_str_leaf(ATR_STR("\\RPC Control\\x")), "x");
    CHECK_STR(atr_str_leaf(ATR_STR("x")), "x");
    CHECK_STR(atr_str_leaf(ATR_STR("\\")), "");
    CHECK_STR(atr_str_leaf(absent), NULL);
    CHECK_STR(atr_str_from(NULL), NULL);
}

static void
numbers_are_read_whole_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        unsigned base;
        bool is_number;
        uint64_t value;
    } rows[] = {
        {"0", 10, true, 0},
        {"18446744073709551615", 10, true, UINT64_MAX},
        {"18446744073709551616", 10, false, 0},
        {"99999999999999999999999", 10, false, 0},
        {"ffffFFFFffffffff", 16, true, UINT64_MAX},
        {"10000000000000000", 16, false, 0},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"1a", 10, false, 0},
        {"0x1", 16, false, 0},
        {"g", 16, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;

        if (atr_str_to_u64(atr_str_from(rows[i].text), rows[i].base, &value) != rows[i].is_number ||
            value != rows[i].value) {
            fail_msg("'%s' in base %u", rows[i].text, rows[i].base);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_equal_by_their_bytes),
        cmocka_unit_test(beginnings_and_ends_are_found),
        cmocka_unit_test(a_needle_is_found_where_it_first_stands),
        cmocka_unit_test(searching_stays_within_the_text),
        cmocka_unit_test(pieces_are_cut_off),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
