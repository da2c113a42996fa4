/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

static const char logon_port[] = "\\RPC Control\\LRPC-b4cb7c7affbc500b2a";

/* winlogon and LogonUI, connected since before the recording began. */
struct logon {
    struct actor winlogon;
    struct actor ui;
    struct link link;
};

static struct logon
logon_open(struct world *world)
{
    struct logon logon;

    logon.winlogon = world_process(world, 5624, 5812, "winlogon.exe");
    logon.ui = world_process(world, 2304, 1260, "LogonUI.exe");
    logon.link =
        world_link(world, &logon.winlogon, world_port(world, &logon.ui, logon_port), 0x394);
    return logon;
}

static void
display(struct world *world, struct logon *logon, uint32_t call_id, uint32_t binding_id,
        const char *text)
{
    struct message request;
    struct message reply;

    say_display_status(&request, call_id, binding_id, text);
    say_status(&reply, call_id, 0);
    world_call(world, &logon->winlogon, logon->link, &logon->ui, &request, &reply);
}

/*
 * Binding 2 was bound before the recording began: what it means stays unknown, but for what a call
 * stack tells. Binding 3 is bound later. The recording ends before the last reply.
 */
void
sample_late_joined(struct world *world)
{
    struct logon logon = logon_open(world);
    struct message request;

    display(world, &logon, 7, 2, "Welcome");
    logon.winlogon.stack_id = say_winlogon_stack(world, &logon.winlogon);
    display(world, &logon, 8, 2, "Applying computer settings");
    logon.winlogon.stack_id = 0;
    say_bind(world, &logon.winlogon, logon.link, &logon.ui, if_logon_ui, 1, SYNTAX_NDR64, 3);
    display(world, &logon, 9, 3, "Preparing your desktop");
    say_display_status(&request, 10, 3, "Signing in");
    (void)world_send(world, &logon.winlogon, logon.link, &request, NULL);
}

/* Recorded with a snap length: cut behind the header, inside the string, and inside the header. */
void
sample_truncated(struct world *world)
{
    static const struct wrap inside_string = {.captured_bytes = 128};
    static const struct wrap behind_header = {.captured_bytes = 64};
    static const struct wrap inside_header = {.captured_bytes = 16};
    struct logon logon = logon_open(world);
    struct message request;
    struct message reply;
    struct exchange exchange;

    say_bind(world, &logon.winlogon, logon.link, &logon.ui, if_logon_ui, 1, SYNTAX_NDR64, 2);
    say_display_status(&request, 1, 2, "Please wait for the Windows Modules Installer");
    say_status(&reply, 1, 0);
    exchange = world_send(world, &logon.winlogon, logon.link, &request, &inside_string);
    world_receive(world, &exchange, &logon.ui, &request, &inside_string);
    world_reply(world, &exchange, &logon.ui, &reply, NULL);
    world_return(world, &exchange, &logon.ui, &reply, NULL, 0);

    say_display_status(&request, 2, 2, "Getting Windows ready");
    say_status(&reply, 2, 0);
    exchange = world_send(world, &logon.winlogon, logon.link, &request, &behind_header);
    world_receive(world, &exchange, &logon.ui, &request, &behind_header);
    world_reply(world, &exchange, &logon.ui, &reply, &inside_header);
    world_return(world, &exchange, &logon.ui, &reply, &inside_header, 0);

    say_display_status(&request, 3, 2, "Do not turn off your computer");
    say_status(&reply, 3, 0);
    exchange = world_send(world, &logon.winlogon, logon.link, &request, &inside_header);
    world_receive(world, &exchange, &logon.ui, &request, &inside_header);
    world_reply(world, &exchange, &logon.ui, &reply, &inside_header);
    world_return(world, &exchange, &logon.ui, &reply, &inside_header, 0);
}

/* The ring was full once, told later and at once; the recorder was killed at the end. */
void
sample_losses(struct world *world)
{
    struct logon logon = logon_open(world);
    struct message request;
    struct message reply;
    struct exchange exchange;

    say_bind(world, &logon.winlogon, logon.link, &logon.ui, if_logon_ui, 1, SYNTAX_NDR64, 2);
    say_display_status(&request, 1, 2, "Welcome");
    exchange = world_send(world, &logon.winlogon, logon.link, &request, NULL);
    world_wait_us(world, 2000);
    world->sequence += 12;
    world_drops(world, ATR_DROP_RING_FULL, 12);
    say_status(&reply, 1, 0);
    world_return(world, &exchange, &logon.ui, &reply, NULL, 0);
    world_mark(world, "the user pressed Enter");
    say_display_status(&request, 2, 2, "Signing in");
    exchange = world_send(world, &logon.winlogon, logon.link, &request, NULL);
    world->sequence += 3;
    world->lost_before = 3;
    world_receive(world, &exchange, &logon.ui, &request, NULL);
    world_drops(world, ATR_DROP_NOT_CLOSED, 1);
}

/*
 * Only the calls of services.exe were recorded. Two clients use the same CallIds and bindings; the
 * CONTEXT attribute tells their connections apart.
 */
void
sample_server_only(struct world *world)
{
    struct actor setup = world_process(world, 4100, 4104, "setup.exe");
    struct actor agent = world_process(world, 3088, 3092, "agent.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link to_setup = world_link(world, &setup, port, 0x1b0);
    struct link to_agent = world_link(world, &agent, port, 0x1b0);
    struct message request;
    struct message reply;
    size_t ndr;

    world->only_pid = services.pid;
    say_bind(world, &setup, to_setup, &services, if_service_control, 2, SYNTAX_NDR20, 0);
    say_bind(world, &agent, to_agent, &services, "8d9f4e40-a03d-11ce-8f69-08003e30051b", 1,
             SYNTAX_NDR20, 0);
    ndr = lrpc_request(&request, 1, 0, 15, NULL);
    message_u32(&request, 0);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "ServicesActive");
    message_u32(&request, 1);
    say_context(&reply, 1, "5e0c4c09-2f53-4d5f-8f66-6b7c0a2d91aa");
    world_call(world, &setup, to_setup, &services, &request, &reply);
    ndr = lrpc_request(&request, 1, 0, 10, NULL);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "USB");
    message_u32(&request, 8);
    message_u32(&request, 1);
    ndr = lrpc_response(&reply, 1);
    message_ndr20_string(&reply, ndr, "USB\\ROOT_HUB30\\4&2f9a1b7e&0&0");
    message_u32(&reply, 32);
    message_u32(&reply, 0);
    world_call(world, &agent, to_agent, &services, &request, &reply);
}

/* Connects, binds, asks once, is gone. */
static void
short_visit(struct world *world, const struct actor *client, const struct actor *server,
            uint32_t port, const char *name, const char *uuid, uint16_t major, uint32_t opnum)
{
    struct link link = world_connect(world, client, server, port, name, 0x1a4);
    struct message request;
    struct message reply;

    world->next_message_id = 4;
    say_bind(world, client, link, server, uuid, major, SYNTAX_NDR20, 0);
    world->next_message_id = 4;
    (void)lrpc_request(&request, 1, 0, opnum, NULL);
    message_u32(&request, 0);
    message_u32(&request, 0);
    say_status(&reply, 1, 0);
    world_call(world, client, link, server, &request, &reply);
    world->next_message_id = 4;
    world_port_closed(world, server, link, client);
}

/*
 * The numbers Windows gives out again at once: the port handle, the message id, the binding, the
 * CallId, and in the end the process id of the client.
 */
void
sample_reused_ids(struct world *world)
{
    static const char scm[] = "\\RPC Control\\ntsvcs";
    static const char spooler[] = "\\RPC Control\\spoolss";
    struct actor services = world_process(world, 684, 1044, "services.exe");
    struct actor spool = world_process(world, 1520, 1600, "spoolsv.exe");
    struct actor client = world_start(world, &services, 4868, 4872, "net.exe");
    uint32_t scm_port = world_port(world, &services, scm);
    uint32_t spool_port = world_port(world, &spool, spooler);

    short_visit(world, &client, &services, scm_port, scm, if_service_control, 2, 15);
    short_visit(world, &client, &spool, spool_port, spooler, if_spooler, 1, 0);
    world_exit(world, &client, 0);
    world_wait_us(world, 30000);
    client = world_start(world, &services, 4868, 4872, "whoami.exe");
    short_visit(world, &client, &spool, spool_port, spooler, if_spooler, 1, 34);
    world_exit(world, &client, 1);
}
