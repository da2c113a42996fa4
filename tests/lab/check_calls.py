# SPDX-License-Identifier: MIT
"""Checks the conversations of lab/programs/scenario: what its expectation lines say, and nothing else."""

import collections
import json
import subprocess

import recording

SYNC, DATAGRAM = 0x20000, 0x10000
FLAGS = {"call": SYNC, "async": 0, "datagram": DATAGRAM, "died": SYNC, "release": DATAGRAM}
ANSWERED = ("call", "async")


def named(event):
    return f"{event.name} of {event.fields['pid']}.{event.fields['tid']}"


def data_of(event):
    data = event.part(recording.PAYLOAD)
    return data if data is not None else event.part(recording.CONNECTION)


class Calls:
    def __init__(self, lines, report, facts, options):
        self.lines, self.report, self.facts, self.options = lines, report, facts, options
        self.by_bytes = collections.defaultdict(collections.deque)
        self.exits, self.claimed, self.events, self.decoded = {}, set(), [], {}

    def take(self, event):
        data = data_of(event)
        fields = event.fields
        if data is not None:
            self.by_bytes[(event.kind, fields["pid"], data)].append(event)
            self.events.append(event)
        if event.kind == recording.EXIT:
            self.exits[fields["call_id"]] = event
        elif fields["operation"] == recording.CONNECT:
            name = event.part(6) or b""
            self.by_bytes[("connect", fields["pid"], name)].append(event)
        if event.kind == recording.ENTER and fields["operation"] == recording.ACCEPT:
            self.by_bytes[("accept", fields["pid"], fields["message_id"])].append(event)

    def finish(self):
        if self.options.exe and self.lines:
            self.decode()
        for line in self.lines:
            problems = []
            if line["operation"] in ("connect", "refused"):
                self.check_connect(line, problems)
            else:
                self.check_call(line, problems)
            self.report.passed += not problems
            for event, problem in problems:
                self.report.fail(event, f"{line['scenario']}: {line.get('name', line['operation'])}: {problem}")
        for event in self.events:
            if id(event) not in self.claimed and (event.fields["pid"] in self.pids() or not self.options.others):
                self.report.fail(event, f"{named(event)}: nobody said {data_of(event)[:24].hex()}...")

    def pids(self):
        return {line[key] for line in self.lines for key in ("client_pid", "server_pid")}

    def decode(self):
        """What the tool makes of the recording: JSON of each event by its number."""
        command = [*self.options.exe, "show", "--json", self.options.trace]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as tool:
            for text in tool.stdout:
                shown = json.loads(text)
                self.decoded[shown["number"]] = shown
        self.report.check(tool.returncode == 0, None, f"{' '.join(command)} ended with {tool.returncode}")

    def claim(self, kind, pid, tid, data, problems, what):
        """The first event with these bytes that nobody claimed. tid 0: any thread."""
        queue = self.by_bytes.get((kind, pid, data), ())
        for event in queue:
            if id(event) not in self.claimed and tid in (0, event.fields["tid"]):
                self.claimed.add(id(event))
                return event
        problems.append((None, f"no {what} by {pid}.{tid or '*'}"))
        return None

    def check_port(self, event, line, problems):
        if event is not None and not event.flags & recording.PORT_UNRESOLVED:
            name = self.facts.port_name(event.fields["port_id"])
            if not recording.same_port(name, line["port"]):
                problems.append((event, f"port {name}, not {line['port']}"))

    def check_parts(self, event, view, mask, exact, problems):
        """The view's bytes and the attributes around a message."""
        if event is None:
            return
        got = event.fields["attribute_mask"]
        if mask is not None and (got != mask if exact else got & mask != mask):
            problems.append((event, f"attributes {got:#x}, not {mask:#x}"))
        if view is not None:
            seen = event.part(recording.VIEW)
            if seen is None or seen[: len(view)] != view:
                problems.append((event, f"a view of {len(seen or b'')} other bytes"))

    def check_call(self, line, problems):
        request, reply = bytes.fromhex(line["request"]), line.get("reply")
        reply = None if reply is None else bytes.fromhex(reply)
        views = [bytes.fromhex(line[key]) if line.get(key) else None for key in ("request_view", "reply_view")]
        operation, client, server = line["operation"], line["client_pid"], line["server_pid"]
        sent = self.claim(recording.ENTER, client, line["client_tid"], request, problems, "request sent")
        if not line.get("unseen"):
            got = self.claim(recording.EXIT, server, line["server_tid"], request, problems, "request received")
        else:
            got = None
        answered = came = None
        if reply is not None:
            answered = self.claim(recording.ENTER, server, line["server_tid"], reply, problems, "reply sent")
            if operation in ANSWERED and line["status"] == 0:
                came = self.claim(recording.EXIT, client, line["client_tid"], reply, problems, "reply received")
        self.check_sent(line, sent, came, problems)
        self.check_message(line, got, answered, came, problems)
        self.check_parts(sent, views[0], line.get("attributes", 0), True, problems)
        self.check_parts(got, views[0], line.get("server_attributes"), False, problems)
        self.check_parts(answered, views[1], None, False, problems)
        self.check_parts(came, views[1], None, False, problems)
        for event in (sent, got, answered, came):
            self.check_port(event, line, problems)
        if self.decoded and operation != "release":
            self.check_decoded(line, sent, got, answered, came, problems)

    def check_sent(self, line, sent, came, problems):
        if sent is None:
            return
        if sent.fields["flags_argument"] != line.get("send_flags", FLAGS[line["operation"]]):
            problems.append((sent, f"flags {sent.fields['flags_argument']:#x}"))
        if self.options.stacks and not self.facts.has_user_stack(sent):
            problems.append((sent, "no user stack"))
        end = self.exits.get(sent.fields["call_id"])
        if line["operation"] == "call":
            if came is not None and came is not end:
                problems.append((came, "the reply came with another call"))
            if end is None:
                problems.append((sent, "no exit"))
            elif end.fields["status"] != line["status"]:
                problems.append((end, f"status {end.fields['status']:#x}, not {line['status']:#x}"))
        elif line["operation"] == "died" and end is not None and data_of(end) is not None:
            problems.append((end, "a client that died received something"))

    def check_message(self, line, got, answered, came, problems):
        """Request and reply are one message; each end names the other."""
        client = (line["client_pid"], line["client_tid"])
        if got is not None and (got.fields["client_pid"], got.fields["client_tid"]) != client:
            problems.append((got, "another sender"))
        if came is not None and came.fields["client_pid"] != line["server_pid"]:
            problems.append((came, f"answered by {came.fields['client_pid']}"))
        ids = {event.fields["message_id"] for event in (got, answered, came) if event is not None}
        if len(ids) > 1:
            problems.append((got, f"message ids {sorted(ids)} in one round trip"))

    def check_decoded(self, line, sent, got, answered, came, problems):
        if came is None and answered is not None:
            answered = None  # too late: the call was over
        shown = [(event, self.decoded.get(event.n, {})) for event in (sent, got, answered, came) if event is not None]
        calls = {view.get("call") for _, view in shown}
        if len(calls) != 1 or None in calls:
            problems.append((sent, f"the tool pairs its halves as calls {calls}"))
        for event, view in shown:
            for key in ("interface", "method"):
                if line.get(key) and line[key] not in str(view.get(key)):
                    problems.append((event, f"{key} {view.get(key)}, not {line[key]}"))
        if came is not None and line.get("rpc_status") is not None:
            said = self.decoded.get(came.n, {}).get("message", {}).get("rpc_status")
            if said != line["rpc_status"]:
                problems.append((came, f"RPC status {said}, not {line['rpc_status']}"))

    def check_connect(self, line, problems):
        name = line["port"].encode("utf-16-le")
        queue = self.by_bytes.get(("connect", line["client_pid"], name), ())
        sent = None
        for event in queue:
            if id(event) not in self.claimed and event.fields["tid"] == line["client_tid"]:
                end = self.exits.get(event.fields["call_id"])
                if end is not None and end.fields["status"] == line["status"]:
                    sent = event
                    break
        if sent is None:
            problems.append((None, f"no connect by {line['client_pid']} with status {line['status']:#x}"))
            return
        self.claimed.add(id(sent))
        end = self.exits[sent.fields["call_id"]]
        request = bytes.fromhex(line.get("request") or "")
        if (data_of(sent) or b"") != request:
            problems.append((sent, "other connection data"))
        if not line["server_pid"]:
            return  # there was no such port
        got = None
        if request:
            got = self.claim(recording.EXIT, line["server_pid"], 0, request, problems, "connection request")
        if got is not None:
            accept = self.by_bytes.get(("accept", line["server_pid"], got.fields["message_id"]))
            if not accept:
                problems.append((got, "no accept"))
        reply = bytes.fromhex(line.get("reply") or "")
        if reply and line["status"] == 0 and data_of(end) != reply:
            problems.append((end, "other connection answer"))
        for event in (end, *(accept if request and got is not None and accept else ())):
            if data_of(event) is not None:
                self.claimed.add(id(event))
