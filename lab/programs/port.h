/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/nt_alpc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the lab's programs share about ports: names, buffers, the usual calls. */
enum {
    PORT_BUFFER_BYTES = 65535,
    PORT_NAME_MAX = 120,
};

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((NTSTATUS)0)
#endif
#define PORT_STATUS_TIMEOUT ((NTSTATUS)0x102)

struct port_name {
    WCHAR text[PORT_NAME_MAX];
    UNICODE_STRING string;
};

struct port_buffer {
    union {
        PORT_MESSAGE message;
        uint8_t bytes[PORT_BUFFER_BYTES + 1];
    } as;
};

/* Room for every attribute. */
struct port_attributes {
    ALPC_MESSAGE_ATTRIBUTES head;
    uint8_t room[0xa0];
};

void port_name_init(struct port_name *name, const char *ascii);
ALPC_PORT_ATTRIBUTES port_default_attributes(void);
NTSTATUS port_create(HANDLE *port, const char *name);
/* The connection's data are in the buffer's payload; what the server answers is there then. */
NTSTATUS port_connect_once(HANDLE *port, const char *name, struct port_buffer *connection,
                           size_t connection_bytes);
/* Tries again for five seconds while there is no such port: its server may just be starting. */
NTSTATUS port_connect(HANDLE *port, const char *name, struct port_buffer *connection,
                      size_t connection_bytes);

uint8_t *port_payload(struct port_buffer *buffer);
/* A header for that payload, everything else zero. */
void port_set_size(struct port_buffer *buffer, size_t payload_bytes);
void port_attributes_init(struct port_attributes *attributes, ULONG mask);
/* Where a structure lies; its bit is allocated. */
void *port_attribute(struct port_attributes *attributes, ULONG bit);
uint32_t port_type(const struct port_buffer *buffer);

/* After the other side closed, or on our own way out. */
void port_close(HANDLE port);
