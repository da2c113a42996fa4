/* SPDX-License-Identifier: MIT */
#include "base/map.h"
#include "base/text.h"
#include "trace/trace.h"

/*
 * Who owns which port and who is connected: one row a connection port, in the order they appeared,
 * made from what the session knows when the input has ended.
 */
struct client {
    struct client *next;
    const struct atr_session_process *process; /* NULL: unknown */
    uint32_t connections;
};

struct row {
    struct row *next;
    const struct atr_session_port *port;
    uint32_t source_id;
    struct client *first;
    struct client *last;
};

struct table {
    struct atr_trace *trace;
    struct atr_arena arena;
    struct atr_map by_port;
    struct row *first;
    struct row *last;
    struct atr_text out;
};

enum {
    OWNER_COLUMN = 46,
    CALLS_COLUMN = 72,
    CLIENTS_COLUMN = 80
};

static struct atr_key
port_key(uint32_t source_id, uint32_t port_id)
{
    return (struct atr_key){source_id, port_id};
}

static enum atr_status
add_row(struct table *table, const struct atr_session_port *port, uint32_t source_id)
{
    struct row *row = atr_arena_alloc(&table->arena, 1, sizeof(*row));

    if (row == NULL) {
        return ATR_NOMEM;
    }
    row->port = port;
    row->source_id = source_id;
    if (table->last == NULL) {
        table->first = row;
    } else {
        table->last->next = row;
    }
    table->last = row;
    return atr_map_put(&table->by_port, port_key(source_id, port->port_id), row);
}

/* Connections of one process are counted together. */
static enum atr_status
add_client(struct table *table, const struct atr_session_port *port, uint32_t source_id)
{
    struct row *row = atr_map_find(&table->by_port, port_key(source_id, port->connection_port_id));
    const struct atr_session_process *process = atr_session_find_process(
        table->trace->session, source_id, port->owner_process_id, ATR_UNKNOWN_U32);
    struct client *client;

    if (row == NULL) {
        return ATR_OK;
    }
    if (row->last != NULL && row->last->process == process) {
        row->last->connections++;
        return ATR_OK;
    }
    client = atr_arena_alloc(&table->arena, 1, sizeof(*client));
    if (client == NULL) {
        return ATR_NOMEM;
    }
    client->process = process;
    client->connections = 1;
    if (row->last == NULL) {
        row->first = client;
    } else {
        row->last->next = client;
    }
    row->last = client;
    return ATR_OK;
}

static enum atr_status
each_port(struct table *table, bool clients)
{
    enum atr_status status = ATR_OK;
    uint32_t source_id = 0;
    void *at = NULL;

    for (;;) {
        const struct atr_session_port *port =
            atr_session_next_port(table->trace->session, &at, &source_id);

        if (port == NULL || status != ATR_OK) {
            return status;
        }
        if (clients && port->kind == ATR_PORT_CLIENT) {
            status = add_client(table, port, source_id);
        } else if (!clients && port->kind != ATR_PORT_CLIENT && port->kind != ATR_PORT_SERVER) {
            status = add_row(table, port, source_id);
        }
    }
}

static void
write_process(struct atr_text *out, const struct atr_session_process *process)
{
    if (process == NULL) {
        atr_text_putc(out, '?');
        return;
    }
    atr_text_name(out, atr_str_leaf(process->image));
    atr_text_printf(out, "[%u]", (unsigned)process->pid);
}

static const struct atr_session_process *
owner_of(const struct table *table, const struct row *row)
{
    return atr_session_find_process(table->trace->session, row->source_id,
                                    row->port->owner_process_id, ATR_UNKNOWN_U32);
}

/* Blanks up to the column, at least two. */
static void
pad_to(struct atr_text *out, size_t line_start, size_t column)
{
    size_t used = out->size_bytes - line_start;

    atr_text_pad(out, ' ', used + 2 > column ? 2 : column - used);
}

static void
write_row(struct table *table, const struct row *row, uint32_t columns)
{
    struct atr_text *out = &table->out;
    size_t start = out->size_bytes;

    if (row->port->name.size_bytes > 0) {
        atr_text_name(out, row->port->name);
    } else {
        atr_text_puts(out, "(no name)");
    }
    atr_text_puts(out, row->port->closed ? " (closed)" : "");
    pad_to(out, start, OWNER_COLUMN);
    write_process(out, owner_of(table, row));
    pad_to(out, start, CALLS_COLUMN);
    atr_text_u64(out, row->port->calls);
    pad_to(out, start, CLIENTS_COLUMN);
    for (const struct client *client = row->first; client != NULL; client = client->next) {
        size_t piece = out->size_bytes;

        atr_text_puts(out, client == row->first ? "" : ", ");
        write_process(out, client->process);
        if (client->connections > 1) {
            atr_text_printf(out, " x%u", (unsigned)client->connections);
        }
        if (columns != 0 && out->size_bytes - start > columns && client != row->first) {
            out->size_bytes = piece;
            atr_text_puts(out, ", \xe2\x80\xa6");
            break;
        }
    }
    while (out->size_bytes > start && out->data[out->size_bytes - 1] == ' ') {
        out->size_bytes--;
    }
    atr_text_putc(out, '\n');
}

static void
json_process(struct atr_text *out, const struct atr_session_process *process)
{
    if (process == NULL) {
        atr_text_puts(out, "null");
        return;
    }
    atr_text_puts(out, "{\"image\":");
    atr_text_json(out, atr_str_leaf(process->image));
    atr_text_printf(out, ",\"pid\":%u}", (unsigned)process->pid);
}

static void
write_json(struct table *table, const struct row *row)
{
    struct atr_text *out = &table->out;

    atr_text_puts(out, "{\"port\":");
    atr_text_json(out, row->port->name);
    atr_text_printf(out, ",\"closed\":%s,\"calls\":%llu,\"owner\":",
                    row->port->closed ? "true" : "false", (unsigned long long)row->port->calls);
    json_process(out, owner_of(table, row));
    atr_text_puts(out, ",\"clients\":[");
    for (const struct client *client = row->first; client != NULL; client = client->next) {
        atr_text_printf(out, "%s{\"connections\":%u,\"process\":", client == row->first ? "" : ",",
                        (unsigned)client->connections);
        json_process(out, client->process);
        atr_text_putc(out, '}');
    }
    atr_text_puts(out, "]}\n");
}

static enum atr_status
write_table(struct table *table, bool json, uint32_t columns, const struct atr_output *output)
{
    struct atr_str view;

    if (!json && table->first != NULL) {
        atr_text_puts(&table->out, "PORT");
        pad_to(&table->out, 0, OWNER_COLUMN);
        atr_text_puts(&table->out, "OWNER");
        pad_to(&table->out, 0, CALLS_COLUMN);
        atr_text_puts(&table->out, "CALLS");
        pad_to(&table->out, 0, CLIENTS_COLUMN);
        atr_text_puts(&table->out, "CLIENTS\n");
    }
    for (const struct row *row = table->first; row != NULL; row = row->next) {
        if (json) {
            write_json(table, row);
        } else {
            write_row(table, row, columns);
        }
    }
    if (table->out.status != ATR_OK) {
        return table->out.status;
    }
    view = atr_text_view(&table->out);
    (void)output->write(output->context, view.data, view.size_bytes);
    return ATR_OK;
}

static enum atr_status
ignore_event(void *context, const struct atr_trace *trace)
{
    (void)context;
    (void)trace;
    return ATR_OK;
}

enum atr_result
atr_ports(const char *path, bool json, uint32_t columns, const struct atr_output *output,
          struct atr_words *words)
{
    struct atr_error error = {.status = ATR_OK};
    struct atr_trace trace;
    struct table table = {.trace = &trace};
    enum atr_result result;
    enum atr_status status = atr_trace_open(&trace, path, &error);

    atr_arena_init(&table.arena, trace.heap, ATR_EVENT_ARENA_BYTES);
    atr_map_init(&table.by_port, trace.heap, ATR_PORTS_MAX);
    atr_text_init(&table.out, trace.heap);
    if (status == ATR_OK) {
        status = atr_trace_walk(&trace, output, ignore_event, NULL, &error);
    }
    if (status == ATR_OK) {
        status = each_port(&table, false);
    }
    if (status == ATR_OK) {
        status = each_port(&table, true);
    }
    if (status == ATR_OK) {
        status = write_table(&table, json, columns, output);
    }
    if (status != ATR_OK && error.status == ATR_OK) {
        (void)atr_error_set(&error, status, "%s: %s", path, atr_status_text(status));
    }
    result = atr_trace_result(&trace, path, status, &error, words);
    atr_text_fini(&table.out);
    atr_map_fini(&table.by_port);
    atr_arena_fini(&table.arena);
    atr_trace_close(&trace);
    return result;
}
