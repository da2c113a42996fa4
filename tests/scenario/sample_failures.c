/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

#include "base/attributes.h"

enum {
    RPC_S_ACCESS_DENIED = 5,
    RPC_S_UNKNOWN_IF = 1717,
    RPC_S_CALL_CANCELLED = 1818,
    RPC_X_BAD_STUB_DATA = 1783,
    COMPONENT_RPC = 2,
    COMPONENT_SECURITY = 3,
};

#define NCA_OP_RANGE               UINT32_C(0x1c010002)
#define STATUS_OBJECT_NAME_MISSING UINT32_C(0xc0000034)
#define STATUS_PORT_DISCONNECTED   UINT32_C(0xc0000037)

/* 2024-05-02 08:02:11.0006 UTC */
#define ERROR_TIME_100NS UINT64_C(133591105310006000)

/* Arguments the server cannot read, a procedure it does not have, and one it keeps to itself. */
void
sample_faults(struct world *world)
{
    static const struct error_record records[] = {
        {684, COMPONENT_RPC, RPC_S_ACCESS_DENIED, 1391, NULL},
        {684, COMPONENT_SECURITY, RPC_S_ACCESS_DENIED, 0, "SCM: caller is not an administrator"},
    };
    struct actor client = world_process(world, 4100, 4104, "setup.exe");
    struct actor services = world_process(world, 684, 1044, "services.exe");
    uint32_t port = world_port(world, &services, "\\RPC Control\\ntsvcs");
    struct link link = world_link(world, &client, port, 0x1b0);
    struct message request;
    struct message fault;
    size_t ndr;

    say_bind(world, &client, link, &services, if_service_control, 2, SYNTAX_NDR20, 0);
    ndr = lrpc_request(&request, 2, 0, 15, NULL);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "WORKSTATION7");
    lrpc_fault(&fault, RPC_X_BAD_STUB_DATA);
    world_call(world, &client, link, &services, &request, &fault);
    (void)lrpc_request(&request, 3, 0, 999, NULL);
    lrpc_fault(&fault, NCA_OP_RANGE);
    world_call(world, &client, link, &services, &request, &fault);
    ndr = lrpc_request(&request, 4, 0, 15, NULL);
    message_u32(&request, 0);
    message_u32(&request, 0x20000);
    message_ndr20_string(&request, ndr, "ServicesActive");
    message_u32(&request, 0xf003f);
    lrpc_fault_extended(&fault, RPC_S_ACCESS_DENIED, records, ATR_COUNT(records), ERROR_TIME_100NS);
    world_call(world, &client, link, &services, &request, &fault);
}

/* No is said in four ways: no port, not to you, not this interface, not by this server. */
void
sample_refused(struct world *world)
{
    static const char spooler[] = "\\RPC Control\\spoolss";
    static const char proxy[] = "\\RPC Control\\umpdproxy_1_2a3f91";
    struct actor client = world_process(world, 6012, 6016, "PortQry.exe");
    struct actor server = world_process(world, 1520, 1600, "spoolsv.exe");
    uint32_t port = world_port(world, &server, spooler);
    uint32_t guarded = world_port(world, &server, proxy);
    struct link link;
    struct message offer;
    struct message answer;

    world_connect_failed(world, &client, "\\RPC Control\\splwow64_1", STATUS_OBJECT_NAME_MISSING);
    world_connect_refused(world, &client, &server, guarded, proxy);
    link = world_connect(world, &client, &server, port, spooler, 0x120);
    lrpc_bind(&offer, 0, if_app_info, 1, 0, OFFER_BOTH, 3, 4);
    lrpc_bind(&answer, RPC_S_UNKNOWN_IF, if_app_info, 1, 0, OFFER_BOTH, 3, 4);
    world_call(world, &client, link, &server, &offer, &answer);
    lrpc_bind(&offer, 0, if_spooler, 1, 0, SYNTAX_NDR20, 5, 6);
    lrpc_fault(&answer, RPC_S_ACCESS_DENIED);
    world_call(world, &client, link, &server, &offer, &answer);
}

/* A call the client cancels, and one that the server does not live to answer. */
void
sample_broken_calls(struct world *world)
{
    static const struct wrap cancel = {.is_datagram = true};
    struct actor client = world_process(world, 4400, 4404, "notepad.exe");
    struct actor helper = world_thread(&client, 4460);
    struct actor server = world_process(world, 1520, 1600, "spoolsv.exe");
    struct actor other = world_thread(&server, 1612);
    uint32_t port = world_port(world, &server, "\\RPC Control\\spoolss");
    struct link link = world_link(world, &client, port, 0x250);
    struct message request;
    struct message message;
    struct exchange exchange;
    struct exchange canceling;

    say_bind(world, &client, link, &server, if_spooler, 1, SYNTAX_NDR64, 1);
    say_open_printer(&request, 2, "\\\\PRINTSRV\\Asleep");
    exchange = world_send(world, &client, link, &request, NULL);
    world_receive(world, &exchange, &server, &request, NULL);
    world_wait_us(world, 5000000);
    lrpc_cancel(&message, 2);
    canceling = world_send(world, &helper, link, &message, &cancel);
    world_receive(world, &canceling, &other, &message, &cancel);
    lrpc_fault(&message, RPC_S_CALL_CANCELLED);
    world_reply(world, &exchange, &server, &message, NULL);
    world_return(world, &exchange, &server, &message, NULL, 0);

    say_open_printer(&request, 3, "Fax");
    exchange = world_send(world, &client, link, &request, NULL);
    world_receive(world, &exchange, &server, &request, NULL);
    world_wait_us(world, 80000);
    world_exit(world, &server, 0xc0000005);
    world_return(world, &exchange, &server, NULL, NULL, STATUS_PORT_DISCONNECTED);
}
