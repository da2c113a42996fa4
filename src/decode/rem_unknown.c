/* SPDX-License-Identifier: MIT */
/* IRemUnknown, IRundown and IRemUnknown2: references and interfaces of objects (orpc 7.2). */
#include "base/attributes.h"
#include "base/limits.h"
#include "decode/orpc_parts.h"

enum rem_method {
    REM_QUERY_INTERFACE = 3,
    REM_ADD_REF = 4,
    REM_RELEASE = 5,
    REM_QUERY_INTERFACE2 = 6,
};

enum {
    REFERENCE_BYTES = ATR_GUID_BYTES + 8,
    QUERY_RESULT_BYTES = 0x30, /* hResult, padding, STDOBJREF */
};

struct rem_interface {
    struct atr_guid uuid;
    uint32_t opnum_max;
};

static const struct rem_interface rem_interfaces[] = {
    {ATR_COM_GUID(0x131), REM_RELEASE},          /* IRemUnknown */
    {ATR_COM_GUID(0x134), REM_RELEASE},          /* IRundown */
    {ATR_COM_GUID(0x143), REM_QUERY_INTERFACE2}, /* IRemUnknown2 */
};

/* The parameters of one request; lists lie in the NDR bytes. */
struct rem_request {
    enum atr_grade grade;
    bool is_wide;
    struct atr_guid ripid;
    uint32_t c_refs;
    uint32_t count;
    struct atr_cursor list; /* IIDs or REMINTERFACEREFs */
};

/* BOUND: it is one of them; NONE: it is another interface; GUESS: not known. */
static enum atr_grade
interface_grade(const struct atr_decode_context *context, uint32_t opnum)
{
    if (opnum < REM_QUERY_INTERFACE || opnum > REM_QUERY_INTERFACE2) {
        return ATR_GRADE_NONE;
    }
    if (!context->has_interface) {
        return ATR_GRADE_GUESS;
    }
    for (size_t i = 0; i < ATR_COUNT(rem_interfaces); i++) {
        if (atr_guid_equal(&rem_interfaces[i].uuid, &context->interface.uuid) &&
            opnum <= rem_interfaces[i].opnum_max) {
            return ATR_GRADE_BOUND;
        }
    }
    return ATR_GRADE_NONE;
}

/*
 * Reads the request in one syntax, of a list that the capture cut what there is. False when the
 * counts and the bytes disagree.
 */
static bool
request_read(const struct atr_ndr_view *view, uint32_t opnum, bool is_wide, struct rem_request *out)
{
    struct atr_cursor cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    bool is_query = opnum == REM_QUERY_INTERFACE || opnum == REM_QUERY_INTERFACE2;
    size_t element_bytes = is_query ? ATR_GUID_BYTES : REFERENCE_BYTES;
    uint64_t room;

    out->is_wide = is_wide;
    atr_cursor_seek(&cur, view->params_offset);
    atr_cursor_align(&cur, 4);
    if (is_query) {
        out->ripid = atr_cursor_guid(&cur);
        out->c_refs = opnum == REM_QUERY_INTERFACE ? atr_cursor_u32(&cur) : 0;
    }
    out->count = atr_cursor_u16(&cur);
    room = atr_orpc_word(&cur, is_wide);
    if (room != out->count) {
        return false;
    }
    if (out->grade == ATR_GRADE_BOUND && view->original_bytes > view->bytes.size_bytes &&
        room > atr_cursor_left(&cur) / element_bytes) {
        out->count = (uint32_t)(atr_cursor_left(&cur) / element_bytes);
    }
    out->list = atr_cursor_sub(&cur, out->count * element_bytes);
    return atr_cursor_ok(&cur) &&
           (out->grade == ATR_GRADE_BOUND || (out->count > 0 && atr_cursor_left(&cur) == 0));
}

/* In the bound syntax; with none bound in the one that fits. */
static bool
request_parse(const struct atr_decode_context *context, const struct atr_ndr_view *view,
              uint32_t opnum, struct rem_request *out)
{
    *out = (struct rem_request){.grade = interface_grade(context, opnum)};
    if (out->grade == ATR_GRADE_NONE) {
        return false;
    }
    if (view->syntax != ATR_SYNTAX_NDR64 && request_read(view, opnum, false, out)) {
        return true;
    }
    return view->syntax != ATR_SYNTAX_NDR20 && request_read(view, opnum, true, out);
}

/* What the bytes alone tell is inferred. */
static void
grade_write(struct atr_fields *fields, enum atr_grade grade)
{
    atr_fields_grade(fields, grade == ATR_GRADE_BOUND ? ATR_GRADE_BOUND : ATR_GRADE_INFERRED);
}

static void
query_write(struct atr_fields *fields, uint32_t opnum, struct rem_request *request)
{
    atr_fields_begin(fields, opnum == REM_QUERY_INTERFACE ? ATR_F_rem_query : ATR_F_rem_query2);
    atr_fields_guid(fields, ATR_F_rem_ripid, &request->ripid);
    if (opnum == REM_QUERY_INTERFACE) {
        atr_fields_uint(fields, ATR_F_rem_c_refs, request->c_refs);
    }
    atr_fields_begin(fields, ATR_F_rem_iids);
    for (uint32_t i = 0; i < request->count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        struct atr_guid iid = atr_cursor_guid(&request->list);

        atr_fields_guid(fields, ATR_F_item, &iid);
    }
    atr_fields_end(fields);
    atr_fields_end(fields);
    grade_write(fields, request->grade);
}

static void
references_write(struct atr_fields *fields, uint32_t opnum, struct rem_request *request)
{
    atr_fields_begin(fields, opnum == REM_ADD_REF ? ATR_F_rem_add_ref : ATR_F_rem_release);
    for (uint32_t i = 0; i < request->count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        struct atr_guid ipid = atr_cursor_guid(&request->list);

        atr_fields_begin(fields, ATR_F_item);
        atr_fields_guid(fields, ATR_F_rem_ipid, &ipid);
        atr_fields_uint(fields, ATR_F_rem_public, atr_cursor_u32(&request->list));
        atr_fields_uint(fields, ATR_F_rem_private, atr_cursor_u32(&request->list));
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
    grade_write(fields, request->grade);
}

bool
atr_rem_unknown_request(const struct atr_decode_context *context, struct atr_event *event,
                        const struct atr_ndr_view *view, uint32_t opnum)
{
    struct rem_request request;

    if (!request_parse(context, view, opnum, &request)) {
        return false;
    }
    if (opnum == REM_ADD_REF || opnum == REM_RELEASE) {
        references_write(&event->fields, opnum, &request);
    } else {
        query_write(&event->fields, opnum, &request);
    }
    return true;
}

/* One answer of RemQueryInterface; asked holds the IIDs, or failed when they are not known. */
static void
query_result_decode(struct atr_event *event, struct atr_cursor *cur, struct atr_cursor *asked)
{
    struct atr_fields *fields = &event->fields;
    struct atr_guid iid = atr_cursor_guid(asked);
    uint32_t hresult = atr_cursor_u32(cur);
    struct atr_std_objref standard;

    (void)atr_cursor_u32(cur);
    standard = atr_std_objref_read(cur);
    atr_fields_begin(fields, ATR_F_item);
    atr_fields_uint(fields, ATR_F_rem_hresult, hresult);
    atr_std_objref_write(event, &standard);
    if (atr_cursor_ok(asked)) {
        atr_fields_guid(fields, ATR_F_objref_iid, &iid);
        if (hresult < 0x80000000) {
            atr_std_objref_learn(event, &iid, &standard);
        }
    }
    atr_fields_end(fields);
}

/* [out] unique pointer to REMQIRESULT[] */
static bool
query_response(struct atr_event *event, struct atr_cursor *cur, bool is_wide,
               struct rem_request *request, bool has_request)
{
    uint64_t referent = atr_orpc_word(cur, is_wide);
    uint64_t count = referent == 0 ? 0 : atr_orpc_word(cur, is_wide);
    struct atr_cursor asked = request->list;

    if (referent != 0) {
        atr_cursor_align(cur, 8);
    }
    if (!atr_cursor_ok(cur) || count > atr_cursor_left(cur) / QUERY_RESULT_BYTES ||
        (has_request && referent != 0 && count != request->count)) {
        return false;
    }
    if (!has_request) {
        atr_cursor_reject(&asked);
    }
    atr_fields_begin(&event->fields, ATR_F_rem_query);
    atr_fields_begin(&event->fields, ATR_F_rem_results);
    for (uint64_t i = 0; i < count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        query_result_decode(event, cur, &asked);
    }
    atr_fields_end(&event->fields);
    atr_fields_end(&event->fields);
    grade_write(&event->fields, request->grade);
    return true;
}

/* HRESULT[] in front of everything else */
static bool
hresults_response(struct atr_event *event, struct atr_cursor *cur, bool is_wide, uint32_t opnum,
                  struct rem_request *request, bool has_request)
{
    uint64_t count = atr_orpc_word(cur, is_wide);
    struct atr_fields *fields = &event->fields;

    if (!atr_cursor_ok(cur) || count > atr_cursor_left(cur) / 4 ||
        (has_request && count != request->count)) {
        return false;
    }
    atr_fields_begin(fields, opnum == REM_ADD_REF ? ATR_F_rem_add_ref_answer : ATR_F_rem_query2);
    atr_fields_begin(fields, ATR_F_rem_results);
    for (uint64_t i = 0; i < count && i < ATR_ORPC_INTERFACES_MAX; i++) {
        atr_fields_begin(fields, ATR_F_item);
        atr_fields_uint(fields, ATR_F_rem_hresult, atr_cursor_u32(cur));
        if (opnum == REM_QUERY_INTERFACE2 && has_request) {
            struct atr_guid iid = atr_cursor_guid(&request->list);

            atr_fields_guid(fields, ATR_F_objref_iid, &iid);
        }
        atr_fields_end(fields);
    }
    atr_fields_end(fields);
    atr_fields_end(fields);
    grade_write(fields, request->grade);
    return true;
}

/* The pointers RemQueryInterface2 returns are OBJREFs, which the scan for those finds. */
bool
atr_rem_unknown_response(const struct atr_decode_context *context, struct atr_event *event,
                         const struct atr_ndr_view *view, uint32_t opnum,
                         const struct atr_ndr_view *asked)
{
    struct atr_cursor cur = atr_cursor_make(view->bytes.data, view->bytes.size_bytes);
    struct rem_request request;
    bool has_request = asked != NULL && request_parse(context, asked, opnum, &request);
    bool is_wide;

    if (!has_request) {
        request = (struct rem_request){.grade = interface_grade(context, opnum)};
        if (request.grade != ATR_GRADE_BOUND) {
            return false;
        }
    }
    is_wide = has_request ? request.is_wide : view->syntax == ATR_SYNTAX_NDR64;
    atr_cursor_seek(&cur, view->params_offset);
    switch (opnum) {
    case REM_QUERY_INTERFACE:
        return query_response(event, &cur, is_wide, &request, has_request);
    case REM_ADD_REF:
    case REM_QUERY_INTERFACE2:
        return hresults_response(event, &cur, is_wide, opnum, &request, has_request);
    default:
        return false;
    }
}
