/* SPDX-License-Identifier: MIT */
#include "platform/interrupt.h"

#include "platform/win32/interrupt.h"
#include "platform/win32/win.h"

#include <stdatomic.h>

/* The system's handler gets no context: this one flag is of the process, as the console is. */
static atomic_bool seen;

void
atr_interrupt_raise(void)
{
    atomic_store(&seen, true);
}

static BOOL WINAPI
console_handler(DWORD event)
{
    bool ends_us = event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT;

    atr_interrupt_raise();
    if (ends_us) {
        Sleep(INFINITE); /* the process ends when this returns; the system waits for some seconds */
    }
    return TRUE;
}

void
atr_interrupt_watch(void)
{
    (void)SetConsoleCtrlHandler(console_handler, TRUE);
}

bool
atr_interrupt_seen(void)
{
    return atomic_load(&seen);
}

void
atr_interrupt_unwatch(void)
{
    (void)SetConsoleCtrlHandler(console_handler, FALSE);
}
