/* SPDX-License-Identifier: MIT */
#include "base/map.h"

enum {
    ROOM_FIRST = 16
};

/* splitmix64's finisher over both halves. */
static size_t
slot_of(const struct atr_map *map, struct atr_key key)
{
    uint64_t hash = (key.low ^ map->seed) * UINT64_C(0x9e3779b97f4a7c15) ^ key.high;

    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(hash ^ hash >> 31) & (map->room - 1);
}

static bool
same(struct atr_key a, struct atr_key b)
{
    return a.low == b.low && a.high == b.high;
}

void
atr_map_init(struct atr_map *map, struct atr_heap heap, size_t cap)
{
    *map = (struct atr_map){.heap = heap, .cap = cap};
    map->seed = (uint64_t)(uintptr_t)map * UINT64_C(0xd6e8feb86659fd93);
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
        if ((map->count + 1) * 4 > map->room * 3) {
            enum atr_status status = grow(map);

            if (status != ATR_OK) {
                return status;
            }
        }
        slot = probe(map, key);
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
