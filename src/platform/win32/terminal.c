/* SPDX-License-Identifier: MIT */
#include "platform/terminal.h"

#include "platform/win32/win.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#endif

static struct atr_terminal_stream
stream_open(DWORD which)
{
    struct atr_terminal_stream stream = {0};
    HANDLE handle = GetStdHandle(which);
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD mode = 0;
    bool can_show = false;

    stream.is_terminal = GetConsoleMode(handle, &mode) != 0;
    if (stream.is_terminal) {
        stream.saved_mode = mode;
        can_show = SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
        stream.mode_changed = can_show;
    }
    if (stream.is_terminal && GetConsoleScreenBufferInfo(handle, &info)) {
        stream.columns = (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
    }
    stream.wants_colour = atr_terminal_colour_rule(can_show, getenv("NO_COLOR"),
                                                   getenv("CLICOLOR_FORCE"), getenv("TERM"));
    return stream;
}

static void
stream_close(const struct atr_terminal_stream *stream, DWORD which)
{
    if (stream->mode_changed) {
        (void)SetConsoleMode(GetStdHandle(which), stream->saved_mode);
    }
}

void
atr_terminal_open(struct atr_terminal *terminal)
{
    (void)_setmode(_fileno(stdin), _O_BINARY);
    (void)_setmode(_fileno(stdout), _O_BINARY);
    (void)_setmode(_fileno(stderr), _O_BINARY);
    *terminal = (struct atr_terminal){
        .out = stream_open(STD_OUTPUT_HANDLE),
        .err = stream_open(STD_ERROR_HANDLE),
    };
    if (terminal->out.is_terminal || terminal->err.is_terminal) {
        terminal->saved_code_page = GetConsoleOutputCP();
        (void)SetConsoleOutputCP(CP_UTF8);
    }
}

void
atr_terminal_close(const struct atr_terminal *terminal)
{
    stream_close(&terminal->out, STD_OUTPUT_HANDLE);
    stream_close(&terminal->err, STD_ERROR_HANDLE);
    if (terminal->saved_code_page != 0) {
        (void)SetConsoleOutputCP(terminal->saved_code_page);
    }
}
