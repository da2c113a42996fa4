# SPDX-License-Identifier: MIT
"""Checks the calls of lab/programs/traffic: each half of each round trip once, with the right bytes."""

import recording
import traffic_content as content

CLIENT_SENT, SERVER_GOT, SERVER_SENT, CLIENT_GOT = 1, 2, 4, 8
HALVES = {
    "sync": CLIENT_SENT | SERVER_GOT | SERVER_SENT | CLIENT_GOT,
    "async": CLIENT_SENT | SERVER_GOT | SERVER_SENT | CLIENT_GOT,
    "datagram": CLIENT_SENT | SERVER_GOT,
}
NAMES = {CLIENT_SENT: "request sent", SERVER_GOT: "request received", SERVER_SENT: "reply sent",
         CLIENT_GOT: "reply received"}  # fmt: skip
SEND_FLAGS = {"sync": 0x20000, "async": 0, "datagram": 0x10000}
RELEASE = 0x10000
VIEW_BIT, HANDLE_BIT = 0x40000000, 0x10000000


class Trip:
    """What is known of one round trip until all its halves are there."""

    __slots__ = ("halves", "call_id", "message")

    def __init__(self):
        self.halves, self.call_id, self.message = 0, None, None


class Client:
    def __init__(self, begin):
        self.pid, self.port, self.mode = begin["pid"], begin["port"], begin["mode"]
        self.count, self.size, self.tids = begin["count"], begin["size"], begin["tids"]
        self.attributes, self.made, self.server_pid = begin["attributes"], None, None
        self.done = [bytearray(self.count) for _ in self.tids]


class Traffic:
    """Takes expectation lines of kind traffic, then events, then says what was wrong."""

    def __init__(self, lines, report, facts, options):
        self.report, self.facts, self.options = report, facts, options
        self.clients, self.servers, self.open = {}, {}, {}
        self.ports, self.unresolved = {}, 0
        for line in lines:
            self.expect(line)

    def expect(self, line):
        if line["role"] == "server":
            self.servers[line["pid"]] = line
        elif line["state"] == "begin":
            self.clients[line["pid"]] = Client(line)
        else:
            client = self.clients[line["pid"]]
            client.made, client.server_pid = line["made"], line["server_pid"]

    def take(self, event):
        """True when the event carries a message of ours."""
        data = event.part(recording.PAYLOAD)
        head = content.read(data) if data is not None else None
        if head is None:
            return False
        magic, pid, thread, sequence = head
        client = self.clients.get(pid)
        if client is None or thread >= len(client.tids) or sequence >= client.count:
            self.report.fail(event, f"nobody said {head}")
            return True
        size = content.size_of(client.size, sequence)
        problem = None
        if data != content.fill(magic, pid, thread, sequence, size):
            problem = "other bytes"
        else:
            half = self.half_of(event, client, magic, thread)
            if half is None:
                problem = "said by the wrong one"
            else:
                problem = self.join(event, client, head, half)
        if problem:
            self.report.fail(event, f"client {pid}, thread {thread}, round trip {sequence}: {problem}")
        return True

    def half_of(self, event, client, magic, thread):
        """Which half this is; None: the fields around the bytes do not fit."""
        fields, is_enter = event.fields, event.kind == recording.ENTER
        by_client = fields["pid"] == client.pid and fields["tid"] == client.tids[thread]
        server = self.servers.get(fields["pid"])
        if server is not None and fields["tid"] not in server["tids"]:
            server = None
        if magic == content.REQUEST and is_enter and by_client:
            return CLIENT_SENT if fields["flags_argument"] == SEND_FLAGS[client.mode] else None
        if magic == content.REPLY and not is_enter and by_client and fields["status"] == 0:
            return CLIENT_GOT if fields["client_pid"] in self.servers else None
        if server is None or server["port"] != client.port:
            return None
        if magic == content.REQUEST and not is_enter and fields["status"] == 0:
            is_right = (fields["client_pid"], fields["client_tid"]) == (client.pid, client.tids[thread])
            return SERVER_GOT if is_right else None
        if magic == content.REPLY and is_enter:
            operation = recording.DEFERRED_SEND if server["deferred"] else recording.SEND_WAIT_RECEIVE
            return SERVER_SENT if fields["operation"] == operation else None
        return None

    def join(self, event, client, head, half):
        """Adds a half to its round trip. Returns what is wrong, or None."""
        _, pid, thread, sequence = head
        fields, done = event.fields, client.done[thread]
        trip = self.open.setdefault((pid, thread, sequence), Trip())
        if done[sequence] or trip.halves & half:
            return f"{NAMES[half]} twice"
        trip.halves |= half
        self.note_port(event, client)
        problem = self.check_half(event, client, trip, head, half)
        if trip.halves == HALVES[client.mode]:
            done[sequence] = 1
            del self.open[(pid, thread, sequence)]
            if problem is None:
                self.report.passed += 1
        return problem

    def check_half(self, event, client, trip, head, half):
        fields = event.fields
        if half == CLIENT_SENT:
            trip.call_id = fields["call_id"]
            return self.check_sent(event, client, head)
        message = (fields["message_id"], fields["callback_id"])
        if half != SERVER_SENT or message[1] != 0:
            if trip.message is not None and trip.message != message:
                return f"message {message}, but {trip.message} before"
            trip.message = message
        if half == CLIENT_GOT and trip.call_id is not None:
            is_same = trip.call_id == fields["call_id"]
            if is_same != (client.mode == "sync"):
                return f"call id {fields['call_id']:#x}, the enter's is {trip.call_id:#x}"
        return None

    def check_sent(self, event, client, head):
        if self.options.stacks and not self.facts.has_user_stack(event):
            return "no user stack"
        if not client.attributes:
            return None
        is_view = head[3] % 2 == 0
        if event.fields["attribute_mask"] != (VIEW_BIT if is_view else HANDLE_BIT):
            return f"attributes {event.fields['attribute_mask']:#x}"
        if is_view:
            size = content.size_of(client.size, head[3])
            view = event.part(recording.VIEW)
            if view is None or view[:size] != content.fill(content.VIEW, *head[1:], size):
                return "other bytes in the view"
        return None

    def note_port(self, event, client):
        if event.flags & recording.PORT_UNRESOLVED:
            self.unresolved += 1
        else:
            self.ports.setdefault((event.fields["port_id"], client.port), event)

    def finish(self):
        for (port_id, expected), event in self.ports.items():
            name = self.facts.port_name(port_id)
            self.report.check(recording.same_port(name, expected), event, f"port {name}, not {expected}")
        self.report.check(self.unresolved <= self.options.unresolved_max, None,
                          f"{self.unresolved} halves without a port")  # fmt: skip
        missing = 0
        for client in self.clients.values():
            missing += self.finish_client(client)
        self.report.missing += missing

    def finish_client(self, client):
        """Halves that should be there and are not: losses at best."""
        missing = 0
        for thread, done in enumerate(client.done):
            left = [sequence for sequence in range(client.count) if not done[sequence]]
            made = client.made[thread] if client.made else None
            if made is None:  # it died: what it began last may be incomplete
                begun = [key[2] for key in self.open if key[:2] == (client.pid, thread)]
                left = [sequence for sequence in left if sequence < max(begun, default=0)]
            elif made < client.count:  # calls that failed left what they left
                self.report.note(f"client {client.pid}, thread {thread} made {made} of {client.count}")
                left = left[: max(0, len(left) - (client.count - made))]
            for sequence in left:
                missing += self.lack(client, thread, sequence)
        return missing

    def lack(self, client, thread, sequence):
        trip = self.open.get((client.pid, thread, sequence))
        halves = HALVES[client.mode] & ~(trip.halves if trip else 0)
        absent = [name for bit, name in NAMES.items() if bit & halves]
        self.report.lack(f"client {client.pid}, thread {thread}, round trip {sequence}: no {', no '.join(absent)}")
        return len(absent)
