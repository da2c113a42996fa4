/* SPDX-License-Identifier: MIT */
/* IRemUnknown: interfaces and references of objects (MS-DCOM 3.1.1.5.6). */
#include "support/com.h"
#include "support/support.h"

#include "decode/orpc.h"

#include <string.h>

enum {
    IID_REM_UNKNOWN = 0x131,
    IID_REM_UNKNOWN2 = 0x143,
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
put_query(struct test_bytes *ndr, uint16_t count, bool is_wide)
{
    test_put_orpc_request(ndr, 0x60);
    test_put(ndr, test_ipid, sizeof(test_ipid));
    test_put_u32(ndr, 5);
    test_put_u16(ndr, count);
    test_put_word(ndr, count, is_wide);
    for (unsigned i = 0; i < count && i < 300; i++) {
        test_put_com_guid(ndr, (uint16_t)(0x400 + i));
    }
}

static void
query_interface_is_read_in_the_bound_syntax(void **state)
{
    (void)state;
    context.os_build = 19041;
    request.opnum = 3;
    for (unsigned i = 0; i < 2; i++) {
        struct test_bytes ndr = {.size = 0};

        bind(IID_REM_UNKNOWN, i == 0 ? ATR_SYNTAX_NDR20 : ATR_SYNTAX_NDR64);
        put_query(&ndr, 2, i == 1);
        CHECK_UINT(decode_request(&ndr), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_rem_c_refs)->as.number, 5);
        CHECK_UINT(test_value(&event, ATR_F_rem_iids)->count, 2);
        CHECK_UINT(test_value(&event, ATR_F_rem_query)->grade, ATR_GRADE_BOUND);
    }
}

static void
without_the_interface_only_an_exact_fit_is_a_query(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    request.opnum = 3;
    put_query(&ndr, 2, false);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_query)->grade, ATR_GRADE_INFERRED);
    test_put_u32(&ndr, 0);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    assert_false(test_has_value(&event, ATR_F_rem_query));
    bind(IID_REM_UNKNOWN, ATR_SYNTAX_NDR20);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    assert_true(test_has_value(&event, ATR_F_rem_query));
    bind(0x777, ATR_SYNTAX_NDR20);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    assert_false(test_has_value(&event, ATR_F_rem_query));
}

static void
lists_of_interfaces_are_capped_and_their_counts_are_claims(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    request.opnum = 3;
    bind(IID_REM_UNKNOWN, ATR_SYNTAX_NDR20);
    put_query(&ndr, 300, false);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_iids)->count, ATR_ORPC_INTERFACES_MAX);
    CHECK_UINT(decode_prefix(atr_orpc_request_decode, &ndr, ndr.size - 290 * 16), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_iids)->count, 10);
    ndr.size = 0;
    put_query(&ndr, 0xffff, false);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    assert_false(test_has_value(&event, ATR_F_rem_query));
}

static void
put_query_answer(struct test_bytes *ndr, bool is_wide)
{
    test_put_zeros(ndr, 8 + 0x18);
    test_put_word(ndr, 0x20000, is_wide);
    test_put_word(ndr, 2, is_wide);
    test_put_align(ndr, 8);
    test_put_u64(ndr, 0);
    test_put_std_objref(ndr);
    test_put_u64(ndr, 0x80004002);
    test_put_zeros(ndr, 40);
    test_put_u32(ndr, 1);
}

static void
query_answers_name_the_interfaces_asked_for(void **state)
{
    (void)state;
    context.os_build = 19041;
    request.opnum = 3;
    for (unsigned i = 0; i < 2; i++) {
        struct test_bytes ndr = {.size = 0};
        struct test_bytes message = {.size = 0};
        struct test_bytes answer = {.size = 0};

        bind(IID_REM_UNKNOWN, i == 0 ? ATR_SYNTAX_NDR20 : ATR_SYNTAX_NDR64);
        put_query(&ndr, 2, i == 1);
        test_put_lrpc_request(&message, &ndr);
        put_query_answer(&answer, i == 1);
        context.request_bytes = (struct atr_bytes){message.data, message.size};
        CHECK_UINT(decode_response(&answer), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_rem_results)->count, 2);
        CHECK_UINT(test_value(&event, ATR_F_objref_oid)->as.number, TEST_OID);
        CHECK_UINT(test_value(&event, ATR_F_hresult)->as.number, 1);
        CHECK_UINT(test_fact_count(&event), 1); /* the second one failed */
        CHECK_UINT(event.facts->as.pointer.iid.bytes[1], 0x04);

        context.request_bytes.size_bytes = 0;
        CHECK_UINT(decode_response(&answer), ATR_OK);
        CHECK_UINT(test_value(&event, ATR_F_rem_results)->count, 2);
        assert_false(test_has_value(&event, ATR_F_objref_iid));
        CHECK_UINT(test_fact_count(&event), 0);
    }
}

static void
put_references(struct test_bytes *ndr, uint16_t count)
{
    test_put_orpc_request(ndr, 0x60);
    test_put_u16(ndr, count);
    test_put_word(ndr, count, false);
    for (unsigned i = 0; i < 2; i++) {
        test_put(ndr, test_ipid, sizeof(test_ipid));
        test_put_u32(ndr, 5 + i);
        test_put_u32(ndr, 1);
    }
}

static void
references_taken_and_given_back_are_listed(void **state)
{
    static const enum atr_field rows[] = {ATR_F_rem_add_ref, ATR_F_rem_release};
    struct test_bytes ndr = {.size = 0};
    struct test_bytes message = {.size = 0};
    struct test_bytes answer = {.size = 0};

    (void)state;
    context.os_build = 19041;
    put_references(&ndr, 2);
    for (uint32_t i = 0; i < 2; i++) {
        request.opnum = 4 + i;
        CHECK_UINT(decode_request(&ndr), ATR_OK);
        CHECK_UINT(test_value(&event, rows[i])->count, 2);
        CHECK_UINT(test_value(&event, rows[i])->grade, ATR_GRADE_INFERRED);
        CHECK_UINT(test_value(&event, ATR_F_rem_public)->as.number, 5);
    }
    request.opnum = 4;
    test_put_lrpc_request(&message, &ndr);
    context.request_bytes = (struct atr_bytes){message.data, message.size};
    test_put_zeros(&answer, 8 + 0x18);
    test_put_u32(&answer, 2);
    test_put_u32(&answer, 0x80070005);
    test_put_u64(&answer, 0);
    CHECK_UINT(decode_response(&answer), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_results)->count, 2);
    CHECK_UINT(test_value(&event, ATR_F_rem_hresult)->as.number, 0x80070005);
}

static void
the_second_query_interface_returns_pointers(void **state)
{
    struct test_bytes ndr = {.size = 0};
    struct test_bytes message = {.size = 0};
    struct test_bytes answer = {.size = 0};

    (void)state;
    context.os_build = 19041;
    request.opnum = 6;
    bind(IID_REM_UNKNOWN2, ATR_SYNTAX_NDR20);
    test_put_orpc_request(&ndr, 0x60);
    test_put(&ndr, test_ipid, sizeof(test_ipid));
    test_put_u16(&ndr, 1);
    test_put_word(&ndr, 1, false);
    test_put_com_guid(&ndr, 0x400);
    CHECK_UINT(decode_request(&ndr), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_query2)->count, 2);
    test_put_lrpc_request(&message, &ndr);
    context.request_bytes = (struct atr_bytes){message.data, message.size};
    test_put_zeros(&answer, 8 + 0x18);
    test_put_u32(&answer, 1);
    test_put_u32(&answer, 0);
    test_put_u32(&answer, 1);
    test_put_u32(&answer, 0x20000);
    test_put_u32(&answer, 0x5a);
    test_put_marshaled(&answer);
    test_put_align(&answer, 4);
    test_put_u32(&answer, 0);
    CHECK_UINT(decode_response(&answer), ATR_OK);
    CHECK_UINT(test_value(&event, ATR_F_rem_query2)->as.children.first->count, 1);
    CHECK_UINT(test_value(&event, ATR_F_interface_pointers)->count, 1);
    CHECK_UINT(test_fact_count(&event), 1);
}

static void
flipped_bytes_never_hurt(void **state)
{
    struct test_random random = {3};
    struct test_bytes ndr = {.size = 0};
    struct test_bytes message = {.size = 0};
    struct test_bytes answer = {.size = 0};

    (void)state;
    request.opnum = 3;
    put_query(&ndr, 2, false);
    test_put_lrpc_request(&message, &ndr);
    put_query_answer(&answer, false);
    context.request_bytes = (struct atr_bytes){message.data, message.size};
    for (unsigned i = 0; i < 3000; i++) {
        struct test_bytes flipped = answer;

        context.os_build = test_random_below(&random, 2) * 19041;
        message.data[test_random_below(&random, (uint32_t)message.size)] ^=
            (uint8_t)(1U << test_random_below(&random, 8));
        flipped.data[test_random_below(&random, (uint32_t)answer.size)] ^=
            (uint8_t)(1U << test_random_below(&random, 8));
        (void)decode_response(&flipped);
    }
}

static void
a_heap_that_fails_gives_limit(void **state)
{
    struct test_bytes ndr = {.size = 0};

    (void)state;
    context.os_build = 19041;
    request.opnum = 3;
    put_query(&ndr, 200, false);
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap failing;
        struct atr_arena small;
        enum atr_status status;

        test_failing_heap_init(&failing, n);
        atr_arena_init(&small, failing.heap, ATR_EVENT_ARENA_BYTES);
        atr_event_reset(&event, &small, true);
        view = (struct atr_ndr_view){.bytes = {ndr.data, ndr.size}, .original_bytes = ndr.size};
        status = atr_orpc_request_decode(&context, &event, &view, &request);
        CHECK_UINT(status, failing.failed ? ATR_LIMIT : ATR_OK);
        CHECK_UINT(view.params_offset, TEST_ORPC_THIS_BYTES + 0x60);
        atr_arena_fini(&small);
        CHECK_UINT(failing.live_blocks, 0);
        if (!failing.failed) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(query_interface_is_read_in_the_bound_syntax, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_the_interface_only_an_exact_fit_is_a_query, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lists_of_interfaces_are_capped_and_their_counts_are_claims,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(query_answers_name_the_interfaces_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(references_taken_and_given_back_are_listed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_second_query_interface_returns_pointers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(flipped_bytes_never_hurt, setup, teardown),
        cmocka_unit_test_setup_teardown(a_heap_that_fails_gives_limit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
