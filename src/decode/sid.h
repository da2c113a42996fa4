/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum {
    ATR_SID_HEAD_BYTES = 8,
    ATR_SID_PARTS_MAX = 15
};

/*
 * "S-1-5-32-544" for a SID as Windows stores it: revision, number of sub-authorities, authority (6
 * bytes, big-endian), sub-authorities (MS-DTYP 2.4.2). Absent when the bytes are no SID of exactly
 * that size, or the arena is full.
 */
struct atr_str atr_sid_text(struct atr_arena *arena, struct atr_bytes sid);
