/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdarg.h>

enum {
    LINE_MAX = 512,
    ARGUMENTS_MAX = 16,
    QUIET_MS = 200,
};

void mainCRTStartup(void);

/* ntdll's, which import libraries leave out. */
typedef int __cdecl format_fn(char *text, size_t size, const char *format, va_list arguments);

static const char usage[] =
    "lpcprobe [--ntdll MODULE] [--kernel-symbols FILE] [--count N] [--force-gate] [--stacks]\n"
    "         [--no-inline] [--no-alpc]\n"
    "lpcprobe --load PIN.SYS MAIN.SYS [the same]   make and start the services first (full paths)\n"
    "lpcprobe --unload                             stop and remove them\n";

void
probe_say(const char *format, ...)
{
    char line[LINE_MAX];
    va_list arguments;
    DWORD written = 0;
    FARPROC routine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "_vsnprintf");
    format_fn *print;
    int size;

    memcpy(&print, &routine, sizeof(print));
    va_start(arguments, format);
    size = print(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (size < 0 || size > LINE_MAX) {
        size = LINE_MAX;
    }
    (void)WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)size, &written, NULL);
}

bool
probe_equals(const char *left, const char *right)
{
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

uint32_t
probe_number(const char *text)
{
    uint32_t value = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint32_t)(*text - '0');
    }
    return value;
}

/* Cuts the command line at its spaces; quotes keep them. */
static int
split(char *line, char **arguments)
{
    int count = 0;

    while (*line != 0 && count < ARGUMENTS_MAX) {
        char end = ' ';

        while (*line == ' ' || *line == '\t') {
            line++;
        }
        if (*line == 0) {
            break;
        }
        if (*line == '"') {
            end = *line++;
        }
        arguments[count++] = line;
        while (*line != 0 && *line != end) {
            line++;
        }
        if (*line != 0) {
            *line++ = 0;
        }
    }
    return count;
}

static uint64_t
dropped(const struct probe *probe, uint64_t *attempted, uint64_t *written, bool *adds_up)
{
    uint64_t lost = 0;

    *attempted = 0;
    *written = 0;
    *adds_up = true;
    for (uint32_t i = 0; i < probe->status.ring_count && i < ATR_DEVICE_RINGS_MAX; i++) {
        for (uint32_t j = 0; j < ATR_TALLY_COUNT; j++) {
            const struct atr_device_tally *tally = &probe->status.rings[i].tally[j];
            uint64_t here = 0;

            for (uint32_t k = 0; k < ATR_LOSS_COUNT; k++) {
                here += tally->dropped[k];
            }
            *adds_up &= tally->attempted == tally->written + tally->filtered + here;
            *attempted += tally->attempted;
            *written += tally->written;
            lost += here;
        }
    }
    return lost;
}

static void
forget(struct probe *probe)
{
    static const struct probe_counts none;

    probe->counts = none;
    memset(probe->shared, 0, sizeof(*probe->shared));
    probe->shared->no_alpc = probe->no_alpc;
    for (uint32_t kind = 0; kind < PROBE_KINDS; kind++) {
        memset(probe->halves[kind], 0, sizeof(probe->halves[kind]));
    }
}

static bool
judge(struct probe *probe, const char *mode)
{
    uint64_t attempted;
    uint64_t written;
    bool adds_up;
    uint64_t lost = dropped(probe, &attempted, &written, &adds_up);
    uint32_t made =
        PROBE_HALVES * (probe->shared->made[PROBE_LPC] + probe->shared->made[PROBE_ALPC]);
    struct probe_counts *counts = &probe->counts;
    bool is_right = made > 0 && counts->mismatched == 0 && probe->shared->failures == 0 &&
                    adds_up && counts->recorded <= made && counts->recorded + lost >= made;

    counts->made = made;
    probe_say("lpcprobe: %s: LPC %u and ALPC %u round trips; made %u, recorded %u, dropped %u, "
              "mismatched %u, others %u; attempted %u, written %u%s: %s\n",
              mode, probe->shared->made[PROBE_LPC], probe->shared->made[PROBE_ALPC], made,
              counts->recorded, (unsigned)lost, counts->mismatched, counts->other,
              (unsigned)attempted, (unsigned)written, adds_up ? "" : " (the counts do not add up)",
              is_right ? "ok" : "WRONG");
    return is_right;
}

/* One session: from hello to close. */
static bool
run(struct probe *probe, const char *mode, uint32_t flags)
{
    bool is_right;

    forget(probe);
    probe->stamp += 0x10000; /* no message of one run is one of another */
    if (!probe_hello(probe) || !probe_start(probe, flags)) {
        probe_close(probe);
        return false;
    }
    is_right = probe_run_child(probe);
    is_right = probe_stop(probe) && is_right;
    Sleep(QUIET_MS);
    probe_drain(probe);
    is_right = probe_query(probe) && is_right;
    is_right = judge(probe, mode) && is_right;
    probe_close(probe);
    return is_right;
}

static bool
read_option(struct probe *probe, char **arguments, int left, int *used, const char **module)
{
    *used = 1;
    if (probe_equals(arguments[0], "--force-gate")) {
        probe->force_gate = true;
    } else if (probe_equals(arguments[0], "--stacks")) {
        probe->with_stacks = true;
    } else if (probe_equals(arguments[0], "--no-inline")) {
        probe->skip_inline = true;
    } else if (probe_equals(arguments[0], "--no-alpc")) {
        probe->no_alpc = true;
    } else if (probe_equals(arguments[0], "--ntdll") && left > 1) {
        *module = arguments[1];
        *used = 2;
    } else if (probe_equals(arguments[0], "--count") && left > 1) {
        probe->trips = probe_number(arguments[1]);
        *used = 2;
    } else if (probe_equals(arguments[0], "--kernel-symbols") && left > 1) {
        *used = 2;
        return probe_read_symbols(probe, arguments[1]);
    } else if (probe_equals(arguments[0], "--load") && left > 2) {
        *used = 3;
        return probe_load(arguments[1], arguments[2]);
    } else {
        probe_say("%s", usage);
        return false;
    }
    return true;
}

static bool
prepare(struct probe *probe, char **arguments, int count)
{
    const char *module = "ntdll.dll";
    int used = 1;

    probe->trips = PROBE_TRIPS;
    probe->device = INVALID_HANDLE_VALUE;
    probe->stamp = GetCurrentProcessId();
    for (int i = 1; i < count; i += used) {
        if (!read_option(probe, &arguments[i], count - i, &used, &module)) {
            return false;
        }
    }
    if (probe->trips == 0 || probe->trips > PROBE_TRIPS_MAX) {
        probe->trips = PROBE_TRIPS;
    }
    probe->module = LoadLibraryA(module);
    if (probe->module == NULL) {
        probe_say("lpcprobe: no module %s: error %lu\n", module, GetLastError());
        return false;
    }
    probe_say("lpcprobe: pid %lu, services of %s:\n", GetCurrentProcessId(), module);
    probe_find_services(probe);
    probe_say_services(probe);
    probe->module_name = module;
    return probe_share(probe);
}

static bool
run_all(struct probe *probe)
{
    bool is_right = run(probe, "table", 0);

    if (!probe->skip_inline) {
        is_right = run(probe, "inline", ATR_START_INLINE) && is_right;
    }
    return run(probe, "table again", 0) && is_right;
}

void
mainCRTStartup(void)
{
    char *arguments[ARGUMENTS_MAX];
    int count = split(GetCommandLineA(), arguments);
    struct probe *probe = VirtualAlloc(NULL, sizeof(*probe), MEM_COMMIT, PAGE_READWRITE);
    bool is_right = false;

    if (probe != NULL && count == 6 && probe_equals(arguments[1], "--child")) {
        ExitProcess(probe_be_child(probe, arguments) ? 0 : 1);
    }
    if (count == 2 && probe_equals(arguments[1], "--unload")) {
        is_right = probe_unload();
    } else if (probe != NULL && prepare(probe, arguments, count)) {
        is_right = run_all(probe);
    }
    probe_say("lpcprobe: %s\n", is_right ? "PASS" : "FAIL (see above)");
    ExitProcess(is_right ? 0 : 1);
}
