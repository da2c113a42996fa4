/* SPDX-License-Identifier: MIT */
#pragma once

#include "scenario/message.h"

#include <stddef.h>
#include <stdint.h>

/* What programs of Windows say, byte by byte, without who says it: for samples and the lab. */
enum {
    SYNTAX_NDR20 = 1,
    SYNTAX_NDR64 = 2,
    OFFER_BOTH = 3,
    SAY_JOB_BYTES = 3900,
    SAY_FORMS_BYTES = 4000,
};

/* Interfaces, and an object that LogonUI serves for session 1. */
extern const char if_logon_ui[];
extern const char if_service_control[];
extern const char if_app_info[];
extern const char if_lsa[];
extern const char if_spooler[];
extern const char logon_object[];

/* WluirDisplayStatus(text, 0) to LogonUI of Windows 10 1809. */
void say_display_status(struct message *request, uint32_t call_id, uint32_t binding_id,
                        const char *text);

/* Responses: a status alone; a context handle and a status. */
void say_status(struct message *reply, uint32_t call_id, uint32_t status);
void say_context(struct message *reply, uint32_t call_id, const char *handle);
void say_context_handle(struct message *message, const char *handle);

/* AppInfo, the service controller, lsass: what nested calls are made of. */
void say_launch(struct message *request, uint32_t call_id);
void say_launched(struct message *reply, uint32_t call_id);
void say_open_service(struct message *request, uint32_t call_id, uint32_t binding_id,
                      const char *manager, const char *name);
void say_open_policy(struct message *request, uint32_t call_id);
void say_lookup_sids(struct message *request, uint32_t call_id, const char *policy);
void say_looked_up(struct message *reply, uint32_t call_id, const char *name);

/* The spooler; job and forms go into views. */
void say_open_printer(struct message *request, uint32_t call_id, const char *name);
void say_job(struct message *view, const char *printer);
void say_forms(struct message *view);

/* CSRSS: the head of a message, a whole one, and the answer to one. */
void say_csr(struct message *message, uint32_t api);
void say_csr_create_process(struct message *message, uint32_t pid, uint32_t tid);
void say_csr_status(struct message *reply, const struct message *request, uint32_t status);
