/* SPDX-License-Identifier: MIT */
#include "scenario/phrases.h"

#include "base/attributes.h"

enum {
    DISPLAY_STATUS = 7,   /* 8 since 1903 */
    FORM_TEXT_BYTES = 64, /* room for the name of a form */
};

const char if_logon_ui[] = "f3f09ffd-fbcf-4291-944d-70ad6e0e73bb";
const char if_service_control[] = "367abb81-9844-35f1-ad32-98f038001003";
const char if_app_info[] = "201ef99a-7fa0-444c-9399-19ba84f12a1a";
const char if_lsa[] = "12345778-1234-abcd-ef00-0123456789ab";
const char if_spooler[] = "12345678-1234-abcd-ef00-0123456789ab";
const char logon_object[] = "3bdb59a0-d736-4d44-9074-c1ee00000001";

void
say_display_status(struct message *request, uint32_t call_id, uint32_t binding_id, const char *text)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, DISPLAY_STATUS, logon_object);

    message_ndr64_string(request, ndr, text);
    message_u32(request, 0);
}

void
say_status(struct message *reply, uint32_t call_id, uint32_t status)
{
    (void)lrpc_response(reply, call_id);
    message_u32(reply, status);
}

void
say_context_handle(struct message *message, const char *handle)
{
    message_u32(message, 0);
    message_guid(message, handle);
}

void
say_context(struct message *reply, uint32_t call_id, const char *handle)
{
    (void)lrpc_response(reply, call_id);
    say_context_handle(reply, handle);
    message_u32(reply, 0);
}

/* RAiLaunchAdminProcess(program, arguments, flags, flags, directory, station, ...) */
void
say_launch(struct message *request, uint32_t call_id)
{
    size_t ndr = lrpc_request(request, call_id, 1, 0, NULL);

    message_u64(request, 0x20000);
    message_ndr64_string(request, ndr, "C:\\Windows\\System32\\mmc.exe");
    message_align(request, ndr, 8);
    message_u64(request, 0x20004);
    message_ndr64_string(request, ndr, "\"mmc.exe\" services.msc");
    message_u32(request, 0x11);
    message_u32(request, 0x04080404);
    message_ndr64_string(request, ndr, "C:\\Windows\\System32");
    message_ndr64_string(request, ndr, "WinSta0\\Default");
}

/* Process and thread handle, pid, tid, kind of elevation, status. */
void
say_launched(struct message *reply, uint32_t call_id)
{
    (void)lrpc_response(reply, call_id);
    message_u64(reply, 0x9b4);
    message_u64(reply, 0x9c0);
    message_u64(reply, 6936);
    message_u64(reply, 2160);
    message_u32(reply, 2);
    message_u32(reply, 0);
}

void
say_lookup_sids(struct message *request, uint32_t call_id, const char *policy)
{
    size_t ndr = lrpc_request(request, call_id, 0, 15, NULL);

    say_context_handle(request, policy);
    message_u32(request, 1);
    message_u32(request, 0x20000);
    message_u32(request, 1);
    message_u32(request, 0x20004);
    message_ndr20_sid(request, ndr, 1001);
    message_u32(request, 0);
    message_u32(request, 0);
    message_u32(request, 1);
    message_u32(request, 0);
}

void
say_open_policy(struct message *request, uint32_t call_id)
{
    (void)lrpc_request(request, call_id, 0, 44, NULL);
    message_u32(request, 0);
    message_u32(request, 24);
    message_zeros(request, 20);
    message_u32(request, 0x800);
}

/* RpcOpenPrinter(name, datatype, devmode container, access) */
void
say_open_printer(struct message *request, uint32_t call_id, const char *name)
{
    size_t ndr = lrpc_request(request, call_id, 1, 1, NULL);

    message_u64(request, 0x20000);
    message_ndr64_string(request, ndr, name);
    message_align(request, ndr, 8);
    message_u64(request, 0);
    message_u64(request, 0);
    message_u64(request, 0);
    message_u32(request, 8);
}

/* RpcWritePrinter(handle, bytes[count], count): what notepad prints. */
void
say_job(struct message *view, const char *printer)
{
    static const char text[] = "Quarterly report. Accounting, second floor. ";

    message_clear(view);
    say_context_handle(view, printer);
    message_align(view, 0, 8);
    message_u64(view, SAY_JOB_BYTES);
    for (size_t i = 0; i < SAY_JOB_BYTES; i++) {
        message_u8(view, (uint8_t)text[i % (sizeof(text) - 1)]);
    }
    message_align(view, 0, 4);
    message_u32(view, SAY_JOB_BYTES);
}

/* RpcEnumForms returns FORM_INFO_1 structures, and the texts they point to. */
void
say_forms(struct message *view)
{
    static const char *const forms[] = {"Letter", "Legal", "A3", "A4", "A5", "Envelope DL"};

    message_clear(view);
    message_u64(view, 0x20000);
    message_u64(view, SAY_FORMS_BYTES);
    for (uint32_t i = 0; i < ATR_COUNT(forms); i++) {
        message_u64(view, 0);
        message_u64(view, SAY_FORMS_BYTES - FORM_TEXT_BYTES * (uint64_t)(i + 1));
        message_u64(view, 210000 + 1000 * i);
        message_u64(view, 0);
    }
    message_zeros(view,
                  16 + SAY_FORMS_BYTES - FORM_TEXT_BYTES * ATR_COUNT(forms) - view->size_bytes);
    for (size_t i = ATR_COUNT(forms); i-- > 0;) {
        size_t start = view->size_bytes;

        message_utf16(view, forms[i], true);
        message_zeros(view, FORM_TEXT_BYTES - (view->size_bytes - start));
    }
    message_u32(view, SAY_FORMS_BYTES);
    message_u32(view, ATR_COUNT(forms));
    message_u32(view, 0);
}

/* CSR_API_MSG of a 64-bit caller (other-protocols 2). */
void
say_csr(struct message *message, uint32_t api)
{
    message_clear(message);
    message_u64(message, 0x1f0000);
    message_u32(message, api);
    message_u32(message, 0);
    message_u64(message, 0);
}

void
say_csr_create_process(struct message *message, uint32_t pid, uint32_t tid)
{
    say_csr(message, 0x00010000);
    message_u64(message, 0x1a4 | 1); /* feedback cursor on */
    message_u64(message, 0x1b0);
    message_u64(message, pid);
    message_u64(message, tid);
    message_u32(message, 0x400);
    message_zeros(message, 0xa0 - message->size_bytes);
}

void
say_looked_up(struct message *reply, uint32_t call_id, const char *name)
{
    size_t ndr = lrpc_response(reply, call_id);

    message_u32(reply, 0);
    message_u32(reply, 1);
    message_u32(reply, 0x20000);
    message_u32(reply, 1);
    message_u32(reply, 1);
    message_u32(reply, 0x00080006);
    message_u32(reply, 0x20004);
    message_u32(reply, 0);
    message_ndr20_string(reply, ndr, name);
    message_u32(reply, 1);
    message_u32(reply, 0);
}

void
say_open_service(struct message *request, uint32_t call_id, uint32_t binding_id,
                 const char *manager, const char *name)
{
    size_t ndr = lrpc_request(request, call_id, binding_id, 16, NULL);

    say_context_handle(request, manager);
    message_ndr20_string(request, ndr, name);
    message_u32(request, 4);
}

void
say_csr_status(struct message *reply, const struct message *request, uint32_t status)
{
    *reply = *request;
    message_poke_u32(reply, 12, status);
}
