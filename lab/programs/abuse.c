/* SPDX-License-Identifier: MIT */
/*
 * Says nonsense to the driver's device: each request code with every length from 0 to 64 on both
 * sides and random contents. Only the answers that wire/device.h and the driver's tests specify may
 * come back, nothing may be written past what was answered, and the device must be well afterwards.
 */
#include "wire/device.h"

#include <windows.h>
/* After windows.h. */
#include <winternl.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_MAX = 64,
    CODES = 16, /* five of them are requests */
    ROUNDS = 3,
    CANARY = 0xa5,
    BUFFER_BYTES = 64 * 1024,
};

#define SUCCESS                UINT32_C(0)
#define INFO_LENGTH_MISMATCH   UINT32_C(0xc0000004)
#define INVALID_PARAMETER      UINT32_C(0xc000000d)
#define INVALID_DEVICE_REQUEST UINT32_C(0xc0000010)
#define ACCESS_DENIED          UINT32_C(0xc0000022)
#define REVISION_MISMATCH      UINT32_C(0xc0000059)
#define SHARING_VIOLATION      UINT32_C(0xc0000043)
#define INSUFFICIENT_RESOURCES UINT32_C(0xc000009a)
#define DEVICE_BUSY            UINT32_C(0x80000011)
#define INVALID_DEVICE_STATE   UINT32_C(0xc0000184)

/* A request, its only right lengths, and what it may answer at those. */
static const struct request {
    const char *name;
    uint32_t in_bytes;
    uint32_t out_bytes;
    uint32_t answers[8]; /* SUCCESS ends the list and is among them */
} requests[] = {
    {"HELLO",
     sizeof(struct atr_device_hello),
     sizeof(struct atr_device_welcome),
     {INVALID_PARAMETER, REVISION_MISMATCH, INSUFFICIENT_RESOURCES, SHARING_VIOLATION, DEVICE_BUSY,
      SUCCESS}},
    {"START",
     sizeof(struct atr_device_start),
     0,
     {INVALID_PARAMETER, ACCESS_DENIED, INVALID_DEVICE_STATE, SUCCESS}},
    {"STOP", 0, 0, {INVALID_DEVICE_STATE, SUCCESS}},
    {"QUERY", 0, sizeof(struct atr_device_status), {SUCCESS}},
    {"CLOCK", 0, sizeof(struct atr_device_clock), {SUCCESS}},
};

struct abuse {
    HANDLE device;
    bool is_privileged;
    uint64_t random;
    uint8_t *in;
    uint8_t *out;
    uint32_t asked;
    uint32_t refused;
    uint32_t granted;
    uint32_t wrong;
};

static uint32_t
next_random(struct abuse *abuse)
{
    abuse->random = abuse->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(abuse->random >> 33);
}

static bool
open_device(struct abuse *abuse)
{
    abuse->device =
        CreateFileA(ATR_DEVICE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return abuse->device != INVALID_HANDLE_VALUE;
}

static uint32_t
request_once(struct abuse *abuse, uint32_t number, uint32_t in_bytes, uint32_t out_bytes,
             size_t *written)
{
    IO_STATUS_BLOCK block = {.Information = 0};
    NTSTATUS status = NtDeviceIoControlFile(
        abuse->device, NULL, NULL, NULL, &block, ATR_DEVICE_CODE(number),
        in_bytes == 0 ? NULL : abuse->in, in_bytes, out_bytes == 0 ? NULL : abuse->out, out_bytes);

    *written = block.Information;
    return (uint32_t)status;
}

static bool
is_expected(const struct abuse *abuse, uint32_t number, uint32_t in_bytes, uint32_t out_bytes,
            uint32_t status)
{
    const struct request *request = &requests[number];

    if (number >= sizeof(requests) / sizeof(requests[0])) {
        return status == INVALID_DEVICE_REQUEST;
    }
    if (!abuse->is_privileged) { /* Wine opens what the driver refused: then it is nobody's */
        return status == ACCESS_DENIED || status == INVALID_DEVICE_REQUEST;
    }
    if (in_bytes != request->in_bytes || out_bytes != request->out_bytes) {
        return status == INFO_LENGTH_MISMATCH;
    }
    for (size_t i = 0; i < sizeof(request->answers) / sizeof(request->answers[0]); i++) {
        if (request->answers[i] == status) {
            return true;
        }
        if (request->answers[i] == SUCCESS) {
            break;
        }
    }
    return false;
}

/* Random contents; every other time they begin as the real thing does. */
static void
fill(struct abuse *abuse, uint32_t in_bytes)
{
    const uint32_t begin[] = {ATR_DEVICE_MAGIC, ATR_DEVICE_VERSION};

    for (uint32_t i = 0; i < in_bytes; i++) {
        abuse->in[i] = (uint8_t)next_random(abuse);
    }
    if (next_random(abuse) % 2 == 0 && in_bytes >= sizeof(begin)) {
        memcpy(abuse->in, begin, sizeof(begin));
        if (in_bytes == sizeof(struct atr_device_hello) && next_random(abuse) % 2 == 0) {
            memset(abuse->in + sizeof(begin), 0, sizeof(uint64_t));
        }
    }
}

static bool
is_untouched(const struct abuse *abuse, size_t from)
{
    for (size_t i = from; i < BUFFER_BYTES; i++) {
        if (abuse->out[i] != CANARY) {
            return false;
        }
    }
    return true;
}

static void
ask(struct abuse *abuse, uint32_t number, uint32_t in_bytes, uint32_t out_bytes)
{
    size_t written = 0;
    uint32_t status;
    bool is_right;

    fill(abuse, in_bytes);
    memset(abuse->out, CANARY, BUFFER_BYTES);
    status = request_once(abuse, number, in_bytes, out_bytes, &written);
    is_right = is_expected(abuse, number, in_bytes, out_bytes, status) &&
               is_untouched(abuse, status == SUCCESS ? out_bytes : 0);
    abuse->asked++;
    abuse->granted += status == SUCCESS;
    abuse->refused += status != SUCCESS;
    if (!is_right && abuse->wrong++ < 20) {
        (void)printf("abuse: request %u, %u bytes in, %u out: %08x, %u written%s\n", number,
                     in_bytes, out_bytes, status, (unsigned)written,
                     is_untouched(abuse, out_bytes) ? "" : ", past the end");
    }
    if (status == SUCCESS && number == 0) { /* we own a session now: sometimes end it */
        if (next_random(abuse) % 2 == 0) {
            (void)CloseHandle(abuse->device);
            if (!open_device(abuse)) {
                (void)printf("abuse: the device is gone: error %lu\n", GetLastError());
                exit(1);
            }
        }
    }
}

static void
ask_everything(struct abuse *abuse)
{
    for (uint32_t number = 0; number < CODES; number++) {
        const struct request *request =
            number < sizeof(requests) / sizeof(requests[0]) ? &requests[number] : NULL;

        for (uint32_t in_bytes = 0; in_bytes <= LENGTH_MAX; in_bytes++) {
            for (uint32_t round = 0; round < ROUNDS; round++) {
                ask(abuse, number, in_bytes, next_random(abuse) % (LENGTH_MAX + 1));
                ask(abuse, number, in_bytes, in_bytes);
                ask(abuse, number, in_bytes, request != NULL ? request->out_bytes : LENGTH_MAX);
            }
        }
        for (uint32_t out_bytes = 0; out_bytes <= LENGTH_MAX; out_bytes++) {
            ask(abuse, number, request != NULL ? request->in_bytes : 0, out_bytes);
        }
        for (uint32_t round = 0; request != NULL && round < 20 * ROUNDS; round++) {
            ask(abuse, number, request->in_bytes, request->out_bytes);
        }
    }
}

/*
 * The lab's kernel takes this process for an unprivileged one, or no longer. On Windows the program
 * is simply started as one.
 */
static void
set_lab_privilege(bool is_privileged)
{
    enum {
        LAB_SWITCH_UNPRIVILEGED = 3 /* lab/kernel/kernel.h */
    };

    typedef BOOL switch_fn(ULONG which, ULONG64 value);
    HMODULE lab = LoadLibraryA("alpclab.dll");
    FARPROC routine = lab != NULL ? GetProcAddress(lab, "LabSwitch") : NULL;
    switch_fn *lab_switch;

    memcpy(&lab_switch, &routine, sizeof(lab_switch));
    if (lab_switch != NULL) {
        (void)lab_switch(LAB_SWITCH_UNPRIVILEGED, is_privileged ? 0 : GetCurrentProcessId());
    }
}

/* A session as it should be, after all that. */
static bool
is_well(struct abuse *abuse)
{
    struct atr_device_hello hello = {.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION};
    size_t written = 0;
    struct atr_device_status *status = (void *)abuse->out;
    uint32_t answer;

    (void)CloseHandle(abuse->device);
    if (!open_device(abuse)) {
        (void)printf("abuse: the device is gone: error %lu\n", GetLastError());
        return false;
    }
    if (!abuse->is_privileged) {
        return true;
    }
    memcpy(abuse->in, &hello, sizeof(hello));
    answer = request_once(abuse, 0, sizeof(hello), sizeof(struct atr_device_welcome), &written);
    if (answer != SUCCESS || written != sizeof(struct atr_device_welcome)) {
        (void)printf("abuse: no session any more: %08x\n", answer);
        return false;
    }
    answer = request_once(abuse, 3, 0, sizeof(*status), &written);
    if (answer != SUCCESS || status->state != ATR_DEVICE_READY ||
        status->owner_pid != GetCurrentProcessId()) {
        (void)printf("abuse: another state: %08x, %u\n", answer, status->state);
        return false;
    }
    return true;
}

int
main(int count, char **arguments)
{
    struct abuse abuse = {.is_privileged = true, .random = 1};
    bool ends_well;

    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--unprivileged") == 0) {
            abuse.is_privileged = false;
        } else if (strcmp(arguments[i], "--seed") == 0 && i + 1 < count) {
            abuse.random = strtoull(arguments[++i], NULL, 10);
        } else {
            (void)fputs("abuse [--seed N] [--unprivileged]\n", stderr);
            return 2;
        }
    }
    abuse.in = calloc(1, BUFFER_BYTES);
    abuse.out = calloc(1, BUFFER_BYTES);
    if (abuse.in == NULL || abuse.out == NULL) {
        return 1;
    }
    if (!abuse.is_privileged) {
        set_lab_privilege(false);
    }
    if (!open_device(&abuse)) {
        bool is_refusal = GetLastError() == ERROR_ACCESS_DENIED;

        (void)printf("abuse: cannot open the device: error %lu\n", GetLastError());
        set_lab_privilege(true);
        (void)printf("abuse: %s\n", is_refusal && !abuse.is_privileged ? "PASS" : "FAIL");
        return !(is_refusal && !abuse.is_privileged);
    }
    ask_everything(&abuse);
    ends_well = is_well(&abuse);
    if (!abuse.is_privileged) {
        set_lab_privilege(true);
    }
    (void)CloseHandle(abuse.device);
    (void)printf("abuse: %u requests, %u granted, %u refused, %u wrong\n", abuse.asked,
                 abuse.granted, abuse.refused, abuse.wrong);
    (void)printf("abuse: %s\n", ends_well && abuse.wrong == 0 ? "PASS" : "FAIL");
    return !(ends_well && abuse.wrong == 0);
}
