/* SPDX-License-Identifier: MIT */
#include "platform/child.h"

#include "base/text.h"
#include "platform/os_error.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

struct atr_child {
    struct atr_heap heap;
    PROCESS_INFORMATION process;
    bool runs;
};

/* One word so that CommandLineToArgvW gives it back: backslashes count only before a quote. */
static void
put_word(struct atr_text *line, const char *word)
{
    size_t slashes = 0;

    atr_text_putc(line, '"');
    for (; *word != '\0'; word++) {
        if (*word == '"') {
            atr_text_pad(line, '\\', slashes + 1);
        }
        slashes = *word == '\\' ? slashes + 1 : 0;
        atr_text_putc(line, *word);
    }
    atr_text_pad(line, '\\', slashes);
    atr_text_putc(line, '"');
}

static wchar_t *
command_line(char *const *words, size_t word_count, const struct atr_heap *heap)
{
    struct atr_text line;
    wchar_t *wide = NULL;

    atr_text_init(&line, *heap);
    for (size_t i = 0; i < word_count; i++) {
        if (i > 0) {
            atr_text_putc(&line, ' ');
        }
        put_word(&line, words[i]);
    }
    atr_text_putc(&line, '\0');
    if (line.status == ATR_OK) {
        wide = atr_wide_from_utf8(heap, line.data);
    }
    atr_text_fini(&line);
    return wide;
}

/* A standard handle that the program may have. */
static HANDLE
lend(DWORD which)
{
    HANDLE handle = GetStdHandle(which);

    if (handle != NULL && handle != INVALID_HANDLE_VALUE) {
        (void)SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    }
    return handle;
}

enum atr_status
atr_child_start(struct atr_child **out, const struct atr_child_plan *plan,
                const struct atr_heap *heap, struct atr_error *error)
{
    struct atr_child *child = atr_heap_alloc(heap, 1, sizeof(*child));
    wchar_t *line = command_line(plan->words, plan->word_count, heap);
    STARTUPINFOW startup = {
        .cb = sizeof(startup),
        .dwFlags = STARTF_USESTDHANDLES,
        .hStdInput = lend(STD_INPUT_HANDLE),
        .hStdOutput = lend(plan->output_to_errors ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE),
        .hStdError = lend(STD_ERROR_HANDLE),
    };
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    if (child != NULL && line != NULL) {
        child->heap = *heap;
        code = CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                              &child->process)
                   ? ERROR_SUCCESS
                   : GetLastError();
    }
    atr_heap_free(heap, line);
    if (code != ERROR_SUCCESS) {
        atr_heap_free(heap, child);
        return atr_os_error_set(error, code, "start", plan->words[0]);
    }
    *out = child;
    return ATR_OK;
}

uint32_t
atr_child_pid(const struct atr_child *child)
{
    return child->process.dwProcessId;
}

enum atr_status
atr_child_resume(struct atr_child *child, struct atr_error *error)
{
    if (ResumeThread(child->process.hThread) == (DWORD)-1) {
        return atr_os_error_set(error, GetLastError(), "start", "the program");
    }
    child->runs = true;
    return ATR_OK;
}

bool
atr_child_has_ended(const struct atr_child *child, uint32_t *exit_code)
{
    DWORD code = 0;

    if (WaitForSingleObject(child->process.hProcess, 0) == WAIT_TIMEOUT) {
        return false;
    }
    (void)GetExitCodeProcess(child->process.hProcess, &code);
    *exit_code = code;
    return true;
}

void
atr_child_close(struct atr_child *child)
{
    if (child != NULL) {
        struct atr_heap heap = child->heap;

        if (!child->runs) {
            (void)TerminateProcess(child->process.hProcess, 1);
        }
        (void)CloseHandle(child->process.hThread);
        (void)CloseHandle(child->process.hProcess);
        atr_heap_free(&heap, child);
    }
}
