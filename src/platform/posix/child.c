/* SPDX-License-Identifier: MIT */
#include "platform/child.h"

/* Only recordings need it, and those are made on Windows. */

enum atr_status
atr_child_start(struct atr_child **out, const struct atr_child_plan *plan,
                const struct atr_heap *heap, struct atr_error *error)
{
    (void)out;
    (void)heap;
    return atr_error_set(error, ATR_UNSUPPORTED, "cannot start '%s': only on Windows",
                         plan->words[0]);
}

uint32_t
atr_child_pid(const struct atr_child *child)
{
    (void)child;
    return UINT32_MAX;
}

enum atr_status
atr_child_resume(struct atr_child *child, struct atr_error *error)
{
    (void)child;
    return atr_error_set(error, ATR_UNSUPPORTED, "only on Windows");
}

bool
atr_child_has_ended(const struct atr_child *child, uint32_t *exit_code)
{
    (void)child;
    *exit_code = 0;
    return true;
}

void
atr_child_close(struct atr_child *child)
{
    (void)child;
}
