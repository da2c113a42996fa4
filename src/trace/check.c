/* SPDX-License-Identifier: MIT */
#include "store/check.h"
#include "base/text.h"
#include "trace/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* `alpctrace check`: the report of store/check.h in words or JSON, and the repair. */

static const char *
verdict_text(enum atr_check_verdict verdict)
{
    static const char *const texts[] = {
        [ATR_CHECK_SOUND] = "sound",
        [ATR_CHECK_DAMAGED] = "damaged",
        [ATR_CHECK_UNREADABLE] = "unreadable",
    };

    return texts[verdict];
}

static void
write_words(struct atr_text *out, const char *path, const struct atr_check_report *report)
{
    const struct atr_reader_report *file = &report->file;

    for (uint32_t i = 0; i < report->finding_count; i++) {
        const struct atr_check_finding *finding = &report->findings[i];

        atr_text_printf(out, "%s at byte %" PRIu64 ": %s\n", finding->is_damage ? "damage" : "note",
                        finding->offset, finding->text);
    }
    if (report->findings_left_out > 0) {
        atr_text_printf(out, "%" PRIu64 " more findings are not shown\n",
                        report->findings_left_out);
    }
    atr_text_printf(
        out, "%s: %s: %" PRIu64 " events, %" PRIu64 " state records, %" PRIu64 " seals%s, %s\n",
        path, verdict_text(report->verdict), file->packets - file->states, file->states,
        file->seals, file->bad_seals > 0 ? " (some do not fit)" : "",
        file->is_closed ? "closed" : "not closed");
    if (file->lost > 0) {
        atr_text_printf(out, "the recording lost %" PRIu64 " events\n", file->lost);
    }
    if (report->missing_records > 0) {
        atr_text_printf(out, "%" PRIu64 " records are missing by their numbers: lost or filtered\n",
                        report->missing_records);
    }
    if (file->foreign_packets > 0) {
        atr_text_printf(out, "%" PRIu64 " packets are not ours\n", file->foreign_packets);
    }
    if (report->unknown_records > 0) {
        atr_text_printf(out, "%" PRIu64 " records are of kinds this version does not know\n",
                        report->unknown_records);
    }
}

static void
write_json(struct atr_text *out, const struct atr_check_report *report)
{
    const struct atr_reader_report *file = &report->file;

    atr_text_printf(out, "{\"verdict\":\"%s\"", verdict_text(report->verdict));
    atr_text_printf(out, ",\"events\":%" PRIu64 ",\"states\":%" PRIu64,
                    file->packets - file->states, file->states);
    atr_text_printf(out, ",\"bytes\":%" PRIu64 ",\"sections\":%" PRIu64, file->bytes,
                    file->sections);
    atr_text_printf(out, ",\"seals\":%" PRIu64 ",\"bad_seals\":%" PRIu64, file->seals,
                    file->bad_seals);
    atr_text_printf(out, ",\"closed\":%s,\"lost\":%" PRIu64, file->is_closed ? "true" : "false",
                    file->lost);
    atr_text_printf(out, ",\"missing_records\":%" PRIu64 ",\"damages\":%" PRIu64,
                    report->missing_records, report->damages);
    atr_text_puts(out, ",\"findings\":[");
    for (uint32_t i = 0; i < report->finding_count; i++) {
        atr_text_printf(out, "%s{\"offset\":%" PRIu64 ",\"damage\":%s,\"text\":", i == 0 ? "" : ",",
                        report->findings[i].offset,
                        report->findings[i].is_damage ? "true" : "false");
        atr_text_json(out, atr_str_from(report->findings[i].text));
        atr_text_putc(out, '}');
    }
    atr_text_puts(out, "]}\n");
}

static enum atr_status
check(const char *path, struct atr_check_report *report, struct atr_error *error)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_file *file = NULL;
    enum atr_status status = atr_file_open(&file, path, &heap, error);

    if (status == ATR_OK) {
        status = atr_check_file(file, &heap, report, error);
    }
    atr_file_close(file);
    return status;
}

static enum atr_status
repair(const char *path, const char *out_path, struct atr_text *out, struct atr_error *error)
{
    const struct atr_heap heap = atr_heap_default();
    struct atr_repair_report report;
    struct atr_file *from = NULL;
    struct atr_file *to = NULL;
    enum atr_status status;

    status = atr_file_open(&from, path, &heap, error);
    if (status == ATR_OK) {
        status = atr_file_create(&to, out_path, &heap, error);
    }
    if (status == ATR_OK) {
        status = atr_repair_file(from, to, &heap, &report, error);
    }
    if (status == ATR_OK) {
        atr_text_printf(out, "%s: %" PRIu64 " records copied", out_path, report.copied);
        if (report.left_out > 0) {
            atr_text_printf(out, ", %" PRIu64 " left out", report.left_out);
        }
        atr_text_putc(out, '\n');
    }
    atr_file_close(from);
    atr_file_close(to);
    return status;
}

static enum atr_result
result_of(const char *path, const struct atr_check_report *report, struct atr_words *words)
{
    if (report->verdict == ATR_CHECK_SOUND) {
        return ATR_RESULT_OK;
    }
    if (words != NULL) {
        (void)snprintf(words->text, sizeof(words->text), "%s: %s", path,
                       report->verdict == ATR_CHECK_UNREADABLE
                           ? "nothing of a trace can be read in it"
                           : "damaged; --repair OUT writes what is readable to a sound file");
    }
    return report->verdict == ATR_CHECK_UNREADABLE ? ATR_RESULT_NOTHING : ATR_RESULT_DAMAGED;
}

enum atr_result
atr_check(const char *path, const char *repair_path, bool json, const struct atr_output *output,
          struct atr_words *words)
{
    struct atr_check_report report;
    struct atr_error error = {.status = ATR_OK};
    struct atr_text out;
    enum atr_result result;
    enum atr_status status;

    if (repair_path != NULL && atr_file_is_same(path, repair_path)) {
        (void)atr_error_set(&error, ATR_ARG,
                            "%s: the repaired copy cannot replace its own input; choose another "
                            "name",
                            repair_path);
        return atr_trace_fail(ATR_RESULT_USAGE, &error, words);
    }
    memset(&report, 0, sizeof(report));
    atr_text_init(&out, atr_heap_default());
    status = check(path, &report, &error);
    if (status == ATR_OK && json) {
        write_json(&out, &report);
    } else if (status == ATR_OK) {
        write_words(&out, path, &report);
    }
    if (status == ATR_OK && repair_path != NULL) {
        status = repair(path, repair_path, &out, &error);
    }
    if (out.size_bytes > 0) {
        struct atr_str view = atr_text_view(&out);

        (void)output->write(output->context, view.data, view.size_bytes);
    }
    result = status == ATR_OK ? result_of(path, &report, words)
                              : atr_trace_fail(ATR_RESULT_NOTHING, &error, words);
    atr_text_fini(&out);
    return result;
}
