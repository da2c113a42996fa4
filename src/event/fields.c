/* SPDX-License-Identifier: MIT */
#include "event/fields.h"

static const struct atr_field_row rows[ATR_F_COUNT] = {
    [ATR_F_NONE] = {"", "", ATR_FIELD_ANY, ""},
#define ROW(id, key, filter, type, help) [ATR_F_##id] = {(key), (filter), ATR_FIELD_##type, (help)},
#include "event/fields.def"
#undef ROW
};

const struct atr_field_row *
atr_field_row_get(enum atr_field field)
{
    return &rows[(unsigned)field < ATR_F_COUNT ? field : ATR_F_NONE];
}

const char *
atr_grade_text(enum atr_grade grade)
{
    static const char *const texts[] = {"unknown", "guess", "inferred", "bound"};

    return (unsigned)grade < ATR_COUNT(texts) ? texts[grade] : texts[0];
}

void
atr_fields_init(struct atr_fields *fields, struct atr_arena *arena)
{
    fields->arena = arena;
    fields->root = (struct atr_value){.type = ATR_FIELD_OBJECT, .grade = ATR_GRADE_BOUND};
    fields->depth = 0;
    fields->overflow = 0;
    fields->total = 0;
    fields->incomplete = false;
}

static struct atr_value *
container(struct atr_fields *fields)
{
    return fields->depth == 0 ? &fields->root : fields->open[fields->depth - 1];
}

/* NULL when nobody listens or a cap is reached. */
static struct atr_value *
append(struct atr_fields *fields, enum atr_field field, enum atr_field_type type)
{
    struct atr_value *parent;
    struct atr_value *value;

    if (fields->arena == NULL) {
        return NULL;
    }
    value = fields->overflow > 0 || fields->total >= ATR_FIELDS_MAX
                ? NULL
                : atr_arena_alloc(fields->arena, 1, sizeof(*value));
    if (value == NULL) {
        fields->incomplete = true;
        return NULL;
    }
    value->field = (uint16_t)field;
    value->type = (uint8_t)type;
    value->grade = ATR_GRADE_BOUND;
    parent = container(fields);
    if (parent->as.children.last == NULL) {
        parent->as.children.first = value;
    } else {
        parent->as.children.last->next = value;
    }
    parent->as.children.last = value;
    parent->count++;
    fields->total++;
    return value;
}

static void
append_number(struct atr_fields *fields, enum atr_field field, enum atr_field_type type,
              uint64_t number)
{
    struct atr_value *value = append(fields, field, type);

    if (value != NULL) {
        value->as.number = number;
    }
}

void
atr_fields_put_bool(struct atr_fields *fields, enum atr_field field, bool value)
{
    append_number(fields, field, ATR_FIELD_BOOL, value ? 1 : 0);
}

void
atr_fields_put_uint(struct atr_fields *fields, enum atr_field field, uint64_t value)
{
    enum atr_field_type type = rows[field].type;

    append_number(fields, field, type == ATR_FIELD_ANY ? ATR_FIELD_UINT : type, value);
}

void
atr_fields_put_int(struct atr_fields *fields, enum atr_field field, int64_t value)
{
    struct atr_value *at = append(fields, field, ATR_FIELD_INT);

    if (at != NULL) {
        at->as.integer = value;
    }
}

void
atr_fields_put_text(struct atr_fields *fields, enum atr_field field, struct atr_str value)
{
    struct atr_value *at = append(fields, field, ATR_FIELD_TEXT);

    if (at != NULL) {
        at->as.text = value;
    }
}

void
atr_fields_put_string(struct atr_fields *fields, enum atr_field field, const char *constant)
{
    atr_fields_put_text(fields, field, atr_str_from(constant));
}

void
atr_fields_put_guid(struct atr_fields *fields, enum atr_field field, const struct atr_guid *value)
{
    struct atr_value *at = append(fields, field, ATR_FIELD_GUID);

    if (at != NULL) {
        at->as.guid = *value;
    }
}

void
atr_fields_put_bytes(struct atr_fields *fields, enum atr_field field, struct atr_bytes value)
{
    struct atr_value *at = append(fields, field, ATR_FIELD_BYTES);

    if (at != NULL) {
        at->as.bytes = value;
    }
}

void
atr_fields_null(struct atr_fields *fields, enum atr_field field)
{
    (void)append(fields, field, ATR_FIELD_NULL);
}

void
atr_fields_begin(struct atr_fields *fields, enum atr_field field)
{
    enum atr_field_type type =
        rows[field].type == ATR_FIELD_LIST ? ATR_FIELD_LIST : ATR_FIELD_OBJECT;
    struct atr_value *value = NULL;

    if (fields->arena == NULL) {
        return;
    }
    if (fields->depth < ATR_FIELDS_DEPTH_MAX) {
        value = append(fields, field, type);
    }
    if (value == NULL) {
        fields->overflow++;
        fields->incomplete = true;
        return;
    }
    fields->open[fields->depth++] = value;
}

void
atr_fields_end(struct atr_fields *fields)
{
    if (fields->overflow > 0) {
        fields->overflow--;
    } else if (fields->depth > 0) {
        fields->depth--;
    }
}

void
atr_fields_grade(struct atr_fields *fields, enum atr_grade grade)
{
    struct atr_value *last = container(fields)->as.children.last;

    if (fields->arena != NULL && fields->overflow == 0 && last != NULL) {
        last->grade = (uint8_t)grade;
    }
}

/* Depth first without recursion: the open path is kept on a small stack. */
const struct atr_value *
atr_fields_find(const struct atr_fields *fields, enum atr_field field)
{
    const struct atr_value *stack[ATR_FIELDS_DEPTH_MAX + 2];
    uint32_t depth = 0;

    stack[depth++] = fields->root.as.children.first;
    while (depth > 0) {
        const struct atr_value *value = stack[depth - 1];

        if (value == NULL) {
            depth--;
            continue;
        }
        if (value->field == field) {
            return value;
        }
        stack[depth - 1] = value->next;
        if (value->type == ATR_FIELD_OBJECT || value->type == ATR_FIELD_LIST) {
            stack[depth++] = value->as.children.first;
        }
    }
    return NULL;
}
