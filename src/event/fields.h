/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/guid.h"
#include "base/limits.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Decoded values. One row of fields.def = one kind of value: its JSON key, filter name, type and
 * help. Decoders write values, outputs and filters read them; none of these know each other.
 *
 * The values of an event form a tree of objects and lists in the event's arena. A list's items
 * have rows too, but no key is printed for them. A writer without an arena swallows everything, so
 * that decoders need not ask whether anybody wants the values.
 */
enum atr_field_type {
    ATR_FIELD_BOOL,
    ATR_FIELD_UINT,
    ATR_FIELD_HEX, /* a number people read in base 16: flags, addresses, statuses */
    ATR_FIELD_INT,
    ATR_FIELD_TEXT,
    ATR_FIELD_GUID,
    ATR_FIELD_BYTES,
    ATR_FIELD_TIME, /* 100 ns since 1601 UTC */
    ATR_FIELD_OBJECT,
    ATR_FIELD_LIST,
    ATR_FIELD_ANY,  /* the value says */
    ATR_FIELD_NULL, /* of a value: present and null */
};

enum atr_field {
    ATR_F_NONE,
#define ROW(id, key, filter, type, help) ATR_F_##id,
#include "event/fields.def"
#undef ROW
    ATR_F_COUNT,
};

struct atr_field_row {
    const char *key;    /* JSON */
    const char *filter; /* "alpc.id" */
    enum atr_field_type type;
    const char *help;
};

const struct atr_field_row *atr_field_row_get(enum atr_field field);

/* How sure a value is. Printed as it is, never hidden. */
enum atr_grade {
    ATR_GRADE_NONE,     /* nothing known */
    ATR_GRADE_GUESS,    /* fits, nothing more */
    ATR_GRADE_INFERRED, /* follows from evidence that is not the fact itself */
    ATR_GRADE_BOUND,    /* the bytes say so */
};

const char *atr_grade_text(enum atr_grade grade); /* "bound", "inferred", "guess", "unknown" */

struct atr_value {
    uint16_t field; /* enum atr_field */
    uint8_t type;   /* enum atr_field_type, never ANY */
    uint8_t grade;  /* enum atr_grade; BOUND unless marked */
    uint32_t count; /* children of an object or list */
    struct atr_value *next;

    union {
        uint64_t number; /* BOOL UINT HEX TIME */
        int64_t integer; /* INT */
        struct atr_str text;
        struct atr_guid guid;
        struct atr_bytes bytes;

        struct {
            struct atr_value *first;
            struct atr_value *last;
        } children;
    } as;
};

struct atr_fields {
    struct atr_arena *arena; /* NULL: swallow */
    struct atr_value root;   /* an object */
    struct atr_value *open[ATR_FIELDS_DEPTH_MAX];
    uint32_t depth;    /* of open[] in use beyond the root */
    uint32_t overflow; /* begins that found no room and wait for their ends */
    uint32_t total;
    bool incomplete; /* a cap or the arena dropped values */
};

void atr_fields_init(struct atr_fields *fields, struct atr_arena *arena);

/* What the writers below do when somebody listens. */
void atr_fields_put_bool(struct atr_fields *fields, enum atr_field field, bool value);
void atr_fields_put_uint(struct atr_fields *fields, enum atr_field field, uint64_t value);
void atr_fields_put_int(struct atr_fields *fields, enum atr_field field, int64_t value);
void atr_fields_put_text(struct atr_fields *fields, enum atr_field field, struct atr_str value);
void atr_fields_put_string(struct atr_fields *fields, enum atr_field field, const char *constant);
void atr_fields_put_guid(struct atr_fields *fields, enum atr_field field,
                         const struct atr_guid *value);
void atr_fields_put_bytes(struct atr_fields *fields, enum atr_field field, struct atr_bytes value);

/*
 * Text, guid and bytes are borrowed where they point into the event or its arena. uint also writes
 * HEX and TIME. Most listings have no listener: then a value costs no call.
 */
static ATR_INLINE void
atr_fields_bool(struct atr_fields *fields, enum atr_field field, bool value)
{
    if (fields->arena != NULL) {
        atr_fields_put_bool(fields, field, value);
    }
}

static ATR_INLINE void
atr_fields_uint(struct atr_fields *fields, enum atr_field field, uint64_t value)
{
    if (fields->arena != NULL) {
        atr_fields_put_uint(fields, field, value);
    }
}

static ATR_INLINE void
atr_fields_int(struct atr_fields *fields, enum atr_field field, int64_t value)
{
    if (fields->arena != NULL) {
        atr_fields_put_int(fields, field, value);
    }
}

static ATR_INLINE void
atr_fields_text(struct atr_fields *fields, enum atr_field field, struct atr_str value)
{
    if (fields->arena != NULL) {
        atr_fields_put_text(fields, field, value);
    }
}

static ATR_INLINE void
atr_fields_string(struct atr_fields *fields, enum atr_field field, const char *constant)
{
    if (fields->arena != NULL) {
        atr_fields_put_string(fields, field, constant);
    }
}

static ATR_INLINE void
atr_fields_guid(struct atr_fields *fields, enum atr_field field, const struct atr_guid *value)
{
    if (fields->arena != NULL) {
        atr_fields_put_guid(fields, field, value);
    }
}

static ATR_INLINE void
atr_fields_bytes(struct atr_fields *fields, enum atr_field field, struct atr_bytes value)
{
    if (fields->arena != NULL) {
        atr_fields_put_bytes(fields, field, value);
    }
}

void atr_fields_null(struct atr_fields *fields, enum atr_field field);

/* Opens what the row says, an object or a list; every begin has its end. */
void atr_fields_begin(struct atr_fields *fields, enum atr_field field);
void atr_fields_end(struct atr_fields *fields);

/* Grades the value written last. */
void atr_fields_grade(struct atr_fields *fields, enum atr_grade grade);

/* First value of that row, depth first, or NULL. */
const struct atr_value *atr_fields_find(const struct atr_fields *fields, enum atr_field field);
