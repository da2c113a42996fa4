/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/str.h"
#include "platform/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines of a text file in whatever encoding a debugger, a console or an editor left it: UTF-16 of
 * either byte order, UTF-8, or an 8-bit code page, which is read as Latin-1. Lines come out as
 * UTF-8 without their line end, in memory that does not grow with the input; the text of a line
 * is valid until the next one is asked for.
 */
enum atr_text_encoding {
    ATR_TEXT_BYTES, /* UTF-8; a line that is not valid UTF-8 is taken for Latin-1 */
    ATR_TEXT_UTF16LE,
    ATR_TEXT_UTF16BE,
};

struct atr_text_line {
    struct atr_str text;
    uint64_t number; /* 1-based */
    uint64_t offset; /* of its first byte in the input */
    bool cut;        /* longer than ATR_TEXT_LINE_MAX: this is its beginning */
};

struct atr_text_input {
    struct atr_heap heap;
    struct atr_file *file; /* borrowed */
    struct atr_bytes head; /* borrowed; what of it is still to be read */
    enum atr_text_encoding encoding;
    uint8_t *window;
    size_t from; /* the next line starts here */
    size_t scanned;
    size_t to;
    char *decoded;
    uint64_t offset; /* of window[from] in the input */
    uint64_t lines;
    bool ended; /* the file has no more bytes */
    bool skips; /* inside the rest of a line that was cut */
};

/* Byte order mark, or the look of the bytes. */
enum atr_text_encoding atr_text_encoding_of(struct atr_bytes head);

/* Whether the ASCII text needle occurs in head, whichever its encoding. Binary data has no text. */
bool atr_text_head_has(struct atr_bytes head, struct atr_str needle);

/* The lines of head, then of file. A NULL file is an empty one. fini is fine after a failure. */
ATR_NODISCARD enum atr_status atr_text_input_init(struct atr_text_input *input,
                                                  struct atr_file *file, struct atr_bytes head,
                                                  const struct atr_heap *heap);
void atr_text_input_fini(struct atr_text_input *input);

/* OK, END after the last line, or IO. */
ATR_NODISCARD enum atr_status atr_text_input_next(struct atr_text_input *input,
                                                  struct atr_text_line *line,
                                                  struct atr_error *error);
