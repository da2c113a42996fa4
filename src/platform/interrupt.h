/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/*
 * The wish to stop: Ctrl-C, a closed console, SIGTERM, a service that is told to stop. For programs
 * that end what they do in order instead of being ended.
 */
void atr_interrupt_watch(void);   /* from here on it no longer ends the process */
bool atr_interrupt_seen(void);    /* stays true */
void atr_interrupt_unwatch(void); /* as it was before */
