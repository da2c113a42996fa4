/* SPDX-License-Identifier: MIT */
#include "platform/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* Blocked signals wait until somebody asks for them: no handler, and nothing global. */

static void
ours(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
}

void
atr_interrupt_watch(void)
{
    sigset_t set;

    ours(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
atr_interrupt_seen(void)
{
    sigset_t set;

    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1);
}

/* Takes what is pending first, else it would end the process now. */
void
atr_interrupt_unwatch(void)
{
    sigset_t set;
    int taken;

    while (atr_interrupt_seen()) {
        ours(&set);
        (void)sigwait(&set, &taken);
    }
    ours(&set);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}
