/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/utf.h"

#include <string.h>

static uint32_t
get(const char *bytes, size_t size, size_t *length)
{
    uint32_t code_point = 0xdead;

    *length = atr_utf8_get(bytes, size, &code_point);
    return code_point;
}

static void
every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char bytes[ATR_UTF8_MAX];
        size_t written = atr_utf8_put(bytes, c);
        bool is_surrogate = c >= 0xd800 && c < 0xe000;
        uint32_t back = 0;

        assert_true(written == (c < 0x80 ? 1U : c < 0x800 ? 2U : c < 0x10000 ? 3U : 4U));
        if (atr_utf8_get(bytes, written, &back) != (is_surrogate ? 0 : written) ||
            (!is_surrogate && back != c)) {
            fail_msg("U+%04X", (unsigned)c);
        }
        if (written > 1) {
            assert_int_equal(atr_utf8_get(bytes, written - 1, &back), 0);
        }
    }
}

static void
what_is_no_utf8_is_refused(void **state)
{
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xc0\x80",         /* NUL, too long */
        "\xc1\xbf",         /* DEL, too long */
        "\xe0\x80\xaf",     /* a slash, too long */
        "\xf0\x8f\xbf\xbf", /* U+FFFF, too long */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe2\x28\xa1", /* no continuation where one must be */
        "\xe2\x82(",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t size = strlen(bad[i]);
        size_t length;

        (void)get(bad[i], size, &length);
        CHECK_UINT(length, 0);
        assert_false(atr_utf8_is_valid(atr_str_make(bad[i], size)));
    }
}

static void
nothing_is_read_past_the_end(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++) {
        const uint8_t *guarded = test_guarded(text, size);
        bool is_whole = size == 0 || size == 1 || size == 3 || size == 6 || size == 10;

        assert_int_equal(atr_utf8_is_valid(atr_str_make((const char *)guarded, size)), is_whole);
        test_guarded_free(guarded, size);
    }
}

static struct atr_str
from_utf16(struct atr_arena *arena, const char *units, size_t size)
{
    const uint8_t *guarded = test_guarded(units, size);
    struct atr_str text = atr_utf16_to_utf8(arena, (struct atr_bytes){guarded, size});

    test_guarded_free(guarded, size);
    return text;
}

static void
utf16_becomes_utf8(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), 1 << 16);
    CHECK_STR(from_utf16(&arena, "a\0b\0c\0d\0e\0f\0g\0h\0i\0", 18), "abcdefghi");
    CHECK_STR(from_utf16(&arena, "a\0\xe9\0\xac\x20", 6), "a\xc3\xa9\xe2\x82\xac");
    CHECK_STR(from_utf16(&arena, "\x3d\xd8\x00\xde", 4), "\xf0\x9f\x98\x80");
    CHECK_STR(from_utf16(&arena, "", 0), "");
    CHECK_UINT(from_utf16(&arena, "a\0\0\0b\0", 6).size_bytes, 3);
    atr_arena_fini(&arena);
}

static void
broken_utf16_becomes_replacement_characters(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), 1 << 16);
    CHECK_STR(from_utf16(&arena, "\x3d\xd8", 2), "\xef\xbf\xbd");
    CHECK_STR(from_utf16(&arena, "\x3d\xd8x\0", 4), "\xef\xbf\xbdx");
    CHECK_STR(from_utf16(&arena, "\x00\xde\x3d\xd8", 4), "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK_STR(from_utf16(&arena, "a\0b", 3), "a"); /* the odd byte is dropped */
    atr_arena_fini(&arena);
}

static void
a_full_arena_gives_no_text(void **state)
{
    struct atr_arena arena;

    (void)state;
    atr_arena_init(&arena, atr_heap_default(), 16);
    CHECK_STR(from_utf16(&arena, "a\0b\0c\0d\0e\0f\0g\0h\0", 16), NULL);
    assert_true(arena.exhausted);
    atr_arena_fini(&arena);
}

static void
what_hides_or_reorders_is_unsafe(void **state)
{
    static const uint32_t unsafe[] = {0,      0x1b,   0x7f,   0x9b,   0xad,    0x61c,   0x180e,
                                      0x200b, 0x200e, 0x2028, 0x202e, 0x2066,  0x2069,  0x3164,
                                      0xfe0f, 0xfeff, 0xfff9, 0xfffb, 0xe0001, 0xe007f, 0x1d173};
    static const uint32_t safe[] = {' ',    '~',    0xa0,   0xe9,    0x20ac, 0x4e00,
                                    0x2010, 0x2026, 0xfffc, 0x1f600, 0xf0000};

    (void)state;
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
        if (!atr_code_point_is_unsafe(unsafe[i])) {
            fail_msg("U+%04X", (unsigned)unsafe[i]);
        }
    }
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        if (atr_code_point_is_unsafe(safe[i])) {
            fail_msg("U+%04X", (unsigned)safe[i]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(what_is_no_utf8_is_refused),
        cmocka_unit_test(nothing_is_read_past_the_end),
        cmocka_unit_test(utf16_becomes_utf8),
        cmocka_unit_test(broken_utf16_becomes_replacement_characters),
        cmocka_unit_test(a_full_arena_gives_no_text),
        cmocka_unit_test(what_hides_or_reorders_is_unsafe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
