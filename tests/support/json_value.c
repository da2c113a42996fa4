/* SPDX-License-Identifier: MIT */
#include "support/json.h"

#include <string.h>

const struct test_json *
test_json_find(const struct test_json *object, const char *key)
{
    if (object == NULL || object->kind != TEST_JSON_OBJECT) {
        return NULL;
    }

    const struct test_json *node = object->first;

    while (node != NULL && strcmp(node->key, key) != 0) {
        node = node->next;
    }
    return node;
}

const struct test_json *
test_json_at(const struct test_json *array, size_t index)
{
    if (array == NULL || array->kind != TEST_JSON_ARRAY || index >= array->count) {
        return NULL;
    }

    const struct test_json *node = array->first;

    for (size_t i = 0; i < index; i++) {
        node = node->next;
    }
    return node;
}

/* Decimal digits only, up to limit. */
static bool
digits_to_u64(const char *digits, uint64_t limit, uint64_t *out)
{
    uint64_t value = 0;

    for (const char *c = digits; *c != '\0'; c++) {
        uint64_t digit = (uint64_t)(unsigned char)*c - '0';

        if (*c < '0' || *c > '9' || value > (limit - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool
test_json_u64(const struct test_json *value, uint64_t *out)
{
    return value != NULL && value->kind == TEST_JSON_NUMBER &&
           digits_to_u64(value->text, UINT64_MAX, out);
}

bool
test_json_i64(const struct test_json *value, int64_t *out)
{
    const uint64_t lowest = (uint64_t)INT64_MAX + 1;
    uint64_t magnitude = 0;

    if (value == NULL || value->kind != TEST_JSON_NUMBER) {
        return false;
    }
    if (value->text[0] != '-') {
        if (!digits_to_u64(value->text, INT64_MAX, &magnitude)) {
            return false;
        }
        *out = (int64_t)magnitude;
        return true;
    }
    if (!digits_to_u64(value->text + 1, lowest, &magnitude)) {
        return false;
    }
    *out = magnitude == lowest ? INT64_MIN : -(int64_t)magnitude;
    return true;
}

bool
test_json_is_null(const struct test_json *value)
{
    return value != NULL && value->kind == TEST_JSON_NULL;
}

const char *
test_json_text(const struct test_json *value)
{
    return value != NULL && value->kind == TEST_JSON_STRING ? value->text : NULL;
}

bool
test_json_is_text(const struct test_json *value, const char *expected)
{
    const char *text = test_json_text(value);

    return text != NULL && strcmp(text, expected) == 0;
}
