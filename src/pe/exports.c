/* SPDX-License-Identifier: MIT */
#include "pe/pe.h"

#include "base/cursor.h"

#include <string.h>

enum {
    DIRECTORY_EXPORTS = 0,
    HEADER_BYTES = 40,
    TABLE_MAX = 16 * 1024 * 1024, /* the largest in Windows is under 1 MiB */
};

/* The three arrays of the export directory. */
struct arrays {
    uint32_t function_count;
    uint32_t name_count;
    uint32_t functions; /* RVAs */
    uint32_t names;
    uint32_t ordinals;
};

enum atr_status
atr_pe_exports_open(struct atr_pe_exports *out, const struct atr_pe *pe,
                    const struct atr_heap *heap)
{
    const struct atr_pe_directory *directory = &pe->directories[DIRECTORY_EXPORTS];
    enum atr_status status;
    uint8_t *table;

    if (pe->directory_count <= DIRECTORY_EXPORTS || directory->size_bytes < HEADER_BYTES) {
        return ATR_END;
    }
    if (directory->size_bytes > TABLE_MAX) {
        return ATR_LIMIT;
    }
    table = atr_heap_alloc(heap, directory->size_bytes, 1);
    if (table == NULL) {
        return ATR_NOMEM;
    }
    status = atr_pe_bytes(pe, directory->rva, table, directory->size_bytes);
    if (status != ATR_OK) {
        atr_heap_free(heap, table);
        return status;
    }
    *out = (struct atr_pe_exports){
        .pe = pe,
        .heap = *heap,
        .table = table,
        .table_rva = directory->rva,
        .table_bytes = directory->size_bytes,
    };
    return ATR_OK;
}

void
atr_pe_exports_close(struct atr_pe_exports *exports)
{
    atr_heap_free(&exports->heap, exports->table);
    exports->table = NULL;
}

/* Where rva lies in the table, or past its end. */
static uint32_t
inside(const struct atr_pe_exports *exports, uint32_t rva)
{
    return rva < exports->table_rva ? UINT32_MAX : rva - exports->table_rva;
}

/* Linkers put the arrays into the directory; others are read from where they are. */
static bool
number_at(const struct atr_pe_exports *exports, uint32_t rva, size_t size_bytes, uint32_t *out)
{
    uint32_t at = inside(exports, rva);
    uint8_t bytes[4] = {0};

    if (at < exports->table_bytes && exports->table_bytes - at >= size_bytes) {
        memcpy(bytes, exports->table + at, size_bytes);
    } else if (atr_pe_bytes(exports->pe, rva, bytes, size_bytes) != ATR_OK) {
        return false;
    }
    *out = atr_get_u32(bytes);
    return true;
}

static bool
is_name(const struct atr_pe_exports *exports, uint32_t rva, const char *name, size_t name_bytes)
{
    uint32_t at = inside(exports, rva);
    char bytes[ATR_PE_NAME_BYTES];

    if (at < exports->table_bytes) {
        return exports->table_bytes - at >= name_bytes &&
               memcmp(exports->table + at, name, name_bytes) == 0;
    }
    return atr_pe_bytes(exports->pe, rva, bytes, name_bytes) == ATR_OK &&
           memcmp(bytes, name, name_bytes) == 0;
}

static struct arrays
arrays_of(const struct atr_pe_exports *exports)
{
    struct atr_cursor cur = atr_cursor_make(exports->table, exports->table_bytes);
    struct arrays arrays;

    atr_cursor_seek(&cur, 20);
    arrays.function_count = atr_cursor_u32(&cur);
    arrays.name_count = atr_cursor_u32(&cur);
    arrays.functions = atr_cursor_u32(&cur);
    arrays.names = atr_cursor_u32(&cur);
    arrays.ordinals = atr_cursor_u32(&cur);
    if (arrays.name_count > ATR_PE_EXPORTS_MAX) {
        arrays.name_count = ATR_PE_EXPORTS_MAX;
    }
    return arrays;
}

enum atr_status
atr_pe_exports_find(const struct atr_pe_exports *exports, const char *name, uint32_t *rva)
{
    struct arrays arrays = arrays_of(exports);
    size_t name_bytes = strlen(name) + 1;

    if (name_bytes > ATR_PE_NAME_BYTES) {
        return ATR_END;
    }
    for (uint32_t i = 0; i < arrays.name_count; i++) {
        uint32_t name_rva;
        uint32_t ordinal;
        uint32_t function;

        if (!number_at(exports, arrays.names + i * 4, 4, &name_rva)) {
            return ATR_TRUNCATED;
        }
        if (!is_name(exports, name_rva, name, name_bytes)) {
            continue;
        }
        if (!number_at(exports, arrays.ordinals + i * 2, 2, &ordinal) ||
            ordinal >= arrays.function_count ||
            !number_at(exports, arrays.functions + ordinal * 4, 4, &function)) {
            return ATR_TRUNCATED;
        }
        if (inside(exports, function) < exports->table_bytes) {
            return ATR_END; /* a forwarder: the text of another image's export */
        }
        *rva = function;
        return ATR_OK;
    }
    return ATR_END;
}
