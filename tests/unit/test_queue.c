/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "base/limits.h"
#include "output/queue.h"

#include <string.h>

/* Lines that wait for their replies. */

static struct atr_queue queue;
static struct atr_text shown;
static enum atr_status sink_status;
static unsigned hand_overs;

static enum atr_status
keep(void *context, struct atr_str text)
{
    (void)context;
    hand_overs++;
    atr_text_put(&shown, text);
    return sink_status;
}

static void
open_queue(bool is_tree, const struct atr_heap *heap)
{
    const struct atr_style style = {.time = ATR_TIME_SINCE_START};
    const struct atr_heap libc = atr_heap_default();

    sink_status = ATR_OK;
    hand_overs = 0;
    atr_text_init(&shown, libc);
    atr_queue_init(&queue, &style, (struct atr_sink){keep, NULL}, heap == NULL ? &libc : heap,
                   is_tree);
}

static void
close_queue(void)
{
    atr_queue_fini(&queue);
    atr_text_fini(&shown);
}

/* A line that says only what it is called. */
static struct atr_held *
begin(uint64_t call_id, uint64_t parent_id, const char *text)
{
    struct atr_held *held = atr_queue_add(&queue, call_id, parent_id);

    assert_non_null(held);
    held->wants_result = true;
    atr_text_puts(&held->left, text);
    atr_queue_count(&queue, held);
    return held;
}

static void
end(uint64_t call_id, const char *result)
{
    struct atr_held *held = atr_queue_find(&queue, call_id);

    assert_non_null(held);
    atr_text_puts(&held->result, result);
    atr_queue_complete(&queue, held);
}

static void
flush(bool all)
{
    CHECK_UINT(atr_queue_flush(&queue, all), ATR_OK);
}

static void
lines_leave_in_the_order_they_began(void **state)
{
    (void)state;
    open_queue(false, NULL);
    (void)begin(1, 0, "a");
    (void)begin(2, 0, "b");
    (void)begin(3, 0, "c");
    end(2, "2");
    flush(false);
    CHECK_UINT(queue.held, 3); /* b waits for a */
    end(1, "1");
    flush(false);
    CHECK_UINT(queue.held, 1);
    assert_null(atr_queue_find(&queue, 1));
    assert_non_null(atr_queue_find(&queue, 3));
    flush(true);
    CHECK_STR(atr_text_view(&shown), "a = 1\nb = 2\nc [no reply seen]\n");
    CHECK_UINT(queue.held, 0);
    CHECK_UINT(queue.held_bytes, 0);
    close_queue();
}

static void
a_recycled_line_remembers_nothing(void **state)
{
    struct atr_held *held;

    (void)state;
    open_queue(false, NULL);
    held = begin(1, 0, "a");
    atr_text_puts(&held->server, " server");
    atr_text_puts(&held->right, " right");
    atr_text_puts(&held->details, "details\n");
    held->has_latency = true;
    held->latency_ns = 5000;
    held->time_known = true;
    held->request.size_bytes = 1;
    end(1, "1");
    flush(true);
    held = begin(2, 0, "b");
    CHECK_UINT(held->request.size_bytes, 0);
    held->wants_result = false;
    atr_queue_complete(&queue, held);
    flush(true);
    CHECK_STR(atr_text_view(&shown), "0.000000 a server right = 1 <5.0 us>\ndetails\nb\n");
    close_queue();
}

/* Calls whose numbers are a multiple of the places apart want the same one. */
static void
lines_are_found_whoever_has_their_place(void **state)
{
    const uint64_t places = UINT64_C(1) << ATR_RECENT_BITS;
    struct atr_held *lines[4];

    (void)state;
    open_queue(false, NULL);
    for (uint64_t i = 0; i < 4; i++) {
        lines[i] = begin(7 + i * places, 0, "x");
    }
    for (uint64_t i = 0; i < 4; i++) {
        assert_ptr_equal(atr_queue_find(&queue, 7 + i * places), lines[i]);
    }
    assert_null(atr_queue_find(&queue, 7 + 4 * places));
    assert_null(atr_queue_find(&queue, 8));
    assert_null(atr_queue_find(&queue, 0));
    end(7, "");
    flush(false);
    assert_null(atr_queue_find(&queue, 7));
    for (uint64_t i = 1; i < 4; i++) {
        assert_ptr_equal(atr_queue_find(&queue, 7 + i * places), lines[i]);
    }
    assert_non_null(begin(7 + 5 * places, 0, "y"));
    end(7 + 2 * places, "");
    flush(true);
    for (uint64_t i = 0; i < 6; i++) {
        assert_null(atr_queue_find(&queue, 7 + i * places));
    }
    close_queue();
}

static void
too_many_waiting_lines_push_out_the_oldest(void **state)
{
    (void)state;
    open_queue(false, NULL);
    for (uint64_t i = 1; i <= ATR_HELD_LINES_MAX + 2; i++) {
        (void)begin(i, 0, "x");
        flush(false);
    }
    CHECK_UINT(queue.held, ATR_HELD_LINES_MAX);
    assert_null(atr_queue_find(&queue, 2));
    assert_non_null(atr_queue_find(&queue, 3));
    flush(true);
    close_queue();
}

static void
too_many_waiting_bytes_push_out_the_oldest(void **state)
{
    struct atr_held *held;

    (void)state;
    open_queue(false, NULL);
    for (uint64_t i = 1; i <= 3; i++) {
        held = begin(i, 0, "x");
        atr_text_pad(&held->details, '.', ATR_HELD_BYTES_MAX / 2 - 100);
        atr_queue_count(&queue, held);
        flush(false);
    }
    assert_null(atr_queue_find(&queue, 1));
    assert_non_null(atr_queue_find(&queue, 2));
    end(2, "2");
    end(3, "3");
    flush(false);
    CHECK_UINT(queue.held_bytes, 0);
    close_queue();
}

static void
a_tree_waits_for_all_below(void **state)
{
    (void)state;
    open_queue(true, NULL);
    (void)begin(1, 0, "root");
    (void)begin(2, 1, "child");
    (void)begin(3, 2, "grandchild");
    (void)begin(4, 1, "second child");
    (void)begin(5, 0, "next root");
    end(5, "5");
    end(1, "1");
    end(2, "2");
    flush(false);
    CHECK_UINT(queue.held, 5); /* 3 and 4 are open */
    end(4, "4");
    end(3, "3");
    flush(false);
    flush(true);
    CHECK_STR(atr_text_view(&shown), "root = 1\n"
                                     "  child = 2\n"
                                     "    grandchild = 3\n"
                                     "  second child = 4\n"
                                     "next root = 5\n");
    close_queue();
}

static void
a_child_whose_parent_was_written_is_a_root(void **state)
{
    (void)state;
    open_queue(true, NULL);
    (void)begin(1, 0, "root");
    end(1, "1");
    flush(false);
    (void)begin(2, 1, "late child");
    end(2, "2");
    flush(true);
    CHECK_STR(atr_text_view(&shown), "root = 1\nlate child = 2\n");
    close_queue();
}

static void
a_list_knows_no_parents(void **state)
{
    (void)state;
    open_queue(false, NULL);
    (void)begin(1, 0, "a");
    (void)begin(2, 1, "b");
    flush(true);
    CHECK_STR(atr_text_view(&shown), "a [no reply seen]\nb [no reply seen]\n");
    close_queue();
}

static void
a_reader_that_goes_away_stops_the_writing(void **state)
{
    (void)state;
    open_queue(false, NULL);
    (void)begin(1, 0, "a");
    sink_status = ATR_END;
    CHECK_UINT(atr_queue_flush(&queue, true), ATR_END);
    close_queue();
}

static void
what_still_waits_is_freed(void **state)
{
    struct test_failing_heap heap;

    (void)state;
    for (unsigned tree = 0; tree < 2; tree++) {
        test_failing_heap_init(&heap, 0);
        open_queue(tree != 0, &heap.heap);
        for (uint64_t i = 1; i <= 50; i++) {
            (void)begin(i, i / 2, "x");
        }
        close_queue();
        CHECK_UINT(heap.live_blocks, 0);
    }
}

static void
live(void)
{
    for (uint64_t i = 1; i <= 20; i++) {
        struct atr_held *held = atr_queue_add(&queue, i, i / 2);

        if (held != NULL) {
            atr_text_puts(&held->left, "some text, longer than nothing");
            atr_queue_complete(&queue, held);
        }
    }
}

static void
every_refused_request_for_memory_is_survived(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct test_failing_heap heap;
        enum atr_status status;

        test_failing_heap_init(&heap, n);
        open_queue(n % 2 == 0, &heap.heap);
        live();
        status = atr_queue_flush(&queue, true);
        assert_true(status == ATR_OK || status == ATR_NOMEM);
        close_queue();
        CHECK_UINT(heap.live_blocks, 0);
        if (!heap.failed) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_leave_in_the_order_they_began),
        cmocka_unit_test(a_recycled_line_remembers_nothing),
        cmocka_unit_test(lines_are_found_whoever_has_their_place),
        cmocka_unit_test(too_many_waiting_lines_push_out_the_oldest),
        cmocka_unit_test(too_many_waiting_bytes_push_out_the_oldest),
        cmocka_unit_test(a_tree_waits_for_all_below),
        cmocka_unit_test(a_child_whose_parent_was_written_is_a_root),
        cmocka_unit_test(a_list_knows_no_parents),
        cmocka_unit_test(a_reader_that_goes_away_stops_the_writing),
        cmocka_unit_test(what_still_waits_is_freed),
        cmocka_unit_test(every_refused_request_for_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
