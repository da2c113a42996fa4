/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/guid.h"
#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text under construction. Grows through its heap; a failed growth sets status (sticky) and drops
 * what did not fit, so that writers need no check per call. The bytes are not NUL-terminated.
 */
struct atr_text {
    struct atr_heap heap;
    char *data;
    size_t size_bytes;
    size_t room_bytes;
    enum atr_status status;
};

void atr_text_init(struct atr_text *text, struct atr_heap heap);
void atr_text_fini(struct atr_text *text);
void atr_text_clear(struct atr_text *text); /* keeps the room */
struct atr_str atr_text_view(const struct atr_text *text);

/* What atr_text_reserve does when the room is too small. */
char *atr_text_grow(struct atr_text *text, size_t size_bytes);

/* Makes room for size_bytes more; NULL on failure. Write, then add to size_bytes. */
static ATR_INLINE char *
atr_text_reserve(struct atr_text *text, size_t size_bytes)
{
    if (size_bytes > text->room_bytes - text->size_bytes) {
        return atr_text_grow(text, size_bytes);
    }
    return text->data + text->size_bytes;
}

static ATR_INLINE void
atr_text_put(struct atr_text *text, struct atr_str piece)
{
    char *at = piece.size_bytes == 0 ? NULL : atr_text_reserve(text, piece.size_bytes);

    if (at != NULL) {
        memcpy(at, piece.data, piece.size_bytes);
        text->size_bytes += piece.size_bytes;
    }
}

static ATR_INLINE void
atr_text_puts(struct atr_text *text, const char *terminated)
{
    atr_text_put(text, atr_str_from(terminated));
}

static ATR_INLINE void
atr_text_putc(struct atr_text *text, char c)
{
    char *at = atr_text_reserve(text, 1);

    if (at != NULL) {
        *at = c;
        text->size_bytes++;
    }
}

void atr_text_pad(struct atr_text *text, char c, size_t count);
void atr_text_printf(struct atr_text *text, const char *format, ...) ATR_PRINTF(2, 3);

/* Quick paths for what every line holds. */
void atr_text_u64(struct atr_text *text, uint64_t value);
void atr_text_u64_padded(struct atr_text *text, uint64_t value, unsigned width);
void atr_text_i64(struct atr_text *text, int64_t value);
void atr_text_hex(struct atr_text *text, uint64_t value); /* no 0x, lower case */
void atr_text_guid(struct atr_text *text, const struct atr_guid *guid);
void atr_text_bytes(struct atr_text *text, struct atr_bytes bytes); /* "0a1b2c" */

/*
 * One JSON string with its quotes; invalid UTF-8 becomes U+FFFD, and what is unsafe on a terminal
 * (utf.h) stands escaped, because that is where JSON is read, too.
 */
void atr_text_json(struct atr_text *text, struct atr_str value);

/*
 * Text for a terminal: printable UTF-8 as it is; control characters as C escapes, bytes that are no
 * UTF-8 as \xNN, characters that hide or reorder text as \u{NNNN}. quoted also escapes `"` and `\`,
 * for texts that stand between quotes. Stops after max_units characters (0: no limit) and tells
 * whether anything was left out.
 */
bool atr_text_quoted(struct atr_text *text, struct atr_str value, size_t max_units);

/* The same for names, which stand without quotes and are never cut. */
void atr_text_name(struct atr_text *text, struct atr_str value);
