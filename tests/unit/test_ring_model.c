/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "wire/ring.h"

#include <stdlib.h>
#include <string.h>

/*
 * Every interleaving of two producers and one consumer on a small ring, and of two producers and a
 * reader that writes garbage into its line between any two of their steps.
 *
 * The code explored is the real one: ring.c is compiled here with its atomic accesses led through
 * hooks. A step is one atomic access and what follows it up to the next. An operation is taken up
 * again by running it from its beginning with the values its loads saw; what it stored is not
 * stored again. So the whole world is plain memory: it is copied, hashed, and put back.
 */

static uint64_t hook_load64(const _Atomic uint64_t *object);
static uint32_t hook_load32(const _Atomic uint32_t *object);
static void hook_store64(_Atomic uint64_t *object, uint64_t value);
static void hook_store32(_Atomic uint32_t *object, uint32_t value);

#undef atomic_load_explicit
#undef atomic_store_explicit
#define atomic_load_explicit(object, order) \
    _Generic((object), const _Atomic uint64_t *     \
             : hook_load64, const _Atomic uint32_t * \
             : hook_load32)(object)
#define atomic_store_explicit(object, value, order) \
    _Generic((object), _Atomic uint64_t *           \
             : hook_store64, _Atomic uint32_t *     \
             : hook_store32)(object, value)
#include "wire/ring.c" /* NOLINT(bugprone-suspicious-include) */

enum {
    RING_BYTES = 256,
    RECORD_BYTES = RING_BYTES / 8,
    GUARD_BYTES = 64,
    GUARD = 0xa5,
    PRODUCERS = 2,
    CONSUMER = PRODUCERS, /* as an actor */
    RECORDS_MAX = 3,      /* of each producer */
    PREFILL_MAX = 8,
    ALL_RECORDS = PREFILL_MAX + PRODUCERS * RECORDS_MAX,
    ACCESSES_MAX = 8, /* of one operation */
    DEPTH_MAX = 256,
    VISITED_SLOTS = 1 << 20,
};

/* Faults planted on purpose: the explorer has to see each of them. */
enum mutation {
    MUTATION_NONE,
    MUTATION_HEAD_BEFORE_BUSY,
    MUTATION_READY_AT_ONCE,
    MUTATION_TAIL_IGNORED,
    MUTATION_TAIL_FORGIVEN, /* nonsense is taken for the last good tail */
    MUTATION_BROKEN_MENDS,
    MUTATION_RELEASE_BEFORE_COPY,
    MUTATION_COUNT,
};

enum phase {
    PHASE_RESERVE,
    PHASE_FILL,
    PHASE_COMMIT,
    PHASE_READ,
    PHASE_COPY,
    PHASE_RELEASE,
    PHASE_DONE,
};

struct actor {
    uint32_t phase;
    uint32_t number;               /* producers: of the record at work */
    uint32_t record;               /* its place in world.records */
    uint32_t accesses;             /* of the operation, done so far */
    uint64_t loaded[ACCESSES_MAX]; /* what they saw, if loads */
    struct atr_ring_slot slot;
    struct atr_ring_view view; /* consumer */
    uint8_t copied[RECORD_BYTES];
    bool is_busy_delayed; /* MUTATION_HEAD_BEFORE_BUSY: the store of the state is yet to come */
    bool had_all_ended;   /* consumer: the producers, when this read began */
};

/* A reserved record, in the order of the reservations. */
struct record {
    uint64_t sequence;
    uint64_t position;
    uint16_t payload_bytes;
    uint8_t fill;
    bool is_committed;
};

static struct world {
    uint8_t before[GUARD_BYTES];
    _Alignas(ATR_RING_LINE_BYTES) uint8_t data[RING_BYTES];
    uint8_t after[GUARD_BYTES];
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_producer shared;
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_consumer consumer;
    struct atr_ring ring;
    struct atr_ring ring_before; /* the operation at work, or the last one */
    struct atr_ring_reader reader;
    struct atr_ring_reader reader_before;
    struct actor actors[PRODUCERS + 1];
    uint32_t lock_owner; /* 0: free; else actor + 1 */
    uint32_t record_count;
    uint32_t read_count; /* released by the consumer */
    uint32_t dropped;
    bool is_lied_to; /* a tail passed a record nobody can have read: contents mean nothing */
    bool was_broken;
    struct record records[ALL_RECORDS];
} world;

static struct {
    enum mutation mutation;
    bool is_all;
    bool is_hostile;
    uint16_t sizes[PRODUCERS][RECORDS_MAX];
    uint32_t records_each;
    uint32_t actor; /* that makes the step */
    uint32_t access;
    uint64_t tail_seen;
    jmp_buf suspend;
    const char *violation;
    uint64_t states;
    uint64_t (*visited)[2];
    struct world stack[DEPTH_MAX];
    unsigned choice[DEPTH_MAX];
    unsigned choice_count[DEPTH_MAX];
} explorer;

static void
violated(const char *what)
{
    if (explorer.violation == NULL) {
        explorer.violation = what;
    }
}

static void
check(bool is_right, const char *what)
{
    if (!is_right) {
        violated(what);
    }
}

/* The hooks. */

/* Whether this access is to be made now; an access behind the step ends it. */
static bool
is_due(void)
{
    struct actor *actor = &world.actors[explorer.actor];
    uint32_t index = explorer.access++;

    if (index < actor->accesses) {
        return false;
    }
    if (index > actor->accesses) {
        actor->accesses++;
        longjmp(explorer.suspend, 1);
    }
    return true;
}

static uint64_t
mutated_tail(uint64_t tail)
{
    bool is_good = tail >= world.ring.tail && tail <= world.ring.head;

    if (explorer.mutation == MUTATION_TAIL_IGNORED) {
        return world.ring.head;
    }
    return explorer.mutation == MUTATION_TAIL_FORGIVEN && !is_good ? world.ring.tail : tail;
}

static uint64_t
hook_load64(const _Atomic uint64_t *object)
{
    struct actor *actor = &world.actors[explorer.actor];
    uint32_t index = explorer.access;

    if (is_due()) {
        actor->loaded[index] = *object;
    }
    if (object == &world.consumer.tail && explorer.actor < PRODUCERS) {
        explorer.tail_seen = actor->loaded[index];
        return mutated_tail(actor->loaded[index]);
    }
    return actor->loaded[index];
}

static uint32_t
hook_load32(const _Atomic uint32_t *object)
{
    struct actor *actor = &world.actors[explorer.actor];
    uint32_t index = explorer.access;

    if (is_due()) {
        actor->loaded[index] = *object;
    }
    return (uint32_t)actor->loaded[index];
}

static void
hook_store64(_Atomic uint64_t *object, uint64_t value)
{
    if (is_due()) {
        *object = value;
    }
}

static void
hook_store32(_Atomic uint32_t *object, uint32_t value)
{
    struct actor *actor = &world.actors[explorer.actor];

    if (!is_due()) {
        return;
    }
    if (object == &world.shared.broken || value != ATR_RING_BUSY) {
        *object = value;
    } else if (explorer.mutation == MUTATION_HEAD_BEFORE_BUSY) {
        actor->is_busy_delayed = true;
    } else if (explorer.mutation == MUTATION_READY_AT_ONCE) {
        *object = ATR_RING_READY;
    } else {
        *object = value;
    }
}

/* Runs an operation up to the end of the step; false: there is more of it. */
static bool
run_step(void (*operation)(struct actor *actor), struct actor *actor)
{
    explorer.access = 0;
    if (setjmp(explorer.suspend) != 0) {
        return false;
    }
    operation(actor);
    actor->accesses = 0;
    memset(actor->loaded, 0, sizeof(actor->loaded));
    return true;
}

/* The producers. */

static uint32_t
rounded(uint32_t bytes)
{
    return (bytes + ATR_RING_ALIGN - 1) / ATR_RING_ALIGN * ATR_RING_ALIGN;
}

static uint8_t
fill_of(uint32_t actor, uint32_t number)
{
    return (uint8_t)(0x11 * (1 + actor * RECORDS_MAX + number));
}

/* What a reserve should say, from the positions alone. */
static enum atr_ring_result
expected_result(uint32_t payload_bytes)
{
    const struct atr_ring *ring = &world.ring_before;
    uint64_t size = ATR_RING_HEADER_BYTES + rounded(payload_bytes);
    uint64_t to_end = RING_BYTES - ring->head % RING_BYTES;
    uint64_t wanted = size > to_end ? to_end + size : size;

    if (world.was_broken || explorer.tail_seen < ring->tail || explorer.tail_seen > ring->head) {
        return ATR_RING_BAD_CONSUMER;
    }
    return ring->head - explorer.tail_seen + wanted > RING_BYTES ? ATR_RING_FULL : ATR_RING_OK;
}

static void
note_reserved(struct actor *actor, uint32_t payload_bytes)
{
    uint64_t offset = (uint64_t)((const uint8_t *)actor->slot.header - world.data);

    check(offset % ATR_RING_ALIGN == 0 &&
              offset + ATR_RING_HEADER_BYTES + rounded(payload_bytes) <= RING_BYTES &&
              actor->slot.payload == world.data + offset + ATR_RING_HEADER_BYTES,
          "a slot outside the ring");
    actor->record = world.record_count;
    world.records[world.record_count++] = (struct record){
        .sequence = world.ring_before.sequence,
        .position = world.ring.head - ATR_RING_HEADER_BYTES - rounded(payload_bytes),
        .payload_bytes = (uint16_t)payload_bytes,
        .fill = fill_of(explorer.actor, actor->number),
    };
}

/* A tail may pass only what was committed; from then on a slow producer writes where others do. */
static void
note_lies(void)
{
    for (uint32_t i = 0; i < world.record_count; i++) {
        if (world.records[i].position < world.ring.tail && !world.records[i].is_committed) {
            world.is_lied_to = true;
        }
    }
}

static uint16_t
payload_bytes_of(const struct actor *actor)
{
    return explorer.sizes[actor - world.actors][actor->number];
}

static void
next_record(struct actor *actor)
{
    actor->number++;
    actor->phase = actor->number < explorer.records_each ? PHASE_RESERVE : PHASE_DONE;
    memset(&actor->slot, 0, sizeof(actor->slot));
}

/* The operation; the lock is held from its first step to its last. */
static void
reserve(struct actor *actor)
{
    uint32_t payload_bytes = payload_bytes_of(actor);
    enum atr_ring_result result = atr_ring_reserve(&world.ring, payload_bytes, &actor->slot);

    check(result == expected_result(payload_bytes), "a reserve with the wrong result");
    world.lock_owner = 0;
    if (result == ATR_RING_OK) {
        note_reserved(actor, payload_bytes);
        note_lies();
        actor->phase = PHASE_FILL;
        return;
    }
    world.was_broken = world.was_broken || result == ATR_RING_BAD_CONSUMER;
    world.dropped++;
    if (explorer.mutation == MUTATION_BROKEN_MENDS) {
        world.ring.is_broken = false;
    }
    next_record(actor);
}

static void
commit(struct actor *actor)
{
    atr_ring_commit(&actor->slot);
    world.records[actor->record].is_committed = true;
    next_record(actor);
}

static void
producer_step(struct actor *actor)
{
    switch (actor->phase) {
    case PHASE_RESERVE:
        if (actor->accesses == 0) {
            world.ring_before = world.ring;
            world.lock_owner = explorer.actor + 1;
        }
        world.ring = world.ring_before;
        (void)run_step(reserve, actor);
        break;
    case PHASE_FILL:
        if (actor->is_busy_delayed) {
            actor->is_busy_delayed = false;
            actor->slot.header->state = ATR_RING_BUSY;
            break;
        }
        memset(actor->slot.payload, world.records[actor->record].fill, payload_bytes_of(actor));
        actor->phase = PHASE_COMMIT;
        break;
    default:
        (void)run_step(commit, actor);
        break;
    }
}

/* The consumer. */

static bool
have_all_ended(void)
{
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        if (world.actors[i].phase != PHASE_DONE) {
            return false;
        }
    }
    return true;
}

static void
judge_the_end(void)
{
    check(world.read_count == world.record_count, "a record that never came out");
    check(world.ring.sequence == world.record_count + world.dropped, "a sequence that lies");
    check(world.shared.head == world.consumer.tail, "room that never came back");
}

static void
read_one(struct actor *actor)
{
    switch (atr_ring_read(&world.reader, &actor->view)) {
    case ATR_RING_READ_RECORD:
        actor->record = world.read_count;
        actor->phase =
            explorer.mutation == MUTATION_RELEASE_BEFORE_COPY ? PHASE_RELEASE : PHASE_COPY;
        check(actor->record < world.record_count, "a record nobody wrote");
        check(actor->view.payload_bytes <= RECORD_BYTES - ATR_RING_HEADER_BYTES,
              "a record too large");
        break;
    case ATR_RING_READ_EMPTY:
        if (actor->had_all_ended) {
            judge_the_end();
            actor->phase = PHASE_DONE;
        }
        break;
    case ATR_RING_READ_BUSY:
        check(!actor->had_all_ended, "a record busy for ever");
        break;
    case ATR_RING_READ_DAMAGED:
        violated("a reader that finds damage");
        break;
    }
}

static void
judge_copy(const struct actor *actor)
{
    const struct record *record = &world.records[actor->record];

    check(actor->view.sequence == record->sequence, "a record out of order");
    check(actor->view.payload_bytes == rounded(record->payload_bytes), "a record of another size");
    for (uint32_t i = 0; i < rounded(record->payload_bytes); i++) {
        check(actor->copied[i] == (i < record->payload_bytes ? record->fill : 0),
              "a record with other content");
    }
}

static void
end_of_record(struct actor *actor)
{
    actor->phase = PHASE_READ;
    memset(&actor->view, 0, sizeof(actor->view));
    memset(actor->copied, 0, sizeof(actor->copied));
}

static void
release(struct actor *actor)
{
    atr_ring_release(&world.reader);
    world.read_count++;
    if (explorer.mutation == MUTATION_RELEASE_BEFORE_COPY) {
        actor->phase = PHASE_COPY;
    } else {
        end_of_record(actor);
    }
}

static void
consumer_step(struct actor *actor)
{
    switch (actor->phase) {
    case PHASE_READ:
        if (actor->accesses == 0) {
            world.reader_before = world.reader;
            actor->had_all_ended = have_all_ended();
        }
        world.reader = world.reader_before;
        (void)run_step(read_one, actor);
        break;
    case PHASE_COPY:
        memcpy(actor->copied, actor->view.payload, actor->view.payload_bytes);
        judge_copy(actor);
        actor->phase = PHASE_RELEASE;
        if (explorer.mutation == MUTATION_RELEASE_BEFORE_COPY) {
            end_of_record(actor);
        }
        break;
    default:
        (void)run_step(release, actor);
        break;
    }
}

/* What an enemy would try, told by where things stand. */
static const struct {
    enum {
        FROM_ZERO,
        FROM_TAIL,
        FROM_HEAD,
    } from;

    uint64_t distance;
} nasty[] = {
    {FROM_ZERO, 0},
    {FROM_ZERO, 1},
    {FROM_ZERO, (uint64_t)1 << 32},
    {FROM_ZERO, (uint64_t)1 << 63},
    {FROM_ZERO, UINT64_MAX},
    {FROM_TAIL, (uint64_t)0 - RING_BYTES},
    {FROM_TAIL, (uint64_t)0 - 16},
    {FROM_TAIL, (uint64_t)0 - 1},
    {FROM_TAIL, 0},
    {FROM_TAIL, 1},
    {FROM_TAIL, 16},
    {FROM_HEAD, (uint64_t)0 - 16},
    {FROM_HEAD, (uint64_t)0 - 1},
    {FROM_HEAD, 0},
    {FROM_HEAD, 1},
    {FROM_HEAD, 16},
    {FROM_HEAD, RING_BYTES},
};

enum {
    NASTY_COUNT = sizeof(nasty) / sizeof(nasty[0])
};

static void
hostile_step(unsigned which)
{
    uint64_t from = nasty[which].from == FROM_ZERO   ? 0
                    : nasty[which].from == FROM_TAIL ? world.ring.tail
                                                     : world.shared.head;

    world.consumer.tail = from + nasty[which].distance;
}

/* What holds after every step. */

static bool
is_intact(const struct record *record)
{
    const uint8_t *at = world.data + record->position % RING_BYTES;
    const struct atr_ring_header *header = (const struct atr_ring_header *)(const void *)at;

    if (header->state != ATR_RING_READY || header->sequence != record->sequence ||
        header->size_bytes != ATR_RING_HEADER_BYTES + rounded(record->payload_bytes)) {
        return false;
    }
    for (uint32_t i = 0; i < rounded(record->payload_bytes); i++) {
        if (at[ATR_RING_HEADER_BYTES + i] != (i < record->payload_bytes ? record->fill : 0)) {
            return false;
        }
    }
    return true;
}

static bool
is_unread(uint32_t index)
{
    return explorer.is_hostile ? world.records[index].position >= world.ring.tail
                               : index >= world.read_count;
}

static void
check_world(const struct world *previous)
{
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        check(world.before[i] == GUARD && world.after[i] == GUARD, "a write outside the ring");
    }
    for (uint32_t i = 0; i < world.record_count; i++) {
        if (world.records[i].is_committed && is_unread(i) && !world.is_lied_to) {
            check(is_intact(&world.records[i]), "a committed record that nobody read is gone");
        }
    }
    check(world.ring.head - world.ring.tail <= RING_BYTES, "more in the ring than its size");
    check(world.shared.head >= previous->shared.head, "a head that goes back");
    check(!previous->was_broken ||
              (world.shared.broken != 0 && world.shared.head == previous->shared.head),
          "a broken ring that goes on");
    check(explorer.is_hostile || !world.was_broken, "a ring broken by nobody");
}

/* The exploration. */

/* Only while a reserve is yet to come; of a broken ring only whether a good tail mends it. */
static bool
is_hostile_step_useful(unsigned which)
{
    bool is_good = nasty[which].from == FROM_TAIL && nasty[which].distance == 0;
    bool is_awaited = false;

    for (uint32_t i = 0; i < PRODUCERS; i++) {
        const struct actor *actor = &world.actors[i];

        is_awaited = is_awaited || actor->number + 1 < explorer.records_each ||
                     (actor->phase == PHASE_RESERVE && actor->accesses == 0);
    }
    return is_awaited && (is_good || !world.was_broken);
}

static bool
is_enabled(unsigned choice)
{
    const struct actor *actor;

    if (choice >= CONSUMER && explorer.is_hostile) {
        return is_hostile_step_useful(choice - CONSUMER);
    }
    actor = &world.actors[choice];
    if (actor->phase == PHASE_RESERVE && choice < PRODUCERS) {
        return world.lock_owner == 0 || world.lock_owner == choice + 1;
    }
    return actor->phase != PHASE_DONE;
}

static void
make_step(unsigned choice)
{
    explorer.actor = choice < PRODUCERS ? choice : CONSUMER;
    if (choice < PRODUCERS) {
        producer_step(&world.actors[choice]);
    } else if (explorer.is_hostile) {
        hostile_step(choice - CONSUMER);
    } else {
        consumer_step(&world.actors[CONSUMER]);
    }
}

/* True the first time. A hundred bits of hash: two worlds are not taken for one. */
static bool
is_new_world(void)
{
    uint64_t hash[2] = {1, 2};
    const uint8_t *bytes = (const uint8_t *)&world;
    size_t slot;

    for (size_t i = 0; i < sizeof(world); i += 8) {
        uint64_t part;

        memcpy(&part, bytes + i, 8);
        hash[0] = (hash[0] ^ part) * 0x9e3779b97f4a7c15U;
        hash[0] ^= hash[0] >> 29;
        hash[1] = (hash[1] + part) * 0xd6e8feb86659fd93U;
        hash[1] ^= hash[1] >> 32;
    }
    hash[0] |= 1;
    for (slot = hash[1] % VISITED_SLOTS; explorer.visited[slot][0] != 0;
         slot = (slot + 1) % VISITED_SLOTS) {
        if (explorer.visited[slot][0] == hash[0] && explorer.visited[slot][1] == hash[1]) {
            return false;
        }
    }
    memcpy(explorer.visited[slot], hash, sizeof(hash));
    return true;
}

static void
explore(void)
{
    unsigned all_choices = CONSUMER + (explorer.is_hostile ? (unsigned)NASTY_COUNT : 1);
    unsigned depth = 1;
    uint64_t states = 0;

    explorer.stack[0] = world;
    explorer.choice[0] = 0;
    explorer.choice_count[0] = all_choices;
    memset(explorer.visited, 0, VISITED_SLOTS * sizeof(explorer.visited[0]));
    while (depth > 0 && explorer.violation == NULL) {
        unsigned choice = explorer.choice[depth - 1]++;

        if (choice >= explorer.choice_count[depth - 1]) {
            depth--;
            continue;
        }
        world = explorer.stack[depth - 1];
        if (!is_enabled(choice)) {
            continue;
        }
        make_step(choice);
        check_world(&explorer.stack[depth - 1]);
        if (is_new_world()) {
            assert_true(depth < DEPTH_MAX);
            assert_true(++states < VISITED_SLOTS / 4 * 3); /* else it was not all */
            explorer.stack[depth] = world;
            explorer.choice[depth] = 0;
            /* A second lie at once is a first one of the world before. */
            explorer.choice_count[depth] =
                explorer.is_hostile && choice >= CONSUMER ? CONSUMER : all_choices;
            depth++;
        }
    }
    explorer.states += states;
}

/* Worlds to begin with: where in the ring, and how much of it is full. */

static void
begin_world(uint64_t position, uint32_t prefill)
{
    memset(&world, 0, sizeof(world));
    memset(world.before, GUARD, sizeof(world.before));
    memset(world.after, GUARD, sizeof(world.after));
    memset(world.data, 0xee, sizeof(world.data)); /* as after many rounds */
    atr_ring_init(&world.ring, world.data, RING_BYTES, &world.shared, &world.consumer);
    atr_ring_reader_init(&world.reader, world.data, RING_BYTES, &world.shared, &world.consumer);
    world.ring.head = world.ring.tail = world.reader.position = position;
    world.shared.head = position;
    world.consumer.tail = position;
    world.actors[CONSUMER].phase = PHASE_READ;
    world.actors[0].number = RECORDS_MAX - 1; /* a place in sizes that is not used otherwise */
    explorer.sizes[0][RECORDS_MAX - 1] = ATR_RING_ALIGN;
    for (uint32_t i = 0; i < prefill; i++) {
        world.actors[0].phase = PHASE_RESERVE;
        while (world.actors[0].phase != PHASE_DONE) {
            make_step(0);
        }
        world.actors[0].number = RECORDS_MAX - 1;
    }
    world.dropped = 0;
    world.actors[0].phase = PHASE_RESERVE;
    world.actors[0].number = 0;
}

enum {
    START_COUNT = 10,
    QUICK_COUNT = 4, /* of them; --all takes a minute or two */
};

/* The first thing that was wrong, or NULL. */
static const char *
explore_all(enum mutation mutation, bool is_hostile)
{
    static const struct {
        uint64_t position;
        uint32_t prefill;
        uint16_t sizes[PRODUCERS][RECORDS_MAX];
    } starts[START_COUNT] = {
        {0, 0, {{16, 0}, {5, 16}}},    {224, 5, {{16, 0}, {5, 16}}}, /* a pad, then full */
        {240, 0, {{0, 13}, {16, 16}}}, {((uint64_t)1 << 40) + 208, 5, {{0, 13}, {16, 16}}},
        {0, 5, {{16, 0}, {5, 16}}},    {0, 7, {{0, 13}, {16, 16}}},
        {208, 7, {{16, 0}, {5, 16}}},  {224, 7, {{0, 13}, {16, 16}}},
        {240, 5, {{16, 0}, {5, 16}}},  {240, 7, {{16, 16}, {0, 0}}},
    };

    explorer.visited = calloc(VISITED_SLOTS, sizeof(explorer.visited[0]));
    assert_non_null(explorer.visited);
    explorer.violation = NULL;
    explorer.states = 0;
    explorer.is_hostile = is_hostile;
    explorer.records_each = 2;
    for (size_t i = 0; i < (explorer.is_all ? START_COUNT : QUICK_COUNT); i++) {
        memcpy(explorer.sizes, starts[i].sizes, sizeof(explorer.sizes));
        explorer.mutation = MUTATION_NONE;
        begin_world(starts[i].position, starts[i].prefill);
        explorer.mutation = mutation;
        explore();
        if (explorer.violation != NULL) {
            break;
        }
    }
    free(explorer.visited);
    return explorer.violation;
}

static void
report(const char *violation)
{
    print_message("%llu worlds: %s\n", (unsigned long long)explorer.states,
                  violation == NULL ? "all is well" : violation);
}

static void
each_record_comes_out_once_and_in_order_in_every_interleaving(void **state)
{
    const char *violation = explore_all(MUTATION_NONE, false);

    (void)state;
    report(violation);
    assert_null(violation);
}

static void
a_reader_that_writes_garbage_reaches_nothing_but_its_own_end(void **state)
{
    const char *violation = explore_all(MUTATION_NONE, true);

    (void)state;
    report(violation);
    assert_null(violation);
}

static void
each_planted_fault_is_seen(void **state)
{
    static const struct {
        enum mutation mutation;
        bool is_hostile;
        const char *violation;
    } faults[] = {
        {MUTATION_HEAD_BEFORE_BUSY, false, "a reader that finds damage"},
        {MUTATION_READY_AT_ONCE, false, "a record with other content"},
        {MUTATION_TAIL_IGNORED, false, "a reserve with the wrong result"},
        {MUTATION_TAIL_FORGIVEN, true, "a reserve with the wrong result"},
        {MUTATION_BROKEN_MENDS, true, "a reserve with the wrong result"},
        {MUTATION_RELEASE_BEFORE_COPY, false, "a record with other content"},
    };

    (void)state;
    CHECK_UINT(sizeof(faults) / sizeof(faults[0]), MUTATION_COUNT - 1);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const char *violation = explore_all(faults[i].mutation, faults[i].is_hostile);

        report(violation);
        assert_non_null(violation);
        assert_string_equal(violation, faults[i].violation);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_comes_out_once_and_in_order_in_every_interleaving),
        cmocka_unit_test(a_reader_that_writes_garbage_reaches_nothing_but_its_own_end),
        cmocka_unit_test(each_planted_fault_is_seen),
    };

    explorer.is_all = argc > 1 && strcmp(argv[1], "--all") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
