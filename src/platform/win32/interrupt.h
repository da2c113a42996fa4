/* SPDX-License-Identifier: MIT */
#pragma once

/* For what else tells the process to stop. Any thread. */
void atr_interrupt_raise(void);
