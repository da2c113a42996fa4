/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "base/text.h"
#include "output/call_text.h"
#include "output/party_memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct atr_party_memo *memo;
    struct atr_text memoized;
    struct atr_text plain;
    struct atr_style style;
};

static int
setup(void **state)
{
    struct writer *writer = calloc(1, sizeof(*writer));

    assert_non_null(writer);
    writer->memo = calloc(1, sizeof(*writer->memo));
    assert_non_null(writer->memo);
    atr_text_init(&writer->memoized, atr_heap_default());
    atr_text_init(&writer->plain, atr_heap_default());
    *state = writer;
    return 0;
}

static int
teardown(void **state)
{
    struct writer *writer = *state;

    atr_text_fini(&writer->memoized);
    atr_text_fini(&writer->plain);
    free(writer->memo);
    free(writer);
    return 0;
}

static void
check(struct writer *writer, const struct atr_party *party)
{
    for (unsigned round = 0; round < 2; round++) {
        struct atr_str memoized;
        struct atr_str plain;

        atr_party_memo_write(writer->memo, &writer->memoized, party, &writer->style);
        atr_party_write(&writer->plain, party, &writer->style);
        memoized = atr_text_view(&writer->memoized);
        plain = atr_text_view(&writer->plain);
        CHECK_UINT(memoized.size_bytes, plain.size_bytes);
        assert_memory_equal(memoized.data, plain.data, plain.size_bytes);
    }
}

static void
a_party_reads_the_same_the_second_time(void **state)
{
    static const char *const images[] = {NULL,
                                         "",
                                         "a.exe",
                                         "svchost.exe",
                                         "with\nbreak.exe",
                                         "exactly-thirty-two-characters.exe",
                                         "a name that is longer than any row of a memo.exe"};
    struct writer *writer = *state;

    for (unsigned color = 0; color < 2; color++) {
        writer->style.color = color == 1;
        memset(writer->memo, 0, sizeof(*writer->memo));
        for (uint32_t i = 0; i < 5000; i++) {
            const struct atr_party party = {.known = i % 11 != 0,
                                            .image = atr_str_from(images[i % ATR_COUNT(images)]),
                                            .pid = 4 * (i % 700),
                                            .tid = i % 3 == 0 ? ATR_UNKNOWN_U32 : 4 * (i % 900)};

            check(writer, &party);
        }
    }
}

/* A pid goes to another process; the bytes behind a name become another name. */
static void
a_party_is_known_by_all_of_it(void **state)
{
    struct writer *writer = *state;
    char image[] = "one.exe";
    struct atr_party party = {.known = true, .image = atr_str_from(image), .pid = 4, .tid = 8};

    check(writer, &party);
    memcpy(image, "two", 3);
    check(writer, &party);
    party.image = (struct atr_str){NULL, 0};
    check(writer, &party);
    party.tid = ATR_UNKNOWN_U32;
    check(writer, &party);
}

static void
escapes_too_long_for_a_row_are_written_anew(void **state)
{
    struct writer *writer = *state;
    char image[ATR_PARTY_IMAGE_BYTES] = {0};
    const struct atr_party party = {
        .known = true, .image = atr_str_make(image, sizeof(image)), .pid = 4, .tid = 8};

    memset(image, 1, sizeof(image));
    check(writer, &party);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_party_reads_the_same_the_second_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_party_is_known_by_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes_too_long_for_a_row_are_written_anew, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
