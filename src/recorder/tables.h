/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/map.h"
#include "base/str.h"
#include "event/event.h"
#include "recorder/capture_read.h"
#include "recorder/image_facts.h"
#include "wire/filter.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What the recorder knows, and the ids it gave: processes, modules, ports, strings, stacks. Ids
 * count up and are never given twice. Nothing is written here: each entry remembers where it was
 * defined last, and define.c writes it again where that is not good enough.
 *
 * An entry that ended stays for a while: records of its last moments may come late.
 */

/* Where and as of when an entry stands in the trace. */
struct atr_defined {
    uint32_t file; /* 0: nowhere */
    uint64_t time_ns;
};

struct atr_known_module {
    uint32_t module_id;
    uint64_t base;
    uint64_t size_bytes;
    uint32_t time_stamp; /* as the driver saw it; 0 unknown */
    uint32_t checksum;
    struct atr_image_facts *facts; /* of the images; NULL: nothing known */
    struct atr_defined defined;
    bool is_snapshot;
    bool lacks_facts; /* defined before its file was read */
};

struct atr_known_process {
    struct atr_known_process *next_ended;
    uint32_t process_id; /* 0: the kernel, which has modules only */
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;
    uint32_t flags; /* enum atr_process_flag */
    uint32_t exit_status;
    uint64_t key; /* 0: not known yet */
    uint64_t start_100ns;
    struct atr_str image; /* owned */
    bool has_ended;
    bool is_snapshot;
    bool is_derived;
    enum atr_verdict verdict;
    uint32_t module_changes;          /* stacks of before mean other modules */
    struct atr_known_module *modules; /* by base */
    size_t module_count;
    size_t module_room;
    struct atr_defined defined;
};

struct atr_known_string {
    uint32_t string_id;
    struct atr_str text; /* owned */
    struct atr_defined defined;
};

struct atr_known_port {
    struct atr_known_port *next_ended;
    struct atr_key key; /* object, generation */
    uint32_t port_id;
    uint16_t kind;
    uint16_t life;
    struct atr_known_string *name; /* NULL unknown */
    struct atr_key connection;     /* high 0: unknown */
    struct atr_key peer;
    uint64_t owner_key;
    uint32_t owner_pid;
    enum atr_verdict verdict;
    bool is_snapshot;
    bool has_changed; /* since it was defined */
    bool has_told_peer;
    struct atr_defined defined;
};

struct atr_known_stack {
    uint32_t stack_id;
    uint32_t process_id;
    uint32_t module_changes;
    uint32_t kernel_frames;
    uint32_t frame_count;
    struct atr_defined defined;
    uint64_t frames[];
};

/* Ended entries, the oldest first. */
struct atr_ended {
    void *first;
    void *last;
    size_t count;
};

struct atr_tables {
    struct atr_heap heap;
    struct atr_images images;
    struct atr_map processes;       /* pid -> the last process of it */
    struct atr_map ended_processes; /* (pid, key) */
    struct atr_ended process_queue;
    struct atr_map ports;
    struct atr_ended port_queue;
    struct atr_map strings;
    struct atr_map stacks;
    struct atr_known_process kernel;
    uint32_t last_process_id;
    uint32_t last_module_id;
    uint32_t last_port_id;
    uint32_t last_string_id;
    uint32_t last_stack_id;
};

void atr_tables_init(struct atr_tables *tables, const struct atr_heap *heap);
void atr_tables_fini(struct atr_tables *tables);

/*
 * Forgets the oldest of what has ended, between two records: nothing else does, so that pointers
 * stay good as long as one record is worked on.
 */
void atr_tables_trim(struct atr_tables *tables);
void atr_tables_trim_ports(struct atr_tables *tables);

/*
 * The process a record names, or NULL. Key 0 asks for the last of that pid. An entry whose key was
 * not known yet takes the first one that asks.
 */
struct atr_known_process *atr_tables_process(struct atr_tables *tables, uint32_t pid, uint64_t key);

/* A new one takes the pid over: what had it has ended. NULL: no memory. */
struct atr_known_process *atr_tables_process_add(struct atr_tables *tables, uint32_t pid,
                                                 uint64_t key);

/* It stays to be found by its key. */
void atr_tables_process_end(struct atr_tables *tables, struct atr_known_process *process);

/* Owned copy; keeps the old text when there is no memory. */
void atr_tables_process_name(struct atr_tables *tables, struct atr_known_process *process,
                             struct atr_str image);

/* Adds a module, or gives the one that is there already. What it overlaps is gone. */
struct atr_known_module *atr_tables_module_add(struct atr_tables *tables,
                                               struct atr_known_process *process, uint64_t base,
                                               uint64_t size_bytes, struct atr_str path);
void atr_tables_module_remove(struct atr_known_process *process, uint64_t base);
struct atr_known_module *atr_tables_module_find(const struct atr_known_process *process,
                                                uint64_t address);

/* The port of that object, made when there is none; NULL: no memory. */
struct atr_known_port *atr_tables_port(struct atr_tables *tables, struct atr_key key);
void atr_tables_port_end(struct atr_tables *tables, struct atr_known_port *port);

struct atr_known_string *atr_tables_string(struct atr_tables *tables, struct atr_str text);

/* The stack with these frames (u64 each), made when there is none; NULL: no memory or no frames. */
struct atr_known_stack *atr_tables_stack(struct atr_tables *tables,
                                         const struct atr_known_process *process,
                                         struct atr_bytes frames, uint32_t kernel_frames);
