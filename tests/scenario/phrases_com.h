/* SPDX-License-Identifier: MIT */
#pragma once

#include "scenario/message.h"

#include <stdint.h>

/* A COM client and Internet Explorer's object, in its MTA in process 8000: calls with answers. */
extern const char if_rem_unknown[];
extern const char if_local_activator[];
extern const char if_web_browser[];

/* ISCMLocalActivator::SCMActivatorCreateInstance: what class in, an interface pointer out. */
void say_activate(struct message *request, struct message *reply, uint32_t call_id,
                  uint32_t binding_id, uint32_t client_tid);

/* IRemUnknown::RemQueryInterface and RemRelease. */
void say_query_interface(struct message *request, struct message *reply, uint32_t call_id,
                         uint32_t binding_id, uint32_t client_tid);
void say_release(struct message *request, struct message *reply, uint32_t call_id,
                 uint32_t binding_id, uint32_t client_tid);

/* IWebBrowser2::get_FullName: a BSTR comes back. */
void say_full_name(struct message *request, struct message *reply, uint32_t call_id,
                   uint32_t binding_id, uint32_t client_tid);
