/* SPDX-License-Identifier: MIT */
#include "platform/terminal.h"

#include <string.h>

bool
atr_terminal_colour_rule(bool can_show, const char *no_color, const char *clicolor_force,
                         const char *term)
{
    if (no_color != NULL && no_color[0] != '\0') {
        return false;
    }
    if (clicolor_force != NULL && clicolor_force[0] != '\0' && strcmp(clicolor_force, "0") != 0) {
        return true;
    }
    return can_show && (term == NULL || strcmp(term, "dumb") != 0);
}
