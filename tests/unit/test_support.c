/* SPDX-License-Identifier: MIT */
/* The helpers other tests trust. */
#include "support/json.h"
#include "support/support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* write() says EFAULT where a read of ours would crash. */
static bool
readable(const uint8_t *byte)
{
    int ends[2];

    assert_return_code(pipe(ends), errno);

    ssize_t written = write(ends[1], byte, 1);

    (void)close(ends[0]);
    (void)close(ends[1]);
    return written == 1;
}

static void
guarded_memory_ends_at_its_last_byte(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 4095, 4096, 4097, 70000};
    uint8_t bytes[70000];

    (void)state;
    memset(bytes, 0xa5, sizeof(bytes));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *copy = test_guarded(bytes, sizes[i]);

        assert_memory_equal(copy, bytes, sizes[i]);
        assert_false(readable(copy + sizes[i]));
        if (sizes[i] > 0) {
            assert_true(readable(copy + sizes[i] - 1));
        }
        test_guarded_free(copy, sizes[i]);
    }
}

static void
random_numbers_are_the_same_everywhere(void **state)
{
    struct test_random random = {0};

    (void)state;
    assert_true(test_random_u64(&random) == UINT64_C(0xe220a8397b1dcdaf));
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(test_random_below(&random, 10) < 10);
    }
    CHECK_UINT(test_random_below(&random, 0), 0);
}

static void
failing_heap_fails_the_chosen_request(void **state)
{
    struct test_failing_heap failing;

    (void)state;
    test_failing_heap_init(&failing, 3);

    void *a = atr_heap_alloc(&failing.heap, 10, 1);
    void *b = atr_heap_alloc(&failing.heap, 10, 1);

    assert_non_null(a);
    assert_non_null(b);
    assert_false(failing.failed);
    assert_null(atr_heap_resize(&failing.heap, a, 20, 1));
    assert_true(failing.failed);
    a = atr_heap_resize(&failing.heap, a, 20, 1);
    assert_non_null(a);
    CHECK_UINT(failing.live_blocks, 2);
    atr_heap_free(&failing.heap, a);
    atr_heap_free(&failing.heap, b);
    CHECK_UINT(failing.live_blocks, 0);
}

static void
hex_becomes_bytes(void **state)
{
    static const uint8_t expected[] = {0x00, 0xab, 0xcd, 0x0f};
    uint8_t *bytes = NULL;
    size_t size = 0;

    (void)state;
    test_hex("00 aBCd\n0f", 10, &bytes, &size);
    CHECK_UINT(size, sizeof(expected));
    assert_memory_equal(bytes, expected, sizeof(expected));
    free(bytes);
}

static void
files_are_read_whole(void **state)
{
    char *path = test_source_path("tests/unit/test_support.c");
    uint8_t *bytes = NULL;
    size_t size = 0;

    (void)state;
    test_read_file(path, &bytes, &size);
    CHECK_UINT(size, strlen((char *)bytes));
    assert_memory_equal(bytes, "/* SPDX", 7);
    free(bytes);
    free(path);
}

static void
json_values_come_out_as_written(void **state)
{
    static const char text[] =
        " {\"a\": [1, -2, 18446744073709551615, -9223372036854775808, 1.5e+3], \"b\": {},\n"
        "\"text\": \"q\\\" \\u00fc\\ud83d\\ude00 \\ud800x \\u0000.\\n\", \"no\": null,"
        "\"yes\": true, \"last\": [[], false]} ";
    static const char expected[] = "q\" \xc3\xbc\xf0\x9f\x98\x80 \xef\xbf\xbdx \0.\n";
    struct test_json_document document;
    uint64_t u64 = 0;
    int64_t i64 = 0;

    (void)state;
    assert_true(test_json_parse(text, sizeof(text) - 1, &document));

    const struct test_json *a = test_json_find(document.root, "a");
    const struct test_json *string = test_json_find(document.root, "text");
    const struct test_json *last = test_json_find(document.root, "last");

    CHECK_UINT(document.root->count, 6);
    CHECK_UINT(a->count, 5);
    assert_true(test_json_u64(test_json_at(a, 2), &u64));
    assert_true(u64 == UINT64_MAX);
    assert_false(test_json_i64(test_json_at(a, 2), &i64));
    assert_true(test_json_i64(test_json_at(a, 1), &i64));
    CHECK_INT(i64, -2);
    assert_true(test_json_i64(test_json_at(a, 3), &i64));
    CHECK_INT(i64, INT64_MIN);
    assert_false(test_json_u64(test_json_at(a, 4), &u64));
    assert_string_equal(test_json_at(a, 4)->text, "1.5e+3");
    CHECK_UINT(string->text_size, sizeof(expected) - 1);
    assert_memory_equal(string->text, expected, sizeof(expected));
    assert_true(test_json_is_null(test_json_find(document.root, "no")));
    assert_false(test_json_is_null(test_json_find(document.root, "absent")));
    assert_true(test_json_find(document.root, "yes")->boolean);
    CHECK_UINT(test_json_at(last, 0)->count, 0);
    assert_false(test_json_at(last, 1)->boolean);
    assert_null(test_json_at(last, 2));
    test_json_free(&document);
}

static void
json_that_is_wrong_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",         "{",     "[1,]",  "[,1]",    "{\"a\" 1}",   "{\"a\":1 \"b\":2}",
        "[1] 2",    "\"x",   "01",    "-",       "1.",          "1e",
        "nul",      "{1:2}", "[1}",   "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"",
        "{\"a\":}", "]",     "[\"\\",
    };
    struct test_json_document document;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t size = strlen(wrong[i]);
        char *text = (char *)test_guarded(wrong[i], size);

        if (test_json_parse(text, size, &document)) {
            fail_msg("accepted %s", wrong[i]);
        }
        assert_null(document.root);
        test_guarded_free((uint8_t *)text, size);
    }
}

static void
json_lines_are_read_one_by_one(void **state)
{
    static const char text[] = "{\"n\":1}\n\n{\"n\":2}\n3";
    const char *at = text;
    size_t left = sizeof(text) - 1;
    struct test_json_document document;
    unsigned lines = 0;

    (void)state;
    while (test_json_next_line(&at, &left, &document)) {
        lines++;
        test_json_free(&document);
    }
    CHECK_UINT(left, 0);
    CHECK_UINT(lines, 3);
}

static void
the_shared_vectors_are_json(void **state)
{
    static const char *const names[] = {"alpc", "lrpc", "ndr20", "ndr64"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char relative[64];
        char *path = NULL;
        uint8_t *bytes = NULL;
        size_t size = 0;
        struct test_json_document document;
        const char *at = NULL;

        (void)snprintf(relative, sizeof(relative), "vectors/%s.jsonl", names[i]);
        path = test_shared_path(relative);
        test_read_file(path, &bytes, &size);
        at = (const char *)bytes;
        while (test_json_next_line(&at, &size, &document)) {
            assert_non_null(test_json_text(test_json_find(document.root, "id")));
            test_json_free(&document);
        }
        CHECK_UINT(size, 0);
        free(bytes);
        free(path);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guarded_memory_ends_at_its_last_byte),
        cmocka_unit_test(random_numbers_are_the_same_everywhere),
        cmocka_unit_test(failing_heap_fails_the_chosen_request),
        cmocka_unit_test(hex_becomes_bytes),
        cmocka_unit_test(files_are_read_whole),
        cmocka_unit_test(json_values_come_out_as_written),
        cmocka_unit_test(json_that_is_wrong_is_refused),
        cmocka_unit_test(json_lines_are_read_one_by_one),
        cmocka_unit_test(the_shared_vectors_are_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
