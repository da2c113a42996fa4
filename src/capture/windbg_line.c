/* SPDX-License-Identifier: MIT */
#include "capture/windbg_line.h"

#include "base/attributes.h"

enum {
    OFFSET_DIGITS = 4,
    UUID_DIGITS = 32,
    INDEX_DIGITS_MAX = 3,
    ADDRESS_DIGITS_MIN = 8,
};

/* What the script prints about itself. */
static const struct atr_str noise[] = {
    {"[DEBUG] RELOADING USER SYMBOL", 29}, {"NtAlpcSendReceive @ ", 20},
    {"NtAlpcSendReceive out @ ", 24},      {"Press \"g\" to run the target.", 28},
    {"Breakpoint already set.", 23},       {"Logging to ", 11},
    {"Use 'dx @$scriptContents.", 25},
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t
count_blanks(struct atr_str text)
{
    size_t blanks = 0;

    while (blanks < text.size_bytes && is_blank(text.data[blanks])) {
        blanks++;
    }
    return blanks;
}

/* "kd>", "0: kd>", "lkd>". */
static bool
eat_prompt(struct atr_str *text)
{
    struct atr_str rest = *text;
    size_t digits = 0;

    while (digits < rest.size_bytes && is_digit(rest.data[digits])) {
        digits++;
    }
    rest = atr_str_skip(rest, digits);
    if (digits > 0 && !atr_scan_eat(&rest, ATR_STR(": "))) {
        return false;
    }
    (void)atr_scan_eat(&rest, ATR_STR("l"));
    if (!atr_scan_eat(&rest, ATR_STR("kd>"))) {
        return false;
    }
    *text = rest;
    return true;
}

/* Removes blanks, bars and prompts. */
static struct atr_str
strip(struct atr_str text)
{
    do {
        size_t at = 0;

        while (at < text.size_bytes && (is_blank(text.data[at]) || text.data[at] == '|')) {
            at++;
        }
        text = atr_str_skip(text, at);
    } while (eat_prompt(&text));
    return atr_str_trim(text);
}

static bool
is_noise(struct atr_str text)
{
    size_t dots = 0;

    while (dots < text.size_bytes && text.data[dots] == '.') {
        dots++;
    }
    if (dots == text.size_bytes || atr_str_equal(text, ATR_STR("g"))) {
        return true;
    }
    for (size_t i = 0; i < ATR_COUNT(noise); i++) {
        if (atr_str_starts(text, noise[i])) {
            return true;
        }
    }
    return false;
}

static bool
parse_sendwait(struct atr_str text, struct atr_windbg_line *out)
{
    if (!atr_scan_eat(&text, ATR_STR("[SendWait]"))) {
        return false;
    }
    text = atr_str_trim(text);
    if (atr_str_equal(text, ATR_STR("Start"))) {
        out->kind = ATR_WINDBG_START;
    } else if (atr_str_equal(text, ATR_STR("Ret"))) {
        out->kind = ATR_WINDBG_RET;
    }
    return true;
}

static bool
parse_skip(struct atr_str text, struct atr_windbg_line *out)
{
    if (!atr_scan_eat(&text, ATR_STR("[SKIP]"))) {
        return false;
    }
    out->kind = ATR_WINDBG_SKIP;
    out->as.skip_reason = atr_str_trim(text);
    return true;
}

/* "name=value" up to the next comma; all ones when it is not there. */
static uint64_t
take_number(struct atr_str *at, struct atr_str name)
{
    uint64_t value = UINT64_MAX;
    struct atr_str digits = {at->data, 0};

    atr_scan_blanks(at);
    if (!atr_scan_eat(at, name)) {
        return UINT64_MAX;
    }
    if (!atr_scan_until(at, ATR_STR(","), &digits)) {
        digits = *at;
        *at = atr_str_skip(*at, at->size_bytes);
    }
    return atr_scan_hex(atr_str_trim(digits), &value) ? value : UINT64_MAX;
}

static bool
parse_call(struct atr_str text, struct atr_windbg_line *out)
{
    if (!atr_str_starts(text, ATR_STR("PortHandle="))) {
        return false;
    }
    out->as.call.handle = take_number(&text, ATR_STR("PortHandle="));
    out->as.call.send_message = take_number(&text, ATR_STR("SendMessage="));
    out->kind = ATR_WINDBG_CALL;
    return true;
}

/* A name may hold anything but a backslash, so the line is read from its end. */
static bool
parse_port(struct atr_str text, struct atr_windbg_line *out)
{
    struct atr_str owner;
    struct atr_str client;

    if (!atr_scan_eat(&text, ATR_STR("Handle:"))) {
        return false;
    }
    if (!atr_scan_hex(atr_scan_token(&text), &out->as.port.handle) ||
        !atr_scan_last(&text, ATR_STR("->"), &owner) ||
        !atr_scan_process(owner, &out->as.port.owner) ||
        !atr_scan_last(&text, ATR_STR(" | "), &client)) {
        return true;
    }
    client = atr_str_trim(client);
    if (atr_str_equal(client, ATR_STR("NO CLIENT"))) {
        out->as.port.client = (struct atr_scan_process){{NULL, 0}, 0};
    } else if (!atr_scan_process(client, &out->as.port.client)) {
        return true;
    }
    atr_scan_blanks(&text);
    if (!atr_scan_eat(&text, ATR_STR("Port:"))) {
        return true;
    }
    out->as.port.name = atr_str_trim(text);
    if (atr_str_equal(out->as.port.name, ATR_STR("UNKNOWN_PORT_NAME")) ||
        out->as.port.name.size_bytes == 0) {
        out->as.port.name = (struct atr_str){NULL, 0};
    }
    out->kind = ATR_WINDBG_PORT;
    return true;
}

/* The script prints 32 bits as a signed number. */
static bool
parse_request_id(struct atr_str text, uint32_t *out)
{
    bool is_negative = atr_scan_eat(&text, ATR_STR("-"));
    uint64_t value;

    if (!atr_str_to_u64(text, 10, &value) || value > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)(is_negative ? (UINT64_C(1) << 32) - value : value);
    return true;
}

static bool
parse_id_note(struct atr_str text, struct atr_str word, struct atr_str behind, uint32_t *out)
{
    if (!atr_scan_eat(&text, word)) {
        return false;
    }
    atr_scan_blanks(&text);
    if (!atr_scan_eat(&text, ATR_STR("req_id:")) || !parse_request_id(atr_scan_token(&text), out)) {
        return false;
    }
    atr_scan_blanks(&text);
    return atr_str_starts(text, behind);
}

static bool
is_bind_note(struct atr_str text)
{
    return atr_scan_eat(&text, ATR_STR("BIND to ")) &&
           atr_scan_token(&text).size_bytes == UUID_DIGITS;
}

static bool
parse_note(struct atr_str text, struct atr_windbg_line *out)
{
    if (parse_id_note(text, ATR_STR("CALL "), ATR_STR("method:"), &out->as.note.request_id)) {
        out->as.note.what = ATR_WINDBG_CALL_NOTE;
    } else if (parse_id_note(text, ATR_STR("SUCCESS "), ATR_STR(""), &out->as.note.request_id)) {
        out->as.note.what = ATR_WINDBG_SUCCESS_NOTE;
    } else if (is_bind_note(text)) {
        out->as.note.what = ATR_WINDBG_BIND_NOTE;
    } else if (atr_str_equal(text, ATR_STR("FAIL"))) {
        out->as.note.what = ATR_WINDBG_FAIL_NOTE;
    } else if (atr_str_equal(text, ATR_STR("UNKNOWN REQUEST TYPE"))) {
        out->as.note.what = ATR_WINDBG_OTHER_NOTE;
    } else {
        return false;
    }
    out->kind = ATR_WINDBG_NOTE;
    return true;
}

/* Two hex digits that stand alone. */
static bool
is_pair(struct atr_str text)
{
    return text.size_bytes >= 2 && is_hex_digit(text.data[0]) && is_hex_digit(text.data[1]) &&
           (text.size_bytes == 2 || is_blank(text.data[2]));
}

/*
 * The byte column ends at two blanks; where a web page squeezed those to one, at the first thing
 * that is no pair of digits. One case is left: the text of a last line of two bytes may be such a
 * pair itself ("41 42 AB").
 */
static uint32_t
parse_bytes(struct atr_str text, uint8_t *bytes, uint32_t room)
{
    struct atr_str last = text;
    uint32_t count = 0;
    size_t blanks = 0;

    while (count < room && blanks < 2 && is_pair(text)) {
        uint64_t value = 0;

        last = atr_str_make(text.data, 2);
        (void)atr_str_to_u64(last, 16, &value);
        bytes[count++] = (uint8_t)value;
        text = atr_str_skip(text, 2);
        blanks = count_blanks(text);
        text = atr_str_skip(text, blanks);
    }
    if (count == 3 && blanks == 0 && (char)bytes[0] == last.data[0] &&
        (char)bytes[1] == last.data[1]) {
        return 2;
    }
    return count;
}

static bool
parse_dump(struct atr_str text, struct atr_windbg_line *out)
{
    struct atr_str offset = {text.data, OFFSET_DIGITS};
    uint64_t value;

    if (text.size_bytes <= OFFSET_DIGITS || !is_blank(text.data[OFFSET_DIGITS]) ||
        !atr_str_to_u64(offset, 16, &value)) {
        return false;
    }
    text = atr_str_skip(text, OFFSET_DIGITS);
    text = atr_str_skip(text, count_blanks(text));
    out->as.dump.size_bytes = parse_bytes(text, out->as.dump.bytes, ATR_COUNT(out->as.dump.bytes));
    if (out->as.dump.size_bytes == 0) {
        return false;
    }
    out->as.dump.offset = (uint32_t)value;
    out->kind = ATR_WINDBG_DUMP;
    return true;
}

static bool
parse_stack_head(struct atr_str text, struct atr_windbg_line *out)
{
    if (!atr_scan_eat(&text, ATR_STR("#"))) {
        return false;
    }
    atr_scan_blanks(&text);
    if (!atr_str_starts(text, ATR_STR("Child-SP")) && !atr_str_starts(text, ATR_STR("ChildEBP"))) {
        return false;
    }
    out->kind = ATR_WINDBG_STACK;
    return true;
}

static bool
is_address(struct atr_str token, uint64_t *out)
{
    return token.size_bytes >= ADDRESS_DIGITS_MIN && atr_scan_hex(token, out);
}

/* "(Inline Function) --------`--------": a frame without a place on the stack. */
static bool
eat_inline(struct atr_str *text)
{
    struct atr_str rest = *text;

    atr_scan_blanks(&rest);
    if (!atr_scan_eat(&rest, ATR_STR("(Inline Function)")) &&
        !atr_scan_eat(&rest, ATR_STR("(Inline)"))) {
        return false;
    }
    if (!atr_str_starts(atr_scan_token(&rest), ATR_STR("--------"))) {
        return false;
    }
    *text = rest;
    return true;
}

static bool
parse_frame(struct atr_str text, struct atr_windbg_line *out)
{
    struct atr_str index = atr_scan_token(&text);
    uint64_t number;
    uint64_t stack_pointer;

    if (index.size_bytes > INDEX_DIGITS_MAX || !atr_str_to_u64(index, 16, &number)) {
        return false;
    }
    out->as.frame.is_inline = eat_inline(&text);
    out->as.frame.return_address = 0;
    if (!out->as.frame.is_inline &&
        (!is_address(atr_scan_token(&text), &stack_pointer) ||
         !is_address(atr_scan_token(&text), &out->as.frame.return_address))) {
        return false;
    }
    out->as.frame.index = (uint32_t)number;
    out->as.frame.site = atr_str_trim(text);
    out->kind = ATR_WINDBG_FRAME;
    return true;
}

static bool
parse_process(struct atr_str text, struct atr_windbg_line *out)
{
    if (!atr_scan_process(text, &out->as.process)) {
        return false;
    }
    out->kind = ATR_WINDBG_PROCESS;
    return true;
}

/* In the order they are tried. A parser that says true is sure whose line it is, broken or not. */
void
atr_windbg_line_parse(struct atr_str text, struct atr_windbg_line *out)
{
    static bool (*const parsers[])(struct atr_str, struct atr_windbg_line *) = {
        parse_dump, parse_frame, parse_sendwait,   parse_skip,    parse_call,
        parse_port, parse_note,  parse_stack_head, parse_process,
    };

    *out = (struct atr_windbg_line){.kind = ATR_WINDBG_UNKNOWN, .text = strip(text)};
    if (is_noise(out->text)) {
        out->kind = ATR_WINDBG_NOISE;
        return;
    }
    for (size_t i = 0; i < ATR_COUNT(parsers); i++) {
        if (parsers[i](out->text, out)) {
            return;
        }
    }
}
