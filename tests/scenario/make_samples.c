/* SPDX-License-Identifier: MIT */
#include "scenario/world.h"

#include <stdio.h>
#include <string.h>

/*
 * Writes samples/NAME.atr: make_samples DIRECTORY. One function a sample, each a scripted
 * conversation a reader can follow line by line.
 */

enum {
    BUILD_1809 = 17763,
    BUILD_21H2 = 19044,
    BIAS_BERLIN_SUMMER = -120,
    SYNTAX_NDR20 = 1,
    SYNTAX_NDR64 = 2,
    FLAG_VIEW = 4,
};

static const char logon_ui[] = "f3f09ffd-fbcf-4291-944d-70ad6e0e73bb";
static const char service_control[] = "367abb81-9844-35f1-ad32-98f038001003";
static const char app_info[] = "201ef99a-7fa0-444c-9399-19ba84f12a1a";
static const char lsa[] = "12345778-1234-abcd-ef00-0123456789ab";
static const char rem_unknown[] = "00000131-0000-0000-c000-000000000046";
static const char local_activator[] = "00000136-0000-0000-c000-000000000046";
static const char web_browser[] = "d30c1661-cdaf-11d0-8a3e-00c04fc9e26e";

static void
bind(struct world *world, const struct actor *client, struct link link, const struct actor *server,
     const char *uuid, uint16_t major, uint32_t syntax, uint16_t id)
{
    struct message offer;
    struct message answer;
    uint32_t offered = SYNTAX_NDR20 | SYNTAX_NDR64;
    uint16_t other = (uint16_t)(id + 100);

    lrpc_bind(&offer, 0, uuid, major, 0, offered, syntax == SYNTAX_NDR20 ? id : other,
              syntax == SYNTAX_NDR64 ? id : other);
    lrpc_bind(&answer, 0, uuid, major, 0, syntax, syntax == SYNTAX_NDR20 ? id : other,
              syntax == SYNTAX_NDR64 ? id : other);
    world_call(world, client, link, server, &offer, &answer);
}

static void
status_response(struct message *reply, uint32_t call_id, uint32_t status)
{
    (void)lrpc_response(reply, call_id);
    message_u32(reply, status);
}

static void
display_status(struct message *request, uint32_t call_id, const char *text)
{
    size_t ndr = lrpc_request(request, call_id, 2, 7, "3bdb59a0-d736-4d44-9074-c1ee00000003");

    message_ndr64_string(request, ndr, text);
    message_u32(request, 0);
}

/* winlogon tells LogonUI what to display: connect, bind, two calls. */
static void
bind_and_calls(struct world *world)
{
    static const char *const frames[] = {
        "nt!NtAlpcSendWaitReceivePort",         "nt!KiSystemServiceCopyEnd+0x25",
        "ntdll!NtAlpcSendWaitReceivePort+0x14", "RPCRT4!LRPC_BASE_CCALL::DoSendReceive+0x112",
        "RPCRT4!LRPC_CCALL::SendReceive+0x51",  "RPCRT4!NdrpClientCall3+0xdf9",
        "RPCRT4!NdrClientCall3+0xf1",           "winlogon!WluiDisplayStatus+0xf9",
        "winlogon!WlDisplayStatus+0x2d",        "winlogon!StateMachineWorkerCallback+0x4b",
        "ntdll!TppWorkerThread+0x644",          "KERNEL32!BaseThreadInitThunk+0x14",
        "ntdll!RtlUserThreadStart+0x21",
    };
    struct actor winlogon = world_process(world, 5624, 811, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, "\\RPC Control\\LRPC-b4cb7c7affbc500b2a");
    struct link link = world_connect(world, &winlogon, &logon, port, 0x394, false);
    struct message request;
    struct message reply;

    bind(world, &winlogon, link, &logon, logon_ui, 1, SYNTAX_NDR64, 2);
    winlogon.stack_id = world_stack(world, &winlogon, frames, ATR_COUNT(frames));
    display_status(&request, 1, "Please wait for the Windows Modules Installer");
    status_response(&reply, 1, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    world_wait_us(world, 1500000);
    display_status(&request, 2, "Preparing Windows");
    status_response(&reply, 2, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    world_port_closed(world, &logon, link, &winlogon);
}

static void
open_policy(struct message *request, uint32_t call_id, uint32_t binding_id)
{
    (void)lrpc_request(request, call_id, binding_id, 44, NULL);
    message_zeros(request, 4);
    message_u32(request, 24);
    message_zeros(request, 20);
    message_u32(request, 0x20000000);
}

static void
context_response(struct message *reply, uint32_t call_id)
{
    (void)lrpc_response(reply, call_id);
    message_u32(reply, 0);
    message_guid(reply, "7a1c3e5f-2b4d-4f6a-8c9e-0b1d2f3a4c5e");
    message_u32(reply, 0);
}

/* explorer asks AppInfo to launch; AppInfo asks lsass and services while it serves the call. */
static void
nested_calls(struct world *world)
{
    struct actor explorer = world_process(world, 3120, 3344, "explorer.exe");
    struct actor app = world_process(world, 1888, 2012, "svchost.exe");
    struct actor lsass = world_process(world, 708, 764, "lsass.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t app_port = world_port(world, &app, "\\RPC Control\\LRPC-5c0fd2c1a9e37b66aa");
    uint32_t lsa_port = world_port(world, &lsass, "\\RPC Control\\lsapolicylookup");
    uint32_t scm_port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link to_app = world_link(world, &explorer, app_port, 0x8fc);
    struct link to_lsa = world_link(world, &app, lsa_port, 0x2d4);
    struct link to_scm = world_link(world, &app, scm_port, 0x2e0);
    struct message request;
    struct message reply;
    struct message launch;
    struct exchange outer;
    size_t ndr;

    bind(world, &explorer, to_app, &app, app_info, 1, SYNTAX_NDR64, 1);
    ndr = lrpc_request(&launch, 9, 1, 0, NULL);
    message_u64(&launch, 0x20000);
    message_ndr64_string(&launch, ndr, "C:\\Windows\\System32\\mmc.exe");
    outer = world_send(world, &explorer, to_app, &launch, NULL);
    world_receive(world, &outer, &app, &launch, NULL);

    bind(world, &app, to_lsa, &lsass, lsa, 0, SYNTAX_NDR20, 0);
    open_policy(&request, 1, 0);
    context_response(&reply, 1);
    world_call(world, &app, to_lsa, &lsass, &request, &reply);

    bind(world, &app, to_scm, &services, service_control, 2, SYNTAX_NDR20, 4);
    ndr = lrpc_request(&request, 5, 4, 16, NULL);
    message_u32(&request, 0);
    message_guid(&request, "00000001-0001-4002-8003-000000000004");
    message_ndr20_string(&request, ndr, "AudioSrv");
    message_u32(&request, 4);
    context_response(&reply, 5);
    world_call(world, &app, to_scm, &services, &request, &reply);

    status_response(&reply, 9, 0);
    world_reply(world, &outer, &app, &reply, NULL);
    world_return(world, &outer, &app, &reply, NULL, 0);
}

static void
faults(struct world *world)
{
    struct actor client = world_process(world, 4100, 4104, "setup.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link link = world_link(world, &client, port, 0x1b0);
    struct message request;
    struct message fault;
    size_t ndr;

    bind(world, &client, link, &services, service_control, 2, SYNTAX_NDR20, 0);
    ndr = lrpc_request(&request, 2, 0, 15, NULL);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "WORKSTATION7");
    message_u32(&request, 0);
    message_u32(&request, 0xf003f);
    lrpc_fault(&fault, 1783);
    world_call(world, &client, link, &services, &request, &fault);
    (void)lrpc_request(&request, 3, 0, 999, NULL);
    lrpc_fault(&fault, 0x1c010002);
    world_call(world, &client, link, &services, &request, &fault);
}

static void
refused(struct world *world)
{
    struct actor client = world_process(world, 6012, 6016, "PortQry.exe");
    struct actor server = world_process(world, 1520, 1600, "spoolsv.exe");
    uint32_t port = world_port(world, &server, "\\RPC Control\\spoolss");
    uint32_t guarded = world_port(world, &server, "\\RPC Control\\umpdproxy_1");
    struct link link = world_connect(world, &client, &server, port, 0x120, false);
    struct message offer;
    struct message answer;
    struct message fault;

    lrpc_bind(&offer, 0, app_info, 1, 0, SYNTAX_NDR20 | SYNTAX_NDR64, 3, 4);
    lrpc_bind(&answer, 1717, app_info, 1, 0, SYNTAX_NDR20 | SYNTAX_NDR64, 3, 4);
    world_call(world, &client, link, &server, &offer, &answer);
    lrpc_bind(&offer, 0, lsa, 0, 0, SYNTAX_NDR20, 5, 6);
    lrpc_fault(&fault, 5);
    world_call(world, &client, link, &server, &offer, &fault);
    (void)world_connect(world, &client, &server, guarded, 0, true);
}

static void
orpc_this(struct message *message, size_t ndr)
{
    message_u16(message, 5);
    message_u16(message, 7);
    message_u32(message, 1);
    message_u32(message, 0);
    message_guid(message, "11112222-3333-4444-5555-666677778888");
    message_u32(message, 0);
    message_align(message, ndr, 8);
    message_u32(message, 0);
    message_u32(message, 0x1234);
    message_zeros(message, 16);
    message_guid(message, "42424242-4242-4242-4242-424242424242");
    message_zeros(message, 0x60 - 0x28);
}

static void
orpc_that(struct message *message)
{
    message_zeros(message, 8);
    message_u64(message, 0x2222);
    message_zeros(message, 16);
}

static void
activation_request(struct message *request)
{
    size_t ndr = lrpc_request(request, 5, 4, 4, NULL);

    message_u16(request, 5);
    message_u16(request, 7);
    message_u32(request, 1);
    message_u32(request, 0);
    message_guid(request, "11112222-3333-4444-5555-666677778888");
    message_align(request, ndr, 8);
    message_u64(request, 0);
    message_u32(request, 0);
    message_u32(request, 0x1234);
    message_zeros(request, 0x68 - 8);
    message_u64(request, 0x20000); /* pActIn: MInterfacePointer with a custom OBJREF */
    message_u64(request, 64);
    message_u32(request, 64);
    message_u32(request, 0x574f454d);
    message_u32(request, 4);
    message_guid(request, "000001a2-0000-0000-c000-000000000046");
    message_guid(request, "00000338-0000-0000-c000-000000000046");
    message_u32(request, 0);
    message_u32(request, 24);
    message_u32(request, 16);
    message_zeros(request, 12);
}

/* rpcss activates the shell's browser object; the client asks it for an interface and calls it. */
static void
com(struct world *world)
{
    struct actor client = world_process(world, 5200, 0x1234, "powershell.exe");
    struct actor rpcss = world_process(world, 964, 1012, "svchost.exe");
    struct actor server = world_process(world, 8000, 8108, "iexplore.exe");
    uint32_t epmapper = world_port(world, &rpcss, "\\RPC Control\\epmapper");
    uint32_t ole = world_port(world, &server, "\\RPC Control\\OLE0123456789ABCDEF0123456789AB");
    struct link to_scm = world_link(world, &client, epmapper, 0x1f4);
    struct link to_object = world_link(world, &client, ole, 0x3a8);
    struct message request;
    struct message reply;
    size_t ndr;

    bind(world, &client, to_scm, &rpcss, local_activator, 0, SYNTAX_NDR64, 4);
    activation_request(&request);
    status_response(&reply, 5, 0);
    world_call(world, &client, to_scm, &rpcss, &request, &reply);

    bind(world, &client, to_object, &server, rem_unknown, 0, SYNTAX_NDR20, 1);
    ndr = lrpc_request(&request, 8, 1, 3, "00006402-1f40-ffff-8a3b-6b1b2e7f3c55");
    orpc_this(&request, ndr);
    message_guid(&request, "00000c00-1f40-0d8c-1234-56789abcdef0");
    message_u32(&request, 5);
    message_u32(&request, 1);
    message_u32(&request, 1);
    message_guid(&request, web_browser);
    (void)lrpc_response(&reply, 8);
    orpc_that(&reply);
    message_u32(&reply, 0x20000);
    message_u32(&reply, 1);
    message_u64(&reply, 0);
    message_u32(&reply, 0);
    message_u32(&reply, 5);
    message_u64(&reply, 0x1122334455667788);
    message_u64(&reply, 0x99aabbccddeeff00);
    message_guid(&reply, "00000c01-1f40-ffff-1234-56789abcdef1");
    message_u32(&reply, 0);
    world_call(world, &client, to_object, &server, &request, &reply);

    bind(world, &client, to_object, &server, web_browser, 0, SYNTAX_NDR20, 2);
    ndr = lrpc_request(&request, 9, 2, 38, "00000c01-1f40-ffff-1234-56789abcdef1");
    orpc_this(&request, ndr);
    (void)lrpc_response(&reply, 9);
    orpc_that(&reply);
    message_u32(&reply, 0x72657355);
    message_u32(&reply, 47);
    message_u32(&reply, 94);
    message_u32(&reply, 47);
    message_utf16(&reply, "C:\\Program Files\\Internet Explorer\\iexplore.exe", false);
    message_zeros(&reply, 2);
    message_u32(&reply, 0);
    world_call(world, &client, to_object, &server, &request, &reply);
}

/* 6,000 bytes of NDR lie in a section view; the message only says so. */
static void
large_view(struct world *world)
{
    struct actor client = world_process(world, 4400, 4404, "notepad.exe");
    struct actor server = world_process(world, 1520, 1600, "spoolsv.exe");
    uint32_t port = world_port(world, &server, "\\RPC Control\\spoolss");
    struct link link = world_link(world, &client, port, 0x250);
    static struct message view;
    struct message request;
    struct message reply;
    struct wrap wrap;
    struct exchange exchange;

    bind(world, &client, link, &server, "12345678-1234-abcd-ef00-0123456789ab", 1, SYNTAX_NDR64, 1);
    message_clear(&view);
    message_ndr64_string(&view, 0, "\\\\PRINTSRV\\Accounting, second floor");
    message_u64(&view, 3900);
    while (view.size_bytes < 4000) {
        message_u8(&view, (uint8_t)('A' + view.size_bytes % 26));
    }
    wrap = (struct wrap){.view = {view.bytes, view.size_bytes}};
    (void)lrpc_request(&request, 4, 1, 19, NULL);
    request.bytes[8] = FLAG_VIEW;
    message_u32(&request, (uint32_t)view.size_bytes);
    message_u32(&request, 0);
    exchange = world_send(world, &client, link, &request, &wrap);
    world_receive(world, &exchange, &server, &request, &wrap);
    status_response(&reply, 4, 0);
    world_reply(world, &exchange, &server, &reply, NULL);
    world_return(world, &exchange, &server, &reply, NULL, 0);
}

static void
wow64(struct world *world)
{
    struct actor client = world_process(world, 7000, 7004, "legacy32.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link link;
    struct message request;
    struct message reply;
    size_t ndr;

    client.is_wow64 = true;
    link = world_link(world, &client, port, 0x98);
    bind(world, &client, link, &services, service_control, 2, SYNTAX_NDR20, 0);
    ndr = lrpc_request(&request, 1, 0, 15, NULL);
    message_u32(&request, 0);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "ServicesActive");
    message_u32(&request, 4);
    context_response(&reply, 1);
    world_call(world, &client, link, &services, &request, &reply);
}

/* A new process is announced to CSRSS. */
static void
csr(struct world *world)
{
    struct actor client = world_process(world, 3120, 3344, "explorer.exe");
    struct actor csrss = world_process(world, 560, 612, "csrss.exe");
    uint32_t port = world_port(world, &csrss, "\\Sessions\\1\\Windows\\ApiPort");
    struct link link = world_link(world, &client, port, 0x20);
    struct message request;
    struct message reply;

    message_clear(&request);
    message_u64(&request, 0x1f0000);
    message_u32(&request, 0x00010000);
    message_zeros(&request, 12);
    message_u64(&request, 0x1a5);
    message_u64(&request, 0x1b0);
    message_u64(&request, 4321);
    message_u64(&request, 8765);
    message_u32(&request, 0x400);
    message_zeros(&request, 0x188 - request.size_bytes);
    reply = request;
    world_call(world, &client, link, &csrss, &request, &reply);
}

/* The recording began after the binds: binding 2 stays unknown, binding 3 is bound later. */
static void
late_joined(struct world *world)
{
    struct actor winlogon = world_process(world, 5624, 811, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, "\\RPC Control\\LRPC-b4cb7c7affbc500b2a");
    struct link link = world_link(world, &winlogon, port, 0x394);
    struct message request;
    struct message reply;

    display_status(&request, 7, "Welcome");
    status_response(&reply, 7, 0);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    bind(world, &winlogon, link, &logon, app_info, 1, SYNTAX_NDR64, 3);
    (void)lrpc_request(&request, 8, 3, 0, NULL);
    status_response(&reply, 8, 5);
    world_call(world, &winlogon, link, &logon, &request, &reply);
    display_status(&request, 9, "Signing in");
    (void)world_send(world, &winlogon, link, &request, NULL);
}

/* Recorded with a snap length: the string goes on behind the cut. */
static void
truncated(struct world *world)
{
    struct actor winlogon = world_process(world, 5624, 811, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, "\\RPC Control\\LRPC-b4cb7c7affbc500b2a");
    struct link link = world_link(world, &winlogon, port, 0x394);
    struct wrap wrap = {.captured_bytes = 128};
    struct wrap header_only = {.captured_bytes = 32};
    struct message request;
    struct message reply;
    struct exchange exchange;

    bind(world, &winlogon, link, &logon, logon_ui, 1, SYNTAX_NDR64, 2);
    display_status(&request, 1, "Please wait for the Windows Modules Installer");
    exchange = world_send(world, &winlogon, link, &request, &wrap);
    world_receive(world, &exchange, &logon, &request, &header_only);
    status_response(&reply, 1, 0);
    world_reply(world, &exchange, &logon, &reply, NULL);
    world_return(world, &exchange, &logon, &reply, NULL, 0);
}

static void
losses(struct world *world)
{
    struct actor winlogon = world_process(world, 5624, 811, "winlogon.exe");
    struct actor logon = world_process(world, 2304, 1260, "LogonUI.exe");
    uint32_t port = world_port(world, &logon, "\\RPC Control\\LRPC-b4cb7c7affbc500b2a");
    struct link link = world_link(world, &winlogon, port, 0x394);
    struct message request;
    struct message reply;
    struct exchange exchange;

    bind(world, &winlogon, link, &logon, logon_ui, 1, SYNTAX_NDR64, 2);
    display_status(&request, 1, "Welcome");
    exchange = world_send(world, &winlogon, link, &request, NULL);
    world_drops(world, ATR_DROP_RING_FULL, 12);
    world->sequence += 12;
    status_response(&reply, 1, 0);
    world_return(world, &exchange, &logon, &reply, NULL, 0);
    world_mark(world, "the user pressed Enter");
    world_drops(world, ATR_DROP_NOT_CLOSED, 1);
}

/* Messages nobody answers: a CoreUI datagram, seen from both ends and from one. */
static void
datagrams(struct world *world)
{
    struct actor client = world_process(world, 2140, 9516, "explorer.exe");
    struct actor server = world_process(world, 4256, 4328, "ctfmon.exe");
    uint32_t port = world_port(world, &server,
                               "[CoreUI]-PID(4256)-TID(4328) "
                               "7b456aae-b05a-4d3a-83ae-e33a19d5113d");
    struct link link = world_link(world, &client, port, 0x3bc8);
    struct wrap wrap = {.is_datagram = true};
    struct message message;
    struct exchange exchange;

    message_clear(&message);
    message_zeros(&message, 16);
    message_u32(&message, 1);
    message_u32(&message, 0x13c);
    message_zeros(&message, 64);
    exchange = world_send(world, &client, link, &message, &wrap);
    world_receive(world, &exchange, &server, &message, &wrap);
    exchange = world_send(world, &client, link, &message, &wrap);
    (void)exchange;
}

static const struct {
    const char *name;
    uint32_t os_build;
    int32_t utc_bias_minutes;
    void (*script)(struct world *world);
} samples[] = {
    {"bind-and-calls", BUILD_1809, BIAS_BERLIN_SUMMER, bind_and_calls},
    {"com", BUILD_21H2, BIAS_BERLIN_SUMMER, com},
    {"csr", BUILD_21H2, BIAS_BERLIN_SUMMER, csr},
    {"datagrams", BUILD_21H2, INT32_MIN, datagrams},
    {"faults", BUILD_21H2, BIAS_BERLIN_SUMMER, faults},
    {"large-view", BUILD_21H2, BIAS_BERLIN_SUMMER, large_view},
    {"late-joined", BUILD_1809, BIAS_BERLIN_SUMMER, late_joined},
    {"losses", BUILD_1809, BIAS_BERLIN_SUMMER, losses},
    {"nested-calls", BUILD_21H2, BIAS_BERLIN_SUMMER, nested_calls},
    {"refused", BUILD_21H2, BIAS_BERLIN_SUMMER, refused},
    {"truncated", BUILD_1809, BIAS_BERLIN_SUMMER, truncated},
    {"wow64", BUILD_21H2, BIAS_BERLIN_SUMMER, wow64},
};

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "make_samples DIRECTORY\n");
        return 1;
    }
    for (size_t i = 0; i < ATR_COUNT(samples); i++) {
        struct world world;
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s.atr", argv[1], samples[i].name);
        world_open(&world, path, samples[i].os_build, samples[i].utc_bias_minutes);
        samples[i].script(&world);
        world_close(&world);
    }
    return 0;
}
