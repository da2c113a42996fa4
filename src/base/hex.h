/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "base/str.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes written as hex digits, the way people paste them: plain ("0500 0b03", "05:00", "0x05, 0",
 * "\x05"), or the output of a dump tool with offsets and an ASCII column, both of which are left
 * out: xxd, hexdump -C (its "*" for repeated rows too), tcpdump -x, Wireshark, WinDbg's db. A "#"
 * starts a comment.
 */

/* Appends the bytes of text to out. MALFORMED with the line in error (out as it was), or NOMEM. */
ATR_NODISCARD enum atr_status atr_hex_parse(struct atr_str text, struct atr_text *out,
                                            struct atr_error *error);

enum atr_hex_line {
    ATR_HEX_OTHER, /* no hex */
    ATR_HEX_BLANK, /* nothing on it, or a comment */
    ATR_HEX_PLAIN,
    ATR_HEX_DUMP, /* with an offset, or "*" */
};

enum atr_hex_line atr_hex_line_kind(struct atr_str line);

/*
 * The same line by line, for texts that need not fit into memory. Starts zeroed. After a failure
 * out may hold a part of the line.
 */
struct atr_hex {
    uint64_t line;    /* read so far */
    size_t start;     /* of this text in out */
    size_t row_bytes; /* of the last row with an offset, at the end of out */
    uint64_t offset;  /* of the first row */
    bool has_offset;
    bool has_repeat; /* "*" was the last line */
};

ATR_NODISCARD enum atr_status atr_hex_add_line(struct atr_hex *hex, struct atr_str line,
                                               struct atr_text *out, struct atr_error *error);
