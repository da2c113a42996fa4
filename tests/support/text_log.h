/* SPDX-License-Identifier: MIT */
#pragma once

#include "capture/capture.h"
#include "support/support.h"

/*
 * Reads a text log through one source and keeps what its calls amount to, ids resolved. Fails the
 * running test when the source breaks its promises: numbers that count up, a definition before
 * each use, no id defined twice for two things.
 */
enum {
    TEST_LOG_CALLS = 64,
    TEST_LOG_IDS = 4096,
    TEST_LOG_NAME = 160
};

struct test_log_process {
    uint32_t pid;
    char image[TEST_LOG_NAME];
};

struct test_log_call {
    uint8_t kind;
    uint32_t flags;
    uint64_t lost_before;
    struct atr_alpc_record record;
    struct test_log_process caller;
    uint8_t port_kind;
    struct test_log_process port_owner; /* of the port itself */
    struct test_log_process server;     /* owner of the connection port */
    struct test_log_process peer;       /* owner of the peer port */
    char port_name[TEST_LOG_NAME];      /* of the connection port; empty: none */
    uint8_t *payload;
    size_t payload_size;
    uint32_t original_bytes;
    uint32_t frame_count;
    struct atr_frame frames[ATR_FRAMES_MAX];
};

struct test_log {
    enum atr_status status; /* of open, or the one that ended the reading */
    struct atr_capture_report report;
    struct test_log_call calls[TEST_LOG_CALLS];
    uint32_t call_count; /* may be more than are kept */
    uint32_t connection_ports;
    uint32_t processes;
    uint32_t stacks;
    char marks[4 * TEST_LOG_NAME]; /* one a line */
    struct test_log_process process_of[TEST_LOG_IDS];
    struct atr_port_record port_of[TEST_LOG_IDS];
    char string_of[TEST_LOG_IDS][TEST_LOG_NAME];
    uint32_t string_seen;
    uint32_t stack_seen;
    struct atr_frame frames_of[TEST_LOG_CALLS][ATR_FRAMES_MAX];
    uint32_t frame_count_of[TEST_LOG_CALLS];
};

/* The first head_size bytes go in as the head, on memory that ends at a guard page. */
struct test_log *test_log_read(const struct atr_capture_ops *ops, const void *bytes, size_t size,
                               size_t head_size, const struct atr_heap *heap);
void test_log_free(struct test_log *log);

/* The same with the C library's heap and a head of at most ATR_PROBE_BYTES; ends well. */
struct test_log *test_log_read_all(const struct atr_capture_ops *ops, const void *bytes,
                                   size_t size);

const char *test_log_frame_text(const struct test_log *log, const struct test_log_call *call,
                                uint32_t frame);

/* Every prefix, 1000 seeded byte flips, each allocation failing in turn. */
void test_log_torture(const struct atr_capture_ops *ops, const void *bytes, size_t size);

/* UTF-16 of ASCII and Latin-1 text, to be freed. */
uint8_t *test_log_utf16(const char *text, size_t size, bool big_endian, bool has_mark,
                        size_t *out_size);
