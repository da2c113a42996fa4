/* SPDX-License-Identifier: MIT */
#pragma once

#include "platform/child.h"
#include "recorder/recorder.h"
#include "recorder/source.h"

/*
 * One recording from any source, from hello to the last record; closes the source. start is what
 * the driver shall do, child a program that waits to be recorded, or NULL.
 */
void atr_record_from(const struct atr_recorder_source *source, const struct atr_device_start *start,
                     struct atr_child *child, const struct atr_record_options *options,
                     const struct atr_heap *heap, struct atr_record_report *report);
