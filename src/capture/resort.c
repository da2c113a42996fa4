/* SPDX-License-Identifier: MIT */
#include "capture/resort.h"

#include "base/text.h"
#include "capture/slab.h"
#include "event/event.h"
#include "event/record.h"

#include <string.h>

enum {
    SLOTS = ATR_RESORT_RECORDS + 16, /* room to wait for continuations when the window is full */
    QUEUE_ROOM = 4096,               /* power of two, SLOTS fit */
    NO_SLOT = UINT16_MAX,
    BYTES_MAX = 2 * ATR_RESORT_BYTES, /* the same in bytes */
    ENDS_LOOKED_AT = 64,              /* waiting ends of lives; past it they go as they came */
};

_Static_assert(SLOTS <= QUEUE_ROOM, "every slot fits into every queue");

struct slot {
    struct atr_packet packet;
    uint8_t *bytes;  /* of packet.record */
    uint64_t number; /* in the file */
    int chunk;       /* of the slab; NONE: a block of its own */
    bool is_end;     /* state: of a life */
};

/* Slots in the order in which they were put. */
struct queue {
    uint16_t slots[QUEUE_ROOM];
    unsigned first;
    unsigned count;
};

struct atr_resort {
    struct atr_heap heap;
    struct atr_slab slab;
    struct slot slots[SLOTS];
    uint16_t free_slots[SLOTS];
    unsigned free_count;

    struct queue events;  /* times ascend */
    uint16_t late[SLOTS]; /* binary heap */
    unsigned late_count;
    struct queue states;

    size_t live_bytes;
    uint64_t put_count;
    uint64_t put_ns;    /* time of what was put last */
    uint16_t put_last;  /* NO_SLOT: it was taken, or no continuation follows */
    uint16_t taken;     /* in use until the next take */
    uint64_t latest_ns; /* of the events taken */

    struct atr_event look; /* into a state record */
    struct atr_arena no_arena;
};

enum atr_status
atr_resort_create(struct atr_resort **out, const struct atr_heap *heap)
{
    struct atr_resort *resort = atr_heap_alloc(heap, 1, sizeof(*resort));

    if (resort == NULL) {
        return ATR_NOMEM;
    }
    resort->heap = *heap;
    atr_slab_init(&resort->slab, *heap);
    atr_arena_init(&resort->no_arena, *heap, 0);
    for (unsigned i = 0; i < SLOTS; i++) {
        resort->free_slots[i] = (uint16_t)(SLOTS - 1 - i);
    }
    resort->free_count = SLOTS;
    resort->put_last = NO_SLOT;
    resort->taken = NO_SLOT;
    *out = resort;
    return ATR_OK;
}

static void
slot_release(struct atr_resort *resort, uint16_t index)
{
    struct slot *slot = &resort->slots[index];

    if (slot->chunk == ATR_SLAB_NONE) {
        atr_heap_free(&resort->heap, slot->bytes);
    } else {
        atr_slab_give(&resort->slab, slot->chunk);
    }
    resort->live_bytes -= slot->packet.record.size_bytes;
    resort->free_slots[resort->free_count++] = index;
}

void
atr_resort_destroy(struct atr_resort *resort)
{
    bool is_late;
    struct atr_heap heap;

    if (resort == NULL) {
        return;
    }
    while (atr_resort_take(resort, &is_late) != NULL) {
        /* which releases the one before */
    }
    heap = resort->heap;
    atr_slab_fini(&resort->slab);
    atr_heap_free(&heap, resort);
}

static uint16_t
queue_at(const struct queue *queue, unsigned at)
{
    return queue->slots[(queue->first + at) % QUEUE_ROOM];
}

static void
queue_put(struct queue *queue, uint16_t slot)
{
    queue->slots[(queue->first + queue->count) % QUEUE_ROOM] = slot;
    queue->count++;
}

static void
queue_drop_first(struct queue *queue)
{
    queue->first = (queue->first + 1) % QUEUE_ROOM;
    queue->count--;
}

/* By time, then by place in the file. */
static bool
is_before(const struct slot *a, const struct slot *b)
{
    return a->packet.time_ns != b->packet.time_ns ? a->packet.time_ns < b->packet.time_ns
                                                  : a->number < b->number;
}

static void
late_put(struct atr_resort *resort, uint16_t index)
{
    uint16_t *late = resort->late;
    unsigned at = resort->late_count++;

    while (at > 0 && is_before(&resort->slots[index], &resort->slots[late[(at - 1) / 2]])) {
        late[at] = late[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    late[at] = index;
}

static void
late_drop_first(struct atr_resort *resort)
{
    uint16_t *late = resort->late;
    uint16_t moved = late[--resort->late_count];
    unsigned at = 0;

    for (;;) {
        unsigned child = 2 * at + 1;

        if (child + 1 < resort->late_count &&
            is_before(&resort->slots[late[child + 1]], &resort->slots[late[child]])) {
            child++;
        }
        if (child >= resort->late_count ||
            !is_before(&resort->slots[late[child]], &resort->slots[moved])) {
            break;
        }
        late[at] = late[child];
        at = child;
    }
    late[at] = moved;
}

/* Whether a state record says that something ended. */
static bool
is_end(struct atr_resort *resort, struct atr_bytes record)
{
    const struct atr_event *look = &resort->look;
    uint8_t life = ATR_LIFE_SEEN;

    atr_event_reset(&resort->look, &resort->no_arena, false);
    if (atr_record_decode(record, &resort->look) != ATR_OK) {
        return false;
    }
    switch (look->kind) {
    case ATR_RECORD_PROCESS:
        life = look->as.process.life;
        break;
    case ATR_RECORD_THREAD:
        life = look->as.thread.life;
        break;
    case ATR_RECORD_MODULE:
        life = look->as.module.life;
        break;
    case ATR_RECORD_PORT:
        life = look->as.port.life;
        break;
    case ATR_RECORD_HANDLE:
        life = look->as.handle.life;
        break;
    default:
        break;
    }
    return life == ATR_LIFE_END;
}

/* Into the slab when it fits, else into a block of its own. */
static enum atr_status
slot_fill(struct atr_resort *resort, struct slot *slot, const struct atr_packet *packet)
{
    size_t size = packet->record.size_bytes;
    uint8_t *bytes = atr_slab_take(&resort->slab, size, &slot->chunk);

    if (bytes == NULL) {
        bytes = atr_heap_resize(&resort->heap, NULL, size + 1, 1);
        slot->chunk = ATR_SLAB_NONE;
    }
    if (bytes == NULL) {
        return ATR_NOMEM;
    }
    if (size > 0) {
        memcpy(bytes, packet->record.data, size);
    }
    slot->packet = *packet;
    slot->packet.record.data = bytes;
    slot->bytes = bytes;
    return ATR_OK;
}

enum atr_status
atr_resort_put(struct atr_resort *resort, const struct atr_packet *packet)
{
    uint16_t index = resort->free_slots[resort->free_count - 1];
    struct slot *slot = &resort->slots[index];
    const struct queue *events = &resort->events;
    enum atr_status status = slot_fill(resort, slot, packet);

    if (status != ATR_OK) {
        return status;
    }
    resort->free_count--;
    resort->live_bytes += packet->record.size_bytes;
    resort->put_last = index;
    resort->put_ns = packet->time_ns;
    slot->number = resort->put_count++;
    slot->is_end = packet->is_state && is_end(resort, slot->packet.record);
    if (packet->is_state) {
        queue_put(&resort->states, index);
    } else if (events->count == 0 ||
               is_before(&resort->slots[queue_at(events, events->count - 1)], slot)) {
        queue_put(&resort->events, index);
    } else {
        late_put(resort, index);
    }
    return ATR_OK;
}

/* The record a continuation goes on from has the same source and sequence number. */
static bool
is_base(const struct atr_resort *resort, uint16_t index, struct atr_bytes continuation)
{
    enum {
        IDENTITY = 4,
        IDENTITY_BYTES = 8
    };
    struct atr_bytes record = resort->slots[index].packet.record;

    return record.size_bytes >= ATR_RECORD_HEADER_BYTES &&
           continuation.size_bytes >= ATR_RECORD_HEADER_BYTES &&
           memcmp(record.data + IDENTITY, continuation.data + IDENTITY, IDENTITY_BYTES) == 0;
}

static uint16_t
find_base(const struct atr_resort *resort, struct atr_bytes continuation)
{
    if (resort->put_last != NO_SLOT && is_base(resort, resort->put_last, continuation)) {
        return resort->put_last;
    }
    for (unsigned i = resort->events.count; i > 0; i--) {
        uint16_t index = queue_at(&resort->events, i - 1);

        if (is_base(resort, index, continuation)) {
            return index;
        }
    }
    for (unsigned i = 0; i < resort->late_count; i++) {
        if (is_base(resort, resort->late[i], continuation)) {
            return resort->late[i];
        }
    }
    return NO_SLOT;
}

/* Only a block of its own can grow. */
static enum atr_status
slot_leave_slab(struct atr_resort *resort, struct slot *slot)
{
    size_t size = slot->packet.record.size_bytes;
    uint8_t *bytes;

    if (slot->chunk == ATR_SLAB_NONE) {
        return ATR_OK;
    }
    bytes = atr_heap_resize(&resort->heap, NULL, size, 1);
    if (bytes == NULL) {
        return ATR_NOMEM;
    }
    memcpy(bytes, slot->bytes, size);
    atr_slab_give(&resort->slab, slot->chunk);
    slot->chunk = ATR_SLAB_NONE;
    slot->bytes = bytes;
    slot->packet.record.data = bytes;
    return ATR_OK;
}

static enum atr_status
slot_join(struct atr_resort *resort, struct slot *slot, const struct atr_packet *continuation)
{
    struct atr_text text = {.heap = resort->heap};
    size_t size = slot->packet.record.size_bytes;
    enum atr_status status = slot_leave_slab(resort, slot);

    if (status != ATR_OK) {
        return status;
    }
    text.data = (char *)slot->bytes;
    text.size_bytes = size;
    text.room_bytes = size;
    status = atr_record_join(&text, continuation->record);
    slot->bytes = (uint8_t *)text.data;
    slot->packet.record = (struct atr_bytes){slot->bytes, text.size_bytes};
    resort->live_bytes += text.size_bytes - size;
    if (status == ATR_OK && continuation->cut_bytes != 0) {
        slot->packet.cut_bytes = continuation->cut_bytes;
    }
    return status;
}

enum atr_status
atr_resort_join(struct atr_resort *resort, const struct atr_packet *continuation)
{
    uint16_t index = find_base(resort, continuation->record);
    enum atr_status status = ATR_ARG;

    if (index != NO_SLOT) {
        struct slot *slot = &resort->slots[index];

        status = slot->packet.record.size_bytes > ATR_RESORT_BYTES
                     ? ATR_LIMIT
                     : slot_join(resort, slot, continuation);
    }
    if (status != ATR_OK) {
        resort->put_last = NO_SLOT;
    }
    return status;
}

/* The event to give next, but for states, or NO_SLOT. */
static uint16_t
first_event(const struct atr_resort *resort)
{
    uint16_t in_order = resort->events.count == 0 ? NO_SLOT : queue_at(&resort->events, 0);
    uint16_t late = resort->late_count == 0 ? NO_SLOT : resort->late[0];

    if (in_order == NO_SLOT || late == NO_SLOT) {
        return in_order == NO_SLOT ? late : in_order;
    }
    return is_before(&resort->slots[late], &resort->slots[in_order]) ? late : in_order;
}

/* Whether the first state has to be given before that event. */
static bool
state_goes_first(const struct atr_resort *resort, uint16_t event)
{
    const struct slot *slot = &resort->slots[event];

    for (unsigned i = 0; i < resort->states.count; i++) {
        const struct slot *state = &resort->slots[queue_at(&resort->states, i)];

        if (i == 0 && is_before(state, slot)) {
            return true;
        }
        if (state->number > slot->number) {
            return false;
        }
        if (!state->is_end || is_before(state, slot) || i == ENDS_LOOKED_AT) {
            return true;
        }
    }
    return false;
}

static uint16_t
first_of_all(const struct atr_resort *resort)
{
    uint16_t event = first_event(resort);

    if (resort->states.count != 0 && (event == NO_SLOT || state_goes_first(resort, event))) {
        return queue_at(&resort->states, 0);
    }
    return event;
}

bool
atr_resort_wants_more(const struct atr_resort *resort)
{
    unsigned waiting = resort->events.count + resort->late_count + resort->states.count;
    uint16_t first = first_of_all(resort);
    uint64_t first_ns;

    if (first == NO_SLOT) {
        return true;
    }
    if (first == resort->put_last && resort->free_count > 0 && resort->live_bytes < BYTES_MAX) {
        return true; /* its continuations would come now */
    }
    first_ns = resort->slots[first].packet.time_ns;
    return waiting < ATR_RESORT_RECORDS && resort->live_bytes < ATR_RESORT_BYTES &&
           atr_slab_has_room(&resort->slab) &&
           (resort->put_ns <= first_ns || resort->put_ns - first_ns < ATR_RESORT_NS);
}

const struct atr_packet *
atr_resort_take(struct atr_resort *resort, bool *is_late)
{
    uint16_t index = first_of_all(resort);
    const struct atr_packet *packet;

    if (resort->taken != NO_SLOT) {
        slot_release(resort, resort->taken);
    }
    resort->taken = index;
    if (index == NO_SLOT) {
        return NULL;
    }
    packet = &resort->slots[index].packet;
    if (packet->is_state) {
        queue_drop_first(&resort->states);
    } else if (resort->events.count != 0 && queue_at(&resort->events, 0) == index) {
        queue_drop_first(&resort->events);
    } else {
        late_drop_first(resort);
    }
    if (index == resort->put_last) {
        resort->put_last = NO_SLOT;
    }
    *is_late = !packet->is_state && packet->time_ns < resort->latest_ns;
    if (!packet->is_state && packet->time_ns > resort->latest_ns) {
        resort->latest_ns = packet->time_ns;
    }
    return packet;
}

void
atr_resort_restart(struct atr_resort *resort)
{
    resort->latest_ns = 0;
    resort->put_ns = 0;
}
