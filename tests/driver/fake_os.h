/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The operating system and the hooking half as the driver's tests have them. "User memory" is this
 * program's: whatever is not mapped faults, as it would. Each allocation and each copy can be made
 * to fail; each thread of a test can be another caller on another processor.
 */

#include "hook.h"
#include "os.h"

enum {
    FAKE_PORTS = 64,
    FAKE_PROCESSES = 16,
};

#define FAKE_USER_CODE   0x7ff600000000ULL
#define FAKE_KERNEL_CODE 0xfffff80000000000ULL
#define FAKE_OUR_CODE    0xfffff88000000000ULL

/* Handles are 4 * (index + 1). */
struct fake_port {
    _Atomic int references; /* of the driver: all are given back */
    ATR_OS_PORT_IDENTITY identity;
    ATR_OS_PORT_FACTS facts;
};

struct fake_process {
    ULONG pid;
    ULONG parent_pid;
    const WCHAR *name;
    USHORT units;
};

struct fake_os {
    ULONG cpu_count;
    ULONG64 physical_bytes;
    _Atomic int live_blocks;
    _Atomic int requests; /* what can fail for want of memory, since the last reset */
    int fail_at;          /* the nth of them fails; 0: none */
    _Atomic int copies;   /* likewise */
    int fault_at;
    bool copies_plainly; /* for speed: nothing faults */
    int frames;          /* that a walk finds */
    int our_frames;      /* of these, the innermost of kernel mode */
    int zero_frame;      /* the nth is 0; 0: none */
    _Atomic int wakes;
    _Atomic uint64_t counter;
    struct fake_port ports[FAKE_PORTS];
    struct fake_process processes[FAKE_PROCESSES];
    const ATR_OS_WATCH *watch;
    NTSTATUS init_status;
    NTSTATUS arm_status;
    ATR_PIN_PRE *_Atomic pre; /* while armed */
    ATR_PIN_POST *_Atomic post;
    _Atomic ULONG64 generation;
    int checks;
};

extern struct fake_os fake_os;

/* Of the calling thread. */
struct fake_caller {
    ATR_OS_CALLER caller;
    ULONG cpu;
};

struct fake_caller *fake_caller(void);

/* As after a boot: two processors, no failures, no ports, no processes. */
void fake_os_reset(void);

ULONG64 fake_port_handle(ULONG index);
