/* SPDX-License-Identifier: MIT */
/*
 * Stands in for the fuzzer: puts nothing at all and then each file of the folder given through
 * one fuzz target. The sanitizers of the build do the judging.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly the file's size, so that a read past the end is seen. */
static int
replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    uint8_t *bytes = NULL;
    int result = 1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
    }
    if (size > 0) {
        bytes = malloc((size_t)size);
    }
    if (size == 0) {
        result = 0;
    } else if (bytes != NULL && fseek(file, 0, SEEK_SET) == 0 &&
               fread(bytes, 1, (size_t)size, file) == (size_t)size) {
        (void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
        result = 0;
    } else {
        perror(path);
    }
    free(bytes);
    if (file != NULL) {
        (void)fclose(file);
    }
    return result;
}

int
main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    unsigned count = 0;
    int result = 0;

    (void)LLVMFuzzerTestOneInput(nothing, 0);
    if (folder != NULL) {
        for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
            char path[4096];

            if (entry->d_name[0] != '.') {
                (void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
                result |= replay_file(path);
                count++;
            }
        }
        (void)closedir(folder);
    }
    printf("%u seeds\n", count);
    return result;
}
