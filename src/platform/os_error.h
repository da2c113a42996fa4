/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"

#include <stdint.h>

/*
 * What the system says went wrong, in the same words on every system. A code is an errno value or
 * what GetLastError gives.
 */
struct atr_os_reason {
    uint32_t code;
    enum atr_status status;
    const char *text; /* "no such file" */
};

/* The row of a code, or NULL. */
const struct atr_os_reason *atr_os_reason_find(uint32_t code);

/* "cannot open 'x': no such file". Returns the status that goes with the code: IO when unknown. */
enum atr_status atr_os_error_set(struct atr_error *error, uint32_t code, const char *verb,
                                 const char *object);
