/* SPDX-License-Identifier: MIT */
#include "scenario/phrases_com.h"

#include "scenario/com.h"

static const char dispatch[] = "00020400-0000-0000-c000-000000000046";

const char if_rem_unknown[] = "00000131-0000-0000-c000-000000000046";
const char if_local_activator[] = "00000136-0000-0000-c000-000000000046";
const char if_web_browser[] = "d30c1661-cdaf-11d0-8a3e-00c04fc9e26e";

/* The object: first as IDispatch, then as IWebBrowser2. */
static const struct com_object browser = {
    .iid = dispatch,
    .ipid = "00000c00-1f40-ffff-1234-56789abcdef0",
    .oxid = 0x1122334455667788,
    .oid = 0x99aabbccddeeff00,
    .endpoint = "OLE0123456789ABCDEF0123456789AB",
    .rem_unknown_ipid = "00006402-1f40-ffff-8a3b-6b1b2e7f3c55",
};

static const struct com_object browser2 = {
    .iid = if_web_browser,
    .ipid = "00000c01-1f40-ffff-1234-56789abcdef1",
    .oxid = 0x1122334455667788,
    .oid = 0x99aabbccddeeff00,
};

void
say_activate(struct message *request, struct message *reply, uint32_t call_id, uint32_t binding_id,
             uint32_t client_tid)
{
    static const struct com_activation asked = {.class_id = "0002df01-0000-0000-c000-000000000046",
                                                .iid = dispatch,
                                                .machine = "DESKTOP-7",
                                                .session_id = 1};
    size_t ndr = lrpc_request(request, call_id, binding_id, 4, NULL);

    com_put_this64(request, ndr, client_tid);
    message_u64(request, 0); /* no outer object */
    com_put_activation_in(request, ndr, &asked);
    ndr = lrpc_response(reply, call_id);
    com_put_that64(reply, ndr);
    com_put_activation_out(reply, ndr, &browser);
    message_align(reply, ndr, 4);
    message_u32(reply, 0);
}

void
say_query_interface(struct message *request, struct message *reply, uint32_t call_id,
                    uint32_t binding_id, uint32_t client_tid)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, 3, browser.rem_unknown_ipid);

    com_put_this(request, ndr, client_tid);
    message_guid(request, browser.ipid);
    message_u32(request, 5);
    message_u32(request, 1);
    message_u32(request, 1);
    message_guid(request, if_web_browser);
    ndr = lrpc_response(reply, call_id);
    com_put_that(reply, ndr);
    message_u32(reply, 0x20000);
    message_u32(reply, 1);
    message_u64(reply, 0);
    com_put_std_objref(reply, &browser2, 5);
    message_u32(reply, 0);
}

void
say_full_name(struct message *request, struct message *reply, uint32_t call_id, uint32_t binding_id,
              uint32_t client_tid)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, 38, browser2.ipid);

    com_put_this(request, ndr, client_tid);
    ndr = lrpc_response(reply, call_id);
    com_put_that(reply, ndr);
    message_u32(reply, 0x72657355);
    message_u32(reply, 47);
    message_u32(reply, 94);
    message_u32(reply, 47);
    message_utf16(reply, "C:\\Program Files\\Internet Explorer\\iexplore.exe", false);
    message_align(reply, ndr, 4);
    message_u32(reply, 0);
}

void
say_release(struct message *request, struct message *reply, uint32_t call_id, uint32_t binding_id,
            uint32_t client_tid)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, 5, browser.rem_unknown_ipid);

    com_put_this(request, ndr, client_tid);
    message_u32(request, 2);
    message_u32(request, 2);
    message_guid(request, browser2.ipid);
    message_u32(request, 5);
    message_u32(request, 0);
    message_guid(request, browser.ipid);
    message_u32(request, 5);
    message_u32(request, 0);
    ndr = lrpc_response(reply, call_id);
    com_put_that(reply, ndr);
    message_u32(reply, 0);
}
