# SPDX-License-Identifier: MIT
"""Reads a recording for the checks: every record, with the calls' numbers unpacked in one go."""

import importlib.machinery
import importlib.util
import os
import struct

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

ENTER, EXIT = 0x10, 0x11
PAYLOAD, ATTRIBUTES, VIEW, HANDLES, CONNECTION = 1, 2, 3, 4, 5
SEND_WAIT_RECEIVE, CONNECT, ACCEPT, DISCONNECT, CREATE_PORT, DEFERRED_SEND = 1, 2, 3, 4, 5, 6
PORT_UNRESOLVED, ENTER_LOST = 65536, 131072

CALL = struct.Struct("<QIIHHIIIIIHHHHQIIII")
CALL_NAMES = (
    "call_id pid tid cpu operation flags_argument process_id port_id handle message_id message_type data_length"
    " total_length data_info_offset callback_id client_pid client_tid attribute_mask stack_id"
).split()
EXIT_TAIL = struct.Struct("<IQ")


def load_dump():
    """tools/atr-dump, the reader written from docs/format.md, as a module of its own."""
    loader = importlib.machinery.SourceFileLoader("atr_dump", os.path.join(ROOT, "tools", "atr-dump"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("atr_dump", loader))
    loader.exec_module(module)
    return module


DUMP = load_dump()


class Record(DUMP.Record):
    """As the reader's, but quick for calls."""

    def __init__(self, data, time_ns, cut_bytes, direction, lost_before):
        is_call = len(data) >= 100 and data[0] == 1 and data[1] in (ENTER, EXIT) and data[2:4] == b"\x10\0"
        if not is_call and not (len(data) >= 88 and data[:4] == b"\x01\x10\x10\0"):
            super().__init__(data, time_ns, cut_bytes, direction, lost_before)
            return
        self.time_ns, self.cut_bytes, self.direction, self.lost_before = time_ns, cut_bytes, direction, lost_before
        self.kind = data[1]
        self.name = "enter" if self.kind == ENTER else "exit"
        self.source, self.sequence, self.flags = struct.unpack_from("<III", data, 4)
        self.size, self.n, self.is_whole = len(data), 0, True
        self.fields = dict(zip(CALL_NAMES, CALL.unpack_from(data, 16)))
        end = 16 + CALL.size
        if self.kind == EXIT:
            self.fields["status"], self.fields["duration"] = EXIT_TAIL.unpack_from(data, end)
            end += EXIT_TAIL.size
        cursor = DUMP.Cursor(data)
        cursor.at = end
        self.parts = DUMP.read_parts(cursor) if cursor.left() else []

    def part(self, kind):
        """The bytes of a part, or None."""
        for part in self.parts:
            if part.type == kind:
                return bytes(part.data)
        return None


DUMP.Record = Record


class Facts:
    """What state records told: names of ports, frames of stacks, losses."""

    def __init__(self):
        self.strings, self.ports, self.stacks, self.images = {}, {}, {}, {}
        self.pids, self.programs, self.callers = {}, {}, {}
        self.lost, self.filtered, self.first, self.last, self.seen = 0, 0, {}, {}, {}
        self.damages, self.causes, self.is_closed = 0, {}, True

    def learn(self, record):
        fields, source = record.fields, record.source
        self.lost += record.lost()
        low, high = self.first.get(source, record.sequence), self.last.get(source, record.sequence)
        self.first[source], self.last[source] = min(low, record.sequence), max(high, record.sequence)
        self.seen[source] = self.seen.get(source, 0) + 1
        if record.name == "string":
            self.strings[fields["string_id"]] = fields["text"]
        elif record.name == "port":
            if fields["life"] != 2:
                self.ports[fields["port_id"]] = fields
        elif record.name == "process":
            self.pids[fields["process_id"]] = fields["pid"]
            if fields["image"] or fields["process_id"] not in self.images:
                self.images[fields["process_id"]] = fields["image"]
        elif record.name == "module":
            self.learn_module(fields)
        elif record.name == "stack":
            self.stacks[fields["stack_id"]] = [frame["address"] for frame in fields["frames"]]
        elif record.name == "drops":
            for counter in fields["counters"]:
                self.causes[counter["cause"]] = self.causes.get(counter["cause"], 0) + counter["count"]

    def gaps(self):
        """Numbers no record of a source has: what was lost or left out shows here."""
        return sum(self.last[source] - self.first[source] + 1 - seen for source, seen in self.seen.items())

    def port_name(self, port_id):
        """The connection port's name; None: not known."""
        port = self.ports.get(port_id)
        for _ in range(3):
            if port is None:
                return None
            if port["name_string_id"]:
                return self.strings.get(port["name_string_id"])
            port = self.ports.get(port["connection_port_id"])
        return None

    def learn_module(self, fields):
        """Where a process has its program: the frames there are its own code."""
        pid = self.pids.get(fields["process_id"])
        if pid is not None and fields["path"].lower().endswith(".exe"):
            self.programs.setdefault(pid, set()).add((fields["base"], fields["base"] + fields["size"]))

    def has_user_stack(self, event):
        """A frame in the caller's program. In the lab the kernel's addresses are no higher than others."""
        spans = self.programs.get(event.fields["pid"], ())
        frames = self.stacks.get(event.fields["stack_id"], ())
        return any(low <= address < high for address in frames for low, high in spans)


def same_port(recorded, expected):
    """A name without a leading backslash is the last component only."""
    if recorded is None:
        return False
    if not recorded.startswith("\\"):
        expected = expected.rsplit("\\", 1)[-1]
    return recorded.lower() == expected.lower()


def read(path, facts):
    """Yields the calls of a recording in file order; facts learn on the way."""
    ready = []

    def emit(record):
        facts.learn(record)
        if record.kind in (ENTER, EXIT):
            facts.callers.setdefault(record.fields["pid"], set()).add(record.fields["process_id"])
            ready.append(record)

    with open(path, "rb") as stream:
        trace = DUMP.Trace()
        joiner = DUMP.Joiner(emit, trace.skipped, False)
        for block in DUMP.read_blocks(stream):
            if isinstance(block, DUMP.Damage):
                facts.damages += 1
                continue
            if block.type == DUMP.SECTION:
                joiner.finish()
            record = trace.record_of(block)
            if record:
                joiner.add(record)
            if ready:
                yield from ready
                ready.clear()
        joiner.finish()
        yield from ready
        facts.damages += trace.damages + sum(trace.skipped.values())
