/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

#include "base/attributes.h"

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
