/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"
#include "capture/text_scan.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * One line of the WinDbg script's log, without the bars that show nesting, the prompt and the
 * blanks a console put before it. A line tells by its form alone what it is.
 */
enum atr_windbg_kind {
    ATR_WINDBG_UNKNOWN,
    ATR_WINDBG_NOISE,   /* empty, "...", a bare prompt, what the script says about itself */
    ATR_WINDBG_START,   /* [SendWait] Start */
    ATR_WINDBG_RET,     /* [SendWait] Ret */
    ATR_WINDBG_PROCESS, /* image(pid) */
    ATR_WINDBG_CALL,    /* PortHandle=, SendMessage=, ReceiveMessage= */
    ATR_WINDBG_PORT,    /* Handle: x Port: name | client -> owner */
    ATR_WINDBG_SKIP,    /* [SKIP] reason */
    ATR_WINDBG_NOTE,    /* what the script thought the message was */
    ATR_WINDBG_DUMP,    /* offset, bytes, text */
    ATR_WINDBG_STACK,   /* column heads of a stack */
    ATR_WINDBG_FRAME,
};

enum atr_windbg_note {
    ATR_WINDBG_CALL_NOTE,
    ATR_WINDBG_BIND_NOTE,
    ATR_WINDBG_FAIL_NOTE,
    ATR_WINDBG_SUCCESS_NOTE,
    ATR_WINDBG_OTHER_NOTE,
};

struct atr_windbg_line {
    enum atr_windbg_kind kind;
    struct atr_str text; /* the line as stripped */

    union {
        struct atr_scan_process process;

        struct {
            uint64_t handle;
            uint64_t send_message;
        } call;

        struct {
            uint64_t handle;
            struct atr_str name;            /* absent: the script found none */
            struct atr_scan_process client; /* image absent: NO CLIENT */
            struct atr_scan_process owner;
        } port;
        struct atr_str skip_reason;

        struct {
            enum atr_windbg_note what;
            uint32_t request_id; /* of CALL and SUCCESS */
        } note;

        struct {
            uint32_t offset; /* its low 16 bits */
            uint32_t size_bytes;
            uint8_t bytes[16];
        } dump;

        struct {
            uint32_t index;
            bool is_inline; /* has no return address of its own */
            uint64_t return_address;
            struct atr_str site; /* "module!symbol+0x1f"; empty when the line was cut */
        } frame;
    } as;
};

void atr_windbg_line_parse(struct atr_str text, struct atr_windbg_line *out);
