#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker finds each kind of wrong: a sound recording passes, and every damage to it fails."""

import contextlib
import io
import json
import os
import sys
import tempfile
import time

import check_recording
import recording
from made_recording import KERNEL_STACK, Maker

SERVER = {"kind": "traffic", "role": "server", "port": "\\RPC Control\\lab", "pid": 32, "deferred": 0,
          "tids": [36, 40]}  # fmt: skip
CALL = {"kind": "call", "scenario": "test", "name": "Ask", "operation": "call", "port": "\\RPC Control\\one",
        "client_pid": 500, "client_tid": 504, "server_pid": 600, "server_tid": 604, "request": "00112233",
        "reply": "44556677", "status": 0}  # fmt: skip


def client_lines(mode="sync", count=20, pid=100, tids=(104, 108)):
    begin = {"kind": "traffic", "role": "client", "state": "begin", "mode": mode, "port": "\\RPC Control\\lab",
             "attributes": 0, "pid": pid, "count": count, "size": 0, "tids": list(tids)}  # fmt: skip
    end = {"kind": "traffic", "role": "client", "state": "end", "pid": pid, "server_pid": 32,
           "made": [count] * len(tids), "bad": 0}  # fmt: skip
    return [begin, end]


def calls():
    return [dict(CALL), dict(CALL, operation="datagram", request="8899", reply=None),
            dict(CALL, operation="async", request="aabb", reply="ccdd")]  # fmt: skip


def expected(count=20):
    return [dict(SERVER), *client_lines(count=count), *client_lines("datagram", 5, 200, (204,)),
            *client_lines("async", 5, 300, (304,)), *calls()]  # fmt: skip


def make(lines):
    maker = Maker()
    for line in lines:
        if line["kind"] == "call":
            maker.call(line)
        elif line.get("state") == "begin":
            maker.traffic(line, SERVER)
    return maker


def run(maker, lines, *options, lost=0):
    """(exit status, what was said) of the checker."""
    with tempfile.TemporaryDirectory() as folder:
        trace, expect = os.path.join(folder, "made.atr"), os.path.join(folder, "expect.jsonl")
        maker.write(trace, lost)
        with open(expect, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in lines)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = check_recording.check(check_recording.parse([trace, expect, *options]), said)
        return status, said.getvalue()


def with_payload(maker, kind=None):
    return [event for event in maker.events
            if recording.PAYLOAD in event.parts and kind in (None, event.kind)]  # fmt: skip


def change(field, value, kind=None, index=7):
    """Damage to one field of one event with a payload."""

    def damage(maker, _):
        with_payload(maker, kind)[index].fields[field] = value

    return damage


def flip_byte(index):
    def damage(maker, _):
        parts = with_payload(maker)[index].parts
        parts[recording.PAYLOAD] = parts[recording.PAYLOAD][:-1] + bytes([parts[recording.PAYLOAD][-1] ^ 1])

    return damage


def drop(index):
    def damage(maker, _):
        maker.events.remove(with_payload(maker)[index])

    return damage


def repeat(index):
    def damage(maker, _):
        maker.events.append(with_payload(maker)[index])

    return damage


def invent(maker, _):
    maker.round_trip((500, 504), (600, 604), "\\RPC Control\\one", b"nobody", b"said this")


def rename_port(maker, _):
    maker.ports = {name + "x": number for name, number in maker.ports.items()}


def lose_user_stack(maker, _):
    for event in maker.events:
        if event.fields["stack_id"]:
            event.fields["stack_id"] = KERNEL_STACK
            return


def expect_value(index, key, value):
    def damage(_, lines):
        lines[index][key] = value

    return damage


ENTER, EXIT = recording.ENTER, recording.EXIT
DAMAGES = {
    "a byte of a traffic message": flip_byte(6),
    "a byte of a conversation": flip_byte(-3),
    "a request sent is missing": drop(0),
    "a request received is missing": drop(1),
    "a reply sent is missing": drop(2),
    "a reply received is missing": drop(3),
    "a message of a conversation is missing": drop(-1),
    "a request is there twice": repeat(0),
    "a conversation's reply is there twice": repeat(-1),
    "a message nobody sent": invent,
    "another caller": change("pid", 999, ENTER),
    "another thread": change("tid", 999, EXIT),
    "another sender": change("client_tid", 999, EXIT, 8),
    "another message id": change("message_id", 2, EXIT),
    "another call id": change("call_id", 0x99, EXIT),
    "another status": change("status", 0xC0000037, EXIT),
    "other flags": change("flags_argument", 0, ENTER, 0),
    "another operation": change("operation", 24, ENTER),
    "another port": rename_port,
    "no user stack": lose_user_stack,
    "another process": change("process_id", 77),
    "expected bytes of a request": expect_value(-3, "request", "00112234"),
    "expected bytes of a reply": expect_value(-3, "reply", "44556678"),
    "expected pid of a server": expect_value(-3, "server_pid", 601),
    "expected status": expect_value(-3, "status", 0xC0000037),
    "expected port": expect_value(-3, "port", "\\RPC Control\\two"),
    "more round trips expected": expect_value(1, "count", 21),
    "another client expected": expect_value(1, "pid", 101),
}


def main():
    failures = []

    def claim(is_true, text):
        if not is_true:
            failures.append(text)
            print(f"FAIL: {text}")

    status, said = run(make(expected()), expected())
    claim(status == 0 and ", 0 failed" in said, f"a sound recording passes:\n{said}")
    for name, damage in DAMAGES.items():
        lines = expected()
        maker = make(lines)
        if name == "more round trips expected":
            lines[2]["made"] = [21, 21]
        if name == "another client expected":
            lines[2]["pid"] = 101
        damage(maker, lines)
        status, said = run(maker, lines)
        claim(status == 1 and ", 0 failed" not in said, f"found: {name}")
    maker = make(expected())
    maker.events = [event for event in maker.events if event is not with_payload(maker)[0]]
    claim(run(maker, expected(), "--allow-loss", lost=1)[0] == 1, "a lost enter still has an exit without one")
    maker = make(expected())
    maker.events.remove(with_payload(maker)[-9])
    claim(run(maker, expected())[0] == 1, "a loss is a failure")
    maker = make(expected())
    maker.events.remove(with_payload(maker, EXIT)[1])
    claim(run(maker, expected(), "--allow-loss", lost=1)[0] == 0, "a loss that is told can be allowed")
    claim(run(maker, expected(), "--allow-loss")[0] == 1, "a loss that is not told cannot")
    begun = time.monotonic()
    lines = [dict(SERVER), *client_lines(count=2500, tids=(104, 108, 112, 116))]
    status, said = run(make(lines), lines)
    claim(status == 0, f"10,000 round trips pass:\n{said}")
    print(f"check-recording: {len(DAMAGES)} damages, 10,000 round trips made and checked in"
          f" {time.monotonic() - begun:.1f} s, {len(failures)} failures")  # fmt: skip
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
