/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ATR_UTF8_MAX = 4
};

/* Writes one code point (<= 0x10ffff; surrogates too, as generalised UTF-8); returns its bytes. */
size_t atr_utf8_put(char out[ATR_UTF8_MAX], uint32_t code_point);

/*
 * Reads one code point at data[0..size_bytes); returns its bytes, 0 when the bytes there are not
 * valid UTF-8 (overlong forms and surrogates are not) or size_bytes is 0.
 */
size_t atr_utf8_get(const char *data, size_t size_bytes, uint32_t *code_point);

bool atr_utf8_is_valid(struct atr_str text);

/*
 * Would move the cursor, reorder a line, or stand in it unseen: controls, separators of lines, and
 * what Unicode calls default ignorable (DerivedCoreProperties, version 15), bidi controls included.
 */
bool atr_code_point_is_unsafe(uint32_t code_point);

/*
 * UTF-16LE from the wire to UTF-8 in the arena. units_bytes may be odd: the last byte is dropped.
 * Unpaired surrogates become U+FFFD; NULs stay. Absent when the arena is full.
 */
struct atr_str atr_utf16_to_utf8(struct atr_arena *arena, struct atr_bytes units);
