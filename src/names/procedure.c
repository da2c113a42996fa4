/* SPDX-License-Identifier: MIT */
#include "names/interface.h"
#include "names/names.h"
#include "names/tables.h"

#include <string.h>

/* Rows of the procedure table: [first, end). */
struct rows {
    uint32_t first;
    uint32_t end;
};

static const char *
row_name(uint32_t row)
{
    return atr_names_text(atr_names_procedure_pool, atr_names_procedures[row].name);
}

/* The names of one opnum within the rows of its interface. */
static struct rows
opnum_rows(struct rows of, uint32_t opnum)
{
    struct rows found;
    uint32_t high = of.end;

    while (of.first < high) {
        uint32_t middle = of.first + (high - of.first) / 2;

        if (atr_names_procedures[middle].opnum < opnum) {
            of.first = middle + 1;
        } else {
            high = middle;
        }
    }
    found = (struct rows){of.first, of.first};
    while (found.end < of.end && atr_names_procedures[found.end].opnum == opnum) {
        found.end++;
    }
    return found;
}

/* The newest build we have the interface's names of that is not newer than os_build; 0 none. */
static uint8_t
choose_build(uint8_t builds, uint32_t os_build)
{
    for (uint32_t i = atr_names_build_count; i-- > 0;) {
        uint8_t bit = (uint8_t)(1U << i);

        if ((builds & bit) != 0 && atr_names_builds[i].build <= os_build) {
            return bit;
        }
    }
    return 0;
}

/* Adds the rows seen in `build` (0: all); returns how many there were, even past the room. */
static uint32_t
add_names(struct rows rows, uint8_t build, bool other, struct atr_procedure_names *out)
{
    uint32_t seen = 0;

    for (uint32_t i = rows.first; i < rows.end; i++) {
        bool has = build == 0 || (atr_names_procedures[i].builds & build) != 0;

        if (has == other) {
            continue;
        }
        seen++;
        if (out->count < ATR_PROCEDURE_NAMES_MAX) {
            out->names[out->count++] = atr_str_from(row_name(i));
        }
    }
    return seen;
}

/* The only row seen in `build`, or the first of several. */
static const struct atr_names_procedure *
first_in_build(struct rows rows, uint8_t build)
{
    uint32_t i = rows.first;

    while (i < rows.end && (atr_names_procedures[i].builds & build) == 0) {
        i++;
    }
    return &atr_names_procedures[i];
}

/*
 * Opnums move between builds, so the traced build chooses (data/README.md, caveats 1, 2 and 5).
 * Where it cannot, every name is a candidate; a sole one is certain only when each build that we
 * have of the interface says it, which holds for COM, whose rows carry no build.
 */
void
atr_names_procedure(const struct atr_guid *uuid, uint32_t opnum, uint32_t os_build,
                    struct atr_procedure_names *out)
{
    uint32_t row = atr_names_interface_row(uuid);
    const struct atr_names_interface *interface;
    const struct atr_names_procedure *only;
    struct rows rows;
    uint8_t build;

    *out = (struct atr_procedure_names){0};
    if (row == ATR_NAMES_NO_ROW) {
        return;
    }
    interface = &atr_names_interfaces[row];
    rows =
        opnum_rows((struct rows){interface->first_procedure, interface[1].first_procedure}, opnum);
    if (rows.first == rows.end) {
        return;
    }
    build = choose_build(interface->builds, os_build);
    if (build != 0 && add_names(rows, build, false, out) > 0) {
        only = first_in_build(rows, build);
        out->certain = out->count == 1 && (only->flags & ATR_NAMES_FOLDED) == 0;
        if (out->count == 1 && !out->certain) {
            (void)add_names(rows, build, true, out);
        }
        return;
    }
    only = &atr_names_procedures[rows.first];
    out->certain = add_names(rows, 0, false, out) == 1 && only->builds == interface->builds &&
                   (only->flags & ATR_NAMES_FOLDED) == 0;
}

/* Order of the texts' bytes, a prefix before what it begins. */
static int
compare_name(struct atr_str name, const char *text)
{
    size_t text_bytes = strlen(text);
    size_t common = name.size_bytes < text_bytes ? name.size_bytes : text_bytes;
    int order = common == 0 ? 0 : memcmp(name.data, text, common);

    if (order != 0) {
        return order;
    }
    return (name.size_bytes > text_bytes) - (name.size_bytes < text_bytes);
}

/* First place in the order by name that is not before name. */
static uint32_t
find_by_name(struct atr_str name)
{
    uint32_t low = 0;
    uint32_t high = atr_names_procedure_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (compare_name(name, row_name(atr_names_procedures_by_name[middle])) > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Where the interface of a procedure row is, by the ranges. */
static uint32_t
interface_of(uint32_t procedure)
{
    uint32_t low = 0;
    uint32_t high = atr_names_interface_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (atr_names_interfaces[middle].first_procedure <= procedure) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A search over several spellings: which row fits, and whether more than one interface has one. */
struct stub_search {
    uint32_t opnum;
    uint32_t row;
    uint32_t interface;
    bool several;
};

static void
try_name(struct stub_search *search, struct atr_str name)
{
    for (uint32_t i = find_by_name(name); i < atr_names_procedure_count; i++) {
        uint32_t row = atr_names_procedures_by_name[i];
        uint32_t interface;

        if (compare_name(name, row_name(row)) != 0) {
            return;
        }
        if (atr_names_procedures[row].opnum != search->opnum) {
            continue;
        }
        interface = interface_of(row);
        if (search->row != ATR_NAMES_NO_ROW && search->interface != interface) {
            search->several = true;
        }
        search->row = row;
        search->interface = interface;
    }
}

enum {
    STUB_BYTES_MAX = 128
}; /* the longest name of the table has 83 */

static bool
is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A server's "r" ends its prefix: WluirDisplayStatus, SamrConnect, ROpenServiceW. */
static void
try_server_spellings(struct stub_search *search, struct atr_str stub)
{
    char buffer[STUB_BYTES_MAX + 1];

    for (size_t at = 0; at < stub.size_bytes; at++) {
        if (!is_upper(stub.data[at])) {
            continue;
        }
        memcpy(buffer, stub.data, at);
        buffer[at] = at == 0 ? 'R' : 'r';
        memcpy(buffer + at + 1, stub.data + at, stub.size_bytes - at);
        try_name(search, atr_str_make(buffer, stub.size_bytes + 1));
    }
}

bool
atr_names_procedure_by_stub(struct atr_str stub, uint32_t opnum, struct atr_str *name,
                            struct atr_guid *uuid)
{
    struct stub_search search = {.opnum = opnum, .row = ATR_NAMES_NO_ROW};

    if (stub.size_bytes == 0 || stub.size_bytes > STUB_BYTES_MAX) {
        return false;
    }
    try_name(&search, stub);
    if (search.row == ATR_NAMES_NO_ROW) {
        try_server_spellings(&search, stub);
    }
    if (search.row == ATR_NAMES_NO_ROW || search.several) {
        return false;
    }
    *name = atr_str_from(row_name(search.row));
    memcpy(uuid->bytes, atr_names_uuids[search.interface], sizeof(uuid->bytes));
    return true;
}
