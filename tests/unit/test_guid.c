/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/guid.h"

#include <string.h>

/* 3bdb59a0-d736-... of a real request (lrpc 10). */
static const struct atr_guid object = {
    {0xa0, 0x59, 0xdb, 0x3b, 0x36, 0xd7, 0x44, 0x4d, 0x90, 0x74, 0xc1, 0xee, 0, 0, 0, 3}};

static void
the_first_three_parts_are_little_endian(void **state)
{
    char text[ATR_GUID_TEXT_BYTES];

    (void)state;
    atr_guid_format(&object, text);
    assert_string_equal(text, "3bdb59a0-d736-4d44-9074-c1ee00000003");
}

static void
what_was_formatted_is_parsed(void **state)
{
    struct test_random random = {3};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct atr_guid guid;
        struct atr_guid back;
        char text[ATR_GUID_TEXT_BYTES];

        test_random_fill(&random, &guid, sizeof(guid));
        atr_guid_format(&guid, text);
        assert_true(atr_guid_parse(atr_str_from(text), &back));
        assert_true(atr_guid_equal(&guid, &back));
    }
}

static void
either_case_and_braces_are_accepted(void **state)
{
    struct atr_guid guid;

    (void)state;
    assert_true(atr_guid_parse(ATR_STR("{3BDB59A0-D736-4D44-9074-C1EE00000003}"), &guid));
    assert_true(atr_guid_equal(&guid, &object));
}

static void
anything_else_is_no_guid(void **state)
{
    static const char *const bad[] = {
        "",
        "3bdb59a0-d736-4d44-9074-c1ee0000000",
        "3bdb59a0-d736-4d44-9074-c1ee000000033",
        "3bdb59a0-d736-4d44-9074-c1ee0000000g",
        "3bdb59a0 d736 4d44 9074 c1ee00000003",
        "3bdb59a-0d736-4d44-9074-c1ee00000003",
        "{3bdb59a0-d736-4d44-9074-c1ee00000003",
        "(3bdb59a0-d736-4d44-9074-c1ee00000003)",
        "3bdb59a0d7364d449074c1ee00000003",
    };
    struct atr_guid guid = object;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(atr_guid_parse(atr_str_from(bad[i]), &guid));
    }
    assert_false(atr_guid_parse(atr_str_from(NULL), &guid));
    assert_true(atr_guid_equal(&guid, &object)); /* untouched */
}

static void
the_order_is_that_of_the_text(void **state)
{
    struct test_random random = {5};

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct atr_guid a;
        struct atr_guid b;
        char text_a[ATR_GUID_TEXT_BYTES];
        char text_b[ATR_GUID_TEXT_BYTES];
        int order;

        test_random_fill(&random, &a, sizeof(a));
        b = a;
        b.bytes[test_random_below(&random, 16)] ^= (uint8_t)test_random_below(&random, 4);
        atr_guid_format(&a, text_a);
        atr_guid_format(&b, text_b);
        order = strcmp(text_a, text_b);
        CHECK_INT(atr_guid_compare(&a, &b), order < 0 ? -1 : order > 0 ? 1 : 0);
    }
}

static void
only_all_zeros_is_null(void **state)
{
    struct atr_guid guid = {{0}};

    (void)state;
    assert_true(atr_guid_is_null(&guid));
    guid.bytes[15] = 1;
    assert_false(atr_guid_is_null(&guid));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_three_parts_are_little_endian),
        cmocka_unit_test(what_was_formatted_is_parsed),
        cmocka_unit_test(either_case_and_braces_are_accepted),
        cmocka_unit_test(anything_else_is_no_guid),
        cmocka_unit_test(the_order_is_that_of_the_text),
        cmocka_unit_test(only_all_zeros_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
