/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
test_read_file(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    size_t room = 65536;
    size_t used = 0;
    uint8_t *out = malloc(room);

    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    assert_non_null(out);
    for (;;) {
        size_t got = fread(out + used, 1, room - used - 1, file);

        used += got;
        if (got == 0) {
            break;
        }
        if (room - used == 1) {
            room *= 2;
            out = realloc(out, room);
            assert_non_null(out);
        }
    }
    if (ferror(file) != 0) {
        fail_msg("cannot read %s", path);
    }
    (void)fclose(file);
    out[used] = 0;
    *bytes = out;
    *size = used;
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = NULL;

    if (c >= 'A' && c <= 'F') {
        c = (char)(c - 'A' + 'a');
    }
    found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)(found - digits);
}

void
test_hex(const char *hex, size_t hex_size, uint8_t **bytes, size_t *size)
{
    uint8_t *out = malloc(hex_size / 2 + 1);
    size_t used = 0;

    assert_non_null(out);
    for (size_t i = 0; i < hex_size; i++) {
        if (hex[i] == ' ' || hex[i] == '\n' || hex[i] == '\r' || hex[i] == '\t') {
            continue;
        }

        int high = hex_digit(hex[i]);
        int low = i + 1 < hex_size ? hex_digit(hex[i + 1]) : -1;

        if (high < 0 || low < 0) {
            fail_msg("no hex byte at offset %zu", i);
        }
        out[used] = (uint8_t)(high * 16 + low);
        used++;
        i++;
    }
    *bytes = out;
    *size = used;
}

static char *
join(const char *folder, const char *relative)
{
    size_t size = strlen(folder) + strlen(relative) + 2;
    char *path = malloc(size);

    assert_non_null(path);
    (void)snprintf(path, size, "%s/%s", folder, relative);
    return path;
}

char *
test_source_path(const char *relative)
{
    return join(ATR_SOURCE_DIR, relative);
}

char *
test_shared_path(const char *relative)
{
    char *path = join(ATR_SHARED_DIR, relative);

    if (access(path, R_OK) != 0) {
        print_error("skipped: %s: ../shared is not here\n", relative);
        free(path);
        skip();
    }
    return path;
}
