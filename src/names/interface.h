/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"

#include <stdint.h>

/* Inside names: the row of an interface in the generated tables. */
#define ATR_NAMES_NO_ROW UINT32_MAX

uint32_t atr_names_interface_row(const struct atr_guid *uuid);
