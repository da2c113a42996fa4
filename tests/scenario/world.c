/* SPDX-License-Identifier: MIT */
#include "scenario/world.h"

#include <stdio.h>
#include <stdlib.h>

/* 2024-05-02 08:02:11 UTC */
#define START_NS         UINT64_C(1714636931000000000)
#define NS_PER_SECOND    UINT64_C(1000000000)
#define UNIX_EPOCH_100NS UINT64_C(116444736000000000)

enum {
    QPC_HZ = 10000000,
    UPTIME_S = 3600,
    FRAMES_MAX = 32,
    MACHINE_AMD64 = 0x8664,
};

static void
need(enum atr_status status, const char *what)
{
    if (status != ATR_OK) {
        (void)fprintf(stderr, "scenario: %s: %s\n", what, atr_status_text(status));
        exit(1);
    }
}

static bool
is_left_out(const struct world *world, const struct atr_event *event)
{
    return world->only_pid != 0 && !atr_event_is_state(event) &&
           event->as.alpc.pid != world->only_pid;
}

void
world_put(struct world *world, struct atr_event *event)
{
    if (is_left_out(world, event)) {
        return;
    }
    event->source_id = world->source_id;
    event->sequence = ++world->sequence;
    event->flags |= world->extra_flags;
    event->lost_before = world->lost_before;
    world->lost_before = 0;
    if (event->time_ns == 0) {
        event->time_ns = world->time_ns;
    }
    need(atr_writer_event(world->writer, event), "write");
}

static void
put_clock(struct world *world)
{
    struct atr_event event = {.kind = ATR_RECORD_CLOCK};

    event.as.clock.time_100ns = world->time_ns / 100 + UNIX_EPOCH_100NS;
    event.as.clock.qpc = world->time_ns / 100 % ((uint64_t)UPTIME_S * QPC_HZ);
    world_put(world, &event);
}

static void
put_manifest(struct world *world, const struct world_options *options)
{
    struct atr_event event = {.kind = ATR_RECORD_MANIFEST};

    event.as.manifest = (struct atr_manifest_record){
        .os_build = options->os_build,
        .os_major = 10,
        .architecture = MACHINE_AMD64,
        .pointer_bytes = 8,
        .utc_bias_minutes = options->utc_bias_minutes,
        .clock_source = ATR_CLOCK_QPC,
        .clock_frequency_hz = QPC_HZ,
        .boot_time_100ns = (world->time_ns - UPTIME_S * NS_PER_SECOND) / 100 + UNIX_EPOCH_100NS,
        .capture_uuid = {{0x5e, 0xed}},
        .schema = ATR_STR("alpctrace/1"),
        .os_name = ATR_STR("Windows (scenario)"),
        .tool = ATR_STR("alpctrace scenario"),
    };
    world_put(world, &event);
}

void
world_open(struct world *world, const char *path, const struct world_options *options)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_writer_options writer_options = {.application = ATR_STR("alpctrace scenario"),
                                                .os = ATR_STR("Windows (scenario)"),
                                                .time_digits = 7};

    *world = (struct world){.time_ns = START_NS + options->later_s * NS_PER_SECOND,
                            .source_id = options->source_id,
                            .random = options->source_id,
                            .next_callback_id = 0x10000};
    need(atr_file_create(&world->file, path, &heap, NULL), path);
    need(atr_writer_create(&world->writer, world->file, &writer_options, &heap, NULL), path);
    put_manifest(world, options);
    put_clock(world);
}

void
world_close(struct world *world)
{
    put_clock(world);
    need(atr_writer_finish(world->writer, NULL), "finish");
    atr_writer_destroy(world->writer);
    atr_file_close(world->file);
}

void
world_wait_us(struct world *world, uint32_t microseconds)
{
    world->time_ns += (uint64_t)microseconds * 1000;
}

static uint32_t
put_string(struct world *world, const char *text)
{
    struct atr_event event = {.kind = ATR_RECORD_STRING};

    if (text == NULL) {
        return 0;
    }
    event.as.string.string_id = ++world->next_string_id;
    event.as.string.text = atr_str_from(text);
    world_put(world, &event);
    return world->next_string_id;
}

static struct actor
put_process(struct world *world, uint32_t pid, uint32_t tid, const char *image, uint32_t parent_pid,
            enum atr_life life, bool is_wow64)
{
    struct atr_event event = {.kind = ATR_RECORD_PROCESS};
    struct actor actor = {
        .process_id = ++world->next_process_id, .pid = pid, .tid = tid, .is_wow64 = is_wow64};

    event.flags = life == ATR_LIFE_SEEN ? ATR_RECORD_SNAPSHOT : 0;
    event.as.process = (struct atr_process_record){.process_id = actor.process_id,
                                                   .pid = pid,
                                                   .parent_pid = parent_pid,
                                                   .session = 1,
                                                   .flags = is_wow64 ? ATR_PROCESS_WOW64 : 0,
                                                   .life = (uint8_t)life,
                                                   .image = atr_str_from(image)};
    world_put(world, &event);
    return actor;
}

struct actor
world_process(struct world *world, uint32_t pid, uint32_t tid, const char *image)
{
    return put_process(world, pid, tid, image, ATR_UNKNOWN_U32, ATR_LIFE_SEEN, false);
}

struct actor
world_process32(struct world *world, uint32_t pid, uint32_t tid, const char *image)
{
    return put_process(world, pid, tid, image, ATR_UNKNOWN_U32, ATR_LIFE_SEEN, true);
}

struct actor
world_start(struct world *world, const struct actor *parent, uint32_t pid, uint32_t tid,
            const char *image)
{
    return put_process(world, pid, tid, image, parent->pid, ATR_LIFE_BEGIN, false);
}

void
world_exit(struct world *world, const struct actor *actor, uint32_t exit_status)
{
    struct atr_event event = {.kind = ATR_RECORD_PROCESS};

    event.as.process = (struct atr_process_record){.process_id = actor->process_id,
                                                   .pid = actor->pid,
                                                   .parent_pid = ATR_UNKNOWN_U32,
                                                   .session = 1,
                                                   .flags = ATR_PROCESS_EXIT_STATUS_KNOWN,
                                                   .exit_status = exit_status,
                                                   .life = ATR_LIFE_END};
    world_put(world, &event);
}

struct actor
world_thread(const struct actor *process, uint32_t tid)
{
    struct actor thread = *process;

    thread.tid = tid;
    thread.stack_id = 0;
    return thread;
}

uint32_t
world_module(struct world *world, const struct actor *actor, uint64_t base, const char *path)
{
    struct atr_event event = {.kind = ATR_RECORD_MODULE, .flags = ATR_RECORD_SNAPSHOT};

    event.as.module = (struct atr_module_record){.module_id = ++world->next_module_id,
                                                 .process_id = actor->process_id,
                                                 .base = base,
                                                 .size_bytes = 0x100000,
                                                 .life = ATR_LIFE_SEEN,
                                                 .path = atr_str_from(path)};
    world_put(world, &event);
    return world->next_module_id;
}

uint32_t
world_stack(struct world *world, const struct actor *actor, const struct frame *frames,
            size_t count)
{
    struct atr_event event = {.kind = ATR_RECORD_STACK};
    struct atr_frame list[FRAMES_MAX];

    count = count < FRAMES_MAX ? count : FRAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct atr_frame){.address = 0x7ff6a0001000 + 0x2b40 * (uint64_t)i,
                                     .text_string_id = put_string(world, frames[i].text),
                                     .module_id = frames[i].module_id,
                                     .rva = frames[i].rva};
    }
    event.as.stack = (struct atr_stack_record){.stack_id = ++world->next_stack_id,
                                               .process_id = actor->process_id,
                                               .frame_count = (uint32_t)count,
                                               .frames = list};
    world_put(world, &event);
    return world->next_stack_id;
}

static void
put_port(struct world *world, const struct atr_port_record *port)
{
    struct atr_event event = {.kind = ATR_RECORD_PORT};

    event.as.port = *port;
    world_put(world, &event);
}

uint32_t
world_port(struct world *world, const struct actor *owner, const char *name)
{
    struct atr_port_record port = {.port_id = ++world->next_port_id,
                                   .name_string_id = put_string(world, name),
                                   .owner_process_id = owner->process_id,
                                   .kind = ATR_PORT_CONNECTION,
                                   .life = ATR_LIFE_SEEN};

    put_port(world, &port);
    return port.port_id;
}

static void
put_handle(struct world *world, const struct actor *actor, uint32_t handle, uint32_t port_id)
{
    struct atr_event event = {.kind = ATR_RECORD_HANDLE};

    event.as.handle = (struct atr_handle_record){.process_id = actor->process_id,
                                                 .handle = handle,
                                                 .port_id = port_id,
                                                 .life = ATR_LIFE_SEEN};
    world_put(world, &event);
}

struct link
world_link(struct world *world, const struct actor *client, uint32_t connection_port_id,
           uint32_t client_handle)
{
    struct atr_port_record port = {.port_id = ++world->next_port_id,
                                   .owner_process_id = client->process_id,
                                   .connection_port_id = connection_port_id,
                                   .kind = ATR_PORT_CLIENT,
                                   .life = ATR_LIFE_SEEN};

    put_port(world, &port);
    put_handle(world, client, client_handle, port.port_id);
    return (struct link){.connection_port_id = connection_port_id,
                         .client_port_id = port.port_id,
                         .client_handle = client_handle,
                         .server_handle = 0x200 + 0x24 * connection_port_id,
                         .port_context = 0x1e4a0b10000 + 0x150 * (uint64_t)port.port_id};
}

void
world_drops(struct world *world, uint16_t cause, uint64_t count)
{
    struct atr_event event = {.kind = ATR_RECORD_DROPS};
    struct atr_drop_counter counter = {cause, ATR_UNKNOWN_U16, count};

    event.as.drops = (struct atr_drops_record){1, &counter};
    world_put(world, &event);
}

void
world_mark(struct world *world, const char *text)
{
    struct atr_event event = {.kind = ATR_RECORD_MARK};

    event.as.mark.text = atr_str_from(text);
    world_put(world, &event);
}
