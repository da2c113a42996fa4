/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/cursor.h"
#include "base/guid.h"
#include "base/status.h"
#include "event/event.h"
#include "event/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marshaled interface pointers and what they point to (MS-DCOM 2.2.18 and 2.2.19). */

enum atr_objref_kind {
    ATR_OBJREF_STANDARD = 1,
    ATR_OBJREF_HANDLER = 2,
    ATR_OBJREF_CUSTOM = 4,
    ATR_OBJREF_EXTENDED = 8,
};

struct atr_std_objref {
    uint32_t flags; /* 0x1000: not pinged */
    uint32_t refs;
    uint64_t oxid; /* exporting apartment */
    uint64_t oid;  /* object */
    struct atr_guid ipid;
};

struct atr_string_binding {
    uint16_t tower;
    struct atr_str address;
};

struct atr_security_binding {
    uint16_t authn;
    uint16_t authz;
    struct atr_str principal;
};

struct atr_dual_string_array {
    const struct atr_string_binding *strings;
    const struct atr_security_binding *security;
    uint32_t string_count;
    uint32_t security_count;
    bool damaged; /* an end mark is missing, or the security offset lies */
};

struct atr_objref_element {
    struct atr_guid id;
    uint32_t size_bytes;
};

struct atr_objref {
    uint32_t kind; /* enum atr_objref_kind; 0: signature or kind unknown, all else empty */
    bool has_standard;
    bool has_bindings;
    bool has_clsid;
    bool has_data;
    struct atr_guid iid;
    struct atr_std_objref standard;
    struct atr_dual_string_array bindings;
    struct atr_guid clsid;
    uint32_t extension_bytes;
    uint32_t data_offset; /* custom: from the OBJREF's first byte */
    struct atr_bytes data;
    const struct atr_objref_element *elements; /* extended */
    uint32_t element_count;
};

/*
 * MALFORMED: no OBJREF, or one that contradicts itself; UNSUPPORTED: a kind nobody knows;
 * TRUNCATED; LIMIT: the arena is full. out keeps the parts that came before. Moves cur behind it.
 */
enum atr_status atr_objref_parse(struct atr_cursor *cur, struct atr_objref *out,
                                 struct atr_arena *arena);

/* The 40 bytes that name one interface of one object. */
struct atr_std_objref atr_std_objref_read(struct atr_cursor *cur);

enum atr_status atr_dual_string_array_parse(struct atr_cursor *cur,
                                            struct atr_dual_string_array *out,
                                            struct atr_arena *arena);

/*
 * Offset in ndr, at or behind from, of the next "MEOW" with a kind behind it and a believable
 * length in the dword before it; ndr.size_bytes when there is none.
 */
size_t atr_objref_scan(struct atr_bytes ndr, size_t from);

/* The OBJREF that scan found at offset: as long as the dword before says, or as was captured. */
struct atr_bytes atr_objref_at(struct atr_bytes ndr, size_t offset);

const char *atr_objref_kind_text(uint32_t kind); /* "standard"; NULL unknown */

/* Rows of one OBJREF, of one STDOBJREF, of one array, into the object that is open. */
void atr_objref_write(struct atr_event *event, const struct atr_objref *objref);
void atr_std_objref_write(struct atr_event *event, const struct atr_std_objref *standard);
void atr_dual_string_array_write(struct atr_fields *fields,
                                 const struct atr_dual_string_array *array);

/* Appends the fact that iid of that object passed by. */
void atr_std_objref_learn(struct atr_event *event, const struct atr_guid *iid,
                          const struct atr_std_objref *standard);

/*
 * Every OBJREF in ndr from that offset on, also those inside others: appends their facts and writes
 * the list `interface_pointers` (nothing when there are none).
 */
void atr_interface_pointers_decode(struct atr_event *event, struct atr_bytes ndr, size_t from);

/* Whose an IPID is: a convention of combase, not of the protocol (orpc 6). */
struct atr_ipid_owner {
    uint16_t pid;       /* low 16 bits */
    uint16_t apartment; /* 0 neutral, 0xffff MTA, else the low 16 bits of the STA's thread id */
};

enum {
    ATR_APARTMENT_TEXT_BYTES = 12
};

struct atr_ipid_owner atr_ipid_owner_get(const struct atr_guid *ipid);

/* "neutral", "MTA", "STA 0x0d8c". */
struct atr_str atr_apartment_text(uint16_t apartment, char buffer[ATR_APARTMENT_TEXT_BYTES]);
