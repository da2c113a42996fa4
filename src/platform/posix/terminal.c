/* SPDX-License-Identifier: MIT */
#include "platform/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct atr_terminal_stream
stream_make(int descriptor)
{
    struct atr_terminal_stream stream = {.is_terminal = isatty(descriptor) == 1};
    struct winsize size = {0};
    const char *term = getenv("TERM");

    if (stream.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
        stream.columns = size.ws_col;
    }
    stream.wants_colour = atr_terminal_colour_rule(
        stream.is_terminal && term != NULL, getenv("NO_COLOR"), getenv("CLICOLOR_FORCE"), term);
    return stream;
}

void
atr_terminal_open(struct atr_terminal *terminal)
{
    *terminal = (struct atr_terminal){
        .out = stream_make(STDOUT_FILENO),
        .err = stream_make(STDERR_FILENO),
    };
}

void
atr_terminal_close(const struct atr_terminal *terminal)
{
    (void)terminal;
}
