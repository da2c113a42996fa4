/* SPDX-License-Identifier: MIT */
#include "output/queue.h"

#include "base/limits.h"
#include "output/colors.h"

#include <string.h>

enum {
    SINK_BYTES = 64 * 1024, /* handed to the sink in pieces of about this */
    INDENT = 2,
    INDENT_DEPTH_MAX = 32, /* deeper calls stand in one column */
    FREE_BYTES_MAX = 4096, /* a recycled line does not keep more than this a text */
};

void
atr_queue_init(struct atr_queue *queue, const struct atr_style *style, struct atr_sink sink,
               const struct atr_heap *heap, bool is_tree)
{
    memset(queue, 0, sizeof(*queue));
    queue->heap = *heap;
    queue->sink = sink;
    queue->style = *style;
    queue->is_tree = is_tree;
    atr_time_writer_init(&queue->time, style->time);
    atr_text_init(&queue->out, *heap);
    atr_map_init(&queue->by_call, *heap, 2 * (size_t)ATR_HELD_LINES_MAX);
}

static void
texts_of(struct atr_held *held, struct atr_text *texts[5])
{
    texts[0] = &held->left;
    texts[1] = &held->server;
    texts[2] = &held->right;
    texts[3] = &held->result;
    texts[4] = &held->details;
}

static void
held_free(const struct atr_heap *heap, struct atr_held *held)
{
    struct atr_text *texts[5];

    texts_of(held, texts);
    for (size_t i = 0; i < ATR_COUNT(texts); i++) {
        atr_text_fini(texts[i]);
    }
    atr_heap_free(heap, held);
}

static size_t
held_bytes(struct atr_held *held)
{
    struct atr_text *texts[5];
    size_t sum = 0;

    texts_of(held, texts);
    for (size_t i = 0; i < ATR_COUNT(texts); i++) {
        sum += texts[i]->size_bytes;
    }
    return sum;
}

static size_t
recent_place(uint64_t call_id)
{
    return (size_t)(call_id & ((1 << ATR_RECENT_BITS) - 1));
}

struct atr_held *
atr_queue_find(const struct atr_queue *queue, uint64_t call_id)
{
    struct atr_held *held = queue->recent[recent_place(call_id)];

    if (call_id == 0 || (held != NULL && held->call_id == call_id)) {
        return call_id == 0 ? NULL : held;
    }
    return atr_map_find(&queue->by_call, (struct atr_key){0, call_id});
}

/* A line that cannot be found is one of its own. */
static void
make_findable(struct atr_queue *queue, struct atr_held *held, uint64_t call_id)
{
    struct atr_held **recent = &queue->recent[recent_place(call_id)];

    if (call_id == 0) {
        return;
    }
    if (*recent == NULL) {
        *recent = held;
        held->call_id = call_id;
    } else if (atr_map_put(&queue->by_call, (struct atr_key){0, call_id}, held) == ATR_OK) {
        held->call_id = call_id;
    }
}

static void
make_unfindable(struct atr_queue *queue, const struct atr_held *held)
{
    struct atr_held **recent = &queue->recent[recent_place(held->call_id)];

    if (*recent == held) {
        *recent = NULL;
    } else if (held->call_id != 0) {
        (void)atr_map_take(&queue->by_call, (struct atr_key){0, held->call_id});
    }
}

/* Ready for the next line: texts keep their room. */
static void
held_clear(struct atr_held *held)
{
    struct atr_text *texts[5];

    memset(held, 0, offsetof(struct atr_held, left));
    held->request.size_bytes = 0;
    held->reply.size_bytes = 0;
    texts_of(held, texts);
    for (size_t i = 0; i < ATR_COUNT(texts); i++) {
        atr_text_clear(texts[i]);
        if (texts[i]->room_bytes > FREE_BYTES_MAX) {
            atr_text_fini(texts[i]);
        }
    }
}

static struct atr_held *
held_make(struct atr_queue *queue)
{
    struct atr_held *held = queue->free;
    struct atr_text *texts[5];

    if (held != NULL) {
        queue->free = held->newer;
        held->newer = NULL;
        return held;
    }
    held = atr_heap_alloc(&queue->heap, 1, sizeof(*held));
    if (held != NULL) {
        texts_of(held, texts);
        for (size_t i = 0; i < ATR_COUNT(texts); i++) {
            atr_text_init(texts[i], queue->heap);
        }
    }
    return held;
}

static void
append_root(struct atr_queue *queue, struct atr_held *held)
{
    held->older = queue->newest;
    if (queue->newest != NULL) {
        queue->newest->newer = held;
    } else {
        queue->oldest = held;
    }
    queue->newest = held;
}

static void
append_child(struct atr_held *parent, struct atr_held *held)
{
    held->parent = parent;
    if (parent->last_child != NULL) {
        parent->last_child->next_sibling = held;
    } else {
        parent->first_child = held;
    }
    parent->last_child = held;
}

static void
count_open(struct atr_held *held, bool is_more)
{
    for (struct atr_held *above = held->parent; above != NULL; above = above->parent) {
        above->open_below += is_more ? 1U : UINT32_MAX;
    }
}

struct atr_held *
atr_queue_add(struct atr_queue *queue, uint64_t call_id, uint64_t parent_id)
{
    struct atr_held *parent = queue->is_tree ? atr_queue_find(queue, parent_id) : NULL;
    struct atr_held *held = held_make(queue);

    if (held == NULL) {
        return NULL;
    }
    make_findable(queue, held, call_id);
    if (parent != NULL) {
        append_child(parent, held);
    } else {
        append_root(queue, held);
    }
    count_open(held, true);
    queue->held++;
    return held;
}

void
atr_queue_count(struct atr_queue *queue, struct atr_held *held)
{
    size_t bytes = held_bytes(held);

    queue->held_bytes += bytes - held->counted_bytes;
    held->counted_bytes = bytes;
}

void
atr_queue_complete(struct atr_queue *queue, struct atr_held *held)
{
    if (!held->complete) {
        held->complete = true;
        count_open(held, false);
    }
    atr_queue_count(queue, held);
}

static void
write_latency(struct atr_queue *queue, const struct atr_held *held)
{
    if (held->has_latency && !queue->style.hide_latency) {
        atr_text_puts(&queue->out, " <");
        atr_duration_write(&queue->out, held->latency_ns);
        atr_text_putc(&queue->out, '>');
    }
}

static void
write_line(struct atr_queue *queue, const struct atr_held *held, uint32_t depth)
{
    struct atr_text *out = &queue->out;

    if (held->is_notice) {
        atr_text_put(out, atr_text_view(&held->left)); /* whole lines already */
        return;
    }
    atr_color_on(out, queue->style.color, ATR_COLOR_DIM);
    atr_time_write(&queue->time, out, held->time_ns, held->time_known);
    atr_color_off(out, queue->style.color);
    atr_text_pad(out, ' ', (size_t)(depth < INDENT_DEPTH_MAX ? depth : INDENT_DEPTH_MAX) * INDENT);
    atr_text_put(out, atr_text_view(&held->left));
    atr_text_put(out, atr_text_view(&held->server));
    atr_text_put(out, atr_text_view(&held->right));
    if (held->result.size_bytes > 0) {
        atr_text_puts(out, " = ");
        atr_text_put(out, atr_text_view(&held->result));
    } else if (held->wants_result) {
        atr_text_puts(out, " [no reply seen]");
    }
    write_latency(queue, held);
    atr_text_putc(out, '\n');
    atr_text_put(out, atr_text_view(&held->details));
}

static void
recycle(struct atr_queue *queue, struct atr_held *held)
{
    make_unfindable(queue, held);
    queue->held_bytes -= held->counted_bytes;
    queue->held--;
    held_clear(held);
    held->newer = queue->free;
    queue->free = held;
}

static enum atr_status
hand_over(struct atr_queue *queue, size_t at_least)
{
    enum atr_status status = queue->out.status;

    if (status == ATR_OK && queue->out.size_bytes >= at_least && queue->out.size_bytes > 0) {
        status = queue->sink.write(queue->sink.context, atr_text_view(&queue->out));
        atr_text_clear(&queue->out);
    }
    return status;
}

/* A root and all below it, depth first without recursion; each is recycled once it was left. */
static enum atr_status
write_subtree(struct atr_queue *queue, struct atr_held *root)
{
    struct atr_held *held = root;
    enum atr_status status = ATR_OK;
    uint32_t depth = 0;

    while (held != NULL) {
        struct atr_held *done = held;

        if (status == ATR_OK) {
            write_line(queue, held, depth);
            status = hand_over(queue, queue->style.prompt ? 0 : SINK_BYTES);
        }
        if (held->first_child != NULL) {
            held = held->first_child;
            depth++;
            continue;
        }
        while (done != root && done->next_sibling == NULL) {
            struct atr_held *parent = done->parent;

            recycle(queue, done);
            done = parent;
            depth--;
        }
        held = done == root ? NULL : done->next_sibling;
        recycle(queue, done);
    }
    return status;
}

enum atr_status
atr_queue_flush(struct atr_queue *queue, bool all)
{
    enum atr_status status = ATR_OK;

    while (status == ATR_OK && (all ? queue->oldest != NULL : atr_queue_is_due(queue))) {
        struct atr_held *held = queue->oldest;

        queue->oldest = held->newer;
        if (queue->oldest != NULL) {
            queue->oldest->older = NULL;
        } else {
            queue->newest = NULL;
        }
        status = write_subtree(queue, held);
    }
    return status == ATR_OK && all ? hand_over(queue, 0) : status;
}

void
atr_queue_fini(struct atr_queue *queue)
{
    while (queue->oldest != NULL) {
        struct atr_held *held = queue->oldest;

        /* Children become roots of their own for the time of the clearing up. */
        for (struct atr_held *child = held->first_child; child != NULL;) {
            struct atr_held *next = child->next_sibling;

            append_root(queue, child);
            child = next;
        }
        queue->oldest = held->newer;
        held_free(&queue->heap, held);
    }
    while (queue->free != NULL) {
        struct atr_held *held = queue->free;

        queue->free = held->newer;
        held_free(&queue->heap, held);
    }
    atr_map_fini(&queue->by_call);
    atr_text_fini(&queue->out);
}
