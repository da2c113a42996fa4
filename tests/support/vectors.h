/* SPDX-License-Identifier: MIT */
#pragma once

#include "decode/decode.h"
#include "decode/ndr.h"
#include "support/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Test vectors: one JSON object a line, bytes and what must come out of them. The keys used here:
 * id, kind, hex, expect; view_hex and view_size; direction; answers (the id of the request);
 * os_build; port_name; context (interface_uuid, interface_version, syntax, opnum, params).
 */
struct test_vectors {
    struct test_json_document *documents;
    size_t count;
};

/* Adds the lines of a file, but for ids that are there already; returns how many were added. */
size_t test_vectors_load(struct test_vectors *vectors, const char *path);
void test_vectors_free(struct test_vectors *vectors);

const struct test_json *test_vectors_find(const struct test_vectors *vectors, const char *id);

/* Those of tests/vectors ("alpc"); those of the folder `shared`, or a word on stderr without it. */
void test_vectors_load_committed(struct test_vectors *vectors, const char *family);
void test_vectors_load_shared(struct test_vectors *vectors, const char *family);

/* A vector made ready for its decoder; not to be moved: the context borrows from it. */
struct test_sample {
    const struct atr_decoder *decoder;
    const char *id;
    uint8_t *bytes;
    size_t size;
    uint8_t *view;
    uint8_t *request;
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
    struct atr_decode_context context;
};

/* False when no decoder of that kind exists. */
bool test_sample_make(struct test_sample *out, const struct test_vectors *vectors,
                      const struct test_json *vector);
void test_sample_free(struct test_sample *sample);

/* Runs the sample's decoder over bytes; the event's values live in arena. */
enum atr_status test_sample_decode(const struct test_sample *sample, const uint8_t *bytes,
                                   size_t size, struct atr_arena *arena, bool want_fields,
                                   struct atr_event *event);

/* Fails the running test when the tree of values is not what a writer may have made. */
void test_fields_check(const struct atr_fields *fields, const char *what);
