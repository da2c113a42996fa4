/* SPDX-License-Identifier: MIT */
/*
 * What a record costs its writer: reserve, copy 200 bytes, commit; beside LTTng-UST's tracepoint
 * with the same bytes. One and two threads, each with a ring of its own, as each processor has in
 * the driver; the lock nobody else wants is an atomic flag. Nobody reads, on either side: the tail
 * is moved on now and then, LTTng's session overwrites (bench/with-lttng). LTTng reads a clock for
 * each record, so the ring is also timed with one.
 *
 * Cost is CPU time of the writing thread: what others do on the machine is not in it, what two
 * threads do to each other is.
 */
#include "wire/ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef ATR_HAVE_LTTNG
#include "bench/lttng_peer.h"
#endif

enum {
    ROUNDS = 7,
    RECORDS = 1000000,
    PAYLOAD_BYTES = 200,
    FREE_EVERY = 4096, /* records */
    THREADS_MAX = 2,
};

struct lane {
    _Alignas(ATR_RING_LINE_BYTES) atomic_flag lock;
    struct atr_ring ring;
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_producer producer;
    _Alignas(ATR_RING_LINE_BYTES) struct atr_ring_consumer consumer;
    uint8_t payload[PAYLOAD_BYTES];
    uint64_t failed;
};

typedef void write_fn(struct lane *lane);

struct work {
    struct lane *lane;
    write_fn *write;
    pthread_barrier_t *start;
    uint64_t cpu_ns;
};

struct cost {
    double cpu_ns;  /* a record, of the thread that writes it */
    double wall_ns; /* a record, all threads together */
};

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void
write_ring(struct lane *lane, bool has_clock)
{
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct atr_ring_slot slot;
        enum atr_ring_result result;

        if (has_clock) {
            uint64_t now = now_ns(CLOCK_MONOTONIC);

            memcpy(lane->payload, &now, sizeof(now));
        }
        while (atomic_flag_test_and_set_explicit(&lane->lock, memory_order_acquire)) {
        }
        result = atr_ring_reserve(&lane->ring, PAYLOAD_BYTES, &slot);
        atomic_flag_clear_explicit(&lane->lock, memory_order_release);
        if (result == ATR_RING_OK) {
            memcpy(slot.payload, lane->payload, PAYLOAD_BYTES);
            atr_ring_commit(&slot);
        } else {
            lane->failed++;
        }
        if (i % FREE_EVERY == 0) {
            atomic_store_explicit(&lane->consumer.tail, lane->ring.head, memory_order_release);
        }
    }
}

static void
write_plain(struct lane *lane)
{
    write_ring(lane, false);
}

static void
write_clock(struct lane *lane)
{
    write_ring(lane, true);
}

#ifdef ATR_HAVE_LTTNG
static void
write_lttng(struct lane *lane)
{
    lttng_peer_write(lane->payload, RECORDS);
}
#endif

static void *
run_work(void *context)
{
    struct work *work = context;

    (void)pthread_barrier_wait(work->start);
    work->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    work->write(work->lane);
    work->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - work->cpu_ns;
    return NULL;
}

/* Makes best the better of itself and one more run. */
static void
measure(struct lane *lanes, unsigned threads, write_fn *write, struct cost *best)
{
    pthread_barrier_t start;
    struct work works[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    uint64_t begin;
    uint64_t cpu_ns = 0;
    double records = (double)RECORDS * threads;
    struct cost cost;

    (void)pthread_barrier_init(&start, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        works[i] = (struct work){&lanes[i], write, &start, 0};
        if (pthread_create(&ids[i], NULL, run_work, &works[i]) != 0) {
            perror("pthread_create");
            exit(1);
        }
    }
    begin = now_ns(CLOCK_MONOTONIC);
    (void)pthread_barrier_wait(&start);
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(ids[i], NULL);
        cpu_ns += works[i].cpu_ns;
    }
    cost.wall_ns = (double)(now_ns(CLOCK_MONOTONIC) - begin) / records;
    cost.cpu_ns = (double)cpu_ns / records;
    (void)pthread_barrier_destroy(&start);
    if (best->cpu_ns == 0 || cost.cpu_ns < best->cpu_ns) {
        best->cpu_ns = cost.cpu_ns;
    }
    if (best->wall_ns == 0 || cost.wall_ns < best->wall_ns) {
        best->wall_ns = cost.wall_ns;
    }
}

static void
print_row(const char *name, unsigned threads, const struct cost *cost)
{
    printf("%-24s %u thread%s %7.1f ns a record %7.1f M records/s\n", name, threads,
           threads == 1 ? " " : "s", cost->cpu_ns, 1000 / cost->wall_ns);
}

static void
bench(struct lane *lanes, unsigned threads)
{
    struct cost plain = {0, 0};
    struct cost with_clock = {0, 0};
    struct cost peer = {0, 0};

    /* By turns, so that a busy machine is busy for all. */
    for (unsigned i = 0; i < ROUNDS; i++) {
        measure(lanes, threads, write_plain, &plain);
        measure(lanes, threads, write_clock, &with_clock);
#ifdef ATR_HAVE_LTTNG
        if (lttng_peer_is_on()) {
            measure(lanes, threads, write_lttng, &peer);
        }
#endif
    }
    print_row("ring", threads, &plain);
    print_row("ring, with a clock read", threads, &with_clock);
    if (peer.cpu_ns > 0) {
        print_row("LTTng-UST tracepoint", threads, &peer);
        printf("ratio: %.2f of LTTng's time, with the clock read %.2f\n",
               plain.cpu_ns / peer.cpu_ns, with_clock.cpu_ns / peer.cpu_ns);
    } else {
        printf("no LTTng session: no peer for the ring\n");
    }
}

int
main(void)
{
    static struct lane lanes[THREADS_MAX];
    uint64_t failed = 0;

    for (unsigned i = 0; i < THREADS_MAX; i++) {
        uint8_t *data = aligned_alloc(ATR_RING_LINE_BYTES, ATR_RING_BYTES_DEFAULT);

        if (data == NULL) {
            perror("bench_ring");
            return 1;
        }
        memset(data, 0, ATR_RING_BYTES_DEFAULT);
        atomic_flag_clear(&lanes[i].lock);
        atr_ring_init(&lanes[i].ring, data, ATR_RING_BYTES_DEFAULT, &lanes[i].producer,
                      &lanes[i].consumer);
    }
    for (unsigned threads = 1; threads <= THREADS_MAX; threads++) {
        bench(lanes, threads);
    }
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        failed += lanes[i].failed;
        free(lanes[i].ring.data);
    }
    if (failed != 0) {
        printf("%llu records were refused: the figures mean nothing\n", (unsigned long long)failed);
        return 1;
    }
    return 0;
}
