/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
fail(const char *what)
{
    (void)fprintf(stderr, "expectation: %s: error %lu\n", what, GetLastError());
    exit(1);
}

static void
put(struct expect *expect, const char *text, size_t size)
{
    if (expect->used + size >= EXPECT_LINE_MAX) {
        fail("a line is too long");
    }
    memcpy(expect->line + expect->used, text, size);
    expect->used += size;
}

static void
put_text(struct expect *expect, const char *text)
{
    put(expect, text, strlen(text));
}

static void
put_quoted(struct expect *expect, const char *text)
{
    put_text(expect, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            put_text(expect, "\\");
        }
        put(expect, c, 1);
    }
    put_text(expect, "\"");
}

static bool
key(struct expect *expect, const char *name)
{
    if (expect->line == NULL) {
        return false;
    }
    put_text(expect, expect->is_first ? "{" : ",");
    expect->is_first = false;
    put_quoted(expect, name);
    put_text(expect, ":");
    return true;
}

void
expect_begin(struct expect *expect, const char *path)
{
    *expect = (struct expect){.path = path, .is_first = true};
    if (path != NULL) {
        expect->line = malloc(EXPECT_LINE_MAX);
        if (expect->line == NULL) {
            fail("memory");
        }
    }
}

void
expect_text(struct expect *expect, const char *name, const char *text)
{
    if (key(expect, name)) {
        put_quoted(expect, text);
    }
}

static void
put_number(struct expect *expect, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    put_text(expect, text);
}

void
expect_number(struct expect *expect, const char *name, uint64_t number)
{
    if (key(expect, name)) {
        put_number(expect, number);
    }
}

void
expect_numbers(struct expect *expect, const char *name, const uint32_t *numbers, size_t count)
{
    if (!key(expect, name)) {
        return;
    }
    put_text(expect, "[");
    for (size_t i = 0; i < count; i++) {
        put_text(expect, i == 0 ? "" : ",");
        put_number(expect, numbers[i]);
    }
    put_text(expect, "]");
}

void
expect_bytes(struct expect *expect, const char *name, const void *bytes, size_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;

    if (!key(expect, name)) {
        return;
    }
    if (from == NULL) {
        put_text(expect, "null");
        return;
    }
    put_text(expect, "\"");
    for (size_t i = 0; i < size_bytes; i++) {
        const char pair[2] = {digits[from[i] >> 4], digits[from[i] & 15]};

        put(expect, pair, sizeof(pair));
    }
    put_text(expect, "\"");
}

void
expect_end(struct expect *expect)
{
    HANDLE mutex;
    HANDLE file;
    DWORD written = 0;

    if (expect->line == NULL) {
        return;
    }
    put_text(expect, "}\n");
    mutex = CreateMutexA(NULL, FALSE, "alpctrace-lab-expect");
    (void)WaitForSingleObject(mutex, INFINITE); /* an abandoned one is ours, too */
    file = CreateFileA(expect->path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        fail(expect->path);
    }
    (void)SetFilePointer(file, 0, NULL, FILE_END);
    if (!WriteFile(file, expect->line, (DWORD)expect->used, &written, NULL) ||
        written != expect->used) {
        fail(expect->path);
    }
    (void)CloseHandle(file);
    (void)ReleaseMutex(mutex);
    (void)CloseHandle(mutex);
    free(expect->line);
    expect->line = NULL;
}
