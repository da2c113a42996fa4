/* SPDX-License-Identifier: MIT */
#include "world.h"

enum {
    FRAMES = 64,
};

void
init_world(struct world *world)
{
    memset(world, 0, sizeof(*world));
    fake_os_reset();
    world->owner.IsAdmin = TRUE;
    world->other.IsAdmin = TRUE;
    world->start = (struct atr_device_start){
        .magic = ATR_DEVICE_MAGIC,
        .snap_message = ATR_SNAP_MESSAGE_DEFAULT,
        .snap_view = ATR_SNAP_VIEW_DEFAULT,
    };
    AtrSessionInit();
    assert_int_equal(AtrProcessesWatch(), STATUS_SUCCESS);
}

NTSTATUS
request(struct world *world, const ATR_CLIENT *client, ULONG code, void *buffer, ULONG in_bytes,
        ULONG out_bytes)
{
    ATR_REQUEST request = {
        .Client = client,
        .Process = fake_caller()->caller.Process,
        .Code = code,
        .InBytes = in_bytes,
        .OutBytes = out_bytes,
        .Buffer = buffer,
    };
    NTSTATUS status = AtrDeviceControl(&request);

    (void)world;
    assert_true(request.Written == (NT_SUCCESS(status) ? out_bytes : 0));
    return status;
}

void
hello(struct world *world)
{
    union {
        struct atr_device_hello hello;
        struct atr_device_welcome welcome;
    } buffer = {.hello = {.magic = ATR_DEVICE_MAGIC,
                          .version = ATR_DEVICE_VERSION,
                          .ring_bytes = 2 * 1024 * 1024}};

    assert_int_equal(request(world, &world->owner, ATR_IOCTL_HELLO, &buffer, sizeof(buffer.hello),
                             sizeof(buffer.welcome)),
                     STATUS_SUCCESS);
    world->welcome = buffer.welcome;
    for (unsigned i = 0; i < buffer.welcome.ring_count; i++) {
        uint8_t *lines = (uint8_t *)(uintptr_t)buffer.welcome.producer_address;
        struct atr_ring_consumer *consumers =
            (struct atr_ring_consumer *)(uintptr_t)buffer.welcome.consumer_address;
        void *producer = lines + (size_t)i * ATR_RING_LINE_BYTES;

        atr_ring_reader_init(&world->readers[i],
                             lines + buffer.welcome.data_offset +
                                 (size_t)i * buffer.welcome.ring_bytes,
                             buffer.welcome.ring_bytes, producer, &consumers[i]);
    }
    /* Whoever records is not recorded: calls come from somebody else. */
    fake_caller()->caller.Process = &world->other;
    fake_caller()->caller.Pid = 200;
    fake_caller()->caller.Tid = 204;
}

void
run(struct world *world)
{
    void *owner = AtrSessionGet()->Owner;
    void *caller = fake_caller()->caller.Process;

    fake_caller()->caller.Process = owner;
    assert_int_equal(
        request(world, &world->owner, ATR_IOCTL_START, &world->start, sizeof(world->start), 0),
        STATUS_SUCCESS);
    fake_caller()->caller.Process = caller;
}

void
end_world(struct world *world)
{
    AtrDeviceClosed(&world->owner);
    AtrDeviceTurn();
    AtrProcessesUnwatch();
    assert_int_equal(AtrSessionGet()->State, ATR_DEVICE_IDLE);
    assert_int_equal(fake_os.live_blocks, 0);
    for (unsigned i = 0; i < FAKE_PORTS; i++) {
        assert_int_equal(fake_os.ports[i].references, 0);
    }
}

int
setup_world(void **state)
{
    static struct world world;

    init_world(&world);
    *state = &world;
    return 0;
}

int
setup_session(void **state)
{
    (void)setup_world(state);
    hello(*state);
    return 0;
}

int
teardown_world(void **state)
{
    end_world(*state);
    return 0;
}

struct message
text_message(const char *text, uint16_t type)
{
    struct message message = {.type = type, .id = 5, .pid = 8, .tid = 12, .callback_id = 3};

    message.data_length = (uint16_t)strlen(text);
    message.total_length = (uint16_t)(message.data_length + ATR_MESSAGE_HEADER_NATIVE);
    memcpy(message.data, text, message.data_length);
    return message;
}

ATR_PIN_FRAME *
enter(ULONG row, const ULONG64 *arguments, ULONG count)
{
    static _Thread_local ATR_PIN_FRAME frames[FRAMES];
    static _Thread_local unsigned last;
    ATR_PIN_FRAME *frame = &frames[++last % FRAMES];

    *frame = (ATR_PIN_FRAME){.Row = row, .ArgumentCount = count};
    memcpy(frame->Arguments, arguments, count * sizeof(*arguments));
    ATR_PIN_PRE *pre = fake_os.pre;

    if (pre != NULL) {
        frame->Generation = fake_os.generation;
        pre(frame);
    }
    return frame;
}

void
leave(ATR_PIN_FRAME *frame, NTSTATUS status)
{
    ATR_PIN_POST *post = fake_os.post;

    if (post != NULL && frame->Generation == fake_os.generation) {
        post(frame, status);
    }
}

const struct atr_capture_head *
next_record(struct world *world)
{
    if (world->is_held) {
        atr_ring_release(&world->readers[world->reading]);
        world->is_held = false;
    }
    for (unsigned i = 0; i < world->welcome.ring_count; i++) {
        enum atr_ring_read result = atr_ring_read(&world->readers[i], &world->view);

        assert_int_not_equal(result, ATR_RING_READ_DAMAGED);
        if (result == ATR_RING_READ_RECORD) {
            world->reading = i;
            world->is_held = true;
            return (const void *)world->view.payload;
        }
    }
    return NULL;
}

const struct atr_capture_call *
next_call(struct world *world)
{
    const struct atr_capture_head *head = next_record(world);

    while (head != NULL && head->kind != ATR_CAPTURE_ENTER && head->kind != ATR_CAPTURE_EXIT) {
        head = next_record(world);
    }
    return (const void *)head;
}

const struct atr_capture_part *
part(const struct atr_capture_call *call, uint16_t type, unsigned n)
{
    const uint8_t *bytes = (const uint8_t *)call;
    uint32_t at = call->head.fixed_bytes + 8u * (call->kernel_frames + call->user_frames);

    for (uint32_t i = 0; i < call->part_count; i++) {
        const struct atr_capture_part *found = (const void *)(bytes + at);

        assert_true(at + sizeof(*found) <= call->head.used_bytes);
        at += (uint32_t)sizeof(*found) + (found->captured_bytes + 7) / 8 * 8;
        assert_true(at <= call->head.used_bytes);
        assert_true(found->captured_bytes <= found->original_bytes);
        if (found->type == type && n-- == 0) {
            return found;
        }
    }
    assert_int_equal(at, call->head.used_bytes);
    return NULL;
}

static void
add(struct atr_device_tally *sum, const struct atr_device_tally *tally)
{
    uint64_t ends = tally->written + tally->filtered;

    for (unsigned i = 0; i < ATR_LOSS_COUNT; i++) {
        ends += tally->dropped[i];
        sum->dropped[i] += tally->dropped[i];
    }
    assert_int_equal(tally->attempted, ends);
    sum->attempted += tally->attempted;
    sum->written += tally->written;
    sum->filtered += tally->filtered;
}

struct atr_device_ring
totals(struct world *world)
{
    static struct atr_device_status status;
    struct atr_device_ring sum = {0};

    assert_int_equal(request(world, &world->other, ATR_IOCTL_QUERY, &status, 0, sizeof(status)),
                     STATUS_SUCCESS);
    for (unsigned i = 0; i < status.ring_count; i++) {
        for (unsigned k = 0; k < ATR_TALLY_COUNT; k++) {
            add(&sum.tally[k], &status.rings[i].tally[k]);
        }
        sum.bytes += status.rings[i].bytes;
        sum.faults += status.rings[i].faults;
        sum.truncated += status.rings[i].truncated;
        sum.unresolved += status.rings[i].unresolved;
    }
    return sum;
}
