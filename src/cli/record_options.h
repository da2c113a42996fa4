/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/cli.h"
#include "recorder/recorder.h"

/* The options of `record`, which `service install` takes, too. */
struct record_values {
    const char *out;
    struct option_list pids;
    struct option_list names;
    struct option_list ports;
    struct option_list types;
    const char *direction;
    uint64_t min_length;
    uint64_t max_length;
    const char *snaplen;
    const char *view_snaplen;
    const char *stacks;
    const char *duration;
    const char *ring_of_files;
    const char *max_size;
    const char *ring_size;
    const char *services_from;
    const char *kernel_symbols;
    uint64_t stack_every;
    bool no_default_filter;
    bool sync;
    bool use_inline;
    bool force_gate;
    bool quiet;
};

enum {
    RECORD_OPTION_COUNT = 23
};

extern const struct option record_option_rows[RECORD_OPTION_COUNT];

/* Texts are borrowed; pids is room for OPTION_LIST_MAX. False: usage was printed. */
bool record_options_fill(struct atr_record_options *out, const struct record_values *values,
                         uint32_t *pids, const char *verb);
