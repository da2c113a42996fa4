/* SPDX-License-Identifier: MIT */
#include "platform/machine.h"

#include "platform/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_ROOM = 4096
};

void
atr_machine_look(struct atr_machine *out)
{
    struct utsname name;

    *out = (struct atr_machine){.utc_bias_minutes = INT32_MIN};
    if (uname(&name) >= 0) {
        (void)snprintf(out->os_name, sizeof(out->os_name), "%.40s %.60s", name.sysname,
                       name.release);
    }
}

enum atr_status
atr_machine_random(void *bytes, size_t size_bytes)
{
    return getentropy(bytes, size_bytes) == 0 ? ATR_OK : ATR_IO;
}

char *
atr_machine_program(const struct atr_heap *heap)
{
    char *path = atr_heap_alloc(heap, PATH_ROOM, 1);

    if (path != NULL && readlink("/proc/self/exe", path, PATH_ROOM - 1) < 0) {
        atr_heap_free(heap, path);
        path = NULL;
    }
    return path;
}

char *
atr_machine_beside_program(const struct atr_heap *heap, const char *name)
{
    char *path = atr_machine_program(heap);
    char *slash = path == NULL ? NULL : strrchr(path, '/');

    if (slash != NULL && strlen(name) < (size_t)(path + PATH_ROOM - slash) - 1) {
        (void)snprintf(slash + 1, (size_t)(path + PATH_ROOM - slash) - 1, "%s", name);
    } else if (path != NULL) {
        atr_heap_free(heap, path);
        path = NULL;
    }
    return path;
}

/* There is no such folder on this system. */
char *
atr_machine_in_system_folder(const struct atr_heap *heap, const char *name)
{
    (void)heap;
    (void)name;
    return NULL;
}

char *
atr_machine_full_path(const struct atr_heap *heap, const char *path)
{
    size_t size = strlen(path) + 2;
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *whole = NULL;

    if (path[0] == '/' || folder != NULL) {
        size += folder == NULL ? 0 : strlen(folder);
        whole = atr_heap_alloc(heap, size, 1);
    }
    if (whole != NULL) {
        (void)snprintf(whole, size, "%s%s%s", folder == NULL ? "" : folder,
                       folder == NULL ? "" : "/", path);
    }
    free(folder);
    return whole;
}

void
atr_machine_sleep_ms(uint32_t ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&span, NULL);
}

uint64_t
atr_machine_counter(void)
{
    return atr_clock_monotonic_ns();
}
