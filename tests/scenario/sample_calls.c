/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

#include "base/attributes.h"

/* winlogon tells LogonUI what to display: connect, bind, two calls, the end. */
void
sample_bind_and_calls(struct world *world)
{
    static const char name[] = "\\RPC Control\\LRPC-b4cb7c7affbc500b2a";
    struct actor winlogon = world_process(world, 5624, 5812, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, name);
    struct link link = world_connect(world, &winlogon, &logon, port, name, 0x394);
    struct message request;
    struct message reply;

    say_bind(world, &winlogon, link, &logon, if_logon_ui, 1, SYNTAX_NDR64, 2);
    winlogon.stack_id = say_winlogon_stack(world, &winlogon);
    say_display_status(&request, 1, 2, "Please wait for the Windows Modules Installer");
    say_status(&reply, 1, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    world_wait_us(world, 1500000);
    winlogon.stack_id = 0;
    say_display_status(&request, 2, 2, "Preparing Windows");
    say_status(&reply, 2, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    world_port_closed(world, &logon, link, &winlogon);
}

/* services asks lsass who the caller is, while it serves ROpenServiceW. */
static void
ask_lsa(struct world *world, const struct actor *services, struct link link,
        const struct actor *lsass)
{
    static const char policy[] = "7a1c3e5f-2b4d-4f6a-8c9e-0b1d2f3a4c5e";
    struct message request;
    struct message reply;

    say_bind(world, services, link, lsass, if_lsa, 0, SYNTAX_NDR20, 0);
    say_open_policy(&request, 1);
    say_context(&reply, 1, policy);
    world_call(world, services, link, lsass, &request, &reply);
    say_lookup_sids(&request, 2, policy);
    say_looked_up(&reply, 2, "ann");
    world_call(world, services, link, lsass, &request, &reply);
}

/* No symbols of explorer: its frame is a module and an offset. */
static uint32_t
explorer_stack(struct world *world, const struct actor *explorer)
{
    uint32_t module = world_module(world, explorer, 0x7ff7a1c00000, "C:\\Windows\\explorer.exe");
    const struct frame frames[] = {
        {"nt!NtAlpcSendWaitReceivePort", 0, 0},
        {"ntdll!NtAlpcSendWaitReceivePort+0x14", 0, 0},
        {"RPCRT4!LRPC_BASE_CCALL::DoSendReceive+0x112", 0, 0},
        {"RPCRT4!NdrpClientCall3+0xdf9", 0, 0},
        {"RPCRT4!NdrClientCall3+0xf1", 0, 0},
        {"windows_storage!AicLaunchAdminProcess+0x2b1", 0, 0},
        {"SHELL32!CInvokeCreateProcessVerb::Launch+0x2d", 0, 0},
        {NULL, module, 0x3c2a1},
    };

    return world_stack(world, explorer, frames, ATR_COUNT(frames));
}

/*
 * explorer asks AppInfo to launch a program as administrator. AppInfo opens a service meanwhile,
 * and services.exe asks lsass meanwhile: three calls deep, over four processes.
 */
void
sample_nested_calls(struct world *world)
{
    struct actor explorer = world_process(world, 3120, 3344, "explorer.exe");
    struct actor app = world_process(world, 1888, 2012, "svchost.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    struct actor lsass = world_process(world, 708, 764, "lsass.exe");
    uint32_t app_port = world_port(world, &app, "\\RPC Control\\LRPC-5c0fd2c1a9e37b66aa");
    uint32_t scm_port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    uint32_t lsa_port = world_port(world, &lsass, "\\RPC Control\\lsapolicylookup");
    struct link to_app = world_link(world, &explorer, app_port, 0x8fc);
    struct link to_scm = world_link(world, &app, scm_port, 0x2e0);
    struct link to_lsa = world_link(world, &services, lsa_port, 0x2d4);
    struct message launch;
    struct message open;
    struct message reply;
    struct exchange outer;
    struct exchange inner;

    say_bind(world, &explorer, to_app, &app, if_app_info, 1, SYNTAX_NDR64, 1);
    explorer.stack_id = explorer_stack(world, &explorer);
    say_launch(&launch, 9);
    outer = world_send(world, &explorer, to_app, &launch, NULL);
    world_receive(world, &outer, &app, &launch, NULL);

    say_bind(world, &app, to_scm, &services, if_service_control, 2, SYNTAX_NDR20, 4);
    say_open_service(&open, 5, 4, "00000001-0001-4002-8003-000000000004", "AudioSrv");
    inner = world_send(world, &app, to_scm, &open, NULL);
    world_receive(world, &inner, &services, &open, NULL);
    ask_lsa(world, &services, to_lsa, &lsass);
    say_context(&reply, 5, "c2d94be0-61f7-4f2e-9d35-aa10b2c47e88");
    world_reply(world, &inner, &services, &reply, NULL);
    world_return(world, &inner, &services, &reply, NULL, 0);

    world_wait_us(world, 48000);
    say_launched(&reply, 9);
    world_reply(world, &outer, &app, &reply, NULL);
    world_return(world, &outer, &app, &reply, NULL, 0);
}

/* EvtRpcRemoteSubscriptionNextAsync (1) and EvtRpcRemoteSubscriptionWaitAsync (3) */
static void
say_subscription(struct message *request, uint32_t call_id, uint32_t opnum)
{
    (void)lrpc_request(request, call_id, 1, opnum, NULL);
    say_context_handle(request, "58a1f9d2-0c3e-4b67-9e21-4d7700c1be31");
    if (opnum == 1) {
        message_u32(request, 10);
        message_u32(request, 0);
    }
}

/* The event viewer has two calls outstanding on one connection; the second is answered first. */
void
sample_asynchronous(struct world *world)
{
    static const struct wrap async = {.is_async = true};
    struct actor viewer = world_process(world, 6936, 2160, "mmc.exe");
    struct actor log = world_process(world, 1432, 1520, "svchost.exe");
    struct actor pool = world_thread(&log, 1588);
    uint32_t port = world_port(world, &log, "\\RPC Control\\eventlog");
    struct link link = world_link(world, &viewer, port, 0x4a8);
    struct message next;
    struct message wait;
    struct message reply;
    struct exchange first;
    struct exchange second;

    say_bind(world, &viewer, link, &log, "f6beaff7-1e19-4fbb-9f8f-b89e2018337c", 1, SYNTAX_NDR64,
             1);
    say_subscription(&next, 4, 1);
    first = world_send(world, &viewer, link, &next, &async);
    say_subscription(&wait, 5, 3);
    second = world_send(world, &viewer, link, &wait, &async);
    world_receive(world, &first, &log, &next, NULL);
    world_receive(world, &second, &pool, &wait, NULL);
    world_wait_us(world, 350000);
    say_status(&reply, 5, 0);
    world_reply(world, &second, &pool, &reply, NULL);
    world_return(world, &second, &pool, &reply, NULL, 0);
    world_wait_us(world, 1200000);
    (void)lrpc_response(&reply, 4);
    message_u32(&reply, 0);
    message_zeros(&reply, 12);
    message_u32(&reply, 0x103);
    world_reply(world, &first, &log, &reply, NULL);
    world_return(world, &first, &log, &reply, NULL, 0);
}

/* A 32-bit program: its headers and attributes have 32-bit layouts, and it speaks NDR20. */
void
sample_wow64(struct world *world)
{
    static const struct wrap secure = {.attributes = (uint32_t)ATR_ATTRIBUTE_SECURITY};
    struct actor client = world_process32(world, 7000, 7004, "legacy32.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link link = world_link(world, &client, port, 0x98);
    static const char manager[] = "0b53d1e7-7f04-4a1b-9a56-2f1f27b1f6d0";
    struct message request;
    struct message reply;
    struct exchange exchange;
    size_t ndr;

    say_bind(world, &client, link, &services, if_service_control, 2, SYNTAX_NDR20, 0);
    ndr = lrpc_request(&request, 1, 0, 15, NULL);
    message_u32(&request, 0);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "ServicesActive");
    message_u32(&request, 4);
    exchange = world_send(world, &client, link, &request, &secure);
    world_receive(world, &exchange, &services, &request, NULL);
    say_context(&reply, 1, manager);
    world_reply(world, &exchange, &services, &reply, NULL);
    world_return(world, &exchange, &services, &reply, NULL, 0);
    (void)lrpc_request(&request, 2, 0, 0, NULL);
    say_context_handle(&request, manager);
    say_context(&reply, 2, "00000000-0000-0000-0000-000000000000");
    world_call(world, &client, link, &services, &request, &reply);
}

/* The two recordings of the sample with two sections. */
static void
one_status(struct world *world, const char *text, uint32_t call_id)
{
    struct actor winlogon = world_process(world, 5624, 5812, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, "\\RPC Control\\LRPC-b4cb7c7affbc500b2a");
    struct link link = world_link(world, &winlogon, port, 0x394);
    struct message request;
    struct message reply;

    say_bind(world, &winlogon, link, &logon, if_logon_ui, 1, SYNTAX_NDR64, 2);
    say_display_status(&request, call_id, 2, text);
    say_status(&reply, call_id, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
}

void
sample_section_one(struct world *world)
{
    one_status(world, "Welcome", 1);
}

void
sample_section_two(struct world *world)
{
    one_status(world, "Signing out", 1);
}
