/* SPDX-License-Identifier: MIT */
#include "support/support.h"
#include "wire/device.h"
#include "wire/service_row.h"

#include <string.h>

#define SERVICE_ADDRESS 0xfffff80010203040ull

/* A service of 8 arguments that both ways find. */
static struct atr_row_facts
good_facts(void)
{
    const struct atr_row_facts facts = {
        .number = 0x8c,
        .limit = 0x1d0,
        .has_stub = true,
        .stub_number = 0x8c,
        .is_code = true,
        .has_arguments = true,
        .has_rva = true,
        .is_image = true,
        .by_number = SERVICE_ADDRESS,
        .by_rva = SERVICE_ADDRESS,
        .stack_arguments = 4,
        .arguments = 8,
        .old_arguments = 8,
    };

    return facts;
}

static enum atr_row_verdict
judge(const struct atr_row_facts *facts)
{
    uint32_t arguments = 0;
    const enum atr_row_verdict verdict = atr_row_judge(facts, &arguments);

    /* Arguments are given exactly with a yes. */
    CHECK_UINT(arguments != 0, verdict == ATR_ROW_AGREED || verdict == ATR_ROW_NUMBER_ONLY);
    return verdict;
}

static void
two_ways_that_agree_are_enough(void **state)
{
    struct atr_row_facts facts = good_facts();

    (void)state;
    CHECK_UINT(judge(&facts), ATR_ROW_AGREED);
    CHECK_UINT(atr_row_found(&facts), ATR_FOUND_NUMBER | ATR_FOUND_RVA | ATR_FOUND_STUB);
    facts.has_stub = false;
    CHECK_UINT(judge(&facts), ATR_ROW_AGREED);
}

static void
each_doubt_is_a_refusal_of_its_own(void **state)
{
    struct atr_row_facts facts;

    (void)state;
#define REFUSED(change, verdict) \
    facts = good_facts();        \
    facts.change;                \
    CHECK_UINT(judge(&facts), verdict)
    REFUSED(number = UINT32_MAX, ATR_ROW_NO_SERVICE);
    REFUSED(number = 0x1d0, ATR_ROW_NUMBER_BEYOND);
    REFUSED(stub_number = 0x8d, ATR_ROW_STUB_DIFFERS);
    REFUSED(has_rva = false, ATR_ROW_NO_RVA);
    REFUSED(is_image = false, ATR_ROW_OTHER_IMAGE);
    REFUSED(by_rva += 16, ATR_ROW_DISAGREE);
    REFUSED(by_number += 16, ATR_ROW_DISAGREE);
    REFUSED(is_code = false, ATR_ROW_NOT_CODE);
    REFUSED(stack_arguments = 3, ATR_ROW_ARGUMENTS_DIFFER);
    REFUSED(is_taken = true, ATR_ROW_TAKEN);
#undef REFUSED
}

static void
an_absolute_table_serves_alone_unless_symbols_contradict(void **state)
{
    struct atr_row_facts facts = good_facts();

    (void)state;
    facts.is_absolute = true;
    facts.has_rva = false;
    facts.has_stub = false;
    facts.has_arguments = false;
    CHECK_UINT(judge(&facts), ATR_ROW_NUMBER_ONLY);
    facts.has_rva = true;
    facts.is_image = false;
    CHECK_UINT(judge(&facts), ATR_ROW_NUMBER_ONLY);
    facts.is_image = true;
    CHECK_UINT(judge(&facts), ATR_ROW_AGREED);
    facts.by_rva++;
    CHECK_UINT(judge(&facts), ATR_ROW_DISAGREE);
}

static void
the_worker_factory_has_two_arguments_or_five(void **state)
{
    struct atr_row_facts facts = good_facts();
    uint32_t arguments = 0;

    (void)state;
    facts.arguments = 5;
    facts.old_arguments = 2;
    facts.stack_arguments = 1;
    CHECK_UINT(atr_row_judge(&facts, &arguments), ATR_ROW_AGREED);
    CHECK_UINT(arguments, 5);
    facts.stack_arguments = 0;
    CHECK_UINT(atr_row_judge(&facts, &arguments), ATR_ROW_AGREED);
    CHECK_UINT(arguments, 2);
    facts.stack_arguments = 2;
    CHECK_UINT(judge(&facts), ATR_ROW_ARGUMENTS_DIFFER);
}

static void
every_refusal_has_words_that_fit(void **state)
{
    (void)state;
    for (unsigned verdict = 0; verdict < ATR_ROW_VERDICT_COUNT; verdict++) {
        const char *reason = atr_row_reason((enum atr_row_verdict)verdict);

        assert_non_null(reason);
        assert_true(strlen(reason) < ATR_DEVICE_REASON_CHARS);
        CHECK_UINT(reason[0] == '\0', verdict == ATR_ROW_AGREED);
    }
    assert_string_equal(atr_row_reason(ATR_ROW_VERDICT_COUNT), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_ways_that_agree_are_enough),
        cmocka_unit_test(each_doubt_is_a_refusal_of_its_own),
        cmocka_unit_test(an_absolute_table_serves_alone_unless_symbols_contradict),
        cmocka_unit_test(the_worker_factory_has_two_arguments_or_five),
        cmocka_unit_test(every_refusal_has_words_that_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
