/* SPDX-License-Identifier: MIT */
#include "scenario/big_endian.h"
#include "scenario/samples.h"

#include "base/attributes.h"

#include <stdio.h>
#include <stdlib.h>

/* Writes samples/NAME.atr: make_samples DIRECTORY. */

enum {
    BIAS_BERLIN_SUMMER = -120,
    BIAS_UNKNOWN = INT32_MIN,
    SOURCE_ID = 0x5eed0001,
    SECTION_BYTES_MAX = 64 * 1024,
    PATH_BYTES_MAX = 4096,
};

static const struct {
    const char *name;
    uint32_t os_build;
    int32_t utc_bias_minutes;
    sample_fn *script;
} samples[] = {
    {"asynchronous", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_asynchronous},
    {"attributes", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_attributes},
    {"bind-and-calls", BUILD_1809, BIAS_BERLIN_SUMMER, sample_bind_and_calls},
    {"broken-calls", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_broken_calls},
    {"com", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_com},
    {"csr", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_csr},
    {"datagrams", BUILD_21H2, BIAS_UNKNOWN, sample_datagrams},
    {"faults", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_faults},
    {"large-view", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_large_view},
    {"late-joined", BUILD_1809, BIAS_BERLIN_SUMMER, sample_late_joined},
    {"losses", BUILD_1809, BIAS_BERLIN_SUMMER, sample_losses},
    {"nested-calls", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_nested_calls},
    {"refused", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_refused},
    {"reused-ids", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_reused_ids},
    {"server-only", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_server_only},
    {"subsystems", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_subsystems},
    {"truncated", BUILD_1809, BIAS_BERLIN_SUMMER, sample_truncated},
    {"wow64", BUILD_21H2, BIAS_BERLIN_SUMMER, sample_wow64},
};

static void
give_up(const char *what, const char *path)
{
    (void)fprintf(stderr, "make_samples: %s %s\n", what, path);
    exit(1);
}

static void
make(const char *path, sample_fn *script, const struct world_options *options)
{
    struct world world;

    world_open(&world, path, options);
    script(&world);
    world_close(&world);
}

/* The bytes of a small file, which is removed. */
static size_t
take_file(const char *path, uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        give_up("cannot open", path);
        return 0;
    }
    size = fread(bytes, 1, SECTION_BYTES_MAX, file);
    (void)fclose(file);
    (void)remove(path);
    return size;
}

/* Two recordings, one behind the other; the first as a big-endian machine writes it. */
static void
make_two_sections(const char *path)
{
    static const struct world_options first = {BUILD_1809, BIAS_BERLIN_SUMMER, SOURCE_ID, 0};
    static const struct world_options second = {BUILD_1809, BIAS_BERLIN_SUMMER, SOURCE_ID + 1, 90};
    static uint8_t big[SECTION_BYTES_MAX];
    static uint8_t little[SECTION_BYTES_MAX];
    size_t big_size;
    size_t little_size;
    FILE *file;

    make(path, sample_section_one, &first);
    big_size = take_file(path, big);
    if (!big_endian_convert(big, big_size)) {
        give_up("cannot convert", path);
    }
    make(path, sample_section_two, &second);
    little_size = take_file(path, little);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(big, 1, big_size, file) != big_size ||
        fwrite(little, 1, little_size, file) != little_size || fclose(file) != 0) {
        give_up("cannot write", path);
    }
}

int
main(int argc, char **argv)
{
    char path[PATH_BYTES_MAX];

    if (argc != 2) {
        (void)fprintf(stderr, "make_samples DIRECTORY\n");
        return 1;
    }
    for (size_t i = 0; i < ATR_COUNT(samples); i++) {
        struct world_options options = {.os_build = samples[i].os_build,
                                        .utc_bias_minutes = samples[i].utc_bias_minutes,
                                        .source_id = SOURCE_ID};

        (void)snprintf(path, sizeof(path), "%s/%s.atr", argv[1], samples[i].name);
        make(path, samples[i].script, &options);
    }
    (void)snprintf(path, sizeof(path), "%s/two-sections.atr", argv[1]);
    make_two_sections(path);
    return 0;
}
