/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/cursor.h"
#include "base/status.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The message attributes of a call as the record carries them: an ALPC_MESSAGE_ATTRIBUTES buffer
 * with its 8-byte header (alpc.md 7). Where a structure lies follows from Allocated, whether it
 * means anything from Valid.
 */
enum atr_attribute {
    ATR_ATTRIBUTE_SECURITY = (int)0x80000000,
    ATR_ATTRIBUTE_VIEW = 0x40000000,
    ATR_ATTRIBUTE_CONTEXT = 0x20000000,
    ATR_ATTRIBUTE_HANDLE = 0x10000000,
    ATR_ATTRIBUTE_TOKEN = 0x08000000,
    ATR_ATTRIBUTE_DIRECT = 0x04000000,
    ATR_ATTRIBUTE_WORK_ON_BEHALF = 0x02000000,
};

struct atr_attributes {
    uint32_t allocated;
    uint32_t valid;
    uint32_t present;    /* valid, allocated, and all bytes there: only these have values below */
    uint32_t size_bytes; /* of the whole buffer by Allocated */

    struct {
        uint32_t flags;
        uint64_t qos;
        uint64_t context_handle;
    } security;

    struct {
        uint32_t flags;
        uint64_t section_handle;
        uint64_t base;
        uint64_t size_bytes;
    } view;

    struct {
        uint64_t port_context;
        uint64_t message_context;
        uint32_t sequence;
        uint32_t message_id;
        uint32_t callback_id;
    } context;

    struct {
        uint32_t flags;
        uint64_t handle;      /* or address of the array when indirect */
        uint32_t object_type; /* or count: indirect, or delivered by the kernel */
        uint32_t access;
    } handle;

    struct {
        uint64_t token_id;
        uint64_t authentication_id;
        uint64_t modified_id;
    } token;

    struct {
        uint64_t event;
    } direct;

    struct {
        uint32_t thread_id;
        uint32_t creation_time_low;
    } work_on_behalf;
};

enum {
    ATR_VIEW_RELEASE = 0x10000,
    ATR_HANDLE_INDIRECT = 0x40000,
};

/*
 * Reads a buffer of a caller whose pointers have pointer_bytes (4 or 8). TRUNCATED: the structures
 * before the cut are there (see present).
 */
enum atr_status atr_attributes_parse(struct atr_cursor *cur, unsigned pointer_bytes,
                                     struct atr_attributes *out);

static inline bool
atr_attributes_has(const struct atr_attributes *attributes, enum atr_attribute which)
{
    return (attributes->present & (uint32_t)which) != 0;
}

/* A continuation that frees a view and repeats an old payload (alpc.md 6). */
bool atr_attributes_is_release(const struct atr_attributes *attributes);
