/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

#include "base/attributes.h"

enum {
    DISPLAY_STATUS = 7 /* 8 since 1903 */
};

const char if_logon_ui[] = "f3f09ffd-fbcf-4291-944d-70ad6e0e73bb";
const char if_service_control[] = "367abb81-9844-35f1-ad32-98f038001003";
const char if_app_info[] = "201ef99a-7fa0-444c-9399-19ba84f12a1a";
const char if_lsa[] = "12345778-1234-abcd-ef00-0123456789ab";
const char if_spooler[] = "12345678-1234-abcd-ef00-0123456789ab";
const char logon_object[] = "3bdb59a0-d736-4d44-9074-c1ee00000001";

void
say_bind(struct world *world, const struct actor *client, struct link link,
         const struct actor *server, const char *uuid, uint16_t major, uint32_t accepted,
         uint16_t id)
{
    struct message offer;
    struct message answer;
    uint16_t other = (uint16_t)(id + 100);
    uint16_t ndr20 = accepted == SYNTAX_NDR20 ? id : other;
    uint16_t ndr64 = accepted == SYNTAX_NDR64 ? id : other;

    lrpc_bind(&offer, 0, uuid, major, 0, OFFER_BOTH, ndr20, ndr64);
    lrpc_bind(&answer, 0, uuid, major, 0, accepted, ndr20, ndr64);
    world_call(world, client, link, server, &offer, &answer);
}

void
say_display_status(struct message *request, uint32_t call_id, uint32_t binding_id, const char *text)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, DISPLAY_STATUS, logon_object);

    message_ndr64_string(request, ndr, text);
    message_u32(request, 0);
}

void
say_status(struct message *reply, uint32_t call_id, uint32_t status)
{
    (void)lrpc_response(reply, call_id);
    message_u32(reply, status);
}

void
say_context_handle(struct message *message, const char *handle)
{
    message_u32(message, 0);
    message_guid(message, handle);
}

void
say_context(struct message *reply, uint32_t call_id, const char *handle)
{
    (void)lrpc_response(reply, call_id);
    say_context_handle(reply, handle);
    message_u32(reply, 0);
}

uint32_t
say_winlogon_stack(struct world *world, const struct actor *winlogon)
{
    static const struct frame frames[] = {
        {"nt!NtAlpcSendWaitReceivePort", 0, 0},
        {"nt!KiSystemServiceCopyEnd+0x25", 0, 0},
        {"ntdll!NtAlpcSendWaitReceivePort+0x14", 0, 0},
        {"RPCRT4!LRPC_BASE_CCALL::DoSendReceive+0x112", 0, 0},
        {"RPCRT4!LRPC_CCALL::SendReceive+0x51", 0, 0},
        {"RPCRT4!NdrpClientCall3+0xdf9", 0, 0},
        {"RPCRT4!NdrClientCall3+0xf1", 0, 0},
        {"winlogon!WluiDisplayStatus+0xf9", 0, 0},
        {"winlogon!WlDisplayStatus+0x2d", 0, 0},
        {"winlogon!StateMachineWorkerCallback+0x4b", 0, 0},
        {"ntdll!TppWorkpExecuteCallback+0x130", 0, 0},
        {"ntdll!TppWorkerThread+0x644", 0, 0},
        {"KERNEL32!BaseThreadInitThunk+0x14", 0, 0},
        {"ntdll!RtlUserThreadStart+0x21", 0, 0},
    };

    return world_stack(world, winlogon, frames, ATR_COUNT(frames));
}
