/* SPDX-License-Identifier: MIT */
/* LRPC beyond the vectors: what reaches the session, and what is done about cut and false claims.
 */
#include "support/support.h"

#include "base/attributes.h"
#include "decode/decode.h"
#include "support/bytes.h"
#include "support/com.h"

#include <stdlib.h>
#include <string.h>

enum {
    FLAG_OBJECT = 1,
    FLAG_VIEW = 4
};

struct fixture {
    struct atr_arena arena;
    struct atr_event event;
    struct atr_decode_context context;
};

static int
setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL) {
        return -1;
    }
    atr_arena_init(&fixture->arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&fixture->event, &fixture->arena, true);
    *state = fixture;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *fixture = *state;

    atr_arena_fini(&fixture->arena);
    free(fixture);
    return 0;
}

static enum atr_status
decode(struct fixture *fixture, const struct test_bytes *bytes)
{
    struct atr_cursor cur = atr_cursor_make(bytes->data, bytes->size);

    return atr_lrpc_decode(&cur, &fixture->context, &fixture->event);
}

static void
put_request(struct test_bytes *out, uint32_t flags)
{
    test_put_u64(out, 0);
    test_put_u32(out, flags);
    test_put_u32(out, 7);
    test_put_u32(out, 2);
    test_put_u32(out, 11);
    test_put_zeros(out, 0x18);
    test_put(out, test_ipid, sizeof(test_ipid));
}

static void
put_response(struct test_bytes *out, uint32_t flags)
{
    test_put_u64(out, 3);
    test_put_u32(out, flags);
    test_put_u32(out, 7);
    test_put_u64(out, 0);
}

static void
put_bind(struct test_bytes *out, uint32_t status)
{
    test_put_u64(out, 1);
    test_put_u32(out, status);
    test_put_com_guid(out, 0x131);
    test_put_u16(out, 3);
    test_put_u16(out, 1);
    test_put_u32(out, 6);
    test_put_u16(out, 10);
    test_put_u16(out, 20);
    test_put_u16(out, 30);
}

static const struct atr_fact *
fact_of(const struct fixture *fixture, enum atr_fact_kind kind)
{
    assert_non_null(fixture->event.facts);
    assert_int_equal(fixture->event.facts->kind, kind);
    return fixture->event.facts;
}

static void
a_request_tells_the_session_its_call_binding_opnum_and_object(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};
    const struct atr_rpc_fact *rpc;

    put_request(&bytes, FLAG_OBJECT);
    test_put_u32(&bytes, 5);
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    rpc = &fact_of(fixture, ATR_FACT_RPC_REQUEST)->as.rpc;
    CHECK_UINT(rpc->call_id, 7);
    CHECK_UINT(rpc->binding_id, 2);
    CHECK_UINT(rpc->opnum, 11);
    CHECK_UINT(rpc->flags, FLAG_OBJECT);
    assert_true(rpc->has_object);
    assert_false(rpc->is_orpc);
    assert_memory_equal(rpc->object.bytes, test_ipid, sizeof(test_ipid));
}

static void
without_a_wish_for_fields_facts_and_arguments_come_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    atr_event_reset(&fixture->event, &fixture->arena, false);
    put_request(&bytes, 0);
    test_put_u32(&bytes, 5);
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    (void)fact_of(fixture, ATR_FACT_RPC_REQUEST);
    assert_non_null(fixture->event.meaning.ndr);
    CHECK_UINT(fixture->event.meaning.ndr->bytes.size_bytes, 4);
    CHECK_UINT(fixture->event.fields.total, 0);
}

static void
a_request_cut_behind_its_opnum_still_tells_it(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_request(&bytes, 0);
    bytes.size = 0x18;
    fixture->context.original_bytes = 0x60;
    assert_int_equal(decode(fixture, &bytes), ATR_TRUNCATED);
    CHECK_UINT(fact_of(fixture, ATR_FACT_RPC_REQUEST)->as.rpc.opnum, 11);
    assert_true(test_has_value(&fixture->event, ATR_F_error));
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_call_id)->as.number, 7);
}

static void
a_request_that_was_sent_too_short_is_no_call(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_request(&bytes, 0);
    bytes.size = 0x3f;
    assert_int_equal(decode(fixture, &bytes), ATR_TRUNCATED);
    assert_null(fixture->event.facts);
    assert_null(fixture->event.meaning.ndr);
}

static void
cut_arguments_are_counted_as_they_were_and_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_request(&bytes, 0);
    test_put_zeros(&bytes, 0x10);
    fixture->context.original_bytes = 0x40 + 0x1000;
    assert_int_equal(decode(fixture, &bytes), ATR_TRUNCATED);
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_ndr_length)->as.number, 0x1000);
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_ndr_captured)->as.number, 0x10);
    CHECK_UINT(fixture->event.meaning.ndr->original_bytes, 0x1000);
}

static void
large_arguments_without_their_view_are_said_to_be_missing(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_request(&bytes, FLAG_VIEW);
    test_put_u64(&bytes, 0x5000);
    fixture->context.view_size = 0x8000;
    assert_int_equal(decode(fixture, &bytes), ATR_TRUNCATED);
    CHECK_STR(test_value(&fixture->event, ATR_F_problem)->as.text, "view_not_captured");
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_ndr_length)->as.number, 0x5000);
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_ndr_captured)->as.number, 0);
    (void)fact_of(fixture, ATR_FACT_RPC_REQUEST);
}

static void
large_arguments_end_where_the_message_says(void **state)
{
    static const uint8_t view[64] = {1};
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_response(&bytes, FLAG_VIEW);
    test_put_u32(&bytes, 24); /* the padding behind it may be missing */
    fixture->context.view = (struct atr_bytes){view, sizeof(view)};
    fixture->context.view_size = 4096;
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    CHECK_UINT(fixture->event.meaning.ndr->bytes.size_bytes, 24);
    assert_ptr_equal(fixture->event.meaning.ndr->bytes.data, view);
    assert_true(fixture->event.meaning.ndr->in_view);
}

static void
large_arguments_cannot_be_larger_than_their_view(void **state)
{
    static const uint8_t view[64] = {1};
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_request(&bytes, FLAG_VIEW);
    test_put_u64(&bytes, 0xffffffff);
    fixture->context.view = (struct atr_bytes){view, sizeof(view)};
    fixture->context.view_size = 4096;
    assert_int_equal(decode(fixture, &bytes), ATR_MALFORMED);
    CHECK_STR(test_value(&fixture->event, ATR_F_problem)->as.text, "large_data_exceeds_view");
    CHECK_UINT(fixture->event.meaning.ndr->bytes.size_bytes, sizeof(view));
}

static void
a_response_is_com_when_its_request_was(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_response(&bytes, 0);
    test_put_zeros(&bytes, 0x20);
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    assert_false(test_has_value(&fixture->event, ATR_F_is_orpc)); /* nobody knows */

    atr_event_reset(&fixture->event, &fixture->arena, true);
    fixture->context.has_request = true;
    (void)decode(fixture, &bytes);
    CHECK_UINT(test_value(&fixture->event, ATR_F_is_orpc)->as.number, false);

    atr_event_reset(&fixture->event, &fixture->arena, true);
    fixture->context.request.is_orpc = true;
    (void)decode(fixture, &bytes);
    CHECK_UINT(test_value(&fixture->event, ATR_F_is_orpc)->as.number, true);
    assert_true(fact_of(fixture, ATR_FACT_RPC_RESPONSE)->as.rpc.is_orpc);
}

static void
a_bind_is_an_answer_by_direction_status_request_or_role(void **state)
{
    static const struct {
        enum atr_direction direction;
        uint32_t status;
        bool has_request;
        enum atr_role role;
        enum atr_fact_kind kind;
    } rows[] = {
        {ATR_DIRECTION_REQUEST, 0, false, ATR_ROLE_NONE, ATR_FACT_BIND_OFFERED},
        {ATR_DIRECTION_ANSWER, 0, false, ATR_ROLE_NONE, ATR_FACT_BIND_ACCEPTED},
        {ATR_DIRECTION_ANSWER, 5, false, ATR_ROLE_NONE, ATR_FACT_BIND_REFUSED},
        {ATR_DIRECTION_UNKNOWN, 1717, false, ATR_ROLE_NONE, ATR_FACT_BIND_REFUSED},
        {ATR_DIRECTION_UNKNOWN, 0, true, ATR_ROLE_NONE, ATR_FACT_BIND_ACCEPTED},
        {ATR_DIRECTION_UNKNOWN, 0, false, ATR_ROLE_REPLY_SENT, ATR_FACT_BIND_ACCEPTED},
        {ATR_DIRECTION_UNKNOWN, 0, false, ATR_ROLE_REPLY_RECEIVED, ATR_FACT_BIND_ACCEPTED},
        {ATR_DIRECTION_UNKNOWN, 0, false, ATR_ROLE_REQUEST_SENT, ATR_FACT_BIND_OFFERED},
        {ATR_DIRECTION_UNKNOWN, 0, false, ATR_ROLE_NONE, ATR_FACT_BIND_OFFERED},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        struct test_bytes bytes = {.size = 0};
        const struct atr_bind_fact *bind;

        put_bind(&bytes, rows[i].status);
        atr_event_reset(&fixture->event, &fixture->arena, true);
        fixture->event.role = rows[i].role;
        fixture->context.direction = rows[i].direction;
        fixture->context.has_request = rows[i].has_request;
        assert_int_equal(decode(fixture, &bytes), ATR_OK);
        bind = &fact_of(fixture, rows[i].kind)->as.bind;
        CHECK_UINT(bind->status, rows[i].status);
        CHECK_UINT(bind->interface.version_major, 3);
        CHECK_UINT(bind->interface.version_minor, 1);
        CHECK_UINT(bind->syntax_set, 6);
        CHECK_UINT(bind->binding_ids[0], 10);
        CHECK_UINT(bind->binding_ids[2], 30);
        CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_answer)->as.number,
                   rows[i].kind != ATR_FACT_BIND_OFFERED);
    }
    CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_answer)->grade, ATR_GRADE_GUESS);
}

static void
a_bind_may_end_behind_its_ids_or_be_longer_than_known(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_bind(&bytes, 0);
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    assert_false(test_has_value(&fixture->event, ATR_F_rpc_flow_id));
    CHECK_STR(test_value(&fixture->event, ATR_F_rpc_interface_name)->as.text, "IRemUnknown");
    CHECK_STR(test_value(&fixture->event, ATR_F_rpc_interface_version)->as.text, "3.1");

    atr_event_reset(&fixture->event, &fixture->arena, true);
    test_put_zeros(&bytes, 0x48 - bytes.size + 3);
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    CHECK_UINT(test_value(&fixture->event, ATR_F_trailing)->as.bytes.size_bytes, 3);
}

static void
a_fault_names_its_status(void **state)
{
    static const struct {
        uint32_t status;
        const char *name;
    } rows[] = {
        {1722, "RPC_S_SERVER_UNAVAILABLE"},
        {0x80070005, "HRESULT_FROM_WIN32(RPC_S_ACCESS_DENIED)"},
        {0xc0000005, "STATUS_ACCESS_VIOLATION"},
        {0x12345678, NULL},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        struct test_bytes bytes = {.size = 0};

        test_put_u64(&bytes, 2);
        test_put_u32(&bytes, rows[i].status); /* the shortest fault has no flags */
        atr_event_reset(&fixture->event, &fixture->arena, true);
        assert_int_equal(decode(fixture, &bytes), ATR_OK);
        CHECK_STR(fixture->event.meaning.status, rows[i].name);
        CHECK_UINT(fact_of(fixture, ATR_FACT_RPC_FAULT)->as.rpc.status, rows[i].status);
    }
}

static void
put_error_head(struct test_bytes *out)
{
    test_put_u64(out, 2);
    test_put_u32(out, 1722);
    test_put_u32(out, 1);
    test_put_u32(out, 0x00081001);
    test_put_u32(out, 0xcccccccc);
    test_put_u32(out, 0xffff); /* the object length may claim too much */
    test_put_u32(out, 0);
}

/* Up to the parameters. The NDR begins at a multiple of 8, so that alignment is the same. */
static void
put_error_record(struct test_bytes *out, uint32_t next, uint32_t name, uint32_t pid, uint16_t count)
{
    test_put_u32(out, count);
    test_put_align(out, 8);
    test_put_u32(out, next);
    test_put_u32(out, name == 0 ? 0x00020002 : 0x00010001);
    if (name != 0) {
        test_put_u32(out, 4);
        test_put_u32(out, name);
    }
    test_put_u32(out, pid);
    test_put_align(out, 8);
    test_put_u64(out, 133500000000000000);
    test_put_u32(out, 2);
    test_put_u32(out, 5);
    test_put_u32(out, 323);
    test_put_u16(out, count);
}

static void
put_param(struct test_bytes *out, uint16_t type, size_t alignment)
{
    test_put_align(out, alignment);
    test_put_u16(out, type);
    test_put_u16(out, type);
}

static const struct atr_value *
child(const struct atr_value *parent, unsigned index)
{
    const struct atr_value *at = parent->as.children.first;

    while (at != NULL && index-- > 0) {
        at = at->next;
    }
    assert_non_null(at);
    return at;
}

static const struct atr_value *
value_of(const struct atr_value *parent, enum atr_field field)
{
    const struct atr_value *at = parent->as.children.first;

    while (at != NULL && at->field != field) {
        at = at->next;
    }
    assert_non_null(at);
    return at;
}

static void
the_texts_of_an_error_chain_follow_it_backwards(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};
    const struct atr_value *records;

    put_error_head(&bytes);
    test_put_u32(&bytes, 0x20000);
    put_error_record(&bytes, 0x20004, 0x20008, 100, 0);
    test_put_align(&bytes, 4);
    put_error_record(&bytes, 0, 0x2000c, 200, 0);
    test_put_align(&bytes, 4);
    test_put_u32(&bytes, 2);
    test_put_wide(&bytes, "B");
    test_put_align(&bytes, 4);
    test_put_u32(&bytes, 2);
    test_put_wide(&bytes, "A");
    assert_int_equal(decode(fixture, &bytes), ATR_OK);
    records = test_value(&fixture->event, ATR_F_eeinfo_records);
    CHECK_UINT(records->count, 2);
    CHECK_STR(value_of(child(records, 0), ATR_F_eeinfo_computer)->as.text, "A");
    CHECK_UINT(value_of(child(records, 0), ATR_F_eeinfo_pid)->as.number, 100);
    CHECK_STR(value_of(child(records, 1), ATR_F_eeinfo_computer)->as.text, "B");
    CHECK_UINT(value_of(child(records, 1), ATR_F_eeinfo_pid)->as.number, 200);
}

/* All kinds of parameters, with each element aligned as asked. */
static void
put_all_params(struct test_bytes *out, size_t alignment)
{
    put_param(out, 6, alignment);
    put_param(out, 1, alignment);
    test_put_align(out, 4);
    test_put_u32(out, 3);
    test_put_u32(out, 0x20010);
    put_param(out, 4, alignment);
    test_put_u16(out, 0xffff);
    put_param(out, 5, alignment);
    test_put_align(out, 8);
    test_put_u64(out, 0x1122334455667788);
    put_param(out, 7, alignment);
    test_put_align(out, 4);
    test_put_u32(out, 1);
    test_put_u32(out, 0);
    test_put_u32(out, 3);
    test_put(out, "ab", 3);
}

static void
error_parameters_are_read_however_they_are_aligned(void **state)
{
    static const size_t alignments[] = {8, 4};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ATR_COUNT(alignments); i++) {
        struct test_bytes bytes = {.size = 0};
        const struct atr_value *params;

        atr_event_reset(&fixture->event, &fixture->arena, true);
        put_error_head(&bytes);
        test_put_u32(&bytes, 0x20000);
        put_error_record(&bytes, 0, 0, 100, 5);
        put_all_params(&bytes, alignments[i]);
        assert_int_equal(decode(fixture, &bytes), ATR_OK);
        params = test_value(&fixture->event, ATR_F_eeinfo_params);
        CHECK_UINT(params->count, 5);
        CHECK_UINT(child(child(params, 0), 1)->type, ATR_FIELD_NULL);
        CHECK_STR(child(child(params, 1), 1)->as.text, "ab");
        CHECK_INT(child(child(params, 2), 1)->as.integer, -1);
        CHECK_UINT(child(child(params, 3), 1)->as.number, 0x1122334455667788);
        CHECK_UINT(child(child(params, 4), 1)->type, ATR_FIELD_NULL);
    }
}

static void
an_endless_error_chain_ends_at_the_cap(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_error_head(&bytes);
    test_put_u32(&bytes, 0x20000);
    for (uint32_t i = 0; i < 2 * ATR_EEINFO_RECORDS_MAX; i++) {
        put_error_record(&bytes, 0x20004, 0, i, 0);
        test_put_align(&bytes, 4);
    }
    assert_int_equal(decode(fixture, &bytes), ATR_MALFORMED);
    CHECK_UINT(test_value(&fixture->event, ATR_F_eeinfo_records)->count, ATR_EEINFO_RECORDS_MAX);
    CHECK_STR(test_value(&fixture->event, ATR_F_problem)->as.text, "extended_error_malformed");
}

static void
a_record_that_claims_many_parameters_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_error_head(&bytes);
    test_put_u32(&bytes, 0x20000);
    put_error_record(&bytes, 0, 0, 100, 0x7fff);
    assert_int_equal(decode(fixture, &bytes), ATR_MALFORMED);
    CHECK_UINT(test_value(&fixture->event, ATR_F_eeinfo_records)->count, 0);
}

static void
a_fault_cut_by_the_capture_is_not_called_malformed(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    put_error_head(&bytes);
    test_put_u32(&bytes, 0x20000);
    fixture->context.original_bytes = 0x200;
    assert_int_equal(decode(fixture, &bytes), ATR_TRUNCATED);
    assert_false(test_has_value(&fixture->event, ATR_F_problem));
}

static void
a_message_of_unknown_layout_is_shown_as_bytes(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t type = 4; type <= 13; type++) {
        struct test_bytes bytes = {.size = 0};

        test_put_u64(&bytes, type);
        test_put_u64(&bytes, (uint64_t)77 << 32);
        atr_event_reset(&fixture->event, &fixture->arena, true);
        assert_int_equal(decode(fixture, &bytes), ATR_OK);
        CHECK_UINT(test_value(&fixture->event, ATR_F_rpc_body)->as.bytes.size_bytes, 8);
        assert_int_equal(test_has_value(&fixture->event, ATR_F_rpc_type_name), type != 6);
        assert_int_equal(test_has_value(&fixture->event, ATR_F_rpc_call_id), type == 4);
        assert_null(fixture->event.facts);
    }
}

static enum atr_status
decode_tower(struct fixture *fixture, const struct test_bytes *bytes)
{
    struct atr_cursor cur = atr_cursor_make(bytes->data, bytes->size);

    return atr_tower_decode(&cur, &fixture->context, &fixture->event);
}

static void
put_uuid_floor(struct test_bytes *out, uint16_t com_guid)
{
    test_put_u16(out, 0x13);
    test_put(out, "\x0d", 1);
    test_put_com_guid(out, com_guid);
    test_put_u16(out, 1);
    test_put_u16(out, 2);
    test_put_u16(out, 2);
}

static void
put_floor(struct test_bytes *out, uint8_t id, const void *right, uint16_t size)
{
    test_put_u16(out, 1);
    test_put(out, &id, 1);
    test_put_u16(out, size);
    test_put(out, right, size);
}

static void
a_tcp_tower_tells_port_and_address(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes bytes = {.size = 0};

    test_put_u16(&bytes, 5);
    put_uuid_floor(&bytes, 0x131);
    put_uuid_floor(&bytes, 0x999);
    put_floor(&bytes, 0x0b, "\0\0", 2);
    put_floor(&bytes, 0x07, "\xc2\x06", 2);
    put_floor(&bytes, 0x09, "\x0a\x00\x00\x05", 4);
    assert_int_equal(decode_tower(fixture, &bytes), ATR_OK);
    CHECK_STR(test_value(&fixture->event, ATR_F_tower_version)->as.text, "1.2");
    CHECK_STR(test_value(&fixture->event, ATR_F_tower_protocol)->as.text, "ncacn_ip_tcp");
    CHECK_STR(test_value(&fixture->event, ATR_F_tower_endpoint)->as.text, "49670");
    CHECK_STR(test_value(&fixture->event, ATR_F_tower_address)->as.text, "10.0.0.5");
    assert_false(test_has_value(&fixture->event, ATR_F_tower_syntax)); /* nobody's UUID */
    assert_true(test_has_value(&fixture->event, ATR_F_tower_syntax_uuid));
}

static void
a_tower_that_lies_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct test_bytes many = {.size = 0};
    struct test_bytes empty = {.size = 0};
    struct test_bytes missing = {.size = 0};

    test_put_u16(&many, 0xffff);
    assert_int_equal(decode_tower(fixture, &many), ATR_MALFORMED);

    atr_event_reset(&fixture->event, &fixture->arena, true);
    test_put_u16(&empty, 1);
    test_put_u32(&empty, 0); /* a floor without its id */
    assert_int_equal(decode_tower(fixture, &empty), ATR_MALFORMED);

    atr_event_reset(&fixture->event, &fixture->arena, true);
    test_put_u16(&missing, 3);
    put_uuid_floor(&missing, 0x131);
    assert_int_equal(decode_tower(fixture, &missing), ATR_TRUNCATED);
    assert_true(test_has_value(&fixture->event, ATR_F_tower_interface));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_request_tells_the_session_its_call_binding_opnum_and_object),
        TEST(without_a_wish_for_fields_facts_and_arguments_come_all_the_same),
        TEST(a_request_cut_behind_its_opnum_still_tells_it),
        TEST(a_request_that_was_sent_too_short_is_no_call),
        TEST(cut_arguments_are_counted_as_they_were_and_as_they_are),
        TEST(large_arguments_without_their_view_are_said_to_be_missing),
        TEST(large_arguments_end_where_the_message_says),
        TEST(large_arguments_cannot_be_larger_than_their_view),
        TEST(a_response_is_com_when_its_request_was),
        TEST(a_bind_is_an_answer_by_direction_status_request_or_role),
        TEST(a_bind_may_end_behind_its_ids_or_be_longer_than_known),
        TEST(a_fault_names_its_status),
        TEST(the_texts_of_an_error_chain_follow_it_backwards),
        TEST(error_parameters_are_read_however_they_are_aligned),
        TEST(an_endless_error_chain_ends_at_the_cap),
        TEST(a_record_that_claims_many_parameters_is_refused),
        TEST(a_fault_cut_by_the_capture_is_not_called_malformed),
        TEST(a_message_of_unknown_layout_is_shown_as_bytes),
        TEST(a_tcp_tower_tells_port_and_address),
        TEST(a_tower_that_lies_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
