/* SPDX-License-Identifier: MIT */
/* What becomes of an OBJREF: rows, facts, and the list of all in a message. */
#include "base/limits.h"
#include "decode/decode.h"
#include "decode/objref.h"
#include "decode/orpc_parts.h"

void
atr_std_objref_learn(struct atr_event *event, const struct atr_guid *iid,
                     const struct atr_std_objref *standard)
{
    struct atr_fact *fact = atr_event_fact_add(event, ATR_FACT_INTERFACE_POINTER);

    if (fact != NULL) {
        fact->as.pointer = (struct atr_pointer_fact){
            .iid = *iid,
            .ipid = standard->ipid,
            .oxid = standard->oxid,
            .oid = standard->oid,
        };
    }
}

void
atr_std_objref_write(struct atr_event *event, const struct atr_std_objref *standard)
{
    struct atr_fields *fields = &event->fields;
    struct atr_ipid_owner owner = atr_ipid_owner_get(&standard->ipid);
    char text[ATR_APARTMENT_TEXT_BYTES];

    if (fields->arena == NULL) {
        return;
    }
    atr_fields_uint(fields, ATR_F_objref_flags, standard->flags);
    atr_fields_uint(fields, ATR_F_objref_refs, standard->refs);
    atr_fields_uint(fields, ATR_F_objref_oxid, standard->oxid);
    atr_fields_uint(fields, ATR_F_objref_oid, standard->oid);
    atr_fields_guid(fields, ATR_F_objref_ipid, &standard->ipid);
    atr_fields_uint(fields, ATR_F_objref_ipid_pid, owner.pid);
    atr_fields_grade(fields, ATR_GRADE_INFERRED);
    atr_fields_text(fields, ATR_F_objref_ipid_apartment,
                    atr_arena_str(event->arena, atr_apartment_text(owner.apartment, text)));
    atr_fields_grade(fields, ATR_GRADE_INFERRED);
}

static void
elements_write(struct atr_fields *fields, const struct atr_objref *objref)
{
    atr_fields_begin(fields, ATR_F_objref_elements);
    for (uint32_t i = 0; i < objref->element_count; i++) {
        atr_fields_begin(fields, ATR_F_item);
        atr_fields_guid(fields, ATR_F_objref_element_id, &objref->elements[i].id);
        atr_fields_uint(fields, ATR_F_objref_element_size, objref->elements[i].size_bytes);
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
}

static void
custom_write(struct atr_event *event, const struct atr_objref *objref)
{
    struct atr_fields *fields = &event->fields;

    atr_fields_uint(fields, ATR_F_objref_extension_size, objref->extension_bytes);
    atr_fields_uint(fields, ATR_F_objref_data_offset, objref->data_offset);
    atr_fields_uint(fields, ATR_F_objref_data_length, objref->data.size_bytes);
    atr_activation_write(event, objref);
}

void
atr_objref_write(struct atr_event *event, const struct atr_objref *objref)
{
    struct atr_fields *fields = &event->fields;

    if (objref->kind == 0) {
        return;
    }
    atr_fields_string(fields, ATR_F_objref_kind, atr_objref_kind_text(objref->kind));
    atr_fields_guid(fields, ATR_F_objref_iid, &objref->iid);
    if (objref->has_standard) {
        atr_std_objref_write(event, &objref->standard);
    }
    if (objref->has_clsid) {
        atr_fields_guid(fields, ATR_F_objref_clsid, &objref->clsid);
    }
    if (objref->has_bindings) {
        atr_fields_begin(fields, ATR_F_dsa);
        atr_dual_string_array_write(fields, &objref->bindings);
        if (objref->bindings.damaged) {
            atr_decode_problem(event, "bindings_damaged");
        }
        atr_fields_end(fields);
    }
    if (objref->has_data) {
        custom_write(event, objref);
    }
    if (objref->kind == ATR_OBJREF_EXTENDED && objref->has_bindings) {
        elements_write(fields, objref);
    }
}

static const char *
error_text(enum atr_status status, const struct atr_objref *objref)
{
    switch (status) {
    case ATR_TRUNCATED:
        return "truncated";
    case ATR_UNSUPPORTED:
        return "unknown_type";
    case ATR_MALFORMED:
        return objref->kind == 0 ? "bad_signature" : "malformed";
    default:
        return NULL;
    }
}

static void
pointer_decode(struct atr_event *event, struct atr_bytes ndr, size_t offset)
{
    struct atr_bytes bytes = atr_objref_at(ndr, offset);
    struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size_bytes);
    struct atr_objref objref;
    enum atr_status status = atr_objref_parse(&cur, &objref, event->arena);
    const char *problem = error_text(status, &objref);

    if (objref.has_standard) {
        atr_std_objref_learn(event, &objref.iid, &objref.standard);
    }
    atr_fields_begin(&event->fields, ATR_F_item);
    atr_fields_uint(&event->fields, ATR_F_objref_offset, offset);
    atr_objref_write(event, &objref);
    if (problem != NULL) {
        atr_decode_problem(event, problem);
    }
    atr_fields_end(&event->fields);
}

/* Walks on inside what it found, so nesting of any depth becomes one flat list. */
void
atr_interface_pointers_decode(struct atr_event *event, struct atr_bytes ndr, size_t from)
{
    size_t at = atr_objref_scan(ndr, from);

    if (at >= ndr.size_bytes) {
        return;
    }
    atr_fields_begin(&event->fields, ATR_F_interface_pointers);
    for (uint32_t i = 0; i < ATR_OBJREFS_MAX && at < ndr.size_bytes; i++) {
        pointer_decode(event, ndr, at);
        at = atr_objref_scan(ndr, at + 4);
    }
    atr_fields_end(&event->fields);
}

enum atr_status
atr_objref_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                  struct atr_event *event)
{
    struct atr_objref objref;
    enum atr_status status = atr_objref_parse(cur, &objref, event->arena);
    const char *error = error_text(status, &objref);

    (void)context;
    if (error != NULL) {
        (void)atr_decode_error(event, status, error);
    }
    if (objref.has_standard) {
        atr_std_objref_learn(event, &objref.iid, &objref.standard);
    }
    atr_objref_write(event, &objref);
    atr_interface_pointers_decode(event, objref.data, 0);
    if (event->arena->exhausted) {
        return ATR_LIMIT;
    }
    return status == ATR_OK && objref.bindings.damaged ? ATR_MALFORMED : status;
}
