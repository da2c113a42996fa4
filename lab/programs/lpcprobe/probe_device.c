/* SPDX-License-Identifier: MIT */
#include "probe.h"

static bool
control(struct probe *probe, const char *what, uint32_t code, void *in, uint32_t in_bytes,
        void *out, uint32_t out_bytes)
{
    DWORD returned = 0;

    if (!DeviceIoControl(probe->device, code, in, in_bytes, out, out_bytes, &returned, NULL)) {
        probe_say("lpcprobe: %s failed: error %lu\n", what, GetLastError());
        return false;
    }
    if (returned < out_bytes && code != ATR_IOCTL_QUERY) {
        probe_say("lpcprobe: %s gave %lu of %u bytes\n", what, returned, out_bytes);
        return false;
    }
    return true;
}

static void
open_rings(struct probe *probe)
{
    const struct atr_device_welcome *welcome = &probe->welcome;

    for (uint32_t i = 0; i < welcome->ring_count; i++) {
        const uint8_t *producers = (const uint8_t *)(uintptr_t)welcome->producer_address;
        uint8_t *consumers = (uint8_t *)(uintptr_t)welcome->consumer_address;
        size_t line = (size_t)i * ATR_RING_LINE_BYTES;

        atr_ring_reader_init(
            &probe->readers[i], producers + welcome->data_offset + (size_t)i * welcome->ring_bytes,
            welcome->ring_bytes, (const void *)(producers + line), (void *)(consumers + line));
    }
}

bool
probe_hello(struct probe *probe)
{
    struct atr_device_hello hello = {.magic = ATR_DEVICE_MAGIC, .version = ATR_DEVICE_VERSION};

    probe->device =
        CreateFileA(ATR_DEVICE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (probe->device == INVALID_HANDLE_VALUE) {
        probe_say("lpcprobe: cannot open %s: error %lu (is the driver loaded?)\n", ATR_DEVICE_PATH,
                  GetLastError());
        return false;
    }
    if (!control(probe, "HELLO", ATR_IOCTL_HELLO, &hello, sizeof(hello), &probe->welcome,
                 sizeof(probe->welcome))) {
        return false;
    }
    if (probe->welcome.magic != ATR_DEVICE_MAGIC || probe->welcome.ring_count == 0 ||
        probe->welcome.ring_count > ATR_DEVICE_RINGS_MAX) {
        probe_say("lpcprobe: a welcome that makes no sense\n");
        return false;
    }
    probe_say("lpcprobe: session %lu, %u rings of %u bytes\n",
              (unsigned long)probe->welcome.session, probe->welcome.ring_count,
              probe->welcome.ring_bytes);
    open_rings(probe);
    return true;
}

static void
say_rows(const struct probe *probe)
{
    static const char *const states[] = {"idle", "absent", "refused", "table", "inline", "foreign"};

    for (uint32_t row = 0; row < ATR_SERVICE_COUNT; row++) {
        const struct atr_device_row *shown = &probe->status.rows[row];

        if (shown->reason[0] != 0 ||
            (shown->state != ATR_ROW_ABSENT && shown->state != ATR_ROW_IDLE &&
             shown->state <= ATR_ROW_FOREIGN)) {
            probe_say("  %-32s %s, %u calls%s%s\n", probe_service_name(row), states[shown->state],
                      (unsigned)shown->calls, shown->reason[0] != 0 ? ": " : "", shown->reason);
        }
    }
}

bool
probe_start(struct probe *probe, uint32_t flags)
{
    static const struct atr_device_start blank;
    struct atr_device_start *start = VirtualAlloc(NULL, sizeof(*start), MEM_COMMIT, PAGE_READWRITE);
    bool is_running;

    if (start == NULL) {
        return false;
    }
    *start = blank;
    start->magic = ATR_DEVICE_MAGIC;
    start->flags = flags | (probe->force_gate ? ATR_START_FORCE_GATE : 0) |
                   (probe->with_stacks ? ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER : 0);
    start->snap_message = ATR_SNAP_MESSAGE_DEFAULT;
    start->kernel_time_stamp = probe->services.kernel_time_stamp;
    start->kernel_size_bytes = probe->services.kernel_size_bytes;
    start->snap_view = ATR_SNAP_VIEW_DEFAULT;
    for (uint32_t row = 0; row < ATR_SERVICE_COUNT; row++) {
        start->services[row].number = probe->services.number[row];
        start->services[row].rva = probe->services.rva[row];
    }
    is_running = control(probe, "START", ATR_IOCTL_START, start, sizeof(*start), NULL, 0);
    (void)VirtualFree(start, 0, MEM_RELEASE);
    if (probe_query(probe)) {
        if (!is_running) {
            probe_say("lpcprobe: the gate says: %s\n", probe->status.gate_reason);
        }
        say_rows(probe);
    }
    return is_running;
}

bool
probe_stop(struct probe *probe)
{
    return control(probe, "STOP", ATR_IOCTL_STOP, NULL, 0, NULL, 0);
}

bool
probe_query(struct probe *probe)
{
    return control(probe, "QUERY", ATR_IOCTL_QUERY, NULL, 0, &probe->status, sizeof(probe->status));
}

void
probe_drain(struct probe *probe)
{
    for (uint32_t i = 0; i < probe->welcome.ring_count; i++) {
        struct atr_ring_view view;
        enum atr_ring_read result = atr_ring_read(&probe->readers[i], &view);

        while (result == ATR_RING_READ_RECORD) {
            probe_take(probe, view.payload, view.payload_bytes);
            atr_ring_release(&probe->readers[i]);
            result = atr_ring_read(&probe->readers[i], &view);
        }
        if (result == ATR_RING_READ_DAMAGED) {
            probe_say("lpcprobe: ring %u is damaged\n", i);
            probe->counts.mismatched++;
        }
    }
}

void
probe_close(struct probe *probe)
{
    if (probe->device != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(probe->device);
        probe->device = INVALID_HANDLE_VALUE;
    }
}
