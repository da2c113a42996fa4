/* SPDX-License-Identifier: MIT */
#pragma once

#include "event/event.h"
#include "support/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* COM's own structures, built for tests, and a look at what a decoder made of them. */

enum {
    TEST_IID = 0x400, /* test_put_com_guid */
    TEST_OXID = 0x1111,
    TEST_OID = 0x2222,
    TEST_IPID_PID = 8000,
    TEST_THREAD = 0x1234,
    TEST_ORPC_LOCAL = 1,
    TEST_ORPC_THIS_BYTES = 0x20,
};

/* Of process 8000, in the STA of thread 0x0d8c. */
extern const uint8_t test_ipid[ATR_GUID_BYTES];

void test_put_objref_head(struct test_bytes *bytes, uint32_t kind);
void test_put_std_objref(struct test_bytes *bytes);

/* One address "a" over TCP, one way to authenticate, principal "p": 9 units. */
void test_put_bindings(struct test_bytes *bytes);

void test_put_standard_objref(struct test_bytes *bytes);
void test_put_custom_head(struct test_bytes *bytes, uint16_t clsid, uint32_t size_bytes);

/* A standard OBJREF with its length in front, as the scan wants it. */
void test_put_marshaled(struct test_bytes *bytes);

/* The headers of a call; LOCALTHIS has flags, a thread and then zeros. */
void test_put_orpc_this(struct test_bytes *ndr, uint32_t flags, uint64_t extensions, bool is_wide);
void test_put_local_this(struct test_bytes *ndr, size_t size_bytes);
void test_put_orpc_request(struct test_bytes *ndr, size_t local_size_bytes);

/* A whole LRPC request around those bytes, for responses that need theirs. */
void test_put_lrpc_request(struct test_bytes *message, const struct test_bytes *ndr);

/* The value of that row; fails the test when there is none. */
const struct atr_value *test_value(const struct atr_event *event, enum atr_field field);
bool test_has_value(const struct atr_event *event, enum atr_field field);
unsigned test_fact_count(const struct atr_event *event);
