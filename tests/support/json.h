/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A small JSON reader for test data (RFC 8259). Strict, except that duplicate keys are kept and
 * numbers stay text until asked for: a 64-bit integer is never squeezed through a double.
 *
 * A document owns all its nodes and texts; test_json_free releases them at once. Lookups accept
 * NULL and give NULL, so that a chain of them is checked once, at its end.
 */
enum test_json_kind {
    TEST_JSON_NULL,
    TEST_JSON_BOOL,
    TEST_JSON_NUMBER,
    TEST_JSON_STRING,
    TEST_JSON_ARRAY,
    TEST_JSON_OBJECT,
};

struct test_json {
    enum test_json_kind kind;
    bool boolean;
    const char *key;  /* in an object, else NULL; NUL-terminated */
    const char *text; /* of a string (UTF-8, escapes resolved) or a number; NUL-terminated */
    size_t text_size; /* without that NUL */
    size_t count;     /* elements of an array or object */
    struct test_json *first;
    struct test_json *next;
    struct test_json *parent;
};

struct test_json_document {
    const struct test_json *root;
    struct test_json *nodes;
    char *text;
};

/* False when the text is not one JSON value, or memory is out; out then holds nothing. */
bool test_json_parse(const char *text, size_t size, struct test_json_document *out);
void test_json_free(struct test_json_document *document);

/*
 * The next line of JSON text, one value a line, blank lines skipped. Moves *text and *size past
 * it. False at the end, and when the line does not parse: then *size is not 0.
 */
bool test_json_next_line(const char **text, size_t *size, struct test_json_document *out);

const struct test_json *test_json_find(const struct test_json *object, const char *key);
const struct test_json *test_json_at(const struct test_json *array, size_t index);

/* False unless the value is an integer that fits. */
bool test_json_u64(const struct test_json *value, uint64_t *out);
bool test_json_i64(const struct test_json *value, int64_t *out);

bool test_json_is_null(const struct test_json *value);     /* a null that is there */
const char *test_json_text(const struct test_json *value); /* of a string or NULL */
bool test_json_is_text(const struct test_json *value, const char *expected);
