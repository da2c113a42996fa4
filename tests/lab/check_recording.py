#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks a recording against what the lab's programs say they did (their --expect files).

Every round trip must be in the trace exactly once: request sent and received, reply sent and received, with the right
bytes, pids, tids, port, call and message ids and a user stack; and nothing may be there that nobody said. Losses are
failures, but those that the trace counts are allowed with --allow-loss.
"""

import argparse
import json
import sys

import recording
from check_calls import Calls
from check_traffic import Traffic

SHOWN_MAX = 200


class Report:
    """Counts, and says what is wrong, the first SHOWN_MAX in words."""

    def __init__(self, out):
        self.out, self.passed, self.failed, self.lacking, self.missing = out, 0, 0, 0, 0
        self.lacks_shown = SHOWN_MAX

    def say(self, text):
        print(f"lab-check: {text}", file=self.out)

    def note(self, text):
        self.say(f"note: {text}")

    def fail(self, event, text):
        self.failed += 1
        if self.failed <= SHOWN_MAX:
            self.say(f"MISMATCH: {f'record {event.n}: ' if event is not None else ''}{text}")

    def check(self, is_right, event, text):
        if is_right:
            self.passed += 1
        else:
            self.fail(event, text)

    def lack(self, text):
        self.lacking += 1
        if self.lacking <= self.lacks_shown:
            self.say(f"MISSING: {text}")


class Shape:
    """What must hold for any recording: call ids are used once, an exit belongs to an enter."""

    def __init__(self, report):
        self.report, self.open, self.enters, self.exits, self.orphans = report, {}, 0, 0, 0

    def take(self, event):
        fields = event.fields
        call_id, caller = fields["call_id"], (fields["pid"], fields["tid"], fields["operation"])
        if event.kind == recording.ENTER:
            self.enters += 1
            if call_id in self.open:
                self.report.fail(event, f"call {call_id:#x} begins twice")
            if fields["operation"] != recording.DEFERRED_SEND:
                self.open[call_id] = caller
            return
        self.exits += 1
        begun = self.open.pop(call_id, None)
        if begun is None:
            self.orphans += 1
            if not event.flags & recording.ENTER_LOST:
                self.report.fail(event, f"call {call_id:#x} ends and never began")
        elif begun != caller:
            self.report.fail(event, f"call {call_id:#x} of {begun} ends as {caller}")


def read_lines(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def check(options, out=sys.stdout):
    report, facts = Report(out), recording.Facts()
    if options.cut or options.allow_loss:
        report.lacks_shown = 0
    lines = list(read_lines(options.expect))
    traffic = Traffic([line for line in lines if line["kind"] == "traffic"], report, facts, options)
    calls = Calls([line for line in lines if line["kind"] == "call"], report, facts, options)
    shape, count = Shape(report), 0
    for event in recording.read(options.trace, facts):
        count += 1
        shape.take(event)
        if not traffic.take(event):
            calls.take(event)
    traffic.finish()
    calls.finish()
    check_processes(report, facts, lines)
    report.check(facts.damages == 0, None, f"{facts.damages} places of the file are damaged")
    report.say(f"{count} events, {shape.enters} enters, {shape.exits} exits, {len(shape.open)} calls without an exit")
    causes = ", ".join(f"cause {cause}: {number}" for cause, number in sorted(facts.causes.items()))
    report.say(f"{facts.lost} records lost ({causes or 'no drops told'}), {facts.gaps()} gaps in the numbering")
    judge_losses(report, facts, options)
    report.say(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


def check_processes(report, facts, lines):
    """Each process that spoke is one process of the trace, and has a name."""
    pids = {line[key] for line in lines for key in ("pid", "client_pid", "server_pid") if line.get(key)}
    for pid in sorted(pids & facts.callers.keys()):
        ids = facts.callers[pid] | {number for number, its in facts.pids.items() if its == pid}
        if 0 in ids or len(ids) > 1:
            report.fail(None, f"pid {pid} is {len(ids)} processes of the trace: {sorted(ids)}")
        elif not facts.images.get(next(iter(ids)), "").lower().endswith(".exe"):
            report.fail(None, f"pid {pid} has the name '{facts.images.get(next(iter(ids)), '')}'")
        else:
            report.passed += 1


def judge_losses(report, facts, options):
    if report.lacking and options.cut:
        report.note(f"{report.missing} halves of {report.lacking} round trips are not there: the recorder was ended")
    elif report.lacking and options.allow_loss and report.missing <= facts.lost:
        report.note(f"{report.missing} halves of {report.lacking} round trips are missing, {facts.lost} are told lost")
    elif report.lacking:
        report.failed += report.lacking
        report.say(f"{report.missing} halves of {report.lacking} round trips are missing, {facts.lost} are told lost")
    if not options.allow_loss:
        report.check(facts.lost == 0, None, f"{facts.lost} records lost")
        report.check(facts.gaps() == 0, None, f"{facts.gaps()} gaps in the numbering, no loss is told")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trace", help="the recording")
    parser.add_argument("expect", nargs="+", help="what the programs wrote with --expect")
    parser.add_argument("--exe", nargs=1, help="alpctrace, to check what it makes of the calls")
    parser.add_argument("--allow-loss", action="store_true", help="what is missing may be told lost")
    parser.add_argument("--cut", action="store_true", help="the recorder was ended: what is there must be right")
    parser.add_argument("--no-stacks", dest="stacks", action="store_false", help="recorded without stacks")
    parser.add_argument("--others", action="store_true", help="other programs may have spoken, too")
    parser.add_argument("--unresolved-max", type=int, default=64, help="halves that may be without a port")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(check(parse(sys.argv[1:])))
