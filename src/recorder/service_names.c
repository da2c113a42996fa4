/* SPDX-License-Identifier: MIT */
#include "recorder/service_names.h"

const char *const atr_service_names[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) name,
#include "wire/services.def"
#undef SERVICE
};
