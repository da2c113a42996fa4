/* SPDX-License-Identifier: MIT */
/* Values of known type: the reader, lists given by hand, the rows and the line they give. */
#include "support/support.h"

#include "decode/ndr.h"
#include "decode/ndr_guess.h"
#include "decode/sid.h"
#include "event/ndr_text.h"

#include <stdlib.h>
#include <string.h>

static struct atr_arena arena;
static struct atr_event event;

static int
setup(void **state)
{
    (void)state;
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    atr_arena_fini(&arena);
    return 0;
}

/* A stub from hex, on memory that ends where it ends. */
struct stub {
    uint8_t *bytes;
    size_t size;
};

static struct stub
stub_make(const char *hex)
{
    struct stub stub;
    uint8_t *bytes;

    test_hex(hex, strlen(hex), &bytes, &stub.size);
    stub.bytes = test_guarded(bytes, stub.size);
    free(bytes);
    return stub;
}

static struct atr_ndr_view
read_cut(const struct stub *stub, size_t captured, enum atr_syntax syntax, const char *list)
{
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
    struct atr_ndr_view view = {.bytes = {stub->bytes, captured},
                                .original_bytes = stub->size,
                                .syntax = syntax,
                                .syntax_grade = ATR_GRADE_BOUND};
    uint32_t count;

    atr_arena_reset(&arena);
    CHECK_UINT(atr_ndr_params_parse(atr_str_from(list), params, &count, NULL), ATR_OK);
    (void)atr_ndr_params_read(&arena, &view, params, count);
    return view;
}

static struct atr_ndr_view
read_stub(const struct stub *stub, enum atr_syntax syntax, const char *list)
{
    return read_cut(stub, stub->size, syntax, list);
}

static void
check_error(enum atr_syntax syntax, const char *hex, const char *list, const char *error)
{
    struct stub stub = stub_make(hex);
    struct atr_ndr_view view = read_stub(&stub, syntax, list);

    CHECK_STR(atr_str_from(view.error), error);
    test_guarded_free(stub.bytes, stub.size);
}

static void
counts_that_lie_are_a_string_overrun(void **state)
{
    (void)state;
    /* more than there is, in both widths */
    check_error(ATR_SYNTAX_NDR64, "ffffffffffffffff 0000000000000000 ffffffffffffffff 41004200",
                "wstring", "string_overrun");
    check_error(ATR_SYNTAX_NDR20, "00000080 00000000 00000080 41004200", "wstring",
                "string_overrun");
    /* an offset that wraps around */
    check_error(ATR_SYNTAX_NDR64,
                "0400000000000000 feffffffffffffff 0400000000000000"
                "4100420043000000",
                "wstring", "string_overrun");
    check_error(ATR_SYNTAX_NDR20, "04000000 01000000 04000000 41004200 43000000", "wstring",
                "string_overrun");
    check_error(ATR_SYNTAX_NDR20, "03000000 00000000 04000000 41424300", "string",
                "string_overrun");
}

static void
values_that_contradict_themselves_are_malformed(void **state)
{
    (void)state;
    check_error(ATR_SYNTAX_NDR20, "02000000 0101000000000005 12000000", "sid", "malformed");
    check_error(ATR_SYNTAX_NDR20, "55736572 03000000 04000000 03000000 610062006300", "bstr",
                "malformed");
    check_error(ATR_SYNTAX_NDR20,
                "18000000 18000000 4d454f58 0100000000000000"
                "00000000000000000000000000000000",
                "objref", "malformed");
    check_error(ATR_SYNTAX_NDR20, "0100", "u32", "truncated");
}

static void
a_list_is_read_in_order_and_aligned(void **state)
{
    struct stub stub = stub_make("0000020000000000 0c00000000000000 0000000000000000"
                                 "0c00000000000000 6500780061006d0070006c0065002e006f0072006700"
                                 "0000 0100 0000 40000000 0102030405060708");
    struct atr_ndr_view view = read_stub(&stub, ATR_SYNTAX_NDR64, "ptr,wstring,u16,u32,bytes:8");

    (void)state;
    CHECK_STR(atr_str_from(view.error), NULL);
    CHECK_UINT(view.item_count, 5);
    CHECK_UINT(view.items[0].number, 131072);
    CHECK_UINT(view.items[0].grade, ATR_GRADE_BOUND);
    CHECK_UINT(view.items[0].trust, 100);
    CHECK_UINT(view.items[1].offset, 8);
    CHECK_UINT(view.items[1].max_count, 12);
    CHECK_STR(view.items[1].text, "example.org");
    CHECK_UINT(view.items[2].offset, 56);
    CHECK_UINT(view.items[2].number, 1);
    CHECK_UINT(view.items[3].offset, 60);
    CHECK_UINT(view.items[3].number, 64);
    CHECK_UINT(view.items[4].bytes.size_bytes, 8);
    test_guarded_free(stub.bytes, stub.size);
}

static void
a_handle_takes_twenty_bytes(void **state)
{
    struct stub stub = stub_make("00000000 01000000010002000003000000000004 09000000 00000000"
                                 "09000000 41007500640069006f005300720076000000 0000 04000000");
    struct atr_ndr_view view = read_stub(&stub, ATR_SYNTAX_NDR20, "context_handle,wstring,u32");

    (void)state;
    CHECK_UINT(view.item_count, 3);
    CHECK_UINT(view.items[0].number, 0);
    CHECK_UINT(view.items[0].guid.bytes[15], 4);
    CHECK_UINT(view.items[1].offset, 20);
    CHECK_UINT(view.items[2].offset, 52);
    CHECK_UINT(view.items[2].number, 4);
    test_guarded_free(stub.bytes, stub.size);
}

static void
every_kind_is_read_in_both_syntaxes(void **state)
{
    static const char list[] = "u8,u16,u32,u64,time,guid,system_handle,sid,astring,return";
    struct stub narrow = stub_make("01 00 0200 03000000 0400000000000000 1122334455667788"
                                   "000102030405060708090a0b0c0d0e0f 05000000 00000000"
                                   "01000000 0101000000000005 12000000"
                                   "03000000 00000000 03000000 616200 00 06000000");
    struct stub wide = stub_make("01 00 0200 03000000 0400000000000000 1122334455667788"
                                 "000102030405060708090a0b0c0d0e0f 05000000 00000000"
                                 "0100000000000000 0101000000000005 12000000 00000000"
                                 "0300000000000000 0000000000000000 0300000000000000 616200 00"
                                 "06000000");

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct atr_ndr_view view = i == 0 ? read_stub(&narrow, ATR_SYNTAX_NDR20, list)
                                          : read_stub(&wide, ATR_SYNTAX_NDR64, list);

        CHECK_UINT(view.item_count, 10);
        CHECK_UINT(view.items[0].number, 1);
        CHECK_UINT(view.items[1].number, 2);
        CHECK_UINT(view.items[2].number, 3);
        CHECK_UINT(view.items[3].number, 4);
        CHECK_UINT(view.items[4].number, UINT64_C(0x8877665544332211));
        CHECK_UINT(view.items[5].guid.bytes[1], 1);
        CHECK_UINT(view.items[6].number, 5);
        CHECK_STR(view.items[7].text, "S-1-5-18");
        CHECK_STR(view.items[8].text, "ab");
        CHECK_UINT(view.items[9].number, 6);
        CHECK_UINT(view.items[9].offset, view.bytes.size_bytes - 4);
    }
    test_guarded_free(narrow.bytes, narrow.size);
    test_guarded_free(wide.bytes, wide.size);
}

static void
a_bstr_is_read_with_and_without_pad(void **state)
{
    static const char *const stubs[] = {
        "55736572 03000000 06000000 03000000 610062006300 0000 07000000",
        "55736572 cccccccc 03000000 05000000 03000000 610062006300 0000 07000000",
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(stubs); i++) {
        struct stub stub = stub_make(stubs[i]);
        struct atr_ndr_view view = read_stub(&stub, ATR_SYNTAX_NDR20, "bstr,u32");

        CHECK_UINT(view.item_count, 2);
        CHECK_STR(view.items[0].text, "abc");
        CHECK_UINT(view.items[0].offset, 0);
        CHECK_UINT(view.items[1].number, 7);
        test_guarded_free(stub.bytes, stub.size);
    }
}

static void
a_null_bstr_has_no_text(void **state)
{
    struct stub null_blob = stub_make("55736572 00000000 ffffffff 00000000");
    struct stub null_pointer = stub_make("00000000");
    struct atr_ndr_view view = read_stub(&null_blob, ATR_SYNTAX_NDR20, "bstr");

    (void)state;
    CHECK_UINT(view.item_count, 1);
    CHECK_STR(view.items[0].text, NULL);
    view = read_stub(&null_pointer, ATR_SYNTAX_NDR20, "bstr");
    CHECK_UINT(view.item_count, 1);
    CHECK_STR(view.items[0].text, NULL);
    test_guarded_free(null_blob.bytes, null_blob.size);
    test_guarded_free(null_pointer.bytes, null_pointer.size);
}

static void
a_cut_string_keeps_what_was_captured(void **state)
{
    struct stub stub = stub_make("05000000 00000000 05000000 61006200630064000000");
    struct atr_ndr_view view = read_cut(&stub, 12 + 5, ATR_SYNTAX_NDR20, "wstring,u32");

    (void)state;
    CHECK_STR(atr_str_from(view.error), "truncated");
    CHECK_UINT(view.item_count, 1);
    CHECK_STR(view.items[0].text, "ab");
    CHECK_UINT(view.items[0].actual_count, 5);
    test_guarded_free(stub.bytes, stub.size);
}

static void
an_unknown_syntax_is_the_one_that_fits(void **state)
{
    struct stub narrow = stub_make("03000000 00000000 03000000 610062000000 0000 07000000");
    struct stub wide = stub_make("0300000000000000 0000000000000000 0300000000000000"
                                 "610062000000 0000 07000000");
    struct atr_ndr_view view = read_stub(&narrow, ATR_SYNTAX_UNKNOWN, "wstring,u32");

    (void)state;
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR20);
    CHECK_UINT(view.syntax_grade, ATR_GRADE_GUESS);
    CHECK_STR(view.items[0].text, "ab");
    view = read_stub(&wide, ATR_SYNTAX_UNKNOWN, "wstring,u32");
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR64);
    CHECK_STR(view.items[0].text, "ab");
    CHECK_UINT(view.items[1].number, 7);
    test_guarded_free(narrow.bytes, narrow.size);
    test_guarded_free(wide.bytes, wide.size);
}

static void
a_list_of_types_is_refused_in_words(void **state)
{
    static const char *const bad[] = {"",           "u33",     "ptr,,u32", "bytes",
                                      "bytes:",     "bytes:x", "u32:4",    "bytes:4294967296",
                                      "wstring u32"};
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
    struct atr_error error;
    struct atr_text list;
    uint32_t count = 77;

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(bad); i++) {
        CHECK_UINT(atr_ndr_params_parse(atr_str_from(bad[i]), params, &count, &error), ATR_ARG);
        assert_non_null(strstr(error.text, "no parameter type"));
    }
    CHECK_UINT(count, 77);

    atr_text_init(&list, atr_heap_default());
    for (unsigned i = 0; i < ATR_NDR_PARAMS_MAX; i++) {
        atr_text_puts(&list, i == 0 ? "u8" : ", u8");
    }
    CHECK_UINT(atr_ndr_params_parse(atr_text_view(&list), params, &count, &error), ATR_OK);
    CHECK_UINT(count, ATR_NDR_PARAMS_MAX);
    atr_text_puts(&list, ",u8");
    CHECK_UINT(atr_ndr_params_parse(atr_text_view(&list), params, &count, &error), ATR_LIMIT);
    atr_text_fini(&list);
}

static void
every_prefix_of_a_list_stays_inside(void **state)
{
    static const char list[] = "u8,wstring,string,bstr,ptr,sid,context_handle,objref,guid,u64,"
                               "system_handle,bytes:9";
    struct test_random random = {5};
    uint8_t bytes[160];
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
    uint32_t count;

    (void)state;
    CHECK_UINT(atr_ndr_params_parse(atr_str_from(list), params, &count, NULL), ATR_OK);
    for (unsigned round = 0; round < 3000; round++) {
        size_t size = round % sizeof(bytes);
        struct atr_ndr_view view = {.syntax = round % 2 == 0 ? ATR_SYNTAX_NDR20 : ATR_SYNTAX_NDR64,
                                    .original_bytes = round % 3 == 0 ? 10000 : 0};
        uint8_t *guarded;

        for (size_t i = 0; i < size; i++) {
            bytes[i] =
                test_random_below(&random, 4) != 0 ? 0 : (uint8_t)test_random_below(&random, 5);
        }
        guarded = test_guarded(bytes, size);
        view.bytes = (struct atr_bytes){guarded, size};
        atr_arena_reset(&arena);
        for (uint32_t from = 0; from < count; from++) {
            (void)atr_ndr_params_read(&arena, &view, params + from, count - from);
        }
        test_guarded_free(guarded, size);
    }
}

static void
a_sid_is_text_only_when_it_is_whole(void **state)
{
    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};

    (void)state;
    CHECK_STR(atr_sid_text(&arena, (struct atr_bytes){sid, sizeof(sid)}), "S-1-5-32-544");
    for (size_t size = 0; size < sizeof(sid); size++) {
        CHECK_STR(atr_sid_text(&arena, (struct atr_bytes){sid, size}), NULL);
    }
}

/* Rows */

/* The member of that row, or one of no row. */
static const struct atr_value *
child(const struct atr_value *object, enum atr_field field)
{
    static const struct atr_value none;
    const struct atr_value *at = object->as.children.first;

    while (at != NULL && at->field != field) {
        at = at->next;
    }
    return at != NULL ? at : &none;
}

static const struct atr_value *
rows_of(const struct atr_ndr_view *view)
{
    atr_fields_init(&event.fields, &arena);
    atr_ndr_fields(&event, view);
    return atr_fields_find(&event.fields, ATR_F_ndr_values);
}

static void
rows_tell_each_value(void **state)
{
    struct stub stub = stub_make("00000000 01000000010002000003000000000004 09000000 00000000"
                                 "09000000 41007500640069006f005300720076000000 0000 04000000");
    struct atr_ndr_view view = read_stub(&stub, ATR_SYNTAX_NDR20, "context_handle,wstring,u32");
    const struct atr_value *list = rows_of(&view);
    const struct atr_value *item;

    (void)state;
    assert_non_null(list);
    CHECK_UINT(list->count, 3);
    CHECK_STR(atr_fields_find(&event.fields, ATR_F_ndr_syntax)->as.text, "ndr20");
    assert_null(atr_fields_find(&event.fields, ATR_F_ndr_syntax_guess));
    assert_null(atr_fields_find(&event.fields, ATR_F_ndr_error));
    item = list->as.children.first;
    CHECK_STR(child(item, ATR_F_ndr_item_type)->as.text, "context_handle");
    CHECK_UINT(child(item, ATR_F_ndr_item_attributes)->as.number, 0);
    CHECK_UINT(child(item, ATR_F_ndr_item_uuid)->as.guid.bytes[15], 4);
    CHECK_UINT(child(item, ATR_F_ndr_item_value)->field, ATR_F_NONE);
    item = item->next;
    CHECK_UINT(child(item, ATR_F_ndr_item_offset)->as.number, 20);
    CHECK_STR(child(item, ATR_F_ndr_item_value)->as.text, "AudioSrv");
    CHECK_UINT(child(item, ATR_F_ndr_item_max)->as.number, 9);
    CHECK_UINT(child(item, ATR_F_ndr_item_actual)->as.number, 9);
    CHECK_STR(child(item, ATR_F_ndr_item_grade)->as.text, "bound");
    item = item->next;
    CHECK_UINT(child(item, ATR_F_ndr_item_value)->as.number, 4);
    test_guarded_free(stub.bytes, stub.size);
}

static void
rows_call_a_guess_a_guess(void **state)
{
    struct stub stub = stub_make("03000000 00000000 03000000 610062000000");
    struct atr_ndr_view view = {.bytes = {stub.bytes, stub.size}, .original_bytes = stub.size};
    const struct atr_value *list;

    (void)state;
    atr_arena_reset(&arena);
    atr_ndr_guess(&arena, &view, &(struct atr_ndr_guess_options){0});
    list = rows_of(&view);
    assert_non_null(list);
    CHECK_UINT(list->as.children.first->grade, ATR_GRADE_GUESS);
    CHECK_STR(child(list->as.children.first, ATR_F_ndr_item_grade)->as.text, "guess");
    CHECK_STR(atr_fields_find(&event.fields, ATR_F_ndr_syntax_guess)->as.text, "ndr20");
    assert_null(atr_fields_find(&event.fields, ATR_F_ndr_syntax));
    test_guarded_free(stub.bytes, stub.size);
}

static void
rows_tell_why_reading_stopped(void **state)
{
    struct stub stub = stub_make("00000080 00000000 00000080 41004200");
    struct atr_ndr_view view = read_stub(&stub, ATR_SYNTAX_NDR20, "wstring");

    (void)state;
    assert_null(rows_of(&view));
    CHECK_STR(atr_fields_find(&event.fields, ATR_F_ndr_error)->as.text, "string_overrun");
    test_guarded_free(stub.bytes, stub.size);
}

/* The line */

static void
check_line(const struct atr_ndr_view *view, size_t string_max, const char *expected)
{
    struct atr_text text;

    atr_text_init(&text, atr_heap_default());
    atr_ndr_text(&text, view, string_max);
    CHECK_STR(atr_text_view(&text), expected);
    atr_text_fini(&text);
}

static void
the_line_marks_what_is_guessed(void **state)
{
    struct stub stub = stub_make("0300000000000000 0000000000000000 0300000000000000"
                                 "610022000000 0000 07000000");
    struct atr_ndr_view view = {.bytes = {stub.bytes, stub.size}, .original_bytes = stub.size};

    (void)state;
    atr_arena_reset(&arena);
    atr_ndr_guess(&arena, &view, &(struct atr_ndr_guess_options){.words = true});
    CHECK_UINT(view.item_count, 2);
    check_line(&view, 0, "<NDR64? 36 B \"a\\\"\">");
    check_line(&view, 1, "<NDR64? 36 B \"a\xe2\x80\xa6\">");
    view = read_stub(&stub, ATR_SYNTAX_NDR64, "wstring,u32");
    check_line(&view, 0, "<NDR64 36 B \"a\\\"\", 7>");
    test_guarded_free(stub.bytes, stub.size);
}

static void
the_line_shows_eight_values_and_the_cut(void **state)
{
    struct stub stub = stub_make("010203040506070809 0a");
    struct atr_ndr_view view = read_cut(&stub, 9, ATR_SYNTAX_NDR20, "u8,u8,u8,u8,u8,u8,u8,u8,u8");

    (void)state;
    check_line(&view, 0, "<NDR20 10 B 1, 2, 3, 4, 5, 6, 7, 8, \xe2\x80\xa6 cut 9/10>");
    test_guarded_free(stub.bytes, stub.size);
}

static void
the_line_has_a_form_for_each_kind(void **state)
{
    static const struct atr_ndr_item items[] = {
        {.kind = ATR_NDR_SID, .grade = ATR_GRADE_BOUND, .text = {"S-1-5-18", 8}},
        {.kind = ATR_NDR_GUID, .grade = ATR_GRADE_BOUND, .text = {"IDispatch", 9}},
        {.kind = ATR_NDR_OBJREF, .grade = ATR_GRADE_BOUND, .text = {"IDispatch", 9}},
        {.kind = ATR_NDR_GUID, .grade = ATR_GRADE_BOUND},
        {.kind = ATR_NDR_BSTR, .grade = ATR_GRADE_BOUND},
        {.kind = ATR_NDR_SYSTEM_HANDLE, .grade = ATR_GRADE_BOUND, .number = 1},
        {.kind = ATR_NDR_RETURN, .grade = ATR_GRADE_BOUND, .number = 0x80070005},
        {.kind = ATR_NDR_CONTEXT_HANDLE, .grade = ATR_GRADE_BOUND},
    };
    const struct atr_ndr_view view = {.original_bytes = 9,
                                      .bytes = {(const uint8_t *)"123456789", 9},
                                      .items = items,
                                      .item_count = ATR_COUNT(items)};
    const struct atr_ndr_view nothing = {.original_bytes = 0};

    (void)state;
    check_line(&view, 0,
               "<NDR? 9 B S-1-5-18, {IDispatch}, IDispatch*, "
               "{00000000-0000-0000-0000-000000000000}, null, handle#1, return 0x80070005, "
               "ctx:00000000-0000-0000-0000-000000000000>");
    check_line(&nothing, 0, "");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_that_lie_are_a_string_overrun),
        cmocka_unit_test(values_that_contradict_themselves_are_malformed),
        cmocka_unit_test(a_list_is_read_in_order_and_aligned),
        cmocka_unit_test(a_handle_takes_twenty_bytes),
        cmocka_unit_test(every_kind_is_read_in_both_syntaxes),
        cmocka_unit_test(a_bstr_is_read_with_and_without_pad),
        cmocka_unit_test(a_null_bstr_has_no_text),
        cmocka_unit_test(a_cut_string_keeps_what_was_captured),
        cmocka_unit_test(an_unknown_syntax_is_the_one_that_fits),
        cmocka_unit_test(a_list_of_types_is_refused_in_words),
        cmocka_unit_test(every_prefix_of_a_list_stays_inside),
        cmocka_unit_test(a_sid_is_text_only_when_it_is_whole),
        cmocka_unit_test(rows_tell_each_value),
        cmocka_unit_test(rows_call_a_guess_a_guess),
        cmocka_unit_test(rows_tell_why_reading_stopped),
        cmocka_unit_test(the_line_marks_what_is_guessed),
        cmocka_unit_test(the_line_shows_eight_values_and_the_cut),
        cmocka_unit_test(the_line_has_a_form_for_each_kind),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
