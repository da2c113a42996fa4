/* SPDX-License-Identifier: MIT */
#pragma once

#include "recorder/source.h"
#include "support/support.h"
#include "wire/capture.h"
#include "wire/record.h"
#include "wire/ring.h"

/*
 * Stands in for the driver: real rings, filled by the test. What a test puts before the recording
 * starts is there when it starts; then the fake says that somebody stopped the driver, so that a
 * recording ends by itself after one round.
 */
enum {
    FAKE_RINGS_MAX = 4,
    FAKE_RING_BYTES = 2 * 1024 * 1024,
    FAKE_FREQUENCY = 10000000,
};

struct fake_driver {
    struct atr_recorder_source source;
    struct atr_ring rings[FAKE_RINGS_MAX];
    struct atr_ring_producer *producers; /* the lines, then the data */
    struct atr_ring_consumer *consumers;
    uint32_t ring_count;
    struct atr_device_status status;
    uint64_t now_qpc;
    uint64_t time_100ns; /* of now_qpc */
    enum atr_status hello_status;
    enum atr_status start_status;
    uint32_t refusal;        /* NTSTATUS */
    unsigned hello_refusals; /* so many of the first; then welcome */
    unsigned hellos;
    bool goes_on; /* nobody stops it */
    unsigned starts;
    unsigned stops;
    unsigned closes;
    void (*on_start)(struct fake_driver *fake, void *context);
    void (*on_query)(struct fake_driver *fake, void *context);
    void *context;
};

void fake_driver_open(struct fake_driver *fake, uint32_t ring_count);
void fake_driver_close(struct fake_driver *fake);

/* A reserved record that is not committed yet: busy. */
struct atr_ring_slot fake_reserve(struct fake_driver *fake, uint32_t ring, const void *bytes,
                                  uint32_t size_bytes);
void fake_put(struct fake_driver *fake, uint32_t ring, const void *bytes, uint32_t size_bytes);

/* Drops a record: the sequence goes on, the counter too. */
void fake_drop(struct fake_driver *fake, uint32_t ring, enum atr_loss loss);

/* A call's half with one payload part, and frames. */
struct fake_call {
    uint16_t kind; /* ATR_CAPTURE_ENTER, EXIT */
    uint64_t qpc;
    uint64_t call_id;
    uint32_t pid;
    uint64_t process_key;
    uint32_t tid;
    uint64_t port_key;
    uint64_t port_generation;
    const void *payload;
    uint32_t payload_bytes;
    uint32_t payload_original; /* 0: as much */
    const uint64_t *frames;
    uint16_t frame_count;        /* user's */
    uint16_t kernel_frame_count; /* first of them */
    uint64_t enter_qpc;
    uint32_t status;
    uint32_t flags;
};

void fake_put_call(struct fake_driver *fake, uint32_t ring, const struct fake_call *call);
void fake_put_process(struct fake_driver *fake, uint32_t ring, uint64_t qpc, uint32_t pid,
                      uint64_t key, const char *image, enum atr_life life);
void fake_put_image(struct fake_driver *fake, uint32_t ring, uint64_t qpc, uint32_t pid,
                    uint64_t key, uint64_t base, uint64_t size_bytes, const char *path);
void fake_put_port(struct fake_driver *fake, uint32_t ring, uint64_t qpc,
                   const struct atr_capture_port *port, const char *name);
