/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "event/words.h"
#include "names/names.h"
#include "names/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct atr_guid
guid(const char *text)
{
    struct atr_guid out;

    assert_true(atr_guid_parse(atr_str_from(text), &out));
    return out;
}

static struct atr_procedure_names
procedure(const char *uuid, uint32_t opnum, uint32_t os_build)
{
    struct atr_guid id = guid(uuid);
    struct atr_procedure_names names;

    atr_names_procedure(&id, opnum, os_build, &names);
    return names;
}

/* Number of lines of a file of data/. */
static size_t
lines_of(const char *relative)
{
    char *path = test_source_path(relative);
    uint8_t *bytes;
    size_t size;
    size_t lines = 0;

    test_read_file(path, &bytes, &size);
    for (size_t i = 0; i < size; i++) {
        lines += bytes[i] == '\n';
    }
    free(bytes);
    free(path);
    return lines;
}

static void
interfaces_are_sorted_and_unique(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < atr_names_interface_count; i++) {
        struct atr_guid a;
        struct atr_guid b;

        memcpy(a.bytes, atr_names_uuids[i - 1], sizeof(a.bytes));
        memcpy(b.bytes, atr_names_uuids[i], sizeof(b.bytes));
        assert_true(atr_guid_compare(&a, &b) < 0);
        assert_true(atr_names_interfaces[i - 1].first_procedure <=
                    atr_names_interfaces[i].first_procedure);
    }
    CHECK_UINT(atr_names_interfaces[atr_names_interface_count].first_procedure,
               atr_names_procedure_count);
}

static void
every_interface_is_found_by_its_uuid(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < atr_names_interface_count; i++) {
        struct atr_interface_info info;
        struct atr_guid id;

        memcpy(id.bytes, atr_names_uuids[i], sizeof(id.bytes));
        assert_true(atr_names_interface(&id, &info));
        assert_true(atr_guid_equal(&id, &info.uuid));
    }
}

static void
the_tables_hold_every_row_of_the_data(void **state)
{
    size_t interfaces = lines_of("data/rpc-interfaces.csv") - 1;
    size_t com = lines_of("data/com-interfaces-extra.csv") - 1;

    (void)state;
    CHECK_UINT(interfaces, 11541);
    CHECK_UINT(com, 27497);
    CHECK_UINT(atr_names_interface_count, interfaces + com);
    CHECK_UINT(lines_of("data/rpc-procedures.csv") - 1, 54495);
    CHECK_UINT(lines_of("data/rpc-status.csv") - 1, 231);
}

static void
procedures_are_sorted_within_their_interface(void **state)
{
    uint32_t interfaces_with_names = 0;

    (void)state;
    for (uint32_t i = 0; i < atr_names_interface_count; i++) {
        const struct atr_names_interface *at = &atr_names_interfaces[i];

        interfaces_with_names += at[1].first_procedure > at->first_procedure;
        for (uint32_t row = at->first_procedure + 1; row < at[1].first_procedure; row++) {
            assert_true(atr_names_procedures[row - 1].opnum <= atr_names_procedures[row].opnum);
        }
    }
    assert_true(interfaces_with_names > 4000);
}

static const char *
procedure_name(uint32_t row)
{
    return atr_names_text(atr_names_procedure_pool, atr_names_procedures[row].name);
}

static void
procedures_by_name_are_sorted_and_complete(void **state)
{
    uint64_t sum = 0;

    (void)state;
    for (uint32_t i = 0; i < atr_names_procedure_count; i++) {
        uint32_t row = atr_names_procedures_by_name[i];

        sum += row;
        assert_true(row < atr_names_procedure_count);
        if (i > 0) {
            uint32_t before = atr_names_procedures_by_name[i - 1];

            assert_true(strcmp(procedure_name(before), procedure_name(row)) <= 0);
        }
    }
    CHECK_UINT(sum, (uint64_t)atr_names_procedure_count * (atr_names_procedure_count - 1) / 2);
}

static void
statuses_and_builds_are_sorted_and_unique(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < atr_names_status_count; i++) {
        assert_true(atr_names_statuses[i - 1].code < atr_names_statuses[i].code);
    }
    assert_true(atr_names_build_count <= 8); /* one bit each */
    for (uint32_t i = 1; i < atr_names_build_count; i++) {
        assert_true(atr_names_builds[i - 1].build < atr_names_builds[i].build);
    }
}

static void
an_interface_tells_its_name_kind_module_and_service(void **state)
{
    struct atr_guid id = guid("f6beaff7-1e19-4fbb-9f8f-b89e2018337c");
    struct atr_interface_info info;

    (void)state;
    assert_true(atr_names_interface(&id, &info));
    assert_int_equal(info.kind, ATR_INTERFACE_RPC);
    CHECK_STR(info.module, "wevtsvc.dll");
    assert_true(info.has_procedures);

    id = guid("71710533-beba-4937-8319-b5dbef9ccc36");
    assert_true(atr_names_interface(&id, &info));
    assert_int_equal(info.kind, ATR_INTERFACE_SYNTAX);
    CHECK_STR(info.name, "NDR64 transfer syntax");
    assert_false(info.has_procedures);

    id = guid("00000001-0001-0000-c000-000000000071");
    assert_true(atr_names_interface(&id, &info));
    CHECK_STR(info.name, NULL);
    CHECK_STR(info.module, NULL);

    id = guid("00000131-0000-0000-c000-000000000046");
    assert_true(atr_names_interface(&id, &info));
    assert_int_equal(info.kind, ATR_INTERFACE_DCOM);
    CHECK_STR(info.name, "IRemUnknown");
}

static void
an_unknown_uuid_has_no_name(void **state)
{
    static const char *const unknown[] = {
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "f3f09ffd-fbcf-4291-944d-70ad6e0e73bc",
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(unknown); i++) {
        struct atr_guid id = guid(unknown[i]);
        struct atr_interface_info info;

        assert_false(atr_names_interface(&id, &info));
        CHECK_UINT(procedure(unknown[i], 3, 19041).count, 0);
    }
}

#define LOGON_UI "f3f09ffd-fbcf-4291-944d-70ad6e0e73bb"

static void
the_traced_build_chooses_the_name_of_an_opnum(void **state)
{
    static const struct {
        uint32_t build;
        uint32_t opnum;
        const char *name;
    } rows[] = {
        {17763, 7, "WluirDisplayStatus"},          {17763, 8, "WluirDisplayTSDisconnectOptions"},
        {18361, 7, "WluirDisplayStatus"},          {18362, 8, "WluirDisplayStatus"},
        {18362, 7, "WluirDisplaySecurityOptions"}, {19045, 8, "WluirDisplayStatus"},
        {26100, 8, "WluirDisplayStatus"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        struct atr_procedure_names names = procedure(LOGON_UI, rows[i].opnum, rows[i].build);

        CHECK_UINT(names.count, 1);
        CHECK_STR(names.names[0], rows[i].name);
        assert_true(names.certain);
    }
}

static void
without_a_build_every_differing_name_is_a_candidate(void **state)
{
    static const uint32_t builds[] = {0, 9600}; /* unknown; older than all we have of it */

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(builds); i++) {
        struct atr_procedure_names names = procedure(LOGON_UI, 7, builds[i]);

        CHECK_UINT(names.count, 2);
        CHECK_STR(names.names[0], "WluirDisplaySecurityOptions"); /* preferred */
        CHECK_STR(names.names[1], "WluirDisplayStatus");
        assert_false(names.certain);
    }
}

static void
a_name_that_all_builds_agree_on_needs_no_build(void **state)
{
    struct atr_procedure_names names = procedure("00efb8be-002d-45cd-81b0-f65b260f8a13", 0, 0);

    (void)state;
    CHECK_UINT(names.count, 1);
    CHECK_STR(names.names[0], "SrvRpcActionObjectServiceConnect");
    assert_true(names.certain);
}

static void
a_folded_name_is_never_certain(void **state)
{
    /* LsarDelete's code is shared with others: 20H1's symbols call it LsaCloseSamUser. */
    struct atr_procedure_names names = procedure("12345778-1234-abcd-ef00-0123456789ab", 1, 19041);

    (void)state;
    assert_true(names.count > 1);
    CHECK_STR(names.names[0], "LsaCloseSamUser");
    assert_false(names.certain);
}

static void
a_com_method_needs_no_build(void **state)
{
    struct atr_procedure_names names = procedure("00020400-0000-0000-c000-000000000046", 6, 0);

    (void)state;
    CHECK_STR(names.names[0], "Invoke");
    CHECK_UINT(procedure("00020400-0000-0000-c000-000000000046", 999, 0).count, 0);

    names = procedure("d30c1661-cdaf-11d0-8a3e-00c04fc9e26e", 38, 19044);
    CHECK_STR(names.names[0], "get_FullName");
    assert_true(names.certain);
}

static void
a_client_stub_leads_to_its_procedure(void **state)
{
    struct atr_guid expected = guid(LOGON_UI);
    struct atr_guid id;
    struct atr_str name;

    (void)state;
    assert_true(atr_names_procedure_by_stub(ATR_STR("WluiDisplayStatus"), 7, &name, &id));
    CHECK_STR(name, "WluirDisplayStatus");
    assert_true(atr_guid_equal(&id, &expected));
    assert_true(atr_names_procedure_by_stub(ATR_STR("WluirDisplayStatus"), 8, &name, &id));
    assert_true(atr_guid_equal(&id, &expected));
}

static void
a_stub_that_fits_none_or_several_leads_nowhere(void **state)
{
    struct atr_guid id;
    struct atr_str name;
    char giant[4096];

    (void)state;
    memset(giant, 'A', sizeof(giant));
    assert_false(atr_names_procedure_by_stub(ATR_STR("WluiDisplayStatus"), 9, &name, &id));
    assert_false(atr_names_procedure_by_stub(ATR_STR("NoSuchProcedure"), 7, &name, &id));
    assert_false(
        atr_names_procedure_by_stub(ATR_STR("Next"), 3, &name, &id)); /* every enumerator */
    assert_false(atr_names_procedure_by_stub(atr_str_make(giant, sizeof(giant)), 0, &name, &id));
    assert_false(atr_names_procedure_by_stub(atr_str_from(NULL), 0, &name, &id));
}

static void
statuses_have_one_plain_name(void **state)
{
    static const struct {
        uint32_t status;
        const char *name;
    } rows[] = {
        {0, "RPC_S_OK"},
        {5, "RPC_S_ACCESS_DENIED"},
        {6, "RPC_X_SS_CONTEXT_MISMATCH"},
        {1717, "RPC_S_UNKNOWN_IF"},
        {1783, "RPC_X_BAD_STUB_DATA"},
        {0x1c010002, "nca_op_rng_error"},
        {0x1c00001a, "nca_s_fault_context_mismatch"},
        {0x1c000012, NULL}, /* listed, but nobody names it */
        {0x80010108, "RPC_E_DISCONNECTED"},
        {0x800706ba, "HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)"},
        {0x8007ffff, NULL},
        {0xc0000005, "STATUS_ACCESS_VIOLATION"},
        {0x12345678, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        char buffer[ATR_STATUS_NAME_BYTES];

        CHECK_STR(atr_names_rpc_status(rows[i].status, buffer), rows[i].name);
    }
}

static void
every_status_name_fits_its_buffer(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < atr_names_status_count; i++) {
        uint32_t code = atr_names_statuses[i].code;
        char buffer[ATR_STATUS_NAME_BYTES];

        assert_non_null(atr_names_rpc_status(code, buffer).data);
        if (code <= 0xffff) {
            assert_non_null(atr_names_rpc_status(0x80070000 | code, buffer).data);
        }
    }
}

static void
ntstatuses_are_sorted_so_that_each_is_found(void **state)
{
    static const uint32_t codes[] = {
#define ROW(code, name) code,
#include "names/ntstatus.def"
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(codes); i++) {
        assert_non_null(atr_names_ntstatus(codes[i]).data);
    }
    CHECK_STR(atr_names_ntstatus(0xc0000041), "STATUS_PORT_CONNECTION_REFUSED");
    CHECK_STR(atr_names_ntstatus(0), "STATUS_SUCCESS");
    CHECK_STR(atr_names_ntstatus(0xc0ffffff), NULL);
}

static const char *
decoder_of(const char *port_name)
{
    const struct atr_port_rule *rule = atr_names_port(atr_str_from(port_name));

    return rule == NULL ? "no rule" : rule->decoder == NULL ? "no decoder" : rule->decoder;
}

static void
a_port_name_chooses_the_decoder(void **state)
{
    static const struct {
        const char *port;
        const char *decoder;
    } rows[] = {
        {"\\RPC Control\\LRPC-b4cb7c7affbc500b2a", "lrpc"},
        {"\\RPC Control\\anything at all", "lrpc"},
        {"\\rpc control\\EPMAPPER", "lrpc"},
        {"\\RPC Control\\deeper\\name", "lrpc"},
        {"\\Windows\\ApiPort", "csr64"},
        {"\\Sessions\\1\\Windows\\ApiPort", "csr64"},
        {"\\Sessions\\12\\Windows\\SbApiPort", "sb64"},
        {"\\SmApiPort", "sm64"},
        {"\\LsaAuthenticationPort", "lsa64"},
        {"\\WindowsErrorReportingServicePort", "wer"},
        {"\\BaseNamedObjects\\CoreMessagingRegistrar", "coremessaging"},
        {"\\Sessions\\1\\BaseNamedObjects\\CoreMessagingRegistrar", "coremessaging"},
        {"\\Sessions\\1\\AppContainerNamedObjects\\S-1-15-2-1\\RPC Control\\x", "lrpc"},
        {"\\SeRmCommandPort", "no decoder"},
        {"\\Sessions\\1\\Windows\\Theme1175649999", "no decoder"},
        {"\\BaseNamedObjects\\[CoreUI]-PID(1732)-TID(2216) 1e7d5bf8-6dbd-4212-a1c5-59fe49dd3850",
         "no decoder"},
        {"ConIoSrv", "conio"},
        {"\\Evil\\ApiPort", "no rule"},
        {"\\Windows\\SmApiPort", "no rule"},
        {"\\RPC ControlX\\epmapper", "no rule"},
        {"\\MyPort", "no rule"},
        {"\\", "no rule"},
        {"", "no rule"},
        {"\\Sessions\\", "no rule"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        assert_string_equal(decoder_of(rows[i].port), rows[i].decoder);
    }
    assert_string_equal(decoder_of(NULL), "no rule");
}

static void
a_bare_leaf_is_matched_by_what_only_it_can_be(void **state)
{
    static const struct {
        const char *port;
        const char *decoder;
    } rows[] = {
        {"LRPC-b4cb7c7affbc500b2a", "lrpc"},
        {"LRPC-b4cb7c7affbc500b2", "no rule"},   /* 17 digits */
        {"LRPC-b4cb7c7affbc500b2az", "no rule"}, /* and no more */
        {"OLE8F8B8C095131496BB200263FA52C", "lrpc"},
        {"OLE", "no rule"},
        {"OLEACC", "lrpc"}, /* all of it digits: cannot be told apart */
        {"OLE12G4", "no rule"},
        {"ntsvcs", "lrpc"},
        {"console-0x00000000000004D0-lpc-handle", "lrpc"},
        {"console-0x-lpc-handl", "no rule"},
        {"ApiPort", "csr64"},
        {"SmApiPort", "sm64"},
        {"CoreMessagingRegistrar", "coremessaging"},
        {"SomethingElse", "no rule"},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        assert_string_equal(decoder_of(rows[i].port), rows[i].decoder);
    }
}

static void
a_port_name_with_nuls_inside_matches_nothing(void **state)
{
    (void)state;
    assert_null(atr_names_port(atr_str_make("ApiPort\0\0\0", 10)));
    assert_null(atr_names_port(atr_str_make("\0", 1)));
}

static void
every_port_rule_is_reached_by_its_own_pattern(void **state)
{
    size_t count;
    const struct atr_port_rule *rules = atr_names_port_rules(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char path[128];
        const char *directory = rules[i].directory == NULL ? "\\X" : rules[i].directory;

        (void)snprintf(path, sizeof(path), "%s\\%s", directory, rules[i].pattern);
        for (char *c = path; *c != '\0'; c++) {
            *c = *c == '#' || *c == '+' ? '0' : *c;
        }
        assert_ptr_equal(atr_names_port(atr_str_from(path)), &rules[i]);
        assert_non_null(rules[i].what);
    }
}

static void
small_kinds_have_the_published_spellings(void **state)
{
    (void)state;
    assert_string_equal(atr_message_type_text(0x300a), "connection_request");
    assert_string_equal(atr_message_type_text(0), "none");
    assert_string_equal(atr_message_type_text(12), "canceled");
    assert_null(atr_message_type_text(14));
    assert_string_equal(atr_names_object_type(0x80), "section");
    assert_null(atr_names_object_type(0x81));
    assert_null(atr_names_object_type(0));
    assert_string_equal(atr_names_tower_protocol(16), "ncalrpc");
    assert_string_equal(atr_names_tower_protocol(110), "ncalrpc (text)");
    assert_null(atr_names_tower_protocol(0xffff));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_are_sorted_and_unique),
        cmocka_unit_test(every_interface_is_found_by_its_uuid),
        cmocka_unit_test(the_tables_hold_every_row_of_the_data),
        cmocka_unit_test(procedures_are_sorted_within_their_interface),
        cmocka_unit_test(procedures_by_name_are_sorted_and_complete),
        cmocka_unit_test(statuses_and_builds_are_sorted_and_unique),
        cmocka_unit_test(an_interface_tells_its_name_kind_module_and_service),
        cmocka_unit_test(an_unknown_uuid_has_no_name),
        cmocka_unit_test(the_traced_build_chooses_the_name_of_an_opnum),
        cmocka_unit_test(without_a_build_every_differing_name_is_a_candidate),
        cmocka_unit_test(a_name_that_all_builds_agree_on_needs_no_build),
        cmocka_unit_test(a_folded_name_is_never_certain),
        cmocka_unit_test(a_com_method_needs_no_build),
        cmocka_unit_test(a_client_stub_leads_to_its_procedure),
        cmocka_unit_test(a_stub_that_fits_none_or_several_leads_nowhere),
        cmocka_unit_test(statuses_have_one_plain_name),
        cmocka_unit_test(every_status_name_fits_its_buffer),
        cmocka_unit_test(ntstatuses_are_sorted_so_that_each_is_found),
        cmocka_unit_test(a_port_name_chooses_the_decoder),
        cmocka_unit_test(a_bare_leaf_is_matched_by_what_only_it_can_be),
        cmocka_unit_test(a_port_name_with_nuls_inside_matches_nothing),
        cmocka_unit_test(every_port_rule_is_reached_by_its_own_pattern),
        cmocka_unit_test(small_kinds_have_the_published_spellings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
