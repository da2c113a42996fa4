/* SPDX-License-Identifier: MIT */
#include "output/colors.h"

void
atr_color_on(struct atr_text *text, bool wanted, enum atr_color color)
{
    static const char *const codes[] = {
        [ATR_COLOR_DIM] = "\x1b[2m",      [ATR_COLOR_METHOD] = "\x1b[1m",
        [ATR_COLOR_GUESS] = "\x1b[33m",   [ATR_COLOR_BAD] = "\x1b[31m",
        [ATR_COLOR_PROCESS] = "\x1b[36m",
    };

    if (wanted) {
        atr_text_puts(text, codes[color]);
    }
}

void
atr_color_off(struct atr_text *text, bool wanted)
{
    if (wanted) {
        atr_text_puts(text, "\x1b[0m");
    }
}
