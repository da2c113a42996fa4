/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What traffic says: every byte follows from (client pid, thread, sequence), so that a recording
 * can be checked without a copy of what was sent (tests/lab/traffic_content.py computes the same).
 *
 *   u32 magic, u32 pid, u32 thread, u32 sequence, then byte i is seed + 13 * i, from 0
 *   a reply has another magic, and its bytes are XOR 0x5a
 *   a view has a third one and the same bytes as the request
 */
enum {
    CONTENT_REQUEST = 0x51464c54, /* "TLFQ" */
    CONTENT_REPLY = 0x52464c54,
    CONTENT_VIEW = 0x56464c54,
    CONTENT_HEAD_BYTES = 16,
    CONTENT_REPLY_MASK = 0x5a,
};

struct content {
    uint32_t magic;
    uint32_t pid;
    uint32_t thread;
    uint32_t sequence;
};

/* Size of a request's payload when none was asked for: 16 to 271, as the sequence goes. */
uint32_t content_size(uint32_t asked, uint32_t sequence);

void content_fill(const struct content *content, uint8_t *bytes, size_t size_bytes);
bool content_check(const struct content *content, const uint8_t *bytes, size_t size_bytes);

/* The head of any message of ours; false: it is none. */
bool content_read(const uint8_t *bytes, size_t size_bytes, struct content *content);
