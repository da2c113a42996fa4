/* SPDX-License-Identifier: MIT */
#include "recorder/image_facts.h"

#include "base/limits.h"
#include "pe/pe.h"
#include "platform/file.h"
#include "platform/processes.h"

struct atr_key
atr_bytes_key(const void *bytes, size_t size_bytes)
{
    const uint8_t *at = bytes;
    struct atr_key key = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x9ae16a3b2f90404f)};

    for (size_t i = 0; i < size_bytes; i++) {
        key.high = (key.high ^ at[i]) * UINT64_C(0x100000001b3);
        key.low = (key.low ^ at[i]) * UINT64_C(0x9fb21c651e98df25);
    }
    return key;
}

void
atr_images_init(struct atr_images *images, const struct atr_heap *heap)
{
    *images = (struct atr_images){.heap = *heap};
    atr_map_init(&images->by_path, *heap, ATR_IMAGES_MAX);
}

static void
free_facts(const struct atr_images *images, struct atr_image_facts *facts)
{
    union {
        const char *read;
        char *owned;
    } path = {facts->path.data}, pdb = {facts->pdb_name.data};

    atr_heap_free(&images->heap, path.owned);
    atr_heap_free(&images->heap, pdb.owned);
    atr_heap_free(&images->heap, facts);
}

void
atr_images_fini(struct atr_images *images)
{
    struct atr_image_facts *facts;
    struct atr_key key;
    size_t at = 0;

    while ((facts = atr_map_next(&images->by_path, &at, &key)) != NULL) {
        while (facts != NULL) {
            struct atr_image_facts *next = facts->next;

            free_facts(images, facts);
            facts = next;
        }
    }
    atr_map_fini(&images->by_path);
    images->count = 0;
}

static struct atr_str
copy(const struct atr_heap *heap, struct atr_str text)
{
    char *bytes = atr_heap_alloc(heap, text.size_bytes + 1, 1);

    if (bytes != NULL && text.size_bytes > 0) {
        memcpy(bytes, text.data, text.size_bytes);
    }
    return atr_str_make(bytes, bytes == NULL ? 0 : text.size_bytes);
}

struct atr_image_facts *
atr_images_get(struct atr_images *images, struct atr_str path)
{
    struct atr_key key = atr_bytes_key(path.data, path.size_bytes);
    struct atr_image_facts *first = atr_map_find(&images->by_path, key);
    struct atr_image_facts *facts = first;

    while (facts != NULL && !atr_str_equal(facts->path, path)) {
        facts = facts->next;
    }
    if (facts != NULL || images->count >= ATR_IMAGES_MAX) {
        return facts;
    }
    facts = atr_heap_alloc(&images->heap, 1, sizeof(*facts));
    if (facts == NULL) {
        return NULL;
    }
    facts->next = first;
    facts->path = copy(&images->heap, path);
    if (facts->path.data == NULL || atr_map_put(&images->by_path, key, facts) != ATR_OK) {
        free_facts(images, facts);
        return NULL;
    }
    images->count++;
    return facts;
}

void
atr_images_read(const struct atr_images *images, struct atr_image_facts *facts)
{
    char *path = atr_path_of_kernel(&images->heap, facts->path.data);
    struct atr_file *file = NULL;
    struct atr_error error;
    struct atr_pe pe;
    struct atr_pe_debug debug;

    facts->is_read = true;
    if (path != NULL && atr_file_open(&file, path, &images->heap, &error) == ATR_OK &&
        atr_pe_read(&pe, file, &error) == ATR_OK) {
        facts->time_stamp = pe.time_stamp;
        facts->checksum = pe.checksum;
        facts->image_bytes = pe.image_bytes;
        if (atr_pe_debug(&pe, &debug) == ATR_OK) {
            facts->pdb_guid = debug.guid;
            facts->pdb_age = debug.age;
            facts->pdb_name = copy(&images->heap, atr_str_from(debug.pdb_name));
        }
    }
    atr_file_close(file);
    atr_heap_free(&images->heap, path);
}
