/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A small model of ALPC and LPC ports: create, connect, accept or refuse, requests, replies,
 * datagrams, cancellation, closing (alpc.md 1 to 9). It knows native headers only and no memory but
 * its own; the test kernel converts 32-bit headers and copies from and to callers.
 *
 *   message:  free ─> queued ─> delivered ─> replied ─> (held, until the receiver releases) ─> free
 *
 * One lock covers all; calls may sleep in lab_os.wait, without it. Any thread may call anything.
 */

enum {
    LAB_PORTS = 512,
    LAB_MESSAGES = 1024,
    LAB_WAITERS = 256,
    LAB_NAME_CHARS = 260,
    LAB_HANDLES_MAX = 16,
    LAB_MESSAGE_MAX = 65535,
    LAB_HEADER = 40,
};

#define LAB_NONE         0xffffffffu
#define LAB_WAIT_FOREVER (-1)

enum lab_status {
    LAB_OK = 0,
    LAB_TIMEOUT = 0x00000102,
};

#define LAB_BUFFER_OVERFLOW         0x80000005u
#define LAB_ACCESS_VIOLATION        0xc0000005u
#define LAB_INVALID_HANDLE          0xc0000008u
#define LAB_INVALID_PARAMETER       0xc000000du
#define LAB_NO_MEMORY               0xc0000017u
#define LAB_BUFFER_TOO_SMALL        0xc0000023u
#define LAB_PORT_MESSAGE_TOO_LONG   0xc000002fu
#define LAB_NAME_NOT_FOUND          0xc0000034u
#define LAB_NAME_COLLISION          0xc0000035u
#define LAB_PORT_DISCONNECTED       0xc0000037u
#define LAB_CONNECTION_REFUSED      0xc0000041u
#define LAB_CANCELLED               0xc0000120u
#define LAB_REPLY_MESSAGE_MISMATCH  0xc000021fu
#define LAB_INVALID_MESSAGE         0xc0000702u
#define LAB_REQUEST_CANCELED        0xc0000703u
#define LAB_RECEIVE_BUFFER_EXPECTED 0xc0000705u

enum lab_type {
    LAB_REQUEST = 1,
    LAB_REPLY = 2,
    LAB_DATAGRAM = 3,
    LAB_PORT_CLOSED = 5,
    LAB_CONNECTION_REQUEST = 10,
    LAB_CONNECTION_REPLY = 11,
    LAB_CANCELED = 12,
    LAB_CONTINUATION = 0x2000,
};

#define LAB_FLAG_RELEASE 0x10000u
#define LAB_FLAG_SYNC    0x20000u

#define LAB_PART_VIEW    0x40000000u
#define LAB_PART_CONTEXT 0x20000000u
#define LAB_PART_HANDLE  0x10000000u
#define LAB_PART_TOKEN   0x08000000u

#define LAB_VIEW_RELEASE 0x10000u

/* The native 64-bit PORT_MESSAGE. */
struct lab_header {
    uint16_t data_length;
    uint16_t total_length;
    uint16_t type;
    uint16_t data_info_offset;
    uint64_t pid;
    uint64_t tid;
    uint32_t message_id;
    uint32_t unused;
    uint64_t callback_id; /* ClientViewSize in a connection request */
};

_Static_assert(sizeof(struct lab_header) == LAB_HEADER, "PORT_MESSAGE");

struct lab_handle {
    uint32_t flags;
    uint32_t type;
    uint32_t access;
    uint32_t unused;
    uint64_t value; /* in flight: the kernel's own duplicate */
};

/* Message attributes, whatever layout they came in. */
struct lab_parts {
    uint32_t valid; /* LAB_PART_... */
    uint32_t handle_count;

    struct {
        uint32_t flags;
        uint64_t section;
        uint64_t base;
        uint64_t size;
    } view;

    struct {
        uint64_t port;
        uint64_t message;
        uint32_t sequence;
        uint32_t message_id;
        uint32_t callback_id;
    } context;
    struct lab_handle handles[LAB_HANDLES_MAX];
    uint64_t token[3]; /* TokenId, AuthenticationId, ModifiedId of the sender */
};

/* What the model needs of its host. `release` gives back what `parts` of a dropped message hold. */
struct lab_os {
    void (*lock)(void *context);
    void (*unlock)(void *context);
    void (*wake)(void *context, uint32_t waiter);
    bool (*wait)(void *context, uint32_t waiter, int64_t wait_100ns); /* true: timed out */
    void (*release)(void *context, struct lab_parts *parts);
    void (*port_changed)(void *context, uint32_t port); /* under the lock */
    void *context;
};

struct lab_caller {
    uint64_t pid;
    uint64_t tid;
    const volatile uint32_t *cancel; /* set by another thread that then calls lab_wake_all */
    bool is_lpc;                     /* a legacy service: no length rule, no continuation */
};

enum lab_port_kind {
    LAB_PORT_FREE = 0,
    LAB_PORT_CONNECTION = 1,
    LAB_PORT_CLIENT = 2,
    LAB_PORT_SERVER = 3,
};

struct lab_port {
    enum lab_port_kind kind;
    uint32_t peer;       /* the other end; LAB_NONE */
    uint32_t connection; /* its connection port */
    uint32_t generation; /* of the slot */
    uint32_t references; /* the kernel's, beside the handle */
    bool is_open;        /* its handle is */
    bool is_hung_up;
    bool is_lpc;
    uint32_t first_message;
    uint32_t last_message;
    uint32_t first_waiter;
    uint32_t sequence;
    uint32_t max_message; /* bytes, header included */
    uint32_t name_chars;
    uint64_t pid; /* who made it */
    uint64_t tid;
    uint64_t context;
    uint16_t name[LAB_NAME_CHARS];
};

enum lab_message_state {
    LAB_MESSAGE_FREE = 0,
    LAB_MESSAGE_QUEUED,
    LAB_MESSAGE_DELIVERED, /* awaits a reply, or accept */
    LAB_MESSAGE_REPLIED,   /* the reply waits for its thread, or in the sender's queue */
    LAB_MESSAGE_HELD,      /* its reply carried a view or handles: to be released */
};

struct lab_message {
    enum lab_message_state state;
    uint32_t callback_id;
    uint32_t next;
    uint32_t queue;  /* port whose queue it is in; LAB_NONE */
    uint32_t source; /* port it was sent through; LAB_NONE: that one is gone */
    uint32_t server; /* of an accepted connection, until completed */
    uint32_t waiter; /* of a synchronous request */
    bool is_refused;
    uint64_t sent_context;  /* the sender's MessageContext */
    uint64_t reply_context; /* PortContext to show */
    struct lab_parts parts;
    struct lab_header *bytes; /* header and payload; owned */
};

struct lab_waiter {
    bool is_used;
    uint32_t next;    /* on the port's list */
    uint32_t port;    /* LAB_NONE: waits for a reply, not on a queue */
    uint32_t watches; /* port whose hang-up ends the wait */
    uint32_t got;     /* message */
    uint32_t status;
    volatile uint32_t signal; /* the host's */
};

struct lab_model {
    struct lab_os os;
    uint32_t next_callback;
    uint64_t sent;
    uint64_t received;
    struct lab_port ports[LAB_PORTS];
    struct lab_message messages[LAB_MESSAGES];
    struct lab_waiter waiters[LAB_WAITERS];
};

/* A caller's receive buffer. On success and on BUFFER_TOO_SMALL `length` is the message's. */
struct lab_receive {
    struct lab_header *buffer;
    size_t capacity;
    size_t length;
    struct lab_parts *parts; /* NULL: not wanted */
};

struct lab_name {
    const uint16_t *chars;
    uint32_t count;
};

void lab_model_init(struct lab_model *model, const struct lab_os *os);
void lab_model_fini(struct lab_model *model);

uint32_t lab_create_port(struct lab_model *model, const struct lab_caller *caller,
                         struct lab_name name, uint32_t max_message, uint32_t *port);

/* `message` may be NULL; the answer's bytes go to `answer`, also when refused. */
uint32_t lab_connect(struct lab_model *model, const struct lab_caller *caller, struct lab_name name,
                     const struct lab_header *message, struct lab_receive *answer,
                     int64_t wait_100ns, uint32_t *port);

/* LPC: `completes` false leaves the client waiting until lab_complete. */
uint32_t lab_accept(struct lab_model *model, const struct lab_caller *caller, uint64_t context,
                    const struct lab_header *message, bool accepts, bool completes, uint32_t *port);
uint32_t lab_complete(struct lab_model *model, uint32_t port);

/* NtAlpcSendWaitReceivePort; `parts` of the send are the model's from here on. */
uint32_t lab_send_wait_receive(struct lab_model *model, const struct lab_caller *caller,
                               uint32_t port, uint32_t flags, const struct lab_header *send,
                               struct lab_parts *parts, struct lab_receive *receive,
                               int64_t wait_100ns);
uint32_t lab_cancel(struct lab_model *model, uint32_t port, uint32_t message_id,
                    uint32_t callback_id);

uint32_t lab_disconnect(struct lab_model *model, uint32_t port);
uint32_t lab_close(struct lab_model *model, uint32_t port);
void lab_process_gone(struct lab_model *model, uint64_t pid);
void lab_wake_all(struct lab_model *model);

/* The kernel's references; false: the port is no more. */
bool lab_port_reference(struct lab_model *model, uint32_t port);
void lab_port_dereference(struct lab_model *model, uint32_t port);
