/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "wire/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/*
 * Several producers, one consumer, all at once. Run under ThreadSanitizer (preset tsan) this says
 * whether the orders in the protocol are the ones it needs.
 */

enum {
    PRODUCERS = 3,
    RECORDS_EACH = 40000,
    RING_BYTES = 8192,
    WORDS_MAX = 60,
};

/* What a record holds: enough to know a torn, doubled or misplaced one. */
struct content {
    uint64_t sequence; /* as the ring gave it out */
    uint32_t producer;
    uint32_t number;
    uint32_t word_count;
    uint32_t unused;
    uint64_t words[WORDS_MAX];
};

struct shared {
    _Alignas(ATR_RING_LINE_BYTES) uint8_t data[RING_BYTES];
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_producer producer;
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_consumer consumer;
    struct atr_ring ring;
    pthread_mutex_t lock;
    _Atomic uint32_t producers_left;
    bool may_drop;
};

struct producer {
    struct shared *shared;
    uint32_t index;
    uint64_t written;
    uint64_t dropped;
    pthread_t thread;
};

struct consumer {
    struct shared *shared;
    uint64_t read;
    uint64_t gaps;
    uint64_t wrong;
    pthread_t thread;
};

static uint64_t
word(uint32_t producer, uint32_t number, uint32_t i)
{
    return ((uint64_t)producer << 48 | (uint64_t)number << 16 | i) * 0x9e3779b97f4a7c15U;
}

static uint32_t
content_bytes(uint32_t word_count)
{
    return (uint32_t)(offsetof(struct content, words) + 8 * (size_t)word_count);
}

static void
fill(struct content *content, const struct atr_ring_slot *slot, uint32_t producer, uint32_t number)
{
    content->sequence = slot->header->sequence;
    content->producer = producer;
    content->number = number;
    content->word_count = number % (WORDS_MAX + 1);
    content->unused = 0;
    for (uint32_t i = 0; i < content->word_count; i++) {
        content->words[i] = word(producer, number, i);
    }
}

static void *
produce(void *context)
{
    struct producer *producer = context;
    struct shared *shared = producer->shared;

    for (uint32_t number = 0; number < RECORDS_EACH; number++) {
        struct atr_ring_slot slot;
        enum atr_ring_result result;

        do {
            (void)pthread_mutex_lock(&shared->lock);
            result =
                atr_ring_reserve(&shared->ring, content_bytes(number % (WORDS_MAX + 1)), &slot);
            (void)pthread_mutex_unlock(&shared->lock);
            if (result != ATR_RING_OK) {
                producer->dropped++;
                (void)sched_yield();
            }
        } while (result != ATR_RING_OK && !shared->may_drop);
        if (result == ATR_RING_OK) {
            fill((struct content *)(void *)slot.payload, &slot, producer->index, number);
            atr_ring_commit(&slot);
            producer->written++;
        }
    }
    (void)atomic_fetch_sub(&shared->producers_left, 1);
    return NULL;
}

static bool
is_right(const struct atr_ring_view *view, uint32_t next_number[PRODUCERS])
{
    const struct content *content = (const struct content *)(const void *)view->payload;

    if (content->sequence != view->sequence || content->producer >= PRODUCERS ||
        content->number < next_number[content->producer] ||
        content->word_count != content->number % (WORDS_MAX + 1) ||
        view->payload_bytes != (content_bytes(content->word_count) + 15) / 16 * 16) {
        return false;
    }
    next_number[content->producer] = content->number + 1;
    for (uint32_t i = 0; i < content->word_count; i++) {
        if (content->words[i] != word(content->producer, content->number, i)) {
            return false;
        }
    }
    return true;
}

static void *
consume(void *context)
{
    struct consumer *consumer = context;
    struct shared *shared = consumer->shared;
    uint32_t next_number[PRODUCERS] = {0};
    uint64_t next_sequence = 0;
    struct atr_ring_reader reader;

    atr_ring_reader_init(&reader, shared->data, RING_BYTES, &shared->producer, &shared->consumer);
    for (;;) {
        bool is_last = atomic_load(&shared->producers_left) == 0;
        struct atr_ring_view view;
        enum atr_ring_read result = atr_ring_read(&reader, &view);

        if (result == ATR_RING_READ_RECORD) {
            consumer->wrong += !is_right(&view, next_number) || view.sequence < next_sequence;
            consumer->gaps += view.sequence - next_sequence;
            next_sequence = view.sequence + 1;
            consumer->read++;
            atr_ring_release(&reader);
        } else if (result == ATR_RING_READ_DAMAGED) {
            consumer->wrong++;
            return NULL;
        } else if (is_last) {
            consumer->gaps += shared->ring.sequence - next_sequence;
            return NULL;
        } else {
            (void)sched_yield();
        }
    }
}

static void
run(bool may_drop)
{
    struct shared *shared = aligned_alloc(ATR_RING_LINE_BYTES, sizeof(*shared));
    struct consumer consumer = {.shared = shared};
    struct producer producers[PRODUCERS];
    uint64_t written = 0;
    uint64_t dropped = 0;

    assert_non_null(shared);
    memset(shared, 0, sizeof(*shared));
    shared->may_drop = may_drop;
    atomic_store(&shared->producers_left, PRODUCERS);
    (void)pthread_mutex_init(&shared->lock, NULL);
    atr_ring_init(&shared->ring, shared->data, RING_BYTES, &shared->producer, &shared->consumer);
    CHECK_INT(pthread_create(&consumer.thread, NULL, consume, &consumer), 0);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.shared = shared, .index = i};
        CHECK_INT(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        written += producers[i].written;
        dropped += producers[i].dropped;
    }
    (void)pthread_join(consumer.thread, NULL);
    CHECK_UINT(consumer.wrong, 0);
    CHECK_UINT(consumer.read, written);
    CHECK_UINT(consumer.gaps, dropped);
    CHECK_UINT(written + dropped, shared->ring.sequence);
    CHECK_UINT(shared->producer.head, shared->consumer.tail);
    if (!may_drop) {
        CHECK_UINT(written, (uint64_t)PRODUCERS * RECORDS_EACH);
    }
    (void)pthread_mutex_destroy(&shared->lock);
    free(shared);
}

static void
every_record_comes_out_whole_and_once(void **state)
{
    (void)state;
    run(false);
}

static void
a_full_ring_loses_exactly_what_it_says(void **state)
{
    (void)state;
    run(true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_out_whole_and_once),
        cmocka_unit_test(a_full_ring_loses_exactly_what_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
