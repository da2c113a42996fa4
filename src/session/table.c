/* SPDX-License-Identifier: MIT */
#include "session/table.h"

#include <string.h>

void
atr_table_init(struct atr_table *table, struct atr_heap heap, size_t cap, size_t entry_bytes,
               atr_table_release_fn *release, void *context)
{
    *table = (struct atr_table){
        .heap = heap, .entry_bytes = entry_bytes, .release = release, .context = context};
    atr_map_init(&table->map, heap, cap);
}

void
atr_table_fini(struct atr_table *table)
{
    while (table->oldest != NULL) {
        atr_table_remove(table, table->oldest);
    }
    atr_heap_free(&table->heap, table->spare);
    table->spare = NULL;
    atr_map_fini(&table->map);
}

void *
atr_table_find(const struct atr_table *table, struct atr_key key)
{
    return atr_map_find(&table->map, key);
}

static void
unlink_entry(struct atr_table *table, struct atr_table_entry *entry)
{
    if (entry->older != NULL) {
        entry->older->newer = entry->newer;
    } else {
        table->oldest = entry->newer;
    }
    if (entry->newer != NULL) {
        entry->newer->older = entry->older;
    } else {
        table->newest = entry->older;
    }
}

static void
append(struct atr_table *table, struct atr_table_entry *entry)
{
    entry->older = table->newest;
    entry->newer = NULL;
    if (table->newest != NULL) {
        table->newest->newer = entry;
    } else {
        table->oldest = entry;
    }
    table->newest = entry;
}

void
atr_table_renew(struct atr_table *table, void *renewed)
{
    struct atr_table_entry *entry = renewed;

    if (entry != table->newest) {
        unlink_entry(table, entry);
        append(table, entry);
    }
}

void
atr_table_retire(struct atr_table *table, void *retired)
{
    struct atr_table_entry *entry = retired;

    if (entry != table->oldest) {
        unlink_entry(table, entry);
        entry->older = NULL;
        entry->newer = table->oldest;
        table->oldest->older = entry;
        table->oldest = entry;
    }
}

void
atr_table_remove(struct atr_table *table, void *removed)
{
    struct atr_table_entry *entry = removed;

    if (entry == NULL) {
        return;
    }
    (void)atr_map_take(&table->map, entry->key);
    unlink_entry(table, entry);
    if (table->release != NULL) {
        table->release(table->context, entry);
    }
    atr_heap_free(&table->heap, table->spare);
    table->spare = entry;
}

static struct atr_table_entry *
new_entry(struct atr_table *table)
{
    struct atr_table_entry *entry = table->spare;

    if (entry == NULL) {
        return atr_heap_alloc(&table->heap, 1, table->entry_bytes);
    }
    table->spare = NULL;
    memset(entry, 0, table->entry_bytes);
    return entry;
}

/* Under a key that is not there. */
static void *
insert(struct atr_table *table, struct atr_key key)
{
    struct atr_table_entry *entry;

    if (table->map.count >= table->map.cap) {
        atr_table_remove(table, table->oldest);
        table->forgotten++;
    }
    entry = new_entry(table);
    if (entry == NULL) {
        return NULL;
    }
    entry->key = key;
    if (atr_map_put(&table->map, key, entry) != ATR_OK) {
        atr_heap_free(&table->heap, entry);
        return NULL;
    }
    append(table, entry);
    return entry;
}

void *
atr_table_add(struct atr_table *table, struct atr_key key)
{
    atr_table_remove(table, atr_map_find(&table->map, key));
    return insert(table, key);
}

void *
atr_table_get(struct atr_table *table, struct atr_key key)
{
    void *entry = atr_table_find(table, key);

    return entry != NULL ? entry : insert(table, key);
}
