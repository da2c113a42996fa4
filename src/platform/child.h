/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A program that is started standing still, so that somebody can get ready to watch it. */
struct atr_child;

struct atr_child_plan {
    char *const *words; /* the first is the program, looked for as the system does */
    size_t word_count;
    bool output_to_errors; /* our standard output is taken: the program gets standard error */
};

/* UNSUPPORTED where we cannot. */
ATR_NODISCARD enum atr_status atr_child_start(struct atr_child **out,
                                              const struct atr_child_plan *plan,
                                              const struct atr_heap *heap, struct atr_error *error);

uint32_t atr_child_pid(const struct atr_child *child);

/* Lets it run. */
ATR_NODISCARD enum atr_status atr_child_resume(struct atr_child *child, struct atr_error *error);

bool atr_child_has_ended(const struct atr_child *child, uint32_t *exit_code);

/* One that never ran is ended; others run on. NULL is fine. */
void atr_child_close(struct atr_child *child);
