/* SPDX-License-Identifier: MIT */
#pragma once

/* A driver with its session, a caller, and a reader of the rings. */

#include "calls.h"
#include "capture.h"
#include "device.h"
#include "fake_os.h"
#include "processes.h"
#include "session.h"

#include "support/support.h"

#include "wire/message.h"
#include "wire/record.h"

struct world {
    ATR_CLIENT owner;
    ATR_CLIENT other;
    struct atr_device_welcome welcome;
    struct atr_device_start start;
    struct atr_ring_reader readers[ATR_DEVICE_RINGS_MAX];
    struct atr_ring_view view; /* of the record read last */
    unsigned reading;          /* its ring */
    bool is_held;
};

/* A native PORT_MESSAGE and its data, as a caller has it. */
struct message {
    uint16_t data_length;
    uint16_t total_length;
    uint16_t type;
    uint16_t data_info_offset;
    uint64_t pid;
    uint64_t tid;
    uint32_t id;
    uint32_t unused;
    uint64_t callback_id;
    char data[4096];
};

/* World's session is begun (hello) or runs; end_world checks that nothing is left behind. */
void init_world(struct world *world);
void hello(struct world *world);
void run(struct world *world);
void end_world(struct world *world);

/* The same for cmocka: the state is a world, without or with a session. */
int setup_world(void **state);
int setup_session(void **state);
int teardown_world(void **state);

NTSTATUS request(struct world *world, const ATR_CLIENT *client, ULONG code, void *buffer,
                 ULONG in_bytes, ULONG out_bytes);

/* A message of text. */
struct message text_message(const char *text, uint16_t type);

/* The wrapped service is entered and left; a frame lives until 64 more were entered. */
ATR_PIN_FRAME *enter(ULONG row, const ULONG64 *arguments, ULONG count);
void leave(ATR_PIN_FRAME *frame, NTSTATUS status);

#define ENTER(row, ...) \
    enter((row), (const ULONG64[]){__VA_ARGS__}, sizeof((const ULONG64[]){__VA_ARGS__}) / 8)

/* By a thread of its own, which stays inside. */
#define STAY(row, ...) (fake_caller()->caller.Tid += 4, (void)ENTER(row, __VA_ARGS__))

#define ADDRESS(object) ((ULONG64)(uintptr_t)(object))

/* The next record of any ring, of a kind; NULL: none. Stays until the next is asked for. */
const struct atr_capture_head *next_record(struct world *world);
const struct atr_capture_call *next_call(struct world *world);

/* The nth part of a type; NULL: none. Content follows it. */
const struct atr_capture_part *part(const struct atr_capture_call *call, uint16_t type, unsigned n);

/* Sums over all rings; checks that attempted = written + filtered + dropped in each. */
struct atr_device_ring totals(struct world *world);
