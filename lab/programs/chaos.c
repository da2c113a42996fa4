/* SPDX-License-Identifier: MIT */
/*
 * Ends processes without warning at random but repeatable points: a client in mid-call, the server,
 * the recorder. Nobody else may hang, and nobody may get a wrong reply.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1024,
    CLIENTS = 2,
    END_WAIT_MS = 60000,
    RECORDER_START_MS = 1500,
    KILL_EARLIEST_MS = 20,
    KILL_SPAN_MS = 1200,
    EXIT_KILLED = 137,
};

enum victim {
    VICTIM_NONE,
    VICTIM_CLIENT,
    VICTIM_SERVER,
    VICTIM_RECORDER,
    VICTIM_COUNT,
};

static const char *const victim_names[] = {"nobody", "client", "server", "recorder"};

static const char usage[] =
    "chaos [--seed N] [--rounds N] [--port NAME] [--victims client,server,recorder,nobody]\n"
    "      [--expect FILE] [--count N] [--recorder COMMAND]\n"
    "  traffic.exe is taken from this program's folder. COMMAND is started each round and should\n"
    "  end by itself; %d in it is the round. FILE may have a %d, too.\n";

struct chaos {
    uint64_t random;
    uint32_t rounds;
    uint32_t count;
    const char *port;
    const char *victims;
    const char *expect;
    const char *recorder;
    uint32_t killed[VICTIM_COUNT];
    uint32_t stuck;
    uint32_t wrong;
};

static uint32_t
next_random(struct chaos *chaos)
{
    chaos->random = chaos->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(chaos->random >> 33);
}

/* text with its first %d replaced. */
static void
put_round(char *out, size_t size, const char *text, uint32_t round)
{
    const char *mark = strstr(text, "%d");

    if (mark == NULL) {
        (void)snprintf(out, size, "%s", text);
    } else {
        (void)snprintf(out, size, "%.*s%u%s", (int)(mark - text), text, round, mark + 2);
    }
}

static HANDLE
start(const char *command)
{
    char line[TEXT_MAX];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;

    (void)snprintf(line, sizeof(line), "%s", command);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        (void)printf("chaos: cannot start %s: error %lu\n", command, GetLastError());
        exit(1);
    }
    (void)CloseHandle(process.hThread);
    return process.hProcess;
}

static HANDLE
start_traffic(const struct chaos *chaos, const char *role, const char *more, uint32_t round)
{
    char folder[MAX_PATH];
    char expect[TEXT_MAX / 4] = "";
    char command[TEXT_MAX];
    char *slash;

    (void)GetModuleFileNameA(NULL, folder, sizeof(folder));
    slash = strrchr(folder, '\\');
    if (slash != NULL) {
        slash[1] = '\0';
    }
    if (chaos->expect != NULL) {
        put_round(expect, sizeof(expect), chaos->expect, round);
    }
    (void)snprintf(command, sizeof(command), "\"%straffic.exe\" %s \"%s\" %s %s%s%s%s", folder,
                   role, chaos->port, more, expect[0] != '\0' ? "--expect " : "",
                   expect[0] != '\0' ? "\"" : "", expect, expect[0] != '\0' ? "\"" : "");
    return start(command);
}

static enum victim
choose(struct chaos *chaos)
{
    enum victim victim;

    do {
        victim = (enum victim)(next_random(chaos) % VICTIM_COUNT);
    } while (strstr(chaos->victims, victim_names[victim]) == NULL ||
             (victim == VICTIM_RECORDER && chaos->recorder == NULL));
    return victim;
}

/* The exit code; a process that does not end is counted and ended. */
static DWORD
wait_end(struct chaos *chaos, HANDLE process, const char *who)
{
    DWORD code = 0;

    if (process == NULL) {
        return 0;
    }
    if (WaitForSingleObject(process, END_WAIT_MS) != WAIT_OBJECT_0) {
        (void)printf("chaos: %s hangs\n", who);
        chaos->stuck++;
        (void)TerminateProcess(process, EXIT_KILLED);
        (void)WaitForSingleObject(process, END_WAIT_MS);
    }
    (void)GetExitCodeProcess(process, &code);
    (void)CloseHandle(process);
    return code;
}

static void
expect_code(struct chaos *chaos, DWORD code, bool may_fail, const char *who, enum victim victim)
{
    if (code != 0 && !may_fail) {
        (void)printf("chaos: %s ended with %lu when the victim was the %s\n", who, code,
                     victim_names[victim]);
        chaos->wrong++;
    }
}

static void
play_round(struct chaos *chaos, uint32_t round)
{
    enum victim victim = choose(chaos);
    uint32_t after_ms = KILL_EARLIEST_MS + next_random(chaos) % KILL_SPAN_MS;
    char more[TEXT_MAX];
    HANDLE recorder = NULL;
    HANDLE clients[CLIENTS];
    HANDLE server;

    if (chaos->recorder != NULL) {
        put_round(more, sizeof(more), chaos->recorder, round);
        recorder = start(more);
        Sleep(RECORDER_START_MS);
    }
    server = start_traffic(chaos, "server", "--threads 2", round);
    (void)snprintf(more, sizeof(more), "--threads 2 --count %u", chaos->count);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = start_traffic(chaos, "client", more, round);
    }
    Sleep(after_ms);
    HANDLE target = victim == VICTIM_CLIENT     ? clients[0]
                    : victim == VICTIM_SERVER   ? server
                    : victim == VICTIM_RECORDER ? recorder
                                                : NULL;

    if (target != NULL && WaitForSingleObject(target, 0) == WAIT_TIMEOUT) {
        (void)TerminateProcess(target, EXIT_KILLED);
        chaos->killed[victim]++;
    }
    (void)printf("chaos: round %u: the %s after %u ms\n", round, victim_names[victim], after_ms);
    for (size_t i = 0; i < CLIENTS; i++) {
        bool may_fail = victim == VICTIM_SERVER || (victim == VICTIM_CLIENT && i == 0);

        expect_code(chaos, wait_end(chaos, clients[i], "a client"), may_fail, "a client", victim);
    }
    (void)wait_end(chaos, start_traffic(chaos, "stop", "", round), "stop");
    expect_code(chaos, wait_end(chaos, server, "the server"),
                victim == VICTIM_SERVER || victim == VICTIM_CLIENT, "the server", victim);
    expect_code(chaos, wait_end(chaos, recorder, "the recorder"), victim == VICTIM_RECORDER,
                "the recorder", victim);
    (void)fflush(stdout);
}

static bool
read_options(struct chaos *chaos, int count, char **arguments)
{
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i];
        const char *value = arguments[i + 1];

        if (strcmp(name, "--seed") == 0) {
            chaos->random = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--rounds") == 0) {
            chaos->rounds = (uint32_t)strtoul(value, NULL, 10);
        } else if (strcmp(name, "--count") == 0) {
            chaos->count = (uint32_t)strtoul(value, NULL, 10);
        } else if (strcmp(name, "--port") == 0) {
            chaos->port = value;
        } else if (strcmp(name, "--victims") == 0) {
            chaos->victims = value;
        } else if (strcmp(name, "--expect") == 0) {
            chaos->expect = value;
        } else if (strcmp(name, "--recorder") == 0) {
            chaos->recorder = value;
        } else {
            return false;
        }
    }
    if (strstr(chaos->victims, "client") == NULL && strstr(chaos->victims, "server") == NULL &&
        strstr(chaos->victims, "nobody") == NULL && chaos->recorder == NULL) {
        return false;
    }
    return count % 2 == 1;
}

int
main(int count, char **arguments)
{
    struct chaos chaos = {.random = 1,
                          .rounds = 10,
                          .count = 400,
                          .port = "\\RPC Control\\alpctrace-chaos",
                          .victims = "client,server,recorder"};

    if (!read_options(&chaos, count, arguments)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    for (uint32_t round = 0; round < chaos.rounds; round++) {
        play_round(&chaos, round);
    }
    (void)printf("chaos: %u rounds; killed %u clients, %u servers, %u recorders; %u stuck, %u "
                 "wrong\n",
                 chaos.rounds, chaos.killed[VICTIM_CLIENT], chaos.killed[VICTIM_SERVER],
                 chaos.killed[VICTIM_RECORDER], chaos.stuck, chaos.wrong);
    (void)printf("chaos: %s\n", chaos.stuck == 0 && chaos.wrong == 0 ? "PASS" : "FAIL");
    return chaos.stuck != 0 || chaos.wrong != 0;
}
