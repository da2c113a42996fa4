/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "output/printer.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Times of lines. Clock times are local to the recorded machine when its UTC bias is known, else
 * UTC with Z; always six digits. Keeps the last second's text, because neighbours share it.
 */
struct atr_time_writer {
    enum atr_time_form form;
    int32_t utc_bias_minutes; /* INT32_MIN: unknown */
    uint64_t first_ns;
    uint64_t last_ns;
    uint64_t cached_second;
    char cached[40];
    uint32_t cached_bytes;
    bool has_first;
};

void atr_time_writer_init(struct atr_time_writer *writer, enum atr_time_form form);

/* Writes the time and a blank; nothing when the time is unknown. */
void atr_time_write(struct atr_time_writer *writer, struct atr_text *text, uint64_t time_ns,
                    bool known);

/* "412 us", "1.2 us", "37 ms", "3.5 s". */
void atr_duration_write(struct atr_text *text, uint64_t duration_ns);
