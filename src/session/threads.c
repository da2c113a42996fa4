/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

uint32_t
session_process_of_pid(const struct atr_session *session, uint32_t source_id, uint32_t pid)
{
    const struct atr_session_process *process =
        atr_session_find_process(session, source_id, 0, pid);

    return process == NULL ? 0 : process->process_id;
}

/* A process that got the pid of an ended one has threads of its own, whatever their ids. */
static void
give_to(struct thread_entry *thread, uint32_t process_id)
{
    if (thread->process_id != process_id && process_id != 0) {
        struct atr_table_entry entry = thread->entry;

        if (thread->process_id != 0) {
            *thread = (struct thread_entry){.entry = entry};
        }
        thread->process_id = process_id;
    }
}

struct thread_entry *
session_own_thread(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    struct thread_entry *thread;

    if (alpc->tid == ATR_UNKNOWN_U32 || alpc->pid == ATR_UNKNOWN_U32) {
        return NULL;
    }
    thread = atr_table_get(&session->threads, session_key(event->source_id, alpc->pid, alpc->tid));
    if (thread != NULL) {
        atr_table_touch(&session->threads, thread);
        give_to(thread, alpc->process_id);
    }
    return thread;
}

struct thread_entry *
session_sender(struct atr_session *session, const struct atr_event *event)
{
    const struct atr_alpc_record *alpc = &event->as.alpc;
    struct thread_entry *thread = atr_table_find(
        &session->threads, session_key(event->source_id, alpc->client_pid, alpc->client_tid));

    if (thread != NULL) {
        if (thread->pid_people != session->people) {
            thread->pid_people = session->people;
            thread->pid_process_id =
                session_process_of_pid(session, event->source_id, alpc->client_pid);
        }
        give_to(thread, thread->pid_process_id);
    }
    return thread;
}

/* A datagram nobody was seen to receive is over when it leaves the ring. */
void
session_remember_send(struct atr_session *session, struct thread_entry *thread, uint64_t call_id)
{
    uint64_t *slot = &thread->sends[thread->send_next++ % ATR_SENDS_MAX];
    struct call_entry *old = session_call_find(session, *slot);

    if (old != NULL && old->call.kind == ATR_CALL_DATAGRAM) {
        atr_table_remove(&session->calls, old);
    }
    *slot = call_id;
}
