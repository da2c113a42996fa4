/* SPDX-License-Identifier: MIT */
#include "platform/processes.h"
#include "recorder/internal.h"

/* What ran before the recording, from the system's lists (kernel-decisions.md 19). */

struct looking {
    struct atr_recorder *recorder;
    struct atr_known_process *process;
    uint64_t time_ns;
    uint32_t pid; /* the only one wanted, or all ones */
};

static bool
add_module(void *context, const struct atr_module_info *info)
{
    struct looking *looking = context;
    struct atr_known_module *module =
        atr_tables_module_add(&looking->recorder->tables, looking->process, info->base,
                              info->size_bytes, atr_str_from(info->path));

    if (module != NULL && module->defined.file == 0) {
        module->is_snapshot = true;
        atr_define_module(looking->recorder, looking->process, module, looking->time_ns);
    }
    return looking->recorder->recording.status == ATR_OK;
}

static void
add_modules(const struct looking *looking, struct atr_known_process *process, uint32_t pid)
{
    struct looking of_process = *looking;

    of_process.process = process;
    (void)atr_modules_list(pid, &looking->recorder->heap, add_module, &of_process);
}

static bool
add_process(void *context, const struct atr_process_info *info)
{
    struct looking *looking = context;
    struct atr_recorder *recorder = looking->recorder;
    struct atr_known_process *process;

    if (looking->pid != UINT32_MAX && looking->pid != info->pid) {
        return true;
    }
    process = atr_tables_process(&recorder->tables, info->pid, 0);
    if (process == NULL) {
        process = atr_tables_process_add(&recorder->tables, info->pid, 0);
    }
    if (process == NULL) {
        return false;
    }
    process->parent_pid = info->parent_pid;
    process->session = info->session;
    process->start_100ns = info->start_100ns;
    process->flags = info->is_wow64 ? ATR_PROCESS_WOW64 : 0;
    process->is_snapshot = true;
    atr_tables_process_name(&recorder->tables, process, atr_str_from(info->path));
    atr_define_process(recorder, process, looking->time_ns);
    if (info->pid > 4) { /* the idle and the system process have the kernel's modules */
        add_modules(looking, process, info->pid);
    }
    looking->process = process;
    return looking->pid == UINT32_MAX && recorder->recording.status == ATR_OK;
}

void
atr_snapshot_take(struct atr_recorder *recorder, uint64_t time_ns)
{
    struct looking looking = {.recorder = recorder, .time_ns = time_ns, .pid = UINT32_MAX};

    recorder->reads_left = UINT32_MAX;
    add_modules(&looking, &recorder->tables.kernel, 0);
    (void)atr_processes_list(&recorder->heap, add_process, &looking, NULL);
}

struct atr_known_process *
atr_snapshot_process(struct atr_recorder *recorder, uint32_t pid, uint64_t time_ns)
{
    struct looking looking = {.recorder = recorder, .time_ns = time_ns, .pid = pid};

    if (pid == 0 || atr_processes_list(&recorder->heap, add_process, &looking, NULL) != ATR_OK) {
        return NULL;
    }
    return looking.process;
}

/* The next file of a ring stands alone: all that lives is written again. */
static void
write_process(struct atr_recorder *recorder, struct atr_known_process *process, uint64_t time_ns)
{
    process->is_snapshot = true;
    atr_define_process(recorder, process, time_ns);
    for (size_t i = 0; i < process->module_count; i++) {
        process->modules[i].is_snapshot = true;
        atr_define_module(recorder, process, &process->modules[i], time_ns);
    }
}

static bool
is_alive(const struct atr_known_port *port)
{
    return port->defined.file != 0 && port->life != ATR_LIFE_END &&
           port->verdict != ATR_VERDICT_REFUSE;
}

/* To define a port may make others known, so the walk is over a copy. */
static void
write_ports(struct atr_recorder *recorder, uint64_t time_ns)
{
    const struct atr_map *map = &recorder->tables.ports;
    struct atr_known_port **ports = atr_heap_alloc(&recorder->heap, map->count + 1, sizeof(void *));
    struct atr_known_port *port;
    struct atr_key key;
    size_t count = 0;
    size_t at = 0;

    while (ports != NULL && (port = atr_map_next(map, &at, &key)) != NULL) {
        if (is_alive(port)) {
            ports[count++] = port;
        }
    }
    for (size_t i = 0; i < count; i++) {
        ports[i]->is_snapshot = true;
        atr_define_port(recorder, ports[i], time_ns);
    }
    atr_heap_free(&recorder->heap, ports);
}

void
atr_snapshot_write(struct atr_recorder *recorder, uint64_t time_ns)
{
    struct atr_known_process *process;
    struct atr_key key;
    size_t at = 0;

    write_process(recorder, &recorder->tables.kernel, time_ns);
    while ((process = atr_map_next(&recorder->tables.processes, &at, &key)) != NULL) {
        write_process(recorder, process, time_ns);
    }
    write_ports(recorder, time_ns);
}

static void
catch_up(struct atr_recorder *recorder, struct atr_known_process *process, uint64_t time_ns)
{
    for (size_t i = 0; i < process->module_count && recorder->reads_left > 0; i++) {
        if (process->modules[i].lacks_facts) {
            atr_define_module_life(recorder, process, &process->modules[i], time_ns, ATR_LIFE_SEEN);
        }
    }
}

void
atr_snapshot_catch_up(struct atr_recorder *recorder, uint64_t time_ns)
{
    struct atr_known_process *process;
    struct atr_key key;
    size_t at = 0;

    if (!recorder->lacks_facts || recorder->reads_left == 0) {
        return;
    }
    recorder->lacks_facts = false;
    catch_up(recorder, &recorder->tables.kernel, time_ns);
    while ((process = atr_map_next(&recorder->tables.processes, &at, &key)) != NULL) {
        catch_up(recorder, process, time_ns);
    }
    recorder->lacks_facts |= recorder->reads_left == 0;
}
