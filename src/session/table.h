/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/map.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A map that forgets: at most cap entries, the one added or touched longest ago goes
 * first. An entry is a
 * struct that starts with struct atr_table_entry; the table owns it, release frees what it holds.
 */
struct atr_table_entry {
    struct atr_key key;
    struct atr_table_entry *older;
    struct atr_table_entry *newer;
};

typedef void atr_table_release_fn(void *context, struct atr_table_entry *entry);

struct atr_table {
    struct atr_map map;
    struct atr_heap heap;
    size_t entry_bytes;
    struct atr_table_entry *oldest;
    struct atr_table_entry *newest;
    struct atr_table_entry *spare; /* a removed entry, kept for the next add */
    atr_table_release_fn *release; /* NULL: entries hold nothing */
    void *context;
    uint64_t forgotten;
};

void atr_table_init(struct atr_table *table, struct atr_heap heap, size_t cap, size_t entry_bytes,
                    atr_table_release_fn *release, void *context);
void atr_table_fini(struct atr_table *table);

void *atr_table_find(const struct atr_table *table, struct atr_key key);

/* A zeroed entry under key, in place of an older one of that key. NULL: out of memory. */
void *atr_table_add(struct atr_table *table, struct atr_key key);

/* find, or add. */
void *atr_table_get(struct atr_table *table, struct atr_key key);

/* Makes entry the oldest: it is over, and goes first when room is needed. */
void atr_table_retire(struct atr_table *table, void *retired);

/* Three quarters full: soon the oldest will be forgotten. */
static inline bool
atr_table_is_crowded(const struct atr_table *table)
{
    return table->map.count >= table->map.cap - table->map.cap / 4;
}

/* What atr_table_touch does in a crowded table. */
void atr_table_renew(struct atr_table *table, void *renewed);

/* Makes entry the newest, so that what is in use is forgotten last; not before it matters. */
static inline void
atr_table_touch(struct atr_table *table, void *touched)
{
    if (atr_table_is_crowded(table)) {
        atr_table_renew(table, touched);
    }
}

void atr_table_remove(struct atr_table *table, void *removed); /* NULL is fine */
