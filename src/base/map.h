/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Hash map from a pair of numbers to a pointer. Open addressing, linear probing, no tombstones.
 * Holds at most cap entries, then put says LIMIT: the owner decides what to forget. Owns neither
 * keys' meaning nor values. Hash-flooding proof enough for us: the hash differs from map to map.
 */
struct atr_key {
    uint64_t high;
    uint64_t low;
};

struct atr_map_slot {
    struct atr_key key;
    void *value; /* NULL: empty slot */
};

struct atr_map {
    struct atr_heap heap;
    struct atr_map_slot *slots;
    size_t room; /* power of two, or 0 */
    size_t count;
    size_t cap;
    unsigned shift; /* 64 less the bits of a place */
    uint64_t factor_low;
    uint64_t factor_high;
};

void atr_map_init(struct atr_map *map, struct atr_heap heap, size_t cap);
void atr_map_fini(struct atr_map *map);

void *atr_map_find(const struct atr_map *map, struct atr_key key);

/* Adds or replaces; value is not NULL. OK, NOMEM, or LIMIT (nothing changed). */
ATR_NODISCARD enum atr_status atr_map_put(struct atr_map *map, struct atr_key key, void *value);

/* Removes and returns the value; NULL when there was none. */
void *atr_map_take(struct atr_map *map, struct atr_key key);

/* Walks in no order: start with *at = 0. NULL at the end. The map may not change meanwhile. */
void *atr_map_next(const struct atr_map *map, size_t *at, struct atr_key *key);
