/* SPDX-License-Identifier: MIT */
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/terminal.h"
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for each test, and the current one while it runs. */
static int
enter_folder(void **state)
{
    char *folder = strdup("/tmp/alpctrace-test-XXXXXX");

    if (folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0) {
        free(folder);
        return -1;
    }
    *state = folder;
    return 0;
}

static int
leave_folder(void **state)
{
    static const char *const leftovers[] = {"a", "b", "pipe", "folder"};
    char *folder = *state;

    for (size_t i = 0; i < ATR_COUNT(leftovers); i++) {
        (void)remove(leftovers[i]);
    }
    if (chdir("/") != 0 || rmdir(folder) != 0) {
        return -1;
    }
    free(folder);
    return 0;
}

static void
write_file(const char *path, const char *text)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;

    CHECK_UINT(atr_file_create(&file, path, &heap, NULL), ATR_OK);
    CHECK_UINT(atr_file_write(file, text, strlen(text), NULL), ATR_OK);
    CHECK_UINT(atr_file_sync(file, NULL), ATR_OK);
    atr_file_close(file);
}

static unsigned
mode_of(const char *path)
{
    struct stat info;

    assert_return_code(stat(path, &info), errno);
    return info.st_mode & 0777;
}

static void
what_is_written_is_read_back(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    uint64_t size = 0;
    size_t got = 0;
    char text[16];

    (void)state;
    write_file("a", "line\r\n\x1a rest");
    CHECK_UINT(atr_file_open(&file, "a", &heap, NULL), ATR_OK);
    assert_true(atr_file_can_seek(file));
    CHECK_UINT(atr_file_size(file, &size, NULL), ATR_OK);
    CHECK_UINT(size, 12);
    CHECK_UINT(atr_file_read(file, text, 4, &got, NULL), ATR_OK);
    CHECK_UINT(atr_file_read(file, text + 4, sizeof(text) - 4, &got, NULL), ATR_OK);
    CHECK_UINT(got, 8);
    assert_memory_equal(text, "line\r\n\x1a rest", 12);
    CHECK_UINT(atr_file_read(file, text, sizeof(text), &got, NULL), ATR_END);
    CHECK_UINT(atr_file_seek(file, 5, NULL), ATR_OK);
    CHECK_UINT(atr_file_read(file, text, 3, &got, NULL), ATR_OK);
    assert_memory_equal(text, "\n\x1a ", 3);
    atr_file_close(file);
}

static void
only_the_owner_may_read_what_we_create(void **state)
{
    (void)state;
    write_file("a", "secret");
    CHECK_UINT(mode_of("a"), 0600);
}

static void
replacing_a_file_takes_it_from_others(void **state)
{
    (void)state;
    write_file("a", "a longer text");
    assert_return_code(chmod("a", 0644), errno);
    write_file("a", "short");
    CHECK_UINT(mode_of("a"), 0600);

    uint8_t *bytes = NULL;
    size_t size = 0;

    test_read_file("a", &bytes, &size);
    CHECK_UINT(size, 5);
    free(bytes);
}

static void
a_missing_file_is_said_in_words(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_error error;

    (void)state;
    CHECK_UINT(atr_file_open(&file, "a", &heap, &error), ATR_IO);
    assert_string_equal(error.text, "cannot open 'a': no such file");
    CHECK_UINT(error.os_code, ENOENT);
    CHECK_UINT(atr_file_create(&file, "folder/a", &heap, &error), ATR_IO);
    assert_string_equal(error.text, "cannot create 'folder/a': no such directory");
    assert_null(file);
}

static void
the_reason_survives_a_long_path(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_error error;
    char path[4000];

    (void)state;
    memset(path, 'x', sizeof(path));
    for (size_t i = 100; i < sizeof(path); i += 100) {
        path[i] = '/';
    }
    path[sizeof(path) - 1] = '\0';
    CHECK_UINT(atr_file_open(&file, path, &heap, &error), ATR_IO);
    assert_non_null(strstr(error.text, "': no such file"));
}

static void
a_directory_is_refused(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_error error;

    (void)state;
    assert_return_code(mkdir("folder", 0700), errno);
    CHECK_UINT(atr_file_open(&file, "folder", &heap, &error), ATR_ARG);
    assert_string_equal(error.text, "cannot open 'folder': it is a directory");
    CHECK_UINT(atr_file_create(&file, "folder", &heap, &error), ATR_ARG);
    assert_string_equal(error.text, "cannot create 'folder': it is a directory");
    assert_null(file);
}

static void
a_pipe_is_read_but_cannot_seek(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_error error;
    uint64_t size = 0;
    size_t got = 0;
    char text[8];
    int keep;

    (void)state;
    assert_return_code(mkfifo("pipe", 0600), errno);
    keep = open("pipe", O_RDWR | O_CLOEXEC);
    assert_return_code(keep, errno);
    CHECK_UINT(write(keep, "abcdef", 6), 6);
    CHECK_UINT(atr_file_open(&file, "pipe", &heap, NULL), ATR_OK);
    assert_return_code(close(keep), errno);
    assert_false(atr_file_can_seek(file));
    CHECK_UINT(atr_file_seek(file, 0, &error), ATR_UNSUPPORTED);
    CHECK_UINT(atr_file_size(file, &size, &error), ATR_UNSUPPORTED);
    CHECK_UINT(atr_file_read(file, text, sizeof(text), &got, NULL), ATR_OK);
    CHECK_UINT(got, 6);
    CHECK_UINT(atr_file_read(file, text, sizeof(text), &got, NULL), ATR_END);
    atr_file_close(file);
}

static void
what_is_in_a_pipe_is_read_without_waiting_for_more(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    size_t got = 0;
    char text[8];
    int keep;

    (void)state;
    assert_return_code(mkfifo("pipe", 0600), errno);
    keep = open("pipe", O_RDWR | O_CLOEXEC);
    assert_return_code(keep, errno);
    CHECK_UINT(atr_file_open(&file, "pipe", &heap, NULL), ATR_OK);
    CHECK_UINT(write(keep, "abc", 3), 3);
    CHECK_UINT(atr_file_read_some(file, text, sizeof(text), &got, NULL), ATR_OK);
    CHECK_UINT(got, 3);
    CHECK_UINT(write(keep, "d", 1), 1);
    assert_return_code(close(keep), errno);
    CHECK_UINT(atr_file_read_some(file, text, sizeof(text), &got, NULL), ATR_OK);
    CHECK_UINT(got, 1);
    CHECK_UINT(atr_file_read_some(file, text, sizeof(text), &got, NULL), ATR_END);
    atr_file_close(file);
}

static void
a_writer_learns_that_its_reader_left(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    int reader;

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_return_code(mkfifo("pipe", 0600), errno);
    reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_return_code(reader, errno);
    CHECK_UINT(atr_file_create(&file, "pipe", &heap, NULL), ATR_OK);
    CHECK_UINT(atr_file_write(file, "x", 1, NULL), ATR_OK);
    assert_return_code(close(reader), errno);
    CHECK_UINT(atr_file_write(file, "x", 1, NULL), ATR_END);
    atr_file_close(file);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void
a_full_disk_is_an_error(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    struct atr_error error;

    (void)state;
    CHECK_UINT(atr_file_create(&file, "/dev/full", &heap, NULL), ATR_OK);
    CHECK_UINT(atr_file_write(file, "x", 1, &error), ATR_FULL);
    assert_string_equal(error.text, "cannot write '/dev/full': the disk is full");
    atr_file_close(file);
}

static void
two_names_of_one_file_are_the_same(void **state)
{
    (void)state;
    write_file("a", "x");
    assert_return_code(link("a", "b"), errno);
    assert_true(atr_file_is_same("a", "b"));
    assert_return_code(remove("b"), errno);
    assert_false(atr_file_is_same("a", "b"));
    write_file("b", "x");
    assert_false(atr_file_is_same("a", "b"));
    assert_false(atr_file_is_same("-", "-"));
}

static void
memory_is_read_like_a_file(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    uint64_t size = 0;
    size_t got = 0;
    char text[8];

    (void)state;
    CHECK_UINT(atr_file_from_memory(&file, (struct atr_bytes){(const uint8_t *)"abc", 3}, &heap),
               ATR_OK);
    assert_true(atr_file_can_seek(file));
    CHECK_UINT(atr_file_size(file, &size, NULL), ATR_OK);
    CHECK_UINT(size, 3);
    CHECK_UINT(atr_file_read(file, text, sizeof(text), &got, NULL), ATR_OK);
    CHECK_UINT(got, 3);
    CHECK_UINT(atr_file_read(file, text, sizeof(text), &got, NULL), ATR_END);
    CHECK_UINT(atr_file_seek(file, 2, NULL), ATR_OK);
    CHECK_UINT(atr_file_read(file, text, 1, &got, NULL), ATR_OK);
    assert_memory_equal(text, "c", 1);
    CHECK_UINT(atr_file_seek(file, UINT64_MAX, NULL), ATR_OK);
    CHECK_UINT(atr_file_read(file, text, 1, &got, NULL), ATR_END);
    CHECK_UINT(atr_file_write(file, text, 1, NULL), ATR_ARG);
    atr_file_close(file);
}

static void
memory_is_written_like_a_file(void **state)
{
    struct atr_heap heap = atr_heap_default();
    struct test_failing_heap failing;
    struct atr_file *file = NULL;
    struct atr_text sink;
    size_t got = 0;
    char c;

    (void)state;
    test_failing_heap_init(&failing, 2);
    atr_text_init(&sink, failing.heap);
    CHECK_UINT(atr_file_to_memory(&file, &sink, &heap), ATR_OK);
    assert_false(atr_file_can_seek(file));
    CHECK_UINT(atr_file_write(file, "abc", 3, NULL), ATR_OK);
    CHECK_UINT(atr_file_write(file, "", 0, NULL), ATR_OK);
    CHECK_UINT(atr_file_sync(file, NULL), ATR_OK);
    CHECK_STR(atr_text_view(&sink), "abc");
    CHECK_UINT(atr_file_read(file, &c, 1, &got, NULL), ATR_ARG);
    while (sink.size_bytes < sink.room_bytes) {
        CHECK_UINT(atr_file_write(file, "abc", 1, NULL), ATR_OK);
    }
    CHECK_UINT(atr_file_write(file, "abc", 3, NULL), ATR_NOMEM);
    atr_file_close(file);
    atr_text_fini(&sink);
}

static void
no_memory_for_a_file_is_said(void **state)
{
    struct test_failing_heap failing;
    struct atr_file *file = NULL;
    struct atr_text sink = {0};

    (void)state;
    write_file("a", "x");
    for (unsigned i = 0; i < 4; i++) {
        enum atr_status status = ATR_OK;

        test_failing_heap_init(&failing, 1);
        switch (i) {
        case 0:
            status = atr_file_open(&file, "a", &failing.heap, NULL);
            break;
        case 1:
            status = atr_file_create(&file, "b", &failing.heap, NULL);
            break;
        case 2:
            status = atr_file_from_memory(&file, (struct atr_bytes){NULL, 0}, &failing.heap);
            break;
        default:
            status = atr_file_to_memory(&file, &sink, &failing.heap);
            break;
        }
        CHECK_UINT(status, ATR_NOMEM);
        CHECK_UINT(failing.live_blocks, 0);
    }
    assert_null(file);
    atr_file_close(NULL);
}

static void
colours_follow_the_environment(void **state)
{
    static const struct {
        bool can_show;
        const char *no_color;
        const char *force;
        const char *term;
        bool expected;
    } rows[] = {
        {true, NULL, NULL, "xterm", true},   {true, NULL, NULL, NULL, true},
        {false, NULL, NULL, "xterm", false}, {true, NULL, NULL, "dumb", false},
        {true, "1", NULL, "xterm", false},   {true, "", NULL, "xterm", true},
        {false, NULL, "1", "dumb", true},    {false, NULL, "0", "xterm", false},
        {false, NULL, "", "xterm", false},   {true, "1", "1", "xterm", false},
    };

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        bool wanted = atr_terminal_colour_rule(rows[i].can_show, rows[i].no_color, rows[i].force,
                                               rows[i].term);

        CHECK_UINT(wanted, rows[i].expected);
    }
}

static void
the_clock_never_goes_back(void **state)
{
    uint64_t before = atr_clock_monotonic_ns();

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now = atr_clock_monotonic_ns();

        assert_true(now >= before);
        before = now;
    }
    assert_true(atr_clock_wall_ns() > UINT64_C(1700000000000000000));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_written_is_read_back),
        IN_FOLDER(only_the_owner_may_read_what_we_create),
        IN_FOLDER(replacing_a_file_takes_it_from_others),
        IN_FOLDER(a_missing_file_is_said_in_words),
        IN_FOLDER(the_reason_survives_a_long_path),
        IN_FOLDER(a_directory_is_refused),
        IN_FOLDER(a_pipe_is_read_but_cannot_seek),
        IN_FOLDER(what_is_in_a_pipe_is_read_without_waiting_for_more),
        IN_FOLDER(a_writer_learns_that_its_reader_left),
        IN_FOLDER(a_full_disk_is_an_error),
        IN_FOLDER(two_names_of_one_file_are_the_same),
        cmocka_unit_test(memory_is_read_like_a_file),
        cmocka_unit_test(memory_is_written_like_a_file),
        IN_FOLDER(no_memory_for_a_file_is_said),
        cmocka_unit_test(colours_follow_the_environment),
        cmocka_unit_test(the_clock_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
