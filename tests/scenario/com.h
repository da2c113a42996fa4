/* SPDX-License-Identifier: MIT */
#pragma once

#include "scenario/message.h"

#include <stddef.h>
#include <stdint.h>

/* COM over LRPC on Windows 10 21H2 (orpc 2 to 7): headers, interface pointers, activation. */

/* An object in the apartment that exports it. */
struct com_object {
    const char *iid;
    const char *ipid;
    uint64_t oxid;
    uint64_t oid;
    const char *endpoint; /* "OLE..." */
    const char *rem_unknown_ipid;
};

/* What a client asks the activator for. */
struct com_activation {
    const char *class_id;
    const char *iid;
    const char *machine;
    uint32_t session_id;
};

/* In a COM call the headers are NDR20; explicit ones are in the bound syntax, here NDR64. */
void com_put_this(struct message *message, size_t ndr, uint32_t client_thread);
void com_put_this64(struct message *message, size_t ndr, uint32_t client_thread);
void com_put_that(struct message *message, size_t ndr);
void com_put_that64(struct message *message, size_t ndr);

/* STDOBJREF of one reference count. */
void com_put_std_objref(struct message *message, const struct com_object *object, uint32_t refs);

/* MInterfacePointer (NDR64) behind a referent: activation properties in and out. */
void com_put_activation_in(struct message *message, size_t ndr, const struct com_activation *asked);
void com_put_activation_out(struct message *message, size_t ndr, const struct com_object *object);
