/* SPDX-License-Identifier: MIT */
/* COM headers of each Windows version, and bytes that lie about them (MS-DCOM 2.2.13). */
#include "support/com.h"
#include "support/support.h"

#include "decode/orpc.h"

#include <string.h>

enum {
    IID_LOCAL_ACTIVATOR = 0x136
};

static struct atr_arena arena;
static struct atr_event event;
static struct atr_decode_context context;
static struct atr_ndr_view view;
static struct atr_rpc_fact request;

static int
setup(void **state)
{
    (void)state;
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, true);
    context = (struct atr_decode_context){0};
    request = (struct atr_rpc_fact){.has_object = true, .opnum = 7};
    memcpy(request.object.bytes, test_ipid, sizeof(test_ipid));
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    atr_arena_fini(&arena);
    return 0;
}

typedef enum atr_status header_fn(const struct atr_decode_context *, struct atr_event *,
                                  struct atr_ndr_view *, const struct atr_rpc_fact *);

static enum atr_status
decode_prefix(header_fn *decode, const struct test_bytes *ndr, size_t size)
{
    uint8_t *guarded = test_guarded(ndr->data, size);
    enum atr_status status;

    atr_event_reset(&event, &arena, true);
    view = (struct atr_ndr_view){
        .bytes = {guarded, size}, .original_bytes = ndr->size, .syntax = context.syntax};
    status = decode(&context, &event, &view, &request);
    test_guarded_free(guarded, size);
    return status;
}

static enum atr_status
decode_request(const struct test_bytes *ndr)
{
    return decode_prefix(atr_orpc_request_decode, ndr, ndr->size);
}

static enum atr_status
decode_response(const struct test_bytes *ndr)
{
    return decode_prefix(atr_orpc_response_decode, ndr, ndr->size);
}

static enum atr_status
explicit_request(const struct atr_decode_context *in, struct atr_event *out,
                 struct atr_ndr_view *bytes, const struct atr_rpc_fact *rpc)
{
    return atr_orpc_explicit_decode(in, out, bytes, rpc, ATR_DIRECTION_REQUEST);
}

static enum atr_status
explicit_response(const struct atr_decode_context *in, struct atr_event *out,
                  struct atr_ndr_view *bytes, const struct atr_rpc_fact *rpc)
{
    return atr_orpc_explicit_decode(in, out, bytes, rpc, ATR_DIRECTION_ANSWER);
}

static void
bind(uint16_t number, enum atr_syntax syntax)
{
    struct test_bytes uuid = {.size = 0};

    test_put_com_guid(&uuid, number);
    memcpy(context.interface.uuid.bytes, uuid.data, ATR_GUID_BYTES);
    context.has_interface = true;
    context.syntax = syntax;
}

static void
check_unknown_params(size_t size)
{
    CHECK_STR(test_value(&event, ATR_F_problem)->as.text, "orpc_params_unknown");
    assert_false(test_has_value(&event, ATR_F_orpc_params_offset));
    CHECK_UINT(view.params_offset, size);
}

struct build_row {
    uint32_t build;
    size_t this_size;
    size_t that_size;
};

static const struct build_row builds[] = {
    {7601, 8, 0},        {9200, 8, 0},        {9600, 0x10, 0x10},  {10240, 0x40, 0x18},
    {15063, 0x40, 0x18}, {16299, 0x60, 0x18}, {17763, 0x60, 0x18}, {18362, 0x60, 0x10},
    {18363, 0x60, 0x10}, {19041, 0x60, 0x18}, {22631, 0x60, 0x18}, {26100, 0x60, 0x18},
};

enum {
    BUILDS = sizeof(builds) / sizeof(builds[0])
};

static void
an_orpc_request_has_an_object_an_opnum_and_a_version(void **state)
{
    static const struct {
        size_t offset;
        uint32_t value;
        bool is_orpc;
    } rows[] = {
        {0, 0x00070005, true},  {0, 0x00000005, true}, {0, 0x00080005, false},
        {0, 0x00070004, false}, {4, 0x1f, true},       {4, 0x20, false},
        {8, 1, false},
    };
    struct test_bytes ndr = {.size = 0};
    struct atr_bytes bytes = {ndr.data, TEST_ORPC_THIS_BYTES};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ndr.size = 0;
        test_put_orpc_request(&ndr, 8);
        test_poke_u32(&ndr, rows[i].offset, rows[i].value);
        CHECK_UINT(atr_orpc_is_request(bytes, &request), rows[i].is_orpc);
    }
    ndr.size = 0;
    test_put_orpc_request(&ndr, 8);
    assert_true(atr_orpc_is_request(bytes, &request));
    bytes.size_bytes--;
    assert_false(atr_orpc_is_request(bytes, &request));
    bytes.size_bytes++;
    request.opnum = 2;
    assert_false(atr_orpc_is_request(bytes, &request));
    request.opnum = 3;
    request.has_object = false;
    assert_false(atr_orpc_is_request(bytes, &request));
}

static void
each_build_has_its_request_layout(void **state)
{
    (void)state;
    for (size_t i = 0; i < BUILDS; i++) {
        struct test_bytes ndr = {.size = 0};

        test_put_orpc_request(&ndr, builds[i].this_size);
        test_put_u32(&ndr, 99);
        context.os_build = builds[i].build;
        CHECK_UINT(decode_request(&ndr), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_orpc_local_this_size)->as.number, builds[i].this_size);
        CHECK_UINT(test_value(&event, ATR_F_orpc_client_thread)->as.number, TEST_THREAD);
        CHECK_UINT(test_value(&event, ATR_F_orpc_params_offset)->grade, ATR_GRADE_BOUND);
        CHECK_UINT(view.params_offset, TEST_ORPC_THIS_BYTES + builds[i].this_size);
        CHECK_UINT(test_value(&event, ATR_F_ipid_owner_pid)->as.number, TEST_IPID_PID);
    }
}

static void
each_build_has_its_response_layout(void **state)
{
    (void)state;
    for (size_t i = 0; i < BUILDS; i++) {
        struct test_bytes ndr = {.size = 0};

        test_put_zeros(&ndr, 8 + builds[i].that_size);
        test_put_u32(&ndr, 0x80004005);
        context.os_build = builds[i].build;
        CHECK_UINT(decode_response(&ndr), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_orpc_local_that_size)->as.number, builds[i].that_size);
        CHECK_UINT(test_value(&event, ATR_F_hresult)->as.number, 0x80004005);
        CHECK_UINT(view.params_offset, 8 + builds[i].that_size);
    }
}

static void
with_the_build_unknown_the_layout_that_fits_is_inferred(void **state)
{
    (void)state;
    for (size_t i = 0; i < BUILDS; i++) {
        struct test_bytes ndr = {.size = 0};
        struct test_bytes message = {.size = 0};
        struct test_bytes answer = {.size = 0};

        test_put_orpc_request(&ndr, builds[i].this_size);
        for (unsigned n = 1; n < 40; n++) {
            test_put_u32(&ndr, 0x01010101 * n);
        }
        CHECK_UINT(decode_request(&ndr), ATR_OK);
        CHECK_UINT(view.params_offset, TEST_ORPC_THIS_BYTES + builds[i].this_size);
        CHECK_UINT(test_value(&event, ATR_F_orpc_params_offset)->grade, ATR_GRADE_INFERRED);

        test_put_lrpc_request(&message, &ndr);
        context.request_bytes = (struct atr_bytes){message.data, message.size};
        test_put_zeros(&answer, 8 + builds[i].that_size);
        test_put_u32(&answer, 0x80004005);
        CHECK_UINT(decode_response(&answer), ATR_OK);
        CHECK_UINT(view.params_offset, 8 + builds[i].that_size);
        context.request_bytes.size_bytes = 0;
    }
}

static void
the_call_trace_activity_and_the_async_operation_are_shown(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    test_put_orpc_request(&ndr, 0x60);
    memset(ndr.data + TEST_ORPC_THIS_BYTES + 0x18, 0x42, 16);
    memset(ndr.data + TEST_ORPC_THIS_BYTES + 0x28, 0x43, 16);
    context.os_build = 19041;
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_orpc_call_activity)->as.guid.bytes[3], 0x42);
    CHECK_UINT(test_value(&event, ATR_F_orpc_async_operation)->as.guid.bytes[3], 0x43);
    assert_false(test_has_value(&event, ATR_F_orpc_passthrough_activity));
}

static void
pointees_nobody_knows_hide_the_parameters(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    test_put_orpc_request(&ndr, 0x60);
    memset(ndr.data + TEST_ORPC_THIS_BYTES + 0x18, 0x42, ATR_GUID_BYTES);
    test_poke_u32(&ndr, TEST_ORPC_THIS_BYTES + 0x5c, 0x20000); /* container passthrough data */
    test_put_zeros(&ndr, 40);
    for (unsigned i = 0; i < 2; i++) {
        context.os_build = i == 0 ? 19041 : 0;
        CHECK_UINT(decode_request(&ndr), ATR_UNSUPPORTED);
        check_unknown_params(ndr.size);
        CHECK_UINT(test_value(&event, ATR_F_orpc_client_thread)->as.number, TEST_THREAD);
    }
    ndr.size = 0;
    test_put_zeros(&ndr, 60);
    context.os_build = 19041;
    for (size_t pointer = 8 + 0x0c; pointer <= 8 + 0x14; pointer += 4) {
        memset(ndr.data, 0, ndr.size);
        test_poke_u32(&ndr, pointer, 0x20000);
        CHECK_UINT(decode_response(&ndr), ATR_UNSUPPORTED);
        check_unknown_params(ndr.size);
        CHECK_UINT(test_value(&event, ATR_F_hresult)->as.number, 0);
    }
}

static void
a_thread_that_cannot_be_hides_the_parameters(void **state)
{
    static const uint32_t threads[] = {0x1235, 0x01000000, 0xfffffffc};

    (void)state;
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        struct test_bytes ndr = {.size = 0};

        test_put_orpc_request(&ndr, 0x60);
        test_poke_u32(&ndr, TEST_ORPC_THIS_BYTES + 4, threads[i]);
        context.os_build = 19041;
        CHECK_UINT(decode_request(&ndr), ATR_UNSUPPORTED);
        check_unknown_params(ndr.size);
    }
}

static void
put_touched(struct test_bytes *ndr, uint32_t size, uint32_t count)
{
    test_put_orpc_request(ndr, 0x60);
    test_poke_u32(ndr, TEST_ORPC_THIS_BYTES + 0x58, 0x20000);
    test_put_u32(ndr, size);
    test_put_u32(ndr, 0);
    test_put_u32(ndr, 0x20004);
    test_put_u32(ndr, count);
    test_put_u64(ndr, 1);
    test_put_u64(ndr, 2);
    test_put_u32(ndr, 99);
}

static void
touched_apartments_are_skipped_when_their_counts_agree(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    put_touched(&ndr, 2, 2);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(view.params_offset, ndr.size - 4);
    CHECK_UINT(test_value(&event, ATR_F_orpc_params_offset)->grade, ATR_GRADE_INFERRED);
    ndr.size = 0;
    put_touched(&ndr, 2, 3);
    CHECK_UINT(decode_request(&ndr), ATR_UNSUPPORTED);
    check_unknown_params(ndr.size);
    ndr.size = 0;
    put_touched(&ndr, 0xffffffff, 0xffffffff);
    CHECK_UINT(decode_request(&ndr), ATR_UNSUPPORTED);
}

/* size extents, room for count, every second of them null. */
static void
put_extents(struct test_bytes *ndr, uint32_t size, uint32_t count, bool is_wide)
{
    test_put_u32(ndr, size);
    test_put_u32(ndr, 0);
    test_put_word(ndr, 0x20004, is_wide);
    test_put_word(ndr, count, is_wide);
    for (uint32_t i = 0; i < size; i++) {
        test_put_word(ndr, i % 2 == 0 ? 0x20008 : 0, is_wide);
    }
    for (uint32_t i = size; i < count && i < 64; i++) {
        test_put_word(ndr, 0, is_wide);
    }
    for (uint32_t i = 0; i < size; i += 2) {
        test_put_word(ndr, 8, is_wide);
        test_put_com_guid(ndr, (uint16_t)(0x334 + i));
        test_put_u32(ndr, 3);
        test_put_zeros(ndr, 8);
    }
}

static void
extents_stand_between_the_headers(void **state)
{
    struct test_bytes ndr = {.size = 0};
    size_t local;

    (void)state;
    test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0x20000, false);
    put_extents(&ndr, 3, 4, false);
    test_put_align(&ndr, 8);
    local = ndr.size;
    test_put_local_this(&ndr, 0x60);
    context.os_build = 19041;
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_orpc_extents)->as.number, 2);
    CHECK_UINT(test_value(&event, ATR_F_orpc_extent_ids)->as.children.last->as.guid.bytes[0], 0x36);
    CHECK_UINT(test_value(&event, ATR_F_orpc_local_this_offset)->as.number, local);
    CHECK_UINT(view.params_offset, ndr.size);
}

static void
extent_counts_are_claims(void **state)
{
    static const struct {
        uint32_t size;
        uint32_t count;
    } rows[] = {{17, 18}, {1, 0xfffffffe}, {0x10000000, 2}, {3, 2}};

    (void)state;
    context.os_build = 19041;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_bytes ndr = {.size = 0};

        test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0x20000, false);
        put_extents(&ndr, 1, 2, false);
        test_poke_u32(&ndr, TEST_ORPC_THIS_BYTES, rows[i].size);
        test_poke_u32(&ndr, TEST_ORPC_THIS_BYTES + 12, rows[i].count);
        test_put_local_this(&ndr, 0x60);
        CHECK_UINT(decode_request(&ndr), ATR_MALFORMED);
        check_unknown_params(ndr.size);
    }
}

static void
extent_data_longer_than_the_message_are_truncated(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0x20000, false);
    put_extents(&ndr, 1, 2, false);
    test_poke_u32(&ndr, TEST_ORPC_THIS_BYTES + 24, 0xfffffff8);
    CHECK_UINT(decode_request(&ndr), ATR_TRUNCATED);
    check_unknown_params(ndr.size);
    CHECK_UINT(test_value(&event, ATR_F_orpc_extents)->as.number, 0);
}

static void
short_ends_are_truncated(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    test_put_orpc_request(&ndr, 0x60);
    test_put_u32(&ndr, 99);
    for (size_t size = 0; size < ndr.size; size++) {
        enum atr_status status = decode_prefix(atr_orpc_request_decode, &ndr, size);

        CHECK_UINT(status, size < ndr.size - 4 ? ATR_TRUNCATED : ATR_OK);
        CHECK_UINT(test_has_value(&event, ATR_F_orpc_cid), size >= TEST_ORPC_THIS_BYTES);
        CHECK_UINT(test_has_value(&event, ATR_F_orpc_params_offset), status == ATR_OK);
    }
}

static void
a_cut_response_has_no_hresult(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    test_put_zeros(&ndr, 64);
    CHECK_UINT(decode_prefix(atr_orpc_response_decode, &ndr, 60), ATR_OK);
    assert_false(test_has_value(&event, ATR_F_hresult));
    ndr.size = 8 + 0x18;
    CHECK_UINT(decode_response(&ndr), ATR_OK);
    assert_false(test_has_value(&event, ATR_F_hresult));
}

static void
a_call_from_another_machine_has_no_local_headers(void **state)
{
    struct test_bytes ndr = {.size = 0};
    struct test_bytes message = {.size = 0};
    struct test_bytes answer = {.size = 0};

    (void)state;
    context.os_build = 19041;
    test_put_orpc_this(&ndr, 0, 0, false);
    test_put_u32(&ndr, 99);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(view.params_offset, TEST_ORPC_THIS_BYTES);
    test_put_lrpc_request(&message, &ndr);
    context.request_bytes = (struct atr_bytes){message.data, message.size};
    test_put_zeros(&answer, 8);
    test_put_u32(&answer, 1);
    CHECK_UINT(decode_response(&answer), ATR_OK);
    CHECK_UINT(view.params_offset, 8);
    CHECK_UINT(test_value(&event, ATR_F_hresult)->as.number, 1);
}

static void
headers_in_the_bound_syntax_are_taken_when_only_they_fit(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    context.syntax = ATR_SYNTAX_NDR64;
    test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0, true);
    test_put_local_this(&ndr, 0x68);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_orpc_form)->as.text, "ndr64");
    CHECK_UINT(view.params_offset, ndr.size);
    CHECK_UINT(test_value(&event, ATR_F_orpc_params_offset)->grade, ATR_GRADE_INFERRED);
}

static void
explicit_headers_follow_the_bound_syntax(void **state)
{
    (void)state;
    context.os_build = 19041;
    request = (struct atr_rpc_fact){.opnum = 4};
    for (unsigned i = 0; i < 2; i++) {
        struct test_bytes ndr = {.size = 0};
        struct test_bytes answer = {.size = 0};

        bind(IID_LOCAL_ACTIVATOR, i == 0 ? ATR_SYNTAX_NDR20 : ATR_SYNTAX_NDR64);
        test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0, i == 1);
        test_put_local_this(&ndr, i == 1 ? 0x68 : 0x60);
        test_put_u64(&ndr, 1);
        CHECK_UINT(decode_prefix(explicit_request, &ndr, ndr.size), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_orpc_next_offset)->as.number, ndr.size - 8);
        CHECK_UINT(view.params_offset, ndr.size - 8);

        test_put_zeros(&answer, i == 1 ? 0x10 + 0x28 : 8 + 0x18);
        test_put_u64(&answer, 1);
        CHECK_UINT(decode_prefix(explicit_response, &answer, answer.size), ATR_OK);
        CHECK_UINT(view.params_offset, answer.size - 8);
        assert_false(test_has_value(&event, ATR_F_hresult));
    }
}

static void
without_the_interface_explicit_headers_need_more_than_a_version(void **state)
{
    struct test_bytes ndr = {.size = 0};
    size_t end;

    (void)state;
    request = (struct atr_rpc_fact){.opnum = 4};
    test_put_orpc_this(&ndr, TEST_ORPC_LOCAL, 0, true);
    test_put_local_this(&ndr, 0x68);
    end = ndr.size;
    CHECK_UINT(decode_prefix(explicit_request, &ndr, ndr.size), ATR_OK);
    CHECK_STR(test_value(&event, ATR_F_orpc_form)->as.text, "ndr64");
    CHECK_UINT(test_value(&event, ATR_F_orpc_next_offset)->grade, ATR_GRADE_INFERRED);
    test_put_u64(&ndr, 99);
    CHECK_UINT(decode_prefix(explicit_request, &ndr, ndr.size), ATR_UNSUPPORTED);
    CHECK_UINT(event.fields.total, 0);
    CHECK_UINT(view.params_offset, 0);
    test_put_marshaled(&ndr);
    CHECK_UINT(decode_prefix(explicit_request, &ndr, ndr.size), ATR_OK);
    CHECK_UINT(view.params_offset, end);
    CHECK_UINT(test_fact_count(&event), 1);
    CHECK_UINT(decode_prefix(explicit_response, &ndr, ndr.size), ATR_UNSUPPORTED);
    CHECK_UINT(event.fields.total, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_orpc_request_has_an_object_an_opnum_and_a_version, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(each_build_has_its_request_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(each_build_has_its_response_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(with_the_build_unknown_the_layout_that_fits_is_inferred,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_call_trace_activity_and_the_async_operation_are_shown,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(pointees_nobody_knows_hide_the_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_thread_that_cannot_be_hides_the_parameters, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(touched_apartments_are_skipped_when_their_counts_agree,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(extents_stand_between_the_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(extent_counts_are_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(extent_data_longer_than_the_message_are_truncated, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(short_ends_are_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_response_has_no_hresult, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_from_another_machine_has_no_local_headers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(headers_in_the_bound_syntax_are_taken_when_only_they_fit,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(explicit_headers_follow_the_bound_syntax, setup, teardown),
        cmocka_unit_test_setup_teardown(
            without_the_interface_explicit_headers_need_more_than_a_version, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
