/* SPDX-License-Identifier: MIT */
#include "recorder/tables.h"

#include "base/limits.h"

/* Modules of a process, ordered by base; they do not overlap. */

enum {
    ROOM_FIRST = 64,
    MODULES_OF_PROCESS_MAX = 4096,
    PORTS_ROOM = 16, /* more than one record names */
};

/* Index of the first module that ends behind address. */
static size_t
module_at(const struct atr_known_process *process, uint64_t address)
{
    size_t low = 0;
    size_t high = process->module_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct atr_known_module *module = &process->modules[middle];

        if (module->base > address || address - module->base < module->size_bytes) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

struct atr_known_module *
atr_tables_module_find(const struct atr_known_process *process, uint64_t address)
{
    size_t at = module_at(process, address);

    return at < process->module_count && process->modules[at].base <= address
               ? &process->modules[at]
               : NULL;
}

static void
remove_modules(struct atr_known_process *process, size_t at, size_t count)
{
    if (count == 0) {
        return;
    }
    memmove(&process->modules[at], &process->modules[at + count],
            (process->module_count - at - count) * sizeof(process->modules[0]));
    process->module_count -= count;
    process->module_changes++;
}

void
atr_tables_module_remove(struct atr_known_process *process, uint64_t base)
{
    size_t at = module_at(process, base);

    if (at < process->module_count && process->modules[at].base == base) {
        remove_modules(process, at, 1);
    }
}

static bool
grow(struct atr_tables *tables, struct atr_known_process *process)
{
    size_t room = process->module_room == 0 ? ROOM_FIRST : process->module_room * 2;
    struct atr_known_module *modules;

    if (process->module_count < process->module_room) {
        return true;
    }
    if (room > MODULES_OF_PROCESS_MAX) {
        return false;
    }
    modules = atr_heap_resize(&tables->heap, process->modules, room, sizeof(*modules));
    if (modules == NULL) {
        return false;
    }
    process->modules = modules;
    process->module_room = room;
    return true;
}

static size_t
overlapped(const struct atr_known_process *process, size_t at, uint64_t base, uint64_t size_bytes)
{
    size_t end = at;

    while (end < process->module_count &&
           (process->modules[end].base <= base || process->modules[end].base - base < size_bytes)) {
        end++;
    }
    return end - at;
}

struct atr_known_module *
atr_tables_module_add(struct atr_tables *tables, struct atr_known_process *process, uint64_t base,
                      uint64_t size_bytes, struct atr_str path)
{
    struct atr_image_facts *facts = atr_images_get(&tables->images, path);
    size_t at = module_at(process, base);
    struct atr_known_module *module;

    if (size_bytes == 0 || base > UINT64_MAX - size_bytes) {
        return NULL;
    }
    if (at < process->module_count && process->modules[at].base == base &&
        process->modules[at].size_bytes == size_bytes && process->modules[at].facts == facts) {
        return &process->modules[at];
    }
    remove_modules(process, at, overlapped(process, at, base, size_bytes));
    if (!grow(tables, process)) {
        return NULL;
    }
    module = &process->modules[at];
    memmove(module + 1, module, (process->module_count - at) * sizeof(*module));
    process->module_count++;
    *module = (struct atr_known_module){
        .module_id = ++tables->last_module_id,
        .base = base,
        .size_bytes = size_bytes,
        .facts = facts,
    };
    return module;
}

/* Ports. */

static void
forget_oldest_port(struct atr_tables *tables)
{
    struct atr_known_port *oldest = tables->port_queue.first;

    tables->port_queue.first = oldest->next_ended;
    tables->port_queue.count--;
    (void)atr_map_take(&tables->ports, oldest->key);
    atr_heap_free(&tables->heap, oldest);
}

void
atr_tables_trim_ports(struct atr_tables *tables)
{
    while (tables->port_queue.count > ATR_ENDED_MAX ||
           (tables->port_queue.count > 0 && tables->ports.count > ATR_PORTS_MAX - PORTS_ROOM)) {
        forget_oldest_port(tables);
    }
}

struct atr_known_port *
atr_tables_port(struct atr_tables *tables, struct atr_key key)
{
    struct atr_known_port *port = atr_map_find(&tables->ports, key);

    if (port != NULL) {
        return port;
    }
    port = atr_heap_alloc(&tables->heap, 1, sizeof(*port));
    if (port == NULL || atr_map_put(&tables->ports, key, port) != ATR_OK) {
        atr_heap_free(&tables->heap, port);
        return NULL;
    }
    port->key = key;
    port->port_id = ++tables->last_port_id;
    port->owner_pid = UINT32_MAX;
    port->has_changed = true;
    return port;
}

void
atr_tables_port_end(struct atr_tables *tables, struct atr_known_port *port)
{
    struct atr_known_port *last = tables->port_queue.last;

    if (port->life == ATR_LIFE_END) {
        return;
    }
    port->life = ATR_LIFE_END;
    port->next_ended = NULL;
    if (tables->port_queue.count == 0) {
        tables->port_queue.first = port;
    } else {
        last->next_ended = port;
    }
    tables->port_queue.last = port;
    tables->port_queue.count++;
}
