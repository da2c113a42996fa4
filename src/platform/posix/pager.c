/* SPDX-License-Identifier: MIT */
#include "platform/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Ctrl-C reaches the pager too, which stays. Were we to die now, the shell would fight it for the
 * keyboard; so close our end, wait, and die then. Only calls that are safe in a handler.
 */
static void
leave_after_pager(int number)
{
    (void)close(STDOUT_FILENO);
    (void)wait(NULL);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static bool
is_wanted(const char *command)
{
    return isatty(STDOUT_FILENO) == 1 &&
           (command == NULL || (command[0] != '\0' && strcmp(command, "cat") != 0));
}

/* In the child: becomes the pager, or tells through report that it could not. */
static void
become_pager(const char *command, int input, int report)
{
    unsigned char code = 0;

    (void)dup2(input, STDIN_FILENO);
    (void)setenv("LESS", "FRX", 0);
    (void)setenv("LV", "-c", 0);
    if (command != NULL) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    } else {
        (void)execlp("less", "less", "-FRX", (char *)NULL);
    }
    code = 1;
    (void)!write(report, &code, 1);
    _exit(127);
}

/* The far end closes when the pager was reached and speaks when it was not. */
static bool
was_reached(int report)
{
    unsigned char code = 0;
    ssize_t got;

    do {
        got = read(report, &code, 1);
    } while (got < 0 && errno == EINTR);
    return got == 0;
}

static void
wait_for(pid_t process)
{
    pid_t done;

    do {
        done = waitpid(process, NULL, 0);
    } while (done < 0 && errno == EINTR);
}

static void
close_pair(const int pair[2])
{
    (void)close(pair[0]);
    (void)close(pair[1]);
}

/* A pipe that no program we start inherits. */
static bool
pair_open(int pair[2])
{
    if (pipe(pair) != 0) {
        return false;
    }
    (void)fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(pair[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* The pager's process, reading from output[0]; 0 when there is none. */
static pid_t
spawn(const char *command, const int output[2])
{
    int report[2];
    pid_t process;

    if (!pair_open(report)) {
        return 0;
    }
    process = fork();
    if (process == 0) {
        become_pager(command, output[0], report[1]);
    }
    (void)close(report[1]);
    if (process > 0 && !was_reached(report[0])) {
        wait_for(process);
        process = 0;
    }
    (void)close(report[0]);
    return process < 0 ? 0 : process;
}

bool
atr_pager_start(struct atr_pager *pager)
{
    const char *command = getenv("PAGER");
    int output[2];

    *pager = (struct atr_pager){0};
    if (!is_wanted(command)) {
        return false;
    }
    (void)fflush(stdout);
    if (!pair_open(output)) {
        return false;
    }
    pager->saved_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (pager->saved_output >= 0) {
        pager->process = spawn(command, output);
    }
    if (pager->process != 0) {
        (void)dup2(output[1], STDOUT_FILENO);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGINT, leave_after_pager);
    } else if (pager->saved_output >= 0) {
        (void)close(pager->saved_output);
    }
    close_pair(output);
    return pager->process != 0;
}

void
atr_pager_stop(struct atr_pager *pager)
{
    if (pager->process == 0) {
        return;
    }
    (void)fflush(stdout);
    (void)dup2(pager->saved_output, STDOUT_FILENO);
    (void)close(pager->saved_output);
    wait_for(pager->process);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    *pager = (struct atr_pager){0};
}
