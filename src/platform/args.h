/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"

/*
 * Makes main's arguments UTF-8: on Windows they are replaced by a new array, which lives as long as
 * the program; elsewhere they are left as they are. On failure nothing changes.
 */
ATR_NODISCARD enum atr_status atr_args_utf8(int *argc, char ***argv);
