/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/limits.h"
#include "base/text.h"
#include "capture/text_input.h"

#include <stdlib.h>
#include <string.h>

/* All lines joined by "/"; a cut one ends in "~". */
static void
read_lines(const void *bytes, size_t size, size_t head_size, struct atr_text *out)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_error error = {0};
    struct atr_file *file = NULL;
    struct atr_text_input input;
    struct atr_text_line line;
    uint64_t number = 0;

    atr_text_clear(out);
    CHECK_UINT(atr_file_from_memory(&file, (struct atr_bytes){bytes, size}, &heap), ATR_OK);
    CHECK_UINT(atr_file_seek(file, head_size, &error), ATR_OK);
    CHECK_UINT(atr_text_input_init(&input, file, (struct atr_bytes){bytes, head_size}, &heap),
               ATR_OK);
    while (atr_text_input_next(&input, &line, &error) == ATR_OK) {
        CHECK_UINT(line.number, ++number);
        assert_true(line.offset < size);
        assert_true(line.text.size_bytes <= 2 * ATR_TEXT_LINE_MAX);
        atr_text_put(out, line.text);
        atr_text_puts(out, line.cut ? "~/" : "/");
    }
    CHECK_UINT(input.offset, size);
    atr_text_putc(out, 0);
    atr_text_input_fini(&input);
    atr_file_close(file);
}

static void
check_lines(const void *bytes, size_t size, const char *expected)
{
    struct atr_text out;

    atr_text_init(&out, atr_heap_default());
    /* The encoding is told by the head, so that holds four bytes at least. */
    for (size_t head = size < 4 ? size : 4; head <= size; head++) {
        read_lines(bytes, size, head, &out);
        assert_string_equal(out.data, expected);
    }
    atr_text_fini(&out);
}

static void
lines_end_at_line_feeds_with_or_without_returns(void **context)
{
    static const char text[] = "a\nbc\r\n\nd\r\r\ne\rf\nlast";

    (void)context;
    check_lines(text, sizeof(text) - 1, "a/bc//d/e\rf/last/");
    check_lines("", 0, "");
    check_lines("\n", 1, "/");
}

static void
byte_order_marks_are_believed_and_removed(void **context)
{
    (void)context;
    check_lines("\xef\xbb\xbf"
                "ab\ncd",
                8, "ab/cd/");
    check_lines("\xff\xfe"
                "a\0\n\0\xe9\0",
                8, "a/\xc3\xa9/");
    check_lines("\xfe\xff"
                "\0a\0\n\0\xe9",
                8, "a/\xc3\xa9/");
}

static void
utf16_is_known_by_its_zeros(void **context)
{
    static const uint8_t little[] = "a\0b\0\r\0\n\0c\0d\0";
    static const uint8_t big[] = "\0a\0b\0\r\0\n\0c\0d";

    (void)context;
    check_lines(little, 12, "ab/cd/");
    check_lines(big, 12, "ab/cd/");
}

static void
a_line_feed_is_a_whole_unit(void **context)
{
    /* U+0A0D and U+0D0A are letters. */
    static const uint8_t text[] = "\xff\xfe\x0d\x0a\x0a\x0d"
                                  "x\0\n\0y\0";

    (void)context;
    check_lines(text, sizeof(text) - 1, "\xe0\xa8\x8d\xe0\xb4\x8ax/y/");
}

static void
surrogates_are_joined_or_replaced(void **context)
{
    static const uint8_t text[] = "\xff\xfe\x3d\xd8\x00\xde"
                                  "a\0\x3d\xd8"
                                  "b\0\x00\xde";

    (void)context;
    check_lines(text, sizeof(text) - 1,
                "\xf0\x9f\x98\x80"
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd/");
}

static void
a_line_that_is_no_utf8_is_latin1(void **context)
{
    static const char text[] = "\xc3\xa9\n\xe9\n\xc3\xa9\xe9\n";

    (void)context;
    check_lines(text, sizeof(text) - 1, "\xc3\xa9/\xc3\xa9/\xc3\x83\xc2\xa9\xc3\xa9/");
}

static void
a_half_unit_at_the_end_is_dropped(void **context)
{
    (void)context;
    check_lines("\xff\xfe"
                "a\0b",
                5, "a/");
}

static void
lines_longer_than_the_cap_are_cut_there(void **context)
{
    static const size_t sizes[] = {
        ATR_TEXT_LINE_MAX - 1,     ATR_TEXT_LINE_MAX,         ATR_TEXT_LINE_MAX + 1,
        2 * ATR_TEXT_LINE_MAX - 1, 2 * ATR_TEXT_LINE_MAX + 1, 9 * ATR_TEXT_LINE_MAX + 5,
    };
    struct atr_text out;
    struct atr_text text;

    (void)context;
    atr_text_init(&out, atr_heap_default());
    atr_text_init(&text, atr_heap_default());
    for (size_t i = 0; i < ATR_COUNT(sizes); i++) {
        bool is_cut = sizes[i] > ATR_TEXT_LINE_MAX;
        size_t kept = is_cut ? (size_t)ATR_TEXT_LINE_MAX : sizes[i];

        atr_text_clear(&text);
        atr_text_pad(&text, 'x', sizes[i]);
        atr_text_puts(&text, "\nnext\n");
        read_lines(text.data, text.size_bytes, 100, &out);
        CHECK_UINT(out.size_bytes, kept + strlen(is_cut ? "~/next/" : "/next/") + 1);
        assert_string_equal(out.data + kept, is_cut ? "~/next/" : "/next/");
    }
    atr_text_fini(&out);
    atr_text_fini(&text);
}

static void
offsets_point_at_the_line_in_the_input(void **context)
{
    static const char text[] = "\xef\xbb\xbf"
                               "ab\r\ncd\nef";
    static const uint64_t offsets[] = {0, 7, 10};
    struct atr_heap heap = atr_heap_default();
    struct atr_error error = {0};
    struct atr_text_input input;
    struct atr_text_line line;

    (void)context;
    CHECK_UINT(atr_text_input_init(&input, NULL,
                                   (struct atr_bytes){(const uint8_t *)text, sizeof(text) - 1},
                                   &heap),
               ATR_OK);
    for (size_t i = 0; i < ATR_COUNT(offsets); i++) {
        CHECK_UINT(atr_text_input_next(&input, &line, &error), ATR_OK);
        CHECK_UINT(line.offset, offsets[i]);
    }
    CHECK_UINT(atr_text_input_next(&input, &line, &error), ATR_END);
    CHECK_UINT(atr_text_input_next(&input, &line, &error), ATR_END);
    atr_text_input_fini(&input);
}

static void
words_are_found_in_the_head_of_text_only(void **context)
{
    struct atr_str word = ATR_STR("word");

    (void)context;
    assert_true(atr_text_head_has((struct atr_bytes){(const uint8_t *)"a word", 6}, word));
    assert_true(
        atr_text_head_has((struct atr_bytes){(const uint8_t *)"w\0o\0r\0d\0\n\0", 10}, word));
    assert_true(
        atr_text_head_has((struct atr_bytes){(const uint8_t *)"\xfe\xff\0w\0o\0r\0d", 10}, word));
    assert_false(atr_text_head_has((struct atr_bytes){(const uint8_t *)"a wor", 5}, word));
    assert_false(
        atr_text_head_has((struct atr_bytes){(const uint8_t *)"\0\0\0\0word word word", 18}, word));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_line_feeds_with_or_without_returns),
        cmocka_unit_test(byte_order_marks_are_believed_and_removed),
        cmocka_unit_test(utf16_is_known_by_its_zeros),
        cmocka_unit_test(a_line_feed_is_a_whole_unit),
        cmocka_unit_test(surrogates_are_joined_or_replaced),
        cmocka_unit_test(a_line_that_is_no_utf8_is_latin1),
        cmocka_unit_test(a_half_unit_at_the_end_is_dropped),
        cmocka_unit_test(lines_longer_than_the_cap_are_cut_there),
        cmocka_unit_test(offsets_point_at_the_line_in_the_input),
        cmocka_unit_test(words_are_found_in_the_head_of_text_only),
    };

    return cmocka_run_group_tests_name("text_input", tests, NULL, NULL);
}
