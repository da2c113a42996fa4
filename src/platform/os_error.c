/* SPDX-License-Identifier: MIT */
#include "platform/os_error.h"

enum atr_status
atr_os_error_set(struct atr_error *error, uint32_t code, const char *verb, const char *object)
{
    const struct atr_os_reason *reason = atr_os_reason_find(code);
    enum atr_status status = ATR_IO;

    if (reason != NULL) {
        status =
            atr_error_set(error, reason->status, "cannot %s %s: %s", verb, object, reason->text);
    } else {
        (void)atr_error_set(error, status, "cannot %s %s: system error %u", verb, object,
                            (unsigned)code);
    }
    if (error != NULL) {
        error->os_code = code;
    }
    return status;
}
