/* SPDX-License-Identifier: MIT */
#include "probe.h"

enum {
    OPCODE_MOV_EAX = 0xb8,
    STUB_SEARCH_BYTES = 12,
};

static const char *const names[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) [ATR_SERVICE_##row] = (name),
#include "wire/services.def"
#undef SERVICE
};

const char *
probe_service_name(uint32_t row)
{
    return names[row];
}

/* Windows: mov r10, rcx, then mov eax, number. Others have them in another order. */
static uint32_t
number_of(const uint8_t *stub)
{
    for (uint32_t at = 0; at < STUB_SEARCH_BYTES; at++) {
        if (stub[at] == OPCODE_MOV_EAX && stub[at + 3] == 0 && stub[at + 4] == 0) {
            return stub[at + 1] | (uint32_t)stub[at + 2] << 8;
        }
    }
    return UINT32_MAX;
}

void
probe_find_services(struct probe *probe)
{
    FARPROC close = GetProcAddress(probe->module, "NtClose");

    memcpy(&probe->services.close, &close, sizeof(close));
    for (uint32_t row = 0; row < ATR_SERVICE_COUNT; row++) {
        bool is_alpc = row <= ATR_SERVICE_ALPC_DISCONNECT;
        FARPROC routine =
            is_alpc && probe->no_alpc ? NULL : GetProcAddress(probe->module, names[row]);

        probe->services.number[row] = UINT32_MAX;
        memcpy(&probe->services.routine[row], &routine, sizeof(routine));
        if (routine != NULL) {
            const uint8_t *stub;

            memcpy(&stub, &routine, sizeof(stub));
            probe->services.number[row] = number_of(stub);
        }
    }
}

void
probe_say_services(const struct probe *probe)
{
    for (uint32_t row = 0; row < ATR_SERVICE_COUNT; row++) {
        if (probe->services.number[row] != UINT32_MAX) {
            probe_say("  %-32s number %u\n", names[row], probe->services.number[row]);
        }
    }
}
