/* SPDX-License-Identifier: MIT */
/* LOCALTHIS and LOCALTHAT, which differ by Windows version (orpc 3). */
#include "base/attributes.h"
#include "decode/orpc_parts.h"

enum {
    POINTERS_MAX = 3,
    ASYNC_BLOCK_BYTES = 0x30,
    THREAD_LIMIT = 0x1000000,
    NONE = 0xff,
    HRESULT_BYTES = 4,
};

/* Offsets inside the structure; pairs are NDR20, NDR64. */
struct layout {
    uint32_t first_build;
    uint8_t alignment;
    uint8_t sizes[2];
    uint8_t pointer_count; /* pointers whose pointees would follow, when they are not null */
    uint8_t pointers[POINTERS_MAX][2];
    uint8_t reserved;   /* u32 that is 0, or NONE */
    uint8_t activities; /* LOCALTHIS: passthrough and call trace activity, two GUIDs, or NONE */
    uint8_t async;      /* LOCALTHIS: asyncRequestBlock, or NONE */
    uint8_t touched;    /* LOCALTHIS: which of the pointers is pTouchedAstaArray */
    uint8_t set_id;     /* LOCALTHAT: marshalingSetId, or NONE */
};

/* Oldest first, and one row for each build of the other table. */
static const struct layout local_this[] = {
    {0, 4, {8, 8}, 0, {{0}}, NONE, NONE, NONE, 0, NONE},
    {9600, 8, {0x10, 0x18}, 1, {{0x0c, 0x10}}, 8, NONE, NONE, 0, NONE},
    {10240, 8, {0x40, 0x48}, 1, {{0x3c, 0x40}}, 0x38, NONE, 8, 0, NONE},
    {16299, 8, {0x60, 0x68}, 1, {{0x5c, 0x60}}, 0x58, 8, 0x28, 0, NONE},
    {18362, 8, {0x60, 0x68}, 2, {{0x58, 0x58}, {0x5c, 0x60}}, NONE, 8, 0x28, 0, NONE},
    {19041, 8, {0x60, 0x68}, 2, {{0x58, 0x58}, {0x5c, 0x60}}, NONE, 8, 0x28, 0, NONE},
};

static const struct layout local_that[] = {
    {0, 4, {0, 0}, 0, {{0}}, NONE, NONE, NONE, 0, NONE},
    {9600, 8, {0x10, 0x10}, 0, {{0}}, NONE, NONE, NONE, 0, 8},
    {10240, 8, {0x18, 0x20}, 1, {{0x14, 0x18}}, 0x10, NONE, NONE, 0, 8},
    {16299, 8, {0x18, 0x20}, 1, {{0x14, 0x18}}, 0x10, NONE, NONE, 0, 8},
    {18362, 8, {0x10, 0x18}, 2, {{8, 8}, {0x0c, 0x10}}, NONE, NONE, NONE, 0, 0},
    {19041, 8, {0x18, 0x28}, 3, {{0x0c, 0x10}, {0x10, 0x18}, {0x14, 0x20}}, 8, NONE, NONE, 0, 0},
};

enum {
    LAYOUTS = ATR_COUNT(local_this)
};

_Static_assert(ATR_COUNT(local_that) == LAYOUTS, "one row for each build in both tables");

static const struct layout *
table_of(const struct atr_orpc_shape *shape)
{
    return shape->is_response ? local_that : local_this;
}

static size_t
size_of(const struct layout *layout, const struct atr_orpc_shape *shape)
{
    return layout->sizes[shape->is_wide ? 1 : 0];
}

static uint64_t
word_at(struct atr_cursor block, size_t offset, bool is_wide)
{
    atr_cursor_seek(&block, offset);
    return atr_cursor_pointer(&block, is_wide ? 8 : 4);
}

static uint64_t
pointer_at(const struct atr_cursor *block, const struct layout *layout, unsigned index,
           bool is_wide)
{
    return word_at(*block, layout->pointers[index][is_wide ? 1 : 0], is_wide);
}

static struct atr_guid
guid_at(struct atr_cursor block, size_t offset)
{
    atr_cursor_seek(&block, offset);
    return atr_cursor_guid(&block);
}

static bool
is_thread(uint32_t thread)
{
    return thread % 4 == 0 && thread < THREAD_LIMIT;
}

static bool
is_zero(struct atr_cursor block, size_t offset, size_t size_bytes)
{
    atr_cursor_seek(&block, offset);
    for (size_t i = 0; i < size_bytes; i++) {
        if (atr_cursor_u8(&block) != 0) {
            return false;
        }
    }
    return atr_cursor_ok(&block);
}

/* The structure's bytes; cur moves behind them. */
static struct atr_cursor
block_take(struct atr_cursor *cur, const struct layout *layout, const struct atr_orpc_shape *shape)
{
    size_t size_bytes = size_of(layout, shape);

    if (size_bytes > 0) {
        atr_cursor_align(cur, layout->alignment);
    }
    return atr_cursor_sub(cur, size_bytes);
}

static bool
has_no_pointees(const struct atr_cursor *block, const struct layout *layout, bool is_wide)
{
    for (unsigned i = 0; i < layout->pointer_count; i++) {
        if (pointer_at(block, layout, i, is_wide) != 0) {
            return false;
        }
    }
    return layout->reserved == NONE || word_at(*block, layout->reserved, false) == 0;
}

/* Random UUIDs, as asynchronous operations have, show their version and variant. */
static bool
is_random_guid(const struct atr_guid *guid)
{
    return guid->bytes[7] >> 4 == 4 && guid->bytes[8] >> 6 == 2;
}

/*
 * How well a layout fits bytes of an unknown build; 0 does not, more is better. A block for
 * asynchronous calls that is all zero says more than the few null bytes of the older layouts.
 */
static unsigned
this_fit(struct atr_cursor cur, const struct layout *layout, const struct atr_orpc_shape *shape)
{
    struct atr_cursor block = block_take(&cur, layout, shape);
    bool is_plain = has_no_pointees(&block, layout, shape->is_wide);
    struct atr_guid operation;

    if (!atr_cursor_ok(&block)) {
        return 0;
    }
    if (layout->async == NONE) {
        return !is_plain ? 0 : layout->pointer_count > 0 ? 2 : 1;
    }
    if (is_zero(block, layout->async, ASYNC_BLOCK_BYTES)) {
        return is_plain ? 4 : 3;
    }
    operation = guid_at(block, layout->async);
    return is_plain && is_random_guid(&operation) ? 3 : 0;
}

/*
 * A response has little to hold on to: null pointers, small numbers where the acknowledgement and
 * the set id are, room for the HRESULT behind.
 */
static unsigned
that_fit(struct atr_cursor cur, const struct layout *layout, const struct atr_orpc_shape *shape)
{
    struct atr_cursor block = block_take(&cur, layout, shape);

    if (!atr_cursor_ok(&block) || !has_no_pointees(&block, layout, shape->is_wide)) {
        return 0;
    }
    if (layout->pointer_count == 0 && layout->set_id != NONE &&
        (word_at(block, 4, false) != 0 || word_at(block, 12, false) != 0)) {
        return 0;
    }
    return atr_cursor_left(&cur) >= HRESULT_BYTES ? 2 : 1;
}

/* The best fit, of equals the newest. A request's LOCALTHIS rules out the answers of other builds.
 */
static const struct layout *
layout_choose(const struct atr_cursor *cur, const struct atr_orpc_shape *shape)
{
    const struct layout *table = table_of(shape);
    const struct layout *best = NULL;
    unsigned best_fit = 0;

    for (size_t i = LAYOUTS; i-- > 0;) {
        unsigned fit;

        if (shape->is_response && shape->this_size != 0 &&
            local_this[i].sizes[shape->is_wide ? 1 : 0] != shape->this_size) {
            continue;
        }
        fit = shape->is_response ? that_fit(*cur, &table[i], shape)
                                 : this_fit(*cur, &table[i], shape);
        if (fit > best_fit) {
            best = &table[i];
            best_fit = fit;
        }
    }
    return best;
}

static const struct layout *
layout_find(const struct atr_orpc_shape *shape)
{
    const struct layout *table = table_of(shape);
    size_t i = LAYOUTS - 1;

    while (i > 0 && table[i].first_build > shape->os_build) {
        i--;
    }
    return &table[i];
}

static void
block_read(const struct atr_cursor *block, const struct layout *layout,
           struct atr_orpc_headers *headers)
{
    if (!headers->shape.is_response) {
        headers->client_thread = (uint32_t)word_at(*block, 4, false);
    }
    if (layout->activities != NONE) {
        headers->passthrough_activity = guid_at(*block, layout->activities);
        headers->call_activity = guid_at(*block, (size_t)layout->activities + ATR_GUID_BYTES);
    }
    if (layout->async != NONE) {
        headers->async_operation = guid_at(*block, layout->async);
    }
    if (layout->set_id != NONE) {
        headers->marshaling_set = word_at(*block, layout->set_id, true);
    }
}

/*
 * pTouchedAstaArray's pointee: size, reserved, pointer to that many OXIDs. No public source shows
 * its bytes, so it only counts when the numbers agree.
 */
static bool
touched_skip(struct atr_cursor *cur, bool is_wide)
{
    uint32_t size;
    uint64_t count;

    atr_cursor_align(cur, is_wide ? 8 : 4);
    size = atr_cursor_u32(cur);
    (void)atr_cursor_u32(cur);
    if (atr_orpc_word(cur, is_wide) == 0) {
        return atr_cursor_ok(cur) && size == 0;
    }
    count = atr_orpc_word(cur, is_wide);
    atr_cursor_align(cur, 8);
    if (count != size || count > atr_cursor_left(cur) / 8) {
        return false;
    }
    atr_cursor_skip(cur, (size_t)count * 8);
    return atr_cursor_ok(cur);
}

/* Moves cur behind the pointees; false when that is beyond us. */
static bool
pointees_skip(struct atr_cursor *cur, const struct atr_cursor *block, const struct layout *layout,
              struct atr_orpc_headers *headers)
{
    bool is_wide = headers->shape.is_wide;
    struct atr_cursor next = *cur;

    for (unsigned i = 0; i < layout->pointer_count; i++) {
        if (pointer_at(block, layout, i, is_wide) == 0) {
            continue;
        }
        if (headers->shape.is_response || i != layout->touched || !touched_skip(&next, is_wide)) {
            return false;
        }
        headers->grade = ATR_GRADE_INFERRED;
    }
    *cur = next;
    return true;
}

void
atr_orpc_local_parse(struct atr_cursor *cur, struct atr_orpc_headers *headers)
{
    const struct atr_orpc_shape *shape = &headers->shape;
    const struct layout *layout =
        shape->os_build != 0 ? layout_find(shape) : layout_choose(cur, shape);

    headers->grade = shape->os_build != 0 ? ATR_GRADE_BOUND : ATR_GRADE_INFERRED;
    if (layout == NULL) {
        headers->params_known = false;
        return;
    }

    struct atr_cursor block = block_take(cur, layout, shape);

    headers->local_size = (uint32_t)size_of(layout, shape);
    if (!atr_cursor_ok(&block)) {
        return;
    }
    headers->has_local = true;
    headers->local_offset = (uint32_t)(cur->position - headers->local_size);
    block_read(&block, layout, headers);
    if (!shape->is_response && !is_thread(headers->client_thread)) {
        headers->params_known = false;
        return;
    }
    headers->params_known = pointees_skip(cur, &block, layout, headers);
}
