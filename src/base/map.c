/* SPDX-License-Identifier: MIT */
#include "base/map.h"

enum {
    ROOM_FIRST = 16,
    SHIFT_FIRST = 60, /* leaves the bits of a place in that room */
};

/*
 * The upper bits of a sum of products with factors nobody knows beforehand: two keys meet by chance
 * only (multiply-shift hashing), and numbers that count up lie far apart. Needs a room.
 */
static size_t
slot_of(const struct atr_map *map, struct atr_key key)
{
    return (size_t)((key.low * map->factor_low + key.high * map->factor_high) >> map->shift);
}

static bool
same(struct atr_key a, struct atr_key b)
{
    return a.low == b.low && a.high == b.high;
}

/* splitmix64's finisher, made odd. */
static uint64_t
odd_factor(uint64_t seed)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    seed = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (seed ^ seed >> 31) | 1;
}

void
atr_map_init(struct atr_map *map, struct atr_heap heap, size_t cap)
{
    *map = (struct atr_map){.heap = heap, .cap = cap};
    map->factor_low = odd_factor((uintptr_t)map);
    map->factor_high = odd_factor(map->factor_low);
}

void
atr_map_fini(struct atr_map *map)
{
    atr_heap_free(&map->heap, map->slots);
    map->slots = NULL;
    map->room = 0;
    map->count = 0;
}

/* The slot that holds key, or the empty one where it would go. */
static struct atr_map_slot *
probe(const struct atr_map *map, struct atr_key key)
{
    size_t at = slot_of(map, key);

    while (map->slots[at].value != NULL && !same(map->slots[at].key, key)) {
        at = (at + 1) & (map->room - 1);
    }
    return &map->slots[at];
}

void *
atr_map_find(const struct atr_map *map, struct atr_key key)
{
    return map->count == 0 ? NULL : probe(map, key)->value;
}

static enum atr_status
grow(struct atr_map *map)
{
    struct atr_map bigger = *map;

    bigger.room = map->room == 0 ? ROOM_FIRST : map->room * 2;
    bigger.shift = map->room == 0 ? SHIFT_FIRST : map->shift - 1;
    bigger.slots = atr_heap_alloc(&map->heap, bigger.room, sizeof(*bigger.slots));
    if (bigger.slots == NULL) {
        return ATR_NOMEM;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].value != NULL) {
            *probe(&bigger, map->slots[i].key) = map->slots[i];
        }
    }
    atr_heap_free(&map->heap, map->slots);
    *map = bigger;
    return ATR_OK;
}

enum atr_status
atr_map_put(struct atr_map *map, struct atr_key key, void *value)
{
    struct atr_map_slot *slot = map->room == 0 ? NULL : probe(map, key);

    if (slot == NULL || slot->value == NULL) {
        if (map->count >= map->cap) {
            return ATR_LIMIT;
        }
        if (slot == NULL || (map->count + 1) * 2 > map->room) {
            enum atr_status status = grow(map);

            if (status != ATR_OK) {
                return status;
            }
            slot = probe(map, key);
        }
        map->count++;
    }
    *slot = (struct atr_map_slot){key, value};
    return ATR_OK;
}

void *
atr_map_take(struct atr_map *map, struct atr_key key)
{
    struct atr_map_slot *slot = map->count == 0 ? NULL : probe(map, key);
    size_t mask = map->room - 1;
    void *value;
    size_t hole;

    if (slot == NULL || slot->value == NULL) {
        return NULL;
    }
    value = slot->value;
    hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        size_t home = slot_of(map, map->slots[at].key);

        /* Move it back unless its home lies between the hole and here. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    map->count--;
    return value;
}

void *
atr_map_next(const struct atr_map *map, size_t *at, struct atr_key *key)
{
    while (*at < map->room) {
        const struct atr_map_slot *slot = &map->slots[(*at)++];

        if (slot->value != NULL) {
            if (key != NULL) {
                *key = slot->key;
            }
            return slot->value;
        }
    }
    return NULL;
}
