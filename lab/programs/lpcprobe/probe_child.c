/* SPDX-License-Identifier: MIT */
#include "probe.h"

enum {
    TRAFFIC_MS = 120000,
    DRAIN_EVERY_MS = 5,
    COMMAND_MAX = MAX_PATH + 256,
};

bool
probe_share(struct probe *probe)
{
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};

    probe->mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, &inherit, PAGE_READWRITE, 0,
                                        sizeof(*probe->shared), NULL);
    probe->shared =
        probe->mapping != NULL ? MapViewOfFile(probe->mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    if (probe->shared == NULL) {
        probe_say("lpcprobe: no shared memory: error %lu\n", GetLastError());
    }
    return probe->shared != NULL;
}

static char *
put_text(char *at, const char *text)
{
    while (*text != 0) {
        *at++ = *text++;
    }
    *at = 0;
    return at;
}

static char *
put_number(char *at, uint32_t number)
{
    char digits[12];
    uint32_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *at++ = ' ';
    while (count > 0) {
        *at++ = digits[--count];
    }
    *at = 0;
    return at;
}

/* "program" --child mapping stamp trips module */
static void
put_command(const struct probe *probe, char *command)
{
    char program[MAX_PATH];
    char *at = put_text(command, "\"");

    program[0] = 0;
    (void)GetModuleFileNameA(NULL, program, sizeof(program));
    at = put_text(at, program);
    at = put_text(at, "\" --child");
    at = put_number(at, (uint32_t)(ULONG_PTR)probe->mapping);
    at = put_number(at, probe->stamp);
    at = put_number(at, probe->trips);
    at = put_text(at, " ");
    (void)put_text(at, probe->module_name);
}

bool
probe_run_child(struct probe *probe)
{
    char command[COMMAND_MAX];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    uint32_t turns = 0;

    put_command(probe, command);
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                        &child)) {
        probe_say("lpcprobe: cannot start a child: error %lu\n", GetLastError());
        return false;
    }
    probe->child_pid = child.dwProcessId;
    (void)ResumeThread(child.hThread);
    while (WaitForSingleObject(child.hProcess, DRAIN_EVERY_MS) == WAIT_TIMEOUT &&
           turns < TRAFFIC_MS / DRAIN_EVERY_MS) {
        probe_drain(probe);
        turns++;
    }
    (void)GetExitCodeProcess(child.hProcess, &code);
    if (code == STILL_ACTIVE) {
        (void)TerminateProcess(child.hProcess, 1);
    }
    (void)CloseHandle(child.hThread);
    (void)CloseHandle(child.hProcess);
    if (code != 0) {
        probe_say("lpcprobe: the child ended with %lu\n", code);
    }
    return code == 0;
}

/* The child's side. */
static void
talk(struct probe *probe, enum probe_kind kind)
{
    static LPTHREAD_START_ROUTINE const servers[] = {probe_lpc_server, probe_alpc_server};
    static LPTHREAD_START_ROUTINE const clients[] = {probe_lpc_client, probe_alpc_client};
    HANDLE threads[2];
    DWORD tid = 0;

    probe->stop = 0;
    (void)ResetEvent(probe->ready);
    threads[0] = CreateThread(NULL, 0, servers[kind], probe, CREATE_SUSPENDED, &tid);
    probe->shared->server_tid[kind] = tid;
    threads[1] = CreateThread(NULL, 0, clients[kind], probe, CREATE_SUSPENDED, &tid);
    probe->shared->client_tid[kind] = tid;
    (void)ResumeThread(threads[0]);
    (void)WaitForSingleObject(probe->ready, TRAFFIC_MS);
    (void)ResumeThread(threads[1]);
    (void)WaitForSingleObject(threads[1], TRAFFIC_MS);
    probe->stop = 1;
    (void)WaitForSingleObject(threads[0], TRAFFIC_MS);
    (void)CloseHandle(threads[0]);
    (void)CloseHandle(threads[1]);
}

bool
probe_be_child(struct probe *probe, char **arguments)
{
    HANDLE mapping = (HANDLE)(ULONG_PTR)probe_number(arguments[2]);

    probe->stamp = probe_number(arguments[3]);
    probe->trips = probe_number(arguments[4]);
    probe->module = LoadLibraryA(arguments[5]);
    probe->shared = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    probe->ready = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (probe->module == NULL || probe->shared == NULL) {
        return false;
    }
    probe->no_alpc = probe->shared->no_alpc != 0;
    probe_find_services(probe);
    if (probe->services.number[ATR_SERVICE_LPC_REQUEST_WAIT_REPLY] != UINT32_MAX) {
        talk(probe, PROBE_LPC);
    }
    if (probe_has_alpc(probe)) {
        talk(probe, PROBE_ALPC);
    }
    return probe->shared->failures == 0;
}
