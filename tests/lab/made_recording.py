# SPDX-License-Identifier: MIT
"""Makes the recording that an expectation asks for: so that the checker itself can be checked."""

import struct

import recording
import traffic_content as content

TAGS = bytes.fromhex("000c0004616c7063002100084 14c504300000000 00000000".replace(" ", ""))
USER_STACK, KERNEL_STACK = 1, 2
NO = 0xFFFFFFFF


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def part(kind, data):
    return struct.pack("<HHII", kind, 0, len(data), len(data)) + data + bytes(-len(data) % 4)


class Event:
    """A call's enter or exit, changed by the tests before it is written."""

    def __init__(self, kind, pid, tid, call_id, **fields):
        self.kind, self.parts = kind, {}
        self.fields = dict.fromkeys(recording.CALL_NAMES, 0)
        self.fields.update(pid=pid, tid=tid, call_id=call_id, operation=1, handle=0x40, process_id=pid)
        self.fields.update(client_pid=NO, client_tid=NO, status=0, duration=1000)
        self.fields.update(fields)

    def data(self):
        size = len(self.parts.get(recording.PAYLOAD, b""))
        self.fields.update(data_length=size, total_length=size + 40)
        fields = recording.CALL.pack(*(self.fields[name] for name in recording.CALL_NAMES))
        if self.kind == recording.EXIT:
            fields += recording.EXIT_TAIL.pack(self.fields["status"], self.fields["duration"])
        return fields + b"".join(part(kind, data) for kind, data in self.parts.items())


class Maker:
    def __init__(self):
        self.events, self.ports, self.next_call, self.next_message = [], {}, 1, 4

    def port(self, name):
        return self.ports.setdefault(name, len(self.ports) + 1)

    def begin(self, pid, tid, payload=None, **fields):
        event = Event(recording.ENTER, pid, tid, self.next_call, **fields)
        self.next_call += 1
        return self.add(event, payload)

    def end(self, enter, payload=None, **fields):
        fields = {"operation": enter.fields["operation"], "port_id": enter.fields["port_id"], **fields}
        return self.add(Event(recording.EXIT, enter.fields["pid"], enter.fields["tid"], enter.fields["call_id"],
                              flags_argument=enter.fields["flags_argument"], **fields), payload)  # fmt: skip

    def add(self, event, payload):
        if payload is not None:
            event.parts[recording.PAYLOAD] = payload
        self.events.append(event)
        return event

    def round_trip(self, client, server, port, request, reply, flags=0x20000, deferred=False):
        """Both sides of it, each in calls of its own. client and server: (pid, tid)."""
        port_id, message = self.port(port), self.next_message
        names = {"message_id": message, "callback_id": 0x10000 + message, "port_id": port_id}
        self.next_message += 4
        waits = self.begin(*server, port_id=port_id)
        sends = self.begin(*client, request, port_id=port_id, flags_argument=flags, stack_id=USER_STACK)
        self.end(waits, request, **names, client_pid=client[0], client_tid=client[1], message_type=0x2001)
        if reply is not None:
            operation = 6 if deferred else 1
            answers = self.begin(*server, reply, **names, flags_argument=0x10000, operation=operation)
            if not deferred:
                self.end(answers)
            if flags == 0:
                self.end(sends)
                sends = self.begin(*client, port_id=port_id)
            self.end(sends, reply, **names, client_pid=server[0], client_tid=server[1], message_type=2)
        else:
            self.end(sends)
        return sends

    def traffic(self, client, server):
        for thread, tid in enumerate(client["tids"]):
            for sequence in range(client["count"]):
                size = content.size_of(client["size"], sequence)
                name = (client["pid"], thread, sequence, size)
                replies = client["mode"] != "datagram"
                flags = {"sync": 0x20000, "async": 0, "datagram": 0x10000}[client["mode"]]
                self.round_trip((client["pid"], tid), (server["pid"], server["tids"][0]), client["port"],
                                content.fill(content.REQUEST, *name),
                                content.fill(content.REPLY, *name) if replies else None, flags,
                                bool(server["deferred"]))  # fmt: skip

    def call(self, line):
        flags = {"call": 0x20000, "async": 0, "datagram": 0x10000}[line["operation"]]
        reply = line.get("reply")
        self.round_trip((line["client_pid"], line["client_tid"]), (line["server_pid"], line["server_tid"]),
                        line["port"], bytes.fromhex(line["request"]),
                        None if reply is None else bytes.fromhex(reply), flags)  # fmt: skip

    def state(self):
        manifest = text("alpctrace/1") + bytes(70)
        yield 1, manifest
        for name, port_id in self.ports.items():
            yield 7, struct.pack("<I", port_id) + text(name)
            yield 5, struct.pack("<IBIIIIBQ", port_id, 1, port_id, 1, 0, 0, 0, 0)
        for pid in sorted({event.fields["pid"] for event in self.events}):
            nothing = struct.pack("<I", 0)
            yield 2, struct.pack("<IIIIQQ", pid, pid, 4, 1, 0, pid) + text("C:\\lab\\traffic.exe") + nothing * 4 + b"\0"
            yield 4, struct.pack("<IIQQBII", pid, pid, 0x7FF612340000, 0x10000, 0, 0, 0) + bytes(24) + text("C:\\traffic.exe")
        for stack_id, address in ((USER_STACK, 0x7FF612340123), (KERNEL_STACK, 0xFFFFF80012340000)):
            yield 8, struct.pack("<IIIQIII", stack_id, 1, 1, address, 0, 0, 0)

    def write(self, path, lost=0):
        records = [*self.state(), *((event.kind, event) for event in self.events)]
        if lost:
            records.append((10, struct.pack("<IHHQ", 1, 1, 0, lost)))
        with open(path, "wb") as stream:
            stream.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
            for name in (b"alpc", b"alpc-state"):
                options = struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4) + bytes(4)
                stream.write(block(1, struct.pack("<HHI", 252, 0, 0) + options))
            for number, (kind, data) in enumerate(records):
                data = data if isinstance(data, bytes) else data.data()
                header = struct.pack("<BBHIII", 1, kind, 16, 0x11223344, number, 32)
                packet = TAGS + header + data
                head = struct.pack("<IIIII", int(kind < 16), 0, number, len(packet), len(packet))
                stream.write(block(6, head + packet + bytes(-len(packet) % 4)))


def block(kind, body):
    frame = struct.pack("<II", kind, len(body) + 12)
    return frame + body + frame[4:]
