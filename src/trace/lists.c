/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "decode/decode.h"
#include "event/fields.h"
#include "trace/trace.h"

static const char *
type_text(enum atr_field_type type)
{
    static const char *const texts[] = {
        [ATR_FIELD_BOOL] = "bool",   [ATR_FIELD_UINT] = "number", [ATR_FIELD_HEX] = "number",
        [ATR_FIELD_INT] = "number",  [ATR_FIELD_TEXT] = "text",   [ATR_FIELD_GUID] = "uuid",
        [ATR_FIELD_BYTES] = "bytes", [ATR_FIELD_TIME] = "time",   [ATR_FIELD_OBJECT] = "object",
        [ATR_FIELD_LIST] = "list",   [ATR_FIELD_ANY] = "any",     [ATR_FIELD_NULL] = "null",
    };

    return texts[type];
}

static enum atr_result
finish(struct atr_text *text, const struct atr_output *output)
{
    struct atr_str view = atr_text_view(text);
    enum atr_result result = text->status == ATR_OK ? ATR_RESULT_OK : ATR_RESULT_NOTHING;

    if (result == ATR_RESULT_OK) {
        (void)output->write(output->context, view.data, view.size_bytes);
    }
    atr_text_fini(text);
    return result;
}

enum atr_result
atr_fields(bool json, const struct atr_output *output)
{
    struct atr_text text;

    atr_text_init(&text, atr_heap_default());
    for (unsigned id = ATR_F_NONE + 1; id < ATR_F_COUNT; id++) {
        const struct atr_field_row *row = atr_field_row_get((enum atr_field)id);

        if (json) {
            atr_text_printf(&text, "{\"field\":\"%s\",\"json\":\"%s\",\"type\":\"%s\",\"help\":",
                            row->filter, row->key, type_text(row->type));
            atr_text_json(&text, atr_str_from(row->help));
            atr_text_puts(&text, "}\n");
        } else {
            atr_text_printf(&text, "%-34s %-7s %s\n", row->filter, type_text(row->type), row->help);
        }
    }
    return finish(&text, output);
}

enum atr_result
atr_kinds(bool json, const struct atr_output *output)
{
    struct atr_text text;
    size_t count;
    const struct atr_decoder *decoders = atr_decoders(&count);

    atr_text_init(&text, atr_heap_default());
    for (size_t i = 0; i < count; i++) {
        if (json) {
            atr_text_printf(&text, "{\"kind\":\"%s\",\"help\":", decoders[i].kind);
            atr_text_json(&text, atr_str_from(decoders[i].summary));
            atr_text_puts(&text, "}\n");
        } else {
            atr_text_printf(&text, "%-28s %s\n", decoders[i].kind, decoders[i].summary);
        }
    }
    return finish(&text, output);
}

const char *
atr_version(void)
{
    return ATR_VERSION;
}
