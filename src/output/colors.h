/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"

#include <stdbool.h>

/* The few colours of the tool; nothing is told by colour alone. */
enum atr_color {
    ATR_COLOR_DIM,
    ATR_COLOR_METHOD,
    ATR_COLOR_GUESS,
    ATR_COLOR_BAD,
    ATR_COLOR_PROCESS,
};

void atr_color_on(struct atr_text *text, bool wanted, enum atr_color color);
void atr_color_off(struct atr_text *text, bool wanted);
