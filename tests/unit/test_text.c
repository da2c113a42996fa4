/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/text.h"
#include "base/utf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct buffer {
    struct atr_text text;
    struct atr_arena arena;
};

static int
setup(void **state)
{
    static struct buffer buffer;

    atr_text_init(&buffer.text, atr_heap_default());
    atr_arena_init(&buffer.arena, atr_heap_default(), 1 << 20);
    *state = &buffer;
    return 0;
}

static int
teardown(void **state)
{
    struct buffer *buffer = *state;

    atr_text_fini(&buffer->text);
    atr_arena_fini(&buffer->arena);
    return 0;
}

/* What a terminal gets of one ASCII character, or of a byte that is no UTF-8. */
static void
naive_escape(char *out, size_t room, uint8_t c, bool quoted)
{
    static const char letters[] = "\nn\rr\tt";
    const char *letter = c == 0 ? NULL : strchr(letters, c);

    if (letter != NULL && (letter - letters) % 2 == 0) {
        (void)snprintf(out, room, "\\%c", letter[1]);
    } else if (quoted && (c == '"' || c == '\\')) {
        (void)snprintf(out, room, "\\%c", c);
    } else if (c == 0x7f) {
        (void)snprintf(out, room, "\\u{7f}");
    } else if (c < 0x20 || c >= 0x80) {
        (void)snprintf(out, room, "\\x%02x", (unsigned)c);
    } else {
        (void)snprintf(out, room, "%c", c);
    }
}

/* Texts are judged eight bytes at once: no place of a character may make a difference. */
static void
every_character_is_escaped_alike_at_every_place(void **state)
{
    struct buffer *buffer = *state;

    for (size_t size = 1; size <= 26; size++) {
        for (size_t at = 0; at < size; at++) {
            for (unsigned c = 0; c < 0x200; c++) {
                bool quoted = c < 0x100;
                char value[32];
                char want[64];
                char one[16];

                memset(value, 'a', sizeof(value));
                value[at] = (char)(uint8_t)(c & 0xff);
                naive_escape(one, sizeof(one), (uint8_t)(c & 0xff), quoted);
                (void)snprintf(want, sizeof(want), "%.*s%s%.*s", (int)at, value, one,
                               (int)(size - at - 1), value + at + 1);
                atr_text_clear(&buffer->text);
                if (quoted) {
                    assert_false(atr_text_quoted(&buffer->text, atr_str_make(value, size), 0));
                } else {
                    atr_text_name(&buffer->text, atr_str_make(value, size));
                }
                CHECK_STR(atr_text_view(&buffer->text), want);
            }
        }
    }
}

static void
a_cut_counts_characters_not_bytes(void **state)
{
    static const char value[] = "0123\"5\xc3\xa9"
                                "7890123456789";
    struct buffer *buffer = *state;

    for (size_t max = 1; max < 24; max++) {
        size_t bytes = max < 5 ? max : max < 7 ? max + 1 : max + 2;

        atr_text_clear(&buffer->text);
        assert_int_equal(atr_text_quoted(&buffer->text, atr_str_from(value), max), max < 20);
        CHECK_UINT(atr_text_view(&buffer->text).size_bytes, bytes < 22 ? bytes : 22);
    }
}

static void
numbers_have_the_digits_printf_gives_them(void **state)
{
    struct buffer *buffer = *state;
    uint64_t power = 1;

    for (unsigned digits = 0; digits < 20; digits++, power *= 10) {
        for (uint64_t value = power - 1; value <= power + 1; value++) {
            for (unsigned width = 0; width < 24; width += 3) {
                char want[32];

                (void)snprintf(want, sizeof(want), "%0*" PRIu64, (int)width, value);
                atr_text_clear(&buffer->text);
                atr_text_u64_padded(&buffer->text, value, width);
                CHECK_STR(atr_text_view(&buffer->text), want);
            }
        }
    }
    atr_text_clear(&buffer->text);
    atr_text_u64(&buffer->text, UINT64_MAX);
    CHECK_STR(atr_text_view(&buffer->text), "18446744073709551615");
}

/* ASCII goes four units at a time: whatever follows it must come out the same. */
static void
utf16_is_converted_wherever_ascii_ends(void **state)
{
    struct buffer *buffer = *state;

    for (size_t ascii = 0; ascii < 12; ascii++) {
        for (size_t tail = 0; tail < 6; tail++) {
            uint8_t units[64] = {0};
            char want[64] = {0};
            size_t at = 0;

            for (; at < ascii; at++) {
                units[2 * at] = (uint8_t)('a' + at);
                want[at] = (char)('a' + at);
            }
            units[2 * at] = 0xe9;
            memcpy(want + at, "\xc3\xa9", 2);
            for (size_t i = 0; i < tail; i++) {
                units[2 * (ascii + 1 + i)] = 'z';
                want[ascii + 2 + i] = 'z';
            }
            CHECK_STR(atr_utf16_to_utf8(&buffer->arena,
                                        (struct atr_bytes){units, 2 * (ascii + 1 + tail) + 1}),
                      want);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_character_is_escaped_alike_at_every_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_cut_counts_characters_not_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_have_the_digits_printf_gives_them, setup, teardown),
        cmocka_unit_test_setup_teardown(utf16_is_converted_wherever_ascii_ends, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
