/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records what Windows processes say to each other: from the driver's rings into a trace file. The
 * one header of this module for the command line.
 */

enum atr_record_stacks {
    ATR_RECORD_STACKS_ALL,
    ATR_RECORD_STACKS_NONE,
    ATR_RECORD_STACKS_KERNEL,
    ATR_RECORD_STACKS_USER,
};

enum atr_record_direction {
    ATR_RECORD_BOTH,
    ATR_RECORD_SENT_ONLY,
    ATR_RECORD_RECEIVED_ONLY,
};

enum {
    ATR_RECORD_TYPES_MAX = 64
};

/* How far it has come; for a line that a person watches. */
struct atr_record_progress {
    uint64_t elapsed_ns;
    uint64_t events;
    uint64_t lost;
    uint64_t bytes;
    uint32_t unwrapped; /* services that are there but not recorded: marks in the trace say why */
    bool is_first;      /* it records from now on */
};

struct atr_record_options {
    const char *path; /* "-": standard output */
    const uint32_t *pids;
    size_t pid_count;
    const char *const *names; /* of processes; a trailing '*' makes a prefix */
    size_t name_count;
    const char *const *ports;
    size_t port_count;
    uint32_t types[ATR_RECORD_TYPES_MAX]; /* of received messages */
    size_t type_count;
    enum atr_record_direction direction;
    uint32_t min_length; /* of a message's data */
    uint32_t max_length; /* 0: no limit */
    bool no_default_filter;
    uint32_t snap_message; /* bytes kept */
    uint32_t snap_view;
    enum atr_record_stacks stacks;
    uint32_t stack_every; /* stacks of every nth call; 0 and 1: all */
    uint64_t duration_ns; /* 0: until somebody stops it */
    uint32_t file_count;  /* ring of files; 0: one file */
    uint64_t file_bytes;
    uint64_t max_bytes;  /* 0: no limit */
    uint32_t ring_bytes; /* per processor; 0: the usual */
    bool sync;
    bool use_inline;
    bool force_gate;
    const char *services_from;  /* instead of the system's ntdll.dll; NULL */
    const char *kernel_symbols; /* NULL: the usual file, when it is there */
    char *const *program;       /* to be recorded with its children; NULL: none */
    size_t program_words;
    void (*progress)(void *context, const struct atr_record_progress *progress); /* or NULL */
    void *context;
};

/* What became of it. */
struct atr_record_report {
    enum atr_status status; /* what went wrong; OK: nothing */
    struct atr_error error;
    bool has_recorded; /* there is a trace to read */
    uint64_t events;
    uint64_t lost;
    uint64_t malformed; /* records of the driver's that made no sense */
    uint64_t bytes;
    uint32_t files;
    char stop[96]; /* why it ended, for people: "5 s are over" */
};

void atr_record(const struct atr_record_options *options, const struct atr_heap *heap,
                struct atr_record_report *report);

/* "1.5G" and the like: bytes, with K, M, G (of 1024). "90s", "10m", "2h", "1d". False: neither. */
bool atr_record_parse_size(const char *text, uint64_t *bytes);
bool atr_record_parse_duration(const char *text, uint64_t *ns);

/* The driver's services. */
enum atr_status atr_driver_install(const struct atr_heap *heap, struct atr_error *error);
enum atr_status atr_driver_start(const struct atr_heap *heap, struct atr_error *error);
enum atr_status atr_driver_stop(const struct atr_heap *heap, struct atr_error *error);
enum atr_status atr_driver_remove(const struct atr_heap *heap, struct atr_error *error);

/* Lines for people, or one JSON object; write gets them. */
typedef void atr_driver_line(void *context, const char *text, size_t size_bytes);
enum atr_status atr_driver_status(bool json, atr_driver_line *write, void *context,
                                  const struct atr_heap *heap, struct atr_error *error);

/* The always-on recording: a Windows service that starts with the machine. */
#define ATR_RECORDER_SERVICE "AlpcTraceRecorder"

/* options: the command line of `record` it shall run with. */
enum atr_status atr_recorder_service_install(const char *options, const struct atr_heap *heap,
                                             struct atr_error *error);
enum atr_status atr_recorder_service_start(struct atr_error *error);
enum atr_status atr_recorder_service_stop(struct atr_error *error);
enum atr_status atr_recorder_service_remove(struct atr_error *error);

/* "not installed", "stopped", "running" */
enum atr_status atr_recorder_service_state(const char **state, struct atr_error *error);

/* run is called when the system started us as that service. */
enum atr_status atr_recorder_service_run(int (*run)(void *context), void *context,
                                         struct atr_error *error);
