/* SPDX-License-Identifier: MIT */
/*
 * What a wrapped call costs beyond itself: the driver's routines before and after it, timed by
 * themselves as on a live machine (TSC), on a faked system that copies without faults and finds
 * frames without walking. So this is the driver's own work: what the kernel takes for a reference,
 * a guarded copy and a stack walk comes on top.
 */
#include "bench/ticks.h"
#include "calls.h"
#include "capture.h"
#include "device.h"
#include "fake_os.h"
#include "processes.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS = 7,
    CALLS = 300000,
    FREE_EVERY = 256, /* calls */
    FRAMES = 24,
    DATA_BYTES = 200,
    PORT_HANDLE = 4,
};

struct message {
    uint16_t data_length;
    uint16_t total_length;
    uint16_t type;
    uint16_t data_info_offset;
    uint64_t ids[4];
    uint8_t data[DATA_BYTES];
};

struct request {
    ATR_CLIENT client;

    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
        struct atr_device_start start;
        struct atr_device_status status;
    } buffer;
};

static double
now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
ask(struct request *request, ULONG code, size_t in_bytes, size_t out_bytes)
{
    ATR_REQUEST asked = {
        .Client = &request->client,
        .Process = fake_caller()->caller.Process,
        .Code = code,
        .InBytes = (ULONG)in_bytes,
        .OutBytes = (ULONG)out_bytes,
        .Buffer = &request->buffer,
    };

    if (AtrDeviceControl(&asked) != STATUS_SUCCESS) {
        (void)fprintf(stderr, "bench_driver: request 0x%x failed\n", code);
        exit(1);
    }
}

/* Nobody reads: the tail follows the head. */
static void
free_rings(void)
{
    PATR_SESSION session = AtrSessionGet();
    struct atr_ring_consumer *consumers = session->Consumer.Kernel;

    for (ULONG i = 0; i < session->LaneCount; i++) {
        atomic_store(&consumers[i].tail, session->Lanes[i].Ring.head);
    }
}

static void
call(const struct message *send, struct message *receive, ULONG64 *capacity)
{
    ATR_PIN_FRAME frame = {
        .Row = ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE,
        .ArgumentCount = 8,
        .Generation = 1,
        .Arguments = {PORT_HANDLE, 0x20000, (uintptr_t)send, 0, (uintptr_t)receive,
                      (uintptr_t)capacity},
    };

    AtrCapturePre(&frame);
    AtrCapturePost(&frame, STATUS_SUCCESS);
}

/* Ticks of before and after, and nanoseconds of both, a call. */
static void
measure(struct request *request, uint32_t flags, const char *name)
{
    struct message message = {.data_length = DATA_BYTES, .total_length = DATA_BYTES + 40};
    ULONG64 capacity = sizeof(message);
    double best_s = 1e9;

    request->buffer.hello =
        (struct atr_device_hello){.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION};
    ask(request, ATR_IOCTL_HELLO, sizeof(request->buffer.hello), sizeof(request->buffer.welcome));
    memset(&request->buffer, 0, sizeof(request->buffer));
    request->buffer.start = (struct atr_device_start){
        .magic = ATR_DEVICE_MAGIC, .flags = flags, .snap_message = ATR_SNAP_MESSAGE_DEFAULT};
    ask(request, ATR_IOCTL_START, sizeof(request->buffer.start), 0);
    fake_caller()->caller.Process = request; /* not the owner */
    for (unsigned round = 0; round < ROUNDS; round++) {
        double began = now_s();

        for (unsigned i = 0; i < CALLS; i++) {
            call(&message, &message, &capacity);
            if (i % FREE_EVERY == 0) {
                free_rings();
                AtrDeviceTurn();
            }
        }
        if (now_s() - began < best_s) {
            best_s = now_s() - began;
        }
    }
    ask(request, ATR_IOCTL_QUERY, 0, sizeof(request->buffer.status));
    double calls = (double)request->buffer.status.timed_calls;
    double before = (double)request->buffer.status.pre_ticks / calls;
    double after = (double)request->buffer.status.post_ticks / calls;

    (void)printf(
        "%-16s %6.0f ns a call; own timing: before %6.0f, after %6.0f ticks, %.0f ns; %llu lost\n",
        name, best_s * 1e9 / CALLS, before, after, (before + after) * 1e3 / ticks_per_us(),
        (unsigned long long)request->buffer.status.rings[0]
            .tally[ATR_TALLY_ENTER]
            .dropped[ATR_LOSS_RING_FULL]);
    fake_os_reset();
    fake_os.copies_plainly = true;
    fake_os.frames = FRAMES / 2;
    AtrDeviceClosed(&request->client);
    AtrDeviceTurn();
}

int
main(void)
{
    static struct request request = {.client = {.IsAdmin = TRUE}};

    fake_os_reset();
    fake_os.copies_plainly = true;
    fake_os.frames = FRAMES / 2;
    AtrSessionInit();
    (void)AtrProcessesWatch();
    (void)printf("request and reply of %d bytes, both recorded; %d frames\n", DATA_BYTES, FRAMES);
    measure(&request, 0, "without stacks");
    measure(&request, ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER, "with stacks");
    return 0;
}
