/* SPDX-License-Identifier: MIT */
#include "base/crc32c.h"
#include "support/support.h"

#include <string.h>

/* RFC 3720 B.4, and the check value of the CRC catalogues. */
static void
the_published_examples_come_out(void **state)
{
    uint8_t bytes[32];

    (void)state;
    CHECK_UINT(atr_crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof(bytes));
    CHECK_UINT(atr_crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    CHECK_UINT(atr_crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43);
    for (uint8_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = i;
    }
    CHECK_UINT(atr_crc32c(0, bytes, sizeof(bytes)), 0x46dd794e);
    CHECK_UINT(atr_crc32c(0, bytes, 0), 0);
}

static void
processor_and_tables_agree_at_every_length_and_alignment(void **state)
{
    struct test_random random = {1};
    uint8_t bytes[300];

    (void)state;
    test_random_fill(&random, bytes, sizeof(bytes));
    for (size_t start = 0; start < 8; start++) {
        for (size_t size = 0; size + start <= sizeof(bytes); size++) {
            CHECK_UINT(atr_crc32c(7, bytes + start, size),
                       atr_crc32c_portable(7, bytes + start, size));
        }
    }
}

static void
pieces_give_the_checksum_of_the_whole(void **state)
{
    struct test_random random = {2};
    uint8_t bytes[1000];
    uint32_t whole;

    (void)state;
    test_random_fill(&random, bytes, sizeof(bytes));
    whole = atr_crc32c(0, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut += 7) {
        uint32_t crc = atr_crc32c(0, bytes, cut);

        CHECK_UINT(atr_crc32c(crc, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

static void
a_changed_bit_changes_it(void **state)
{
    uint8_t bytes[64] = {0};
    uint32_t before = atr_crc32c(0, bytes, sizeof(bytes));

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(atr_crc32c(0, bytes, sizeof(bytes)) != before);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_examples_come_out),
        cmocka_unit_test(processor_and_tables_agree_at_every_length_and_alignment),
        cmocka_unit_test(pieces_give_the_checksum_of_the_whole),
        cmocka_unit_test(a_changed_bit_changes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
