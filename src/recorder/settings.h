/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "recorder/recorder.h"
#include "wire/device.h"

/* From what the user wants to what the driver is told. */

/*
 * Filter, snap lengths, flags; the child's pid when a program is recorded, else all ones. ARG: too
 * many conditions, or a text that is too long.
 */
ATR_NODISCARD enum atr_status atr_settings_start(const struct atr_record_options *options,
                                                 uint32_t child_pid, struct atr_device_start *out,
                                                 struct atr_error *error);

/* The same in words, for the manifest: "snaplen 65535, stacks all, not port CoreMessag*". */
void atr_settings_describe(const struct atr_device_start *start, struct atr_text *out);
