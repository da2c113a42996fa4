/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Text as pointer and length: UTF-8, perhaps with NULs inside, not NUL-terminated. Owns nothing.
 * An absent text has data == NULL; an empty one has not.
 */
struct atr_str {
    const char *data;
    size_t size_bytes;
};

/* Bytes as pointer and length. Owns nothing. */
struct atr_bytes {
    const uint8_t *data;
    size_t size_bytes;
};

#define ATR_STR(literal) ((struct atr_str){(literal), sizeof(literal) - 1})

static inline struct atr_str
atr_str_make(const char *data, size_t size_bytes)
{
    return (struct atr_str){data, size_bytes};
}

/* NULL gives the absent text. */
static inline struct atr_str
atr_str_from(const char *terminated)
{
    return (struct atr_str){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

static inline bool
atr_str_equal(struct atr_str a, struct atr_str b)
{
    return a.size_bytes == b.size_bytes &&
           (a.size_bytes == 0 || memcmp(a.data, b.data, a.size_bytes) == 0);
}

bool atr_str_equal_nocase(struct atr_str a, struct atr_str b); /* ASCII case only */
bool atr_str_starts(struct atr_str text, struct atr_str prefix);
bool atr_str_ends(struct atr_str text, struct atr_str suffix);

/* Offset of the first occurrence of needle, or text.size_bytes. */
size_t atr_str_find(struct atr_str text, struct atr_str needle);

/* text[from..], empty when from is past the end. */
struct atr_str atr_str_skip(struct atr_str text, size_t from);
struct atr_str atr_str_trim(struct atr_str text); /* ASCII blanks, tabs, CR and LF at both ends */

/* Last component after the last backslash: "\RPC Control\x" gives "x". */
struct atr_str atr_str_leaf(struct atr_str path);

/* Parse the whole text as a number; false (out untouched) when it is not one or overflows. */
bool atr_str_to_u64(struct atr_str text, unsigned base, uint64_t *out);
