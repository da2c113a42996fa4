/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/attributes.h"
#include "decode/lrpc_detect.h"
#include "support/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
put_request(struct test_bytes *out, uint32_t flags, uint32_t call_id, uint32_t opnum)
{
    test_put_u64(out, 0);
    test_put_u32(out, flags);
    test_put_u32(out, call_id);
    test_put_u32(out, 1);
    test_put_u32(out, opnum);
    test_put_zeros(out, 0x28);
}

static void
put_bind(struct test_bytes *out, uint32_t syntaxes)
{
    test_put_u64(out, 1);
    test_put_u32(out, 0);
    test_put_com_guid(out, 0x131);
    test_put_u32(out, 0);
    test_put_u32(out, syntaxes);
    test_put_zeros(out, 0x48 - out->size);
}

static void
put_response(struct test_bytes *out, uint32_t flags, uint32_t call_id)
{
    test_put_u64(out, 3);
    test_put_u32(out, flags);
    test_put_u32(out, call_id);
    test_put_u64(out, 0);
}

static struct atr_lrpc_probe
probe_of(const struct test_bytes *bytes)
{
    return (struct atr_lrpc_probe){
        .bytes = {bytes->data, bytes->size},
        .original_bytes = bytes->size,
    };
}

static enum atr_lrpc_verdict
verdict_of(const struct test_bytes *bytes)
{
    struct atr_lrpc_probe probe = probe_of(bytes);

    return atr_lrpc_detect(&probe);
}

static void
whole_requests_and_binds_speak_for_themselves(void **state)
{
    struct test_bytes request = {.size = 0};
    struct test_bytes bind = {.size = 0};

    (void)state;
    put_request(&request, 1, 7, 3);
    assert_int_equal(verdict_of(&request), ATR_LRPC_YES);
    put_bind(&bind, 3);
    assert_int_equal(verdict_of(&bind), ATR_LRPC_YES);
}

static void
a_request_that_breaks_one_rule_is_none(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
    } rules[] = {
        {0x00, 14},    /* no such type */
        {0x08, 0x10},  /* a flag nobody names */
        {0x0c, 0},     /* no CallId */
        {0x14, 0x400}, /* no interface has that many procedures */
        {0x18, 1},     {0x1c, 1},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rules); i++) {
        struct test_bytes request = {.size = 0};

        put_request(&request, 1, 7, 3);
        test_poke_u32(&request, rules[i].at, rules[i].value);
        assert_int_equal(verdict_of(&request), ATR_LRPC_NO);
    }
}

static void
a_short_payload_is_none_and_a_cut_one_is_undecided(void **state)
{
    struct test_bytes request = {.size = 0};
    struct atr_lrpc_probe probe;

    (void)state;
    put_request(&request, 1, 7, 3);
    probe = probe_of(&request);
    for (size_t captured = 0; captured < 0x40; captured++) {
        probe.bytes.size_bytes = captured;
        probe.original_bytes = captured;
        assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_NO);
        probe.original_bytes = 0x40;
        assert_int_equal(atr_lrpc_detect(&probe),
                         captured < 0x20 ? ATR_LRPC_UNDECIDED : ATR_LRPC_YES);
    }
}

static void
a_bind_has_one_length_a_syntax_and_an_interface(void **state)
{
    struct test_bytes bind = {.size = 0};

    (void)state;
    put_bind(&bind, 0);
    assert_int_equal(verdict_of(&bind), ATR_LRPC_NO);
    bind.size = 0;
    put_bind(&bind, 8);
    assert_int_equal(verdict_of(&bind), ATR_LRPC_NO);
    bind.size = 0;
    put_bind(&bind, 2);
    memset(bind.data + 0x0c, 0, 16);
    assert_int_equal(verdict_of(&bind), ATR_LRPC_NO);
    bind.size = 0;
    put_bind(&bind, 2);
    test_put_u32(&bind, 0);
    assert_int_equal(verdict_of(&bind), ATR_LRPC_NO);
}

static void
a_received_datagram_is_none(void **state)
{
    struct test_bytes request = {.size = 0};
    struct atr_lrpc_probe probe;

    (void)state;
    put_request(&request, 1, 7, 3);
    probe = probe_of(&request);
    probe.has_header = true;
    probe.message_type = 0x2003;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_YES); /* a type in a send buffer is stale */
    probe.is_received = true;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_NO);
    probe.port = ATR_LRPC_PORT_RPC;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_YES);
}

static void
a_response_needs_its_request(void **state)
{
    struct atr_lrpc_evidence evidence = {0};
    struct test_bytes request = {.size = 0};
    struct test_bytes response = {.size = 0};
    struct atr_lrpc_probe sent;
    struct atr_lrpc_probe received;

    (void)state;
    put_request(&request, 0, 0x336f, 3);
    put_response(&response, 0, 0x336f);
    sent = probe_of(&request);
    sent.bytes.size_bytes = 16;
    received = probe_of(&response);
    received.is_received = true;
    received.evidence = &evidence;
    assert_int_equal(atr_lrpc_detect(&received), ATR_LRPC_UNDECIDED);

    atr_lrpc_evidence_update(&evidence, &sent, atr_lrpc_detect(&sent));
    assert_false(evidence.confirmed);
    assert_int_equal(atr_lrpc_detect(&received), ATR_LRPC_YES);
    received.is_received = false; /* it went the same way as the request */
    assert_int_equal(atr_lrpc_detect(&received), ATR_LRPC_UNDECIDED);
    test_poke_u32(&response, 0x0c, 0x3370);
    received.is_received = true;
    assert_int_equal(atr_lrpc_detect(&received), ATR_LRPC_UNDECIDED);
    test_poke_u32(&response, 0x08, 2);
    assert_int_equal(atr_lrpc_detect(&received), ATR_LRPC_NO);
}

static void
a_request_the_session_knows_confirms_its_answer(void **state)
{
    struct test_bytes fault = {.size = 0};
    struct atr_lrpc_probe probe;

    (void)state;
    test_put_u64(&fault, 2);
    test_put_u64(&fault, 1722);
    probe = probe_of(&fault);
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_UNDECIDED);
    probe.request_seen = true;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_YES);
    probe.bytes.size_bytes = 8;
    probe.original_bytes = 8;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_NO); /* but not bytes that cannot be one */
}

static void
old_undecided_requests_are_forgotten(void **state)
{
    struct atr_lrpc_evidence evidence = {0};

    (void)state;
    for (uint32_t call_id = 1; call_id <= 2 * ATR_LRPC_OUTSTANDING_MAX; call_id++) {
        struct test_bytes request = {.size = 0};
        struct atr_lrpc_probe probe;

        put_request(&request, 0, call_id, 3);
        probe = probe_of(&request);
        probe.bytes.size_bytes = 16;
        atr_lrpc_evidence_update(&evidence, &probe, atr_lrpc_detect(&probe));
    }
    for (uint32_t call_id = 1; call_id <= 2 * ATR_LRPC_OUTSTANDING_MAX; call_id++) {
        struct test_bytes response = {.size = 0};
        struct atr_lrpc_probe probe;

        put_response(&response, 0, call_id);
        probe = probe_of(&response);
        probe.is_received = true;
        probe.evidence = &evidence;
        assert_int_equal(atr_lrpc_detect(&probe),
                         call_id > ATR_LRPC_OUTSTANDING_MAX ? ATR_LRPC_YES : ATR_LRPC_UNDECIDED);
    }
}

static void
a_real_message_of_another_protocol_is_none(void **state)
{
    char *path = test_shared_path("data/real/alpcmon/explorer_send_88.bin");
    uint8_t *bytes;
    size_t size;
    struct atr_lrpc_probe probe = {.has_header = true};

    (void)state;
    test_read_file(path, &bytes, &size);
    CHECK_UINT(size, 88);
    probe.bytes = (struct atr_bytes){bytes, size};
    probe.original_bytes = size;
    assert_int_equal(atr_lrpc_detect(&probe), ATR_LRPC_NO);
    free(bytes);
    free(path);
}

/* One row of the recording: 16 bytes of each payload. */
struct row {
    struct atr_lrpc_probe probe;
    unsigned long handle;
    uint8_t bytes[16];
};

enum {
    ROWS_MAX = 64,
    HANDLE_OF_THE_CALLS = 952
};

/* time,direction,process,pid,tid,port_handle,message_id,type,data_length,first_16_bytes */
static void
row_parse(char *line, struct row *out)
{
    char *columns[10];
    uint8_t *bytes;
    size_t size;

    for (size_t i = 0; i < ATR_COUNT(columns); i++) {
        columns[i] = line;
        line += strcspn(line, ",\r\n");
        if (*line != '\0') {
            *line++ = '\0';
        }
    }
    test_hex(columns[9], strlen(columns[9]), &bytes, &size);
    assert_true(size <= sizeof(out->bytes));
    memcpy(out->bytes, bytes, size);
    free(bytes);
    out->handle = strtoul(columns[5], NULL, 10);
    out->probe = (struct atr_lrpc_probe){
        .bytes = {out->bytes, size},
        .original_bytes = strtoull(columns[8], NULL, 10),
        .has_header = true,
        .is_received = strcmp(columns[1], "RECV") == 0,
        .message_type = (uint16_t)strtoul(columns[7], NULL, 16),
    };
}

static size_t
rows_read(struct row rows[ROWS_MAX])
{
    char *path = test_shared_path("data/real/alpcmon/explorer_events.csv");
    uint8_t *text;
    size_t size;
    size_t count = 0;
    char *line;

    test_read_file(path, &text, &size);
    line = strchr((char *)text, '\n');
    while (line != NULL && line[1] != '\0' && count < ROWS_MAX) {
        char *next = strchr(line + 1, '\n');

        row_parse(line + 1, &rows[count++]);
        line = next;
    }
    free(text);
    free(path);
    return count;
}

/* The evidence of a handle, found by the handle. */
static struct atr_lrpc_evidence *
evidence_of(struct atr_lrpc_evidence evidence[ROWS_MAX], const struct row *rows, size_t row)
{
    size_t first = 0;

    while (rows[first].handle != rows[row].handle) {
        first++;
    }
    return &evidence[first];
}

static void
of_a_real_recording_exactly_the_three_calls_are_claimed(void **state)
{
    static struct row rows[ROWS_MAX];
    struct atr_lrpc_evidence evidence[ROWS_MAX] = {0};
    size_t count = rows_read(rows);
    unsigned at_once = 0;
    unsigned in_the_end = 0;

    (void)state;
    CHECK_UINT(count, 24);
    for (size_t i = 0; i < count; i++) {
        struct atr_lrpc_evidence *mine = evidence_of(evidence, rows, i);
        enum atr_lrpc_verdict verdict;

        rows[i].probe.evidence = mine;
        verdict = atr_lrpc_detect(&rows[i].probe);
        at_once += verdict == ATR_LRPC_YES;
        atr_lrpc_evidence_update(mine, &rows[i].probe, verdict);
    }
    for (size_t i = 0; i < count; i++) {
        bool claimed = atr_lrpc_detect(&rows[i].probe) == ATR_LRPC_YES;

        assert_int_equal(claimed, rows[i].handle == HANDLE_OF_THE_CALLS);
        in_the_end += claimed;
    }
    CHECK_UINT(at_once, 5); /* the first request waits for its reply */
    CHECK_UINT(in_the_end, 6);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_requests_and_binds_speak_for_themselves),
        cmocka_unit_test(a_request_that_breaks_one_rule_is_none),
        cmocka_unit_test(a_short_payload_is_none_and_a_cut_one_is_undecided),
        cmocka_unit_test(a_bind_has_one_length_a_syntax_and_an_interface),
        cmocka_unit_test(a_received_datagram_is_none),
        cmocka_unit_test(a_response_needs_its_request),
        cmocka_unit_test(a_request_the_session_knows_confirms_its_answer),
        cmocka_unit_test(old_undecided_requests_are_forgotten),
        cmocka_unit_test(a_real_message_of_another_protocol_is_none),
        cmocka_unit_test(of_a_real_recording_exactly_the_three_calls_are_claimed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
