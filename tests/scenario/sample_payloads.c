/* SPDX-License-Identifier: MIT */
#include "scenario/com.h"
#include "scenario/samples.h"

#include "base/attributes.h"

enum {
    JOB_BYTES = 3900,
    FORMS_BYTES = 4000,
    TEXT_BYTES = 64, /* room for the name of a form */
};

static const char rem_unknown[] = "00000131-0000-0000-c000-000000000046";
static const char local_activator[] = "00000136-0000-0000-c000-000000000046";
static const char dispatch[] = "00020400-0000-0000-c000-000000000046";
static const char web_browser[] = "d30c1661-cdaf-11d0-8a3e-00c04fc9e26e";

/* The browser's object: first as IDispatch, then as IWebBrowser2. In process 8000, in its MTA. */
static const struct com_object browser = {
    .iid = dispatch,
    .ipid = "00000c00-1f40-ffff-1234-56789abcdef0",
    .oxid = 0x1122334455667788,
    .oid = 0x99aabbccddeeff00,
    .endpoint = "OLE0123456789ABCDEF0123456789AB",
    .rem_unknown_ipid = "00006402-1f40-ffff-8a3b-6b1b2e7f3c55",
};

static const struct com_object browser2 = {
    .iid = web_browser,
    .ipid = "00000c01-1f40-ffff-1234-56789abcdef1",
    .oxid = 0x1122334455667788,
    .oid = 0x99aabbccddeeff00,
};

/* ISCMLocalActivator::SCMActivatorCreateInstance: what class in, an interface pointer out. */
static void
activate(struct world *world, const struct actor *client, struct link link,
         const struct actor *rpcss)
{
    static const struct com_activation asked = {.class_id = "0002df01-0000-0000-c000-000000000046",
                                                .iid = dispatch,
                                                .machine = "DESKTOP-7",
                                                .session_id = 1};
    struct message request;
    struct message reply;
    size_t ndr = lrpc_request(&request, 5, 4, 4, NULL);

    com_put_this64(&request, ndr, client->tid);
    message_u64(&request, 0); /* no outer object */
    com_put_activation_in(&request, ndr, &asked);
    ndr = lrpc_response(&reply, 5);
    com_put_that64(&reply, ndr);
    com_put_activation_out(&reply, ndr, &browser);
    message_align(&reply, ndr, 4);
    message_u32(&reply, 0);
    world_call(world, client, link, rpcss, &request, &reply);
}

static void
query_interface(struct world *world, const struct actor *client, struct link link,
                const struct actor *server)
{
    struct message request;
    struct message reply;
    size_t ndr = lrpc_request(&request, 8, 1, 3, browser.rem_unknown_ipid);

    com_put_this(&request, ndr, client->tid);
    message_guid(&request, browser.ipid);
    message_u32(&request, 5);
    message_u32(&request, 1);
    message_u32(&request, 1);
    message_guid(&request, web_browser);
    ndr = lrpc_response(&reply, 8);
    com_put_that(&reply, ndr);
    message_u32(&reply, 0x20000);
    message_u32(&reply, 1);
    message_u64(&reply, 0);
    com_put_std_objref(&reply, &browser2, 5);
    message_u32(&reply, 0);
    world_call(world, client, link, server, &request, &reply);
}

/* IWebBrowser2::get_FullName: a BSTR comes back. */
static void
get_full_name(struct world *world, const struct actor *client, struct link link,
              const struct actor *server)
{
    struct message request;
    struct message reply;
    size_t ndr = lrpc_request(&request, 9, 2, 38, browser2.ipid);

    com_put_this(&request, ndr, client->tid);
    ndr = lrpc_response(&reply, 9);
    com_put_that(&reply, ndr);
    message_u32(&reply, 0x72657355);
    message_u32(&reply, 47);
    message_u32(&reply, 94);
    message_u32(&reply, 47);
    message_utf16(&reply, "C:\\Program Files\\Internet Explorer\\iexplore.exe", false);
    message_align(&reply, ndr, 4);
    message_u32(&reply, 0);
    world_call(world, client, link, server, &request, &reply);
}

static void
release(struct world *world, const struct actor *client, struct link link,
        const struct actor *server)
{
    struct message request;
    struct message reply;
    size_t ndr = lrpc_request(&request, 10, 1, 5, browser.rem_unknown_ipid);

    com_put_this(&request, ndr, client->tid);
    message_u32(&request, 2);
    message_u32(&request, 2);
    message_guid(&request, browser2.ipid);
    message_u32(&request, 5);
    message_u32(&request, 0);
    message_guid(&request, browser.ipid);
    message_u32(&request, 5);
    message_u32(&request, 0);
    ndr = lrpc_response(&reply, 10);
    com_put_that(&reply, ndr);
    message_u32(&reply, 0);
    world_call(world, client, link, server, &request, &reply);
}

/* rpcss activates the browser; the client asks for another interface, calls it, lets go. */
void
sample_com(struct world *world)
{
    struct actor client = world_process(world, 5200, 4660, "powershell.exe");
    struct actor rpcss = world_process(world, 964, 1012, "svchost.exe");
    struct actor server = world_process(world, 8000, 8108, "iexplore.exe");
    uint32_t epmapper = world_port(world, &rpcss, "\\RPC Control\\epmapper");
    uint32_t ole = world_port(world, &server, "\\RPC Control\\OLE0123456789ABCDEF0123456789AB");
    struct link to_scm = world_link(world, &client, epmapper, 0x1f4);
    struct link to_object = world_link(world, &client, ole, 0x3a8);

    say_bind(world, &client, to_scm, &rpcss, local_activator, 0, SYNTAX_NDR64, 4);
    activate(world, &client, to_scm, &rpcss);
    say_bind(world, &client, to_object, &server, rem_unknown, 0, SYNTAX_NDR20, 1);
    query_interface(world, &client, to_object, &server);
    say_bind(world, &client, to_object, &server, web_browser, 0, SYNTAX_NDR20, 2);
    get_full_name(world, &client, to_object, &server);
    release(world, &client, to_object, &server);
}

/* RpcWritePrinter(handle, bytes[count], count): what notepad prints. */
static void
fill_job(struct message *view, const char *printer)
{
    static const char text[] = "Quarterly report. Accounting, second floor. ";

    message_clear(view);
    say_context_handle(view, printer);
    message_align(view, 0, 8);
    message_u64(view, JOB_BYTES);
    for (size_t i = 0; i < JOB_BYTES; i++) {
        message_u8(view, (uint8_t)text[i % (sizeof(text) - 1)]);
    }
    message_align(view, 0, 4);
    message_u32(view, JOB_BYTES);
}

/* RpcEnumForms returns FORM_INFO_1 structures, and the texts they point to. */
static void
fill_forms(struct message *view)
{
    static const char *const forms[] = {"Letter", "Legal", "A3", "A4", "A5", "Envelope DL"};

    message_clear(view);
    message_u64(view, 0x20000);
    message_u64(view, FORMS_BYTES);
    for (uint32_t i = 0; i < ATR_COUNT(forms); i++) {
        message_u64(view, 0);
        message_u64(view, FORMS_BYTES - TEXT_BYTES * (uint64_t)(i + 1));
        message_u64(view, 210000 + 1000 * i);
        message_u64(view, 0);
    }
    message_zeros(view, 16 + FORMS_BYTES - TEXT_BYTES * ATR_COUNT(forms) - view->size_bytes);
    for (size_t i = ATR_COUNT(forms); i-- > 0;) {
        size_t start = view->size_bytes;

        message_utf16(view, forms[i], true);
        message_zeros(view, TEXT_BYTES - (view->size_bytes - start));
    }
    message_u32(view, FORMS_BYTES);
    message_u32(view, ATR_COUNT(forms));
    message_u32(view, 0);
}

/*
 * What does not fit a message lies in a section view; the message only says how much. A request
 * and a reply of about 4,000 bytes. Only the client was recorded. It frees the reply's view.
 */
void
sample_large_view(struct world *world)
{
    static const char printer[] = "e3b7c1a0-55d2-4c6e-8a1f-3d9b60f2c7e4";
    struct actor client = world_process(world, 4400, 4404, "notepad.exe");
    struct actor server = world_process(world, 1520, 1600, "spoolsv.exe");
    uint32_t port = world_port(world, &server, "\\RPC Control\\spoolss");
    struct link link = world_link(world, &client, port, 0x250);
    struct message view;
    struct message request;
    struct message reply;
    struct wrap large = {.view = {view.bytes, 0}};
    struct exchange exchange;

    world->only_pid = client.pid;
    say_bind(world, &client, link, &server, if_spooler, 1, SYNTAX_NDR64, 1);
    fill_job(&view, printer);
    large.view.size_bytes = view.size_bytes;
    lrpc_large_request(&request, 4, 1, 19, view.size_bytes);
    exchange = world_send(world, &client, link, &request, &large);
    world_wait_us(world, 900);
    (void)lrpc_response(&reply, 4);
    message_u32(&reply, JOB_BYTES);
    message_u32(&reply, 0);
    world_return(world, &exchange, &server, &reply, NULL, 0);

    (void)lrpc_request(&request, 5, 1, 34, NULL);
    say_context_handle(&request, printer);
    message_u32(&request, 1);
    message_u64(&request, 0);
    message_u32(&request, FORMS_BYTES);
    exchange = world_send(world, &client, link, &request, NULL);
    world_wait_us(world, 300);
    fill_forms(&view);
    large.view.size_bytes = view.size_bytes;
    lrpc_large_response(&reply, 5, view.size_bytes);
    world_return(world, &exchange, &server, &reply, &large, 0);
    world_release(world, &exchange, &reply, &large);
}

/*
 * A call that passes an event handle, and one that passes three handles in an array; the server
 * hears on whose behalf it works and which token the caller has.
 */
void
sample_attributes(struct world *world)
{
    static const uint8_t three[] = {
        0, 0, 1, 0, 0xc8, 5, 0, 0, 0x10, 0, 0, 0, 2, 0, 0x10, 0, /* an event */
        0, 0, 0, 0, 0xcc, 5, 0, 0, 0x80, 0, 0, 0, 4, 0, 0,    0, /* a section */
        0, 0, 8, 0, 0xd4, 5, 0, 0, 0x20, 0, 0, 0, 0, 4, 0,    0, /* a process */
    };
    static const uint32_t passing =
        (uint32_t)ATR_ATTRIBUTE_SECURITY | (uint32_t)ATR_ATTRIBUTE_HANDLE;
    const struct wrap one = {.attributes = passing};
    const struct wrap many = {.attributes = passing, .handles = {three, sizeof(three)}};
    static const struct wrap heard = {.attributes = ATR_ATTRIBUTE_HANDLE | ATR_ATTRIBUTE_TOKEN |
                                                    ATR_ATTRIBUTE_WORK_ON_BEHALF};
    static const struct wrap direct = {.attributes = ATR_ATTRIBUTE_DIRECT};
    struct actor client = world_process(world, 7720, 7732, "game.exe");
    struct actor audio = world_process(world, 2680, 2704, "svchost.exe");
    uint32_t port = world_port(world, &audio, "\\RPC Control\\AudioClientRpc");
    struct link link = world_link(world, &client, port, 0x6f0);
    struct message request;
    struct message reply;
    struct exchange exchange;

    say_bind(world, &client, link, &audio, "d574d111-6126-49d7-9b86-4de6b650d4fc", 2, SYNTAX_NDR64,
             1);
    (void)lrpc_request(&request, 3, 1, 7, NULL);
    say_context_handle(&request, "41d0c5f2-96a0-4b0d-b7c3-5a6f1f0e2d11");
    message_u32(&request, 0x60000);
    message_u64(&request, 100000);
    message_u64(&request, 1); /* system handle: the first of the HANDLE attribute */
    exchange = world_send(world, &client, link, &request, &one);
    world_receive(world, &exchange, &audio, &request, &heard);
    say_context(&reply, 3, "9c2e7d38-1b5f-4e44-8f0a-6ad9b1c47702");
    world_reply(world, &exchange, &audio, &reply, NULL);
    world_return(world, &exchange, &audio, &reply, NULL, 0);

    (void)lrpc_request(&request, 4, 1, 8, NULL);
    say_context_handle(&request, "9c2e7d38-1b5f-4e44-8f0a-6ad9b1c47702");
    message_u32(&request, 3);
    message_u64(&request, 1);
    message_u64(&request, 2);
    message_u64(&request, 3);
    exchange = world_send(world, &client, link, &request, &many);
    world_receive(world, &exchange, &audio, &request, &heard);
    say_status(&reply, 4, 0);
    world_reply(world, &exchange, &audio, &reply, NULL);
    world_return(world, &exchange, &audio, &reply, &direct, 0);
}
