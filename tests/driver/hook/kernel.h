/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A kernel of a few pages: image header, dispatcher, service table, services that are real x64
 * code. Its image is mapped readable and executable; only an MDL's alias can be written.
 */

#include "os.h"

#include "wire/device.h"

/* How the services of row n begin: by turns. */
enum fake_shape {
    FAKE_FIVE_BYTES,  /* a detour of 5 bytes fits */
    FAKE_THREE_BYTES, /* a short one to padding nearby */
    FAKE_ONE_BYTE,    /* none */
    FAKE_SHAPES,
};

enum {
    FAKE_SERVICES = 0x180,
    FAKE_TIME_STAMP = 0x5eed1234,
    FAKE_FIRST_NUMBER = 0x20, /* of row 0; row n has n more */
};

#define FAKE_CODE_INTEGRITY_ABSENT 0xffffffffu

struct fake_kernel {
    bool is_absolute;
    bool has_pin;
    bool is_pin_ours;     /* its image was named as one of ours */
    bool is_legacy_only;  /* no ALPC */
    ULONG code_integrity; /* options; FAKE_CODE_INTEGRITY_ABSENT: does not know the question */
    ULONG64 requests;     /* for memory, locks, maps: what can fail */
    ULONG64 fail_at;      /* that request fails; 0: none */
    bool failed;
    LONG mdls; /* alive */
    LONG locks;
    LONG pool;
    LONG files;
    _Atomic LONG critical_regions;
};

extern struct fake_kernel FakeKernel;

/* Makes the image anew and loads the pin once. */
void fake_kernel_boot(bool is_absolute);

PUCHAR fake_kernel_base(void);
ULONG fake_kernel_bytes(void);

/* A copy of the image to compare with; islands are left out by the caller. */
PUCHAR fake_kernel_table(void);
PUCHAR fake_kernel_service(ULONG row);
PUCHAR fake_kernel_writable(const void *address);

/* What a program would find out: numbers and symbols of all rows. */
struct atr_device_start fake_kernel_start(ULONG flags);

/* Through the table, as the dispatcher does. arguments: as many as the row has. */
NTSTATUS fake_kernel_call(ULONG row, const ULONG64 *arguments);

/* What every service does: gives back a status made of row and arguments; the test may wait in it.
 */
NTSTATUS fake_kernel_status(ULONG row, const ULONG64 *arguments);
extern void (*FakeInService)(ULONG row);
ULONG fake_kernel_arguments(ULONG row);
