/* SPDX-License-Identifier: MIT */
#pragma once

#include "scenario/world.h"

/* A buffer of message attributes (alpc 7), as the caller's pointer size lays it out. */
struct attributes {
    const struct atr_event *event;
    const struct wrap *wrap;
    const struct link *link;
    uint32_t mask;
    uint32_t sequence;
    bool is_release;
};

void attributes_put(struct message *out, const struct attributes *attributes);
