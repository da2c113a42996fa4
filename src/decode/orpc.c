/* SPDX-License-Identifier: MIT */
#include "decode/orpc.h"

#include "base/attributes.h"
#include "decode/objref.h"
#include "decode/orpc_parts.h"

enum {
    OPNUM_MIN = 3, /* behind the methods of IUnknown */
    LRPC_REQUEST = 0,
    LRPC_VIEW_PRESENT = 4,
    LRPC_REQUEST_BYTES = 0x40,
};

/* Interfaces that take the headers as explicit parameters (orpc 7.3). */
struct explicit_row {
    struct atr_guid uuid;
    uint32_t opnum_min;
    bool has_local;
};

static const struct explicit_row explicit_rows[] = {
    {ATR_COM_GUID(0x136), 3, true},  /* ISCMLocalActivator */
    {ATR_COM_GUID(0x1a0), 3, false}, /* ISystemActivator */
    {{{0xb8, 0x4a, 0x9f, 0x4d, 0x1c, 0x7d, 0xcf, 0x11, 0x86, 0x1e, 0x00, 0x20, 0xaf, 0x6e, 0x7c,
       0x57}},
     0,
     false}, /* IActivation */
};

bool
atr_orpc_is_request(struct atr_bytes ndr, const struct atr_rpc_fact *request)
{
    return request->has_object && request->opnum >= OPNUM_MIN && atr_orpc_this_is_plausible(ndr);
}

/* The NDR bytes of the LRPC request an answer belongs to; none when they were in a view. */
static struct atr_bytes
request_ndr(const struct atr_decode_context *context)
{
    struct atr_bytes message = context->request_bytes;
    struct atr_cursor cur = atr_cursor_make(message.data, message.size_bytes);
    uint32_t type = atr_cursor_u32(&cur);
    uint32_t flags;

    atr_cursor_seek(&cur, 8);
    flags = atr_cursor_u32(&cur);
    atr_cursor_seek(&cur, LRPC_REQUEST_BYTES);
    if (!atr_cursor_ok(&cur) || type != LRPC_REQUEST || (flags & LRPC_VIEW_PRESENT) != 0) {
        return (struct atr_bytes){NULL, 0};
    }
    return atr_cursor_bytes(&cur, atr_cursor_left(&cur));
}

static bool
is_certain(const struct atr_orpc_headers *headers)
{
    return headers->params_known && (headers->local_size == 0 || headers->client_thread != 0);
}

/*
 * The headers are NDR20 whatever was bound (MS-DCOM 2.2.13). That this holds for LOCALTHIS too is
 * not documented: where it cannot be, and NDR64 is bound, that form is tried.
 */
static void
request_parse(const struct atr_decode_context *context, struct atr_bytes ndr,
              struct atr_orpc_headers *out)
{
    struct atr_orpc_shape shape = {.os_build = context->os_build};
    struct atr_orpc_headers wide;

    atr_orpc_headers_parse(ndr, &shape, out);
    if (context->syntax != ATR_SYNTAX_NDR64 || is_certain(out)) {
        return;
    }
    shape.is_wide = true;
    atr_orpc_headers_parse(ndr, &shape, &wide);
    if (is_certain(&wide)) {
        *out = wide;
        out->grade = ATR_GRADE_INFERRED;
    }
}

static void
guid_write(struct atr_fields *fields, enum atr_field field, const struct atr_guid *guid,
           enum atr_grade grade)
{
    if (!atr_guid_is_null(guid)) {
        atr_fields_guid(fields, field, guid);
        atr_fields_grade(fields, grade);
    }
}

static void
number_write(struct atr_fields *fields, enum atr_field field, uint64_t number, enum atr_grade grade)
{
    atr_fields_uint(fields, field, number);
    atr_fields_grade(fields, grade);
}

static void
local_write(struct atr_fields *fields, const struct atr_orpc_headers *headers)
{
    bool is_response = headers->shape.is_response;

    if (headers->has_local && headers->local_size != 0) {
        number_write(fields,
                     is_response ? ATR_F_orpc_local_that_offset : ATR_F_orpc_local_this_offset,
                     headers->local_offset, headers->grade);
    }
    number_write(fields, is_response ? ATR_F_orpc_local_that_size : ATR_F_orpc_local_this_size,
                 headers->local_size, headers->grade);
    if (!headers->has_local) {
        return;
    }
    if (is_response) {
        if (headers->marshaling_set != 0) {
            number_write(fields, ATR_F_orpc_marshaling_set, headers->marshaling_set,
                         headers->grade);
        }
        return;
    }
    atr_fields_uint(fields, ATR_F_orpc_client_thread, headers->client_thread);
    guid_write(fields, ATR_F_orpc_passthrough_activity, &headers->passthrough_activity,
               headers->grade);
    guid_write(fields, ATR_F_orpc_call_activity, &headers->call_activity, headers->grade);
    guid_write(fields, ATR_F_orpc_async_operation, &headers->async_operation, headers->grade);
}

static void
extents_write(struct atr_fields *fields, const struct atr_orpc_headers *headers)
{
    atr_fields_uint(fields, ATR_F_orpc_extents, headers->extent_count);
    if (headers->extent_count == 0) {
        return;
    }
    atr_fields_begin(fields, ATR_F_orpc_extent_ids);
    for (uint32_t i = 0; i < headers->extent_count; i++) {
        atr_fields_guid(fields, ATR_F_item, &headers->extent_ids[i]);
    }
    atr_fields_end(fields);
}

static void
headers_write(struct atr_event *event, const struct atr_orpc_headers *headers, enum atr_field field,
              enum atr_field params)
{
    struct atr_fields *fields = &event->fields;

    if (fields->arena == NULL) {
        return;
    }
    atr_fields_begin(fields, field);
    atr_fields_string(fields, ATR_F_orpc_form, headers->shape.is_wide ? "ndr64" : "ndr20");
    if (headers->has_start) {
        if (!headers->shape.is_response) {
            atr_fields_text(fields, ATR_F_orpc_version,
                            atr_arena_format(event->arena, "%u.%u",
                                             (unsigned)headers->version_major,
                                             (unsigned)headers->version_minor));
        }
        atr_fields_uint(fields, ATR_F_orpc_flags, headers->flags);
        if (!headers->shape.is_response) {
            atr_fields_guid(fields, ATR_F_orpc_cid, &headers->cid);
        }
        extents_write(fields, headers);
        local_write(fields, headers);
    }
    if (headers->params_known) {
        number_write(fields, params, headers->params_offset, headers->grade);
    }
    atr_fields_end(fields);
}

/* Tells where the parameters are, and the pointers in headers and parameters. */
static enum atr_status
params_found(struct atr_event *event, struct atr_ndr_view *view,
             const struct atr_orpc_headers *headers)
{
    view->params_offset =
        headers->params_known ? headers->params_offset : (uint32_t)view->bytes.size_bytes;
    atr_interface_pointers_decode(event, view->bytes, 0);
    if (headers->params_known) {
        return ATR_OK;
    }
    atr_decode_problem(event, "orpc_params_unknown");
    return headers->status != ATR_OK ? headers->status : ATR_UNSUPPORTED;
}

static void
ipid_write(struct atr_event *event, const struct atr_guid *ipid)
{
    struct atr_fields *fields = &event->fields;
    struct atr_ipid_owner owner = atr_ipid_owner_get(ipid);
    char text[ATR_APARTMENT_TEXT_BYTES];

    if (fields->arena == NULL) {
        return;
    }
    atr_fields_begin(fields, ATR_F_ipid);
    number_write(fields, ATR_F_ipid_owner_pid, owner.pid, ATR_GRADE_INFERRED);
    atr_fields_text(fields, ATR_F_ipid_owner_apartment,
                    atr_arena_str(event->arena, atr_apartment_text(owner.apartment, text)));
    atr_fields_grade(fields, ATR_GRADE_INFERRED);
    atr_fields_end(fields);
}

enum atr_status
atr_orpc_request_decode(const struct atr_decode_context *context, struct atr_event *event,
                        struct atr_ndr_view *view, const struct atr_rpc_fact *request)
{
    struct atr_orpc_headers headers;
    enum atr_status status;

    request_parse(context, view->bytes, &headers);
    headers_write(event, &headers, ATR_F_orpc, ATR_F_orpc_params_offset);
    ipid_write(event, &request->object);
    status = params_found(event, view, &headers);
    if (headers.params_known) {
        (void)atr_rem_unknown_request(context, event, view, request->opnum);
    }
    return event->arena->exhausted ? ATR_LIMIT : status;
}

/* The method's HRESULT is the last dword, at a multiple of 4. */
static void
hresult_write(struct atr_event *event, const struct atr_ndr_view *view,
              const struct atr_orpc_headers *headers)
{
    struct atr_cursor cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    size_t end = view->bytes.size_bytes & ~(size_t)3;

    if (!headers->has_start || view->original_bytes > view->bytes.size_bytes || end < 4 ||
        end - 4 < headers->params_offset) {
        return;
    }
    atr_cursor_seek(&cur, end - 4);
    atr_fields_uint(&event->fields, ATR_F_hresult, atr_cursor_u32(&cur));
}

enum atr_status
atr_orpc_response_decode(const struct atr_decode_context *context, struct atr_event *event,
                         struct atr_ndr_view *view, const struct atr_rpc_fact *request)
{
    struct atr_ndr_view asked = {.bytes = request_ndr(context), .syntax = view->syntax};
    bool has_asked = atr_orpc_this_is_plausible(asked.bytes);
    struct atr_orpc_shape shape = {.is_response = true, .os_build = context->os_build};
    struct atr_orpc_headers headers;
    enum atr_status status;

    if (has_asked) {
        request_parse(context, asked.bytes, &headers);
        has_asked = headers.params_known;
        asked.params_offset = headers.params_offset;
        shape.is_wide = headers.shape.is_wide;
        shape.this_size = headers.local_size;
        if (has_asked && headers.local_size == 0) {
            shape.local = ATR_ORPC_LOCAL_NEVER;
        }
    }
    atr_orpc_headers_parse(view->bytes, &shape, &headers);
    headers_write(event, &headers, ATR_F_orpc, ATR_F_orpc_params_offset);
    status = params_found(event, view, &headers);
    if (headers.params_known) {
        (void)atr_rem_unknown_response(context, event, view, request->opnum,
                                       has_asked ? &asked : NULL);
    }
    hresult_write(event, view, &headers);
    return event->arena->exhausted ? ATR_LIMIT : status;
}

static const struct explicit_row *
explicit_find(const struct atr_guid *uuid, uint32_t opnum)
{
    for (size_t i = 0; i < ATR_COUNT(explicit_rows); i++) {
        if (atr_guid_equal(&explicit_rows[i].uuid, uuid)) {
            return opnum >= explicit_rows[i].opnum_min ? &explicit_rows[i] : NULL;
        }
    }
    return NULL;
}

/* Without the interface: nothing, or a marshaled pointer, is all that stands behind the headers. */
static bool
fits_unasked(struct atr_bytes ndr, const struct atr_orpc_headers *headers)
{
    return is_certain(headers) && !atr_guid_is_null(&headers->cid) &&
           (headers->params_offset == ndr.size_bytes ||
            atr_objref_scan(ndr, headers->params_offset) < ndr.size_bytes);
}

/* The headers of an explicit request, in the bound syntax or in the one that fits. */
static bool
explicit_parse(const struct atr_decode_context *context, struct atr_bytes ndr, uint32_t opnum,
               struct atr_orpc_headers *out)
{
    const struct explicit_row *row =
        context->has_interface ? explicit_find(&context->interface.uuid, opnum) : NULL;
    struct atr_orpc_shape shape = {.os_build = context->os_build};

    if (!atr_orpc_this_is_plausible(ndr) || (context->has_interface && row == NULL)) {
        return false;
    }
    if (row != NULL) {
        shape.local = row->has_local ? ATR_ORPC_LOCAL_ALWAYS : ATR_ORPC_LOCAL_NEVER;
    }
    for (unsigned i = 0; i < 2; i++) {
        enum atr_syntax syntax = i == 0 ? ATR_SYNTAX_NDR64 : ATR_SYNTAX_NDR20;

        shape.is_wide = syntax == ATR_SYNTAX_NDR64;
        if (context->syntax != ATR_SYNTAX_UNKNOWN && context->syntax != syntax) {
            continue;
        }
        atr_orpc_headers_parse(ndr, &shape, out);
        if (row != NULL && (context->syntax == syntax || is_certain(out))) {
            return true;
        }
        if (row == NULL && fits_unasked(ndr, out)) {
            out->grade = ATR_GRADE_INFERRED;
            return true;
        }
    }
    return false;
}

/* A response is only known for what it is by its interface or its request. */
static bool
explicit_answer_parse(const struct atr_decode_context *context, struct atr_bytes ndr,
                      uint32_t opnum, struct atr_orpc_headers *out)
{
    struct atr_orpc_shape shape = {.is_response = true, .os_build = context->os_build};
    struct atr_orpc_headers asked;

    if (explicit_parse(context, request_ndr(context), opnum, &asked)) {
        shape.is_wide = asked.shape.is_wide;
        shape.this_size = asked.local_size;
        shape.local = asked.local_size != 0 ? ATR_ORPC_LOCAL_ALWAYS : ATR_ORPC_LOCAL_NEVER;
    } else if (context->has_interface && context->syntax != ATR_SYNTAX_UNKNOWN) {
        const struct explicit_row *row = explicit_find(&context->interface.uuid, opnum);

        if (row == NULL) {
            return false;
        }
        shape.is_wide = context->syntax == ATR_SYNTAX_NDR64;
        shape.local = row->has_local ? ATR_ORPC_LOCAL_ALWAYS : ATR_ORPC_LOCAL_NEVER;
    } else {
        return false;
    }
    atr_orpc_headers_parse(ndr, &shape, out);
    return true;
}

enum atr_status
atr_orpc_explicit_decode(const struct atr_decode_context *context, struct atr_event *event,
                         struct atr_ndr_view *view, const struct atr_rpc_fact *request,
                         enum atr_direction direction)
{
    struct atr_orpc_headers headers;
    enum atr_status status;
    bool found = direction == ATR_DIRECTION_ANSWER
                     ? explicit_answer_parse(context, view->bytes, request->opnum, &headers)
                     : explicit_parse(context, view->bytes, request->opnum, &headers);

    if (!found) {
        return ATR_UNSUPPORTED;
    }
    headers_write(event, &headers, ATR_F_explicit_headers, ATR_F_orpc_next_offset);
    status = params_found(event, view, &headers);
    return event->arena->exhausted ? ATR_LIMIT : status;
}
