/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "event/ndr_view.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Values in NDR bytes without any type information (ndr 9). Everything found fits its type and is
 * nothing more than that: a guess, with the trust that measurement on random and foreign bytes
 * allows. What no detector recognises stays uncovered. A UUID is never reported for its version
 * bits alone, nor a lone referent id for its number.
 */
struct atr_ndr_guess_options {
    enum atr_syntax syntax;      /* as negotiated; UNKNOWN: judge by the bytes */
    enum atr_grade syntax_grade; /* of that; NONE counts as BOUND when there is a syntax */
    uint32_t params_offset;      /* behind ORPC headers */
    unsigned pointer_bytes;      /* of both processes; 0 unknown. Decides when nothing else does */
    bool is_response;
    bool words; /* also report the words between the values found, as u32 (JSON, -v) */
};

/*
 * In: bytes, original_bytes (0 counts as not cut), in_view. Out: all the rest. The items live in
 * the arena. An exhausted arena gives fewer items, never a failure.
 */
void atr_ndr_guess(struct atr_arena *arena, struct atr_ndr_view *view,
                   const struct atr_ndr_guess_options *options);
