/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libalpctrace: recordings of Windows ALPC traffic, opened, understood and shown. Portable C11,
 * needs no privilege, trusts no byte of its input, keeps no state between calls, prints nothing:
 * text goes to the caller's function. One call a thread; several calls at once are fine.
 *
 * Every function returns what a command line should exit with. words (may be NULL) receives one
 * line for people whenever the result is not ATR_RESULT_OK.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ATR_API_VERSION = 1,
    ATR_WORDS_BYTES = 1024
};

enum atr_result {
    ATR_RESULT_OK = 0,
    ATR_RESULT_USAGE = 1,   /* the caller asked for something that does not exist */
    ATR_RESULT_NOTHING = 2, /* nothing could be shown or done */
    ATR_RESULT_DAMAGED = 3, /* shown, but the input is damaged, was cut, or records losses */
};

struct atr_words {
    char text[ATR_WORDS_BYTES];
};

/* Takes text; false stops the work (a closed pipe), which is no failure. */
typedef bool atr_write_fn(void *context, const char *text, size_t size_bytes);

/* Told now and then during long work; total_bytes is 0 when unknown (a pipe). */
typedef void atr_progress_fn(void *context, uint64_t done_bytes, uint64_t total_bytes,
                             uint64_t events);

struct atr_output {
    atr_write_fn *write;
    atr_progress_fn *progress; /* may be NULL */
    void *context;
};

enum atr_show_form {
    ATR_SHOW_CALLS,  /* one line a call */
    ATR_SHOW_EVENTS, /* one line an enter or exit */
    ATR_SHOW_TREE,   /* calls indented under the call that caused them */
};

enum atr_show_time {
    ATR_SHOW_CLOCK, /* local time of the recorded machine, or UTC with Z */
    ATR_SHOW_SINCE_START,
    ATR_SHOW_DATE,
    ATR_SHOW_SINCE_LAST,
};

struct atr_show_options {
    enum atr_show_form form;
    enum atr_show_time time;
    bool hex;    /* message bytes under each line */
    bool fields; /* all decoded fields under each line */
    bool json;   /* one JSON object a line instead of text */
    bool stacks; /* call stack under each line */
    bool hide_latency;
    bool color;
    uint32_t string_max; /* cut strings after so many characters; 0: never */
};

/* path: any input the library knows, by content; "-" is standard input. */
enum atr_result atr_show(const char *path, const struct atr_show_options *options,
                         const struct atr_output *output, struct atr_words *words);

/* Who owns which port, who is connected. columns: width to fit the table into, 0 for no limit. */
enum atr_result atr_ports(const char *path, bool json, uint32_t columns,
                          const struct atr_output *output, struct atr_words *words);

/* Writes any input as a trace file. */
struct atr_import_options {
    bool sync;        /* reach the disk at every seal */
    bool no_checksum; /* seals without CRC32C */
};

enum atr_result atr_import(const char *path, const char *out_path,
                           const struct atr_import_options *options,
                           const struct atr_output *output, struct atr_words *words);

/* Verifies a trace file and tells what is damaged; repair_path (or NULL) gets a sound copy. */
enum atr_result atr_check(const char *path, const char *repair_path, bool json,
                          const struct atr_output *output, struct atr_words *words);

/* Every record of a trace file as it is stored, one JSON line each, in file order. */
enum atr_result atr_dump(const char *path, const struct atr_output *output,
                         struct atr_words *words);

/* Bytes pasted from anywhere -> meaning. */
struct atr_decode_options {
    const char *kind;        /* a row of atr_kinds */
    unsigned bits;           /* 32, 64; 0: as the kind says */
    const char *direction;   /* "request", "answer", "receive"; NULL unknown */
    const char *port_name;   /* NULL unknown */
    const char *view_hex;    /* content of the section view; NULL not captured */
    uint64_t view_size;      /* 0 unknown */
    const char *answers_hex; /* the request these bytes answer; NULL unknown */
    const char *interface;   /* "uuid" or "uuid:major.minor"; NULL unknown */
    const char *syntax;      /* "ndr20", "ndr64"; NULL unknown */
    const char *params;      /* "ptr,wstring,u32": types of the parameters; NULL unknown */
    uint32_t os_build;       /* 0 unknown */
    bool json;
};

/* input: hex digits, the name of a file that holds bytes or a hex dump, or "-". */
enum atr_result atr_decode(const char *input, const struct atr_decode_options *options,
                           const struct atr_output *output, struct atr_words *words);

/* The kinds of atr_decode; the filter fields. One a line, or JSON. */
enum atr_result atr_kinds(bool json, const struct atr_output *output);
enum atr_result atr_fields(bool json, const struct atr_output *output);

/* "0.1.0" */
const char *atr_version(void);

#ifdef __cplusplus
}
#endif
