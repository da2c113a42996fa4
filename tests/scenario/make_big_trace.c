/* SPDX-License-Identifier: MIT */
#include "scenario/world.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A trace of any length for the benchmarks: make_big_trace FILE EVENTS. Calls of many clients to
 * many servers with strings and numbers, a bind for each connection, stacks that repeat.
 */
enum {
    SERVERS = 16,
    CLIENTS = 64,
    STACKS = 20,
    EVENTS_PER_CALL = 6,
};

static const char *const interfaces[] = {
    "f3f09ffd-fbcf-4291-944d-70ad6e0e73bb",
    "367abb81-9844-35f1-ad32-98f038001003",
    "201ef99a-7fa0-444c-9399-19ba84f12a1a",
    "12345778-1234-abcd-ef00-0123456789ab",
};

struct big {
    struct world world;
    struct actor servers[SERVERS];
    uint32_t ports[SERVERS];
    struct actor clients[CLIENTS];
    struct link links[CLIENTS];
    uint32_t stacks[STACKS];
};

static void
build_machine(struct big *big)
{
    struct message offer;
    struct message answer;
    char name[64];

    for (uint32_t i = 0; i < SERVERS; i++) {
        (void)snprintf(name, sizeof(name), "\\RPC Control\\LRPC-%018x", 0x1000 + i);
        big->servers[i] = world_process(&big->world, 600 + 4 * i, 700 + 4 * i, "svchost.exe");
        big->ports[i] = world_port(&big->world, &big->servers[i], name);
    }
    for (uint32_t i = 0; i < CLIENTS; i++) {
        const char *uuid = interfaces[i % ATR_COUNT(interfaces)];

        (void)snprintf(name, sizeof(name), "client%02u.exe", (unsigned)i);
        big->clients[i] = world_process(&big->world, 3000 + 4 * i, 5000 + 4 * i, name);
        big->links[i] =
            world_link(&big->world, &big->clients[i], big->ports[i % SERVERS], 0x100 + 4 * i);
        lrpc_bind(&offer, 0, uuid, 1, 0, 3, 1, 2);
        lrpc_bind(&answer, 0, uuid, 1, 0, 2, 1, 2);
        world_call(&big->world, &big->clients[i], big->links[i], &big->servers[i % SERVERS], &offer,
                   &answer);
    }
    for (uint32_t i = 0; i < STACKS; i++) {
        const struct frame frames[] = {{"nt!NtAlpcSendWaitReceivePort", 0, 0},
                                       {"ntdll!NtAlpcSendWaitReceivePort+0x14", 0, 0},
                                       {"RPCRT4!NdrClientCall3+0xf1", 0, 0},
                                       {name, 0, 0}};

        (void)snprintf(name, sizeof(name), "client!Routine%u+0x%x", (unsigned)i, (unsigned)i);
        big->stacks[i] = world_stack(&big->world, &big->clients[0], frames, ATR_COUNT(frames));
    }
}

static void
one_call(struct big *big, uint32_t number)
{
    struct actor *client = &big->clients[number % CLIENTS];
    const struct actor *server = &big->servers[number % CLIENTS % SERVERS];
    struct message request;
    struct message reply;
    size_t ndr = lrpc_request(&request, number, 2, number % 8, NULL);

    message_ndr64_string(&request, ndr, "C:\\Windows\\System32\\drivers\\etc\\hosts");
    message_u32(&request, number);
    (void)lrpc_response(&reply, number);
    message_u32(&reply, 0);
    client->stack_id = big->stacks[number % STACKS];
    world_call(&big->world, client, big->links[number % CLIENTS], server, &request, &reply);
}

int
main(int argc, char **argv)
{
    static const struct world_options options = {
        .os_build = 19044, .utc_bias_minutes = -120, .source_id = 0x5eed0001};
    static struct big big;
    unsigned long events = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    if (events == 0) {
        (void)fprintf(stderr, "make_big_trace FILE EVENTS\n");
        return 1;
    }
    world_open(&big.world, argv[1], &options);
    build_machine(&big);
    for (unsigned long i = 0; i < events / EVENTS_PER_CALL; i++) {
        one_call(&big, (uint32_t)(i + 1));
    }
    world_close(&big.world);
    return 0;
}
