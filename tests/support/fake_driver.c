/* SPDX-License-Identifier: MIT */
#include "support/fake_driver.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096
};

static enum atr_status
refuse(const struct fake_driver *fake, enum atr_status status, struct atr_error *error)
{
    if (status != ATR_OK && error != NULL) {
        (void)atr_error_set(error, status, "refused");
        error->os_code = fake->refusal;
    }
    return status;
}

static enum atr_status
fake_hello(void *context, const struct atr_device_hello *hello, struct atr_device_welcome *out,
           struct atr_error *error)
{
    struct fake_driver *fake = context;

    assert_int_equal(hello->magic, ATR_DEVICE_MAGIC);
    *out = (struct atr_device_welcome){
        .magic = ATR_DEVICE_MAGIC,
        .version = ATR_DEVICE_VERSION,
        .ring_count = fake->ring_count,
        .ring_bytes = FAKE_RING_BYTES,
        .producer_address = (uintptr_t)fake->producers,
        .consumer_address = (uintptr_t)fake->consumers,
        .data_offset = PAGE,
        .producer_bytes = PAGE + (uint64_t)fake->ring_count * FAKE_RING_BYTES,
        .qpc_frequency = FAKE_FREQUENCY,
        .session = 1,
    };
    fake->hellos++;
    return refuse(fake, fake->hellos <= fake->hello_refusals ? ATR_IO : fake->hello_status, error);
}

static enum atr_status
fake_start(void *context, const struct atr_device_start *start, struct atr_error *error)
{
    struct fake_driver *fake = context;

    assert_int_equal(start->magic, ATR_DEVICE_MAGIC);
    fake->starts++;
    if (fake->start_status != ATR_OK) {
        return refuse(fake, fake->start_status, error);
    }
    if (fake->on_start != NULL) {
        fake->on_start(fake, fake->context);
    }
    for (uint32_t i = 0; i < fake->ring_count && !fake->goes_on; i++) {
        atomic_store(&fake->producers[i].stopping, 1);
    }
    return ATR_OK;
}

static enum atr_status
fake_stop(void *context, struct atr_error *error)
{
    struct fake_driver *fake = context;

    (void)error;
    fake->stops++;
    return ATR_OK;
}

static enum atr_status
fake_query(void *context, struct atr_device_status *out, struct atr_error *error)
{
    struct fake_driver *fake = context;

    (void)error;
    if (fake->on_query != NULL) {
        fake->on_query(fake, fake->context);
    }
    *out = fake->status;
    return ATR_OK;
}

static enum atr_status
fake_clock(void *context, struct atr_device_clock *out, struct atr_error *error)
{
    const struct fake_driver *fake = context;

    (void)error;
    *out = (struct atr_device_clock){fake->now_qpc, fake->time_100ns, fake->now_qpc, 0};
    return ATR_OK;
}

static uint64_t
fake_counter(void *context)
{
    return ((const struct fake_driver *)context)->now_qpc;
}

static void
fake_closed(void *context)
{
    ((struct fake_driver *)context)->closes++;
}

static const struct atr_recorder_source_ops fake_ops = {
    .hello = fake_hello,
    .start = fake_start,
    .stop = fake_stop,
    .query = fake_query,
    .clock = fake_clock,
    .counter = fake_counter,
    .close = fake_closed,
};

void
fake_driver_open(struct fake_driver *fake, uint32_t ring_count)
{
    size_t bytes = PAGE + (size_t)ring_count * FAKE_RING_BYTES;

    memset(fake, 0, sizeof(*fake));
    fake->source = (struct atr_recorder_source){&fake_ops, fake};
    fake->ring_count = ring_count;
    fake->now_qpc = UINT64_C(1000) * FAKE_FREQUENCY;
    fake->time_100ns = UINT64_C(133500000000000000); /* 2024-01-17 */
    fake->status.ring_count = ring_count;
    fake->producers = aligned_alloc(PAGE, bytes);
    fake->consumers = aligned_alloc(PAGE, PAGE);
    assert_non_null(fake->producers);
    assert_non_null(fake->consumers);
    memset(fake->producers, 0, bytes);
    memset(fake->consumers, 0, PAGE);
    for (uint32_t i = 0; i < ring_count; i++) {
        uint8_t *data = (uint8_t *)fake->producers + PAGE + (size_t)i * FAKE_RING_BYTES;

        atr_ring_init(&fake->rings[i], data, FAKE_RING_BYTES, &fake->producers[i],
                      &fake->consumers[i]);
    }
}

void
fake_driver_close(struct fake_driver *fake)
{
    free(fake->producers);
    free(fake->consumers);
}

struct atr_ring_slot
fake_reserve(struct fake_driver *fake, uint32_t ring, const void *bytes, uint32_t size_bytes)
{
    struct atr_ring_slot slot = {NULL, NULL};

    assert_int_equal(atr_ring_reserve(&fake->rings[ring], size_bytes, &slot), ATR_RING_OK);
    memcpy(slot.payload, bytes, size_bytes);
    return slot;
}

void
fake_put(struct fake_driver *fake, uint32_t ring, const void *bytes, uint32_t size_bytes)
{
    struct atr_ring_slot slot = fake_reserve(fake, ring, bytes, size_bytes);

    atr_ring_commit(&slot);
}

void
fake_drop(struct fake_driver *fake, uint32_t ring, enum atr_loss loss)
{
    atr_ring_skip(&fake->rings[ring]);
    fake->status.rings[ring].tally[ATR_TALLY_ENTER].dropped[loss]++;
}

/* Records under construction. */
struct build {
    _Alignas(8) uint8_t bytes[256 * 1024];
    uint32_t size_bytes;
};

static void
append(struct build *build, const void *bytes, size_t size_bytes, size_t alignment)
{
    assert_true(build->size_bytes + size_bytes + alignment <= sizeof(build->bytes));
    if (size_bytes > 0) {
        memcpy(build->bytes + build->size_bytes, bytes, size_bytes);
    }
    build->size_bytes += (uint32_t)size_bytes;
    while (build->size_bytes % alignment != 0) {
        build->bytes[build->size_bytes++] = 0;
    }
}

/* ASCII as UTF-16; returns the bytes. */
static uint16_t
append_name(struct build *build, const char *name)
{
    size_t units = name == NULL ? 0 : strlen(name);

    for (size_t i = 0; i < units; i++) {
        uint8_t unit[2] = {(uint8_t)name[i], 0};

        append(build, unit, sizeof(unit), 1);
    }
    return (uint16_t)(units * 2);
}

static void
finish(struct build *build, struct fake_driver *fake, uint32_t ring)
{
    struct atr_capture_head head;

    memcpy(&head, build->bytes, sizeof(head));
    head.used_bytes = build->size_bytes;
    memcpy(build->bytes, &head, sizeof(head));
    fake_put(fake, ring, build->bytes, build->size_bytes);
    free(build);
}

static struct build *
start(const void *fixed, size_t size_bytes)
{
    struct build *build = calloc(1, sizeof(*build));

    assert_non_null(build);
    append(build, fixed, size_bytes, 8);
    return build;
}

void
fake_put_call(struct fake_driver *fake, uint32_t ring, const struct fake_call *call)
{
    struct atr_capture_call fixed = {
        .head = {.kind = call->kind,
                 .fixed_bytes = sizeof(fixed),
                 .flags = call->flags,
                 .time_qpc = call->qpc},
        .call_id = call->call_id,
        .enter_qpc = call->enter_qpc == 0 ? call->qpc : call->enter_qpc,
        .process_key = call->process_key,
        .port_key = call->port_key,
        .port_generation = call->port_generation,
        .handle = 0x44,
        .pid = call->pid,
        .tid = call->tid,
        .client_pid = UINT32_MAX,
        .client_tid = UINT32_MAX,
        .status = call->status,
        .operation = ATR_OP_SEND_WAIT_RECEIVE,
        .message_type = 1,
        .data_length = (uint16_t)call->payload_bytes,
        .total_length = (uint16_t)(call->payload_bytes + 40),
        .kernel_frames = call->kernel_frame_count,
        .user_frames = (uint16_t)(call->frame_count - call->kernel_frame_count),
        .part_count = call->payload == NULL ? 0 : 1,
    };
    struct atr_capture_part part = {.type = ATR_PART_PAYLOAD,
                                    .original_bytes = call->payload_original != 0
                                                          ? call->payload_original
                                                          : call->payload_bytes,
                                    .captured_bytes = call->payload_bytes};
    struct build *build = start(&fixed, sizeof(fixed));

    append(build, call->frames, call->frame_count * sizeof(uint64_t), 8);
    if (call->payload != NULL) {
        append(build, &part, sizeof(part), 8);
        append(build, call->payload, call->payload_bytes, 8);
    }
    finish(build, fake, ring);
}

void
fake_put_process(struct fake_driver *fake, uint32_t ring, uint64_t qpc, uint32_t pid, uint64_t key,
                 const char *image, enum atr_life life)
{
    struct atr_capture_process fixed = {
        .head = {.kind = ATR_CAPTURE_PROCESS, .fixed_bytes = sizeof(fixed), .time_qpc = qpc},
        .process_key = key,
        .create_time_100ns = key,
        .pid = pid,
        .parent_pid = 4,
        .session = 1,
        .life = (uint16_t)life,
        .name_bytes = (uint16_t)(image == NULL ? 0 : 2 * strlen(image)),
    };
    struct build *build = start(&fixed, sizeof(fixed));

    (void)append_name(build, image);
    finish(build, fake, ring);
}

void
fake_put_image(struct fake_driver *fake, uint32_t ring, uint64_t qpc, uint32_t pid, uint64_t key,
               uint64_t base, uint64_t size_bytes, const char *path)
{
    struct atr_capture_image fixed = {
        .head = {.kind = ATR_CAPTURE_IMAGE, .fixed_bytes = sizeof(fixed), .time_qpc = qpc},
        .process_key = key,
        .base = base,
        .size_bytes = size_bytes,
        .pid = pid,
        .life = ATR_LIFE_BEGIN,
        .name_bytes = (uint16_t)(2 * strlen(path)),
    };
    struct build *build = start(&fixed, sizeof(fixed));

    (void)append_name(build, path);
    finish(build, fake, ring);
}

void
fake_put_port(struct fake_driver *fake, uint32_t ring, uint64_t qpc,
              const struct atr_capture_port *port, const char *name)
{
    struct atr_capture_port fixed = *port;
    struct build *build;

    fixed.head = (struct atr_capture_head){
        .kind = ATR_CAPTURE_PORT, .fixed_bytes = sizeof(fixed), .time_qpc = qpc};
    fixed.name_bytes = (uint16_t)(name == NULL ? 0 : 2 * strlen(name));
    build = start(&fixed, sizeof(fixed));
    (void)append_name(build, name);
    finish(build, fake, ring);
}
