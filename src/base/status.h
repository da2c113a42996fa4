/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What a function that can fail returns. One value for each reaction a caller may have; the words
 * for people travel in struct atr_error. Decoders use TRUNCATED, MALFORMED and UNSUPPORTED to say
 * how the bytes were: those are findings, not failures of the program.
 */
#define ATR_STATUS_MAP(X)           \
    X(OK, "success")                \
    X(END, "no more data")          \
    X(NOMEM, "out of memory")       \
    X(ARG, "bad argument")          \
    X(IO, "input or output failed") \
    X(TRUNCATED, "truncated")       \
    X(MALFORMED, "malformed")       \
    X(UNSUPPORTED, "unsupported")   \
    X(LIMIT, "limit reached")       \
    X(DENIED, "access denied")      \
    X(FULL, "no room left")

enum atr_status {
#define X(name, text) ATR_##name,
    ATR_STATUS_MAP(X)
#undef X
};

enum {
    ATR_ERROR_TEXT_BYTES = 512
};

/* Filled where the cause is known, shown by the command line unchanged. text is one line. */
struct atr_error {
    enum atr_status status;
    uint32_t os_code; /* errno or GetLastError, 0 when none */
    char text[ATR_ERROR_TEXT_BYTES];
};

/* "truncated" for ATR_TRUNCATED; never NULL. */
const char *atr_status_text(enum atr_status status);

/* Fills error (may be NULL) and returns status, so that reporting and returning are one line. */
enum atr_status atr_error_set(struct atr_error *error, enum atr_status status, const char *format,
                              ...) ATR_PRINTF(3, 4);
