/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include <inttypes.h>
#include <string.h>

void
test_check_uint(uint64_t actual, uint64_t expected, const char *what, const char *file, int line)
{
    if (actual != expected) {
        print_error("%s: got %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64 " (0x%" PRIx64 ")\n",
                    what, actual, actual, expected, expected);
        _fail(file, line);
    }
}

void
test_check_int(int64_t actual, int64_t expected, const char *what, const char *file, int line)
{
    if (actual != expected) {
        print_error("%s: got %" PRId64 ", expected %" PRId64 "\n", what, actual, expected);
        _fail(file, line);
    }
}

void
test_check_str(struct atr_str actual, const char *expected, const char *what, const char *file,
               int line)
{
    bool equal = false;

    if (actual.data == NULL || expected == NULL) {
        equal = actual.data == NULL && expected == NULL;
    } else {
        equal = actual.size_bytes == strlen(expected) &&
                memcmp(actual.data, expected, actual.size_bytes) == 0;
    }
    if (!equal) {
        int shown = actual.size_bytes > 2000 ? 2000 : (int)actual.size_bytes;

        print_error("%s: got %s\"%.*s\", expected %s\"%s\"\n", what,
                    actual.data == NULL ? "(absent) " : "", shown,
                    actual.data == NULL ? "" : actual.data, expected == NULL ? "(absent) " : "",
                    expected == NULL ? "" : expected);
        _fail(file, line);
    }
}
