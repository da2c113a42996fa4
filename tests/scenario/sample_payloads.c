/* SPDX-License-Identifier: MIT */
#include "scenario/phrases_com.h"
#include "scenario/samples.h"

#include "base/attributes.h"

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
    struct message request;
    struct message reply;

    say_bind(world, &client, to_scm, &rpcss, if_local_activator, 0, SYNTAX_NDR64, 4);
    say_activate(&request, &reply, 5, 4, client.tid);
    world_call(world, &client, to_scm, &rpcss, &request, &reply);
    say_bind(world, &client, to_object, &server, if_rem_unknown, 0, SYNTAX_NDR20, 1);
    say_query_interface(&request, &reply, 8, 1, client.tid);
    world_call(world, &client, to_object, &server, &request, &reply);
    say_bind(world, &client, to_object, &server, if_web_browser, 0, SYNTAX_NDR20, 2);
    say_full_name(&request, &reply, 9, 2, client.tid);
    world_call(world, &client, to_object, &server, &request, &reply);
    say_release(&request, &reply, 10, 1, client.tid);
    world_call(world, &client, to_object, &server, &request, &reply);
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
    say_job(&view, printer);
    large.view.size_bytes = view.size_bytes;
    lrpc_large_request(&request, 4, 1, 19, view.size_bytes);
    exchange = world_send(world, &client, link, &request, &large);
    world_wait_us(world, 900);
    (void)lrpc_response(&reply, 4);
    message_u32(&reply, SAY_JOB_BYTES);
    message_u32(&reply, 0);
    world_return(world, &exchange, &server, &reply, NULL, 0);

    (void)lrpc_request(&request, 5, 1, 34, NULL);
    say_context_handle(&request, printer);
    message_u32(&request, 1);
    message_u64(&request, 0);
    message_u32(&request, SAY_FORMS_BYTES);
    exchange = world_send(world, &client, link, &request, NULL);
    world_wait_us(world, 300);
    say_forms(&view);
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
