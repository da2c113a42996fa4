/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "recorder/source.h"

#include <stdbool.h>

/* The device of alpctrace.sys as a source. */

enum atr_status atr_driver_source_open(struct atr_recorder_source *out, const struct atr_heap *heap,
                                       struct atr_error *error);

/*
 * The same, but loads the drivers first when they are not: *installed says that the service of
 * alpctrace.sys was made for this, so that it can be removed afterwards.
 */
enum atr_status atr_driver_source_load(struct atr_recorder_source *out, bool *installed,
                                       const struct atr_heap *heap, struct atr_error *error);

/* Undoes what load installed; the pin stays until the machine restarts. */
void atr_driver_source_unload(void);
