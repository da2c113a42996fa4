/* SPDX-License-Identifier: MIT */
#include "support/json.h"
#include "support/support.h"

#include "output/values.h"

#include <stdio.h>

/* The tree of decoded values, as JSON and as lines. */

static struct atr_arena arena;
static struct atr_fields fields;
static struct atr_text text;

static int
set_up(void **state)
{
    (void)state;
    atr_arena_init(&arena, atr_heap_default(), 1 << 20);
    atr_fields_init(&fields, &arena);
    atr_text_init(&text, atr_heap_default());
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    atr_text_fini(&text);
    atr_arena_fini(&arena);
    return 0;
}

static struct atr_str
json(void)
{
    atr_text_clear(&text);
    atr_values_json(&text, &fields.root);
    return atr_text_view(&text);
}

static struct atr_str
lines(uint32_t string_max)
{
    atr_text_clear(&text);
    atr_values_write(&text, &fields.root, 2, string_max);
    return atr_text_view(&text);
}

static void
nothing_is_an_empty_object(void **state)
{
    (void)state;
    CHECK_STR(json(), "{}");
    CHECK_STR(lines(0), "");
}

static void
numbers_are_exact_to_the_last_bit(void **state)
{
    struct test_json_document document;
    struct atr_str out;
    uint64_t number = 0;
    int64_t integer = 0;

    (void)state;
    atr_fields_uint(&fields, ATR_F_callback_id, UINT64_MAX);
    atr_fields_uint(&fields, ATR_F_event_flags, UINT64_C(0x8000000000000001));
    atr_fields_int(&fields, ATR_F_data_length, INT64_MIN);
    out = json();
    assert_true(test_json_parse(out.data, out.size_bytes, &document));
    assert_true(test_json_u64(document.root->first, &number));
    CHECK_UINT(number, UINT64_MAX);
    assert_true(test_json_u64(document.root->first->next, &number));
    CHECK_UINT(number, UINT64_C(0x8000000000000001));
    assert_true(test_json_i64(document.root->first->next->next, &integer));
    CHECK_INT(integer, INT64_MIN);
    test_json_free(&document);
}

static void
keys_are_those_of_the_rows(void **state)
{
    char expected[128];

    (void)state;
    atr_fields_uint(&fields, ATR_F_message_id, 7);
    (void)snprintf(expected, sizeof(expected), "{\"%s\":7}",
                   atr_field_row_get(ATR_F_message_id)->key);
    CHECK_STR(json(), expected);
}

static void
objects_nest_and_lists_have_no_keys(void **state)
{
    struct test_json_document document;
    const struct test_json *list;
    struct atr_str out;

    (void)state;
    atr_fields_begin(&fields, ATR_F_event_message);
    atr_fields_begin(&fields, ATR_F_event_notes);
    atr_fields_text(&fields, ATR_F_event_note, ATR_STR("one"));
    atr_fields_text(&fields, ATR_F_event_note, ATR_STR("two"));
    atr_fields_end(&fields);
    atr_fields_null(&fields, ATR_F_event_port);
    atr_fields_end(&fields);
    atr_fields_bool(&fields, ATR_F_event_kind, true);
    out = json();
    assert_true(test_json_parse(out.data, out.size_bytes, &document));
    list = document.root->first->first;
    CHECK_UINT(list->kind, TEST_JSON_ARRAY);
    CHECK_UINT(list->count, 2);
    assert_string_equal(list->first->text, "one");
    assert_true(test_json_is_null(list->next));
    CHECK_UINT(document.root->first->next->kind, TEST_JSON_BOOL);
    test_json_free(&document);
}

/* As deep as the rows allow, and one deeper: what has no room is left out, not misplaced. */
static void
the_deepest_nesting_is_valid(void **state)
{
    struct test_json_document document;
    struct atr_str out;

    (void)state;
    for (int i = 0; i < ATR_FIELDS_DEPTH_MAX + 1; i++) {
        atr_fields_begin(&fields, ATR_F_event_message);
    }
    atr_fields_uint(&fields, ATR_F_message_id, 1);
    for (int i = 0; i < ATR_FIELDS_DEPTH_MAX + 1; i++) {
        atr_fields_end(&fields);
    }
    atr_fields_uint(&fields, ATR_F_message_id, 2);
    assert_true(fields.incomplete);
    out = json();
    assert_true(test_json_parse(out.data, out.size_bytes, &document));
    CHECK_UINT(document.root->count, 2);
    test_json_free(&document);
    assert_true(lines(0).size_bytes > 0);
}

static void
guesses_are_marked(void **state)
{
    (void)state;
    atr_fields_text(&fields, ATR_F_event_method, ATR_STR("Sure"));
    atr_fields_text(&fields, ATR_F_event_method, ATR_STR("Inferred"));
    atr_fields_grade(&fields, ATR_GRADE_INFERRED);
    atr_fields_text(&fields, ATR_F_event_method, ATR_STR("Guess"));
    atr_fields_grade(&fields, ATR_GRADE_GUESS);
    atr_text_clear(&text);
    for (const struct atr_value *value = fields.root.as.children.first; value != NULL;
         value = value->next) {
        atr_value_write(&text, value, 0);
    }
    CHECK_STR(atr_text_view(&text), "\"Sure\"\"Inferred\"?\"Guess\"?");
}

static void
long_texts_and_bytes_are_cut_with_a_mark(void **state)
{
    static const uint8_t bytes[] = {0xde, 0xad, 0xbe, 0xef};
    const struct atr_value *value;

    (void)state;
    atr_fields_text(&fields, ATR_F_event_method, ATR_STR("abcdef"));
    atr_fields_bytes(&fields, ATR_F_trailing, (struct atr_bytes){bytes, sizeof(bytes)});
    value = fields.root.as.children.first;
    atr_text_clear(&text);
    atr_value_write(&text, value, 3);
    atr_value_write(&text, value->next, 3);
    CHECK_STR(atr_text_view(&text), "\"abc\xe2\x80\xa6\"deadbe... (4 bytes)");
    CHECK_STR(json(), "{\"method\":\"abcdef\",\"trailing\":\"deadbeef\"}");
}

static void
hostile_texts_stay_one_line(void **state)
{
    struct atr_str out;
    unsigned line_ends = 0;

    (void)state;
    atr_fields_text(&fields, ATR_F_event_method, ATR_STR("a\nb\x1b[2J\"\\\0z\xff"));
    out = lines(0);
    for (size_t i = 0; i < out.size_bytes; i++) {
        line_ends += out.data[i] == '\n';
        assert_true(out.data[i] == '\n' || (uint8_t)out.data[i] >= 0x20);
    }
    CHECK_UINT(line_ends, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_an_empty_object),
        TEST(numbers_are_exact_to_the_last_bit),
        TEST(keys_are_those_of_the_rows),
        TEST(objects_nest_and_lists_have_no_keys),
        TEST(the_deepest_nesting_is_valid),
        TEST(guesses_are_marked),
        TEST(long_texts_and_bytes_are_cut_with_a_mark),
        TEST(hostile_texts_stay_one_line),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
