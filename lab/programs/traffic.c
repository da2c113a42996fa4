/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "traffic server PORT [OPTIONS]   answers until stopped\n"
    "traffic client PORT [OPTIONS]   makes round trips and checks each reply\n"
    "traffic stop PORT               ends the server\n"
    "  --threads N     threads (1)\n"
    "  --count N       round trips of a thread (1000)\n"
    "  --size N        payload bytes (0: 16 to 271)\n"
    "  --mode M        sync, async or datagram (sync)\n"
    "  --attributes    views and handles with the requests (not with datagrams)\n"
    "  --deferred      server: replies through NtWaitForWorkViaWorkerFactory (lab only)\n"
    "  --expect FILE   append what was said, for check_recording.py\n"
    "  --die-after MS  client or server: end the process without a word after that time\n";

static const char *const modes[] = {
    [TRAFFIC_SYNC] = "sync", [TRAFFIC_ASYNC] = "async", [TRAFFIC_DATAGRAM] = "datagram"};

const char *
traffic_mode_name(enum traffic_mode mode)
{
    return modes[mode];
}

HANDLE
traffic_stop_event(const char *port)
{
    char name[PORT_NAME_MAX + 32];

    (void)snprintf(name, sizeof(name), "traffic-stop%s", port);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '\\' ? '/' : *c;
    }
    return CreateEventA(NULL, TRUE, FALSE, name);
}

static DWORD WINAPI
die_later(void *milliseconds)
{
    Sleep((DWORD)(ULONG_PTR)milliseconds);
    (void)TerminateProcess(GetCurrentProcess(), 137);
    return 0;
}

static bool
read_mode(const char *text, enum traffic_mode *mode)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(text, modes[i]) == 0) {
            *mode = (enum traffic_mode)i;
            return true;
        }
    }
    return false;
}

/* How many arguments were used; 0: unknown option. */
static int
read_option(char *const *arguments, struct traffic_options *options)
{
    const char *name = arguments[0];
    const char *value = arguments[1];

    if (strcmp(name, "--attributes") == 0) {
        options->with_attributes = true;
        return 1;
    }
    if (strcmp(name, "--deferred") == 0) {
        options->is_deferred = true;
        return 1;
    }
    if (value == NULL) {
        return 0;
    }
    if (strcmp(name, "--mode") == 0) {
        return read_mode(value, &options->mode) ? 2 : 0;
    }
    if (strcmp(name, "--expect") == 0) {
        options->expect = value;
        return 2;
    }

    const struct {
        const char *name;
        uint32_t *number;
    } numbers[] = {{"--threads", &options->threads},
                   {"--count", &options->count},
                   {"--size", &options->size},
                   {"--die-after", &options->kill_after_ms}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *numbers[i].number = (uint32_t)strtoul(value, NULL, 10);
            return 2;
        }
    }
    return 0;
}

static bool
read_options(int count, char **arguments, struct traffic_options *options)
{
    *options = (struct traffic_options){.threads = 1, .count = 1000};
    if (count < 3) {
        return false;
    }
    options->port = arguments[2];
    for (int i = 3; i < count;) {
        int used = read_option(&arguments[i], options);

        if (used == 0) {
            return false;
        }
        i += used;
    }
    if (options->mode == TRAFFIC_DATAGRAM) {
        options->with_attributes = false; /* what it carries, nobody would give back */
    }
    return options->threads > 0 && options->threads <= TRAFFIC_THREADS_MAX &&
           strlen(options->port) < PORT_NAME_MAX &&
           options->size <= PORT_BUFFER_BYTES - sizeof(PORT_MESSAGE);
}

int
main(int count, char **arguments)
{
    struct traffic_options options;

    if (!read_options(count, arguments, &options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (options.kill_after_ms > 0) {
        (void)CreateThread(NULL, 0, die_later, (void *)(ULONG_PTR)options.kill_after_ms, 0, NULL);
    }
    if (strcmp(arguments[1], "server") == 0) {
        return traffic_serve(&options);
    }
    if (strcmp(arguments[1], "client") == 0) {
        return traffic_call(&options);
    }
    if (strcmp(arguments[1], "stop") == 0) {
        (void)SetEvent(traffic_stop_event(options.port));
        Sleep(700); /* the event must live until the server has seen it */
        return 0;
    }
    (void)fputs(usage, stderr);
    return 2;
}
