/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"

/* Writes the row unless the open object has it: the first verdict stands, and keys are unique. */
static void
put_once(struct atr_fields *fields, enum atr_field field, const char *text)
{
    const struct atr_value *open =
        fields->depth == 0 ? &fields->root : fields->open[fields->depth - 1];

    for (const struct atr_value *at = open->as.children.first; at != NULL; at = at->next) {
        if (at->field == field) {
            return;
        }
    }
    atr_fields_string(fields, field, text);
}

enum atr_status
atr_decode_error(struct atr_event *event, enum atr_status status, const char *error)
{
    put_once(&event->fields, ATR_F_error, error);
    return status;
}

void
atr_decode_problem(struct atr_event *event, const char *problem)
{
    put_once(&event->fields, ATR_F_problem, problem);
}
