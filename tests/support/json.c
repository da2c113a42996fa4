/* SPDX-License-Identifier: MIT */
#include "support/json.h"

#include <stdlib.h>
#include <string.h>

/*
 * One pass, no recursion: `container` is the open array or object, its parents are the stack.
 *
 * Two bounds make the memory one allocation each. Every value but the first follows a '[', '{' or
 * ',', so counting those bounds the nodes. A text resolved is never longer than written, and each
 * of ours has a NUL, so size + nodes * 2 bounds the texts.
 */
struct parser {
    const char *at;
    const char *end;
    struct test_json *next_node;
    char *next_text;
    struct test_json *container;
    struct test_json *last; /* newest element of container */
};

static char
peek(struct parser *p)
{
    return p->at < p->end ? *p->at : '\0';
}

static void
skip_blanks(struct parser *p)
{
    while (p->at < p->end && strchr(" \t\r\n", *p->at) != NULL && *p->at != '\0') {
        p->at++;
    }
}

static bool
take_char(struct parser *p, char c)
{
    skip_blanks(p);
    if (peek(p) != c) {
        return false;
    }
    p->at++;
    return true;
}

static bool
take_word(struct parser *p, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0) {
        return false;
    }
    p->at += size;
    return true;
}

static void
put_utf8(struct parser *p, uint32_t code)
{
    if (code < 0x80) {
        *p->next_text++ = (char)code;
        return;
    }
    if (code < 0x800) {
        *p->next_text++ = (char)(uint8_t)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        *p->next_text++ = (char)(uint8_t)(0xe0 | code >> 12);
        *p->next_text++ = (char)(uint8_t)(0x80 | (code >> 6 & 0x3f));
    } else {
        *p->next_text++ = (char)(uint8_t)(0xf0 | code >> 18);
        *p->next_text++ = (char)(uint8_t)(0x80 | (code >> 12 & 0x3f));
        *p->next_text++ = (char)(uint8_t)(0x80 | (code >> 6 & 0x3f));
    }
    *p->next_text++ = (char)(uint8_t)(0x80 | (code & 0x3f));
}

static bool
take_hex4(struct parser *p, uint32_t *out)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    uint32_t code = 0;

    for (unsigned i = 0; i < 4; i++) {
        const char *digit = peek(p) == '\0' ? NULL : strchr(digits, *p->at);

        if (digit == NULL) {
            return false;
        }

        uint32_t value = (uint32_t)(digit - digits);

        code = code << 4 | (value < 16 ? value : value - 6);
        p->at++;
    }
    *out = code;
    return true;
}

/* Behind "\u". Half a surrogate pair becomes U+FFFD. */
static bool
take_unicode(struct parser *p)
{
    uint32_t code = 0;
    uint32_t low = 0;

    if (!take_hex4(p, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        const char *back = p->at;

        if (take_word(p, "\\u") && take_hex4(p, &low) && low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else {
            p->at = back;
            code = 0xfffd;
        }
    } else if (code >= 0xdc00 && code < 0xe000) {
        code = 0xfffd;
    }
    put_utf8(p, code);
    return true;
}

static bool
take_escape(struct parser *p)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    char c = peek(p);
    const char *found = c == '\0' ? NULL : strchr(names, c);

    if (c == 'u') {
        p->at++;
        return take_unicode(p);
    }
    if (found == NULL) {
        return false;
    }
    *p->next_text++ = values[found - names];
    p->at++;
    return true;
}

static bool
take_string(struct parser *p, const char **text, size_t *size)
{
    char *start = p->next_text;

    if (!take_char(p, '"')) {
        return false;
    }
    while (p->at < p->end && *p->at != '"') {
        if ((unsigned char)*p->at < 0x20) {
            return false;
        }
        if (*p->at == '\\') {
            p->at++;
            if (!take_escape(p)) {
                return false;
            }
        } else {
            *p->next_text++ = *p->at++;
        }
    }
    if (p->at == p->end) {
        return false;
    }
    p->at++;
    *size = (size_t)(p->next_text - start);
    *p->next_text++ = '\0';
    *text = start;
    return true;
}

static size_t
take_digits(struct parser *p)
{
    const char *start = p->at;

    while (peek(p) >= '0' && peek(p) <= '9') {
        p->at++;
    }
    return (size_t)(p->at - start);
}

static bool
take_number(struct parser *p, struct test_json *node)
{
    const char *start = p->at;
    bool leading_zero = false;
    size_t digits = 0;

    (void)take_word(p, "-");
    leading_zero = peek(p) == '0';
    digits = take_digits(p);
    if (digits == 0 || (leading_zero && digits > 1)) {
        return false;
    }
    if (take_word(p, ".") && take_digits(p) == 0) {
        return false;
    }
    if (take_word(p, "e") || take_word(p, "E")) {
        if (!take_word(p, "+")) {
            (void)take_word(p, "-");
        }
        if (take_digits(p) == 0) {
            return false;
        }
    }
    node->kind = TEST_JSON_NUMBER;
    node->text = p->next_text;
    node->text_size = (size_t)(p->at - start);
    memcpy(p->next_text, start, node->text_size);
    p->next_text += node->text_size;
    *p->next_text++ = '\0';
    return true;
}

/* Reads a value, or only the opening bracket of an array or object. */
static bool
take_value(struct parser *p, struct test_json *node)
{
    skip_blanks(p);
    switch (peek(p)) {
    case '{':
    case '[':
        node->kind = *p->at == '{' ? TEST_JSON_OBJECT : TEST_JSON_ARRAY;
        p->at++;
        return true;
    case '"':
        node->kind = TEST_JSON_STRING;
        return take_string(p, &node->text, &node->text_size);
    case 't':
        node->kind = TEST_JSON_BOOL;
        node->boolean = true;
        return take_word(p, "true");
    case 'f':
        node->kind = TEST_JSON_BOOL;
        return take_word(p, "false");
    case 'n':
        return take_word(p, "null");
    default:
        return take_number(p, node);
    }
}

/* One element with its key, added to the open container, if any. */
static bool
take_element(struct parser *p)
{
    struct test_json *node = p->next_node++;
    size_t key_size = 0;

    node->parent = p->container;
    if (p->container != NULL) {
        if (p->container->kind == TEST_JSON_OBJECT &&
            (!take_string(p, &node->key, &key_size) || !take_char(p, ':'))) {
            return false;
        }
        if (p->last == NULL) {
            p->container->first = node;
        } else {
            p->last->next = node;
        }
        p->container->count++;
    }
    if (!take_value(p, node)) {
        return false;
    }
    p->last = node;
    if (node->kind >= TEST_JSON_ARRAY) {
        p->container = node;
        p->last = NULL;
    }
    return true;
}

static bool
take_document(struct parser *p)
{
    if (!take_element(p)) {
        return false;
    }
    while (p->container != NULL) {
        if (take_char(p, p->container->kind == TEST_JSON_OBJECT ? '}' : ']')) {
            p->last = p->container;
            p->container = p->container->parent;
        } else if ((p->last != NULL && !take_char(p, ',')) || !take_element(p)) {
            return false;
        }
    }
    skip_blanks(p);
    return p->at == p->end;
}

bool
test_json_parse(const char *text, size_t size, struct test_json_document *out)
{
    size_t nodes = 1;

    for (size_t i = 0; i < size; i++) {
        nodes += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    out->root = NULL;
    out->nodes = calloc(nodes, sizeof(*out->nodes));
    out->text = malloc(size + nodes * 2);

    struct parser p = {
        .at = text,
        .end = text + size,
        .next_node = out->nodes,
        .next_text = out->text,
    };

    if (out->nodes == NULL || out->text == NULL || !take_document(&p)) {
        test_json_free(out);
        return false;
    }
    out->root = out->nodes;
    return true;
}

void
test_json_free(struct test_json_document *document)
{
    free(document->nodes);
    free(document->text);
    *document = (struct test_json_document){NULL, NULL, NULL};
}

bool
test_json_next_line(const char **text, size_t *size, struct test_json_document *out)
{
    while (*size > 0) {
        const char *newline = memchr(*text, '\n', *size);
        size_t line = newline == NULL ? *size : (size_t)(newline - *text);
        size_t whole = newline == NULL ? line : line + 1;

        if (line > 0 && !test_json_parse(*text, line, out)) {
            return false;
        }
        *text += whole;
        *size -= whole;
        if (line > 0) {
            return true;
        }
    }
    return false;
}
