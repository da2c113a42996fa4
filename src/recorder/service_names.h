/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/device.h"

/* "NtAlpcSendWaitReceivePort" and so on, by row (wire/services.def). */
extern const char *const atr_service_names[ATR_SERVICE_COUNT];
