/* SPDX-License-Identifier: MIT */
#include "cli/record_options.h"

#include "base/attributes.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct record_values) <= COMMAND_VALUES_BYTES, "no room for the values");

enum {
    SNAP_MESSAGE = 65535,
    SNAP_VIEW = 65536,
    FILES_MAX = 10000,
};

#define AT(member) offsetof(struct record_values, member)

const struct option record_option_rows[RECORD_OPTION_COUNT] = {
    {'o', OPTION_TEXT, "output", "FILE", AT(out), "the trace file ('-': standard output)"},
    {'p', OPTION_LIST, "pid", "PID", AT(pids), "only this process; may be given again"},
    {'n', OPTION_LIST, "name", "NAME", AT(names), "only processes of this name; NAME* is a prefix"},
    {0, OPTION_LIST, "port", "NAME", AT(ports), "only this connection port; NAME* is a prefix"},
    {0, OPTION_TEXT, "direction", "WHICH", AT(direction), "sent or received (default: both)"},
    {0, OPTION_LIST, "type", "TYPE", AT(types), "of received messages only these"},
    {0, OPTION_NUMBER, "min-length", "N", AT(min_length), "only messages of at least N bytes"},
    {0, OPTION_NUMBER, "max-length", "N", AT(max_length), "only messages of at most N bytes"},
    {0, OPTION_FLAG, "no-default-filter", NULL, AT(no_default_filter),
     "record the noisy ones, too"},
    {'s', OPTION_TEXT, "snaplen", "SIZE", AT(snaplen),
     "keep at most so much of a message (default: all)"},
    {0, OPTION_TEXT, "view-snaplen", "SIZE", AT(view_snaplen),
     "and of a section view (default 64K; 0: none)"},
    {0, OPTION_TEXT, "stacks", "WHICH", AT(stacks), "none, kernel, user or all (default)"},
    {0, OPTION_NUMBER, "stack-every", "N", AT(stack_every), "stacks of every Nth call only"},
    {0, OPTION_TEXT, "duration", "TIME", AT(duration), "stop after 500ms, 30s, 5m, 2h or 1d"},
    {'b', OPTION_TEXT, "ring", "files:N,size:M", AT(ring_of_files),
     "N files of M bytes, the oldest is deleted"},
    {0, OPTION_TEXT, "max-size", "SIZE", AT(max_size), "stop at this size"},
    {0, OPTION_TEXT, "ring-size", "SIZE", AT(ring_size),
     "kernel memory per processor (2M to 256M, default 4M)"},
    {0, OPTION_FLAG, "sync", NULL, AT(sync), "let every chunk reach the disk before the next"},
    {0, OPTION_TEXT, "services-from", "FILE", AT(services_from),
     "read service numbers out of this ntdll.dll"},
    {0, OPTION_TEXT, "kernel-symbols", "FILE", AT(kernel_symbols),
     "where the services are in this kernel"},
    {0, OPTION_FLAG, "inline", NULL, AT(use_inline), "detours instead of table entries"},
    {0, OPTION_FLAG, "force-gate", NULL, AT(force_gate),
     "record without kernel debugging enabled: at your own risk"},
    {'q', OPTION_FLAG, "quiet", NULL, AT(quiet), "no status line"},
};

static bool
usage(const char *verb, const char *option, const char *wanted, const char *value)
{
    (void)fprintf(stderr, "alpctrace %s: %s wants %s, not '%.60s'\n", verb, option, wanted, value);
    return false;
}

/* 0 is a size here; absent leaves what is there. */
static bool
fill_size(const char *text, uint64_t limit, uint64_t *out)
{
    uint64_t bytes = 0;

    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "0") != 0 && (!atr_record_parse_size(text, &bytes) || bytes > limit)) {
        return false;
    }
    *out = bytes;
    return true;
}

static bool
fill_sizes(struct atr_record_options *out, const struct record_values *values, const char *verb)
{
    uint64_t message = SNAP_MESSAGE;
    uint64_t view = SNAP_VIEW;
    uint64_t ring = 0;

    if (!fill_size(values->snaplen, SNAP_MESSAGE, &message)) {
        return usage(verb, "--snaplen", "a size up to 65535", values->snaplen);
    }
    if (!fill_size(values->view_snaplen, SNAP_VIEW, &view)) {
        return usage(verb, "--view-snaplen", "a size up to 64K", values->view_snaplen);
    }
    if (!fill_size(values->ring_size, UINT32_MAX, &ring)) {
        return usage(verb, "--ring-size", "a power of two from 2M to 256M", values->ring_size);
    }
    if (!fill_size(values->max_size, UINT64_MAX, &out->max_bytes)) {
        return usage(verb, "--max-size", "a size such as 500M", values->max_size);
    }
    out->snap_message = (uint32_t)message;
    out->snap_view = (uint32_t)view;
    out->ring_bytes = (uint32_t)ring;
    return true;
}

static bool
fill_stacks(struct atr_record_options *out, const char *which)
{
    static const struct {
        const char *name;
        enum atr_record_stacks stacks;
    } rows[] = {{"all", ATR_RECORD_STACKS_ALL},
                {"none", ATR_RECORD_STACKS_NONE},
                {"kernel", ATR_RECORD_STACKS_KERNEL},
                {"user", ATR_RECORD_STACKS_USER}};

    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        if (which == NULL || strcmp(which, rows[i].name) == 0) {
            out->stacks = rows[i].stacks;
            return true;
        }
    }
    return false;
}

static bool
fill_file_bytes(struct atr_record_options *out, struct atr_str size)
{
    char text[32];

    if (size.size_bytes == 0 || size.size_bytes >= sizeof(text)) {
        return false;
    }
    memcpy(text, size.data, size.size_bytes);
    text[size.size_bytes] = '\0';
    return atr_record_parse_size(text, &out->file_bytes);
}

/* "files:10,size:100M", in any order. */
static bool
fill_ring_of_files(struct atr_record_options *out, const char *text)
{
    struct atr_str left = atr_str_from(text);
    uint64_t files = 0;

    while (left.size_bytes > 0) {
        size_t end = atr_str_find(left, ATR_STR(","));
        struct atr_str item = atr_str_make(left.data, end);
        bool is_count = atr_str_starts(item, ATR_STR("files:"));
        bool is_size = atr_str_starts(item, ATR_STR("size:"));

        if ((!is_count && !is_size) ||
            (is_count && !atr_str_to_u64(atr_str_skip(item, 6), 10, &files)) ||
            (is_size && !fill_file_bytes(out, atr_str_skip(item, 5)))) {
            return false;
        }
        left = atr_str_skip(left, end + 1);
    }
    out->file_count = (uint32_t)(files & UINT32_MAX);
    return files >= 2 && files <= FILES_MAX && out->file_bytes != 0;
}

static bool
fill_pids(struct atr_record_options *out, const struct option_list *list, uint32_t *pids,
          const char *verb)
{
    for (size_t i = 0; i < list->count; i++) {
        uint64_t pid;

        if (!atr_str_to_u64(atr_str_from(list->items[i]), 10, &pid) || pid >= UINT32_MAX) {
            return usage(verb, "--pid", "a process id", list->items[i]);
        }
        pids[i] = (uint32_t)pid;
    }
    out->pids = pids;
    out->pid_count = list->count;
    return true;
}

/* The message types people filter by (alpc.md 2). */
static const struct {
    const char *name;
    uint32_t type;
} message_types[] = {{"request", 1},
                     {"reply", 2},
                     {"datagram", 3},
                     {"lost-reply", 4},
                     {"port-closed", 5},
                     {"client-died", 6},
                     {"connection-request", 10},
                     {"canceled", 12}};

static bool
fill_type(const char *text, uint32_t *out)
{
    uint64_t number;

    for (size_t i = 0; i < ATR_COUNT(message_types); i++) {
        if (strcmp(text, message_types[i].name) == 0) {
            *out = message_types[i].type;
            return true;
        }
    }
    if (!atr_str_to_u64(atr_str_from(text), 10, &number) || number > UINT8_MAX) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool
fill_message_filter(struct atr_record_options *out, const struct record_values *values,
                    const char *verb)
{
    const char *direction = values->direction;

    for (size_t i = 0; i < values->types.count; i++) {
        if (!fill_type(values->types.items[i], &out->types[i])) {
            return usage(verb, "--type", "request, reply, datagram or a number up to 255",
                         values->types.items[i]);
        }
    }
    out->type_count = values->types.count;
    if (direction != NULL && strcmp(direction, "sent") != 0 && strcmp(direction, "received") != 0) {
        return usage(verb, "--direction", "sent or received", direction);
    }
    if (direction != NULL) {
        out->direction =
            strcmp(direction, "sent") == 0 ? ATR_RECORD_SENT_ONLY : ATR_RECORD_RECEIVED_ONLY;
    }
    if (values->min_length > UINT16_MAX || values->max_length > UINT16_MAX) {
        return usage(verb, "--min-length, --max-length", "a length up to 65535", "more");
    }
    out->min_length = (uint32_t)values->min_length;
    out->max_length = (uint32_t)values->max_length;
    return true;
}

bool
record_options_fill(struct atr_record_options *out, const struct record_values *values,
                    uint32_t *pids, const char *verb)
{
    *out = (struct atr_record_options){
        .path = values->out,
        .names = values->names.items,
        .name_count = values->names.count,
        .ports = values->ports.items,
        .port_count = values->ports.count,
        .no_default_filter = values->no_default_filter,
        .stack_every = (uint32_t)values->stack_every,
        .sync = values->sync,
        .use_inline = values->use_inline,
        .force_gate = values->force_gate,
        .services_from = values->services_from,
        .kernel_symbols = values->kernel_symbols,
    };
    if (values->out == NULL) {
        (void)fprintf(stderr, "alpctrace %s: -o FILE says where to write\n", verb);
        return false;
    }
    if (values->stack_every > UINT32_MAX) {
        return usage(verb, "--stack-every", "a small number", "more");
    }
    if (!fill_stacks(out, values->stacks)) {
        return usage(verb, "--stacks", "none, kernel, user or all", values->stacks);
    }
    if (values->duration != NULL &&
        !atr_record_parse_duration(values->duration, &out->duration_ns)) {
        return usage(verb, "--duration", "a time such as 30s or 5m", values->duration);
    }
    if (values->ring_of_files != NULL &&
        (!fill_ring_of_files(out, values->ring_of_files) || strcmp(values->out, "-") == 0)) {
        return usage(verb, "-b", "files:N,size:M and a file to write", values->ring_of_files);
    }
    return fill_pids(out, &values->pids, pids, verb) && fill_message_filter(out, values, verb) &&
           fill_sizes(out, values, verb);
}
