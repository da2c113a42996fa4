/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/nt_alpc.h"
#include "wire/capture.h"
#include "wire/device.h"
#include "wire/record.h"
#include "wire/ring.h"

#include "../content.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * lpcprobe: opens the driver's device, records traffic that it knows to the byte, and counts. The
 * traffic is a child's: the driver leaves the session's owner out. It needs kernel32 and ntdll of
 * NT 5.2 and no C runtime, so it runs where the tool cannot.
 *
 *   for table, inline, table again:  HELLO, START ─> traffic, draining ─> STOP, drain, QUERY ─>
 * close
 */
enum {
    PROBE_TRIPS = 500,      /* default round trips of a kind */
    PROBE_TRIPS_MAX = 4096, /* halves are counted in a table */
    PROBE_PAYLOAD_MAX = 272,
    PROBE_MESSAGE_MAX = 0x148, /* of a port: what NT 5.2 x64 allows */
};

enum probe_kind {
    PROBE_LPC = 0,
    PROBE_ALPC = 1,
    PROBE_KINDS = 2,
};

enum probe_half {
    PROBE_REQUEST_SENT = 1,
    PROBE_REQUEST_RECEIVED = 2,
    PROBE_REPLY_SENT = 4,
    PROBE_REPLY_RECEIVED = 8,
    PROBE_HALVES = 4,
};

typedef void probe_routine(void);

/* Services by the rows of wire/services.def, taken from the module that plays ntdll. */
struct probe_services {
    NTSTATUS(NTAPI *close)(HANDLE);            /* of ports, too */
    probe_routine *routine[ATR_SERVICE_COUNT]; /* NULL: not there */
    uint32_t rva[ATR_SERVICE_COUNT];           /* in the kernel; 0: not told */
    uint32_t kernel_time_stamp;
    uint32_t kernel_size_bytes;
    uint32_t number[ATR_SERVICE_COUNT]; /* all ones: not there, or its stub is no stub */
};

/* Parent and child see it. */
struct probe_shared {
    uint32_t no_alpc;
    volatile LONG failures; /* calls that went wrong */
    uint32_t client_tid[PROBE_KINDS];
    uint32_t server_tid[PROBE_KINDS];
    uint32_t made[PROBE_KINDS]; /* round trips */
};

struct probe_counts {
    uint32_t made; /* halves */
    uint32_t recorded;
    uint32_t mismatched;
    uint32_t other; /* records of somebody else, or of calls without a message */
};

struct probe {
    struct probe_services services;
    HANDLE module;
    bool force_gate;
    bool with_stacks;
    bool skip_inline;
    bool no_alpc; /* as if the module had none: for the lab's kernel without it */
    uint32_t trips;
    uint32_t stamp; /* of this run: in every message, for a pid */

    HANDLE device;
    struct atr_device_welcome welcome;
    struct atr_ring_reader readers[ATR_DEVICE_RINGS_MAX];
    struct atr_device_status status;

    HANDLE ready; /* the server's port is there */
    volatile LONG stop;
    struct probe_shared *shared;
    HANDLE mapping; /* of it, for the child to inherit */
    const char *module_name;
    uint32_t child_pid;
    uint8_t halves[PROBE_KINDS][PROBE_TRIPS_MAX];
    struct probe_counts counts;
};

/* Output. */
__attribute__((format(gnu_printf, 1, 2))) void probe_say(const char *format, ...);

/* Numbers out of the stubs in memory (kernel-decisions 6). */
void probe_find_services(struct probe *probe);
void probe_say_services(const struct probe *probe);
const char *probe_service_name(uint32_t row);

/* Reads what `alpctrace symbols --kernel` writes (alpctrace-kernel 1): the second way. */
bool probe_read_symbols(struct probe *probe, const char *path);
uint32_t probe_number(const char *text);
bool probe_equals(const char *left, const char *right);

/* The device; what fails is said. */
bool probe_hello(struct probe *probe);
bool probe_start(struct probe *probe, uint32_t flags);
bool probe_stop(struct probe *probe);
bool probe_query(struct probe *probe);
void probe_drain(struct probe *probe);
void probe_close(struct probe *probe);

/* Traffic: a child process, in which two threads talk at a time; false: it did not end well. */
bool probe_share(struct probe *probe);
bool probe_run_child(struct probe *probe);
bool probe_be_child(struct probe *probe, char **arguments);

bool probe_has_alpc(const struct probe *probe);
DWORD WINAPI probe_lpc_server(void *probe);
DWORD WINAPI probe_lpc_client(void *probe);
DWORD WINAPI probe_alpc_server(void *probe);
DWORD WINAPI probe_alpc_client(void *probe);

/* The content of a message; size is content_size(0, sequence). */
struct content probe_content(const struct probe *probe, uint32_t magic, enum probe_kind kind,
                             uint32_t sequence);
bool probe_check_reply(struct probe *probe, enum probe_kind kind, uint32_t sequence,
                       const uint8_t *payload, uint32_t size);
/* Turns a request into its reply, in place. */
void probe_answer(uint8_t *payload, uint32_t size);

/* One record of a ring. */
void probe_take(struct probe *probe, const uint8_t *payload, uint32_t payload_bytes);

/* Makes and starts the services of both drivers through the service manager; or removes them. */
bool probe_load(const char *pin_path, const char *main_path);
bool probe_unload(void);
