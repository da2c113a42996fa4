/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the unit tests need beyond cmocka, and cmocka itself with the headers it wants first.
 *
 * A helper that cannot do its work (a file is missing, memory is out) fails the running test; no
 * caller checks for that. Whatever a helper returns as allocated is freed with free() unless it
 * says otherwise.
 */

#include "base/heap.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

/* Like cmocka's asserts, but saying which expression it was, in decimal and in hex. */
#define CHECK_UINT(actual, expected) \
    test_check_uint((uint64_t)(actual), (uint64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) \
    test_check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)

/* A struct atr_str against a terminated text; NULL stands for the absent text. */
#define CHECK_STR(actual, expected) \
    test_check_str((actual), (expected), #actual, __FILE__, __LINE__)

void test_check_uint(uint64_t actual, uint64_t expected, const char *what, const char *file,
                     int line);
void test_check_int(int64_t actual, int64_t expected, const char *what, const char *file, int line);
void test_check_str(struct atr_str actual, const char *expected, const char *what, const char *file,
                    int line);

/*
 * A copy of size bytes that ends exactly at a page without access: the first byte read past the
 * end is a crash. bytes may be NULL (the copy is then zeros). Free with the same size.
 */
uint8_t *test_guarded(const void *bytes, size_t size);
void test_guarded_free(const uint8_t *guarded, size_t size);

/* The same numbers on every machine and in every run (splitmix64). Start with any seed. */
struct test_random {
    uint64_t state;
};

uint64_t test_random_u64(struct test_random *random);
uint32_t test_random_u32(struct test_random *random);
uint32_t test_random_below(struct test_random *random, uint32_t limit); /* limit 0 gives 0 */
void test_random_fill(struct test_random *random, void *bytes, size_t size);

/*
 * A heap for code under test. It counts the blocks alive, so that a leak shows, and fails request
 * number fail_at, counted from 1; 0 never fails. A request is any call that wants memory; a call
 * that frees is none. The usual loop:
 *
 *     for (uint64_t n = 1;; n++) {
 *         test_failing_heap_init(&heap, n);
 *         status = work(heap.heap);
 *         assert_int_equal(heap.live_blocks, 0);
 *         if (!heap.failed) {
 *             break;
 *         }
 *     }
 */
struct test_failing_heap {
    struct atr_heap heap; /* hand this to the code under test; context points to this struct */
    uint64_t fail_at;
    uint64_t requests;
    uint64_t live_blocks;
    bool failed; /* a request was refused */
};

void test_failing_heap_init(struct test_failing_heap *failing, uint64_t fail_at);

/* The whole file. A NUL stands behind the last byte and is not counted in size. */
void test_read_file(const char *path, uint8_t **bytes, size_t *size);

/* "0a ff\n" to bytes; blanks are skipped, anything else that is no pair of digits fails. */
void test_hex(const char *hex, size_t hex_size, uint8_t **bytes, size_t *size);

/* Path of a file below the repository, to be freed. */
char *test_source_path(const char *relative);

/*
 * Path of a file in the folder `shared` that may lie beside the repository, to be freed. When it
 * is not there, says so on stderr and marks the running test as skipped; does not return then.
 */
char *test_shared_path(const char *relative);
