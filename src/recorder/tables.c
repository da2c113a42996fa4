/* SPDX-License-Identifier: MIT */
#include "recorder/tables.h"

#include "base/limits.h"

enum {
    ENDED_ROOM = 64, /* more than one record ends */
};

static void
free_text(const struct atr_heap *heap, struct atr_str *text)
{
    union {
        const char *read;
        char *owned;
    } bytes = {text->data};

    atr_heap_free(heap, bytes.owned);
    *text = (struct atr_str){NULL, 0};
}

static struct atr_str
own_text(const struct atr_heap *heap, struct atr_str text)
{
    char *bytes = atr_heap_alloc(heap, text.size_bytes + 1, 1);

    if (bytes != NULL && text.size_bytes > 0) {
        memcpy(bytes, text.data, text.size_bytes);
    }
    return atr_str_make(bytes, bytes == NULL ? 0 : text.size_bytes);
}

static void
free_process(struct atr_tables *tables, struct atr_known_process *process)
{
    free_text(&tables->heap, &process->image);
    atr_heap_free(&tables->heap, process->modules);
    if (process != &tables->kernel) {
        atr_heap_free(&tables->heap, process);
    }
}

void
atr_tables_init(struct atr_tables *tables, const struct atr_heap *heap)
{
    *tables = (struct atr_tables){.heap = *heap};
    atr_images_init(&tables->images, heap);
    atr_map_init(&tables->processes, *heap, ATR_PROCESSES_MAX);
    atr_map_init(&tables->ended_processes, *heap, ATR_ENDED_MAX + ENDED_ROOM);
    atr_map_init(&tables->ports, *heap, ATR_PORTS_MAX);
    atr_map_init(&tables->strings, *heap, ATR_STRINGS_MAX);
    atr_map_init(&tables->stacks, *heap, ATR_STACKS_MAX);
}

static void
clear_map(struct atr_tables *tables, struct atr_map *map)
{
    struct atr_key key;
    size_t at = 0;
    void *value;

    while ((value = atr_map_next(map, &at, &key)) != NULL) {
        atr_heap_free(&tables->heap, value);
    }
    atr_map_fini(map);
}

static void
clear_processes(struct atr_tables *tables, struct atr_map *map)
{
    struct atr_known_process *process;
    struct atr_key key;
    size_t at = 0;

    while ((process = atr_map_next(map, &at, &key)) != NULL) {
        free_process(tables, process);
    }
    atr_map_fini(map);
}

void
atr_tables_fini(struct atr_tables *tables)
{
    struct atr_known_string *string;
    struct atr_key key;
    size_t at = 0;

    while ((string = atr_map_next(&tables->strings, &at, &key)) != NULL) {
        free_text(&tables->heap, &string->text);
    }
    clear_map(tables, &tables->strings);
    clear_map(tables, &tables->stacks);
    clear_map(tables, &tables->ports);
    clear_processes(tables, &tables->processes);
    clear_processes(tables, &tables->ended_processes);
    free_process(tables, &tables->kernel);
    atr_images_fini(&tables->images);
}

/* Processes. */

static struct atr_key
pid_key(uint32_t pid)
{
    return (struct atr_key){0, pid};
}

static struct atr_key
ended_key(const struct atr_known_process *process)
{
    return (struct atr_key){process->key, process->pid};
}

struct atr_known_process *
atr_tables_process(struct atr_tables *tables, uint32_t pid, uint64_t key)
{
    struct atr_known_process *process = atr_map_find(&tables->processes, pid_key(pid));

    if (process != NULL && process->key == 0 && key != 0) {
        process->key = key;
    }
    if (process != NULL && (key == 0 || process->key == key)) {
        return process;
    }
    return key == 0 ? NULL : atr_map_find(&tables->ended_processes, (struct atr_key){key, pid});
}

static void
forget_oldest_process(struct atr_tables *tables)
{
    struct atr_known_process *oldest = tables->process_queue.first;

    tables->process_queue.first = oldest->next_ended;
    tables->process_queue.count--;
    (void)atr_map_take(&tables->ended_processes, ended_key(oldest));
    free_process(tables, oldest);
}

void
atr_tables_process_end(struct atr_tables *tables, struct atr_known_process *process)
{
    struct atr_known_process *last = tables->process_queue.last;

    if (atr_map_find(&tables->processes, pid_key(process->pid)) != process) {
        return; /* has ended before */
    }
    process->has_ended = true;
    (void)atr_map_take(&tables->processes, pid_key(process->pid));
    if (atr_map_find(&tables->ended_processes, ended_key(process)) != NULL ||
        atr_map_put(&tables->ended_processes, ended_key(process), process) != ATR_OK) {
        free_process(tables, process);
        return;
    }
    process->next_ended = NULL;
    if (tables->process_queue.count == 0) {
        tables->process_queue.first = process;
    } else {
        last->next_ended = process;
    }
    tables->process_queue.last = process;
    tables->process_queue.count++;
}

void
atr_tables_trim(struct atr_tables *tables)
{
    while (tables->process_queue.count > ATR_ENDED_MAX) {
        forget_oldest_process(tables);
    }
    atr_tables_trim_ports(tables);
}

struct atr_known_process *
atr_tables_process_add(struct atr_tables *tables, uint32_t pid, uint64_t key)
{
    struct atr_known_process *before = atr_map_find(&tables->processes, pid_key(pid));
    struct atr_known_process *process = atr_heap_alloc(&tables->heap, 1, sizeof(*process));

    if (process == NULL) {
        return NULL;
    }
    if (before != NULL) {
        atr_tables_process_end(tables, before);
    }
    if (atr_map_put(&tables->processes, pid_key(pid), process) != ATR_OK) {
        atr_heap_free(&tables->heap, process);
        return NULL;
    }
    process->process_id = ++tables->last_process_id;
    process->pid = pid;
    process->parent_pid = UINT32_MAX;
    process->session = UINT32_MAX;
    process->key = key;
    return process;
}

void
atr_tables_process_name(struct atr_tables *tables, struct atr_known_process *process,
                        struct atr_str image)
{
    struct atr_str owned = own_text(&tables->heap, image);

    if (owned.data != NULL) {
        free_text(&tables->heap, &process->image);
        process->image = owned;
    }
}

/* Strings. */

struct atr_known_string *
atr_tables_string(struct atr_tables *tables, struct atr_str text)
{
    struct atr_key key = atr_bytes_key(text.data, text.size_bytes);
    struct atr_known_string *string = atr_map_find(&tables->strings, key);

    if (string != NULL && atr_str_equal(string->text, text)) {
        return string;
    }
    if (string != NULL) {
        return NULL; /* two texts of one 128-bit hash: one of them goes without its name */
    }
    string = atr_heap_alloc(&tables->heap, 1, sizeof(*string));
    if (string == NULL) {
        return NULL;
    }
    string->text = own_text(&tables->heap, text);
    if (string->text.data == NULL || atr_map_put(&tables->strings, key, string) != ATR_OK) {
        free_text(&tables->heap, &string->text);
        atr_heap_free(&tables->heap, string);
        return NULL;
    }
    string->string_id = ++tables->last_string_id;
    return string;
}

/* Stacks. */

static struct atr_key
stack_key(const struct atr_known_process *process, struct atr_bytes frames, uint32_t kernel_frames)
{
    struct atr_key key = atr_bytes_key(frames.data, frames.size_bytes);

    key.high ^= (uint64_t)process->process_id << 32 | process->module_changes;
    key.low ^= kernel_frames;
    return key;
}

static bool
is_stack(const struct atr_known_stack *stack, const struct atr_known_process *process,
         struct atr_bytes frames, uint32_t kernel_frames)
{
    return stack->process_id == process->process_id &&
           stack->module_changes == process->module_changes &&
           stack->kernel_frames == kernel_frames &&
           stack->frame_count == frames.size_bytes / sizeof(uint64_t) &&
           memcmp(stack->frames, frames.data, frames.size_bytes) == 0;
}

struct atr_known_stack *
atr_tables_stack(struct atr_tables *tables, const struct atr_known_process *process,
                 struct atr_bytes frames, uint32_t kernel_frames)
{
    struct atr_key key = stack_key(process, frames, kernel_frames);
    struct atr_known_stack *stack = atr_map_find(&tables->stacks, key);

    if (frames.size_bytes == 0) {
        return NULL;
    }
    if (stack != NULL) {
        return is_stack(stack, process, frames, kernel_frames) ? stack : NULL;
    }
    if (tables->stacks.count >= ATR_STACKS_MAX) {
        clear_map(tables, &tables->stacks);
        atr_map_init(&tables->stacks, tables->heap, ATR_STACKS_MAX);
    }
    stack = atr_heap_alloc(&tables->heap, sizeof(*stack) + frames.size_bytes, 1);
    if (stack == NULL || atr_map_put(&tables->stacks, key, stack) != ATR_OK) {
        atr_heap_free(&tables->heap, stack);
        return NULL;
    }
    stack->stack_id = ++tables->last_stack_id;
    stack->process_id = process->process_id;
    stack->module_changes = process->module_changes;
    stack->kernel_frames = kernel_frames;
    stack->frame_count = (uint32_t)(frames.size_bytes / sizeof(uint64_t));
    memcpy(stack->frames, frames.data, frames.size_bytes);
    return stack;
}
