/* SPDX-License-Identifier: MIT */
#pragma once

#include "scenario/phrases.h"
#include "scenario/world.h"

#include <stdint.h>

/*
 * The scripts of samples/, one function a sample, each a conversation a reader can follow line by
 * line. Below: what several of them say.
 */
enum {
    BUILD_1809 = 17763,
    BUILD_21H2 = 19044,
};

typedef void sample_fn(struct world *world);

/* sample_calls.c: how it should be */
sample_fn sample_bind_and_calls;
sample_fn sample_nested_calls;
sample_fn sample_asynchronous;
sample_fn sample_wow64;
/* sample_failures.c: how it ends */
sample_fn sample_faults;
sample_fn sample_refused;
sample_fn sample_broken_calls;
/* sample_gaps.c: what was not seen */
sample_fn sample_late_joined;
sample_fn sample_truncated;
sample_fn sample_losses;
sample_fn sample_server_only;
sample_fn sample_reused_ids;
/* sample_payloads.c: what messages carry */
sample_fn sample_com;
sample_fn sample_large_view;
sample_fn sample_attributes;
/* sample_protocols.c: what is not RPC */
sample_fn sample_csr;
sample_fn sample_datagrams;
sample_fn sample_subsystems;
/* Two recordings, to be put into one file. */
sample_fn sample_section_one;
sample_fn sample_section_two;

/* Offers both syntaxes under the ids id and id + 100; one is accepted. */
void say_bind(struct world *world, const struct actor *client, struct link link,
              const struct actor *server, const char *uuid, uint16_t major, uint32_t accepted,
              uint16_t id);

/* The stack of winlogon when it shows a status, but for the frames below the stub. */
uint32_t say_winlogon_stack(struct world *world, const struct actor *winlogon);
