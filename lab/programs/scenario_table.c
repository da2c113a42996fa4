/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include "bridge/pairs.h"
#include "scenario/phrases.h"
#include "scenario/phrases_com.h"

#include <stdio.h>
#include <string.h>

/* The conversations. Interfaces, opnums and NDR are those of Windows: the tool knows their names.
 */

enum {
    NCA_OP_RANGE = 0x1c010002,
    CSR_ACCESS_DENIED = (int)0xc0000022,
};

/* Context handles, as a server gives them out. */
static const char manager_handle[] = "0b53d1e7-7f04-4a1b-9a56-2f1f27b1f6d0";
static const char service_handle[] = "c2d94be0-61f7-4f2e-9d35-aa10b2c47e88";
static const char policy_handle[] = "7a1c3e5f-2b4d-4f6a-8c9e-0b1d2f3a4c5e";
static const char printer_handle[] = "e3b7c1a0-55d2-4c6e-8a1f-3d9b60f2c7e4";
static const char stream_handle[] = "9c2e7d38-1b5f-4e44-8f0a-6ad9b1c47702";
static const char audio_session[] = "41d0c5f2-96a0-4b0d-b7c3-5a6f1f0e2d11";
static const char null_handle[] = "00000000-0000-0000-0000-000000000000";

static const struct binding logon_binding = {if_logon_ui, 1, 2, SYNTAX_NDR64};
static const struct binding scm_binding = {if_service_control, 2, 4, SYNTAX_NDR20};
static const struct binding first_scm_binding = {if_service_control, 2, 0, SYNTAX_NDR20};
static const struct binding app_binding = {if_app_info, 1, 1, SYNTAX_NDR64};
static const struct binding lsa_binding = {if_lsa, 0, 0, SYNTAX_NDR20};
static const struct binding spooler_binding = {if_spooler, 1, 1, SYNTAX_NDR64};
static const struct binding activator_binding = {if_local_activator, 0, 4, SYNTAX_NDR64};
static const struct binding unknown_binding = {if_rem_unknown, 0, 1, SYNTAX_NDR20};
static const struct binding browser_binding = {if_web_browser, 0, 2, SYNTAX_NDR20};
static const struct binding audio_binding = {"d574d111-6126-49d7-9b86-4de6b650d4fc", 2, 1,
                                             SYNTAX_NDR64};
static const char bridge_file[] = "bridge-pairs.bin";
static const struct binding bridge_binding = {"8b3b7c1e-5d1f-4a0e-9d1a-0a1b2c3d4e5f", 1, 3,
                                              SYNTAX_NDR20};
static const struct binding log_binding = {"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", 1, 1,
                                           SYNTAX_NDR64};

static void
bind_interface(struct speech *speech, const struct turn *turn)
{
    const struct binding *binding = turn->binding;
    uint16_t other = (uint16_t)(binding->id + 100);
    uint16_t ndr20 = binding->accepted == SYNTAX_NDR20 ? binding->id : other;
    uint16_t ndr64 = binding->accepted == SYNTAX_NDR64 ? binding->id : other;

    lrpc_bind(&speech->request, 0, binding->uuid, binding->major, 0, OFFER_BOTH, ndr20, ndr64);
    lrpc_bind(&speech->reply, (uint32_t)turn->rpc_status, binding->uuid, binding->major, 0,
              turn->rpc_status == 0 ? binding->accepted : OFFER_BOTH, ndr20, ndr64);
    speech->has_reply = true;
}

static void
bind_denied(struct speech *speech, const struct turn *turn)
{
    bind_interface(speech, turn);
    lrpc_fault(&speech->reply, (uint32_t)turn->rpc_status);
}

static void
display_status(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_display_status(&speech->request, 1, 2, "Please wait for the Windows Modules Installer");
    say_status(&speech->reply, 1, 0);
    speech->has_reply = true;
}

static void
display_next(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_display_status(&speech->request, 2, 2, "Preparing Windows");
    say_status(&speech->reply, 2, 0);
    speech->has_reply = true;
}

static void
open_manager(struct speech *speech, uint32_t call_id, const char *machine)
{
    size_t ndr = lrpc_request(&speech->request, call_id, 0, 15, NULL);

    if (machine != NULL) {
        message_u32(&speech->request, 0x20000);
        message_ndr20_string(&speech->request, ndr, machine);
    } else {
        message_u32(&speech->request, 0);
    }
    message_u32(&speech->request, 0x20004);
    message_ndr20_string(&speech->request, ndr, "ServicesActive");
    message_u32(&speech->request, 4);
    speech->has_reply = true;
}

static void
bad_stub(struct speech *speech, const struct turn *turn)
{
    open_manager(speech, 2, "WORKSTATION7");
    lrpc_fault(&speech->reply, (uint32_t)turn->rpc_status);
}

static void
no_such_procedure(struct speech *speech, const struct turn *turn)
{
    (void)lrpc_request(&speech->request, 3, 0, 999, NULL);
    lrpc_fault(&speech->reply, (uint32_t)turn->rpc_status);
    speech->has_reply = true;
}

static void
access_denied(struct speech *speech, const struct turn *turn)
{
    static const struct error_record records[] = {
        {684, 2, RPC_S_ACCESS_DENIED, 1391, NULL},
        {684, 3, RPC_S_ACCESS_DENIED, 0, "SCM: caller is not an administrator"},
    };

    open_manager(speech, 4, NULL);
    lrpc_fault_extended(&speech->reply, (uint32_t)turn->rpc_status, records, 2,
                        UINT64_C(133591105310006000));
}

static void
open_manager_well(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    open_manager(speech, 1, NULL);
    say_context(&speech->reply, 1, manager_handle);
}

static void
close_manager(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    (void)lrpc_request(&speech->request, 2, 0, 0, NULL);
    say_context_handle(&speech->request, manager_handle);
    say_context(&speech->reply, 2, null_handle);
    speech->has_reply = true;
}

static void
launch(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_launch(&speech->request, 9);
    say_launched(&speech->reply, 9);
    speech->has_reply = true;
}

static void
open_service(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_open_service(&speech->request, 5, 4, manager_handle, "AudioSrv");
    say_context(&speech->reply, 5, service_handle);
    speech->has_reply = true;
}

static void
open_policy(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_open_policy(&speech->request, 1);
    say_context(&speech->reply, 1, policy_handle);
    speech->has_reply = true;
}

static void
lookup_sids(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_lookup_sids(&speech->request, 2, policy_handle);
    say_looked_up(&speech->reply, 2, "ann");
    speech->has_reply = true;
}

static void
activate(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_activate(&speech->request, &speech->reply, 5, 4, speech->client_tid);
    speech->has_reply = true;
}

static void
query_interface(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_query_interface(&speech->request, &speech->reply, 8, 1, speech->client_tid);
    speech->has_reply = true;
}

static void
full_name(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_full_name(&speech->request, &speech->reply, 9, 2, speech->client_tid);
    speech->has_reply = true;
}

static void
release(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_release(&speech->request, &speech->reply, 10, 1, speech->client_tid);
    speech->has_reply = true;
}

static void
write_printer(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_job(&speech->request_view, printer_handle);
    lrpc_large_request(&speech->request, 4, 1, 19, speech->request_view.size_bytes);
    (void)lrpc_response(&speech->reply, 4);
    message_u32(&speech->reply, SAY_JOB_BYTES);
    message_u32(&speech->reply, 0);
    speech->has_reply = true;
}

static void
enum_forms(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    (void)lrpc_request(&speech->request, 5, 1, 34, NULL);
    say_context_handle(&speech->request, printer_handle);
    message_u32(&speech->request, 1);
    message_u64(&speech->request, 0);
    message_u32(&speech->request, SAY_FORMS_BYTES);
    say_forms(&speech->reply_view);
    lrpc_large_response(&speech->reply, 5, speech->reply_view.size_bytes);
    speech->has_reply = true;
}

static void
create_stream(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    (void)lrpc_request(&speech->request, 3, 1, 7, NULL);
    say_context_handle(&speech->request, audio_session);
    message_u32(&speech->request, 0x60000);
    message_u64(&speech->request, 100000);
    message_u64(&speech->request, 1); /* system handle: the first of the HANDLE attribute */
    say_context(&speech->reply, 3, stream_handle);
    speech->has_reply = true;
}

static void
start_stream(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    (void)lrpc_request(&speech->request, 4, 1, 8, NULL);
    say_context_handle(&speech->request, stream_handle);
    message_u32(&speech->request, 3);
    message_u64(&speech->request, 1);
    message_u64(&speech->request, 2);
    message_u64(&speech->request, 3);
    say_status(&speech->reply, 4, 0);
    speech->has_reply = true;
}

static void
next_events(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    (void)lrpc_request(&speech->request, 4, 1, 1, NULL);
    say_context_handle(&speech->request, "58a1f9d2-0c3e-4b67-9e21-4d7700c1be31");
    message_u32(&speech->request, 10);
    message_u32(&speech->request, 0);
    (void)lrpc_response(&speech->reply, 4);
    message_u32(&speech->reply, 0);
    message_zeros(&speech->reply, 12);
    message_u32(&speech->reply, 0x103);
    speech->has_reply = true;
}

/* CoreMessaging's messages nobody answers. */
static void
core_message(struct speech *speech, uint64_t id)
{
    message_clear(&speech->request);
    message_u64(&speech->request, 0x0000013c00000001);
    message_u64(&speech->request, id);
    message_zeros(&speech->request, 0x38);
}

static void
first_datagram(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    core_message(speech, 0x0000000200001090);
}

static void
second_datagram(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    core_message(speech, 0x00000002000010a4);
}

static void
open_printer(struct speech *speech, const struct turn *turn)
{
    say_open_printer(&speech->request, 2, "\\\\PRINTSRV\\Asleep");
    if (turn->rpc_status > 0) {
        lrpc_fault(&speech->reply, (uint32_t)turn->rpc_status);
    } else {
        say_context(&speech->reply, 2, printer_handle);
    }
    speech->has_reply = true;
}

static void
cancel(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    lrpc_cancel(&speech->request, 2);
}

static void
open_fax(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_open_printer(&speech->request, 3, "Fax");
    say_context(&speech->reply, 3, printer_handle);
    speech->has_reply = true;
}

static void
create_process(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_csr_create_process(&speech->request, 6936, 2160);
    say_csr_status(&speech->reply, &speech->request, 0);
    speech->has_reply = true;
}

static void
shut_down_late(struct speech *speech, const struct turn *turn)
{
    (void)turn;
    say_csr(&speech->request, 0x0001000c);
    message_u32(&speech->request, 0x280);
    message_u32(&speech->request, 1);
    say_csr_status(&speech->reply, &speech->request, (uint32_t)CSR_ACCESS_DENIED);
    speech->has_reply = true;
}

/* Stubs of a real runtime, which bridge.exe took down. */
static void
bridged(struct speech *speech, const struct turn *turn)
{
    struct pair pair = {0};
    FILE *file = fopen(bridge_file, "rb");

    if (file == NULL || fseek(file, (long)(turn->pair * sizeof(pair)), SEEK_SET) != 0 ||
        fread(&pair, sizeof(pair), 1, file) != 1) {
        (void)printf("scenario: no pair %u in %s\n", turn->pair, bridge_file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)lrpc_request(&speech->request, turn->pair + 1u, 3, pair.opnum, NULL);
    message_put(&speech->request, pair.request, pair.request_bytes);
    (void)lrpc_response(&speech->reply, turn->pair + 1u);
    message_put(&speech->reply, pair.reply, pair.reply_bytes);
    speech->has_reply = true;
}

#define BIND(interface_, binding_, client_, server_)                         \
    {                                                                        \
        .name = "bind", .interface_name = interface_, .say = bind_interface, \
        .binding = &(binding_), .client = client_, .server = server_         \
    }
/* A method of that name. */
#define CALL(name_, interface_, say_, client_, server_, ...)                            \
    {                                                                                   \
        .name = name_, .interface_name = interface_, .say = say_, .client = client_,    \
        .server = server_, .is_method = true, .rpc_status = ANY_RPC_STATUS, __VA_ARGS__ \
    }
/* What has no name in the tables, or another one in another Windows. */
#define SAID(name_, interface_, say_, client_, server_, ...)                         \
    {                                                                                \
        .name = name_, .interface_name = interface_, .say = say_, .client = client_, \
        .server = server_, .rpc_status = ANY_RPC_STATUS, __VA_ARGS__                 \
    }

static const struct turn bind_turns[] = {
    BIND("Wluir", logon_binding, 1, 0),
    SAID("WluirDisplayStatus", "Wluir", display_status, 1, 0, .kind = TURN_CALL),
    SAID("WluirDisplayStatus", "Wluir", display_next, 1, 0, .kind = TURN_CALL),
};

static const struct turn fault_turns[] = {
    BIND("svcctl", first_scm_binding, 1, 0),
    {"ROpenSCManagerW", "svcctl", bad_stub, .client = 1, .is_method = true,
     .rpc_status = RPC_X_BAD_STUB_DATA},
    {"opnum 999", "svcctl", no_such_procedure, .client = 1, .rpc_status = NCA_OP_RANGE},
    {"ROpenSCManagerW", "svcctl", access_denied, .client = 1, .is_method = true,
     .rpc_status = RPC_S_ACCESS_DENIED},
};

static const struct turn refused_turns[] = {
    {.name = "no port", .kind = TURN_NO_PORT, .client = 3, .server = 2},
    {.name = "refused", .kind = TURN_REFUSED, .client = 3, .server = 1},
    {"bind", "LaunchAdminProcess", bind_interface, &app_binding, .client = 3,
     .rpc_status = RPC_S_UNKNOWN_IF},
    {"bind", "spoolss", bind_denied, &spooler_binding, .client = 3,
     .rpc_status = RPC_S_ACCESS_DENIED},
};

static const struct turn nested_turns[] = {
    BIND("LaunchAdminProcess", app_binding, 3, 2),
    CALL("RAiLaunchAdminProcess", "LaunchAdminProcess", launch, 3, 2, .kind = TURN_CALL),
    {"bind", "svcctl", bind_interface, &scm_binding, .client = 2, .server = 1, .inside = 2},
    CALL("ROpenServiceW", "svcctl", open_service, 2, 1, .inside = 2),
    {"bind", "lsarpc", bind_interface, &lsa_binding, .client = 1, .server = 0, .inside = 4},
    CALL("LsarOpenPolicy2", "lsarpc", open_policy, 1, 0, .inside = 4),
    CALL("LsarLookupSids", "lsarpc", lookup_sids, 1, 0, .inside = 4),
};

static const struct turn com_turns[] = {
    BIND("ISCMLocalActivator", activator_binding, 2, 0),
    CALL("SCMActivatorCreateInstance", "ISCMLocalActivator", activate, 2, 0, .kind = TURN_CALL),
    BIND("IRemUnknown", unknown_binding, 2, 1),
    CALL("RemQueryInterface", "IRemUnknown", query_interface, 2, 1, .kind = TURN_CALL),
    BIND("IWebBrowser2", browser_binding, 2, 1),
    CALL("get_FullName", "IWebBrowser2", full_name, 2, 1, .kind = TURN_CALL),
    CALL("RemRelease", "IRemUnknown", release, 2, 1, .kind = TURN_CALL),
};

static const struct turn view_turns[] = {
    BIND("spoolss", spooler_binding, 1, 0),
    CALL("RpcWritePrinter", "spoolss", write_printer, 1, 0, .flags = TURN_REQUEST_VIEW),
    CALL("RpcEnumForms", "spoolss", enum_forms, 1, 0, .flags = TURN_REPLY_VIEW),
};

static const struct turn attribute_turns[] = {
    BIND("AudioClientRpc", audio_binding, 1, 0),
    SAID("AudioServerCreateStream", "AudioClientRpc", create_stream, 1, 0, .flags = TURN_HANDLE),
    SAID("StartStream", "AudioClientRpc", start_stream, 1, 0, .flags = TURN_HANDLES),
};

static const struct turn async_turns[] = {
    {"bind", "IEventService", bind_interface, &log_binding, .client = 1},
    CALL("EvtRpcRemoteSubscriptionNextAsync", "IEventService", next_events, 1, 0,
         .kind = TURN_ASYNC),
};

static const struct turn datagram_turns[] = {
    SAID("datagram", NULL, first_datagram, 1, 0, .kind = TURN_DATAGRAM),
    SAID("datagram", NULL, second_datagram, 1, 0, .kind = TURN_DATAGRAM),
};

static const struct turn cancel_turns[] = {
    BIND("spoolss", spooler_binding, 1, 0),
    {"RpcOpenPrinter", "spoolss", open_printer, .client = 1, .is_method = true, .after = 3,
     .rpc_status = RPC_S_CALL_CANCELLED},
    SAID("cancel", NULL, cancel, 1, 0, .kind = TURN_DATAGRAM, .flags = TURN_BESIDE),
    CALL("RpcOpenPrinter", "spoolss", open_fax, 1, 0, .kind = TURN_ABANDONED),
};

static const struct turn narrow_turns[] = {
    {"bind", "svcctl", bind_interface, &first_scm_binding, .kind = TURN_CALL32, .client = 1},
    CALL("ROpenSCManagerW", "svcctl", open_manager_well, 1, 0, .kind = TURN_CALL32),
    CALL("RCloseServiceHandle", "svcctl", close_manager, 1, 0, .kind = TURN_CALL32),
};

static const struct turn csr_turns[] = {
    CALL("BaseSrvCreateProcess", NULL, create_process, 1, 0, .kind = TURN_CALL),
    CALL("SetProcessShutdownParam", NULL, shut_down_late, 1, 0, .kind = TURN_CALL),
};

static const struct turn client_dies_turns[] = {
    BIND("spoolss", spooler_binding, 1, 0),
    CALL("RpcOpenPrinter", "spoolss", open_printer, 1, 0, .kind = TURN_CLIENT_DIES),
};

static const struct turn server_dies_turns[] = {
    BIND("spoolss", spooler_binding, 1, 0),
    CALL("RpcOpenPrinter", "spoolss", open_printer, 1, 0, .kind = TURN_SERVER_DIES),
};

static const struct turn bridge_turns[] = {
    {.name = "bind", .say = bind_interface, .binding = &bridge_binding, .client = 1},
    SAID("Add", NULL, bridged, 1, 0, .pair = 0),
    SAID("Put", NULL, bridged, 1, 0, .pair = 1),
    SAID("Describe", NULL, bridged, 1, 0, .pair = 2),
    SAID("Swap", NULL, bridged, 1, 0, .pair = 3),
    SAID("Add", NULL, bridged, 1, 0, .pair = 4),
};

#define TURNS(turns_) .turns = turns_, .turn_count = sizeof(turns_) / sizeof((turns_)[0])

static const struct scenario scenarios[] = {
    {.name = "bind",
     .roles = {{.name = "LogonUI", .port = "\\RPC Control\\LRPC-b4cb7c7affbc500b2a"},
               {.name = "winlogon"}},
     TURNS(bind_turns)},
    {.name = "faults",
     .roles = {{.name = "services", .port = "\\RPC Control\\ntsvcs"}, {.name = "setup"}},
     TURNS(fault_turns)},
    {.name = "refused",
     .roles = {{.name = "spoolsv", .port = "\\RPC Control\\spoolss"},
               {.name = "guarded",
                .port = "\\RPC Control\\umpdproxy_1_2a3f91",
                .hello = "let me in, please"},
               {.name = "nobody", .port = "\\RPC Control\\splwow64_1", .is_absent = true},
               {.name = "PortQry"}},
     TURNS(refused_turns)},
    {.name = "nested",
     .roles = {{.name = "lsass", .port = "\\RPC Control\\lsapolicylookup"},
               {.name = "services", .port = "\\RPC Control\\ntsvcs"},
               {.name = "appinfo", .port = "\\RPC Control\\LRPC-5c0fd2c1a9e37b66aa"},
               {.name = "explorer"}},
     TURNS(nested_turns)},
    {.name = "com",
     .roles = {{.name = "rpcss", .port = "\\RPC Control\\epmapper"},
               {.name = "iexplore", .port = "\\RPC Control\\OLE0123456789ABCDEF0123456789AB"},
               {.name = "powershell"}},
     TURNS(com_turns)},
    {.name = "view",
     .roles = {{.name = "spoolsv", .port = "\\RPC Control\\spoolss"}, {.name = "notepad"}},
     TURNS(view_turns)},
    {.name = "attributes",
     .roles = {{.name = "audiosrv", .port = "\\RPC Control\\AudioClientRpc"}, {.name = "game"}},
     TURNS(attribute_turns)},
    {.name = "async",
     .roles = {{.name = "eventlog", .port = "\\RPC Control\\eventlog"}, {.name = "mmc"}},
     TURNS(async_turns)},
    {.name = "datagram",
     .roles = {{.name = "ctfmon",
                .port = "\\BaseNamedObjects\\[CoreUI]-PID(4256)-TID(4328) "
                        "7b456aae-b05a-4d3a-83ae-e33a19d5113d"},
               {.name = "explorer"}},
     TURNS(datagram_turns)},
    {.name = "cancel",
     .roles = {{.name = "spoolsv", .port = "\\RPC Control\\spoolss"}, {.name = "notepad"}},
     TURNS(cancel_turns)},
    {.name = "narrow",
     .roles = {{.name = "services", .port = "\\RPC Control\\ntsvcs"}, {.name = "legacy32"}},
     TURNS(narrow_turns)},
    {.name = "csr",
     .roles = {{.name = "csrss",
                .port = "\\Sessions\\1\\Windows\\ApiPort",
                .hello = "connect, version 5",
                .welcome = "server 3"},
               {.name = "explorer"}},
     TURNS(csr_turns)},
    {.name = "client-dies",
     .roles = {{.name = "spoolsv", .port = "\\RPC Control\\spoolss"}, {.name = "notepad"}},
     TURNS(client_dies_turns)},
    {.name = "server-dies",
     .roles = {{.name = "spoolsv", .port = "\\RPC Control\\spoolss"}, {.name = "notepad"}},
     TURNS(server_dies_turns)},
    {.name = "bridge",
     .needs = bridge_file,
     .roles = {{.name = "rpcserver", .port = "\\RPC Control\\alpctrace-bridge"},
               {.name = "rpcclient"}},
     TURNS(bridge_turns)},
};

const struct scenario *
scenario_at(size_t index)
{
    return index < sizeof(scenarios) / sizeof(scenarios[0]) ? &scenarios[index] : NULL;
}

const struct scenario *
scenario_find(const char *name)
{
    for (size_t i = 0; scenario_at(i) != NULL; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}
