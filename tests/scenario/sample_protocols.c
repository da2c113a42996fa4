/* SPDX-License-Identifier: MIT */
#include "scenario/samples.h"

#include <string.h>

/* UNICODE_STRING; its text is in the capture buffer. */
static void
put_unicode(struct message *message, const char *text, uint64_t buffer)
{
    uint16_t size = (uint16_t)(2 * strlen(text));

    message_u16(message, size);
    message_u16(message, (uint16_t)(size + 2));
    message_u32(message, 0);
    message_u64(message, buffer);
}

static void
ask_csr(struct world *world, const struct actor *client, struct link link,
        const struct actor *csrss, const struct message *request, uint32_t status)
{
    struct message reply;

    say_csr_status(&reply, request, status);
    world_call(world, client, link, csrss, request, &reply);
}

/* A new process is announced to CSRSS, and says when to shut it down; a drive letter is refused. */
void
sample_csr(struct world *world)
{
    static const char name[] = "\\Sessions\\1\\Windows\\ApiPort";
    struct actor explorer = world_process(world, 3120, 3344, "explorer.exe");
    struct actor csrss = world_process(world, 560, 612, "csrss.exe");
    uint32_t port = world_port(world, &csrss, name);
    struct link link = world_link(world, &explorer, port, 0x20);
    struct actor child;
    struct message request;

    child = world_start(world, &explorer, 6936, 2160, "mmc.exe");
    say_csr_create_process(&request, child.pid, child.tid);
    ask_csr(world, &explorer, link, &csrss, &request, 0);
    link = world_connect(world, &child, &csrss, port, name, 0x1c);
    say_csr(&request, 0);
    message_u64(&request, 3);
    message_u64(&request, 0);
    message_u32(&request, 0);
    ask_csr(world, &child, link, &csrss, &request, 0);
    say_csr(&request, 0x0001000c);
    message_u32(&request, 0x280);
    message_u32(&request, 1);
    ask_csr(world, &child, link, &csrss, &request, 0);
    say_csr(&request, 0x00010014);
    message_u64(&request, 0);
    put_unicode(&request, "P:", 0x1f0048);
    put_unicode(&request, "\\??\\C:\\Projects", 0x1f0050);
    ask_csr(world, &child, link, &csrss, &request, 0xc0000022);
}

static void
core_begin(struct message *message, uint32_t kind, uint32_t id)
{
    message_clear(message);
    message_zeros(message, 16);
    message_u32(message, kind);
    message_u32(message, id);
    message_u64(message, 0x10000);
    message_u64(message, 0); /* size of what follows */
    message_u64(message, 0); /* dwords, method */
}

static void
core_item(struct message *message, const void *bytes, uint32_t size)
{
    message_u32(message, size);
    message_put(message, bytes, size);
    message_align(message, 0, 4);
}

static void
core_end(struct message *message, uint32_t method)
{
    uint32_t body = (uint32_t)message->size_bytes - 0x28;

    message_poke_u32(message, 0x20, body);
    message_poke_u32(message, 0x28, body / 4);
    message_poke_u32(message, 0x2c, method);
}

/*
 * CoreMessaging: the registrar tells explorer which port a thread of ctfmon listens on; explorer
 * sends it messages nobody answers. The last one was not seen to arrive. No clock bias is known.
 */
void
sample_datagrams(struct world *world)
{
    static const char name[] = "\\BaseNamedObjects\\[CoreUI]-PID(4256)-TID(4328) "
                               "7b456aae-b05a-4d3a-83ae-e33a19d5113d";
    static const uint8_t blank[0x38] = {0};
    static const struct wrap datagram = {.is_datagram = true};
    struct actor client = world_process(world, 2140, 9516, "explorer.exe");
    struct actor registrar = world_process(world, 4020, 4064, "svchost.exe");
    struct actor server = world_process(world, 4256, 4328, "ctfmon.exe");
    uint32_t port = world_port(world, &registrar, "\\BaseNamedObjects\\CoreMessagingRegistrar");
    uint32_t ui_port = world_port(world, &server, name);
    struct link to_registrar = world_link(world, &client, port, 0x3b90);
    struct link to_ui = world_link(world, &client, ui_port, 0x3bc8);
    struct message request;
    struct message reply;
    struct message text;
    struct exchange exchange;

    core_begin(&request, 2, 9);
    core_end(&request, 0x00030001);
    message_clear(&text);
    message_utf16(&text, name, true);
    core_begin(&reply, 0, 9);
    core_item(&reply, blank, 4);
    core_item(&reply, text.bytes, (uint32_t)text.size_bytes);
    core_item(&reply, blank, 16);
    core_item(&reply, blank, 16);
    core_item(&reply, blank, 0x38);
    core_end(&reply, 0x00060000);
    world_call(world, &client, to_registrar, &registrar, &request, &reply);

    message_clear(&request);
    message_u64(&request, 0x0000013c00000001);
    message_u64(&request, 0x0000000200001090);
    message_put(&request, blank, sizeof(blank));
    exchange = world_send(world, &client, to_ui, &request, &datagram);
    world_receive(world, &exchange, &server, &request, &datagram);
    message_poke_u32(&request, 8, 0x10a4);
    (void)world_send(world, &client, to_ui, &request, &datagram);
}

/*
 * Smaller protocols: the session manager starts a session, error reporting hears of a process that
 * was ended silently, and an unnamed service speaks a format nobody knows.
 */
void
sample_subsystems(struct world *world)
{
    static const char command[] = "%SystemRoot%\\system32\\winlogon.exe";
    struct actor lsm = world_process(world, 1120, 1132, "svchost.exe");
    struct actor smss = world_process(world, 412, 420, "smss.exe");
    struct actor killer = world_process(world, 5676, 5680, "taskmgr.exe");
    struct actor wer = world_process(world, 2412, 2420, "svchost.exe");
    uint32_t sm_port = world_port(world, &smss, "\\SmApiPort");
    uint32_t wer_port = world_port(world, &wer, "\\WindowsErrorReportingServicePort");
    uint32_t private_port = world_port(world, &wer, "\\BaseNamedObjects\\VendorUpdatePort");
    struct link to_sm = world_link(world, &lsm, sm_port, 0x1e8);
    struct link to_wer = world_link(world, &killer, wer_port, 0x2ac);
    struct link to_private = world_link(world, &killer, private_port, 0x2b0);
    struct message request;
    struct message reply;

    message_clear(&request);
    message_u64(&request, 5);
    message_u32(&request, UINT32_MAX);
    message_u32(&request, (uint32_t)(2 * strlen(command)));
    message_utf16(&request, command, true);
    message_zeros(&request, 0x120 - request.size_bytes);
    reply = request;
    message_poke_u32(&reply, 8, 2);
    message_poke_u32(&reply, 0x110, 5624);
    message_poke_u32(&reply, 0x118, 5580);
    world_call(world, &lsm, to_sm, &smss, &request, &reply);

    message_clear(&request);
    message_u64(&request, 0x30000000);
    message_u32(&request, killer.tid);
    message_u32(&request, killer.pid);
    message_u32(&request, 4321);
    message_u32(&request, 0xc0000005);
    message_zeros(&request, 0x40 - request.size_bytes);
    message_clear(&reply);
    message_u64(&reply, 0x30000001);
    message_u64(&reply, 0x7c4);
    message_zeros(&reply, 0x40 - reply.size_bytes);
    world_call(world, &killer, to_wer, &wer, &request, &reply);

    message_clear(&request);
    message_u32(&request, 0x20);
    message_utf16(&request, "CheckNow", true);
    message_align(&request, 0, 4);
    message_clear(&reply);
    message_u32(&reply, 0x21);
    message_u32(&reply, 0);
    world_call(world, &killer, to_private, &wer, &request, &reply);
}
