/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdbool.h>

/*
 * The drivers as services of the system: files beside this program, one load-order group, started
 * on demand, the pin first.
 */
#define ATR_INSTALL_PIN    "AlpcPin"
#define ATR_INSTALL_DRIVER "AlpcTrace"

/* *installed (may be NULL): the service of alpctrace.sys was not there before. */
enum atr_status atr_install_drivers(bool *installed, const struct atr_heap *heap,
                                    struct atr_error *error);
enum atr_status atr_install_start(struct atr_error *error);
