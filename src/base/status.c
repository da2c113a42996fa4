/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *
atr_status_text(enum atr_status status)
{
    static const char *const texts[] = {
#define X(name, text) [ATR_##name] = (text),
        ATR_STATUS_MAP(X)
#undef X
    };

    return (size_t)status < ATR_COUNT(texts) ? texts[status] : "unknown status";
}

enum atr_status
atr_error_set(struct atr_error *error, enum atr_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;

        error->status = status;
        error->os_code = 0;
        va_start(args, format);
        if (vsnprintf(error->text, sizeof(error->text), format, args) < 0) {
            error->text[0] = '\0';
        }
        va_end(args);
    }
    return status;
}
