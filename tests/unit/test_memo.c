/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "decode/memo.h"

#include <stdio.h>
#include <string.h>

static struct atr_guid
guid_of(const char *text)
{
    struct atr_guid guid;

    assert_true(atr_guid_parse(atr_str_from(text), &guid));
    return guid;
}

static void
check_port(struct atr_decode_memo *memo, struct atr_str name)
{
    const struct atr_port_memo *row = atr_memo_port(memo, name);
    const struct atr_port_rule *rule = name.size_bytes == 0 ? NULL : atr_names_port(name);

    assert_ptr_equal(row->rule, rule);
    if (rule != NULL && rule->decoder != NULL) {
        assert_ptr_equal(row->decoder, atr_decoder_find(atr_str_from(rule->decoder)));
    } else {
        assert_null(row->decoder);
    }
}

static void
a_port_says_the_same_the_second_time(void **state)
{
    static const char *const names[] = {
        "\\RPC Control\\epmapper",
        "\\Windows\\ApiPort",
        "\\SmApiPort",
        "\\RPC Control\\OLE1234",
        "\\Sessions\\1\\nobody",
        "",
        "x",
    };
    struct atr_decode_memo memo = {0};

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < ATR_COUNT(names); i++) {
            check_port(&memo, atr_str_from(names[i]));
        }
    }
}

static void
more_ports_than_rows_do_not_mix(void **state)
{
    struct atr_decode_memo memo = {0};
    char name[64];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "%s%u",
                       i % 2 == 0 ? "\\RPC Control\\LRPC-" : "\\BaseNamedObjects\\n", i / 2);
        check_port(&memo, atr_str_from(name));
    }
}

/* The bytes behind a name may become another name. */
static void
a_name_is_kept_not_its_address(void **state)
{
    struct atr_decode_memo memo = {0};
    char name[] = "\\Windows\\ApiPort";

    (void)state;
    check_port(&memo, atr_str_from(name));
    memcpy(name, "\\Nobodys\\ApiPort", sizeof(name));
    check_port(&memo, atr_str_from(name));
}

static void
a_name_too_long_to_keep_is_looked_up_each_time(void **state)
{
    struct atr_decode_memo memo = {0};
    char name[2 * ATR_MEMO_NAME_BYTES];

    (void)state;
    memset(name, 'a', sizeof(name));
    memcpy(name, "\\RPC Control\\", 13);
    for (size_t size = ATR_MEMO_NAME_BYTES - 1; size < sizeof(name); size++) {
        check_port(&memo, atr_str_make(name, size));
        check_port(&memo, atr_str_make(name, size));
    }
    memcpy(name, "\\Nobody at al", 13);
    check_port(&memo, atr_str_make(name, sizeof(name)));
}

static void
check_method(struct atr_decode_memo *memo, const struct atr_guid *uuid, uint32_t opnum,
             uint32_t build)
{
    const struct atr_method_memo *row = atr_memo_method(memo, uuid, opnum, build);
    struct atr_interface_info info = {0};
    struct atr_procedure_names names;

    atr_names_procedure(uuid, opnum, build, &names);
    assert_ptr_equal(row->method.data, names.count == 0 ? NULL : names.names[0].data);
    assert_int_equal(row->certain, names.certain);
    (void)atr_names_interface(uuid, &info);
    assert_ptr_equal(row->interface.data, info.name.data);
}

static void
methods_are_told_apart_by_interface_opnum_and_build(void **state)
{
    static const uint32_t builds[] = {0, 10240, 19044, 22000};
    const struct atr_guid uuids[] = {
        guid_of("367abb81-9844-35f1-ad32-98f038001003"),
        guid_of("12345778-1234-abcd-ef00-0123456789ab"),
        guid_of("00000131-0000-0000-c000-000000000046"),
        guid_of("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"),
        guid_of("00000000-0000-0000-0000-000000000000"),
    };
    struct atr_decode_memo memo = {0};

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t opnum = 0; opnum < 100; opnum++) {
            for (size_t i = 0; i < ATR_COUNT(uuids); i++) {
                check_method(&memo, &uuids[i], opnum, builds[opnum % ATR_COUNT(builds)]);
                check_method(&memo, &uuids[i], opnum, builds[0]);
                check_method(&memo, &uuids[i], opnum, builds[0]);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_says_the_same_the_second_time),
        cmocka_unit_test(more_ports_than_rows_do_not_mix),
        cmocka_unit_test(a_name_is_kept_not_its_address),
        cmocka_unit_test(a_name_too_long_to_keep_is_looked_up_each_time),
        cmocka_unit_test(methods_are_told_apart_by_interface_opnum_and_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
