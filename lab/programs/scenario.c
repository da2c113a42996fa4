/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SERVICE_THREADS = 3,
    ROLE_WAIT_MS = 60000,
    SETTLE_MS = 300, /* until servers have heard that their clients are gone */
    TEXT_MAX = 1024,
};

static const char usage[] = "scenario list                           names of the scenarios\n"
                            "scenario run NAME|all [--expect FILE]   play it: one process a role\n"
                            "scenario role NAME ROLE RUN [FILE]      one role (started by run)\n";

static HANDLE
named_event(const char *run, const char *what)
{
    char name[TEXT_MAX];

    (void)snprintf(name, sizeof(name), "scenario-%s-%s", run, what);
    return CreateEventA(NULL, TRUE, FALSE, name);
}

static bool
begins_turns(const struct scenario *scenario, uint8_t role)
{
    for (size_t i = 0; i < scenario->turn_count; i++) {
        if (scenario->turns[i].client == role && scenario->turns[i].inside == 0) {
            return true;
        }
    }
    return false;
}

static void
say_turns(struct party *party)
{
    for (size_t i = 0; i < party->scenario->turn_count; i++) {
        const struct turn *turn = &party->scenario->turns[i];

        if (turn->client == party->role && turn->inside == 0 && (turn->flags & TURN_BESIDE) == 0) {
            party_say(party, turn);
        }
    }
}

static bool
open_party(struct party *party, const char *run)
{
    const struct role *role = &party->scenario->roles[party->role];
    NTSTATUS status;

    InitializeCriticalSection(&party->lock);
    party->stop = named_event(run, "stop");
    for (size_t i = 0; i < SCENARIO_TURNS_MAX; i++) {
        party->got[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    }
    if (role->port == NULL || begins_turns(party->scenario, party->role)) {
        return true;
    }
    status = port_create(&party->port, role->port);
    if (status != STATUS_SUCCESS) {
        party_fail(party, NULL, "create port", status);
        return false;
    }
    return true;
}

static int
play_role(const struct scenario *scenario, uint8_t role, const char *run, const char *expect)
{
    struct party party = {.scenario = scenario, .role = role, .expect = expect};
    HANDLE threads[SERVICE_THREADS];

    if (!open_party(&party, run)) {
        return 1;
    }
    if (party.port != NULL) {
        for (size_t i = 0; i < SERVICE_THREADS; i++) {
            threads[i] = CreateThread(NULL, 0, party_serve, &party, 0, NULL);
        }
        (void)SetEvent(named_event(run, scenario->roles[role].name));
        (void)WaitForMultipleObjects(SERVICE_THREADS, threads, TRUE, INFINITE);
    } else {
        say_turns(&party);
    }
    for (size_t i = 0; i < SCENARIO_ROLES_MAX; i++) {
        port_close(party.links[i]);
    }
    port_close(party.port);
    return party.failures != 0;
}

struct cast {
    HANDLE processes[SCENARIO_ROLES_MAX];
    size_t count;
};

static HANDLE
start_role(const struct scenario *scenario, uint8_t role, const char *run, const char *expect)
{
    char program[MAX_PATH];
    char command[TEXT_MAX + MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;

    (void)GetModuleFileNameA(NULL, program, sizeof(program));
    (void)snprintf(command, sizeof(command), "\"%s\" role %s %s %s \"%s\"", program, scenario->name,
                   scenario->roles[role].name, run, expect != NULL ? expect : "");
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        return NULL;
    }
    (void)CloseHandle(process.hThread);
    return process.hProcess;
}

/* True: the role ended as it should. */
static bool
wait_role(const struct scenario *scenario, uint8_t role, HANDLE process)
{
    DWORD code = 1;
    bool dies = false;

    if (WaitForSingleObject(process, ROLE_WAIT_MS) != WAIT_OBJECT_0) {
        (void)printf("scenario %s: %s hangs\n", scenario->name, scenario->roles[role].name);
        (void)TerminateProcess(process, 1);
        return false;
    }
    (void)GetExitCodeProcess(process, &code);
    for (size_t i = 0; i < scenario->turn_count; i++) {
        const struct turn *turn = &scenario->turns[i];

        dies |= (turn->kind == TURN_CLIENT_DIES && turn->client == role) ||
                (turn->kind == TURN_SERVER_DIES && turn->server == role);
    }
    if (code != (dies ? (DWORD)SCENARIO_DIED : 0)) {
        (void)printf("scenario %s: %s ended with %lu\n", scenario->name, scenario->roles[role].name,
                     code);
        return false;
    }
    return true;
}

static bool
start_servers(const struct scenario *scenario, const char *run, const char *expect,
              HANDLE *processes)
{
    for (uint8_t i = 0; i < SCENARIO_ROLES_MAX && scenario->roles[i].name != NULL; i++) {
        HANDLE waited[2];

        if (scenario->roles[i].port == NULL || scenario->roles[i].is_absent ||
            begins_turns(scenario, i)) {
            continue;
        }
        waited[0] = named_event(run, scenario->roles[i].name);
        processes[i] = start_role(scenario, i, run, expect);
        waited[1] = processes[i];
        if (processes[i] == NULL ||
            WaitForMultipleObjects(2, waited, FALSE, ROLE_WAIT_MS) != WAIT_OBJECT_0) {
            (void)printf("scenario %s: %s did not start\n", scenario->name,
                         scenario->roles[i].name);
            return false;
        }
    }
    return true;
}

static bool
play(const struct scenario *scenario, const char *expect)
{
    char run[64];
    HANDLE processes[SCENARIO_ROLES_MAX] = {NULL};
    HANDLE stop;
    bool is_right;

    (void)snprintf(run, sizeof(run), "%lu-%s", GetCurrentProcessId(), scenario->name);
    stop = named_event(run, "stop");
    is_right = start_servers(scenario, run, expect, processes);
    for (uint8_t i = 0; is_right && i < SCENARIO_ROLES_MAX; i++) {
        if (scenario->roles[i].name != NULL && begins_turns(scenario, i)) {
            processes[i] = start_role(scenario, i, run, expect);
            is_right = processes[i] != NULL && wait_role(scenario, i, processes[i]) && is_right;
        }
    }
    Sleep(SETTLE_MS);
    (void)SetEvent(stop);
    for (uint8_t i = 0; i < SCENARIO_ROLES_MAX; i++) {
        if (processes[i] != NULL && !begins_turns(scenario, i)) {
            is_right = wait_role(scenario, i, processes[i]) && is_right;
        }
    }
    (void)CloseHandle(stop);
    (void)printf("scenario %s: %s\n", scenario->name, is_right ? "ok" : "FAILED");
    (void)fflush(stdout);
    return is_right;
}

static bool
is_missing(const char *file)
{
    return file != NULL && GetFileAttributesA(file) == INVALID_FILE_ATTRIBUTES;
}

static int
run_scenarios(const char *name, const char *expect)
{
    int failures = 0;
    int played = 0;

    for (size_t i = 0; scenario_at(i) != NULL; i++) {
        const struct scenario *scenario = scenario_at(i);
        bool is_all = strcmp(name, "all") == 0;

        if (is_all && is_missing(scenario->needs)) {
            (void)printf("scenario %s: left out: no file %s\n", scenario->name, scenario->needs);
        } else if (is_all || strcmp(name, scenario->name) == 0) {
            played++;
            failures += !play(scenario, expect);
        }
    }
    (void)printf("scenario: %d played, %d failed\n", played, failures);
    return played == 0 || failures != 0;
}

static int
find_and_play(const char *name, const char *role, const char *run, const char *expect)
{
    const struct scenario *scenario = scenario_find(name);

    for (uint8_t i = 0; scenario != NULL && i < SCENARIO_ROLES_MAX; i++) {
        if (scenario->roles[i].name != NULL && strcmp(scenario->roles[i].name, role) == 0) {
            return play_role(scenario, i, run, expect);
        }
    }
    return 2;
}

int
main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "list") == 0) {
        for (size_t i = 0; scenario_at(i) != NULL; i++) {
            (void)puts(scenario_at(i)->name);
        }
        return 0;
    }
    if (count == 3 && strcmp(arguments[1], "run") == 0) {
        return run_scenarios(arguments[2], NULL);
    }
    if (count == 5 && strcmp(arguments[1], "run") == 0 && strcmp(arguments[3], "--expect") == 0) {
        return run_scenarios(arguments[2], arguments[4]);
    }
    if (count >= 5 && strcmp(arguments[1], "role") == 0) {
        return find_and_play(arguments[2], arguments[3], arguments[4],
                             count > 5 && arguments[5][0] != '\0' ? arguments[5] : NULL);
    }
    (void)fputs(usage, stderr);
    return 2;
}
