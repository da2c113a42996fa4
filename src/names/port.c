/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "names/names.h"

#define RPC     "\\RPC Control"
#define WINDOWS "\\Windows"
#define ROOT    ""
#define ANY     NULL

/* Session-private parts are stripped before. The first row that fits counts. */
static const struct atr_port_rule rules[] = {
#define ROW(directory, pattern, decoder, what, owner) {pattern, decoder, what, owner, directory},
#include "names/ports.def"
#undef ROW
};

static char
fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_hex(char c)
{
    c = fold(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* On a mismatch the last run takes one character more and the rest is tried again. */
static bool
matches(const char *pattern, struct atr_str text)
{
    const char *after_run = NULL;
    bool hex_run = false;
    size_t run_end = 0;
    size_t at = 0;

    while (at < text.size_bytes || *pattern != '\0') {
        char c = at < text.size_bytes ? text.data[at] : '\0';

        if (*pattern == '*' || *pattern == '+') {
            hex_run = *pattern == '+';
            after_run = ++pattern;
            run_end = at;
        } else if (at < text.size_bytes && *pattern != '\0' &&
                   (*pattern == '#' ? is_hex(c) : fold(*pattern) == fold(c))) {
            pattern++;
            at++;
        } else if (after_run != NULL && run_end < text.size_bytes &&
                   (!hex_run || is_hex(text.data[run_end]))) {
            pattern = after_run;
            at = ++run_end;
        } else {
            return false;
        }
    }
    return true;
}

/* "*" alone says nothing about a name without its directory. */
static bool
is_everything(const struct atr_port_rule *rule)
{
    return rule->pattern[0] == '*' && rule->pattern[1] == '\0';
}

/* What follows prefix and one component: "\Windows\ApiPort" of "\Sessions\1\Windows\ApiPort". */
static struct atr_str
strip(struct atr_str path, struct atr_str prefix)
{
    struct atr_str rest = atr_str_skip(path, prefix.size_bytes);
    struct atr_str head = atr_str_make(path.data, path.size_bytes - rest.size_bytes);
    size_t end = atr_str_find(rest, ATR_STR("\\"));

    return end < rest.size_bytes && atr_str_equal_nocase(head, prefix) ? atr_str_skip(rest, end)
                                                                       : path;
}

/* A rule for everything holds for everything below its directory, too. */
static bool
is_in(struct atr_str directory, const struct atr_port_rule *rule)
{
    struct atr_str wanted = atr_str_from(rule->directory);

    if (rule->directory == ANY) {
        return true;
    }
    if (is_everything(rule) && directory.size_bytes > wanted.size_bytes &&
        directory.data[wanted.size_bytes] == '\\') {
        directory.size_bytes = wanted.size_bytes;
    }
    return atr_str_equal_nocase(directory, wanted);
}

const struct atr_port_rule *
atr_names_port(struct atr_str port_name)
{
    struct atr_str path = strip(port_name, ATR_STR("\\Sessions\\"));
    struct atr_str directory;
    struct atr_str leaf;
    bool is_path;

    path = strip(path, ATR_STR("\\AppContainerNamedObjects\\"));
    leaf = atr_str_leaf(path);
    is_path = atr_str_starts(path, ATR_STR("\\"));
    directory = atr_str_make(path.data, is_path ? path.size_bytes - leaf.size_bytes - 1 : 0);
    if (leaf.size_bytes == 0) {
        return NULL;
    }
    for (size_t i = 0; i < ATR_COUNT(rules); i++) {
        bool fits = is_path ? is_in(directory, &rules[i]) : !is_everything(&rules[i]);

        if (fits && matches(rules[i].pattern, leaf)) {
            return &rules[i];
        }
    }
    return NULL;
}

const struct atr_port_rule *
atr_names_port_rules(size_t *count)
{
    *count = ATR_COUNT(rules);
    return rules;
}
