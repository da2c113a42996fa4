/* SPDX-License-Identifier: MIT */
#include "support/json.h"
#include "support/support.h"

#include "base/text.h"
#include "base/utf.h"

#include <stdlib.h>
#include <string.h>

/* Text an enemy chose, on its way to a terminal or into JSON. */

static struct atr_text text;

static int
set_up(void **state)
{
    (void)state;
    atr_text_init(&text, atr_heap_default());
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    atr_text_fini(&text);
    return 0;
}

static struct atr_str
quoted(const char *value)
{
    atr_text_clear(&text);
    (void)atr_text_quoted(&text, atr_str_from(value), 0);
    return atr_text_view(&text);
}

static struct atr_str
name(const char *value)
{
    atr_text_clear(&text);
    atr_text_name(&text, atr_str_from(value));
    return atr_text_view(&text);
}

static struct atr_str
json(struct atr_str value)
{
    atr_text_clear(&text);
    atr_text_json(&text, value);
    return atr_text_view(&text);
}

static void
terminals_get_no_controls(void **state)
{
    (void)state;
    CHECK_STR(quoted("\x1b[2J\x07\r\n\t"), "\\x1b[2J\\x07\\r\\n\\t");
    CHECK_STR(quoted("\x7f\xc2\x9b"), "\\u{7f}\\u{9b}");
    CHECK_STR(quoted("\xe2\x80\xae"
                     "exe.txt"),
              "\\u{202e}exe.txt");
    CHECK_STR(name("\xd8\x9c\xc2\xad"), "\\u{61c}\\u{ad}");
    CHECK_STR(name("a\x80\xff"), "a\\x80\\xff");
    CHECK_STR(name("\xf3\xa0\x80\x81"), "\\u{e0001}");
}

static void
names_keep_backslashes_and_quotes(void **state)
{
    (void)state;
    CHECK_STR(name("\\RPC Control\\\"x\""), "\\RPC Control\\\"x\"");
    CHECK_STR(quoted("\\\"x\""), "\\\\\\\"x\\\"");
    CHECK_STR(name("\xc3\xa9\xe4\xb8\x80"), "\xc3\xa9\xe4\xb8\x80");
}

/* Any bytes at all come out as printable UTF-8. */
static void
nothing_unsafe_comes_out_of_random_bytes(void **state)
{
    struct test_random random = {7};
    char bytes[64];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct atr_str value = {bytes, test_random_below(&random, sizeof(bytes))};
        struct atr_str out;

        test_random_fill(&random, bytes, sizeof(bytes));
        atr_text_clear(&text);
        atr_text_name(&text, value);
        (void)atr_text_quoted(&text, value, test_random_below(&random, 40));
        atr_text_json(&text, value);
        out = atr_text_view(&text);
        for (size_t at = 0; at < out.size_bytes;) {
            uint32_t c = 0;
            size_t length = atr_utf8_get(out.data + at, out.size_bytes - at, &c);

            assert_true(length > 0);
            assert_false(atr_code_point_is_unsafe(c));
            at += length;
        }
    }
}

static void
json_strings_come_back_as_they_were(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
        char value[ATR_UTF8_MAX + 2] = "<";
        size_t size = 1 + atr_utf8_put(value + 1, c);
        struct test_json_document document;
        struct atr_str out;

        if (c >= 0xd800 && c < 0xe000) {
            continue;
        }
        out = json(atr_str_make(value, size));
        assert_true(test_json_parse(out.data, out.size_bytes, &document));
        CHECK_UINT(document.root->text_size, size);
        assert_memory_equal(document.root->text, value, size);
        test_json_free(&document);
    }
}

static void
json_replaces_what_is_no_utf8(void **state)
{
    (void)state;
    CHECK_STR(json(ATR_STR("a\xff\xe2\x82z")), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    CHECK_STR(json(ATR_STR("\0")), "\"\\u0000\"");
    CHECK_STR(json(atr_str_from(NULL)), "\"\"");
    CHECK_STR(json(ATR_STR("\xe2\x80\xae\xf3\xa0\x80\x81")), "\"\\u202e\\udb40\\udc01\"");
}

static void
numbers_are_exact(void **state)
{
    (void)state;
    atr_text_clear(&text);
    atr_text_u64(&text, UINT64_MAX);
    atr_text_putc(&text, ' ');
    atr_text_i64(&text, INT64_MIN);
    atr_text_putc(&text, ' ');
    atr_text_hex(&text, UINT64_MAX);
    atr_text_putc(&text, ' ');
    atr_text_u64(&text, (UINT64_C(1) << 53) + 1);
    CHECK_STR(atr_text_view(&text),
              "18446744073709551615 -9223372036854775808 ffffffffffffffff 9007199254740993");
}

static void
a_failed_growth_sticks_and_drops(void **state)
{
    struct test_failing_heap heap;
    struct atr_text failing;

    (void)state;
    test_failing_heap_init(&heap, 2);
    atr_text_init(&failing, heap.heap);
    atr_text_puts(&failing, "kept");
    atr_text_pad(&failing, 'x', 100000);
    CHECK_UINT(failing.status, ATR_NOMEM);
    atr_text_puts(&failing, "dropped, though there is room");
    atr_text_printf(&failing, "%d", 5);
    atr_text_u64_padded(&failing, 5, 10);
    atr_text_json(&failing, ATR_STR("x\ny"));
    CHECK_STR(atr_text_view(&failing), "kept");
    atr_text_clear(&failing);
    CHECK_UINT(failing.status, ATR_OK);
    atr_text_fini(&failing);
    CHECK_UINT(heap.live_blocks, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(terminals_get_no_controls),
        TEST(names_keep_backslashes_and_quotes),
        TEST(nothing_unsafe_comes_out_of_random_bytes),
        TEST(json_strings_come_back_as_they_were),
        TEST(json_replaces_what_is_no_utf8),
        TEST(numbers_are_exact),
        TEST(a_failed_growth_sticks_and_drops),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
