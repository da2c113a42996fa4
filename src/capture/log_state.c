/* SPDX-License-Identifier: MIT */
#include "capture/log_state.h"

#include "base/limits.h"
#include "capture/log_internal.h"

enum {
    /* What one event can add stays far below the half that is kept free for it. */
    FORGET_BYTES = ATR_LOG_POOL_BYTES / 2,
    FORGET_COUNT = ATR_LOG_POOL_COUNT / 2,

    /* Texts of one hash that are told apart; the next one is defined each time it is used. */
    SAME_HASH_MAX = 8,

    STEP_NS = 1000,
};

struct atr_key
atr_log_key(enum log_tag tag, unsigned turn, uint64_t low)
{
    return (struct atr_key){(uint64_t)tag << 8 | turn, low};
}

#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a. */
uint64_t
atr_log_hash(const void *bytes, size_t size_bytes)
{
    const uint8_t *at = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size_bytes; i++) {
        hash = (hash ^ at[i]) * FNV_PRIME;
    }
    return hash;
}

static void
pool_init(struct atr_log_pool *pool, const struct atr_heap *heap)
{
    atr_arena_init(&pool->arena, *heap, ATR_LOG_POOL_BYTES);
    atr_map_init(&pool->map, *heap, ATR_LOG_POOL_COUNT);
}

static void
pool_fini(struct atr_log_pool *pool)
{
    atr_map_fini(&pool->map);
    atr_arena_fini(&pool->arena);
}

static void
pool_forget(struct atr_log_pool *pool)
{
    if (pool->map.count < FORGET_COUNT && pool->arena.held_bytes < FORGET_BYTES) {
        return;
    }

    struct atr_heap heap = pool->arena.heap;

    pool_fini(pool);
    pool_init(pool, &heap);
}

void
atr_log_init(struct atr_log_state *log, const struct atr_heap *heap, struct atr_bytes head,
             uint32_t flags, struct atr_str tool)
{
    uint64_t hash = atr_log_hash(head.data, head.size_bytes);

    *log = (struct atr_log_state){.flags = flags | ATR_RECORD_TIME_UNKNOWN,
                                  .source_id = (uint32_t)(hash ^ hash >> 32)};
    pool_init(&log->named, heap);
    pool_init(&log->texts, heap);
    pool_init(&log->stacks, heap);
    log->manifest = (struct atr_manifest_record){.utc_bias_minutes = INT32_MIN,
                                                 .clock_source = ATR_CLOCK_NONE,
                                                 .schema = ATR_STR("alpctrace/1"),
                                                 .tool = tool};
    log->queue[log->queue_to++] = (struct atr_log_waiting){&log->manifest, ATR_RECORD_MANIFEST};
}

void
atr_log_fini(struct atr_log_state *log)
{
    pool_fini(&log->named);
    pool_fini(&log->texts);
    pool_fini(&log->stacks);
}

void
atr_log_begin(struct atr_log_state *log)
{
    pool_forget(&log->named);
    pool_forget(&log->texts);
    pool_forget(&log->stacks);
}

static void
fail(struct atr_log_state *log, enum atr_status status)
{
    if (log->status == ATR_OK) {
        log->status = status;
    }
}

void
atr_log_wait(struct atr_log_state *log, enum atr_record_kind kind, const void *record)
{
    if (log->queue_to == ATR_LOG_QUEUE_MAX) {
        fail(log, ATR_LIMIT);
        return;
    }
    log->queue[log->queue_to++] = (struct atr_log_waiting){record, (uint8_t)kind};
}

void *
atr_log_make(struct atr_log_state *log, struct atr_log_pool *pool, size_t size_bytes)
{
    void *entry = log->status == ATR_OK ? atr_arena_alloc(&pool->arena, 1, size_bytes) : NULL;

    if (entry == NULL) {
        fail(log, ATR_NOMEM);
    }
    return entry;
}

struct atr_str
atr_log_copy(struct atr_log_state *log, struct atr_log_pool *pool, struct atr_str text)
{
    struct atr_str own = atr_arena_str(&pool->arena, text);

    if (own.data == NULL) {
        fail(log, ATR_NOMEM);
    }
    return own;
}

void
atr_log_put(struct atr_log_state *log, struct atr_log_pool *pool, struct atr_key key, void *entry)
{
    enum atr_status status = atr_map_put(&pool->map, key, entry);

    if (status != ATR_OK) {
        fail(log, status);
    }
}

uint32_t
atr_log_intern(struct atr_log_state *log, struct atr_log_pool *pool, struct atr_str text)
{
    uint64_t hash = atr_log_hash(text.data, text.size_bytes);
    struct atr_string_record *string = NULL;
    unsigned turn;

    for (turn = 0; turn < SAME_HASH_MAX; turn++) {
        string = atr_map_find(&pool->map, atr_log_key(LOG_TAG_STRING, turn, hash));
        if (string == NULL) {
            break;
        }
        if (atr_str_equal(string->text, text)) {
            return string->string_id;
        }
    }
    string = atr_log_make(log, pool, sizeof(*string));
    if (string == NULL) {
        return 0;
    }
    string->string_id = ++log->next_string_id;
    string->text = atr_log_copy(log, pool, text);
    if (turn < SAME_HASH_MAX) {
        atr_log_put(log, pool, atr_log_key(LOG_TAG_STRING, turn, hash), string);
    }
    atr_log_wait(log, ATR_RECORD_STRING, string);
    return string->string_id;
}

uint32_t
atr_log_text(struct atr_log_state *log, struct atr_str text)
{
    return text.size_bytes == 0 ? 0 : atr_log_intern(log, &log->texts, text);
}

static uint64_t
hash_frames(const struct atr_frame *frames, uint32_t frame_count)
{
    uint64_t hash = frame_count;

    for (uint32_t i = 0; i < frame_count; i++) {
        hash = (hash ^ frames[i].address) * FNV_PRIME;
        hash = (hash ^ frames[i].text_string_id) * FNV_PRIME;
    }
    return hash;
}

static bool
is_same_stack(const struct atr_stack_record *stack, uint32_t process_id,
              const struct atr_frame *frames, uint32_t frame_count)
{
    if (stack->process_id != process_id || stack->frame_count != frame_count) {
        return false;
    }
    for (uint32_t i = 0; i < frame_count; i++) {
        if (stack->frames[i].address != frames[i].address ||
            stack->frames[i].text_string_id != frames[i].text_string_id) {
            return false;
        }
    }
    return true;
}

uint32_t
atr_log_stack(struct atr_log_state *log, uint32_t process_id, const struct atr_frame *frames,
              uint32_t frame_count)
{
    struct atr_key key = atr_log_key(LOG_TAG_STACK, 0,
                                     hash_frames(frames, frame_count) ^ (uint64_t)process_id << 32);
    struct atr_stack_record *stack = atr_map_find(&log->stacks.map, key);
    struct atr_frame *own;

    if (frame_count == 0) {
        return 0;
    }
    if (stack != NULL && is_same_stack(stack, process_id, frames, frame_count)) {
        return stack->stack_id;
    }
    stack = atr_log_make(log, &log->stacks, sizeof(*stack));
    own = atr_arena_alloc(&log->stacks.arena, frame_count, sizeof(*own));
    if (stack == NULL || own == NULL) {
        fail(log, ATR_NOMEM);
        return 0;
    }
    memcpy(own, frames, frame_count * sizeof(*own));
    *stack = (struct atr_stack_record){++log->next_stack_id, process_id, frame_count, own};
    atr_log_put(log, &log->stacks, key, stack);
    atr_log_wait(log, ATR_RECORD_STACK, stack);
    return stack->stack_id;
}

void
atr_log_mark(struct atr_log_state *log, struct atr_str text)
{
    log->mark.text = text;
    atr_log_wait(log, ATR_RECORD_MARK, &log->mark);
}

static void
stamp(struct atr_log_state *log, struct atr_event *event, enum atr_record_kind kind, uint32_t flags)
{
    event->number = ++log->records;
    event->sequence = (uint32_t)(log->records - 1);
    event->source_id = log->source_id;
    event->time_ns = log->events * STEP_NS;
    event->flags = log->flags | flags;
    event->kind = (uint8_t)kind;
}

bool
atr_log_emit(struct atr_log_state *log, struct atr_event *event)
{
    const struct atr_log_waiting *next = &log->queue[log->queue_from];

    if (log->queue_from == log->queue_to) {
        log->queue_from = 0;
        log->queue_to = 0;
        return false;
    }
    log->queue_from++;
    stamp(log, event, (enum atr_record_kind)next->kind, 0);
    switch (next->kind) {
    case ATR_RECORD_MANIFEST:
        event->as.manifest = *(const struct atr_manifest_record *)next->record;
        break;
    case ATR_RECORD_PROCESS:
        event->as.process = *(const struct atr_process_record *)next->record;
        break;
    case ATR_RECORD_PORT:
        event->as.port = *(const struct atr_port_record *)next->record;
        break;
    case ATR_RECORD_HANDLE:
        event->as.handle = *(const struct atr_handle_record *)next->record;
        break;
    case ATR_RECORD_STRING:
        event->as.string = *(const struct atr_string_record *)next->record;
        break;
    case ATR_RECORD_STACK:
        event->as.stack = *(const struct atr_stack_record *)next->record;
        break;
    default:
        event->as.mark = *(const struct atr_mark_record *)next->record;
        break;
    }
    return true;
}

void
atr_log_event(struct atr_log_state *log, struct atr_event *event, enum atr_record_kind kind,
              uint32_t flags)
{
    stamp(log, event, kind, flags);
    log->events++;
}

uint32_t
atr_log_handle(uint64_t printed, uint32_t *flags)
{
    if (printed == UINT64_MAX) {
        return ATR_UNKNOWN_U32;
    }
    if (printed >> 32 == UINT32_MAX) {
        *flags |= ATR_RECORD_KERNEL_CALLER;
        return (uint32_t)printed;
    }
    return printed < ATR_UNKNOWN_U32 ? (uint32_t)printed : ATR_UNKNOWN_U32;
}

struct atr_alpc_record
atr_log_unknown_call(void)
{
    return (struct atr_alpc_record){.pid = ATR_UNKNOWN_U32,
                                    .tid = ATR_UNKNOWN_U32,
                                    .handle = ATR_UNKNOWN_U32,
                                    .client_pid = ATR_UNKNOWN_U32,
                                    .client_tid = ATR_UNKNOWN_U32,
                                    .cpu = ATR_UNKNOWN_U16,
                                    .operation = ATR_OP_SEND_WAIT_RECEIVE};
}
