/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

struct row {
    const char *text;
    const char *expected; /* plain hex */
};

static void
check_row(const struct row *row)
{
    struct atr_text out;
    struct atr_error error = {0};
    uint8_t *expected = NULL;
    size_t size = 0;

    test_hex(row->expected, strlen(row->expected), &expected, &size);
    atr_text_init(&out, atr_heap_default());
    if (atr_hex_parse(atr_str_from(row->text), &out, &error) != ATR_OK) {
        fail_msg("'%s': %s", row->text, error.text);
    }
    CHECK_UINT(out.size_bytes, size);
    if (size > 0) {
        assert_memory_equal(out.data, expected, size);
    }
    free(expected);
    atr_text_fini(&out);
}

static void
plain_hex_becomes_bytes(void **state)
{
    static const struct row rows[] = {
        {"", ""},
        {" \r\n\t\n", ""},
        {"05000b03", "05000b03"},
        {"05 00 0B 03\r\n10 00", "05000b031000"},
        {"05,00,0b;03", "05000b03"},
        {"05:00-0b", "05000b"},
        {"{0x05, 0x0, 0xb, 0x03}", "05000b03"},
        {"\"\\x05\\x00\\x0b\"", "05000b"},
        {"0x05000b03", "05000b03"},
        {"0500 # the version\n# a line\n0b03", "05000b03"},
        {"\xef\xbb\xbf"
         "0500",
         "0500"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        check_row(&rows[i]);
    }
}

static void
dumps_of_known_tools_become_bytes(void **state)
{
    static const struct row rows[] = {
        /* xxd */
        {"00000000: 4865 6c6c 6f20 576f 726c 6420 6265 6566  Hello World beef\n"
         "00000010: 0a21                                     .!\n",
         "48656c6c6f20576f726c642062656566 0a21"},
        /* hexdump -C */
        {"00000000  48 65 6c 6c 6f 20 57 6f  72 6c 64 20 62 65 65 66  |Hello World beef|\n"
         "00000010  0a 21                                             |.!|\n"
         "00000012\n",
         "48656c6c6f20576f726c642062656566 0a21"},
        /* WinDbg db, 64 and 32 bits */
        {"00000000`0012ff00  48 65 6c 6c 6f 20 57 6f-72 6c 64 20 62 65 65 66  Hello World beef\n"
         "00000000`0012ff10  0a 21                                            .!\n",
         "48656c6c6f20576f726c642062656566 0a21"},
        {"0012ff00  48 65 6c 6c 6f 20 57 6f-72 6c 64 20 62 65 65 66  Hello World beef",
         "48656c6c6f20576f726c642062656566"},
        /* tshark -x */
        {"0000  48 65 6c 6c 6f 20 57 6f 72 6c 64 20 62 65 65 66   Hello World beef\n"
         "0010  0a 21                                             .!\n",
         "48656c6c6f20576f726c642062656566 0a21"},
        /* tcpdump -X */
        {"\t0x0000:  4865 6c6c 6f20 576f 726c 6420 6265 6566  Hello.World.beef\n"
         "\t0x0010:  0a21                                     .!\n",
         "48656c6c6f20576f726c642062656566 0a21"},
        /* ASCII that looks like hex, behind eight bytes */
        {"0000  61 62 63 64 65 66 61 62                           ab cdefab", "6162636465666162"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        check_row(&rows[i]);
    }
}

static void
a_star_stands_for_repeated_rows(void **state)
{
    static const struct row rows[] = {
        {"00000000  01 02  |..|\n*\n00000006  03  |.|\n00000007\n", "010201020102 03"},
        {"00001000  01 02  |..|\n*\n00001006\n", "010201020102"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        check_row(&rows[i]);
    }
}

static void
what_is_no_hex_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } rows[] = {
        {"05 0g", "line 1: half a byte: a digit is missing"},
        {"05\nhello", "line 2: 'h' is no hex digit"},
        {"050", "line 1: half a byte: a digit is missing"},
        {"05 0x", "line 1: half a byte: a digit is missing"},
        {"05 \x07", "line 1: byte 0x07 is no hex digit"},
        {"0000: 05 0g", "line 1: half a byte: a digit is missing"},
        {"0000: 05 gg", "line 1: 'g' is no hex digit"},
        {"0000  05 ?? 05", "line 1: '?' is no hex digit"},
        {"00000000  01 02  |..|\n*\n00000005\n", "line 3: the offset does not fit the \"*\""},
        {"00000000  01 02  |..|\n*\n00000001  03  |.|\n",
         "line 3: the offset does not fit the \"*\""},
        {"00000000  01 02  |..|\n*\nfffffff0  03  |.|\n",
         "line 3: the offset does not fit the \"*\""},
        {"*\n00000010  01 02  |..|\n", "line 2: the offset does not fit the \"*\""},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        struct atr_text out;
        struct atr_error error = {0};

        atr_text_init(&out, atr_heap_default());
        atr_text_puts(&out, "kept");
        CHECK_UINT(atr_hex_parse(atr_str_from(rows[i].text), &out, &error), ATR_MALFORMED);
        assert_string_equal(error.text, rows[i].error);
        CHECK_STR(atr_text_view(&out), "kept");
        atr_text_fini(&out);
    }
}

static void
lines_are_told_apart(void **state)
{
    static const struct {
        const char *line;
        enum atr_hex_line kind;
    } rows[] = {
        {"", ATR_HEX_BLANK},
        {"  # a comment", ATR_HEX_BLANK},
        {"05000b03", ATR_HEX_PLAIN},
        {"0x05, 0x00", ATR_HEX_PLAIN},
        {"00000000: 4865", ATR_HEX_DUMP},
        {"00000000  48 65  |He|", ATR_HEX_DUMP},
        {"*", ATR_HEX_DUMP},
        {"hello", ATR_HEX_OTHER},
        {"12:34:56 something", ATR_HEX_OTHER},
        {"1234: it is text", ATR_HEX_OTHER},
        {"123", ATR_HEX_OTHER},
        {"<html>", ATR_HEX_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        CHECK_UINT(atr_hex_line_kind(atr_str_from(rows[i].line)), rows[i].kind);
    }
}

static void
every_prefix_and_every_failing_allocation_ends_well(void **state)
{
    static const char text[] = "00000000  48 65 6c 6c 6f 20 57 6f  72 6c 64  |Hello World|\n*\n"
                               "0000000000001600\n05 00 0x1, \\x02 # end\n";

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++) {
        const uint8_t *copy = test_guarded(text, size);
        struct atr_str prefix = {(const char *)copy, size};

        for (uint64_t n = 1;; n++) {
            struct test_failing_heap failing;
            struct atr_text out;
            enum atr_status status;

            test_failing_heap_init(&failing, n);
            atr_text_init(&out, failing.heap);
            status = atr_hex_parse(prefix, &out, NULL);
            assert_true(failing.failed ? status == ATR_NOMEM
                                       : status == ATR_OK || status == ATR_MALFORMED);
            atr_text_fini(&out);
            CHECK_UINT(failing.live_blocks, 0);
            if (!failing.failed) {
                break;
            }
        }
        test_guarded_free(copy, size);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_hex_becomes_bytes),
        cmocka_unit_test(dumps_of_known_tools_become_bytes),
        cmocka_unit_test(a_star_stands_for_repeated_rows),
        cmocka_unit_test(what_is_no_hex_is_refused_with_its_line),
        cmocka_unit_test(lines_are_told_apart),
        cmocka_unit_test(every_prefix_and_every_failing_allocation_ends_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
